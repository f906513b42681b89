"""Which allergens a product contains, may contain or is free from, and which words say so.

Four values, the first that is said anywhere wins: contains, may contain, free from, unknown.
What nobody says is unknown. An ingredient list without milk is no claim that there is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from facings.catalogue import allergen_words as words
from facings.catalogue.allergen_codes import ALLERGENS, CODE_OF_TAG, KINDS, codes_met
from facings.catalogue.label_text import FoldedText, fold
from facings.product import AllergenLevel

Source = Literal["tag", "statement", "ingredients", "claim"]
_STRENGTH: Mapping[AllergenLevel, int] = {
    "unknown": 0,
    "free_from": 1,
    "may_contain": 2,
    "contains": 3,
}
_QUOTED = 60
"""Most characters a quotation has before and after its word."""
_FREE_NOT_INHERITED = frozenset({"AW"})
"""Gluten-free wheat starch is wheat: Regulation (EU) 828/2014 allows 20 mg gluten a kg."""


@dataclass(frozen=True, slots=True)
class AllergenEvidence:
    """One place that says something about one allergen."""

    code: str
    """GS1 AllergenTypeCode, see `allergen_codes.ALLERGENS`."""
    level: AllergenLevel
    """Never `unknown`."""
    source: Source
    """A tag of the record, a statement ("contains: milk", "may contain ..."), the ingredient
    list, or a claim of absence."""
    word: str
    """As printed."""
    quote: str
    """The word with what stands around it."""

    def __post_init__(self) -> None:
        if self.code not in ALLERGENS:
            raise ValueError(f'"{self.code}" is no allergen code we know: {", ".join(ALLERGENS)}')
        if self.level == "unknown":
            raise ValueError("evidence says something: unknown is where there is none")


@dataclass(frozen=True, slots=True)
class Allergens:
    """What is known about a product's allergens."""

    evidence: tuple[AllergenEvidence, ...] = ()
    """In the order found."""
    levels: Mapping[str, AllergenLevel] = field(init=False)
    """Code to level; what is absent is unknown, never safe."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "levels", _merged(self.evidence))

    def level(self, code: str) -> AllergenLevel:
        """Give the level of one allergen; unknown where nothing says anything."""
        return self.levels.get(code, "unknown")

    def because(self, code: str) -> tuple[AllergenEvidence, ...]:
        """Give the evidence that decided the level of one allergen."""
        level = self.level(code)
        return tuple(each for each in self.evidence if each.level == level and code in _reach(each))


def allergens_from_text(*texts: str | None) -> tuple[AllergenEvidence, ...]:
    """Read ingredient lists, statements and claims.

    English, French, German, Spanish and Swedish, in any mixture; see `allergen_words`.
    """
    return tuple(each for text in texts if text for each in _distinct(_evidence_in(fold(text))))


def allergens_from_tags(
    contains: Iterable[str] = (), traces: Iterable[str] = ()
) -> tuple[AllergenEvidence, ...]:
    """Read Open Food Facts tags (`en:milk`); tags that are no allergen of ours are passed over."""
    given: tuple[tuple[Iterable[str], AllergenLevel], ...] = (
        (contains, "contains"),
        (traces, "may_contain"),
    )
    return tuple(
        AllergenEvidence(CODE_OF_TAG[tag.strip()], level, "tag", tag.strip(), tag.strip())
        for tags, level in given
        for tag in tags
        if tag.strip() in CODE_OF_TAG
    )


def allergens_from_levels(levels: Mapping[str, AllergenLevel]) -> tuple[AllergenEvidence, ...]:
    """Read the levels of a product's record; codes we do not know are passed over."""
    return tuple(
        AllergenEvidence(code, level, "tag", code, f"{code}: {level.replace('_', ' ')}")
        for code, level in levels.items()
        if code in ALLERGENS and level != "unknown"
    )


def stronger(first: AllergenLevel, second: AllergenLevel) -> AllergenLevel:
    """Give the one that wins: contains > may contain > free from > unknown."""
    return max(first, second, key=_STRENGTH.__getitem__)


def _merged(evidence: Iterable[AllergenEvidence]) -> dict[str, AllergenLevel]:
    levels: dict[str, AllergenLevel] = {}
    for each in evidence:
        for code in _reach(each):
            levels[code] = stronger(levels.get(code, "unknown"), each.level)
    return {code: levels[code] for code in ALLERGENS if code in levels}


def _reach(evidence: AllergenEvidence) -> tuple[str, ...]:
    """List the codes a piece of evidence speaks about.

    Walnuts contained are nuts contained; free from nuts is free from walnuts.
    """
    if evidence.level != "free_from":
        return codes_met(evidence.code)
    if evidence.code in _FREE_NOT_INHERITED:
        return (evidence.code,)
    return (evidence.code, *KINDS[evidence.code])


def _split(alternatives: str) -> tuple[str, ...]:
    """Give the alternatives of a pattern one by one, those in brackets left together."""
    tidy = re.sub(r"\s*\n\s*", " ", re.sub(r"\s*\|\s*", "|", alternatives.strip()))
    parts, depth = [""], 0
    for character in tidy:
        depth += (character in "([") - (character in ")]")
        if character == "|" and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return tuple(part for part in parts if part)


def _compiled(alternatives: Iterable[str]) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(alternatives)})(?!\w)")


def _lines(phrases: str) -> re.Pattern[str]:
    """Join phrases, one a line."""
    return _compiled(phrases.strip().splitlines())


_Kind = tuple[str, bool]
"""Code, and whether the word stands for the whole allergen."""


def _vocabulary(*, of_one_word: bool) -> tuple[tuple[_Kind, re.Pattern[str]], ...]:
    """Compile the words, those that may hold white space or marks apart from the others."""
    listed = [((each.code, True), each.names) for each in words.WORDS]
    listed += [((each.code, False), each.foods) for each in words.WORDS]
    chosen = [
        (kind, [part for part in _split(text) if (re.search("[ '-]", part) is None) is of_one_word])
        for kind, text in listed
    ]
    return tuple((kind, _compiled(parts)) for kind, parts in chosen if parts)


_WORDS = _vocabulary(of_one_word=True)
_PHRASES = _vocabulary(of_one_word=False)
_NAME = _compiled(part for each in words.WORDS for part in _split(each.names))
_FOOD = _compiled(part for each in words.WORDS for part in _split(each.foods))
_BRACES = re.compile(r"\{([^{}]+)\}")
_HARMLESS = _compiled(
    _BRACES.sub(rf"(?P<harmless{number}>\1)", phrase)
    for number, phrase in enumerate(words.HARMLESS.strip().splitlines())
)
_MAY_CONTAIN = _lines(words.MAY_CONTAIN)
_CONTAINS = _lines(words.CONTAINS)
_FREE_FROM = _lines(words.FREE_FROM)
_WITHOUT = _lines(words.WITHOUT)
_HEADING = _lines(words.HEADING)
_FREE_WORDS = tuple((code, re.compile(rf"\b(?:{found})\b")) for code, found in words.FREE_WORDS)
_AFTER_FREE = re.compile(words.AFTER_FREE)
_JOINT, _LIST_JOINT = re.compile(words.JOINT), re.compile(words.LIST_JOINT)
_STATED_JOINT = re.compile(words.STATED_JOINT)
_NAME_ENDS = re.compile(words.NAME_ENDS)
_FILLERS = _compiled(_split(words.CLAIM_FILLERS.replace("\n", "|")))
_TOKEN = re.compile(r"\w+")

_Span = tuple[int, int]
"""First character and the one after the last, in the folded text."""


def _evidence_in(text: FoldedText) -> Iterator[AllergenEvidence]:
    masked = without_harmless(text.folded)
    mentions = sorted(_mentions(masked))
    denials = list(_denials(masked, mentions))
    for span, codes in denials:
        if codes and _is_claim(masked, span):
            for code in codes:
                yield _evidence(text, code, "free_from", "claim", span)
    denied = [span for span, _ in denials]
    traces = [_clause(masked, opening) for opening in _MAY_CONTAIN.finditer(masked)]
    stated = [_chain(masked, opening.end()) for opening in _CONTAINS.finditer(masked)]
    for (start, end), (code, _) in mentions:
        if _within(start, denied):
            continue
        if _within(start, traces):
            yield _evidence(text, code, "may_contain", "statement", (start, end))
        else:
            source: Source = "statement" if _within(start, stated) else "ingredients"
            yield _evidence(text, code, "contains", source, (start, end))


def _mentions(masked: str) -> Iterator[tuple[_Span, _Kind]]:
    for token in _TOKEN.finditer(masked):
        for kind in _kinds_of_word(token[0]):
            yield token.span(), kind
    for kind, pattern in _PHRASES:
        for found in pattern.finditer(masked):
            yield found.span(), kind


@lru_cache(maxsize=65536)
def _kinds_of_word(word: str) -> tuple[_Kind, ...]:
    return tuple(kind for kind, pattern in _WORDS if pattern.fullmatch(word))


def without_harmless(folded: str) -> str:
    """Blank out (`_`) what only looks like an allergen in a folded text, keeping every position.

    Phrases may overlap ("non-dairy creamer"), so it is done until nothing is left.
    """
    while found := [_harmless_span(each) for each in _HARMLESS.finditer(folded)]:
        for start, end in found:
            folded = f"{folded[:start]}{'_' * (end - start)}{folded[end:]}"
    return folded


def _harmless_span(found: re.Match[str]) -> _Span:
    return found.span(found.lastgroup or 0)


def _denials(
    masked: str, mentions: Iterable[tuple[_Span, _Kind]]
) -> Iterator[tuple[_Span, tuple[str, ...]]]:
    """Find words in denials, with the codes denied: none for "free from casein"."""
    for code, pattern in _FREE_WORDS:
        for found in pattern.finditer(masked):
            yield found.span(), (code,)
    for span, (code, whole) in mentions:
        if _AFTER_FREE.match(masked, span[1]):
            yield span, (code,) if whole else ()
    for claim, joint in ((_FREE_FROM, _LIST_JOINT), (_WITHOUT, _JOINT)):
        for opening in claim.finditer(masked):
            for span, whole in _denied(masked, opening.end(), joint):
                yield span, _codes_named(masked[slice(*span)]) if whole else ()


def _codes_named(phrase: str) -> tuple[str, ...]:
    return tuple(
        code
        for (code, whole), pattern in (*_WORDS, *_PHRASES)
        if whole and pattern.fullmatch(phrase)
    )


def _is_claim(masked: str, span: _Span) -> bool:
    """Say whether the sentence around a denial holds nothing but claims: see `CLAIM_FILLERS`."""
    start = max(masked.rfind(mark, 0, span[0]) for mark in ".;!(") + 1
    ends = (masked.find(mark, span[1]) for mark in ".;!)")
    sentence = masked[start : min((end for end in ends if end >= 0), default=len(masked))]
    if masked[start - 1 : start] == "(":
        return False
    for pattern in (*(each for _, each in _FREE_WORDS), _FREE_FROM, _WITHOUT, _NAME, _FILLERS):
        sentence = pattern.sub(" ", sentence)
    return _LIST_JOINT.fullmatch(sentence.replace("_", " ")) is not None


def _within(position: int, spans: Iterable[_Span]) -> bool:
    return any(start <= position < end for start, end in spans)


def _denied(masked: str, position: int, joint: re.Pattern[str]) -> Iterator[tuple[_Span, bool]]:
    """Walk the names right after a denial, with whether the whole allergen is denied."""
    while True:
        position = _past(joint, masked, position)
        found = _NAME.match(masked, position)
        whole = found is not None and _NAME_ENDS.match(masked, found.end()) is not None
        found = found if whole else _FOOD.match(masked, position) or found
        if found is None:
            return
        yield found.span(), whole
        if not whole:
            return
        position = found.end()


def _chain(masked: str, position: int) -> _Span:
    """Give the stretch after "contains" that names allergens and nothing else."""
    start = position
    while True:
        place = _past(_STATED_JOINT, masked, position)
        found = _NAME.match(masked, place) or _FOOD.match(masked, place)
        if found is None:
            return start, position
        position = found.end()


def _past(joint: re.Pattern[str], masked: str, position: int) -> int:
    found = joint.match(masked, position)
    return found.end() if found else position


def _clause(masked: str, opening: re.Match[str]) -> _Span:
    """Give the clause from its first word to the end of the sentence or of the bracket."""
    depth = 0
    for place in range(opening.end(), len(masked)):
        mark = masked[place]
        if mark in "([{":
            depth += 1
        elif mark in ")]}":
            depth -= 1
        ended = mark == ";" or (mark == "." and not masked[place + 1 : place + 2].isdigit())
        if depth < 0 or (ended and depth == 0) or _new_statement(masked, place):
            return opening.start(), place
    return opening.start(), len(masked)


def _new_statement(masked: str, place: int) -> bool:
    return (
        masked[place - 1 : place].isspace()
        and (_CONTAINS.match(masked, place) or _HEADING.match(masked, place)) is not None
    )


def _evidence(
    text: FoldedText, code: str, level: AllergenLevel, source: Source, span: tuple[int, int]
) -> AllergenEvidence:
    start, end = span
    before, after = max(0, start - _QUOTED), min(len(text.folded), end + _QUOTED)
    if before:
        before = text.folded.find(" ", before, start) + 1 or start
    if after < len(text.folded):
        cut = text.folded.rfind(" ", end, after)
        after = cut if cut > 0 else end
    return AllergenEvidence(code, level, source, text.quote(start, end), text.quote(before, after))


def _distinct(evidence: Iterable[AllergenEvidence]) -> list[AllergenEvidence]:
    """Keep the first of those that differ in nothing but where the word stands."""
    kept: dict[tuple[str, AllergenLevel, Source, str], AllergenEvidence] = {}
    for each in evidence:
        kept.setdefault((each.code, each.level, each.source, each.word.casefold()), each)
    return list(kept.values())
