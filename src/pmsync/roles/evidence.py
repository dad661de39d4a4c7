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
Weights = Mapping[str, Sequence[tuple[int, float]]]
FIELDS: Final = ("title", "description", "checklist", "label", "type", "stage", "component", "parent")
TEXT_FIELDS: Final = ("title", "description", "checklist", "label")
DESCRIPTION_CHARACTERS: Final = 1600
DESCRIPTION_WORDS: Final = 60
DILUTION: Final = 20.0
TITLE_CHARACTERS: Final = 300
MOST_LABELS: Final = 12
TITLE_WORDS: Final = 40
SILENT: Final = frozenset(
    "a an the of to in for on and or is are was be been it its this that these those with at by from as into 0 i my we our"
    " you your he she they their has have had do does did will there here which who what also so then than if"
    " issu card task ticket item".split()
)  # too common to speak for a duty on their own; cues still see them
# Nouns of their own, not forms of a verb: an account is not accounting.
NOUNS: Final = frozenset(
    "accounting alerting branding briefing clearing funding hosting licensing listing logging mapping marketing meeting"
    " monitoring naming offering onboarding opening packaging padding planning positioning pricing ranking rating"
    " recording reporting scheduling scoping spacing spending staffing string styling testing thing timing training"
    " voting wording building during morning evening nothing anything something everything king ring spring"
    .split()
)  # fmt: skip
KNOWN_WORDS: Final = 20_000  # surface forms remembered before starting over
MOST_PER_FIELD: Final = 1.6  # repeating a cue does not make it truer

# Spellings that betray code, money, a list or a question.
MARKS: Final = frozenset('_=$€£?@#`<!"/[:')
LONG_MARKS: Final = ("()", "::", "{{", "{code", "```", "- [", "Exception", "    at ")


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

    def end(self, words: Sequence["Word"], first: int, second: int) -> int:
        """Index after the match whose first two words are those, or 0."""
        if second - first - 1 > self.elements[1].gap or (self.at_start and first):
            return 0
        position = second + 1
        for element in self.elements[2:]:
            stop = min(position + element.gap + 1, len(words))
            while position < stop and not element.fits(words[position].stem):
                position += 1
            if position >= stop:
                return 0
            position += 1
        return 0 if self.at_end and position != len(words) else position


@dataclass(slots=True, eq=False)
class Word:
    """A surface form: its stem, what it is about, the cues it begins or continues, and its rows of weights."""

    surface: str
    stem: str
    topics: tuple[str, ...]
    shape: str
    keys: tuple[str, ...]  # how second words of cues are looked up: the stem, and prefixes it has
    title: tuple[str, ...]  # names of features it adds in a title
    text: tuple[str, ...]  # and in a description
    single: tuple[Cue, ...]
    ahead: Mapping[str, tuple[Cue, ...]]  # cues it begins, by key of their second word
    seconds: frozenset[str]
    reach: int
    cued: bool
    title_row: tuple[float, ...] | None = None
    text_row: tuple[float, ...] | None = None

    def found(self, words: Sequence["Word"], start: int) -> dict[Cue, int]:
        """Cues of several words that begin at `start`, with the index after their last word."""
        found: dict[Cue, int] = {}
        ahead = self.ahead
        for position in range(start + 1, min(start + 1 + self.reach, len(words))):
            for key in words[position].keys:
                if key in ahead:
                    for cue in ahead[key]:
                        end = cue.end(words, start, position)
                        if end:
                            found.setdefault(cue, end)
        return found


class Hit(NamedTuple):
    """A cue found in a field; `words` quotes it as written."""

    cue: Cue
    field: str
    surfaces: Sequence[str]
    start: int
    end: int

    @property
    def words(self) -> str:
        return " ".join(self.surfaces[self.start : self.end])


@dataclass(slots=True)
class Reading:
    """Everything found in one item: words, other features with their value, and the cues behind them."""

    title: Sequence[Word] = ()
    text: Sequence[Word] = ()
    features: dict[str, float] = field(default_factory=dict)
    hits: list[Hit] = field(default_factory=list)

    @property
    def dilution(self) -> float:
        """What one word of the description counts: a long text is not surer than a short one."""
        return DILUTION / (len(self.text) + DILUTION)

    def flat(self) -> dict[str, float]:
        """All features by name, as the training sees them."""
        flat = dict(self.features)
        for words, value in ((self.title, 1.0), (self.text, self.dilution)):
            for word in words:
                for name in word.title if words is self.title else word.text:
                    flat[name] = flat.get(name, 0.0) + value
        return flat


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
    """All cues and weights of a scheme, looked up by word. Remembers surface forms; that never changes an answer."""

    def __init__(self, cues: Iterable[Cue], topics: Mapping[str, str], weights: Weights, width: int) -> None:
        self.weights, self.width = weights, width
        self.start = self._row(["bias"]) or (0.0,) * width
        self.rows = {name: self._row([name]) for name in weights if name[:2] not in ("t:", "d:")}
        self._cues: dict[str, list[Cue]] = {}
        self._prefixed: list[tuple[str, Cue]] = []
        self._seconds: set[str] = set()
        for cue in cues:
            for word in cue.elements[0].words:
                self._cues.setdefault(word, []).append(cue)
            self._prefixed += [(prefix, cue) for prefix in cue.elements[0].prefixes]
            self._seconds.update(*(element.prefixes for element in cue.elements[1:2]))
        self._topics: dict[str, tuple[str, ...]] = {}
        for topic, words in topics.items():
            for root in dict.fromkeys(stem(word) for word in WORDS.findall(words)):
                self._topics[root] = (*self._topics.get(root, ()), topic)
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
        cues = dict.fromkeys(self._cues.get(root, ()))
        cues |= dict.fromkeys(cue for prefix, cue in self._prefixed if root.startswith(prefix))
        ahead: dict[str, tuple[Cue, ...]] = {}
        for cue in cues:
            for second in cue.elements[1:2]:
                for key in (*sorted(second.words), *(prefix + "*" for prefix in second.prefixes)):
                    ahead[key] = (*ahead.get(key, ()), cue)
        topics, own = self._topics.get(root, ()), root not in SILENT
        word = Word(
            surface=surface,
            stem=root,
            topics=topics,
            shape=shape(surface),
            keys=(root, *sorted(prefix + "*" for prefix in self._seconds if root.startswith(prefix))),
            title=(*(["t:" + root] if own else []), *("topic@t:" + topic for topic in topics)),
            text=(*(["d:" + root] if own else []), *("topic@d:" + topic for topic in topics)),
            single=tuple(cue for cue in cues if len(cue.elements) == 1),
            ahead=ahead,
            seconds=frozenset(ahead),
            reach=max((cue.elements[1].gap + 1 for cue in cues if len(cue.elements) > 1), default=0),
            cued=bool(cues),
        )
        word.title_row, word.text_row = self._row(word.title), self._row(word.text)
        return word

    def _row(self, names: Iterable[str]) -> tuple[float, ...] | None:
        row = [0.0] * self.width
        for name in names:
            for position, weight in self.weights.get(name, ()):
                row[position] += weight
        return tuple(row) if any(row) else None

    def read(self, subject: Subject) -> Reading:
        """Collect words, features and cues of all fields."""
        reading = Reading()
        description = ADDRESS.sub(" http ", subject.description[:DESCRIPTION_CHARACTERS])
        title = subject.title[:TITLE_CHARACTERS]
        reading.title = self._match("title", title, TITLE_WORDS, reading)
        features = reading.features
        if reading.title:
            for topic in reading.title[0].topics:
                features["first:" + topic] = 1.0
        if description or subject.checklist:
            said = self._match("description", description, DESCRIPTION_WORDS, reading)
            listed = "\n".join(subject.checklist)[:DESCRIPTION_CHARACTERS]
            said += self._match("checklist", listed, DESCRIPTION_WORDS, reading) if listed else []
            reading.text = list(dict.fromkeys(said))
        for prefix, text, words in (("t@", title, reading.title), ("d@", description, reading.text)):
            for word in words:
                if word.shape:
                    features[prefix + word.shape] = 1.0
            for mark in (*MARKS.intersection(text), *(mark for mark in LONG_MARKS if mark in text)):
                features[prefix + mark] = 1.0
        self._small(subject, reading)
        return reading

    def _small(self, subject: Subject, reading: Reading) -> None:
        """The fields of few words. Labels and components have no order."""
        for name in subject.fields:
            reading.features["set:" + name] = 1.0
        for name, values in (
            ("type", (subject.type,)), ("stage", (subject.stage,)), ("parent", (subject.parent,)),
            ("label", sorted(subject.labels)), ("component", sorted(subject.components)),
        ):  # fmt: skip
            for value in values[:MOST_LABELS]:
                words = self._match(name, value[:TITLE_CHARACTERS], 12, reading) if value else ()
                if name in ("type", "label"):
                    for word in words:
                        if word.stem not in SILENT:
                            reading.features[name + ":" + word.stem] = 1.0

    def _match(self, name: str, text: str, most: int, reading: Reading) -> list[Word]:
        """Words of `text`; the cues among them are noted in `reading`."""
        surfaces = WORDS.findall(text)[:most]
        known = self._known
        words = [known.get(surface) or self.word(surface) for surface in surfaces]
        count = len(words)
        present: set[str] | None = None
        for start, word in enumerate(words):
            if not word.cued:
                continue
            for cue in word.single:
                if name in cue.fields and not (cue.at_start and start) and not (cue.at_end and start + 1 != count):
                    _note(Hit(cue, name, surfaces, start, start + 1), reading)
            if word.seconds:
                present = present or {key for other in words for key in other.keys}
                if not word.seconds.isdisjoint(present):
                    for cue, end in word.found(words, start).items():
                        if name in cue.fields:
                            _note(Hit(cue, name, surfaces, start, end), reading)
        return words


def _note(hit: Hit, reading: Reading) -> None:
    reading.hits.append(hit)
    if not hit.cue.duty.startswith("altitude"):
        key = "cue:" + hit.cue.duty + "@" + hit.field
        value = reading.features.get(key, 0.0) + STRENGTH[hit.cue.strength]
        reading.features[key] = max(-MOST_PER_FIELD, min(MOST_PER_FIELD, value))
