"""What an item says: its words, the cues among them, and everything else that may speak for a duty."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from pmsync.model.role import Evidence, Subject
from pmsync.roles.words import WORDS, Cue, Lanes, Word, shape, stem

FIELDS: Final = ("title", "label", "type", "description", "checklist", "component", "parent", "stage")  # best first
TEXT_FIELDS: Final = ("title", "description", "checklist", "label")
TITLE_CHARACTERS, TEXT_CHARACTERS, SMALL_CHARACTERS = 300, 1600, 100
TITLE_WORDS, TEXT_WORDS = 40, 60
MOST_LABELS: Final = 12
MOST_PER_FIELD: Final = 1.6  # repeating a cue does not make it truer
DILUTION: Final = 20.0  # a text of this many words counts half per word: a long text is not surer than a short one
HUNDREDTHS: Final = 100  # what a feature counts is a whole number of them, so that sums are exact in any order
LONGEST_WORD: Final = 40
KNOWN_WORDS: Final = 20_000  # surface forms remembered before starting over
ADDRESS: Final = re.compile(r"https?://\S+")
# Spellings that betray code, money, a list or a question.
MARKS: Final = frozenset('_=$€£?@#`<!"/[:')
LONG_MARKS: Final = ("()", "::", "{{", "{code", "```", "- [", "Exception", "    at ")
_SILENT: Final = """
a an the of to in for on and or is are was be been it its this that these those with at by from as into 0 i my we our
you your he she they their has have had do does did will there here which who what also so then than if issu card task
ticket item
"""
SILENT: Final = frozenset(_SILENT.split())  # too common to speak for a duty; cues still see them
Weights = Mapping[str, Sequence[tuple[int, float]]]


class Hit(NamedTuple):
    """A cue found in a field."""

    cue: Cue
    field: str
    surfaces: Sequence[str]
    start: int
    end: int

    @property
    def words(self) -> str:
        """The words as they were written."""
        return " ".join(self.surfaces[self.start : self.end])

    def evidence(self) -> Evidence:
        """What the answer keeps of it."""
        return Evidence(field=self.field, words=self.words, duty=self.cue.duty, strength=self.cue.strength)


@dataclass(slots=True)
class Reading:
    """Everything found in one item: words, other features with their value, and the cues behind them."""

    title: Sequence[Word] = ()
    text: Sequence[Word] = ()
    features: dict[str, float] = field(default_factory=dict)
    hits: list[Hit] = field(default_factory=list)

    @property
    def thinned(self) -> float:
        """What a word of the text counts."""
        return round(DILUTION / (len(self.text) + DILUTION), 2)

    def flat(self) -> dict[str, float]:
        """All features by name, as the training sees them."""
        flat = dict(self.features)
        for words, part, value in ((self.title, "title", 1.0), (self.text, "text", self.thinned)):
            for name in (name for word in words for name in word.names[part]):
                flat[name] = flat.get(name, 0.0) + value
        return flat

    def note(self, hit: Hit) -> None:
        """Keep a cue, and count it for its duty."""
        self.hits.append(hit)
        cue, features = hit.cue, self.features
        key = cue.features[hit.field]
        if key in features:
            most = max(MOST_PER_FIELD, cue.weight)
            features[key] = max(-most, min(most, features[key] + cue.weight))
        else:
            features[key] = cue.weight


class _Remembered(dict[str, Word]):
    """Words by surface form; an unknown one is worked out and remembered."""

    def __init__(self, work_out: Callable[[str], Word]) -> None:
        self._work_out = work_out

    def __missing__(self, surface: str) -> Word:
        if len(self) >= KNOWN_WORDS:
            self.clear()
        word = self[surface] = self._work_out(surface[:LONGEST_WORD])
        return word


class Lexicon:
    """All cues and weights of a scheme, looked up by word. Remembers surface forms; that never changes an answer."""

    def __init__(self, cues: Iterable[Cue], topics: Mapping[str, str], weights: Weights, width: int) -> None:
        self.lanes = Lanes(width)
        self._packed = {name: self.lanes.pack(row) for name, row in weights.items()}
        self._cues: dict[str, list[Cue]] = {}
        for cue in cues:
            for key in cue.elements[0].lookups():
                self._cues.setdefault(key, []).append(cue)
        seconds = (
            key
            for found in self._cues.values()
            for cue in found
            for part in cue.elements[1:2]
            for key in part.lookups()
        )
        self._stars = sorted({key for key in (*self._cues, *seconds) if key.endswith("*")})
        self._topics: dict[str, tuple[str, ...]] = {}
        for topic, words in topics.items():
            for root in dict.fromkeys(stem(word) for word in WORDS.findall(words)):
                self._topics[root] = (*self._topics.get(root, ()), topic)
        self._known = _Remembered(self._word)
        self._small_fields: dict[tuple[str, str], tuple[tuple[Hit, ...], Mapping[str, float]]] = {}

    def _word(self, surface: str) -> Word:
        """Work out a surface form."""
        root = stem(surface)
        topics = self._topics.get(root, ())
        keys = (root, *(star for star in self._stars if root.startswith(star[:-1])))
        cues = tuple(dict.fromkeys(cue for key in keys for cue in self._cues.get(key, ())))
        ahead: dict[str, tuple[Cue, ...]] = {}
        for cue in cues:
            for key in cue.elements[1].lookups() if len(cue.elements) > 1 else ():
                ahead[key] = (*ahead.get(key, ()), cue)
        own = () if root in SILENT else (root,)
        names = {
            "title": (*("t:" + word for word in own), *("topic@t:" + topic for topic in topics)),
            "text": (*("d:" + word for word in own), *("topic@d:" + topic for topic in topics)),
        }
        return Word(
            surface=surface,
            stem=root,
            shape=shape(surface),
            topics=topics,
            keys=keys,
            names=names,
            packed={part: sum(self._packed.get(name, 0) for name in of_part) for part, of_part in names.items()},
            single=tuple(cue for cue in cues if len(cue.elements) == 1),
            ahead=ahead,
            seconds=frozenset(ahead),
            reach=max((cue.elements[1].gap + 1 for cue in cues if len(cue.elements) > 1), default=0),
        )

    def scores(self, reading: Reading) -> list[float]:
        """What everything found weighs for each duty of the catalogue, in its order."""
        packed = self._packed
        total = HUNDREDTHS * (packed.get("bias", 0) + sum([word.packed["title"] for word in reading.title]))
        for name, value in reading.features.items():
            if name in packed:
                total += packed[name] * round(value * HUNDREDTHS)
        if reading.text:
            share = round(reading.thinned * HUNDREDTHS)
            total += share * sum([word.packed["text"] for word in reading.text])
        return [weight / (1000 * HUNDREDTHS) for weight in self.lanes.unpack(total)]

    def read(self, subject: Subject) -> Reading:
        """Collect words, features and cues of all fields."""
        reading = Reading()
        title = subject.title[:TITLE_CHARACTERS]
        text = subject.description[:TEXT_CHARACTERS]
        if "://" in text:
            text = ADDRESS.sub(" http ", text)
        reading.title = self._match("title", title, TITLE_WORDS, reading)
        said = self._match("description", text, TEXT_WORDS, reading)
        if subject.checklist:
            said += self._match("checklist", "\n".join(subject.checklist)[:TEXT_CHARACTERS], TEXT_WORDS, reading)
        reading.text = list(dict.fromkeys(said))
        names = ["first:" + topic for word in reading.title[:1] for topic in word.topics]
        for prefix, written, words in (("t@", title, reading.title), ("d@", text, reading.text)):
            names += [prefix + word.shape for word in words if word.shape]
            names += [prefix + mark for mark in sorted(MARKS.intersection(written))]
            names += [prefix + mark for mark in LONG_MARKS if mark in written]
        names += ["set:" + name for name in subject.fields]
        reading.features.update(dict.fromkeys(names, 1.0))
        self._small(subject, reading)
        return reading

    def _small(self, subject: Subject, reading: Reading) -> None:
        """The fields of few words. Labels and components have no order."""
        if subject.stage:
            self._again("stage", subject.stage, reading)
        if subject.parent:
            self._again("parent", subject.parent, reading)
        for value in sorted(subject.components)[:MOST_LABELS]:
            self._again("component", value, reading)
        for value in sorted(subject.labels)[:MOST_LABELS]:
            reading.features.update(self._again("label", value, reading))
        if subject.type:
            reading.features.update(self._again("type", subject.type, reading))

    def _again(self, name: str, value: str, reading: Reading) -> Mapping[str, float]:
        """A small field: what it says is looked up, as many items say the same. Its words as features come back."""
        known = self._small_fields.get((name, value))
        if known is None:
            if len(self._small_fields) >= KNOWN_WORDS:
                self._small_fields.clear()
            alone = Reading()
            words = self._match(name, value[:SMALL_CHARACTERS], MOST_LABELS, alone)
            named = {f"{name}:{word.stem}": 1.0 for word in words if word.stem not in SILENT}
            known = self._small_fields[name, value] = (tuple(alone.hits), named)
        hits, features = known
        for hit in hits:
            reading.note(hit)
        return features

    def _match(self, name: str, text: str, most: int, reading: Reading) -> list[Word]:
        """Words of `text`; the cues among them are noted in `reading`."""
        if not text:
            return []
        surfaces = WORDS.findall(text)[:most]
        words = list(map(self._known.__getitem__, surfaces))
        present = set[str]().union(*[word.keys for word in words])
        cued = [
            (start, word)
            for start, word in enumerate(words)
            if word.single or (word.seconds and not word.seconds.isdisjoint(present))
        ]
        for start, word in cued:
            for cue, end in word.found(words, start, present).items():
                if name in cue.fields:
                    reading.note(Hit(cue, name, surfaces, start, end))
        return words
