"""From a subject to an answer: add up what the evidence says, name the duty, look the role up."""

from collections.abc import Mapping, Sequence
from math import exp
from typing import Final

from pmsync.model.role import Classification, Confidence, Evidence, Role, Subject
from pmsync.roles.duties import DUTIES, TEAM, UNCLEAR
from pmsync.roles.evidence import Hit, Reading
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
POSITIONS: Final = tuple(tuple(KEYS.index(duty) for duty in kind) for kind in KINDS.values())
CLOSE: Final = 0.05  # two duties nearer than this are a tie (T18)
MOST_EVIDENCE: Final = 5


def classify(subject: Subject, scheme: Scheme) -> Classification:
    """Say whose work it is. Never raises, reads nothing else, and gives the same answer for the same subject."""
    reading = scheme.lexicon.read(subject)
    if _is_noise(subject, reading):
        return _noise(subject, scheme)
    shares = probabilities(reading.features, scheme)
    duty, runner_up = _best_two(shares)
    altitude = _altitude(reading.hits) if duty in scheme.altitude else None
    role = scheme.role(duty, altitude)
    hits = [hit for hit in reading.hits if hit.cue.duty == duty and hit.cue.strength != "against"]
    rule = _rule(duty, shares[KEYS.index(duty)] - shares[KEYS.index(runner_up)], hits)
    confidence = _confidence(scheme, role, duty, altitude, shares)
    if rule == "T21" and confidence is Confidence.HIGH:
        confidence = Confidence.LOW
    return Classification(
        scheme=scheme.name,
        role=role,
        duty=duty,
        confidence=confidence,
        rule=rule,
        evidence=_evidence(duty, runner_up, hits, reading, scheme),
        runner_up=runner_up,
        altitude=altitude,
    )


def probabilities(features: Mapping[str, float], scheme: Scheme) -> list[float]:
    """Share of every duty of the catalogue, in its order; they add up to 1."""
    scores = [0.0] * len(KEYS)
    weights = scheme.weights
    for position, weight in weights.get("bias", ()):
        scores[position] += weight
    for name, value in features.items():
        for position, weight in weights.get(name, ()):
            scores[position] += weight * value
    top = max(scores)
    shares = [exp(score - top) for score in scores]
    total = sum(shares)
    return [share / total for share in shares]


def _best_two(shares: Sequence[float]) -> tuple[str, str]:
    kind = max(POSITIONS, key=lambda positions: sum(shares[position] for position in positions))
    best = max(kind, key=lambda position: shares[position])
    second = max((position for position in range(len(KEYS)) if position != best), key=lambda p: shares[p])
    return KEYS[best], KEYS[second]


def _is_noise(subject: Subject, reading: Reading) -> bool:
    if any(hit.cue.duty == UNCLEAR and hit.field == "title" for hit in reading.hits):
        return not subject.description.strip()
    return not any(c.isalpha() for c in subject.title + subject.description)


def _noise(subject: Subject, scheme: Scheme) -> Classification:
    """A sub-task that says nothing is part of the work above it; anything else has to be asked about."""
    duty = "build" if subject.parent and "sub" in subject.type.lower() else UNCLEAR
    evidence = (Evidence(field="title", words=subject.title.strip()[:80], duty=duty, strength="weak"),)
    return Classification(
        scheme=scheme.name, role=scheme.role(duty), duty=duty, confidence=Confidence.LOW, rule="T19", evidence=evidence
    )  # fmt: skip


def _altitude(hits: Sequence[Hit]) -> str | None:
    """High or low, by the title if it says, else by the rest; a high audience outranks a low object."""
    for fields in (("title",), ("description", "checklist", "label", "parent")):
        found = {hit.cue.duty for hit in hits if hit.field in fields}
        for level in ("high", "low"):
            if f"altitude-{level}" in found:
                return level
    return None


def _rule(duty: str, lead: float, hits: Sequence[Hit]) -> str:
    if lead < CLOSE:
        return "T18"
    order = ("title", "label", "type", "description", "checklist", "component", "parent", "stage")
    found = sorted(hits, key=lambda hit: (order.index(hit.field), hit.cue.strength != "strong"))
    return found[0].cue.rule if found else DUTIES[duty].rule


def _confidence(
    scheme: Scheme, role: Role, duty: str, altitude: str | None, shares: Sequence[float]
) -> Confidence:
    sure = sum(
        share for key, share in zip(KEYS, shares, strict=True) if scheme.role(key, altitude) is role
    )
    if sure < scheme.medium:
        return Confidence.LOW
    capped = duty in scheme.at_most_medium or (duty in scheme.altitude and altitude is None)
    return Confidence.MEDIUM if capped or sure < scheme.high else Confidence.HIGH


def _evidence(
    duty: str, runner_up: str, hits: Sequence[Hit], reading: Reading, scheme: Scheme
) -> tuple[Evidence, ...]:
    against = [hit for hit in reading.hits if hit.cue.duty == runner_up and hit.cue.strength != "against"]
    found = {
        (hit.field, hit.words, hit.cue.duty): hit.cue.strength
        for hit in (*hits[: MOST_EVIDENCE - 1], *against[:1])
    }
    rows = [Evidence(field=f, words=words, duty=key, strength=strength) for (f, words, key), strength in found.items()]
    return tuple(rows if hits else [*_words(duty, reading, scheme), *rows])


def _words(duty: str, reading: Reading, scheme: Scheme) -> list[Evidence]:
    """Without a cue, the three words that weighed most."""
    position = KEYS.index(duty)
    weighed = sorted(
        (
            (weight * value, name)
            for name, value in reading.features.items()
            if name[:2] in ("t:", "d:")
            for place, weight in scheme.weights.get(name, ())
            if place == position and weight > 0
        ),
        reverse=True,
    )[:3]
    return [
        Evidence(field="title" if name[0] == "t" else "description", words=name[2:], duty=duty, strength="weak")
        for _, name in weighed
    ]
