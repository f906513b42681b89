"""The commands after a training: `facings-train publish` and `facings-train runs`."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from facings import terminal
from facings.settings import Settings
from facings_train.errors import TrainingRefused

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]


def publish(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Such as facings-detector.")],
    gates: Annotated[Path, typer.Option(metavar="G.toml", help="What it must score.")],
    to: Annotated[Path, typer.Option(metavar="FOLDER", help="Weights folder to publish into.")],
    candidate: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Weights folder that has the new model.")
    ] = None,
    checkpoint: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Of a detector's training, like the one in use."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Publish a model if its gates hold; exit code 9 says which did not. The old one is kept."""
    from facings_train.gates import read_gates
    from facings_train.publish import publish as publish_it
    from facings_train.runs import recorded

    if (candidate is None) == (checkpoint is None):
        raise TrainingRefused("either --candidate or --checkpoint says what is published")
    asked = read_gates(gates)
    words = {"name": name, "gates": str(gates), "to": str(to)}
    words["candidate"] = str(candidate or checkpoint)
    with recorded(Settings().home, "publish", words) as recording:
        with tempfile.TemporaryDirectory() as exported:
            source = candidate or _export(name, Path(str(checkpoint)), to, Path(exported))
            with terminal.progress_bar("judging", quiet=False) as progress:
                done = publish_it(
                    name, source, asked, to, lambda _name, now, total: progress(now, total)
                )
        recording.result(
            {
                "published": done.published.label if done.published else None,
                "complaints": list(done.complaints),
            }
        )
    if as_json:
        terminal.print_json(done.to_dict())
    elif done.published:
        typer.echo(f"published {done.published.label} in {to}")
    for complaint in done.complaints:
        terminal.say(f"gate: {complaint}")
    if not done.published:
        terminal.say(f"note: not published, {to} is as it was")
        raise typer.Exit(terminal.WORSE)


def runs(
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="[RUN]...", help="To hold against each other.")
    ] = None,
    as_json: Json = False,
) -> None:
    """List what was trained, or say in what some runs differ."""
    import json

    from facings_train.runs import differences, find_runs, read_curve, read_runs

    home = Settings().home
    found = find_runs(home, ids) if ids else read_runs(home)
    if as_json:
        documents = [
            {**json.loads(run.model_dump_json()), "state": run.shown_state} for run in found
        ]
        if ids:
            curves = [read_curve(home, run) for run in found]
            told = {"runs": documents, "differences": differences(found), "curves": curves}
            terminal.print_json(told)
        else:
            terminal.print_json(documents)
        return
    if ids and len(found) > 1:
        for name, values in differences(found).items():
            typer.echo(f"{name}: {' | '.join(map(str, values))}")
        return
    for run in found:
        data = f"{run.data.name} ({run.data.sha256[:8]})" if run.data else ""
        commit = (run.commit or "no commit")[:8] + ("+" if run.is_dirty else "")
        typer.echo(f"{run.id}  {run.shown_state}  {commit}  {data}")
        if ids:
            typer.echo(run.model_dump_json(indent=2))


def _export(name: str, checkpoint: Path, folder: Path, out: Path) -> Path:
    """Export a checkpoint of a detector as a weights folder."""
    from facings.models import open_manifest
    from facings_train.detector.export import export_like

    like = open_manifest(name, folder)
    if like.task != "detect":
        raise TrainingRefused(f"{name} is no detector", hint="export it and use --candidate")
    export_like(checkpoint, like, out / "candidate.onnx")
    return out
