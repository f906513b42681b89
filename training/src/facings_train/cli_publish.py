"""The commands after a training: `facings-train publish` and `facings-train runs`."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from facings import terminal
from facings.settings import Settings
from facings_train.errors import require_one

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
        typer.Option(
            metavar="FILE|FOLDER",
            help="Of a training, exported like the one in use; of an embedder the whole folder.",
        ),
    ] = None,
    blend: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="Of an embedder's checkpoint: 0 its start, 1 the trained."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Publish a model if its gates hold; exit code 9 says which did not. The old one is kept."""
    from facings_train.candidate import exported
    from facings_train.gates import read_gates
    from facings_train.publish import publish as publish_it
    from facings_train.runs import recorded

    require_one("what is published", candidate=candidate, checkpoint=checkpoint)
    asked = read_gates(gates)
    words = {"name": name, "gates": str(gates), "to": str(to)}
    words["candidate"] = str(candidate or checkpoint)
    with recorded(Settings().home, "publish", words) as recording:
        with ExitStack() as stack:
            if checkpoint:
                candidate = stack.enter_context(exported(name, checkpoint, to, blend))
            progress = stack.enter_context(terminal.progress_bar("judging", quiet=False))
            done = publish_it(
                name, Path(str(candidate)), asked, to, lambda _name, now, all_: progress(now, all_)
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
    if done.published and done.published.task == "embed" and checkpoint:
        terminal.say("note: its thresholds are those of the one before: calibrate them anew")
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
