"""From a subject to an answer: add up what the evidence says, name the duty, look the role up."""

from collections.abc import Sequence
from itertools import compress
from math import exp
from operator import itemgetter
from typing import Final

from msgspec.structs import replace

from pmsync.model.role import Classification, Confidence, Evidence, Role, Subject
from pmsync.roles.duties import DUTIES, UNCLEAR
from pmsync.roles.evidence import FIELDS, ONE, Hit, Lexicon, Reading
from pmsync.roles.schemes import LEVELS, Scheme

KEYS: Final = tuple(DUTIES)
PLACE: Final = {key: number for number, key in enumerate(KEYS)}
# Two sides, product and delivery. The side is decided before the duty, on the sum of all its duties: five near-ties
# within a side are still a sure answer to who is asked.
_PRODUCT: Final = (
    "vision", "roadmap", "objectives", "research", "feedback", "scope", "priority", "backlog", "stories", "stakeholder",
    "stages", "accept", "announce",
)  # fmt: skip
PRODUCT: Final = frozenset(map(KEYS.index, _PRODUCT))
OF_PRODUCT: Final = itemgetter(*sorted(PRODUCT))
OF_DELIVERY: Final = itemgetter(*sorted(set(PLACE.values()) - PRODUCT))
UNIT: Final = 1 / (1000 * ONE)  # weights are added up as whole numbers
CLOSE: Final = 0.05  # two duties nearer than this are a tie (T18)
AIMS: Final = tuple("altitude-" + level for level in LEVELS)
AIMING: Final = ("title", "description", "checklist", "label", "parent")
SPEAKING: Final = ("title", "description", "checklist", "label")
ORDER: Final = {name: number for number, name in enumerate(FIELDS)}
MOST_EVIDENCE: Final = 5
MOST_WORDS: Final = 3
LEAST_WORD: Final = 100  # thousandths


def classify(subject: Subject, scheme: Scheme) -> Classification:
    """Say whose work it is. Never raises, reads nothing else, and gives the same answer for the same subject."""
    reading = scheme.lexicon.read(subject)
    if reading.title.says_nothing:
        return _noise(subject, scheme)
    if purchase := _bare_purchase(reading):
        return _low(scheme, "budget", "T21", [hit.evidence() for hit in purchase])
    odds = likelihoods(scheme.lexicon.weigh(reading))
    total = sum(odds)
    duty, runner_up = _best_two(odds)
    aim = _aim(reading) if duty in scheme.altitude else None
    altitude = aim.cue.duty.removeprefix("altitude-") if aim else None
    role = scheme.role(duty, altitude)
    sure = sum(compress(odds, scheme.answered(role, altitude))) / total
    confidence = _confidence(scheme, duty, altitude, sure)
    own, other = list(reading.hits(duty)), next(reading.hits(runner_up), None)
    return Classification(
        scheme=scheme.name,
        role=role,
        duty=duty,
        confidence=confidence,
        rule=_rule(duty, (odds[PLACE[duty]] - odds[PLACE[runner_up]]) / total, own),
        evidence=(() if own else _words(duty, reading, scheme.lexicon)) + _evidence(own, other, aim),
        runner_up=runner_up,
        altitude=altitude,
    )


def overridden(
    answer: Classification, role: Role, duty: str | None = None, *, field: str = "item", why: str = ""
) -> Classification:
    """The answer after a person's correction or a rule of theirs (T1). It wins; what the words said is the runner-up.

    `field` says what was pinned (item, label, stage, field, board), `why` the value or the reason given.
    """
    evidence = Evidence(field=field, words=why, duty=duty or answer.duty, strength="certain")
    return replace(
        answer,
        role=role,
        duty=duty or answer.duty,
        confidence=Confidence.HIGH,
        rule="T1",
        evidence=(evidence,),
        runner_up=answer.duty if duty and duty != answer.duty else answer.runner_up,
    )


def likelihoods(weights: Sequence[int]) -> list[float]:
    """How likely each duty of the catalogue is, in its order, compared with the likeliest, which is 1."""
    top = max(weights)
    return list(map(exp, [(weight - top) * UNIT for weight in weights]))


def _best_two(odds: list[float]) -> tuple[str, str]:
    best = odds.index(max(max(OF_DELIVERY(odds), OF_PRODUCT(odds), key=sum)))
    others = odds.copy()
    others[best] = -1.0
    return KEYS[best], KEYS[others.index(max(others))]


def _noise(subject: Subject, scheme: Scheme) -> Classification:
    """A sub-task that says nothing is part of the work above it; anything else has to be asked about."""
    duty = "build" if subject.parent and "sub" in subject.type.lower() else UNCLEAR
    words = subject.title.strip()[:80]
    return _low(scheme, duty, "T19", [Evidence(field="title", words=words, duty=duty, strength="weak")])


def _bare_purchase(reading: Reading) -> list[Hit]:
    """The one case where a list decides: its name is about purchases and nothing else says anything."""
    if "cue:budget@stage" not in reading.features:
        return []
    if any(cue.duty in DUTIES for place in reading.places if place.field in SPEAKING for cue, _, _ in place.found):
        return []
    return [hit for hit in reading.hits("budget") if hit.cue.rule == "T21"]


def _low(scheme: Scheme, duty: str, rule: str, evidence: Sequence[Evidence]) -> Classification:
    return Classification(
        scheme=scheme.name,
        role=scheme.role(duty),
        duty=duty,
        confidence=Confidence.LOW,
        rule=rule,
        evidence=tuple(evidence),
    )


def _aim(reading: Reading) -> Hit | None:
    """The words that say how high it aims, in the title if they are there; a high audience outranks a low object."""
    hits = [hit for level in AIMS for hit in reading.hits(level) if hit.place.field in AIMING]
    return min(hits, key=lambda hit: (hit.place.field != "title", hit.cue.duty), default=None)


def _rule(duty: str, lead: float, hits: Sequence[Hit]) -> str:
    if lead < CLOSE:
        return "T18"
    if not hits:
        return DUTIES[duty].rule
    return min(hits, key=lambda hit: (ORDER[hit.place.field], hit.cue.strength != "strong")).cue.rule


def _confidence(scheme: Scheme, duty: str, altitude: str | None, sure: float) -> Confidence:
    if sure < scheme.medium:
        return Confidence.LOW
    capped = duty in scheme.at_most_medium or (duty in scheme.altitude and altitude is None)
    return Confidence.MEDIUM if capped or sure < scheme.high else Confidence.HIGH


def _evidence(own: Sequence[Hit], other: Hit | None, aim: Hit | None) -> tuple[Evidence, ...]:
    """What speaks for the duty, one thing that speaks for the runner-up, and what says how high it aims."""
    spoken = [*own[: MOST_EVIDENCE - 1], other, aim]
    # Two patterns may have found the same words.
    return tuple(dict.fromkeys([hit.evidence() for hit in spoken if hit]))


def _words(duty: str, reading: Reading, lexicon: Lexicon) -> tuple[Evidence, ...]:
    """Without a cue, the words that weighed most."""
    weighed = [row for row in lexicon.weigh_words(reading, duty) if row[0] > LEAST_WORD]
    best = sorted(weighed, key=itemgetter(0), reverse=True)[:MOST_WORDS]
    return tuple(Evidence(field=name, words=surface, duty=duty, strength="weak") for _, name, surface in best)
