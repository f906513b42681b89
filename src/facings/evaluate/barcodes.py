"""Score the reading of barcodes: read rate, wrong reads, and the bare decoder beside it."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import zxingcpp

from facings.capture import read_picture
from facings.collect.barcodes import printed_gtin, read_barcode
from facings.errors import AnnotationError
from facings.evidence.words import PrintReader
from facings.types import Frame

_COLUMNS = ("file", "symbology", "digits")
Progress = Callable[[int, int], None]
ReadGtins = Callable[[Frame], Sequence[str]]


@dataclass(frozen=True, slots=True)
class BarcodePicture:
    """A picture and the number on it."""

    file: Path
    shown: str
    """Its name in the table."""
    symbology: str
    gtin: str | None
    """GTIN-14; None of a picture without an EAN or UPC."""


@dataclass(frozen=True, slots=True)
class BarcodeReport:
    """How many numbers were read, and how many of those are wrong."""

    asked: tuple[BarcodePicture, ...]
    answers: tuple[tuple[str, ...], ...]
    """GTIN-14 read from each."""
    by_default: tuple[tuple[str, ...], ...]
    """GTIN-14 that the decoder's defaults read from each."""

    def to_dict(self) -> dict[str, object]:
        """Counts and shares as plain values; `unread` and `misread` list pictures by name."""
        ours, default = _score(self.asked, self.answers), _score(self.asked, self.by_default)
        unread = [
            each.shown
            for each, got in zip(self.asked, self.answers, strict=True)
            if each.gtin and each.gtin not in got
        ]
        misread = [
            {"file": each.shown, "read": wrong}
            for each, got in zip(self.asked, self.answers, strict=True)
            if (wrong := [gtin for gtin in got if gtin != each.gtin])
        ]
        by_symbology: dict[str, object] = {}
        for name in sorted({each.symbology for each in self.asked if each.gtin}):
            rows = [i for i, each in enumerate(self.asked) if each.gtin and each.symbology == name]
            of_kind = [self.asked[i] for i in rows]
            by_symbology[name] = {
                **_score(of_kind, [self.answers[i] for i in rows]),
                "read_rate_default": _score(of_kind, [self.by_default[i] for i in rows])[
                    "read_rate"
                ],
            }
        return {
            **ours,
            "by_symbology": by_symbology,
            "default": default,
            "unread": unread,
            "misread": misread,
        }


def read_truth(table: Path) -> tuple[BarcodePicture, ...]:
    """Read a CSV with the columns file, symbology and digits; files are relative to it.

    A row without digits is a picture without an EAN or UPC. Pictures in a folder `negatives` beside
    the table are such too, listed or not.

    Raises:
        AnnotationError: a column or a picture is missing, or digits are no EAN or UPC.
    """
    try:
        with table.open(newline="", encoding="utf-8-sig") as stream:
            reader = csv.DictReader(stream)
            missing = [name for name in _COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise AnnotationError(
                    f"{table} has no column {missing[0]}", hint="columns: file, symbology, digits"
                )
            rows = [{name: (row[name] or "").strip() for name in _COLUMNS} for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise AnnotationError(f"{table} cannot be read: {error}") from error
    listed = {row["file"]: _picture(table, row) for row in rows}
    for file in sorted((table.parent / "negatives").glob("*.*")):
        shown = f"negatives/{file.name}"
        listed.setdefault(shown, BarcodePicture(file, shown, "none", None))
    return tuple(listed.values())


def _picture(table: Path, row: Mapping[str, str]) -> BarcodePicture:
    file = table.parent / row["file"]
    if not file.is_file():
        raise AnnotationError(f"{table}: {row['file']} is not there")
    symbology = row["symbology"].lower().replace("-", "").replace("_", "") or "none"
    gtin = printed_gtin(row["digits"], symbology) if row["digits"] else None
    return BarcodePicture(file, row["file"], symbology, gtin)


def evaluate_barcodes(
    asked: Sequence[BarcodePicture], reader: PrintReader | None, progress: Progress
) -> BarcodeReport:
    """Read every picture our way and by the decoder's defaults.

    Args:
        reader: of printed digits; None leaves them out.
        progress: told how many pictures of how many are done.
    """

    def ours(frame: Frame) -> tuple[str, ...]:
        found = read_barcode(frame, reader)
        return (found.gtin,) if found else ()

    answers, by_default = [], []
    for done, each in enumerate(asked):
        progress(done, len(asked))
        frame = read_picture(each.file)
        answers.append(ours(frame))
        by_default.append(read_by_default(frame))
    return BarcodeReport(tuple(asked), tuple(answers), tuple(by_default))


def read_by_default(frame: Frame) -> tuple[str, ...]:
    """GTIN-14 of every EAN and UPC that the decoder finds when it is simply asked."""
    found = zxingcpp.read_barcodes(frame.image[..., ::-1].copy())
    retail = zxingcpp.barcode_formats_from_str("EAN13,EAN8,UPCA,UPCE")
    kinds = {str(kind) for kind in zxingcpp.barcode_formats_list(retail)}
    return tuple({each.text.zfill(14) for each in found if str(each.format) in kinds})


def _score(
    asked: Sequence[BarcodePicture], answers: Sequence[Sequence[str]]
) -> dict[str, float | int]:
    pairs = list(zip(asked, answers, strict=True))
    positives = [(each, got) for each, got in pairs if each.gtin]
    right = sum(each.gtin in got for each, got in positives)
    wrong = Counter(each.gtin is None for each, got in pairs if any(g != each.gtin for g in got))
    return {
        "n": len(positives),
        "read": right,
        "read_rate": round(right / len(positives), 4) if positives else 0.0,
        "wrong": wrong[True] + wrong[False],
        "negatives": len(pairs) - len(positives),
        "wrong_on_negatives": wrong[True],
    }
