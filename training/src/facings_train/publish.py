"""Publish a model if its gates hold: weights, manifest and card, as the next version."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from facings.errors import ModelNotFound
from facings.evaluate.compare import ModelComparison, Progress, compare_models
from facings.evaluate.frozen import read_frozen_sets
from facings.model_versions import publish_model
from facings.models import Manifest, open_manifest, open_model
from facings_train.errors import TrainingRefused
from facings_train.gates import Gate, GateResult, judge


@dataclass(frozen=True, slots=True)
class Publication:
    """What was measured, and what was published."""

    results: tuple[GateResult, ...]
    comparison: ModelComparison
    published: Manifest | None
    """None where a gate failed: the one in use stays."""

    @property
    def complaints(self) -> list[str]:
        """What is not good enough."""
        return [said for each in self.results if (said := each.complaint)]

    def to_dict(self) -> dict[str, object]:
        """Everything as plain values."""
        return {
            "published": self.published and self.published.label,
            "gates": [each.to_dict() for each in self.results],
            "comparison": self.comparison.to_dict(),
        }


def publish(
    name: str, candidate: Path, gates: Sequence[Gate], folder: Path, progress: Progress
) -> Publication:
    """Compare a candidate with the model in use on the gates' sets, and publish it if all hold.

    Args:
        name: of the model, such as `facings-detector`.
        candidate: weights folder that has a model of that name.
        gates: at least one.
        folder: weights folder to publish into; its other versions stay.

    Raises:
        ModelNotFound, ModelCorrupted: the candidate or the one in use cannot be opened.
        AnnotationError: a set cannot be used.
        TrainingRefused: it is in use already, or a gate asks for what its set cannot say.
    """
    manifest, session = open_model(name, folder=candidate)
    opened = {manifest.task: (manifest, session)}
    current = _in_use(name, folder)
    if current and current.sha256 == manifest.sha256:
        raise TrainingRefused(f"{current.label} is in use in {folder} already")
    in_use = {current.task: open_model(name, folder=folder)} if current else opened
    sets = read_frozen_sets(dict.fromkeys(gate.set for gate in gates))
    comparison = compare_models(in_use, opened, sets, progress=progress)
    results = judge(gates, comparison, is_first=current is None)
    if any(each.complaint for each in results):
        return Publication(results, comparison, None)
    measured = {
        each.name: {metric: round(one.second, 4) for metric, one in each.metrics.items()}
        for each in comparison.sets
    }
    fresh = publish_model(
        manifest.model_copy(update={"metrics": measured}),
        candidate / manifest.file,
        lambda final: card(final, results, comparison, is_first=current is None),
        folder,
    )
    return Publication(results, comparison, fresh)


def card(
    manifest: Manifest,
    results: Sequence[GateResult],
    comparison: ModelComparison,
    *,
    is_first: bool,
) -> str:
    """Write what a person should know of a model, in Markdown."""
    replaced = "nothing" if is_first else comparison.models[manifest.task][0]
    width, height = manifest.input.size_wh
    lines = [
        f"# {manifest.name} v{manifest.version}",
        "",
        f"Published {datetime.now(UTC).date().isoformat()}, after {replaced}.",
        "",
        "| | |",
        "|---|---|",
        f"| File | `{manifest.file}`, SHA-256 `{manifest.sha256}` |",
        f"| Task | {manifest.task} |",
        f"| Input | {manifest.input.color}, {width} x {height}, {manifest.input.resize} |",
        f"| Thresholds | {', '.join(f'{k} {v:g}' for k, v in manifest.thresholds.items())} |",
        f"| Licence | {manifest.licence} |",
        f"| Made by | `{manifest.run}` |",
        "",
        "Trained on:",
        "",
        *(f"- {each}" for each in manifest.training_data),
        "",
        "## Measured",
        "",
        "In one run with the model before it; the interval is the middle 95 % of the difference",
        "over draws of the pictures.",
        "",
        "| set (SHA-256) | n | metric | before | this | difference | interval |",
        "|---|---|---|---|---|---|---|",
    ]
    for each in comparison.sets:
        for metric, one in each.metrics.items():
            before, change, interval = "", "", ""
            if not is_first:
                before, change = f"{one.first:.4f}", f"{one.difference:+.4f}"
                interval = f"{one.low:+.4f} to {one.high:+.4f}"
            lines.append(
                f"| {each.name} ({each.sha256[:8]}) | {one.n} | {metric} | {before} "
                f"| {one.second:.4f} | {change} | {interval} |"
            )
    asked = []
    for result in results:
        least, drop = result.gate.least, result.gate.drop
        words = [f"at least {least:g}"] if least is not None else []
        words += [f"at most {drop:g} below the one before"] if drop is not None else []
        words += ["told apart as better"] if result.gate.better else []
        asked.append(f"- {result.gate.set.name}, {result.gate.metric}: {' and '.join(words)}")
    return "\n".join([*lines, "", "## Gates that held", "", *asked, ""])


def _in_use(name: str, folder: Path) -> Manifest | None:
    try:
        return open_manifest(name, folder)
    except ModelNotFound:
        return None
