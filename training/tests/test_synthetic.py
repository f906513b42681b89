"""The generated store: its products, its shelves and their truth."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from facings_train.synthetic import store as store_module
from facings_train.synthetic.art import draw_label
from facings_train.synthetic.camera import aim_camera
from facings_train.synthetic.canvas import Canvas
from facings_train.synthetic.facts import allergens_of
from facings_train.synthetic.package import Cutout, SpriteCache, View
from facings_train.synthetic.planogram import plan_bay
from facings_train.synthetic.products import SyntheticProduct, check_digit, make_products
from facings_train.synthetic.scene import render_shelf
from facings_train.synthetic.silhouette import outline_points
from facings_train.synthetic.store import coco_truth, write_store
from facings_train.synthetic.stream import change_glass, iter_shelves
from facings_train.synthetic.style import CAREFUL, TRAINING, ShelfStyle
from facings_train.synthetic.truth import RenderedShelf
from facings_train.synthetic.views import catalogue_picture, render_package_views

SIZE_WH = (480, 360)


@pytest.fixture(scope="module")
def products() -> tuple[SyntheticProduct, ...]:
    """A small store, with hard families."""
    return make_products(11, 24)


@pytest.fixture(scope="module")
def shelves(products: tuple[SyntheticProduct, ...]) -> list[RenderedShelf]:
    """Pictures of that store, careful ones and others."""
    cache = SpriteCache()
    styles = (TRAINING, CAREFUL, TRAINING, TRAINING)
    return [
        render_shelf(products, seed, size_wh=SIZE_WH, style=style, sprites=cache)
        for seed, style in enumerate(styles)
    ]


@pytest.mark.parametrize(
    ("digits", "expected"),
    [("", "0"), ("629104150021", "3"), ("400638133393", "1"), ("952000000000", "4")],
)
def test_check_digits_are_those_of_gs1(digits: str, expected: str) -> None:
    """Known numbers, the GS1 manual's example first."""
    assert check_digit(digits) == expected


def test_every_gtin_is_a_unique_demonstration_number(
    products: tuple[SyntheticProduct, ...],
) -> None:
    """Prefix 952, 14 digits, a right check digit, no two alike."""
    gtins = [product.gtin for product in products]
    assert len(set(gtins)) == len(gtins)
    for gtin in gtins:
        assert len(gtin) == 14
        assert gtin.startswith("0952")
        assert check_digit(gtin[:-1]) == gtin[-1]


def test_no_families_make_no_products() -> None:
    """The empty store."""
    assert make_products(1, 0) == ()


def test_the_same_seed_makes_the_same_products() -> None:
    """And another seed others."""
    first, again, other = (make_products(seed, 5) for seed in (3, 3, 4))
    assert [asdict(p) for p in first] == [asdict(p) for p in again]
    assert [p.gtin for p in first] != [p.gtin for p in other]


def test_members_of_a_family_differ_in_flavour_or_amount(
    products: tuple[SyntheticProduct, ...],
) -> None:
    """Two to six members, no two the same; hard ones in one respect only."""
    families: dict[int, list[SyntheticProduct]] = {}
    for product in products:
        families.setdefault(product.family, []).append(product)
    assert any(members[0].hard for members in families.values())
    for members in families.values():
        assert 2 <= len(members) <= 6
        assert len({(p.variant, p.net_content) for p in members}) == len(members)
        if members[0].hard:
            assert (
                len({p.variant for p in members}) == 1 or len({p.net_content for p in members}) == 1
            )
            same_amount = len({p.net_content for p in members}) == 1
            assert (len({(p.width_mm, p.height_mm) for p in members}) == 1) == same_amount


def test_hard_families_share_their_art_but_for_the_text() -> None:
    """Few pixels differ between two flavours, but some do."""
    hard = [p for p in make_products(11, 24) if p.hard]
    first, second = next(
        (p, q) for p, q in pairwise(hard) if p.family == q.family and p.variant != q.variant
    )
    cache = SpriteCache()
    a, b = (cache.sprite(p, View()).rgba.astype(int) for p in (first, second))
    if first.package not in ("bag", "pouch"):  # Their folds differ from pack to pack.
        changed = (np.abs(a - b).max(axis=2) > 24).mean()
        assert 0 < changed < 0.2


@pytest.mark.parametrize("seed", [7, 512, 513])
def test_no_two_flavours_of_a_store_have_the_same_front(seed: int) -> None:
    """Whatever field a wordmark stands on: these three stores had some that it covered."""
    fronts: dict[bytes, SyntheticProduct] = {}
    for product in make_products(seed, 80):
        front = draw_label(product, (160, 240)).tobytes()
        assert fronts.setdefault(front, product).variant == product.variant


def test_allergens_follow_from_the_ingredient_text(
    products: tuple[SyntheticProduct, ...],
) -> None:
    """What the text names is declared; what is free from is not in it."""
    assert allergens_of("") == {}
    assert allergens_of("Coconut milk, nutmeg.") == {}
    for product in products:
        listed = product.ingredients.split(" May contain")[0]
        for claim in ("Gluten free.", "Dairy free.", "Free from soya."):
            listed = listed.replace(claim, "")
        contained = {c for c, level in product.allergens.items() if level == "contains"}
        if product.nutrition_per_100:
            assert contained == set(allergens_of(listed))
        else:
            assert product.allergens == {}


def test_nutrition_adds_up(products: tuple[SyntheticProduct, ...]) -> None:
    """Parts are below their wholes and energy follows from them."""
    for facts in (p.nutrition_per_100 for p in products if p.nutrition_per_100):
        assert facts["saturated_fat"] <= facts["fat"]
        assert facts["sugars"] <= facts["carbohydrates"]
        assert sum(facts[k] for k in ("fat", "carbohydrates", "fiber", "proteins")) <= 100
        energy = 37 * facts["fat"] + 17 * (facts["carbohydrates"] + facts["proteins"])
        assert facts["energy_kj"] == pytest.approx(energy + 8 * facts["fiber"], abs=1)


def test_truth_boxes_lie_inside_the_picture(shelves: list[RenderedShelf]) -> None:
    """All kinds of boxes, and none is empty."""
    width, height = SIZE_WH
    for shelf in shelves:
        assert len(shelf.gtins) > 0
        for boxes in (shelf.boxes_xyxy, shelf.price_tag_boxes_xyxy, shelf.gap_boxes_xyxy):
            assert boxes.shape[1:] == (4,)
            assert (boxes >= 0).all()
            assert (boxes[:, 0::2] <= width).all()
            assert (boxes[:, 1::2] <= height).all()
            assert (boxes[:, 2:] > boxes[:, :2]).all()


def test_quads_lie_inside_their_boxes(shelves: list[RenderedShelf]) -> None:
    """Within two pixels, for facings that the picture's edge does not cut."""
    width, height = SIZE_WH
    for shelf in shelves:
        for box, quad in zip(shelf.boxes_xyxy, shelf.quads, strict=True):
            if box[0] > 0 and box[1] > 0 and box[2] < width and box[3] < height:
                assert (quad >= box[:2] - 2).all()
                assert (quad <= box[2:] + 2).all()


def test_truth_is_ordered_by_shelf_and_place(shelves: list[RenderedShelf]) -> None:
    """Every shelf has a line, and places count from zero."""
    for shelf in shelves:
        count = len(shelf.gtins)
        assert (np.diff(shelf.shelf_index) >= 0).all()
        assert set(shelf.shelf_index.tolist()) == set(range(len(shelf.shelf_lines_xyxy)))
        for row in range(len(shelf.shelf_lines_xyxy)):
            places = shelf.position_index[shelf.shelf_index == row]
            assert places.tolist() == list(range(len(places)))
        shapes = {a.shape[0] for a in (shelf.boxes_xyxy, shelf.quads, shelf.visible_share)}
        assert shapes == {count}


def test_shares_of_visibility_are_shares(shelves: list[RenderedShelf]) -> None:
    """In [0, 1]; some packs are wholly visible."""
    shares = np.concatenate([shelf.visible_share for shelf in shelves])
    assert shares.min() >= 0
    assert shares.max() <= 1
    assert (shares > 0.99).any()


def test_a_pack_that_nothing_hides_is_wholly_visible(
    products: tuple[SyntheticProduct, ...],
) -> None:
    """As many pixels carry its number as its silhouette has, until half of it is covered."""
    sprite = SpriteCache().sprite(products[0], View(12, 8))
    size_mm = (products[0].width_mm, products[0].height_mm)
    canvas = Canvas((-300.0, -400.0, 300.0, 100.0), 0.8)
    stamp = canvas.stamp(sprite, size_mm, (0.0, 0.0), 1.0, 3.0, 1.0, 1)
    assert stamp is not None
    assert np.count_nonzero(canvas.ids == 1) == stamp.pixels
    canvas.fill((-300, -400, 0, 100), (0, 0, 0))
    assert 0.3 < np.count_nonzero(canvas.ids == 1) / stamp.pixels < 0.7


def test_the_outline_bounds_what_is_painted(products: tuple[SyntheticProduct, ...]) -> None:
    """The painted pixels' box is the outline's within a pixel."""
    canvas = Canvas((-300.0, -400.0, 300.0, 100.0), 0.7)
    for product in products[::9]:
        canvas.ids[:] = 0
        sprite = SpriteCache().sprite(product, View(-12, 8))
        size_mm = (product.width_mm, product.height_mm)
        stamp = canvas.stamp(sprite, size_mm, (3.3, 0.0), 0.9, -4.0, 1.0, 1)
        assert stamp is not None
        rows, columns = np.nonzero(canvas.ids)
        outline_px = (stamp.outline_mm - canvas.origin_mm) * 0.7
        painted = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])
        expected = np.concatenate([outline_px.min(0), outline_px.max(0)])
        assert np.abs(painted - expected).max() < 1.6


def test_the_camera_maps_there_and_back() -> None:
    """Projecting what a pixel shows gives the pixel, lens included."""
    camera = aim_camera(
        (640, 480), 900.0, yaw_deg=25, pitch_deg=-10, roll_deg=5, focal=0.9, distortion=0.03
    )
    pixels = np.array([[0.0, 0.0], [320.0, 240.0], [640.0, 480.0], [10.0, 470.0]])
    assert np.abs(camera.project(camera.unproject(pixels)) - pixels).max() < 0.05
    assert np.abs(camera.unproject(np.array([[320.0, 240.0]]))).max() < 1e-6


def test_the_same_seed_renders_the_same_shelf(products: tuple[SyntheticProduct, ...]) -> None:
    """Whether packs were drawn before or not."""
    used = SpriteCache()
    render_shelf(products, 8, size_wh=SIZE_WH, sprites=used)
    first = render_shelf(products, 9, size_wh=SIZE_WH, sprites=used)
    again = render_shelf(products, 9, size_wh=SIZE_WH)
    assert np.array_equal(first.image, again.image)
    assert np.array_equal(first.boxes_xyxy, again.boxes_xyxy)
    assert first.gtins == again.gtins


def test_a_stream_does_not_depend_on_its_workers() -> None:
    """One process or two, same pictures in the same order."""
    alone, shared = (
        list(iter_shelves(5, 6, families=6, size_wh=(160, 120), workers=workers))
        for workers in (1, 2)
    )
    assert len(alone) == len(shared) == 6
    for a, b in zip(alone, shared, strict=True):
        assert np.array_equal(a.image, b.image)
        assert np.array_equal(a.boxes_xyxy, b.boxes_xyxy)


def test_an_empty_stream_ends_at_once() -> None:
    """No pictures asked for, none rendered."""
    assert list(iter_shelves(1, 0)) == []


def test_a_shelf_without_products_is_refused() -> None:
    """With a sentence that says why."""
    with pytest.raises(ValueError, match="at least one product"):
        render_shelf((), 1)


def test_an_empty_silhouette_is_refused() -> None:
    """A sprite shows something."""
    with pytest.raises(ValueError, match="opaque"):
        outline_points(np.zeros((4, 4), np.uint8))


def test_photographed_packs_stand_among_drawn_ones() -> None:
    """A cut-out needs a picture and measures only."""
    rgba = np.full((120, 60, 4), 255, np.uint8)
    cutout = Cutout("09520000000002", rgba, width_mm=60, height_mm=120, depth_mm=40)
    shelf = render_shelf([cutout], 3, size_wh=SIZE_WH)
    assert set(shelf.gtins) == {cutout.gtin}


def test_catalogue_pictures_have_a_white_margin(products: tuple[SyntheticProduct, ...]) -> None:
    """From every side."""
    for view in ("front", "left", "right"):
        picture = catalogue_picture(products[3], view)
        assert picture.shape == (480, 480, 3)
        assert picture[:8].min() == 255
        assert picture[:, :8].min() == 255


def test_package_views_differ_and_repeat(products: tuple[SyntheticProduct, ...]) -> None:
    """Crops of one seed are the same, crops of one call are not."""
    first = render_package_views(products[5], 1, 4, neighbours=products[:3])
    again = render_package_views(products[5], 1, 4, neighbours=products[:3])
    assert [a.shape for a in first] == [b.shape for b in again]
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert len({a.tobytes() for a in first}) == 4
    assert render_package_views(products[5], 1, 0) == []


def test_mostly_hidden_facings_are_crowds_in_the_truth(shelves: list[RenderedShelf]) -> None:
    """And the boxes are x, y, width, height."""
    shelf = shelves[0]
    shares = np.linspace(0.1, 1, len(shelf.gtins)).astype(np.float32)
    truth = coco_truth([replace(shelf, visible_share=shares)])
    annotations = truth["annotations"]
    assert isinstance(annotations, list)
    for entry, share, box in zip(annotations, shares, shelf.boxes_xyxy, strict=False):
        assert entry["iscrowd"] == int(share < 0.35)
        assert entry["bbox"][2] == pytest.approx(box[2] - box[0], abs=0.11)


def test_a_store_is_the_same_byte_for_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file, whatever the number of processes, and every named file is there."""
    monkeypatch.setattr(store_module, "SHELF_SIZE_WH", (320, 240))
    for name in ("a", "b"):
        write_store(tmp_path / name, seed=2, families=2, shelves=1, workers=1)
    files = sorted(p.relative_to(tmp_path / "a") for p in (tmp_path / "a").rglob("*.*"))
    assert files == sorted(p.relative_to(tmp_path / "b") for p in (tmp_path / "b").rglob("*.*"))
    for file in files:
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()
    for record in json.loads((tmp_path / "a" / "products.json").read_text("utf-8")):
        assert len(record["gtin"]) == 13
        assert all((tmp_path / "a" / p["file"]).is_file() for p in record["pictures"])
    for table in ("gallery.csv", "queries.csv"):
        lines = (tmp_path / "a" / table).read_text("utf-8").splitlines()
        assert lines[0] == "file,product_id"
        assert all((tmp_path / "a" / line.split(",")[0]).is_file() for line in lines[1:])


def test_an_interrupted_store_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither half a store nor its draft."""

    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(store_module, "_write_crops", fail)
    with pytest.raises(OSError, match="disk full"):
        write_store(tmp_path / "store", seed=2, families=1, shelves=0, workers=1)
    assert list(tmp_path.iterdir()) == []


def test_an_existing_folder_is_not_overwritten(tmp_path: Path) -> None:
    """The message names it."""
    with pytest.raises(FileExistsError, match="another folder"):
        write_store(tmp_path, seed=1, families=1, shelves=0)


def test_the_generator_does_not_need_torch() -> None:
    """Nothing of it imports torch."""
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "import facings_train.synthetic.__main__, facings_train.synthetic.stream"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_walls_and_towers_have_more_of_one_product(
    products: tuple[SyntheticProduct, ...],
) -> None:
    """Longer runs of neighbours that are the same, and packs stacked higher, than usual."""
    tidy = replace(TRAINING, gaps=0.0, pegs=0.0)
    walled = replace(tidy, walls=1.0, towers=1.0)

    def plan(style: ShelfStyle) -> tuple[float, int]:
        bays = [
            plan_bay(products, np.random.default_rng(seed), style, (0, 0, 2000, 1500), 1500)
            for seed in range(6)
        ]
        fronts = [
            each for bay in bays for each in bay.placements if each.facing and each.level == 0
        ]
        same = [a.item is b.item for a, b in pairwise(fronts) if a.row == b.row]
        return float(np.mean(same)), max(each.level for bay in bays for each in bay.placements)

    (usual_share, usual_level), (share, level) = plan(tidy), plan(walled)

    assert share > usual_share + 0.1
    assert level > usual_level


def test_a_share_of_families_comes_in_other_glass(products: tuple[SyntheticProduct, ...]) -> None:
    """Whole families change, nothing but their glass does, and none without a share."""
    changed = list(change_glass(products, 3, 0.5))

    assert list(change_glass(products, 3, 0.0)) == list(products)
    kinds: dict[int, set[str]] = {}
    for product, other in zip(products, changed, strict=True):
        assert replace(other, look=product.look) == product
        kinds.setdefault(product.look.art_seed, set()).add(other.look.glass)
    assert all(len(glass) == 1 for glass in kinds.values())
    assert {""} < set.union(*kinds.values())
