"""From a subject to an answer: add up what the evidence says, name the duty, look the role up."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import compress
from math import exp
from operator import itemgetter
from typing import Final

from pmsync.model.role import Classification, Confidence, Evidence, Role, Subject
from pmsync.roles.duties import DUTIES, TEAM, UNCLEAR
from pmsync.roles.evidence import FIELDS, Hit, Lexicon, Reading
from pmsync.roles.schemes import Scheme

# Kinds of work that no scheme tears apart. The kind is decided before the duty: five near-ties within the kind
# `technical` are still a sure answer to who is asked.
KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    "product": ("stories", "feedback", "backlog", "stages", "accept", "announce", "priority"),
    "strategy": ("vision", "roadmap", "objectives", "research", "scope", "stakeholder"),
    "business": ("launch", "budget", "resource", "coord"),
    "delivery": (
        "schedule", "plan", "progress", "risk", "blocker", "quality", "process", "meeting", "action", "release", *TEAM,
        UNCLEAR,
    ),
}  # fmt: skip
KEYS: Final = tuple(DUTIES)
OF_KIND: Final = tuple(itemgetter(*(KEYS.index(duty) for duty in kind)) for kind in KINDS.values())
PLACE: Final = {key: number for number, key in enumerate(KEYS)}
# Whose side: product (the first two kinds) or delivery. It is decided before the kind, on the sum of all its duties.
# Delivery is two in three of all items, so every text leans to it a little; product needs less than half to win.
PRODUCT_KINDS: Final = 2
PRODUCT: Final = frozenset(KEYS.index(duty) for kind in list(KINDS)[:PRODUCT_KINDS] for duty in KINDS[kind])
PRODUCT_WINS: Final = 0.4
CLOSE: Final = 0.05  # two duties nearer than this are a tie (T18)
AIMING: Final = ("title", "description", "checklist", "label", "parent")
SPEAKING: Final = ("title", "description", "checklist", "label")
ORDER: Final = {name: number for number, name in enumerate(FIELDS)}
MOST_EVIDENCE: Final = 5
MOST_WORDS: Final = 3
LEAST_WORD: Final = 100  # thousandths


def classify(subject: Subject, scheme: Scheme) -> Classification:
    """Say whose work it is. Never raises, reads nothing else, and gives the same answer for the same subject."""
    reading = scheme.lexicon.read(subject)
    if _is_noise(subject, reading):
        return _noise(subject, scheme)
    shares = probabilities(reading, scheme.lexicon)
    duty, runner_up = _best_two(shares)
    aim = _aim(reading.hits) if duty in scheme.altitude else None
    altitude = aim.cue.duty.removeprefix("altitude-") if aim else None
    role = scheme.role(duty, altitude)
    confidence = _confidence(scheme, role, duty, altitude, shares)
    if confidence is not Confidence.HIGH and _is_bare_purchase(reading):
        return _low(scheme, "budget", "T21", [hit.evidence() for hit in reading.hits if hit.cue.rule == "T21"])
    hits = [hit for hit in reading.hits if hit.cue.duty == duty and hit.cue.strength != "against"]
    rule = _rule(duty, shares[PLACE[duty]] - shares[PLACE[runner_up]], hits)
    return Classification(
        scheme=scheme.name,
        role=role,
        duty=duty,
        confidence=confidence,
        rule=rule,
        evidence=_evidence(duty, runner_up, hits, reading, scheme.lexicon) + ((aim.evidence(),) if aim else ()),
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


def probabilities(reading: Reading, lexicon: Lexicon) -> list[float]:
    """Share of every duty of the catalogue, in its order; they add up to 1."""
    scores = lexicon.scores(reading)
    top = max(scores)
    powers = [exp(score - top) for score in scores]
    total = sum(powers)
    return [power / total for power in powers]


def _best_two(shares: list[float]) -> tuple[str, str]:
    kinds = [of_kind(shares) for of_kind in OF_KIND]
    product = sum(map(sum, kinds[:PRODUCT_KINDS])) > PRODUCT_WINS
    kind = max(kinds[:PRODUCT_KINDS] if product else kinds[PRODUCT_KINDS:], key=sum)
    best = shares.index(max(kind))
    second = shares.index(max(shares[:best] + shares[best + 1 :]))
    return KEYS[best], KEYS[second if second != best else shares.index(shares[best], best + 1)]


def _is_noise(subject: Subject, reading: Reading) -> bool:
    if "cue:unclear@title" in reading.features:
        return not subject.description.strip()
    return not any(c.isalpha() for c in subject.title + subject.description)


def _noise(subject: Subject, scheme: Scheme) -> Classification:
    """A sub-task that says nothing is part of the work above it; anything else has to be asked about."""
    duty = "build" if subject.parent and "sub" in subject.type.lower() else UNCLEAR
    words = subject.title.strip()[:80]
    return _low(scheme, duty, "T19", [Evidence(field="title", words=words, duty=duty, strength="weak")])


def _is_bare_purchase(reading: Reading) -> bool:
    """The one case where a list decides: its name is about purchases and nothing else says anything."""
    said = [hit for hit in reading.hits if hit.field in SPEAKING and hit.cue.duty in DUTIES]
    return not said and any(hit.cue.rule == "T21" for hit in reading.hits)


def _low(scheme: Scheme, duty: str, rule: str, evidence: Sequence[Evidence]) -> Classification:
    return Classification(
        scheme=scheme.name,
        role=scheme.role(duty),
        duty=duty,
        confidence=Confidence.LOW,
        rule=rule,
        evidence=tuple(evidence),
    )


def _aim(hits: Sequence[Hit]) -> Hit | None:
    """The words that say how high it aims, in the title if they are there; a high audience outranks a low object."""
    found = [hit for hit in hits if hit.cue.duty.startswith("altitude") and hit.field in AIMING]
    return min(found, key=lambda hit: (hit.field != "title", hit.cue.duty), default=None)


def _rule(duty: str, lead: float, hits: Sequence[Hit]) -> str:
    if lead < CLOSE:
        return "T18"
    if not hits:
        return DUTIES[duty].rule
    return min(hits, key=lambda hit: (ORDER[hit.field], hit.cue.strength != "strong")).cue.rule


def _confidence(scheme: Scheme, role: Role, duty: str, altitude: str | None, shares: Sequence[float]) -> Confidence:
    sure = sum(compress(shares, scheme.answered(role, altitude)))
    if sure < scheme.medium:
        return Confidence.LOW
    capped = duty in scheme.at_most_medium or (duty in scheme.altitude and altitude is None)
    return Confidence.MEDIUM if capped or sure < scheme.high else Confidence.HIGH


def _evidence(
    duty: str, runner_up: str, hits: Sequence[Hit], reading: Reading, lexicon: Lexicon
) -> tuple[Evidence, ...]:
    """What speaks for the duty, and one thing that speaks for the runner-up."""
    others = [hit for hit in reading.hits if hit.cue.duty == runner_up and hit.cue.strength != "against"]
    rows = {(hit.field, hit.words, hit.cue.duty): hit.evidence() for hit in (*hits[: MOST_EVIDENCE - 1], *others[:1])}
    return (*([] if hits else _words(duty, reading, lexicon)), *rows.values())


def _words(duty: str, reading: Reading, lexicon: Lexicon) -> list[Evidence]:
    """Without a cue, the words that weighed most."""
    place = PLACE[duty]
    parts = (("title", "title", reading.title, 1.0), ("text", "description", reading.text, reading.thinned))
    weighed = [
        (lexicon.lanes.unpack(word.packed[part])[place] * share, name, word.surface)
        for part, name, words, share in parts
        for word in words
        if word.packed[part]
    ]
    best = sorted([row for row in weighed if row[0] > LEAST_WORD], key=lambda row: -row[0])[:MOST_WORDS]
    return [Evidence(field=name, words=surface, duty=duty, strength="weak") for _, name, surface in best]
