"""The commands of models: `facings models ...`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from facings import terminal
from facings.cli_options import Json, Options, print_values

if TYPE_CHECKING:
    from facings.evaluate.compare import ModelComparison

models_app = typer.Typer(help="Published models: what is there, which is better, the way back.")

Weights = Annotated[
    Path | None,
    typer.Option(metavar="FOLDER", help="Of models; default FACINGS_WEIGHTS or the package's."),
]
Model = Annotated[
    str, typer.Argument(metavar="MODEL", help="Weights folder, manifest, NAME or NAME@VERSION.")
]


@models_app.command("list")
def models_list(weights: Weights = None, as_json: Json = False) -> None:
    """List the versions of every model; the one in use is marked."""
    from facings.model_versions import published_models

    rows = [
        {
            "name": each.manifest.name,
            "version": each.manifest.version,
            "in_use": each.is_current,
            "task": each.manifest.task,
            "sha256": each.manifest.sha256,
            "licence": each.manifest.licence,
        }
        for each in published_models(weights)
    ]
    if as_json:
        terminal.print_json(rows)
        return
    for row in rows:
        mark = "*" if row["in_use"] else " "
        typer.echo(f"{mark} {row['name']} v{row['version']} ({str(row['sha256'])[:8]})")


@models_app.command("compare")
def models_compare(
    context: typer.Context,
    a: Model,
    b: Model,
    dataset: Annotated[
        list[Path],
        typer.Option(metavar="FOLDER", help="Of pictures with their truth; may be repeated."),
    ],
    seed: Annotated[int, typer.Option(help="Of the draws of pictures.")] = 1,
    as_json: Json = False,
) -> None:
    """Judge B against A on the same pictures; exit code 0 better, 9 worse, 10 not told apart."""
    from facings.evaluate.compare import compare_models
    from facings.evaluate.frozen import read_frozen_sets
    from facings.model_versions import open_models

    options: Options = context.obj
    first, second = open_models(a), open_models(b)
    sets = read_frozen_sets(dataset)
    with options.progress("judging") as progress:
        found = compare_models(
            first,
            second,
            sets,
            seed=seed,
            progress=lambda _name, done, total: progress(done, total),
        )
    for name in found.too_few:
        terminal.say(f"note: {name} has too few pictures to tell models apart")
    if as_json:
        terminal.print_json(found.to_dict())
    else:
        _print_comparison(found)
    codes = {"better": 0, "worse": terminal.WORSE, "not told apart": terminal.NOT_TOLD_APART}
    raise typer.Exit(codes[found.verdict])


@models_app.command("rollback")
def models_rollback(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    to: Annotated[
        int | None, typer.Option(metavar="VERSION", help="Default: the one before that in use.")
    ] = None,
    weights: Weights = None,
    as_json: Json = False,
) -> None:
    """Take an earlier version of a model into use again."""
    from facings.model_versions import roll_back

    manifest = roll_back(name, weights, to)
    if manifest.task == "embed":
        terminal.say(
            "note: an index of another embedder's vectors is refused: facings index rollback"
        )
    print_values({"in_use": manifest.label}, as_json)


def _print_comparison(found: ModelComparison) -> None:
    from rich.table import Table

    for task, (a, b) in found.models.items():
        typer.echo(f"{task}: A is {a}, B is {b}")
    table = Table("set", "n", "metric", "A", "B", "B - A", "95 % interval", "B is")
    for each in found.sets:
        for name, one in each.metrics.items():
            table.add_row(
                each.name,
                str(one.n),
                name,
                f"{one.first:.4f}",
                f"{one.second:.4f}",
                f"{one.difference:+.4f}",
                f"{one.low:+.4f} to {one.high:+.4f}",
                one.verdict,
            )
    terminal.print_rich(table)
    typer.echo(f"B is {found.verdict}")
