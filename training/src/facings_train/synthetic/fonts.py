"""Find and open the font files of the installed `font-*` packages."""

from __future__ import annotations

from functools import cache, lru_cache
from importlib import resources

from PIL import ImageFont

# package, file: all under the OFL or Apache-2.0.
FONT_FILES: dict[str, tuple[str, str]] = {
    "fredoka": ("font_fredoka_one", "FredokaOne-Regular.ttf"),
    "amatic": ("font_amatic_sc", "AmaticSC-Bold.ttf"),
    "caladea": ("font_caladea", "Caladea-Bold.ttf"),
    "caladea-italic": ("font_caladea", "Caladea-BoldItalic.ttf"),
    "fjalla": ("font_fjallaone", "FjallaOne-Regular.ttf"),
    "hanken": ("font_hanken_grotesk", "HankenGrotesk-Bold.otf"),
    "hanken-italic": ("font_hanken_grotesk", "HankenGrotesk-BoldItalic.otf"),
    "intuitive": ("font_intuitive", "Intuitive.ttf"),
    "lato": ("font_lato", "Lato-Bold.ttf"),
    "lato-black": ("font_lato", "Lato-Black.ttf"),
    "lato-black-italic": ("font_lato", "Lato-BlackItalic.ttf"),
    "lato-light": ("font_lato", "Lato-Light.ttf"),
    "manrope": ("font_manrope", "Manrope-ExtraBold.ttf"),
    "redhat-black": ("font_rhd", "RedHatDisplay-Black.ttf"),
    "redhat-black-italic": ("font_rhd", "RedHatDisplay-BlackItalic.ttf"),
    "redhat": ("font_rhd", "RedHatDisplay-Medium.ttf"),
    "roboto": ("font_roboto", "Roboto-Regular.ttf"),
    "roboto-bold": ("font_roboto", "Roboto-Bold.ttf"),
    "roboto-black": ("font_roboto", "Roboto-Black.ttf"),
    "roboto-thin": ("font_roboto", "Roboto-Thin.ttf"),
    "sans-black": ("font_source_sans_pro", "SourceSansPro-Black.ttf"),
    "sans": ("font_source_sans_pro", "SourceSansPro-Semibold.ttf"),
    "serif-black": ("font_source_serif_pro", "SourceSerifPro-Black.ttf"),
    "serif-italic": ("font_source_serif_pro", "SourceSerifPro-BlackIt.ttf"),
    "serif": ("font_source_serif_pro", "SourceSerifPro-Regular.ttf"),
}
WORDMARK_FONTS = tuple(
    name for name in FONT_FILES if name not in {"roboto", "roboto-thin", "serif", "redhat"}
)
TEXT_FONTS = ("lato", "roboto-bold", "sans", "hanken", "redhat", "caladea", "fjalla", "manrope")


@cache
def _font_path(name: str) -> str:
    package, file = FONT_FILES[name]
    return str(resources.files(package) / "files" / file)


@lru_cache(maxsize=2048)
def load_font(name: str, size_px: int) -> ImageFont.FreeTypeFont:
    """Open a font of `FONT_FILES` at a size in pixels."""
    return ImageFont.truetype(_font_path(name), size_px, layout_engine=ImageFont.Layout.BASIC)


@lru_cache(maxsize=65536)
def text_extent(name: str, text: str) -> tuple[float, float, float]:
    """Width, ink height and ink top of a text, in pixels for a font of 100 px."""
    left, top, right, bottom = load_font(name, 100).getbbox(text)
    return max(right - left, 1.0), max(bottom - top, 1.0), float(top)
