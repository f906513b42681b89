"""Turn a label into a pack: what stands on the shelf, seen from the front or a little aside."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from facings.types import ByteImage, FloatArray
from facings_train.synthetic.art import draw_label
from facings_train.synthetic.bags import draw_bag
from facings_train.synthetic.boxes import draw_box
from facings_train.synthetic.products import SyntheticProduct
from facings_train.synthetic.revolved import draw_revolved
from facings_train.synthetic.silhouette import outline_points
from facings_train.synthetic.vocabulary import PackageKind

DETAIL_PX = (96, 200, 400)
"""Longer sides at which packs are drawn; the last is also that of the label art."""


@dataclass(frozen=True, slots=True)
class View:
    """From where a pack is seen."""

    yaw_deg: float = 0.0
    """Positive: from its left, so its left side shows. About -25 to 25."""
    pitch_deg: float = 0.0
    """Positive: from above, so its top shows. About -20 to 25."""
    turn_deg: float = 0.0
    """How far a round pack is turned about its own axis."""


@dataclass(frozen=True, slots=True, eq=False)
class Sprite:
    """A pack without surroundings."""

    rgba: ByteImage
    """(H, W, 4), alpha not multiplied in."""
    premultiplied: ByteImage
    """(H, W, 4), alpha multiplied in."""
    px_per_mm: float
    anchor_xy: tuple[float, float]
    """Middle of the front's lower edge, in pixels of the sprite."""
    outline_xy: FloatArray
    """(K, 2) convex outline of the silhouette, in pixels, pixel i covering [i, i + 1]."""


@dataclass(frozen=True, slots=True, eq=False)
class Cutout:
    """A photographed pack to stand among the drawn ones."""

    gtin: str
    rgba: ByteImage
    """(H, W, 4) RGB with alpha, cropped to the pack."""
    width_mm: float
    height_mm: float
    depth_mm: float
    package: PackageKind = "box"


ShelfItem = SyntheticProduct | Cutout


class SpriteCache:
    """Draws each label and each view of a pack once."""

    def __init__(self) -> None:
        self._labels: dict[str, ByteImage] = {}
        self._sprites: dict[tuple[str, View, int], Sprite] = {}

    def sprite(self, item: ShelfItem, view: View, longer_px: float = DETAIL_PX[-1]) -> Sprite:
        """The pack of `item` from about `view`, in enough detail for a size in pixels."""
        detail = next((px for px in DETAIL_PX if px >= 0.85 * longer_px), DETAIL_PX[-1])
        key = (item.gtin, rounded_view(item, view), detail)
        if key not in self._sprites:
            self._sprites[key] = self._draw(item, key[1], detail)
        return self._sprites[key]

    def _draw(self, item: ShelfItem, view: View, detail_px: int) -> Sprite:
        if isinstance(item, Cutout):
            height, width = item.rgba.shape[:2]
            return _finish(item.rgba, height / item.height_mm, (width / 2, float(height)))
        if item.gtin not in self._labels:
            self._labels[item.gtin] = draw_label(item, label_size_wh(item))
        label = self._labels[item.gtin]
        if detail_px < DETAIL_PX[-1]:
            ratio = detail_px / DETAIL_PX[-1]
            size = (max(int(label.shape[1] * ratio), 8), max(int(label.shape[0] * ratio), 8))
            label = np.asarray(cv2.resize(label, size, interpolation=cv2.INTER_AREA), np.uint8)
        return draw_package(item, label, view, detail_px)


def rounded_view(item: ShelfItem, view: View) -> View:
    """The nearest view that is drawn: few, so that packs side by side share one drawing."""
    if isinstance(item, Cutout):
        return View()
    pitch = round(view.pitch_deg / 8) * 8.0
    match item.package:
        case "box" | "brick" | "gable" | "tray":
            return View(round(view.yaw_deg / 6) * 6.0, max(pitch, 0.0))
        case "bag" | "pouch":
            return View(round(view.yaw_deg / 12) * 12.0)
        case _:
            return View(round((view.yaw_deg + view.turn_deg) / 10) * 10.0, pitch)


def label_size_wh(product: SyntheticProduct) -> tuple[int, int]:
    """Pixels of a product's label: as the front's sides, longer for what wraps around."""
    scale = DETAIL_PX[-1] / max(product.width_mm, product.height_mm)
    width = product.width_mm * scale
    height = product.height_mm * scale
    match product.package:
        case "bottle" | "jar":
            height *= 0.5
            width = min(width * 1.2, height * 2.2)
        case "can" | "tub":
            height *= 0.86
            width = min(width * 1.2, height * 2.2)
        case _:
            pass
    return max(int(width), 24), max(int(height), 24)


def draw_package(
    product: SyntheticProduct, label: ByteImage, view: View, detail_px: int = DETAIL_PX[-1]
) -> Sprite:
    """Wrap a label around its pack.

    Args:
        product: gives the kind of pack and its measures.
        label: (H, W, 3) RGB of `label_size_wh`.
        view: from where.
        detail_px: longer side of the front.

    Returns:
        The pack.
    """
    px_per_mm = detail_px / max(product.width_mm, product.height_mm)
    size_whd = (
        max(round(product.width_mm * px_per_mm), 6),
        max(round(product.height_mm * px_per_mm), 6),
        max(round(product.depth_mm * px_per_mm), 2),
    )
    match product.package:
        case "box" | "brick" | "gable" | "tray":
            rgba, anchor = draw_box(product, label, size_whd, view.yaw_deg, view.pitch_deg)
        case "bag" | "pouch":
            rgba, anchor = draw_bag(product, label, size_whd, view.yaw_deg)
        case _:
            # Seen from the left, the middle of the label lies further right.
            turn = view.yaw_deg + view.turn_deg
            rgba, anchor = draw_revolved(product, label, size_whd, turn, view.pitch_deg)
    return _finish(rgba, px_per_mm, anchor)


def _finish(rgba: ByteImage, px_per_mm: float, anchor_xy: tuple[float, float]) -> Sprite:
    alpha = rgba[..., 3:]
    premultiplied = np.dstack([(rgba[..., :3].astype(np.uint16) * alpha // 255), alpha])
    outline = outline_points(rgba[..., 3])
    return Sprite(rgba, premultiplied.astype(np.uint8), px_per_mm, anchor_xy, outline)


def lie_down(sprite: Sprite, front_wh_mm: tuple[float, float]) -> Sprite:
    """A pack that has fallen on its left side."""
    left = sprite.anchor_xy[0] - front_wh_mm[0] / 2 * sprite.px_per_mm
    rgba = np.ascontiguousarray(np.rot90(sprite.rgba))
    low = sprite.rgba.shape[1] - left
    anchor = (sprite.anchor_xy[1] - front_wh_mm[1] / 2 * sprite.px_per_mm, low)
    return _finish(rgba, sprite.px_per_mm, anchor)
