"""Packs: a store's or region's vectors and records in one file, for a device without network.

The file is laid out in docs/reference/pack-format.md and read in the browser by web/src/pack.
Records are written in blocks, so that a device unpacks only those it shows.
"""

from __future__ import annotations

import gzip
import hashlib
import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facings.errors import CatalogueError
from facings.types import CellArray, EmbedderId, FloatArray

MAGIC = b"FACPACK1"
BLOCK = 32
"""Records in one block."""
_ALIGNMENT = 16
_GTIN = "S14"


@dataclass(frozen=True, slots=True)
class PackHead:
    """What a pack is, readable without its contents."""

    name: str
    created_at: str
    """ISO 8601 in UTC."""
    embedder: EmbedderId
    thresholds: Mapping[str, float]
    """What the decision goes by: see `facings.rerank`."""
    scope: Mapping[str, str]
    """What it was limited to: retailer, country, category; empty is everything."""
    attributions: Sequence[str]
    """Sentences to show beside the records."""
    product_count: int
    picture_count: int
    dim: int
    artwork_shape: Sequence[int]
    """(C, H, W) of each picture's artwork; empty where the pack has none."""


@dataclass(frozen=True, slots=True)
class PackContents:
    """What a pack holds; products by ascending GTIN-14, pictures by ascending id."""

    gtins: tuple[str, ...]
    records: tuple[Mapping[str, Any], ...]
    """One a product, as JSON values."""
    sizes_mm: FloatArray
    """(products, 2) width and height of the front; zeros where not known."""
    picture_products: NDArray[np.uint32]
    """(pictures,) place in `gtins` of what each picture shows."""
    vectors: CellArray
    """(pictures, D) each by a scale of its own: a direction only."""
    artwork: CellArray | None
    """(pictures, C, H, W), each cell's unit vector x 127."""

    def __post_init__(self) -> None:
        products, pictures = len(self.gtins), len(self.picture_products)
        if list(self.gtins) != sorted(set(self.gtins)):
            raise ValueError("products are in ascending order, each once")
        if len(self.records) != products or self.sizes_mm.shape != (products, 2):
            raise ValueError(f"one record and one size for each of {products} products")
        if self.vectors.ndim != 2 or len(self.vectors) != pictures:
            raise ValueError(f"one vector for each of {pictures} pictures")
        if self.artwork is not None and len(self.artwork) != pictures:
            raise ValueError(f"artwork of each of {pictures} pictures, or of none")
        if pictures and int(self.picture_products.max()) >= products:
            raise ValueError("a picture shows a product that is not there")


def int8_from_unit(vectors: FloatArray) -> CellArray:
    """(N, D) directions as signed bytes, the largest number of each row at 127."""
    largest = np.abs(vectors).max(axis=1, keepdims=True, initial=1e-12)
    return np.asarray(np.rint(vectors / largest * 127), np.int8)


def unit_from_int8(vectors: CellArray) -> FloatArray:
    """(N, D) unit vectors of the directions in a pack."""
    numbers = vectors.astype(np.float32)
    return np.asarray(numbers / np.linalg.norm(numbers, axis=1, keepdims=True), np.float32)


def pack_bytes(head: PackHead, contents: PackContents) -> bytes:
    """Lay a pack out as the bytes of its file."""
    blocks = [
        _packed_block(contents.records[start : start + BLOCK])
        for start in range(0, len(contents.records), BLOCK)
    ]
    ends = np.cumsum([0, *map(len, blocks)], dtype="<u4")
    sections = {
        "gtins": np.array(contents.gtins, _GTIN).tobytes(),
        "sizes_mm": contents.sizes_mm.astype("<f4").tobytes(),
        "picture_products": contents.picture_products.astype("<u4").tobytes(),
        "vectors": contents.vectors.tobytes(),
        "artwork": b"" if contents.artwork is None else contents.artwork.tobytes(),
        "block_offsets": ends.tobytes(),
        "records": b"".join(blocks),
    }
    places, payload = {}, bytearray()
    for name, content in sections.items():
        places[name] = [len(payload), len(content)]
        payload += content + bytes(-len(content) % _ALIGNMENT)
    described = {
        **asdict(head),
        "block_size": BLOCK,
        "sections": places,
        "sha256": hashlib.sha256(payload).hexdigest(),
    }
    text = json.dumps(described, ensure_ascii=False).encode()
    text += b" " * (-(len(MAGIC) + 4 + len(text)) % _ALIGNMENT)
    return MAGIC + len(text).to_bytes(4, "little") + text + payload


def read_head(file: Path) -> tuple[PackHead, bytes]:
    """Read what a pack is, and the head's bytes, which change whenever anything of it does.

    Raises:
        CatalogueError: it is no pack, or of another format.
    """
    with file.open("rb") as stream:
        start = stream.read(len(MAGIC) + 4)
        length = int.from_bytes(start[len(MAGIC) :], "little")
        text = stream.read(length) if start.startswith(MAGIC) else b""
    document = _document(text, str(file))
    return _head(document), text


def unpack(packed: bytes, *, name: str = "the pack") -> tuple[PackHead, PackContents]:
    """Read a whole pack.

    Raises:
        CatalogueError: it is no pack, of another format, or damaged.
    """
    length = int.from_bytes(packed[len(MAGIC) : len(MAGIC) + 4], "little")
    begin = len(MAGIC) + 4 + length
    text = packed[len(MAGIC) + 4 : begin] if packed.startswith(MAGIC) else b""
    document = _document(text, name)
    payload = packed[begin:]
    if hashlib.sha256(payload).hexdigest() != document["sha256"]:
        raise CatalogueError(f"{name} is damaged", hint="make or download it again")

    def section(which: str) -> bytes:
        offset, size = document["sections"][which]
        return payload[offset : offset + size]

    head = _head(document)
    shape = tuple(head.artwork_shape)
    ends = np.frombuffer(section("block_offsets"), "<u4").tolist()
    packed_records = section("records")
    records = [
        record
        for start, end in itertools.pairwise(ends)
        for record in json.loads(gzip.decompress(packed_records[start:end]))
    ]
    artwork = np.frombuffer(section("artwork"), np.int8)
    contents = PackContents(
        tuple(each.decode() for each in np.frombuffer(section("gtins"), _GTIN)),
        tuple(records),
        np.frombuffer(section("sizes_mm"), "<f4").reshape(-1, 2),
        np.frombuffer(section("picture_products"), "<u4"),
        np.frombuffer(section("vectors"), np.int8).reshape(-1, head.dim),
        artwork.reshape(-1, *shape) if shape else None,
    )
    return head, contents


def _packed_block(records: Sequence[Mapping[str, Any]]) -> bytes:
    text = json.dumps(records, ensure_ascii=False, separators=(",", ":"))
    return gzip.compress(text.encode(), mtime=0)


def _document(text: bytes, name: str) -> dict[str, Any]:
    try:
        document: dict[str, Any] = json.loads(text)
    except ValueError:
        raise CatalogueError(
            f"{name} is no pack of this version of Facings",
            hint="make one with `facings pack`",
        ) from None
    return document


def _head(document: Mapping[str, Any]) -> PackHead:
    known = {name: document[name] for name in PackHead.__dataclass_fields__}
    return PackHead(**{**known, "embedder": EmbedderId(**document["embedder"])})
