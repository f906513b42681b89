"""The commands of feedback: `facings feedback ...`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from facings import terminal
from facings.cli_options import Json, Options, print_values

if TYPE_CHECKING:
    from rich.console import RenderableType

    from facings.catalogue.feedback import KeptRemark
    from facings.collect.feedback import FeedbackPictures

feedback_app = typer.Typer(help="What shoppers said a facing is not, accepted or rejected.")

RemarkId = Annotated[int, typer.Argument(metavar="ID", min=1, help="As list shows it.")]
_ALL = 1_000_000_000


@feedback_app.command("list")
def feedback_list(
    context: typer.Context,
    state: Annotated[Literal["new", "accepted", "rejected"], typer.Option()] = "new",
    limit: Annotated[int, typer.Option(min=1, metavar="N")] = 50,
    as_json: Json = False,
) -> None:
    """List what people said, the oldest first, with the picture where they sent one."""
    from facings.catalogue.feedback import Remarks

    pictures = _pictures(context)
    with context.obj.records() as records:
        found = Remarks(records.database).in_state(state, limit=limit)
    if as_json:
        terminal.print_json([_plain(each, pictures) for each in found])
    else:
        terminal.print_rich(_table(found, pictures))


@feedback_app.command("accept")
def feedback_accept(
    context: typer.Context,
    remark_id: RemarkId,
    gtin: Annotated[
        str | None, typer.Option(help="What it is, where the person did not say or was wrong.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="Of a product that has no record yet.")] = None,
    picture: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where the remark came without one.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Take a remark's picture into the gallery: the product is found by it at once."""
    from facings.catalogue.enrol import enrol_product
    from facings.catalogue.feedback import Remarks
    from facings.catalogue.gtin import gtin14
    from facings.collect.feedback import accept
    from facings.collect.pictures import take_picture

    options: Options = context.obj
    pictures = _pictures(context)
    with options.records() as records:
        remarks = Remarks(records.database)
        remark = _found(remarks.find(remark_id), remark_id)
        if picture:
            pictures.keep(remark_id, take_picture(picture.read_bytes(), picture.name))

        def enrol(key: str, files: list[Path]) -> None:
            enrol_product(
                key,
                files,
                name=name,
                records=records,
                embedder=options.embedder(),
                place=options.index_place(),
            )

        decided = accept(remark, gtin14(gtin) if gtin else None, remarks, pictures, enrol)
    print_values(_plain(decided, pictures), as_json)


@feedback_app.command("reject")
def feedback_reject(context: typer.Context, remark_id: RemarkId, as_json: Json = False) -> None:
    """Put a remark aside."""
    from facings.catalogue.feedback import Remarks

    with context.obj.records() as records:
        decided = Remarks(records.database).decide(remark_id, "rejected", None)
    print_values(_plain(decided, _pictures(context)), as_json)


@feedback_app.command("export")
def feedback_export(
    context: typer.Context,
    dataset: Annotated[str, typer.Argument(metavar="NAME", help="Of the data set.")],
    licence: Annotated[str, typer.Option(help="Under which people send pictures to you.")],
    as_json: Json = False,
) -> None:
    """Add what was accepted to a data set, as a new version; what is there already stays once."""
    from facings.catalogue.feedback import Remarks
    from facings.collect.dataset import Dataset
    from facings.collect.feedback import rows_of_feedback

    options: Options = context.obj
    with options.records() as records:
        accepted = Remarks(records.database).in_state("accepted", limit=_ALL)
    rows_of = Dataset.named(options.settings().home, dataset)
    rows = rows_of_feedback(accepted, _pictures(context), rows_of, licence)
    if not rows:
        terminal.say("error: nothing with a picture was accepted yet")
        raise typer.Exit(terminal.SOME_FAILED)
    print_values({"version": rows_of.renew(rows, "feedback"), "rows": len(rows)}, as_json)


def _pictures(context: typer.Context) -> FeedbackPictures:
    from facings.collect.feedback import FeedbackPictures

    options: Options = context.obj
    return FeedbackPictures(options.settings().home / "feedback")


def _found(remark: KeptRemark | None, remark_id: int) -> KeptRemark:
    from facings.errors import CatalogueError

    if remark is None:
        raise CatalogueError(f"there is no remark {remark_id}", hint='"facings feedback list"')
    return remark


def _plain(remark: KeptRemark, pictures: FeedbackPictures) -> dict[str, object]:
    from facings.catalogue.gtin import natural_form

    picture = pictures.find(remark.id)
    said, corrected = remark.gtin_given, remark.gtin_corrected
    return {
        "id": remark.id,
        "at": remark.created_at.isoformat(timespec="seconds"),
        "said": natural_form(said) if said else None,
        "is": natural_form(corrected) if corrected else None,
        "state": remark.state,
        "picture": str(picture) if picture else None,
    }


def _table(remarks: Sequence[KeptRemark], pictures: FeedbackPictures) -> RenderableType:
    from rich.table import Table

    table = Table("ID", "Said", "Is", "Picture", "At", box=None)
    for each in remarks:
        row = _plain(each, pictures)
        shown = [row["id"], row["said"] or "unknown", row["is"] or "?", row["picture"] or "none"]
        table.add_row(*map(str, shown), str(row["at"]))
    return table
