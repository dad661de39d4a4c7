"""What a text says: words brought to a stem, and cues found by looking up each word once."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from pmsync.model.role import Subject

WORDS: Final = re.compile(r"[^\W_]+(?:['’][a-z]+)?")
ADDRESS: Final = re.compile(r"https?://\S+")
STRENGTH: Final = {"strong": 1.0, "moderate": 0.6, "weak": 0.3, "against": -1.0}
FIELDS: Final = ("title", "description", "checklist", "label", "type", "stage", "component", "parent")
TEXT_FIELDS: Final = ("title", "description", "checklist", "label")
DESCRIPTION_CHARACTERS: Final = 1600
DESCRIPTION_WORDS: Final = 90
TITLE_WORDS: Final = 40
SILENT: Final = frozenset(
    "a an the of to in for on and or is are was be been it its this that these those with at by from as into 0 i my we our"
    " you your he she they their has have had do does did will there here which who what also so then than if"
    " issu card task ticket item"
    .split()
)  # too common to speak for a duty on their own; cues still see them
# Nouns of their own, not forms of a verb: an account is not accounting.
NOUNS: Final = frozenset(
    "accounting alerting branding briefing clearing funding hosting licensing listing logging mapping marketing meeting"
    " monitoring naming offering onboarding opening packaging padding planning positioning pricing ranking rating"
    " recording reporting scheduling scoping spacing spending staffing string styling testing thing timing training"
    " voting wording building during morning evening nothing anything something everything king ring spring"
    .split()
)  # fmt: skip
KNOWN_WORDS: Final = 60_000  # surface forms remembered before starting over
MOST_PER_FIELD: Final = 1.6  # repeating a cue does not make it truer

# Spellings that betray code, money or a form. Looked for with `in`, which costs next to nothing.
MARKS: Final = (
    ("()", "code"), ("::", "code"), ("{{", "code"), ("{code", "code"), ("{noformat", "code"), ("```", "code"),
    ("_", "snake"), (" --", "flag"), ("/*", "code"), ("=", "equals"), ("\tat ", "trace"), ("\n at ", "trace"),
    ("    at ", "trace"), ("Exception", "trace"), ("Traceback", "trace"), ("$", "money"), ("€", "money"),
    ("£", "money"), ("- [", "boxes"), ("?", "question"), ("http", "url"), ("@", "at"), ("#", "hash"), ("`", "tick"),
    ("<", "angle"), ("!", "bang"), ('"', "quote"), ("->", "arrow"), (".x", "dotx"), ("/", "slash"), (": ", "colon"), ("[", "bracket"), ("“", "quote"),
)  # fmt: skip


class Element(NamedTuple):
    """One word of a cue: any of `words`, or a word starting with any of `prefixes`, after at most `gap` others."""

    words: frozenset[str]
    prefixes: tuple[str, ...]
    gap: int

    def fits(self, word: str) -> bool:
        return word in self.words or (bool(self.prefixes) and word.startswith(self.prefixes))


class Cue(NamedTuple):
    """A pattern of words that speaks for a duty (or, with a negative strength, against it)."""

    duty: str
    strength: str
    rule: str
    fields: tuple[str, ...]
    elements: tuple[Element, ...]
    at_start: bool
    at_end: bool
    pattern: str

    def end(self, words: Sequence[str], start: int) -> int:
        """Index after the match whose first word is at `start`, or 0."""
        position = start + 1
        for element in self.elements[1:]:
            stop = min(position + element.gap + 1, len(words))
            while position < stop and not element.fits(words[position]):
                position += 1
            if position >= stop:
                return 0
            position += 1
        return 0 if self.at_end and position != len(words) else position


class Word(NamedTuple):
    """A surface form: its stem, the names of its features, the cues that begin with it."""

    stem: str
    title: str
    text: str
    shape: str
    topics: tuple[str, ...]
    cues: tuple[Cue, ...]


class Hit(NamedTuple):
    """A cue found in a field, with the words as written."""

    cue: Cue
    field: str
    words: str


@dataclass(slots=True)
class Reading:
    """Everything found in one item: named features with their value, and the cues behind them."""

    features: dict[str, float] = field(default_factory=dict)
    hits: list[Hit] = field(default_factory=list)


def stem(word: str) -> str:
    """Bring a word to a rough stem: case, accents, plural, -ing, -ed, -ise/-ize, digits."""
    low = word.lower()
    if not low.isascii():
        low = "".join(c for c in unicodedata.normalize("NFKD", low) if not unicodedata.combining(c)).replace("’", "'")
    low = low.split("'")[0] if low.endswith("'s") else low
    if any(c.isdigit() for c in low):
        return re.sub(r"\d+", "0", low)
    return _bare(low) if len(low) > 3 else low


def _bare(low: str) -> str:
    if low.endswith("ies") and len(low) > 4:
        low = low[:-3] + "y"
    elif low.endswith("s") and not low.endswith(("ss", "us", "is", "ous")):
        low = low[:-1]
    if low in NOUNS:
        return low
    for ending in ("ing", "ed"):
        if low.endswith(ending) and len(low) - len(ending) > 2 and re.search("[aeiouy]", low[: -len(ending)]):
            low = low[: -len(ending)]
            low = low[:-1] if low[-1:] == low[-2:-1] and low[-1] not in "lsz" else low
            break
    low = low[:-1] if low.endswith("e") and len(low) > 3 else low
    return low[:-1] + "s" if low.endswith("iz") else low


def shape(word: str) -> str:
    """`camel` for camelCase, `mixed` for letters with digits, `caps` for acronyms, else nothing."""
    if len(word) > 2 and not word.islower() and not word.istitle():
        if word.isupper():
            return "mixed" if any(c.isdigit() for c in word) else "caps"
        return "camel" if word.isalpha() or word.isalnum() else ""
    return "mixed" if word[:1].isalpha() and any(c.isdigit() for c in word) else ""


def parse_cue(pattern: str, duty: str, strength: str, rule: str, fields: tuple[str, ...]) -> Cue:
    """Read `^ raise|chase .. invoice* $`: alternatives, prefixes, a gap of up to three (`..`) or eight (`...`) words.

    Raises ValueError when no word is left or a gap stands first.
    """
    elements: list[Element] = []
    gap = 0
    parts = pattern.split()
    for part in parts:
        if part in ("..", "..."):
            gap = 3 if part == ".." else 8
        elif part not in ("^", "$"):
            elements += _elements(part, gap)
            gap = 0
    if not elements or elements[0].gap:
        raise ValueError(f'"{pattern}" is not a cue: it needs a word first')
    return Cue(duty, strength, rule, fields, tuple(elements), parts[0] == "^", parts[-1] == "$", pattern)


def _elements(part: str, gap: int) -> Iterator[Element]:
    choices = part.split("|")
    if len(choices) == 1 and not part.endswith("*"):
        for number, word in enumerate(WORDS.findall(part)):  # a hyphenated word is several
            yield Element(frozenset((stem(word),)), (), 0 if number else gap)
        return
    words = {stem(choice) for choice in choices if choice and not choice.endswith("*")}
    prefixes = set()
    for choice in choices:
        if choice.endswith("*") and len(choice) > 1:
            root = stem(choice[:-1])  # words are compared by stem, so what they begin with is a stem, too
            (prefixes if len(root) > 3 else words).add(root)
    if words or prefixes:
        yield Element(frozenset(words), tuple(sorted(prefixes)), gap)


class Lexicon:
    """All cues of a scheme, indexed by first word. Remembers surface forms; that never changes an answer."""

    def __init__(self, cues: Iterable[Cue], topics: Mapping[str, str]) -> None:
        self.by_word: dict[str, list[Cue]] = {}
        self.by_prefix: list[tuple[str, Cue]] = []
        for cue in cues:
            for word in cue.elements[0].words:
                self.by_word.setdefault(word, []).append(cue)
            self.by_prefix += [(prefix, cue) for prefix in cue.elements[0].prefixes]
        self.topics: dict[str, tuple[str, ...]] = {}
        for topic, words in topics.items():
            for root in dict.fromkeys(stem(part) for word in words.split() for part in WORDS.findall(word)):
                self.topics[root] = (*self.topics.get(root, ()), topic)
        self._known: dict[str, Word] = {}

    def word(self, surface: str) -> Word:
        """Look a surface form up, or work it out and remember it."""
        known = self._known.get(surface)
        if known is None:
            if len(self._known) >= KNOWN_WORDS:
                self._known.clear()
            known = self._known[surface] = self._word(surface[:40])
        return known

    def _word(self, surface: str) -> Word:
        root = stem(surface)
        cues = [*self.by_word.get(root, ())]
        cues += [cue for prefix, cue in self.by_prefix if root.startswith(prefix) and cue not in cues]
        return Word(root, "t:" + root, "d:" + root, shape(surface), self.topics.get(root, ()), tuple(cues))

    def read(self, subject: Subject) -> Reading:
        """Collect features and cues of all fields."""
        reading = Reading()
        description = ADDRESS.sub(" http ", subject.description[:DESCRIPTION_CHARACTERS])
        self._title(subject.title, reading)
        if description or subject.checklist:
            self._text(description, "\n".join(subject.checklist), reading)
        self._marks("t", subject.title[:400], reading)
        self._marks("d", description, reading)
        for name, values in self._small(subject):
            for value in values:
                self._field(name, value, reading)
        for name in subject.fields:
            reading.features["set:" + name] = 1.0
        return reading

    @staticmethod
    def _small(subject: Subject) -> Iterator[tuple[str, tuple[str, ...]]]:
        yield "type", (subject.type,) if subject.type else ()
        yield "label", subject.labels
        yield "stage", (subject.stage,) if subject.stage else ()
        yield "component", subject.components
        yield "parent", (subject.parent,) if subject.parent else ()

    def _title(self, title: str, reading: Reading) -> None:
        surfaces = WORDS.findall(title[:400])[:TITLE_WORDS]
        words = [self.word(surface) for surface in surfaces]
        features = reading.features
        for word in words:
            if word.stem not in SILENT:
                features[word.title] = 1.0
            if word.shape:
                features["t@" + word.shape] = 1.0
        self._topics("topic@t:", words, 1.0, features)
        for topic in words[0].topics if words else ():
            features["first:" + topic] = 1.0
        self._match("title", surfaces, words, reading)

    def _text(self, description: str, checklist: str, reading: Reading) -> None:
        features = reading.features
        seen: set[str] = set()
        for name, text in (("description", description), ("checklist", checklist)):
            surfaces = WORDS.findall(text)[:DESCRIPTION_WORDS]
            words = [self.word(surface) for surface in surfaces]
            seen.update([word.text for word in words if word.stem not in SILENT])
            seen.update(["d@" + word.shape for word in words if word.shape])
            self._match(name, surfaces, words, reading)
            self._topics("topic@d:", words, 3 / (len(words) + 3) ** 0.5 , features)
        value = min(1.0, 4 / (len(seen) + 1) ** 0.5)  # a long text is not surer than a short one
        for key in seen:
            features[key] = value

    @staticmethod
    def _topics(prefix: str, words: Sequence[Word], value: float, features: dict[str, float]) -> None:
        for word in words:
            for topic in word.topics:
                key = prefix + topic
                features[key] = min(MOST_PER_FIELD, features.get(key, 0.0) + value / (1 if key not in features else 2))

    def _field(self, name: str, value: str, reading: Reading) -> None:
        surfaces = WORDS.findall(value[:200])[:12]
        words = [self.word(surface) for surface in surfaces]
        if name in ("type", "label"):
            for word in words:
                if word.stem not in SILENT:
                    reading.features[name + ":" + word.stem] = 1.0
        self._match(name, surfaces, words, reading)

    @staticmethod
    def _marks(prefix: str, text: str, reading: Reading) -> None:
        for mark, name in MARKS:
            if mark in text:
                reading.features[prefix + "@" + name] = 1.0

    @staticmethod
    def _match(name: str, surfaces: Sequence[str], words: Sequence[Word], reading: Reading) -> None:
        stems = [word.stem for word in words]
        for start, word in enumerate(words):
            for cue in word.cues:
                if name not in cue.fields or (cue.at_start and start):
                    continue
                end = cue.end(stems, start)
                if end:
                    reading.hits.append(Hit(cue, name, " ".join(surfaces[start:end])))
                    if cue.duty.startswith("altitude"):
                        continue
                    key = "cue:" + cue.duty + "@" + name
                    value = reading.features.get(key, 0.0) + STRENGTH[cue.strength]
                    reading.features[key] = max(-MOST_PER_FIELD, min(MOST_PER_FIELD, value))


def features_of(reading: Reading) -> Mapping[str, float]:
    """Named features with their values, for the training script."""
    return reading.features
