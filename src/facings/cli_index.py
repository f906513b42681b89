"""The commands of the vector index: `facings index ...`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from facings import terminal
from facings.cli_options import Json, Options, print_values

if TYPE_CHECKING:
    from facings.retrieve.index import IndexStats
    from facings.types import Look

index_app = typer.Typer(help="The vector index that pictures are looked up in.")

Gtin = Annotated[str, typer.Argument(metavar="GTIN", help="In any of its forms.")]
Embedded = Annotated[
    Path | None,
    typer.Option(metavar="FOLDER", help="Of `facings batch embed`: vectors that are there."),
]
Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="DATE")]


@index_app.command("build")
def index_build(context: typer.Context, embedded: Embedded = None, as_json: Json = False) -> None:
    """Embed every picture of the catalogue and build the index anew."""
    from facings.catalogue.embedded import take_embeddings
    from facings.catalogue.gallery import embed_pictures
    from facings.retrieve.build import rebuild_index

    options: Options = context.obj
    embedder = options.embedder()
    thresholds = embedder.manifest.thresholds
    with options.records() as records:
        if embedded:
            with options.progress("taking") as progress:
                take_embeddings(records, embedder, embedded, progress=progress)
        with options.progress("embedding") as progress:
            embed_pictures(records, embedder, progress=progress)
        with options.progress("indexing") as progress:
            place = options.index_place()
            stats = rebuild_index(records, place, embedder.id, thresholds, progress=progress)
    _print_stats(stats, as_json)


@index_app.command("reembed")
def index_reembed(
    context: typer.Context,
    weights: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Of the new embedder; default: that published here."),
    ] = None,
    embedded: Embedded = None,
    as_json: Json = False,
) -> None:
    """Embed the catalogue with another embedder and switch to it; the old index answers until then.

    Killed half-way, it goes on where it was. `facings index rollback` goes back.
    """
    from facings.catalogue.embedded import take_embeddings
    from facings.catalogue.reembed import open_new_embedder, reembed

    options: Options = context.obj
    with options.records() as records:
        place, kept = options.index_place(), options.settings().weights_folder
        embedder = open_new_embedder(weights)
        if embedded:
            with options.progress("taking") as progress:
                take_embeddings(records, embedder, embedded, progress=progress)
        with options.progress("embedding") as progress:
            stats = reembed(records, place, embedder, kept, weights=weights, progress=progress)
    _print_stats(stats, as_json)


@index_app.command("rollback")
def index_rollback(context: typer.Context, as_json: Json = False) -> None:
    """Go back to the index of the embedder before, at once; again goes forth."""
    options: Options = context.obj
    _print_stats(options.index_place().roll_back(), as_json)
    with options.records() as records:
        waiting = len(records.pictures_without_embedding(options.embedder().id))
    if waiting:
        terminal.say(f"note: {waiting} pictures came since: facings index build adds them")


@index_app.command("add")
def index_add(
    context: typer.Context,
    gtin: Gtin,
    pictures: Annotated[list[Path], typer.Argument(metavar="PICTURE", help="Of its front.")],
    name: Annotated[str | None, typer.Option(help="Of a product that has no record yet.")] = None,
    valid_from: Day = None,
    valid_until: Day = None,
    as_json: Json = False,
) -> None:
    """Make a product findable at once by pictures of it; dates are those of a packaging version."""
    from facings.catalogue.enrol import enrol_product
    from facings.catalogue.gtin import gtin14

    options: Options = context.obj
    look = _look(valid_from, valid_until)
    with options.records() as records:
        stats = enrol_product(
            gtin14(gtin),
            pictures,
            name=name,
            records=records,
            embedder=options.embedder(),
            place=options.index_place(),
            look=look,
        )
    _print_stats(stats, as_json)


@index_app.command("remove")
def index_remove(
    context: typer.Context,
    gtin: Gtin,
    picture: Annotated[
        list[int] | None, typer.Option(metavar="ID", help="This picture only; may be repeated.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Take a product's pictures out of index and records; what is known about it stays."""
    from facings.catalogue.enrol import withdraw_pictures
    from facings.catalogue.gtin import gtin14

    options: Options = context.obj
    with options.records() as records:
        stats = withdraw_pictures(
            gtin14(gtin),
            picture,
            records=records,
            embedder=options.embedder().id,
            place=options.index_place(),
        )
    _print_stats(stats, as_json)


@index_app.command("stats")
def index_stats(context: typer.Context, as_json: Json = False) -> None:
    """Say what the index holds, for which embedder, and whether its thresholds still fit."""
    options: Options = context.obj
    _print_stats(options.index_place().stats(), as_json)


@index_app.command("optimize")
def index_optimize(context: typer.Context, as_json: Json = False) -> None:
    """Make searches fast again after many additions."""

    options: Options = context.obj
    index = options.index_place().open(options.embedder().id)
    try:
        index.optimize()
        stats = index.stats()
    finally:
        index.close()
    _print_stats(stats, as_json)


@index_app.command("calibrate")
def index_calibrate(
    context: typer.Context,
    precision: Annotated[
        float, typer.Option(min=0.5, max=1.0, help="Wanted share of right answers.")
    ] = 0.98,
    reset: Annotated[
        bool, typer.Option("--reset", help="Go back to the bars published with the embedder.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Set the bars for recognised, ambiguous and unknown from the index's own pictures."""
    from facings.evaluate.held_out import calibrate_index

    options: Options = context.obj
    embedder = options.embedder()
    index = options.index_place().open(embedder.id)
    found = None
    try:
        if reset:
            index.set_thresholds(embedder.manifest.thresholds, None)
        else:
            with options.progress("asking") as progress:
                found = calibrate_index(index, precision, progress=progress)
        stats = index.stats()
    finally:
        index.close()
    _print_stats(stats, as_json)
    if found and found.reached < precision:
        terminal.say(
            f"error: a precision of {precision} is out of reach, {found.reached:.3f} is the best "
            "there is: the thresholds stay as they were"
        )
        terminal.say("hint: see what looks alike with facings index doctor, or ask for less")
        raise typer.Exit(terminal.SOME_FAILED)


@index_app.command("doctor")
def index_doctor(context: typer.Context, as_json: Json = False) -> None:
    """Find double and mislabelled pictures and products that cannot be told apart."""
    from facings.catalogue.doctor import examine
    from facings.report import diagnosis_dict, diagnosis_lines

    options: Options = context.obj
    index = options.index_place().open(options.embedder().id)
    try:
        with options.records() as records, options.progress("examining") as progress:
            diagnosis = examine(index, records, progress=progress)
    finally:
        index.close()
    if as_json:
        terminal.print_json(diagnosis_dict(diagnosis))
    else:
        for line in diagnosis_lines(diagnosis):
            typer.echo(line)
    if not diagnosis.is_well:
        raise typer.Exit(terminal.SOME_FAILED)


@index_app.command("export")
def index_export(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE.zip", help="Where it goes.")],
    as_json: Json = False,
) -> None:
    """Write the index to one file, for another machine or a cluster."""
    from facings.output import replaced_file
    from facings.retrieve.archive import export_index

    options: Options = context.obj
    index = options.index_place().open(options.embedder().id)
    try:
        with options.progress("exporting") as progress, replaced_file(file) as fresh:
            stats = export_index(index, fresh, progress=progress)
    finally:
        index.close()
    _print_stats(stats, as_json)


@index_app.command("import")
def index_import(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE.zip", help="Written by export.")],
    as_json: Json = False,
) -> None:
    """Replace the index by an exported one; the records stay as they are."""
    from facings.retrieve.archive import import_index

    options: Options = context.obj
    with options.progress("importing") as progress:
        stats = import_index(file, options.index_place(), options.embedder().id, progress=progress)
    _print_stats(stats, as_json)


def _look(valid_from: datetime | None, valid_until: datetime | None) -> Look | None:
    from facings.types import Look

    first, last = (day.date().isoformat() if day else None for day in (valid_from, valid_until))
    try:
        return Look(first, last) if first or last else None
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--valid-until") from error


def _print_stats(stats: IndexStats, as_json: bool) -> None:
    from facings.report import stats_dict

    if stats.advice:
        terminal.say(f"note: {stats.advice}")
    print_values(stats_dict(stats), as_json)
