"""A shelf of the golden store is scanned with the published models."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from facings.capture import read_picture
from facings.catalogue.gallery import embed_pictures
from facings.catalogue.importer import import_products
from facings.catalogue.records import Records
from facings.compare import PICTURE_WEIGHTS
from facings.embed import Embedder
from facings.errors import IndexMissing, PictureError
from facings.evaluate.end_to_end import read_shelf_truths, score_scans
from facings.recognizer import Recognizer
from facings.rectify import rectify
from facings.rerank import BY_BLOCKS, WITHOUT_PICTURES, common_name
from facings.retrieve.build import build_index
from facings.scan import Scan
from facings.settings import Settings
from facings.types import Crops, Detections, Embeddings, Frame, Match

STORE = Path(__file__).parent / "golden" / "store"
SHELF = STORE / "shelves" / "shelf-000.jpg"


@pytest.fixture(scope="module")
def recognizer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recognizer]:
    """The golden store's catalogue, imported, embedded and indexed."""
    settings = Settings(home=tmp_path_factory.mktemp("home"))
    embedder = Embedder.load()
    with Records.open(settings.resolved_database_url) as records:
        import_products(STORE / "products.json", records)
        assert embed_pictures(records, embedder) == 3 * len(records.gtins())
        assert embed_pictures(records, embedder) == 0
        build_index(records, settings.index_folder, embedder.id, embedder.manifest.thresholds)
    with Recognizer.open(settings.home) as opened:
        yield opened


@contextmanager
def deciding_by(recognizer: Recognizer, thresholds: Mapping[str, float]) -> Iterator[None]:
    """Let its index decide by these as well, for a while."""
    index = recognizer.index
    published = dict(index.thresholds)
    index.set_thresholds({**published, **thresholds}, None)
    try:
        yield
    finally:
        index.set_thresholds(published, None)


@pytest.fixture(scope="module")
def scan(recognizer: Recognizer) -> Scan:
    """The golden shelf, scanned once."""
    return recognizer.scan(SHELF)


def test_a_picture_without_shelves_is_a_scan_without_facings(recognizer: Recognizer) -> None:
    """Nothing to see is a result, not an error."""
    scan = recognizer.scan(Frame(np.full((200, 300, 3), 128, np.uint8)))

    assert scan.facings == ()
    assert json.loads(scan.to_json())["facings"] == []


def test_most_facings_of_the_shelf_are_recognised_rightly(scan: Scan) -> None:
    """At least three in four are named, and hardly any wrongly."""
    outcomes = score_scans([scan], read_shelf_truths(STORE / "shelves" / "truth.json")).outcomes

    assert outcomes.count("recognised right") >= 0.75 * len(outcomes)
    assert outcomes.count("recognised wrong") <= 0.05 * len(outcomes)


def test_a_recognised_facing_carries_its_record(scan: Scan) -> None:
    """Name, size and allergens come with the GTIN; other states carry none."""
    records = {each["gtin"]: each for each in json.loads((STORE / "products.json").read_text())}

    assert scan.recognised
    for facing in scan.facings:
        if facing.match.state == "recognised":
            assert facing.product is not None
            assert facing.product.name == records[facing.product.gtin[1:]]["name"]
        else:
            assert facing.product is None


def test_facings_come_in_reading_order(scan: Scan) -> None:
    """From the top shelf down, each from left to right."""
    places = [(facing.shelf_index, facing.position_index) for facing in scan.facings]

    assert places == sorted(places)
    assert len(set(places)) == len(places)


def test_every_stage_is_timed(scan: Scan) -> None:
    """Latencies are there for each stage, in their order."""
    assert list(scan.latency_ms) == [
        "capture",
        "detect",
        "shelves",
        "rectify",
        "embed",
        "retrieve",
        "straighten",
        "evidence",
        "rerank",
        "compare",
        "read",
        "products",
    ]


def test_the_same_picture_gives_the_same_scan(recognizer: Recognizer, scan: Scan) -> None:
    """A scan keeps no state."""
    again = recognizer.scan(SHELF.read_bytes())

    assert [facing.match.gtin for facing in again.facings] == [
        facing.match.gtin for facing in scan.facings
    ]


def test_an_unknown_product_is_not_forced_to_match(
    recognizer: Recognizer, scan: Scan, tmp_path: Path
) -> None:
    """With half of the catalogue gone, its facings do not all become others."""
    products = json.loads((STORE / "products.json").read_text())
    gone = {f"0{each['gtin']}" for each in products if each["category"] != products[0]["category"]}
    kept = [each for each in products if f"0{each['gtin']}" not in gone]
    for each in kept:
        for picture in each["pictures"]:
            picture["file"] = str(STORE / picture["file"])
    (tmp_path / "kept.json").write_text(json.dumps(kept))
    settings = Settings(home=tmp_path / "home")
    with Records.open(settings.resolved_database_url) as records:
        import_products(tmp_path / "kept.json", records)
        embed_pictures(records, recognizer.embedder)
        thresholds = recognizer.index.thresholds
        build_index(records, settings.index_folder, recognizer.embedder.id, thresholds)

    with Recognizer.open(settings.home) as small:
        forced = small.scan(SHELF).recognised

    assert len(forced) < 0.1 * len(scan.facings)


def test_without_an_index_the_way_to_one_is_named(tmp_path: Path) -> None:
    """A new home says what to run."""
    with pytest.raises(IndexMissing) as caught:
        Recognizer.open(tmp_path)

    assert "facings index build" in (caught.value.hint or "")


def test_what_is_no_picture_is_refused(recognizer: Recognizer) -> None:
    """The recognizer passes capture's own error on."""
    with pytest.raises(PictureError):
        recognizer.scan(b"")


def test_reading_touches_ambiguous_facings_alone(recognizer: Recognizer) -> None:
    """What is recognised or unknown without reading stays so, and no more become ambiguous.

    With a bar so high that facings are ambiguous whatever models are published.
    """
    parts = recognizer.detector, recognizer.embedder, recognizer.index, recognizer.records
    with deciding_by(recognizer, {"sure": 0.9}):
        scans = Recognizer(*parts).scan(SHELF), recognizer.scan(SHELF)
    before, after = ({each.box_xyxy: each.match for each in scan.facings} for scan in scans)

    changed = [box for box in before if before[box] != after[box]]

    assert changed
    assert {before[box].state for box in changed} == {"ambiguous"}
    ambiguous = [[m.state for m in each.values()].count("ambiguous") for each in (before, after)]
    assert ambiguous[1] <= ambiguous[0]


def test_vectors_and_boxes_are_named_as_the_picture_is(recognizer: Recognizer) -> None:
    """A phone that detects and embeds by itself hears the same, in its own order.

    But for print, for what only pictures held against the gallery's tell, and for bars of its own.
    """
    frame = read_picture(SHELF)
    detections = recognizer.detector.detect(frame)
    embeddings = recognizer.embedder.embed(rectify(frame, detections))

    index = recognizer.index
    published = dict(index.thresholds)
    own = {name for name in published if name != common_name(name)}.union(PICTURE_WEIGHTS)
    assert len(own) > len(PICTURE_WEIGHTS)
    index.set_thresholds({name: published[name] for name in published.keys() - own}, None)
    unreading = Recognizer(recognizer.detector, recognizer.embedder, index, recognizer.records)
    try:
        named = recognizer.recognise(embeddings, detections)
        scanned = unreading.scan(SHELF)
    finally:
        index.set_thresholds(published, None)

    boxes = [facing.box_xyxy for facing in named.facings]
    assert np.array_equal(np.array(boxes, np.float32), detections.boxes_xyxy)
    by_box = {facing.box_xyxy: facing for facing in scanned.facings}
    assert all(by_box[facing.box_xyxy] == facing for facing in named.facings)
    assert np.array_equal(named.lines_xyxy, scanned.lines_xyxy)


def test_lines_read_elsewhere_decide_what_is_ambiguous(recognizer: Recognizer) -> None:
    """Each ambiguous facing is what its last alternative's label says, once that was read."""
    embeddings, detections = _sent(recognizer)
    strict = {f"sure{WITHOUT_PICTURES}": 0.9, f"words_weight{WITHOUT_PICTURES}": 1.0}
    with deciding_by(recognizer, strict):
        unread = recognizer.recognise(embeddings, detections)
        names = [_last_name(recognizer, each.match) for each in unread.facings]
        read = recognizer.recognise(
            embeddings, detections, printed=[[name] if name else [] for name in names]
        )

    assert any(names)
    for before, after, name in zip(unread.facings, read.facings, names, strict=True):
        if name:
            assert after.match.gtin == before.match.alternatives[-1].gtin
        else:
            assert after == before
    with pytest.raises(ValueError, match="printed tells of 1"):
        recognizer.recognise(embeddings, detections, printed=[["Mint"]])


def test_pictures_compared_elsewhere_decide_what_is_ambiguous(recognizer: Recognizer) -> None:
    """Each ambiguous facing is the last of its alternatives, once it is most alike."""
    embeddings, detections = _sent(recognizer)
    strict = {f"sure{WITHOUT_PICTURES}": 0.9, f"detail_weight{BY_BLOCKS}": 1.0}
    with deciding_by(recognizer, strict):
        before = [each.match for each in recognizer.recognise(embeddings, detections).facings]
        detail = [_most_like_the_last(match) for match in before]
        found = recognizer.recognise(embeddings, detections, detail=detail)

    assert any(detail)
    for match, said, facing in zip(before, detail, found.facings, strict=True):
        if said:
            assert facing.match.gtin == match.alternatives[-1].gtin
            assert facing.match.evidence["detail"] == 0.9
        else:
            assert facing.match == match
    with pytest.raises(ValueError, match="detail tells of 1"):
        recognizer.recognise(embeddings, detections, detail=[{}])


def _sent(recognizer: Recognizer) -> tuple[Embeddings, Detections]:
    """What a phone sends of the shelf."""
    frame = read_picture(SHELF)
    detections = recognizer.detector.detect(frame)
    return recognizer.embedder.embed(rectify(frame, detections)), detections


def _most_like_the_last(match: Match) -> dict[str, float]:
    """Likeness to what an ambiguous facing may be; nothing where it is not ambiguous."""
    gtins = [each.gtin for each in match.alternatives if match.state == "ambiguous"]
    return {gtin: 0.9 if gtin == gtins[-1] else 0.1 for gtin in gtins}


def _last_name(recognizer: Recognizer, match: Match) -> str | None:
    """The whole label of an ambiguous facing's last alternative."""
    if match.state != "ambiguous":
        return None
    product = recognizer.records.products([match.alternatives[-1].gtin]).popitem()[1]
    return f"{product.brand} {product.name} {product.variant} {product.net_content}"


def test_no_facing_is_a_frame_like_another(recognizer: Recognizer) -> None:
    """An empty shelf has no facings and no lines."""
    nothing = Detections(np.zeros((0, 4), np.float32), np.zeros(0, np.float32))

    named = recognizer.recognise(recognizer.embedder.embed(Crops(())), nothing)

    assert (named.facings, len(named.lines_xyxy)) == ((), 0)
