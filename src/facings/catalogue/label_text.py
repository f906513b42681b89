"""Text of a pack made comparable: no markup, no accents, no capitals; and the way back.

Words are looked up in the folded text and quoted from the clean one.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

_BREAK = re.compile(r"<\s*(?:br|/?p|/?div|/?li)\b[^>]*>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,80}>")
_BLANK_LINE = re.compile(r"[ \t\r]*\n[ \t\r]*\n\s*")
_SPACES = re.compile(r"\s+")
_MARKS = str.maketrans(
    {
        "_": None,
        "\u00ad": None,  # soft hyphen
        "\u200b": None,  # zero width space
        "*": " ",
        "\u2010": "-",
        "\u2011": "-",
        "\u2012": "-",
        "\u2013": "-",
        "\u2014": "-",
        "\u2019": "'",
        "\uff1a": ":",
    }
)
_LETTERS = {"ß": "ss", "ẞ": "ss", "œ": "oe", "Œ": "oe", "æ": "ae", "Æ": "ae", "ø": "o", "Ø": "o"}


@dataclass(frozen=True, slots=True)
class FoldedText:
    """A text and its folded form."""

    clean: str
    """As printed, without markup and emphasis; white space is single, a blank line is a full
    stop."""
    folded: str
    """Lower case letters without accents; `ß` is `ss`, `œ` is `oe`."""
    origin: Sequence[int]
    """For each character of `folded`, where in `clean` it comes from; one more for the end."""

    def quote(self, start: int, end: int) -> str:
        """Give the printed words for a stretch of the folded text."""
        return self.clean[self.origin[start] : self.origin[end]].strip()


def fold(text: str) -> FoldedText:
    """Fold a text of a pack.

    Emphasis (`<b>`, `*`, `_`) is dropped: in `<b>Milch</b>pulver` it stands within a word.
    """
    clean = html.unescape(_TAG.sub("", _BREAK.sub("\n\n", text))).translate(_MARKS)
    clean = _SPACES.sub(" ", _BLANK_LINE.sub(". ", unicodedata.normalize("NFC", clean))).strip()
    if clean.isascii():
        return FoldedText(clean, clean.lower(), range(len(clean) + 1))
    folded: list[str] = []
    origin: list[int] = []
    for index, character in enumerate(clean):
        plain = _plain(character)
        folded.append(plain)
        origin.extend([index] * len(plain))
    origin.append(len(clean))
    return FoldedText(clean, "".join(folded), tuple(origin))


@lru_cache(maxsize=4096)
def _plain(character: str) -> str:
    if character < "\x80":
        return character.lower()
    if character in _LETTERS:
        return _LETTERS[character]
    parts = unicodedata.normalize("NFD", character)
    return "".join(part for part in parts if not unicodedata.combining(part)).lower()
