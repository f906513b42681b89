"""The drawing: every state can be told without colour, and no picture is too small for it."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageFont

from facings.overlay import Sprite, _dashes, _drawable, _elide, _rounded_rectangle, draw_scan
from facings.product import Product
from facings.types import Candidate, Facing, Match

NO_LINES = np.zeros((0, 4), np.float32)
GTIN = "04006381333931"


def grey(width: int = 800, height: int = 600) -> np.ndarray:
    """Make a plain picture."""
    return np.full((height, width, 3), 128, np.uint8)


def facing(state: str, box: tuple[float, ...] = (100, 100, 300, 400), name: str = "Milk") -> Facing:
    """Make a facing of that state."""
    gtin = GTIN if state == "recognised" else None
    nearest = (Candidate(GTIN, 0.9, 1), Candidate("00036000291452", 0.9, 2))
    product = Product(GTIN, name, net_content="1 l") if gtin else None
    return Facing(box, 0.9, 0, 0, Match(state, gtin, 0.9, 0.9, nearest), product)


def test_without_facings_the_picture_stays_as_it_is_above_its_legend():
    """Nothing found, nothing drawn; the legend says so."""
    drawn = draw_scan(grey(), [], NO_LINES)
    assert drawn.width == 800
    assert drawn.height > 600
    assert np.array_equal(np.asarray(drawn)[:600], grey())


def test_the_given_picture_is_not_drawn_on():
    """A caller may still need it."""
    image = grey()
    draw_scan(image, [facing("recognised")], NO_LINES)
    assert np.array_equal(image, grey())


def test_states_differ_where_colour_is_taken_away():
    """Turned to black and white outlines, no two states are the same shape."""
    shapes = []
    for state in ("recognised", "ambiguous", "unknown"):
        drawn = draw_scan(grey(), [facing(state)], NO_LINES)
        changed = np.asarray(drawn.convert("L"))[:600].astype(int) != 128
        shapes.append(changed[90:110, 130:290])  # the upper edge, beside the badge
    shares = [shape.any(axis=0).mean() for shape in shapes]
    assert shares[0] == 1.0  # solid: no gap
    assert 0.5 < shares[1] < 1.0  # dashes
    assert not np.array_equal(shapes[1], shapes[2])


def test_a_label_stays_within_its_box():
    """However long the name, the neighbours are not written over."""
    box = (100, 100, 220, 400)
    drawn = draw_scan(grey(), [facing("recognised", box, "A very long name " * 9)], NO_LINES)
    changed = (np.asarray(drawn)[:600] != 128).any(axis=2)
    changed[90:410, 90:230] = False
    assert not changed.any()


@pytest.mark.parametrize("size", [(1, 1), (7, 300), (300, 7), (64, 64)])
def test_tiny_pictures_are_drawn(size: tuple[int, int]):
    """Labels that do not fit are left out, nothing fails."""
    box = (0.0, 0.0, float(size[0]), float(size[1]))
    lines = np.array([[0, size[1], size[0], size[1]]], np.float32)
    drawn = draw_scan(grey(*size), [facing("recognised", box)], lines)
    assert drawn.width == size[0]


@pytest.mark.parametrize("box", [(-50, -50, 60, 60), (790, 590, 900, 700), (5, 5, 5, 5)])
def test_boxes_over_the_edge_or_without_area_are_drawn(box: tuple[float, ...]):
    """What hangs over is cut off."""
    assert draw_scan(grey(), [facing("ambiguous", box)], NO_LINES).width == 800


def test_shelf_lines_are_drawn():
    """A line changes the row it runs along."""
    drawn = draw_scan(grey(), [], np.array([[0, 300, 800, 300]], np.float32))
    assert (np.asarray(drawn)[300] != 128).any(axis=1).all()


@pytest.mark.parametrize(
    ("text", "drawable"),
    [
        ("", ""),
        ("Milk", "Milk"),
        ("Żubrówka  Łaciate", "Zubrowka Laciate"),
        ("Müller Weißbrot", "Muller Weissbrot"),
        ("じゃがりこ", ""),
        ("Молоко", ""),
    ],
)
def test_names_are_spelled_with_the_letters_the_font_has(text: str, drawable: str):
    """Boxes instead of letters are never drawn; another script falls back to the GTIN."""
    assert _drawable(text) == drawable


def test_what_does_not_fit_is_cut_and_marked():
    """Three dots say that there is more."""
    font = ImageFont.load_default(14)
    assert _elide("Milk", 100, font) == "Milk"
    cut = _elide("Oat drink barista", 60, font)
    assert cut.endswith("...")
    assert font.getlength(cut) <= 60


def test_dashes_go_all_the_way_round_in_equal_lengths():
    """No stub is left where the outline closes."""
    outline = _rounded_rectangle(0, 0, 100, 60, 5)
    dashes = _dashes([*outline, outline[0]], 10, 5)
    lengths = [np.hypot(*np.diff(np.array(dash), axis=0).T).sum() for dash in dashes]
    np.testing.assert_allclose(lengths, lengths[0], rtol=1e-6)
    assert lengths[0] == pytest.approx(10, rel=0.1)


def test_a_sprite_outside_the_picture_changes_nothing():
    """Nothing wraps round to the other side."""
    canvas = Image.new("RGBA", (20, 20), (9, 9, 9, 255))
    sprite = Sprite((5, 5))
    sprite.dot(2, 2, 2, (255, 255, 255, 255))
    sprite.put(canvas, 30, -40)
    assert canvas.getcolors() == [(400, (9, 9, 9, 255))]


def test_only_names_are_cut_to_fit():
    """Half a GTIN is another number: in a box too narrow for it there is no label."""
    gtin_only = facing("recognised", (100, 100, 150, 400))
    without_record = Facing(gtin_only.box_xyxy, 0.9, 0, 0, gtin_only.match, None)
    drawn = np.asarray(draw_scan(grey(), [without_record], NO_LINES))
    assert (drawn[360:395, 110:140] == 128).all()
