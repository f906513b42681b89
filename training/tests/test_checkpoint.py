"""Training goes on where it was cut off."""

import copy
from pathlib import Path

import torch
from torch import nn

from facings_train.checkpoint import follow, load_checkpoint, save_checkpoint


def network_of(seed: int) -> nn.Sequential:
    """A layer and a norm, with weights of their own."""
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))


def test_a_checkpoint_brings_everything_back(tmp_path: Path) -> None:
    """Network, average, optimiser and step of another run are those that were saved."""
    network, file = network_of(0), tmp_path / "checkpoint.pt"
    average = copy.deepcopy(network)
    optimizer = torch.optim.AdamW(network.parameters(), lr=0.1)
    torch.autograd.backward(network(torch.randn(5, 3)).square().mean())
    optimizer.step()
    save_checkpoint(file, network, average, optimizer, 7)

    other, other_average = network_of(1), network_of(2)
    other_optimizer = torch.optim.AdamW(other.parameters(), lr=0.5)
    step = load_checkpoint(file, other, other_average, other_optimizer)

    assert step == 7
    assert torch.equal(other[0].weight, network[0].weight)
    assert torch.equal(other_average[0].weight, average[0].weight)
    assert other_optimizer.state_dict()["param_groups"][0]["lr"] == 0.1
    assert not file.with_suffix(".tmp").exists()


def test_the_average_moves_a_tenth_of_the_way() -> None:
    """Weights and running statistics move, counters are copied."""
    network, average = network_of(0), network_of(1)
    before = average[0].weight.clone()
    network(torch.randn(5, 3))

    follow(average, network, decay=0.9)

    wanted = 0.9 * before + 0.1 * network[0].weight
    assert torch.allclose(average[0].weight, wanted)
    assert average[1].num_batches_tracked == 1
