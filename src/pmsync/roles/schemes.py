"""Schemes: which role answers for which duty. Data files; a team's own file can extend one."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import msgspec

from pmsync.errors import ConfigError
from pmsync.model.role import Role
from pmsync.roles.documents import SCHEMES, Document, Key, Problems, open_document
from pmsync.roles.duties import DUTIES, RULES
from pmsync.roles.evidence import FIELDS, TEXT_FIELDS, Lexicon, Weights
from pmsync.roles.words import STRENGTH, Cue, parse_cue

LEVELS: Final = ("high", "low")  # altitude; cue files name their cues altitude-high and altitude-low
CODE: Final = ("words.py", "evidence.py", "classify.py")  # part of the digest: another algorithm may answer differently
SCHEME_KEYS: Final = (
    "name", "about", "extends", "PO", "PM", "altitude", "confidence", "hats", "watch", "cue_files", "cues", "weights",
)  # fmt: skip
CUE_KEYS: Final = ("rule", "strength", "in", "words")
CUED: Final = (*DUTIES, *(f"altitude-{level}" for level in LEVELS))


@dataclass(frozen=True, slots=True, eq=False)
class Scheme:
    """A table from duty to role, with the cues and weights that find the duty. `digest` covers all of it."""

    name: str
    about: str
    duties: Mapping[str, Role]
    altitude: Mapping[str, Mapping[str, Role]]
    high: float
    medium: float
    at_most_medium: frozenset[str]
    hats: Mapping[Role, str]
    watch: tuple[str, ...]
    lexicon: Lexicon
    digest: str
    _answered: Mapping[tuple[Role, str | None], tuple[bool, ...]] = field(init=False)

    def __post_init__(self) -> None:
        table = {
            (role, level): tuple(self.role(duty, level) is role for duty in DUTIES)
            for role in Role
            for level in (None, *LEVELS)
        }
        object.__setattr__(self, "_answered", table)

    def role(self, duty: str, altitude: str | None = None) -> Role:
        """Who answers for `duty`. `altitude` (high or low) matters only for duties that the scheme splits by it."""
        return self.altitude.get(duty, {}).get(altitude or "", self.duties[duty])

    def answered(self, role: Role, altitude: str | None) -> tuple[bool, ...]:
        """For every duty of the catalogue whether `role` answers for it."""
        return self._answered[role, altitude]


@dataclass(slots=True)
class _Draft:
    """What the files say so far; a later file replaces what an earlier one said."""

    said: dict[str, Any] = field(default_factory=dict)
    duties: dict[str, Role] = field(default_factory=dict)
    altitude: dict[str, dict[str, Role]] = field(default_factory=dict)
    confidence: dict[str, Any] = field(default_factory=dict)
    cues: list[Cue] = field(default_factory=list)
    weights: str = "{}"
    table: Weights = field(default_factory=dict)


def load_scheme(name_or_path: str) -> Scheme:
    """A built-in scheme by name, read once, or a team's file. Raises ConfigError that names every mistake."""
    return _built_in(name_or_path) if name_or_path in SCHEMES else _read(name_or_path)


@cache
def _built_in(name: str) -> Scheme:
    return _read(name)


def _read(name_or_path: str) -> Scheme:
    problems, draft = Problems(), _Draft()
    for document in _chain(name_or_path, problems):
        _table(document, draft, problems)
        _cues(document, draft, problems)
        _weights(document, draft, problems)
        draft.said |= document.data
    missing = [duty for duty in DUTIES if duty not in draft.duties]
    if missing:
        problems.found.append(f"{name_or_path}: no role for {', '.join(missing)}; list them under PO or PM, or extend")
    if problems.found:
        hint = "Correct these; docs/roles.md shows the format."
        raise ConfigError(f"the scheme {name_or_path} has mistakes:", hint=hint, problems=problems.found)
    return _scheme(name_or_path, draft)


def _chain(name: str, problems: Problems) -> list[Document]:
    chain = [open_document(name, Path())]
    while base := chain[-1].data.get("extends"):
        if len(chain) > 8:
            problems.add(chain[0], ("extends",), "extends itself")
            break
        chain.append(open_document(str(base), chain[-1].folder))
    for document in chain:
        for key in document.data:
            problems.known(document, (key,), key, SCHEME_KEYS)
    return chain[::-1]


def _table(document: Document, draft: _Draft, problems: Problems) -> None:
    _duties(document, draft, problems)
    for duty, levels in problems.mapping(document, ("altitude",), document.data.get("altitude", {})).items():
        if problems.known(document, ("altitude", duty), duty, tuple(DUTIES)):
            draft.altitude[duty] = _levels(document, ("altitude", duty), levels, problems)
    confidence = problems.mapping(document, ("confidence",), document.data.get("confidence", {}))
    for name, value in confidence.items():
        if problems.known(document, ("confidence", name), name, ("high", "medium", "at_most_medium")):
            _confidence(document, name, value, problems)
    draft.confidence |= confidence
    _hats(document, problems)


def _duties(document: Document, draft: _Draft, problems: Problems) -> None:
    named = {role: problems.words(document, (role,), document.data.get(role, [])) for role in Role}
    for role, duties in named.items():
        for number, duty in enumerate(duties):
            if problems.known(document, (role, number), duty, tuple(DUTIES)):
                draft.duties[duty] = role
                draft.altitude.pop(duty, None)
    for duty in sorted(set(named[Role.PO]) & set(named[Role.PM])):
        problems.add(document, (Role.PM,), f'"{duty}" stands under PO, too; keep one')


def _hats(document: Document, problems: Problems) -> None:
    for role, hat in problems.mapping(document, ("hats",), document.data.get("hats", {})).items():
        problems.known(document, ("hats", role), role, tuple(Role))
        if not isinstance(hat, str):
            problems.add(document, ("hats", role), f'expected the name of a hat, not "{hat}"')
    for number, duty in enumerate(problems.words(document, ("watch",), document.data.get("watch", []))):
        problems.known(document, ("watch", number), duty, tuple(DUTIES))


def _levels(document: Document, key: Key, levels: object, problems: Problems) -> dict[str, Role]:
    found = {}
    for level, role in problems.mapping(document, key, levels).items():
        known = problems.known(document, (*key, level), level, LEVELS)
        if problems.known(document, (*key, level), role, tuple(Role)) and known:
            found[level] = Role(role)
    return found


def _confidence(document: Document, name: str, value: object, problems: Problems) -> None:
    key = ("confidence", name)
    if name == "at_most_medium":
        for number, duty in enumerate(problems.words(document, key, value)):
            problems.known(document, (*key, number), duty, tuple(DUTIES))
    elif not isinstance(value, int | float) or not 0 <= value <= 1:
        problems.add(document, key, f'expected a probability from 0 to 1, not "{value}"')


def _cues(document: Document, draft: _Draft, problems: Problems) -> None:
    draft.cues += _parsed(document, ("cues",), document.data.get("cues", {}), problems)
    for number, name in enumerate(problems.words(document, ("cue_files",), document.data.get("cue_files", []))):
        try:
            cue_file = open_document(name, document.folder)
        except ConfigError as error:
            problems.add(document, ("cue_files", number), f"{error.message} {error.hint}")
        else:
            draft.cues += _parsed(cue_file, (), cue_file.data, problems)


def _parsed(document: Document, key: Key, value: object, problems: Problems) -> Iterator[Cue]:
    for duty, groups in problems.mapping(document, key, value).items():
        problems.known(document, (*key, duty), duty, CUED)
        if not isinstance(groups, list):
            problems.add(document, (*key, duty), "expected a list of groups, each with its words")
            continue
        for number, group in enumerate(groups):
            yield from _group(document, (*key, duty, number), problems.mapping(document, (*key, duty), group), problems)


def _group(document: Document, key: Key, group: dict[str, Any], problems: Problems) -> Iterator[Cue]:
    duty = str(key[-2])
    rule, strength = group.get("rule", DUTIES[duty].rule if duty in DUTIES else "T18"), group.get("strength", "strong")
    fields = group.get("in", list(TEXT_FIELDS))
    for name in group:
        problems.known(document, (*key, name), name, CUE_KEYS)
    fine = problems.known(document, (*key, "rule"), rule, tuple(RULES))
    fine &= problems.known(document, (*key, "strength"), strength, tuple(STRENGTH))
    for name in problems.words(document, (*key, "in"), fields):
        fine &= problems.known(document, (*key, "in"), name, FIELDS)
    for number, pattern in enumerate(problems.words(document, (*key, "words"), group.get("words"))):
        try:
            if fine:
                yield parse_cue(pattern, duty, strength, rule, tuple(fields))
        except ValueError as error:
            problems.add(document, (*key, "words", number), str(error))


def _weights(document: Document, draft: _Draft, problems: Problems) -> None:
    if "weights" not in document.data:
        return
    name = str(document.data["weights"])
    try:
        if document.folder is None:
            draft.weights = resources.files("pmsync.roles").joinpath("data", name).read_text("utf-8")
        else:
            draft.weights = (document.folder / name).read_text("utf-8")
        draft.table = _unpack(draft.weights)
    except (OSError, ValueError, msgspec.MsgspecError) as error:
        problems.add(document, ("weights",), f"{name} is not a table of weights: {error}")


def _unpack(text: str) -> Weights:
    """What each feature weighs for each duty that it speaks for or against."""
    table = msgspec.json.decode(text, type=dict[str, dict[str, float]])
    for duty in sorted(set(chain.from_iterable(table.values())) - set(DUTIES)):
        raise ValueError(f'there is no duty "{duty}"')
    return table


def _scheme(name: str, draft: _Draft) -> Scheme:
    said, confidence = draft.said, draft.confidence
    topics = open_document("topics", None).data
    decisive = [
        sorted(draft.duties.items()),
        sorted((duty, sorted(row.items())) for duty, row in draft.altitude.items()),
        sorted(confidence.items()),
        [[cue.pattern, cue.duty, cue.strength, cue.rule, *cue.features] for cue in draft.cues],
        [resources.files("pmsync.roles").joinpath(code).read_text("utf-8") for code in CODE],
        draft.weights,
        topics,
    ]
    return Scheme(
        name=str(said.get("name", name)),
        about=str(said.get("about", "")),
        duties=MappingProxyType(draft.duties),
        altitude=MappingProxyType(draft.altitude),
        high=float(confidence.get("high", 0.9)),
        medium=float(confidence.get("medium", 0.6)),
        at_most_medium=frozenset(confidence.get("at_most_medium", ())),
        hats={Role(role): str(hat) for role, hat in said.get("hats", {}).items()},
        watch=tuple(said.get("watch", ())),
        lexicon=Lexicon(draft.cues, topics, draft.table),
        digest=hashlib.sha256(json.dumps(decisive).encode()).hexdigest()[:32],
    )
