"""Near facings are looked at as if they leaned, and the look that is known best counts."""

from dataclasses import replace
from typing import NoReturn

import cv2
import numpy as np
import pytest

from facings.rectify import upright
from facings.straighten import (
    KNOWN,
    LEANS_DEG,
    leaning_looks,
    leaning_quad,
    most_alike,
    near_facings,
    straighten,
)
from facings.types import (
    Candidate,
    Candidates,
    Crops,
    Detections,
    EmbedderId,
    Embeddings,
    Frame,
)

EMBEDDER = EmbedderId("test", "1", "0" * 64)
SIZE_WH = (200, 200)
NEAR, FAR = [50, 20, 150, 180], [0, 0, 20, 40]


def found(*boxes: list[int]) -> Detections:
    """Detections with these boxes."""
    xyxy = np.array(boxes, np.float32).reshape(-1, 4)
    return Detections(xyxy, np.ones(len(xyxy), np.float32))


def embeddings(count: int) -> Embeddings:
    """Unit vectors that say which crop they are of."""
    angles = np.arange(count) / 100
    return Embeddings(np.stack([np.cos(angles), np.sin(angles)], 1).astype(np.float32), EMBEDDER)


def known(*similarities: float) -> Candidates:
    """One candidate a crop, so much like it."""
    return Candidates(
        tuple((Candidate(f"{i:014}", each, i),) for i, each in enumerate(similarities))
    )


def seen(*similarities: float) -> tuple[Crops, Embeddings, Candidates]:
    """Facings that are so much like what is known."""
    count = len(similarities)
    crops = Crops(tuple(np.full((4, 4, 3), i, np.uint8) for i in range(count)))
    return crops, embeddings(count), known(*similarities)


def refuse(_: object) -> NoReturn:
    """Stand for a stage that must not run."""
    raise AssertionError("nothing is to be looked at again")


def test_no_facing_is_looked_at_again():
    """An empty picture costs nothing."""
    nothing = (Crops(()), Embeddings(np.zeros((0, 2), np.float32), EMBEDDER), Candidates(()))
    frame = Frame(np.zeros((200, 200, 3), np.uint8))
    assert straighten(frame, found(), nothing, refuse, refuse) == nothing


@pytest.mark.parametrize(("box", "similarity"), [(FAR, 0.2), (NEAR, KNOWN)])
def test_what_is_far_or_known_already_is_not_looked_at_again(box: list[int], similarity: float):
    """Shelves keep their speed."""
    frame, first = Frame(np.zeros((200, 200, 3), np.uint8)), seen(similarity)
    assert straighten(frame, found(box), first, refuse, refuse) is first


@pytest.mark.parametrize(
    ("similarities", "chosen"),
    [((0.1, 0.6, 0.2, 0.3), 1), ((0.1, 0.1, 0.2, 0.3), None), ((0.5, 0.5, 0.5, 0.5), None)],
)
def test_the_look_that_is_known_best_counts(similarities: tuple[float, ...], chosen: int | None):
    """Crop, vector and candidates are of one look; the first stays unless another is better."""
    frame = Frame(np.full((200, 200, 3), 7, np.uint8))
    first = seen(0.3, 0.5)
    looks = embeddings(len(LEANS_DEG))
    crops, vectors, candidates = straighten(
        frame, found(FAR, NEAR), first, lambda _: looks, lambda _: known(*similarities)
    )
    assert candidates.per_crop[0] == first[2].per_crop[0]
    assert crops.images[0] is first[0].images[0]
    if chosen is None:
        assert candidates.per_crop[1] == first[2].per_crop[1]
        assert np.array_equal(vectors.vectors, first[1].vectors)
    else:
        assert candidates.per_crop[1][0].similarity == similarities[chosen]
        assert np.array_equal(vectors.vectors[1], looks.vectors[chosen])
        assert (crops.images[1] == 7).mean() > 0.9


def test_a_facing_is_near_by_its_share_of_the_picture():
    """At most twelve facings can be."""
    assert near_facings(found(), SIZE_WH) == []
    assert near_facings(found(FAR, NEAR), SIZE_WH) == [1]


@pytest.mark.parametrize("lean_deg", [-20.0, *LEANS_DEG, 0.0, 20.0])
def test_a_leaning_rectangle_fits_its_box(lean_deg: float):
    """Rotated by hand it touches all four sides."""
    quad = leaning_quad(np.array(NEAR, np.float32), lean_deg)
    assert np.allclose([quad.min(axis=0), quad.max(axis=0)], [NEAR[:2], NEAR[2:]], atol=1e-3)
    across = quad[1] - quad[0]
    assert np.degrees(np.arctan2(across[1], across[0])) == pytest.approx(lean_deg, abs=1e-3)


def test_a_box_too_flat_for_the_lean_still_gives_a_rectangle():
    """Where no pack of that lean fits, none is empty or inside out."""
    quad = leaning_quad(np.array([0, 0, 100, 20], np.float32), 40)
    sides = np.linalg.norm(np.diff(quad[[0, 1, 2]], axis=0), axis=1)
    assert (sides >= 5 - 1e-3).all()


@pytest.mark.parametrize(("lean_deg", "look"), list(zip(LEANS_DEG, range(4), strict=True)))
def test_one_of_the_looks_shows_a_leaning_pack_upright(lean_deg: float, look: int):
    """A pack drawn upright, then turned: the look of that lean has its stripes level again."""
    pack = np.zeros((100, 60, 3), np.uint8)
    pack[::20] = pack[1::20] = pack[2::20] = 255
    quad = leaning_quad(np.array(NEAR, np.float32), lean_deg)
    corners = np.array([[0, 0], [60, 0], [60, 100], [0, 100]], np.float32)
    onto = cv2.getPerspectiveTransform(corners, quad)
    picture = cv2.warpPerspective(pack, onto, SIZE_WH)
    looks = leaning_looks(Frame(picture), found(NEAR), 0)
    level = [each.astype(float).mean(axis=2).mean(axis=1).std() for each in looks]
    assert int(np.argmax(level)) == look


def test_corners_give_one_more_look():
    """The front as its quad says, upright."""
    quad = leaning_quad(np.array(NEAR, np.float32), 12)
    cornered = replace(found(NEAR), quads=quad[None])
    picture = Frame(np.zeros((200, 200, 3), np.uint8))
    assert len(leaning_looks(picture, found(NEAR), 0)) == len(LEANS_DEG)
    looks = leaning_looks(picture, cornered, 0)
    assert len(looks) == len(LEANS_DEG) + 1
    assert np.array_equal(looks[-1], upright(picture.image, quad))


def test_of_several_looks_the_one_most_like_anything_counts():
    """Against any of the known vectors, not their mean."""
    looks = Embeddings(np.eye(3, dtype=np.float32), EMBEDDER)
    gallery = Embeddings(np.eye(3, dtype=np.float32)[[2, 2]], EMBEDDER)
    assert most_alike(looks, gallery) == 2
