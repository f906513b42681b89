"""The commands for many pictures: `facings batch ...`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from facings import terminal
from facings.cli_options import Json, Options, print_values

if TYPE_CHECKING:
    from facings.batch.results import Task

batch_app = typer.Typer(help="Millions of pictures, on this machine or on a Ray cluster.")

Inputs = Annotated[list[Path], typer.Argument(metavar="IMAGE|DIR", help="Pictures, folders.")]
Out = Annotated[Path, typer.Option(metavar="FOLDER", help="Where the results go.")]
Ray = Annotated[
    str | None,
    typer.Option(metavar="ADDRESS", help="Of a cluster, or `local`; without it, this process."),
]
Workers = Annotated[int | None, typer.Option(min=1, metavar="N", help="Of `--ray local`.")]


_TASKS: Mapping[Task, str] = {
    "embed": "Turn pictures of products into vectors, as a gallery does: a file each, by its hash.",
    "propose": "Propose boxes on pictures of shelves: one file for each picture, by its hash.",
}


def _command(task: Task) -> Callable[..., None]:
    """Both commands are asked the same."""

    def command(
        context: typer.Context,
        inputs: Inputs,
        out: Out,
        ray: Ray = None,
        workers: Workers = None,
        as_json: Json = False,
    ) -> None:
        _run(context, task, inputs, out, ray, workers, as_json)

    return command


for _task, _does in _TASKS.items():
    batch_app.command(_task, help=_does)(_command(_task))


def _run(
    context: typer.Context,
    task: Task,
    inputs: list[Path],
    out: Path,
    ray: str | None,
    workers: int | None,
    as_json: bool,
) -> None:
    from facings.batch.run import run_batch
    from facings.capture import expand_inputs
    from facings.errors import PictureError

    options: Options = context.obj
    files = [each.path for each in expand_inputs(inputs) if each.kind == "picture"]
    with options.progress("embedding" if task == "embed" else "proposing") as progress:
        done = run_batch(task, files, out, ray=ray, workers=workers, progress=progress)
    failed = [PictureError(line.error) for line in done.failed]
    for error in failed:
        terminal.say_error(error)
    counts = {"pictures": done.pictures, "results": done.results, "earlier": done.earlier}
    print_values({**counts, "failed": len(failed), "out": str(out)}, as_json)
    terminal.finish(failed, done.results)
