"""Where the parts of a label stand: rectangles as shares of the panel."""

from __future__ import annotations

from dataclasses import dataclass, replace

Box = tuple[float, float, float, float]
"""Left, top, right, bottom in [0, 1]."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The places of one label's parts; None where a label has no such part."""

    logo: Box
    name: Box
    flavour: Box
    net: Box
    picture: Box | None
    small_print: Box | None
    logo_vertical: bool = False


LAYOUTS: dict[str, Layout] = {
    "classic": Layout(
        (0.06, 0.04, 0.94, 0.24),
        (0.08, 0.26, 0.92, 0.38),
        (0.0, 0.40, 1.0, 0.50),
        (0.62, 0.92, 0.95, 0.98),
        (0.1, 0.52, 0.9, 0.9),
        (0.06, 0.93, 0.5, 0.98),
    ),
    "low_logo": Layout(
        (0.05, 0.66, 0.95, 0.86),
        (0.08, 0.86, 0.92, 0.93),
        (0.1, 0.56, 0.9, 0.65),
        (0.6, 0.94, 0.95, 0.99),
        (0.05, 0.05, 0.95, 0.55),
        None,
    ),
    "centre": Layout(
        (0.05, 0.32, 0.95, 0.56),
        (0.1, 0.57, 0.9, 0.66),
        (0.15, 0.68, 0.85, 0.77),
        (0.3, 0.9, 0.7, 0.97),
        (0.15, 0.04, 0.85, 0.31),
        (0.1, 0.79, 0.9, 0.88),
    ),
    "vertical": Layout(
        (0.04, 0.04, 0.36, 0.96),
        (0.4, 0.08, 0.96, 0.26),
        (0.4, 0.28, 0.96, 0.36),
        (0.55, 0.9, 0.96, 0.97),
        (0.4, 0.4, 0.96, 0.86),
        None,
        True,
    ),
    "minimal": Layout(
        (0.1, 0.08, 0.9, 0.17),
        (0.1, 0.19, 0.9, 0.25),
        (0.1, 0.27, 0.7, 0.32),
        (0.1, 0.93, 0.4, 0.97),
        (0.25, 0.42, 0.75, 0.8),
        (0.1, 0.85, 0.9, 0.92),
    ),
    "giant": Layout(
        (0.02, 0.1, 0.98, 0.5),
        (0.05, 0.54, 0.95, 0.66),
        (0.05, 0.68, 0.95, 0.78),
        (0.65, 0.9, 0.97, 0.98),
        None,
        (0.05, 0.82, 0.55, 0.96),
    ),
    "poster": Layout(
        (0.2, 0.05, 0.8, 0.2),
        (0.08, 0.74, 0.92, 0.84),
        (0.0, 0.85, 1.0, 0.94),
        (0.66, 0.95, 0.97, 0.995),
        (0.02, 0.22, 0.98, 0.73),
        None,
    ),
    "corner": Layout(
        (0.04, 0.03, 0.6, 0.16),
        (0.04, 0.2, 0.7, 0.4),
        (0.04, 0.42, 0.6, 0.5),
        (0.04, 0.92, 0.35, 0.98),
        (0.3, 0.48, 1.0, 0.96),
        (0.62, 0.03, 0.97, 0.12),
    ),
    "stacked": Layout(
        (0.08, 0.46, 0.92, 0.64),
        (0.08, 0.34, 0.92, 0.45),
        (0.2, 0.65, 0.8, 0.73),
        (0.35, 0.93, 0.65, 0.98),
        (0.2, 0.75, 0.8, 0.92),
        (0.1, 0.05, 0.9, 0.14),
    ),
    "side_photo": Layout(
        (0.06, 0.06, 0.56, 0.26),
        (0.06, 0.3, 0.56, 0.46),
        (0.06, 0.5, 0.56, 0.58),
        (0.06, 0.88, 0.4, 0.96),
        (0.56, 0.04, 1.0, 0.98),
        (0.06, 0.64, 0.5, 0.84),
    ),
}
LAYOUT_NAMES = tuple(LAYOUTS)

# A flat, wide pack has no room for lines below each other.
WIDE = Layout(
    (0.03, 0.1, 0.48, 0.6),
    (0.03, 0.62, 0.48, 0.8),
    (0.5, 0.62, 0.8, 0.84),
    (0.82, 0.82, 0.98, 0.96),
    (0.5, 0.06, 0.98, 0.6),
    (0.03, 0.84, 0.4, 0.95),
)
WIDE_LOGO_RIGHT = Layout(
    (0.34, 0.12, 0.97, 0.56),
    (0.36, 0.58, 0.8, 0.76),
    (0.36, 0.78, 0.74, 0.94),
    (0.8, 0.8, 0.98, 0.95),
    (0.0, 0.02, 0.33, 0.98),
    None,
)


def layout_for(name: str, aspect: float, mirrored: bool) -> Layout:
    """Choose the places for a panel of this width divided by height."""
    layout = LAYOUTS[name]
    if aspect > 1.25:
        layout = WIDE if LAYOUT_NAMES.index(name) % 2 else WIDE_LOGO_RIGHT
    return _mirror(layout) if mirrored else layout


def _mirror(layout: Layout) -> Layout:
    def flip(box: Box) -> Box:
        return 1 - box[2], box[1], 1 - box[0], box[3]

    return replace(
        layout,
        logo=flip(layout.logo),
        name=flip(layout.name),
        flavour=flip(layout.flavour),
        net=flip(layout.net),
        picture=flip(layout.picture) if layout.picture else None,
        small_print=flip(layout.small_print) if layout.small_print else None,
    )
