"""Copy the key figures of evals/results into the manifests of the models they were measured on.

.venv/bin/python evals/record_metrics.py
"""

from __future__ import annotations

import json
from pathlib import Path

from facings.models import open_manifest, write_manifest
from results_file import RESULTS

WEIGHTS = Path(__file__).parents[1] / "src" / "facings" / "weights"


def detection(report: dict[str, object]) -> dict[str, object]:
    """What a detector's manifest says of one set of pictures."""
    return {key: report[key] for key in ("n_images", "n_boxes", "ap", "ap50", "ap75", "f1")}


def retrieval(report: dict[str, object]) -> dict[str, object]:
    """What an embedder's manifest says of one set of queries."""
    return {key: report[key] for key in ("n", "hit", "interval")}


def main() -> None:
    """Write the metrics; results of sets that were not at hand are left out."""
    metrics: dict[str, dict[str, object]] = {"facings-detector": {}, "facings-embedder": {}}
    rendered = json.loads((RESULTS / "demo-store.json").read_text())
    metrics["facings-detector"]["fresh rendered shelves"] = detection(rendered["detection"])
    for store, report in rendered["retrieval"].items():
        metrics["facings-embedder"][f"fresh rendered crops, {store}"] = retrieval(report)
    if (RESULTS / "real-shelves.json").exists():
        real = json.loads((RESULTS / "real-shelves.json").read_text())
        metrics["facings-detector"]["shelf-dev photos"] = detection(real["photos"])
    if (RESULTS / "grocery-store.json").exists():
        real = json.loads((RESULTS / "grocery-store.json").read_text())
        for products in ("all products", "unseen brands (Alpro, Tropicana)"):
            report = real[products]["whole photo"]
            metrics["facings-embedder"][f"grocery-store, {products}"] = retrieval(report)
    for name, of_model in metrics.items():
        manifest = open_manifest(name, WEIGHTS).model_copy(update={"metrics": of_model})
        write_manifest(manifest, WEIGHTS)
        print(f"{manifest.label}: {', '.join(of_model)}")


if __name__ == "__main__":
    main()
