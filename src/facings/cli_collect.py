"""The commands of field collection: `facings collect ...`."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from facings import terminal
from facings.cli_options import Json, Options, print_values

if TYPE_CHECKING:
    from facings.collect.field import Added, FieldFolder, Kind

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
    keep_faces: Annotated[
        bool, typer.Option("--keep-faces", help="Do not blur people's faces.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Open a session and print its id."""
    from facings.collect.field import Session, now

    session_id = uuid.uuid4().hex[:12]
    aisles = tuple(aisle or ())
    fresh = Session(session_id, store, person, consent, now(), aisles, keep_faces)
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
    folder = _looking(context)
    kind: Kind = "shelf far" if distance == "far" else "shelf near"
    added = []
    for file in pictures:
        contents = file.read_bytes()
        added.append(folder.add(session, _id_of(contents, kind), kind, contents, aisle=aisle))
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
    from facings.catalogue.gtin import gtin14
    from facings.collect.binding import bind

    options: Options = context.obj
    folder = _looking(context)
    added: list[Added] = []
    taken: tuple[tuple[Kind, list[Path]], ...] = (("barcode", barcode or []), ("product", pictures))
    for kind, files in taken:
        for file in files:
            contents = file.read_bytes()
            added.append(folder.add(session, _id_of(contents, kind), kind, contents, aisle=aisle))

    def enrol(key: str, views: list[Path]) -> None:
        with options.records() as records:
            enrol_product(
                key,
                views,
                name=name,
                records=records,
                embedder=options.embedder(),
                place=options.index_place(),
            )

    captures = [each.capture.id for each in added]
    bound = bind(folder, session, captures, gtin14(gtin) if gtin else None, enrol)
    _print_added(added, bound.gtin, as_json)
    if not bound.views:
        terminal.say("error: no view is fit to find the product by")
        terminal.say("hint: take it again, sharp and in good light, all of the pack in view")
        raise typer.Exit(terminal.SOME_FAILED)


@collect_app.command("status")
def collect_status(context: typer.Context, session: SessionId, as_json: Json = False) -> None:
    """Say what is covered aisle by aisle, and what is missing."""
    from facings.collect.progress import progress_of

    folder = _folder(context)
    begun = folder.session(session)
    told = progress_of(begun, folder.captures(session))
    values: dict[str, object] = {
        "session": session,
        "store": begun.store,
        "captures": told.captures,
        "products": told.products,
        "again": {each.id: list(each.faults) for each in told.again},
        "aisles": {
            each.aisle: {"far": each.far, "near": each.near, "products": each.products}
            for each in told.aisles
        },
        "missing": list(told.missing),
    }
    print_values(values, as_json)


@collect_app.command("labels")
def collect_labels(
    context: typer.Context,
    session: SessionId,
    dataset: Annotated[str, typer.Argument(metavar="NAME", help="Of the data set.")],
    licence: Annotated[str, typer.Option(help="SPDX name, or as stated.")],
    as_json: Json = False,
) -> None:
    """Add what people labelled on a session's shelves to a data set, as a new version."""
    from facings.collect.dataset import Dataset
    from facings.collect.labels import rows_of_labels

    options: Options = context.obj
    folder = _folder(context)
    begun = folder.session(session)
    captures = {each.id: each for each in folder.captures(session)}
    rows_in = Dataset.named(options.settings().home, dataset)
    rows = rows_of_labels(begun, captures, folder, rows_in, licence)
    if not rows:
        terminal.say("error: nothing of this session was labelled yet")
        raise typer.Exit(terminal.SOME_FAILED)
    version = rows_in.renew(rows, f"labels of session {session}")
    print_values({"version": version, "rows": len(rows)}, as_json)


def _folder(context: typer.Context) -> FieldFolder:
    from facings.collect.field import FieldFolder

    options: Options = context.obj
    return FieldFolder(options.settings().home / "collect")


def _looking(context: typer.Context) -> FieldFolder:
    """The same, with all that looks at pictures that come in."""
    from facings.collect.eyes import open_eyes
    from facings.collect.field import FieldFolder
    from facings.detect import Detector
    from facings.evidence.words import open_reader

    options: Options = context.obj
    eyes = open_eyes(Detector.load(), open_reader())
    return FieldFolder(options.settings().home / "collect", eyes)


def _id_of(contents: bytes, kind: Kind) -> str:
    """The same picture of the same thing has the same id wherever it is sent from."""
    from facings.collect.field import hash_of

    return hash_of(kind.encode() + contents)[:32]


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
