"""The commands of the product records: `facings catalogue ...` and `facings product`."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from facings import terminal
from facings.cli_options import Json, Options

if TYPE_CHECKING:
    from facings.catalogue.feeds.feed import Feed
    from facings.catalogue.profile import Profile
    from facings.catalogue.records import Records
    from facings.product import Product

catalogue_app = typer.Typer(help="Product records: what is known about each GTIN.")

Gtin = Annotated[str, typer.Argument(metavar="GTIN", help="In any of its forms.")]
Rejects = Annotated[
    Path | None,
    typer.Option(metavar="FILE.csv", help="Where refused rows go, with the reason of each."),
]


@catalogue_app.command("import")
def catalogue_import(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="Product records: see the import formats.")],
    form: Annotated[
        Literal["auto", "facings", "openfoodfacts", "usda"],
        typer.Option("--form", help="What kind of file it is; told by its name and header."),
    ] = "auto",
    mapping: Annotated[
        Path | None,
        typer.Option(metavar="M.toml", help="Which column of a table of your own is what."),
    ] = None,
    rejects: Rejects = None,
    as_json: Json = False,
) -> None:
    """Add or update products from a file; a bad row is reported and the others go on."""
    from facings.catalogue.feeds.choose import form_of, open_feed
    from facings.catalogue.feeds.mapped import MappedTable

    options: Options = context.obj
    if mapping:
        _import_feed(options, MappedTable.open(file, mapping), rejects, as_json=as_json)
        return
    kind = form_of(file) if form == "auto" else form
    if kind == "facings":
        _import_own(options, file, as_json=as_json)
    else:
        _import_feed(options, open_feed(file, kind), rejects, as_json=as_json)


@catalogue_app.command("pictures")
def catalogue_pictures(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Pictures named by GTIN: GTIN.jpg, GTIN/1.jpg.")],
    rejects: Rejects = None,
    as_json: Json = False,
) -> None:
    """Add pictures from a folder to the products they are named after."""
    from facings.catalogue.picture_folder import import_pictures

    options: Options = context.obj
    refused = rejects or _rejects_file(options, folder)
    with options.records() as records, options.progress("importing") as progress:
        report = import_pictures(folder, records, refused, progress=progress)
    if as_json:
        terminal.print_json(asdict(report) | {"rejects": str(refused)})
    else:
        typer.echo(
            f"{report.read} pictures: {report.added} products have new ones, "
            f"{report.unchanged} unchanged, {report.rejected} rejected"
        )
    _leave(report.rejected, refused)


@catalogue_app.command("shops")
def catalogue_shops(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE.json", help="See the import formats.")],
    as_json: Json = False,
) -> None:
    """Add chains, shops, prices, offers and store-internal numbers from a file."""
    from facings.catalogue.shop_file import import_shops

    options: Options = context.obj
    with options.records() as records:
        report = import_shops(file, records)
    for each in report.refused:
        terminal.say(f"refused: {each}")
    if as_json:
        terminal.print_json(asdict(report))
    else:
        typer.echo(f"{report.taken} taken, {len(report.refused)} refused")
    if report.refused:
        raise typer.Exit(terminal.SOME_FAILED)


@catalogue_app.command("sources")
def catalogue_sources(context: typer.Context, as_json: Json = False) -> None:
    """List where the records come from, with licence and attribution."""
    from facings.catalogue.sources import Sources

    options: Options = context.obj
    with options.records() as records:
        found = Sources(records.database).all()
    if as_json:
        terminal.print_json([asdict(each) for each in found])
    for each in () if as_json else found:
        typer.echo(f"{each.name} ({each.licence}): {each.attribution}")


@catalogue_app.command("show")
def catalogue_show(context: typer.Context, gtin: Gtin, as_json: Json = False) -> None:
    """Show the record of a product as it is kept."""
    from facings.catalogue.gtin import gtin14
    from facings.report import product_table
    from facings.scan import product_dict

    options: Options = context.obj
    with options.records() as records:
        product = _product(records, gtin14(gtin))
    if as_json:
        terminal.print_json(product_dict(product))
    else:
        terminal.print_rich(product_table(product))


def show_product(
    context: typer.Context,
    gtin: Annotated[str, typer.Argument(metavar="GTIN|LINK", help="Or a GS1 Digital Link.")],
    avoid: Annotated[
        list[str] | None, typer.Option(metavar="CODE", help="Allergen, such as AM for milk.")
    ] = None,
    diet: Annotated[
        list[str] | None,
        typer.Option(metavar="DIET", help="vegan, vegetarian, no_palm_oil or gluten_free."),
    ] = None,
    limit: Annotated[
        list[str] | None, typer.Option(metavar="NAME=MOST", help="In 100, such as sugars_g=10.")
    ] = None,
    worst_grade: Annotated[
        str | None, typer.Option(metavar="A-E", help="Worst Nutri-Score that suits you.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Say all that is known about a product, and whether it suits you."""
    from facings.catalogue.alternatives import alternatives
    from facings.catalogue.carrier import read_code
    from facings.catalogue.knowledge import know
    from facings.catalogue.offer_rules import Shopper
    from facings.catalogue.offers import Offers
    from facings.catalogue.reviews import Reviews
    from facings.catalogue.sources import Sources
    from facings.product_report import ProductReport

    options: Options = context.obj
    profile = _profile(avoid or [], diet or [], limit or [], worst_grade)
    today = datetime.now(UTC).date().isoformat()
    with options.records() as records:
        offers = Offers(records.database)
        product = _product(records, read_code(gtin).gtin)
        known = know(product, profile)
        report = ProductReport(
            known,
            Sources(records.database).of(product.source),
            offers.judge([product.gtin], Shopper(today)).get(product.gtin, ()),
            Reviews(records.database).summary(product.gtin),
            alternatives(known, records, profile),
        )
    if as_json:
        terminal.print_json(report.to_dict())
    else:
        terminal.print_rich(report.table())


def _profile(
    avoid: list[str], diets: list[str], limits: list[str], worst_grade: str | None
) -> Profile | None:
    from facings.catalogue.profile_words import profile_from_words

    try:
        return profile_from_words(avoid, diets, limits, worst_grade)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def _product(records: Records, gtin: str) -> Product:
    from facings.catalogue.gtin import natural_form
    from facings.errors import CatalogueError

    product = records.product(gtin)
    if product is None:
        raise CatalogueError(
            f"there is no product {natural_form(gtin)}",
            hint='add it with "facings catalogue import FILE"',
        )
    return product


def _import_own(options: Options, file: Path, *, as_json: bool) -> None:
    """Import a file in Facings' own form: all good rows in one transaction."""
    from facings.catalogue.importer import import_products

    with options.records() as records, options.progress("importing") as progress:
        report = import_products(file, records, progress=progress)
    for each in report.rejected:
        terminal.say(f"rejected: {each}")
    if report.ignored_fields:
        terminal.say(f"note: fields that are not read: {', '.join(report.ignored_fields)}")
    if as_json:
        terminal.print_json(asdict(report))
    else:
        counts = f"{report.added} added, {report.updated} updated, {report.unchanged} unchanged"
        typer.echo(f"{report.read} read: {counts}, {len(report.rejected)} rejected")
    if report.rejected:
        raise typer.Exit(terminal.SOME_FAILED)


def _import_feed(options: Options, feed: Feed, rejects: Path | None, *, as_json: bool) -> None:
    """Import a file of any length, batch by batch."""
    from facings.catalogue.bulk import import_feed

    refused = rejects or _rejects_file(options, feed.file)
    with options.records() as records, options.progress("importing") as progress:
        report = import_feed(feed, records, refused, progress=progress)
    if report.resumed_after:
        terminal.say(f"note: went on after row {report.resumed_after} of an interrupted import")
    if as_json:
        terminal.print_json(asdict(report) | {"rejects": str(refused)})
    else:
        counts = f"{report.added} added, {report.updated} updated, {report.unchanged} unchanged"
        typer.echo(f"{report.read} read: {counts}, {report.rejected} rejected")
        if feed.source:
            typer.echo(f"{feed.source.name} ({feed.source.licence}): {feed.source.attribution}")
    _leave(report.rejected, refused)


def _rejects_file(options: Options, file: Path) -> Path:
    return options.settings().home / "imports" / f"{file.resolve().name}.rejects.csv"


def _leave(rejected: int, refused: Path) -> None:
    if rejected:
        terminal.say(f"note: {rejected} rejected, with the reason of each in {refused}")
        raise typer.Exit(terminal.SOME_FAILED)
