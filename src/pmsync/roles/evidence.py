"""What an item says: its words, the cues among them, and everything else that may speak for a duty."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final, TypeVar

from msgspec import Struct, field

from pmsync.model.role import Evidence, Subject
from pmsync.roles.duties import DUTIES, UNCLEAR
from pmsync.roles.words import SHORTEST_PREFIX, WORDS, Ahead, Cue, Found, Lanes, Word, find, shape, stem

FIELDS: Final = ("title", "label", "type", "description", "checklist", "component", "parent", "stage")  # best first
TEXT_FIELDS: Final = ("title", "description", "checklist", "label")
TITLE_CHARACTERS, TEXT_CHARACTERS, SMALL_CHARACTERS = 300, 500, 100
TITLE_WORDS, TEXT_WORDS = 40, 50
MOST_LABELS: Final = 12
ONE: Final = 100  # what a feature counts is a whole number of hundredths, so that sums are exact in any order
MOST_PER_FIELD: Final = 160  # repeating a cue does not make it truer
DILUTION: Final = 20  # a text of this many words counts half per word: a long text is not surer than a short one
LONGEST_WORD: Final = 40
KNOWN_WORDS: Final = 50_000  # surface forms remembered before starting over: some 20 MB
LINKED_WORDS: Final = re.compile(r"https?://\S+|" + WORDS.pattern)  # an address is one word
BLANKS: Final = "".join(c if c.isalnum() else " " for c in map(chr, range(128)))
SENTENCE: Final = re.compile(r"(?<=[.!?])\s+|\n+")
MARKS: Final = re.compile(r"[!\"#$/:<=?@\[_`£€]|\(\)|Exception")  # in a title they betray code, money or a question
_SILENT: Final = """
a an the of to in for on and or is are was be been it its this that these those with at by from as into 0 i my we our
you your he she they their has have had do does did will there here which who what also so then than if issu card task
ticket item
"""
SILENT: Final = frozenset(_SILENT.split())  # too common to speak for a duty; cues still see them
_STATES: Final = """
to do todo doing done new open opened reopened unstarted started in progress working wip ongoing active current now next
upcoming this today week month sprint 0 selected ready assigned code coding development dev pr review feedback test
tester testing qa uat check sign off verify verified validation validated approve accept rejected merge deploy
deployment release live staging production product ship hold wait block pending completed finished delivered closed
resolved fixed archive not won cancelled duplicate invalid up after task tasks
zu tun offen arbeit bearbeitung erledigt fertig à faire en cours fait terminé por hacer proceso curso hecho terminado
finalizado finalizada acabado tarea pendiente prueba fazer em andamento feito concluido
"""
STATES: Final = frozenset(map(stem, _STATES.split()))  # how far an item is, not what it is
# In these fields each word counts by itself, too, except for those that say nothing there.
MUTE: Final = {"label": SILENT, "type": SILENT, "stage": SILENT | STATES}
Weights = Mapping[str, Mapping[str, float]]
_K = TypeVar("_K")
_V = TypeVar("_V")


class Hit(Struct, frozen=True, gc=False):
    """A cue found in a field: from word number `start` to before `end`."""

    cue: Cue
    place: "Place"
    start: int
    end: int

    def evidence(self) -> Evidence:
        """What the answer keeps of it."""
        words = self.place.quote(self.start, self.end)
        return Evidence(field=self.place.field, words=words, duty=self.cue.duty, strength=self.cue.strength)


class Place(Struct, frozen=True, gc=False):
    """A field that was searched, and the cues found in it."""

    field: str
    text: str
    words: Sequence[Word] = ()
    found: Sequence[Found] = ()

    @property
    def says_nothing(self) -> bool:
        """Of a title: it has no letter, or no more than a word such as "misc"."""
        return not any(map(str.isalpha, self.text)) or any(cue.duty == UNCLEAR for cue, _, _ in self.found)

    @property
    def counted(self) -> list[Word]:
        """In a field such as a label, the words that count by themselves."""
        mute = MUTE.get(self.field)
        return [] if mute is None else [word for word in self.words if word.stem not in mute]

    def quote(self, start: int, end: int) -> str:
        """The words as they are written in the item, with what stands between them."""
        if end - start == 1:
            return self.words[start].surface
        here = 0  # nothing between two words looks like a word, so the next is the first that is found
        for word in self.words[:start]:
            here = self.text.index(word.surface, here) + len(word.surface)
        first = here = self.text.index(self.words[start].surface, here)
        for word in self.words[start:end]:
            here = self.text.index(word.surface, here) + len(word.surface)
        return self.text[first:here]


def cut(text: str) -> list[str]:
    """The words of a text. Plain English takes the short way, to the same result."""
    if "://" in text:
        return LINKED_WORDS.findall(text)
    return text.translate(BLANKS).split() if text.isascii() and "'" not in text else WORDS.findall(text)


class Reading(Struct, gc=False):
    """Everything found in one item: words, other features with what they count (hundredths), and the cues behind.

    `title` is the title or what stands in for it; `text` the other words of description and checklist.
    """

    title: Place = Place("title", "")
    text: Sequence[Word] = ()
    features: dict[str, int] = field(default_factory=dict)
    places: list[Place] = field(default_factory=list)

    @property
    def thinned(self) -> int:
        """What a word of the text counts, in hundredths."""
        return round(ONE * DILUTION / (len(self.text) + DILUTION))

    def flat(self) -> dict[str, float]:
        """All features by name, as the training sees them."""
        flat = dict(self.features)
        for words, part, value in ((self.title.words, "t", ONE), (self.text, "d", self.thinned)):
            for name in (name for word in words for name in names_of(part, word.stem, word.shape, word.topics)):
                flat[name] = flat.get(name, 0) + value
        return {name: value / ONE for name, value in flat.items()}

    def note(self, place: Place) -> None:
        """Keep a field, and count each cue found in it for its duty."""
        self.places.append(place)
        features = self.features
        for cue, _, _ in place.found:
            key = cue.features[place.field]
            if key in features:
                most = max(MOST_PER_FIELD, cue.weight, features[key])
                features[key] = max(-most, min(most, features[key] + cue.weight))
            else:
                features[key] = cue.weight

    def hits(self, duty: str) -> Iterator[Hit]:
        """The cues that speak for a duty, as they were found."""
        for place in self.places:
            for cue, start, end in place.found:
                if cue.duty == duty and cue.weight > 0:
                    yield Hit(cue, place, start, end)


def names_of(part: str, root: str, form: str, topics: Iterable[str]) -> list[str]:
    """The features that a word adds in a title (`t`) or a text (`d`). A title is short: there even `the` tells."""
    names = [f"topic@{part}:{topic}" for topic in topics]
    if part == "t":
        return [*names, "t:" + root, *(["t@" + form] if form else [])]
    return names if root in SILENT else [*names, "d:" + root]


class _Remembered(dict[_K, _V]):
    """What an unknown key stands for is worked out and remembered."""

    def __init__(self, work_out: Callable[[_K], _V]) -> None:
        self._work_out = work_out

    def __missing__(self, key: _K) -> _V:
        if len(self) >= KNOWN_WORDS:
            self.clear()
        value = self[key] = self._work_out(key)
        return value


class Lexicon:
    """All cues and weights of a scheme, looked up by word. Remembers surface forms; that never changes an answer."""

    def __init__(self, cues: Iterable[Cue], topics: Mapping[str, str], weights: Weights) -> None:
        self.lanes = Lanes(DUTIES)
        self._packed: _Remembered[str, int] = _Remembered(lambda name: self.lanes.pack(weights.get(name, {})))
        self._cues: dict[str, list[Cue]] = {}
        for cue in cues:
            for key in cue.elements[0].lookups():
                self._cues.setdefault(key, []).append(cue)
        self._seconds = {
            key
            for found in self._cues.values()
            for cue in found
            for part in cue.elements[1:2]
            for key in part.lookups()
        }
        self._stars = {key for key in (*self._cues, *self._seconds) if key.endswith("*")}
        self._topics: dict[str, tuple[str, ...]] = {}
        for topic, words in topics.items():
            for root in dict.fromkeys(stem(word) for word in WORDS.findall(words)):
                self._topics[root] = (*self._topics.get(root, ()), topic)
        self._known = _Remembered(self._word)
        self._beginning = lru_cache(KNOWN_WORDS)(self._beginning_with)
        self._again = lru_cache(KNOWN_WORDS)(self._search_small)  # many items say the same in their small fields

    def _word(self, surface: str) -> Word:
        """Work out a surface form."""
        root = "http" if "://" in surface else stem(surface[:LONGEST_WORD])
        form, topics = shape(surface), self._topics.get(root, ())
        packed = self._packed
        title, text = (sum([packed[name] for name in names_of(part, root, form, topics)]) for part in "td")
        return Word(surface, root, form, topics, *self._beginning(root), title, text)

    def _beginning_with(self, root: str) -> tuple[tuple[str, ...], tuple[Cue, ...], Ahead]:
        """The keys under which a word is looked up as a second, and the cues of one and of several words it begins."""
        beginnings = (root[:end] + "*" for end in range(SHORTEST_PREFIX, len(root) + 1))
        keys = (root, *(star for star in beginnings if star in self._stars))
        cues = tuple(dict.fromkeys(cue for key in keys for cue in self._cues.get(key, ())))
        single = tuple(cue for cue in cues if len(cue.elements) == 1)
        return tuple(key for key in keys if key in self._seconds), single, _ahead(cues) if cues else ()

    def weigh(self, reading: Reading) -> tuple[int, ...]:
        """What everything found weighs for each duty of the catalogue, in its order: thousandths times hundredths."""
        packed = self._packed
        total = ONE * sum([word.title for word in reading.title.words], packed["bias"])
        if reading.text:
            total += reading.thinned * sum([word.text for word in reading.text])
        for name, value in reading.features.items():
            total += packed[name] * value
        return self.lanes.unpack(total)

    def weigh_words(self, reading: Reading, duty: str) -> Iterator[tuple[int, str, str]]:
        """What each word weighs for a duty, in thousandths, with its field and as it is written."""
        one, title = self.lanes.one, reading.title
        for word in title.words:
            if word.stem not in SILENT:
                yield one(word.title, duty), title.field, word.surface
        for word in reading.text:
            yield one(word.text, duty) * reading.thinned // ONE, "description", word.surface
        for place in reading.places:
            for word in place.counted:
                yield one(self._packed[f"{place.field}:{word.stem}"], duty), place.field, word.surface

    def read(self, subject: Subject) -> Reading:
        """Collect words, features and cues of all fields."""
        reading = Reading()
        text = subject.description[:TEXT_CHARACTERS]
        title = self._search("title", subject.title[:TITLE_CHARACTERS], TITLE_WORDS)
        if title.says_nothing and (sentence := self._telling(text)):
            title, text = self._search("description", sentence, TITLE_WORDS), text.partition(sentence)[2]
        reading.note(title)
        said: Sequence[Word] = ()
        if text:
            description = self._search("description", text, TEXT_WORDS)
            reading.note(description)
            said = description.words
        if subject.checklist:
            checklist = self._search("checklist", "\n".join(subject.checklist)[:TEXT_CHARACTERS], TEXT_WORDS)
            reading.note(checklist)
            said = [*said, *checklist.words]
        reading.title, reading.text = title, list(dict.fromkeys(said))
        names = ["first:" + topic for word in title.words[:1] for topic in word.topics]
        names += ["t@" + mark for mark in MARKS.findall(title.text)]
        names += ["set:" + name for name in subject.fields]
        reading.features.update(dict.fromkeys(names, ONE))
        self._small(subject, reading)
        return reading

    def _telling(self, text: str) -> str | None:
        """The first sentence that would do as a title."""
        sentences = filter(None, SENTENCE.split(text))
        return next((one for one in sentences if not self._search("title", one, TITLE_WORDS).says_nothing), None)

    def _small(self, subject: Subject, reading: Reading) -> None:
        """The fields of few words. Labels and components have no order."""
        fields = [("stage", subject.stage), ("parent", subject.parent), ("type", subject.type)]
        fields += [("component", value) for value in sorted(subject.components)[:MOST_LABELS]]
        fields += [("label", value) for value in sorted(subject.labels)[:MOST_LABELS]]
        for name, value in fields:
            if value:
                place, features = self._again(name, value[:SMALL_CHARACTERS])
                reading.note(place)
                reading.features.update(features)

    def _search_small(self, name: str, value: str) -> tuple[Place, Mapping[str, int]]:
        place = self._search(name, value, MOST_LABELS)
        return place, dict.fromkeys([f"{name}:{word.stem}" for word in place.counted], ONE)

    def _search(self, name: str, text: str, most: int) -> Place:
        """The words of `text` and the cues among them."""
        words = list(map(self._known.__getitem__, cut(text)[:most]))
        return Place(name, text, words, find(words, name))


def _ahead(cues: Iterable[Cue]) -> Ahead:
    """For each distance, the cues whose second word may be that far from the first, by the keys of the second."""
    pairs = [cue for cue in cues if len(cue.elements) > 1]
    tables = []
    for gap in range(max((cue.elements[1].gap + 1 for cue in pairs), default=0)):
        table: dict[str, tuple[Cue, ...]] = {}
        for cue in pairs:
            for key in cue.elements[1].lookups() if gap <= cue.elements[1].gap else ():
                table[key] = (*table.get(key, ()), cue)
        tables.append(table)
    return tuple(tables)
