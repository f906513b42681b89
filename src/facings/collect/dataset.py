"""Data sets: a checked table of boxes, and the pictures by the hash of their bytes.

    NAME/pictures/ab/abcdef....jpg     each picture once, whatever it was called
    NAME/versions/0001.parquet         every box with its source, licence, consent and split
    NAME/versions/0001.json            when, why, and the table's hash

A version is never changed. Splits follow store and product: whatever shares either with an
evaluation picture is in the same split, so that nothing leaks.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, Self

import pyarrow as pa
import pyarrow.parquet as pq

from facings.errors import AnnotationError
from facings.output import replaced_file

Split = Literal["train", "val", "test"]
Provenance = Literal["model", "edited", "human"]
_SHARES: tuple[tuple[Split, int], ...] = (("test", 15), ("val", 30), ("train", 100))


@dataclass(frozen=True, slots=True)
class Row:
    """One box on one picture; a picture without boxes has a row whose box is empty."""

    picture: str
    """SHA-256 of its file."""
    suffix: str
    """Of the picture's file, with its dot."""
    width_px: int
    height_px: int
    store: str
    source: str
    licence: str
    consent: str
    x0: float
    """Box in pixels of the picture; all four are 0 where it shows nothing."""
    y0: float
    x1: float
    y1: float
    label: str = "product"
    gtin: str = ""
    """GTIN-14; empty where the product is not known."""
    is_crowd: bool = False
    """A region of things that nobody drew one by one."""
    provenance: Provenance = "human"
    model: str = ""
    """Name and version of the model that proposed the box."""
    score: float = 0.0
    split: Split = "train"

    def __post_init__(self) -> None:
        for name in ("source", "licence", "store"):
            if not getattr(self, name).strip():
                raise AnnotationError(
                    f"picture {self.picture[:12]} has no {name}",
                    hint="what may be done with a picture is written down before it is used",
                )
        inside = 0 <= self.x0 <= self.x1 <= self.width_px and 0 <= self.y0 <= self.y1
        if not inside or self.y1 > self.height_px:
            box = (self.x0, self.y0, self.x1, self.y1)
            raise AnnotationError(f"box {box} is not within picture {self.picture[:12]}")

    @property
    def has_box(self) -> bool:
        """Whether there is a box at all."""
        return self.x1 > self.x0 and self.y1 > self.y0


_SCHEMA = pa.schema(
    [
        (each.name, {"int": pa.int32(), "float": pa.float32(), "bool": pa.bool_()}
         .get(str(each.type), pa.string()))
        for each in fields(Row)
    ]
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Difference:
    """What changed from one version to another."""

    pictures_added: int
    pictures_removed: int
    boxes_added: int
    boxes_removed: int
    moved_between_splits: int
    """Pictures."""


class Dataset:
    """One named data set in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @classmethod
    def named(cls, home: Path, name: str) -> Self:
        """The data set of that name in a home; it need not be there yet.

        Raises:
            AnnotationError: it is no name of a folder.
        """
        if not name or Path(name).name != name:
            raise AnnotationError(f"{name!r} is no name of a folder")
        return cls(home / "datasets" / name)

    def keep_picture(self, file: Path) -> str:
        """Copy a picture under its hash; return the hash."""
        contents = file.read_bytes()
        sha256 = hashlib.sha256(contents).hexdigest()
        kept = self.picture_file(sha256, file.suffix.lower())
        if not kept.exists():
            with replaced_file(kept) as fresh:
                fresh.write_bytes(contents)
        return sha256

    def picture_file(self, sha256: str, suffix: str) -> Path:
        """Where a picture is."""
        return self._folder / "pictures" / sha256[:2] / f"{sha256}{suffix}"

    def versions(self) -> list[int]:
        """Numbers of the versions, ascending."""
        return sorted(int(file.stem) for file in self._folder.glob("versions/*.json"))

    def commit(self, rows: Sequence[Row], why: str) -> int:
        """Split and write a new version; return its number.

        Raises:
            AnnotationError: a picture is not there.
        """
        for each in rows:
            if not self.picture_file(each.picture, each.suffix).exists():
                raise AnnotationError(f"picture {each.picture[:12]} is not in the data set")
        number = max(self.versions(), default=0) + 1
        table = self._folder / "versions" / f"{number:04}.parquet"
        split = with_splits(rows)
        columns = {each.name: [getattr(row, each.name) for row in split] for each in fields(Row)}
        with replaced_file(table) as fresh:
            pq.write_table(pa.table(columns, schema=_SCHEMA), fresh, compression="zstd")
        about = {
            "version": number,
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "why": why,
            "sha256": hashlib.sha256(table.read_bytes()).hexdigest(),
        }
        with replaced_file(table.with_suffix(".json")) as fresh:
            fresh.write_text(json.dumps(about, ensure_ascii=False) + "\n", "utf-8")
        return number

    def renew(self, fresh: Sequence[Row], why: str) -> int:
        """Commit what is there with these pictures' rows in the place of their earlier ones."""
        renewed = {row.picture for row in fresh}
        known = self.rows() if self.versions() else []
        return self.commit([*(row for row in known if row.picture not in renewed), *fresh], why)

    def rows(self, version: int | None = None) -> list[Row]:
        """Read a version, the newest where None, checked against its hash and its rules.

        Raises:
            AnnotationError: there is none, it was changed, or a store or product is in two splits.
        """
        number = version or max(self.versions(), default=0)
        table = self._folder / "versions" / f"{number:04}.parquet"
        about = table.with_suffix(".json")
        if not about.exists():
            raise AnnotationError(f"{self._folder} has no version {number}")
        written = json.loads(about.read_text("utf-8"))["sha256"]
        if hashlib.sha256(table.read_bytes()).hexdigest() != written:
            raise AnnotationError(f"{table} is not what was written", hint="take a copy of it")
        rows = [Row(**row) for row in pq.read_table(table).to_pylist()]
        require_no_leak(rows)
        return rows


def with_splits(rows: Sequence[Row]) -> list[Row]:
    """Give each group of stores and products that hang together one split, by its name's hash.

    The hash is of the group's first store, so adding pictures to a store moves nothing; a product
    that joins two groups moves the later one.
    """
    group = _Groups()
    for row in rows:
        group.join(f"store {row.store}", f"picture {row.picture}")
        if row.gtin:
            group.join(f"picture {row.picture}", f"gtin {row.gtin}")
    values = {each.name: each.name for each in fields(Row) if each.name != "split"}
    return [
        Row(**{name: getattr(row, name) for name in values}, split=_split_of(group.of(row.store)))
        for row in rows
    ]


def require_no_leak(rows: Iterable[Row]) -> None:
    """Check that no picture, store or product is in two splits.

    Raises:
        AnnotationError: one is.
    """
    seen: dict[str, str] = {}
    for row in rows:
        for thing in (
            f"store {row.store}",
            f"picture {row.picture}",
            row.gtin and f"gtin {row.gtin}",
        ):
            if thing and seen.setdefault(thing, row.split) != row.split:
                raise AnnotationError(f"{thing} is in {seen[thing]} and in {row.split}")


def difference(before: Sequence[Row], after: Sequence[Row]) -> Difference:
    """Say what changed between two versions."""
    boxes = [Counter(_box(row) for row in rows if row.has_box) for rows in (before, after)]
    splits = [{row.picture: row.split for row in rows} for rows in (before, after)]
    return Difference(
        pictures_added=len(splits[1].keys() - splits[0].keys()),
        pictures_removed=len(splits[0].keys() - splits[1].keys()),
        boxes_added=sum((boxes[1] - boxes[0]).values()),
        boxes_removed=sum((boxes[0] - boxes[1]).values()),
        moved_between_splits=sum(
            splits[0][picture] != splits[1][picture] for picture in splits[0].keys() & splits[1]
        ),
    )


def statistics(rows: Sequence[Row]) -> dict[str, object]:
    """Count pictures and boxes by what matters for use and for judging."""
    boxes = [row for row in rows if row.has_box and not row.is_crowd]
    pictures = {row.picture: row for row in rows}
    by: Mapping[str, dict[str, int]] = {
        name: dict(Counter(str(getattr(row, name)) for row in boxes))
        for name in ("split", "licence", "provenance", "source")
    }
    return {
        "pictures": len(pictures),
        "boxes": len(boxes),
        "regions_to_ignore": sum(row.is_crowd for row in rows),
        "products": len({row.gtin for row in boxes if row.gtin}),
        "stores": len({row.store for row in rows}),
        "boxes_by": by,
    }


def _box(row: Row) -> tuple[object, ...]:
    corners = (round(side, 1) for side in (row.x0, row.y0, row.x1, row.y1))
    return (row.picture, *corners, row.label, row.gtin, row.is_crowd)


def _split_of(name: str) -> Split:
    percent = int(hashlib.sha256(name.encode()).hexdigest(), 16) % 100
    return next(split for split, end in _SHARES if percent < end)


class _Groups:
    """Things that must stay together; a group is called by its first store in the alphabet."""

    def __init__(self) -> None:
        self._above: dict[str, str] = {}
        self._stores: dict[str, str] = {}

    def join(self, one: str, other: str) -> None:
        roots = sorted((self._root(one), self._root(other)))
        if roots[0] != roots[1]:
            self._above[roots[1]] = roots[0]
        self._stores = {}

    def of(self, store: str) -> str:
        if not self._stores:
            members: dict[str, list[str]] = defaultdict(list)
            for thing in [*self._above]:
                if thing.startswith("store "):
                    members[self._root(thing)].append(thing)
            self._stores = {root: min(things) for root, things in members.items()}
        return self._stores[self._root(f"store {store}")]

    def _root(self, thing: str) -> str:
        self._above.setdefault(thing, thing)
        while self._above[thing] != thing:
            self._above[thing] = thing = self._above[self._above[thing]]
        return thing
