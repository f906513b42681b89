"""The commands of field collection: `facings collect ...`."""

from __future__ import annotations

import hashlib
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from facings import terminal
from facings.cli_options import Json, Options, print_values

if TYPE_CHECKING:
    from facings.collect.field import Added, FieldFolder

collect_app = typer.Typer(help="Shelves and products photographed in a shop.")

SessionId = Annotated[str, typer.Argument(metavar="SESSION", help="As begin printed it.")]
Aisle = Annotated[str | None, typer.Option(metavar="NAME", help="Where it was taken.")]


@collect_app.command("begin")
def collect_begin(
    context: typer.Context,
    store: Annotated[str, typer.Option(help="Which shop.")],
    person: Annotated[str, typer.Option(help="Who takes the pictures.")],
    consent: Annotated[str, typer.Option(help="Who allowed it, and for what use.")],
    aisle: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="To be covered; may be repeated.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Open a session and print its id."""
    from facings.collect.field import Session, now

    fresh = Session(uuid.uuid4().hex[:12], store, person, consent, now(), tuple(aisle or ()))
    session = _folder(context).begin(fresh)
    if as_json:
        terminal.print_json({"session": session.id})
    else:
        typer.echo(session.id)


@collect_app.command("shelf")
def collect_shelf(
    context: typer.Context,
    session: SessionId,
    pictures: Annotated[list[Path], typer.Argument(metavar="PICTURE")],
    distance: Annotated[Literal["far", "near"], typer.Option(help="A bay, or a few facings.")],
    aisle: Aisle = None,
    as_json: Json = False,
) -> None:
    """Keep pictures of shelves."""
    folder = _folder(context)
    kind: Literal["shelf far", "shelf near"] = "shelf far" if distance == "far" else "shelf near"
    added = []
    for file in pictures:
        contents = file.read_bytes()
        added.append(folder.add(session, _id_of(contents), kind, contents, aisle=aisle))
    _print_added(added, None, as_json)


@collect_app.command("product")
def collect_product(
    context: typer.Context,
    session: SessionId,
    pictures: Annotated[list[Path], typer.Argument(metavar="PICTURE", help="Views of it.")],
    barcode: Annotated[
        list[Path] | None, typer.Option(metavar="PICTURE", help="Of its code; may be repeated.")
    ] = None,
    gtin: Annotated[str | None, typer.Option(help="Typed, where the code cannot be read.")] = None,
    name: Annotated[str | None, typer.Option(help="Of a product that has no record yet.")] = None,
    aisle: Aisle = None,
    as_json: Json = False,
) -> None:
    """Bind pictures of a product to the code on its pack: scans find it from then on."""
    from facings.catalogue.enrol import enrol_product
    from facings.embed import Embedder

    options: Options = context.obj
    folder = _folder(context)
    folder.session(session)
    codes = [file.read_bytes() for file in barcode or ()]
    key = _bound(codes, gtin)
    views = [file.read_bytes() for file in pictures]
    added = [
        *(folder.add(session, _id_of(each), "barcode", each, aisle=aisle, gtin=key)
          for each in codes),
        *(folder.add(session, _id_of(each), "product", each, aisle=aisle, gtin=key)
          for each in views),
    ]  # fmt: skip
    fit = [each for each in added if each.capture.kind == "product" and not each.capture.faults]
    if fit:
        with options.records() as records:
            enrol_product(
                key,
                [folder.picture(session, each.capture) for each in fit],
                name=name,
                records=records,
                embedder=Embedder.load(),
                place=options.index_place(),
            )
    _print_added(added, key, as_json)
    if not fit:
        terminal.say("error: no view is fit to find the product by")
        terminal.say("hint: take it again, sharp and in good light")
        raise typer.Exit(terminal.SOME_FAILED)


@collect_app.command("status")
def collect_status(context: typer.Context, session: SessionId, as_json: Json = False) -> None:
    """Say what is covered aisle by aisle, and what is missing."""
    from facings.collect.field import progress_of

    folder = _folder(context)
    print_values(progress_of(folder.session(session), folder.captures(session)), as_json)


def _folder(context: typer.Context) -> FieldFolder:
    from facings.collect.field import FieldFolder

    options: Options = context.obj
    return FieldFolder(options.settings().home / "collect")


def _id_of(contents: bytes) -> str:
    """The same picture has the same id wherever it is sent from."""
    return hashlib.sha256(contents).hexdigest()[:32]


def _bound(codes: list[bytes], typed: str | None) -> str:
    """GTIN-14 from the code's pictures; typed digits only where those say nothing."""
    from facings.catalogue.gtin import gtin14, natural_form
    from facings.collect.field import bind
    from facings.errors import InvalidGtin
    from facings.evidence.words import open_reader

    read = bind(codes, open_reader())
    given = gtin14(typed) if typed else None
    if read and given and read != given:
        raise InvalidGtin(
            f"the code says {natural_form(read)}, typed was {natural_form(given)}",
            hint="one of them is of another pack",
        )
    key = read or given
    if key is None:
        raise InvalidGtin(
            "no number could be read from the barcode",
            hint="take it closer and straight, or type the digits with --gtin",
        )
    return key


def _print_added(added: list[Added], gtin: str | None, as_json: bool) -> None:
    from facings.catalogue.gtin import natural_form

    rows = [
        {
            "capture": each.capture.id,
            "kind": each.capture.kind,
            "new": each.is_new,
            "faults": list(each.capture.faults),
            "same_sight_as": each.same_sight_as,
        }
        for each in added
    ]
    if as_json:
        terminal.print_json({"gtin": gtin, "captures": rows})
        return
    if gtin:
        typer.echo(f"bound to {natural_form(gtin)}")
    for each in added:
        known = "" if each.is_new else ", known already"
        twice = f", shows the same as {each.same_sight_as}" if each.same_sight_as else ""
        faults = f": {', '.join(each.capture.faults)}" if each.capture.faults else ""
        typer.echo(f"{each.capture.kind} {each.capture.id}{known}{twice}{faults}")
