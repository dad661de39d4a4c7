"""Words and cues: bringing a word to a stem, and patterns of words that speak for a duty."""

import re
import struct
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from msgspec import Struct

WORDS: Final = re.compile(r"[^\W_]+(?:['\u2019][a-z]+)?")
# `certain` is for a team's own words: alone in a title it outweighs what the words around it suggest.
STRENGTH: Final = {"certain": 300, "strong": 100, "moderate": 60, "weak": 30, "against": -100}  # hundredths
SHORTEST_PREFIX: Final = 4
GAPS: Final = {"..": 3, "...": 8}
_NOUNS: Final = """
accounting alerting branding briefing clearing funding hosting licensing listing logging mapping marketing meeting
monitoring naming offering onboarding opening packaging padding planning positioning pricing ranking rating recording
reporting scheduling scoping spacing spending staffing string styling testing thing timing training voting wording
building during morning evening nothing anything something everything king ring spring
"""
NUMBER: Final = re.compile(r"\d+")
NOUNS: Final = frozenset(_NOUNS.split())  # nouns of their own, not forms of a verb: an account is not accounting


@dataclass(frozen=True, slots=True)
class Element:
    """One word of a cue: any of `words`, or one that starts with any of `prefixes`, after at most `gap` others."""

    words: frozenset[str]
    prefixes: tuple[str, ...]
    gap: int

    def fits(self, stem_: str) -> bool:
        """Whether a word of this stem is meant."""
        return stem_ in self.words or (bool(self.prefixes) and stem_.startswith(self.prefixes))

    def lookups(self) -> tuple[str, ...]:
        """How the element is looked up: its words, and its prefixes marked by a star."""
        return (*sorted(self.words), *(prefix + "*" for prefix in self.prefixes))


@dataclass(frozen=True, slots=True, eq=False)
class Cue:
    """A pattern of words that speaks for a duty or, with the strength `against`, against it."""

    pattern: str
    duty: str
    strength: str
    rule: str
    elements: tuple[Element, ...]
    at_start: bool
    at_end: bool
    plain: bool  # at most two words, anywhere
    weight: int  # hundredths
    features: Mapping[str, str]  # by field it is looked for in, the name under which a match is counted

    def end(self, words: Sequence["Word"], first: int, last: int) -> int:
        """Index after the match that begins at `first` and whose second word, if it has one, is `last`; else 0."""
        position = last + 1
        if self.at_start and first:
            return 0
        for element in self.elements[2:]:
            stop = min(position + element.gap + 1, len(words))
            while position < stop and not element.fits(words[position].stem):
                position += 1
            if position >= stop:
                return 0
            position += 1
        return 0 if self.at_end and position != len(words) else position


Ahead = tuple[Mapping[str, Sequence[Cue]], ...]
"""Cues of several words, by how far the second is from the first, and by how that is looked up."""


class Word(Struct, frozen=True, eq=False, gc=False):
    """A surface form: its stem, what it is about, the cues that begin with it, and what it weighs for each duty."""

    surface: str
    stem: str
    shape: str
    topics: tuple[str, ...]
    keys: tuple[str, ...]  # how cues look it up as their second word
    single: tuple[Cue, ...]
    ahead: Ahead
    title: int  # what it weighs in a title, for all duties: see `Lanes`
    text: int


Found = tuple[Cue, int, int]
"""A cue with the number of its first word and the number after its last."""


def find(words: Sequence[Word], field: str) -> list[Found]:
    """All cues that are looked for in `field`, by where they begin. The busiest loop of all: hence its flat form."""
    found: list[Found] = []
    count = len(words)
    for start, word in enumerate(words):
        for cue in word.single:
            end = start + 1 if cue.plain else cue.end(words, start, start)
            if end and field in cue.features:
                found.append((cue, start, end))
        seen: tuple[Cue, ...] = ()  # the second word may occur twice
        position = start
        for table in word.ahead:
            position += 1
            for key in words[position].keys if position < count else ():
                for cue in table.get(key, ()):
                    end = position + 1 if cue.plain else cue.end(words, start, position)
                    if end and cue not in seen and field in cue.features:
                        seen = (*seen, cue)
                        found.append((cue, start, end))
    return found


class Lanes:
    """One integer for the weights of all duties: a lane of 32 bits each, in thousandths.

    Adding two such integers adds all lanes at once, exactly and in any order, many times faster than adding lists.
    """

    def __init__(self, duties: Iterable[str]) -> None:
        self._shift = {duty: 32 * lane for lane, duty in enumerate(duties)}
        self._offset = sum(1 << (shift + 31) for shift in self._shift.values())
        self._form = struct.Struct(f"<{len(self._shift)}i")

    def pack(self, row: Mapping[str, float]) -> int:
        """From what it weighs for each duty; a weight beyond 100 counts 100."""
        return sum(round(1000 * max(-100.0, min(100.0, weight))) << self._shift[duty] for duty, weight in row.items())

    def one(self, packed: int, duty: str) -> int:
        """The sum for one duty, in thousandths."""
        return ((packed + self._offset) >> self._shift[duty] & 0xFFFFFFFF) - (1 << 31)

    def unpack(self, packed: int) -> tuple[int, ...]:
        """The sums of all lanes, in thousandths. A lane borrows from the next for a negative sum; the offset repays."""
        return self._form.unpack(((packed + self._offset) ^ self._offset).to_bytes(self._form.size, "little"))


def stem(word: str) -> str:
    """Bring a word to a rough stem: case, accents, plural, -ing, -ed, -ise and -ize, digits."""
    low = word.lower()
    if not low.isascii():
        low = "".join(c for c in unicodedata.normalize("NFKD", low) if not unicodedata.combining(c))
        low = low.replace("\u2019", "'")
    low = low.removesuffix("'s")
    if not low.isalpha():
        bare = NUMBER.sub("0", low)
        if bare != low or "0" in low:
            return bare
    return _bare(low) if len(low) > 3 else low


def _bare(low: str) -> str:
    if low.endswith("ies") and len(low) > 4:
        low = low[:-3] + "y"
    elif low.endswith("s") and not low.endswith(("ss", "us", "is", "ous")):
        low = low[:-1]
    if low in NOUNS:
        return low
    for ending in ("ing", "ed"):
        root = low.removesuffix(ending)
        if root != low and len(root) > 2 and re.search("[aeiouy]", root):
            low = root[:-1] if root[-1] == root[-2] and root[-1] not in "lsz" else root
            break
    low = low[:-1] if low.endswith("e") and len(low) > 3 else low
    return low[:-1] + "s" if low.endswith("iz") else low


def shape(word: str) -> str:
    """`camel` for camelCase, `mixed` for letters with digits, `caps` for acronyms, else nothing."""
    if not word.isalpha() and word[:1].isalpha() and NUMBER.search(word):
        return "mixed"
    if len(word) < 3 or word.islower() or word.istitle():
        return ""
    return "caps" if word.isupper() else "camel"


def parse_cue(pattern: str, duty: str, strength: str, rule: str, fields: tuple[str, ...]) -> Cue:
    """Read `^ raise|chase .. invoice* $`: alternatives, prefixes, a gap of up to three (`..`) or eight (`...`) words.

    Raises ValueError when no word is left or a gap stands first.
    """
    elements: list[Element] = []
    gap = 0
    parts = pattern.split()
    for part in parts:
        if part in GAPS:
            gap = GAPS[part]
        elif part not in ("^", "$"):
            elements += _elements(part, gap)
            gap = 0
    if not elements or elements[0].gap:
        raise ValueError(f'"{pattern}" is not a cue: it needs a word first')
    return Cue(
        pattern=pattern,
        duty=duty,
        strength=strength,
        rule=rule,
        elements=tuple(elements),
        at_start=parts[0] == "^",
        at_end=parts[-1] == "$",
        plain=len(elements) < 3 and "^" not in parts[:1] and "$" not in parts[-1:],
        weight=STRENGTH[strength],
        features={field: f"cue:{duty}@{field}" for field in fields},
    )


def _elements(part: str, gap: int) -> Iterator[Element]:
    if "|" not in part and not part.endswith("*"):
        for number, word in enumerate(WORDS.findall(part)):  # a hyphenated word is several
            yield Element(frozenset((stem(word),)), (), 0 if number else gap)
        return
    words, prefixes = set[str](), set[str]()
    for choice in filter(None, part.split("|")):
        root = stem(choice.removesuffix("*"))  # words are compared by stem, so what they begin with is a stem, too
        (prefixes if choice.endswith("*") and len(root) >= SHORTEST_PREFIX else words).add(root)
    yield Element(frozenset(words), tuple(sorted(prefixes)), gap)
