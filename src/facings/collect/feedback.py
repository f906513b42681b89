"""Feedback that is accepted: a picture more in the gallery, and a row of a data set.

Nothing is accepted by itself. The picture of the one facing lies in `HOME/feedback/ID.jpg`, where
the person sent it; without one a remark can be looked at, but nothing is learned from it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from facings.capture import read_picture
from facings.catalogue.feedback import KeptRemark, Remarks
from facings.collect.dataset import Dataset, Row
from facings.collect.pictures import FieldPicture
from facings.errors import CatalogueError
from facings.output import replaced_file

_CONSENT = "sent by the person to be learned from"


class FeedbackPictures:
    """Pictures of facings that people sent with what they said."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, remark_id: int, picture: FieldPicture) -> None:
        """Keep the picture of a remark."""
        with replaced_file(self._file(remark_id)) as fresh:
            fresh.write_bytes(picture.jpeg)

    def find(self, remark_id: int) -> Path | None:
        """Where it is; None where the remark came without."""
        file = self._file(remark_id)
        return file if file.is_file() else None

    def _file(self, remark_id: int) -> Path:
        return self._folder / f"{remark_id}.jpg"


def accept(
    remark: KeptRemark,
    gtin: str | None,
    remarks: Remarks,
    pictures: FeedbackPictures,
    enrol: Callable[[str, list[Path]], object],
) -> KeptRemark:
    """Make a remark's picture one of the product's: scans find it from then on.

    Accepting it again changes nothing.

    Args:
        gtin: GTIN-14 it is; None takes the person's word.
        enrol: puts pictures of a GTIN-14 into records and index.

    Raises:
        CatalogueError: nobody said what it is, there is no picture, or it was rejected before.
    """
    if remark.state == "rejected":
        raise CatalogueError(f"remark {remark.id} was rejected before")
    key = gtin or remark.gtin_corrected
    if key is None:
        raise CatalogueError(
            f"remark {remark.id} says only what it is not",
            hint="look at its picture and say with gtin what it is, or reject it",
        )
    picture = pictures.find(remark.id)
    if picture is None:
        raise CatalogueError(
            f"remark {remark.id} came without a picture",
            hint="give one, or reject it: from a vector alone the gallery cannot be built again",
        )
    enrol(key, [picture])
    return remarks.decide(remark.id, "accepted", key)


def rows_of_feedback(
    accepted: Sequence[KeptRemark], pictures: FeedbackPictures, dataset: Dataset, licence: str
) -> list[Row]:
    """Make each accepted remark one box, as large as its picture, that a person named.

    Raises:
        PictureError: a picture is damaged.
    """
    rows = []
    for remark in accepted:
        file = pictures.find(remark.id)
        if file is None or remark.gtin_corrected is None:
            continue
        width, height = read_picture(file).size_wh
        rows.append(
            Row(
                picture=dataset.keep_picture(file),
                suffix=file.suffix,
                width_px=width,
                height_px=height,
                store=f"feedback of {remark.tenant}",
                source=f"feedback {remark.id}",
                licence=licence,
                consent=_CONSENT,
                x0=0,
                y0=0,
                x1=width,
                y1=height,
                gtin=remark.gtin_corrected,
            )
        )
    return rows
