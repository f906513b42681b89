"""The commands of data sets: `facings dataset ...`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from facings.cli_options import Json, Options, print_values

if TYPE_CHECKING:
    from facings.collect.dataset import Dataset

dataset_app = typer.Typer(help="Pictures and boxes with their rights, in versions that stay.")

Name = Annotated[str, typer.Argument(metavar="NAME")]
Version = Annotated[int | None, typer.Option(metavar="N", help="Default: the newest.")]


@dataset_app.command("add")
def dataset_add(
    context: typer.Context,
    name: Name,
    annotations: Annotated[
        Path, typer.Argument(metavar="FILE", help="Of yolo the folder of the data set.")
    ],
    store: Annotated[str, typer.Option(help="Where they were taken: it stays in one split.")],
    source: Annotated[str, typer.Option(help="Who they come from.")],
    licence: Annotated[str, typer.Option(help="SPDX name, or as stated.")],
    consent: Annotated[str, typer.Option(help="Who allowed it, and for what.")],
    why: Annotated[str, typer.Option(help="What this version is for.")],
    form: Annotated[
        Literal["coco", "yolo", "label-studio", "cvat"], typer.Option("--form")
    ] = "coco",
    images: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Of the pictures; default: beside FILE.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Add pictures of one store to what is there, as a new version."""
    from facings.collect.dataset_files import Rights, read_form, rows_from

    dataset = _dataset(context, name)
    rights = Rights(store, source, licence, consent)
    fresh = rows_from(read_form(form, annotations, images), dataset, rights)
    number = dataset.renew(fresh, why)
    pictures = len({row.picture for row in fresh})
    print_values({"version": number, "pictures": pictures, "rows": len(fresh)}, as_json)


@dataset_app.command("stats")
def dataset_stats(
    context: typer.Context, name: Name, version: Version = None, as_json: Json = False
) -> None:
    """Count pictures and boxes, after checking that nothing leaks between splits."""
    from facings.collect.dataset import statistics

    print_values(statistics(_dataset(context, name).rows(version)), as_json)


@dataset_app.command("diff")
def dataset_diff(
    context: typer.Context, name: Name, before: int, after: int, as_json: Json = False
) -> None:
    """Say what changed from one version to another."""
    from facings.collect.dataset import difference

    dataset = _dataset(context, name)
    print_values(asdict(difference(dataset.rows(before), dataset.rows(after))), as_json)


@dataset_app.command("export")
def dataset_export(
    context: typer.Context,
    name: Name,
    form: Annotated[
        Literal["coco", "yolo", "label-studio", "cvat"],
        typer.Argument(metavar="coco|yolo|label-studio|cvat"),
    ],
    out: Annotated[Path, typer.Argument(metavar="DIR")],
    version: Version = None,
    as_json: Json = False,
) -> None:
    """Write pictures and boxes, a folder for each split."""
    from facings.collect.dataset_files import export

    dataset = _dataset(context, name)
    print_values({"pictures": export(dataset, dataset.rows(version), form, out)}, as_json)


@dataset_app.command("sheet")
def dataset_sheet(
    context: typer.Context,
    name: Name,
    out: Annotated[Path, typer.Argument(metavar="OUT.html")],
    version: Version = None,
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="Pictures at most.")] = 300,
) -> None:
    """Write one page to look through: pictures with their boxes, by split, origin and product."""
    from facings.collect.sheet import write_sheet

    dataset = _dataset(context, name)
    with context.obj.progress("drawing") as progress:
        write_sheet(name, dataset, dataset.rows(version), out, limit, progress)


def _dataset(context: typer.Context, name: str) -> Dataset:
    from facings.collect.dataset import Dataset

    options: Options = context.obj
    return Dataset.named(options.settings().home, name)
