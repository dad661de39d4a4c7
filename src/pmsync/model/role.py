"""Role: product owner or PM, and how sure that is and why."""

from enum import StrEnum

from msgspec import Struct


class Role(StrEnum):
    """Who answers for an item. Which manager `PM` is depends on the scheme."""

    PO = "PO"
    PM = "PM"


class Confidence(StrEnum):
    """`high`: would bet on a colleague agreeing; `low`: please look."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Subject(Struct, frozen=True, kw_only=True, gc=False):
    """What classification may see of an item: its words and fields, never who reported it."""

    id: str
    title: str
    description: str = ""
    type: str = ""
    labels: tuple[str, ...] = ()
    stage: str = ""
    components: tuple[str, ...] = ()
    checklist: tuple[str, ...] = ()
    parent: str = ""
    board: str = ""
    fields: tuple[str, ...] = ()  # which of due, estimate, spent, version, sprint, link are set
    tracker: str = ""


class Evidence(Struct, frozen=True, kw_only=True, gc=False):
    """Words in a field that speak for a duty."""

    field: str
    words: str
    duty: str
    strength: str = ""


class Classification(Struct, frozen=True, kw_only=True, gc=False):
    """The answer for one item. `duty` is one of the catalogue's keys, a team key, or `unclear`."""

    scheme: str
    role: Role
    duty: str
    confidence: Confidence
    rule: str
    evidence: tuple[Evidence, ...] = ()
    runner_up: str | None = None
    altitude: str | None = None


class Override(Struct, frozen=True, kw_only=True, gc=False):
    """A person's correction. It wins over every rule and survives re-sync and re-key."""

    source: str
    item_id: str
    role: Role
    duty: str | None
    by: str
    at: str
    why: str = ""
