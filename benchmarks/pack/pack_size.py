"""A pack of 20,000 products: how large it is, and what it holds.

    .venv/bin/python benchmarks/pack/pack_size.py demo/store

Records are those of 20,000 invented products, as the renderer makes them; rendering them all would
take a day, so their pictures are those of a small rendered store over and over, each with a vector
of its own: that of the picture, turned by noise as large as two products of one shelf differ.
Bytes do not depend on what the vectors say. How long a search of them takes in a browser is in
evals/results/web-bench.json. Writes evals/results/pack-size.json.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from itertools import cycle
from pathlib import Path

import numpy as np

from facings.catalogue.importer import import_products
from facings.catalogue.records import Records
from facings.embed import Embedder
from facings.retrieve.index import IndexStats
from facings.scope import EVERYTHING
from facings.server.packs import make_pack
from facings.types import Crops, Embeddings
from facings_train.synthetic.products import make_products
from facings_train.synthetic.store import product_record

PRODUCTS = 20_000
FAMILIES = 6_000
PICTURES = 200  # rendered ones that are embedded
NOISE = 0.03  # of each of a unit vector's 256 numbers
MAX_MB = 15


def main() -> None:
    """Invent, import, embed, pack, and write how large it is."""
    from facings.capture import read_picture
    from facings.server.settings import MIB

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("store", type=Path)
    store: Path = parser.parse_args().store
    fronts = sorted((store / "pictures").glob("*-front.jpg"))[:PICTURES]
    embedder = Embedder.load()
    seen = embedder.embed(Crops(tuple(read_picture(file).image for file in fronts)))
    products = make_products(seed=20_000, families=FAMILIES)[:PRODUCTS]
    with tempfile.TemporaryDirectory() as folder:
        rows = [
            product_record(product)
            | {"pictures": [{"file": str(front.resolve()), "view": "front"}]}
            for product, front in zip(products, cycle(fronts), strict=False)
        ]
        listed = Path(folder) / "products.json"
        listed.write_text(json.dumps(rows))
        with Records.open(f"sqlite:///{folder}/facings.db") as records:
            import_products(listed, records)
            ids = [each.id for each in records.pictures_without_embedding(embedder.id)]
            draw = np.random.default_rng(0)
            vectors = np.resize(seen.vectors, (len(ids), seen.vectors.shape[1]))
            vectors = vectors + draw.normal(0, NOISE, vectors.shape).astype(np.float32)
            vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
            records.store_embeddings(ids, Embeddings(vectors, embedder.id))
            stats = IndexStats(
                embedder.id, embedder.dim, len(ids), len(rows), embedder.manifest.thresholds
            )
            file = Path(folder) / "all.facpack"
            head = make_pack(
                records,
                stats,
                file,
                EVERYTHING,
                name="twenty thousand",
                artwork_shape=embedder.artwork_shape,
                max_bytes=MAX_MB * MIB,
            )
            size = file.stat().st_size
    measured = {
        "data": f"{len(rows)} invented records, vectors of {len(fronts)} renders with noise",
        "products": head.product_count,
        "pictures": head.picture_count,
        "bytes": size,
        "MB": round(size / 1e6, 2),
        "bytes a product": round(size / head.product_count),
    }
    print(json.dumps(measured, indent=2))
    sys.path.insert(0, str(Path(__file__).parents[2] / "evals"))
    from results_file import write_result

    write_result("pack-size", measured, [embedder.manifest.label])


if __name__ == "__main__":
    main()
