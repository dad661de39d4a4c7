"""Which field means what on this site. Ids differ from site to site and names repeat, so both are only clues."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import msgspec

from pmsync.connectors.jira.shapes import SystemFields
from pmsync.model import Field

AGILE = "com.pyxis.greenhopper.jira:"
CUSTOM = "com.atlassian.jira.plugin.system.customfieldtypes:"
PORTFOLIO = "com.atlassian.jpo:"

RISK_NAMES = {"impact", "probability", "likelihood"}
POINT_NAMES = {"story points", "story point estimate"}
HISTORY = {
    "status": Field.STATUS, "assignee": Field.ASSIGNEE, "timeoriginalestimate": Field.ESTIMATE, "duedate": Field.DUE,
    "issuetype": Field.TYPE, "summary": Field.TITLE, "project": Field.BOARD, "resolution": Field.RESOLUTION,
    "labels": Field.LABEL, "fixversions": Field.VERSION, "fix version": Field.VERSION, "parent": Field.PARENT,
    "issueparentassociation": Field.PARENT, "epic link": Field.PARENT, "sprint": Field.SPRINT, "flagged": Field.FLAG,
}  # fmt: skip
"""Names in a changelog, lower case; custom fields come under their id as well."""


class _Schema(msgspec.Struct):
    type: str = ""
    custom: str = ""


class _Project(msgspec.Struct):
    id: str | int


class _Scope(msgspec.Struct):
    project: _Project | None = None


class Definition(msgspec.Struct):
    """A field as the site describes it; `scope` binds it to one team-managed project."""

    id: str
    name: str = ""
    schema: _Schema = msgspec.field(default_factory=_Schema)
    scope: _Scope | None = None

    @property
    def project_id(self) -> str | None:
        """The only project that has it."""
        return str(self.scope.project.id) if self.scope and self.scope.project else None


@dataclass(frozen=True)
class Fields:
    """The site's fields by meaning. `estimation` says which field each project's boards count points in."""

    definitions: Sequence[Definition] = ()
    points_setting: str | None = None
    estimation: Mapping[str | None, tuple[str, ...]] = field(default_factory=dict)
    others: Sequence[str] = ()
    """Names or ids of fields to keep as they are."""

    @cached_property
    def sprint(self) -> tuple[str, ...]:
        """Sprint membership."""
        return self._custom(AGILE + "gh-sprint")

    @cached_property
    def epic_link(self) -> tuple[str, ...]:
        """The epic's key, on Data Center and old Cloud sites; then the parent of Advanced Roadmaps."""
        return self._custom(AGILE + "gh-epic-link") + self._custom(PORTFOLIO + "jpo-custom-field-parent")

    @cached_property
    def rank(self) -> tuple[str, ...]:
        """The order of the backlog."""
        return self._custom(AGILE + "gh-lexo-rank")

    @cached_property
    def flagged(self) -> tuple[str, ...]:
        """The impediment flag."""
        return self._named(CUSTOM + "multicheckboxes", {"flagged"})

    @cached_property
    def start(self) -> tuple[str, ...]:
        """When work is planned to begin."""
        planned = self._custom(PORTFOLIO + "jpo-custom-field-baseline-start")
        return self._named(CUSTOM + "datepicker", {"start date", "target start"}) + planned

    @cached_property
    def kept(self) -> Mapping[str, str]:
        """Fields that are kept under their own names, by id: those of the config, and what weighs a risk."""
        wanted = {*RISK_NAMES, *(word.lower() for word in self.others)}
        known = (each for each in self.definitions if each.schema.custom)
        return {each.id: each.name for each in known if wanted & {each.id.lower(), each.name.lower()}}

    @cached_property
    def history(self) -> Mapping[str, Field]:
        """What an entry of a changelog is about, by field id and by name in lower case."""
        known = dict(HISTORY)
        for ids, meaning in ((self.sprint, Field.SPRINT), (self.flagged, Field.FLAG), (self.epic_link, Field.PARENT)):
            known.update(dict.fromkeys(ids, meaning))
        for id in self.all_points:
            known[id] = known[self.name(id).lower()] = Field.POINTS
        return known

    @cached_property
    def all_points(self) -> tuple[str, ...]:
        """Every field that holds points in some project."""
        boards = (id for ids in self.estimation.values() for id in ids)
        return tuple(dict.fromkeys((*self._setting(), *boards, *(each.id for each in self.candidates()))))

    def points(self, project: str | None) -> tuple[str, ...]:
        """Where an issue of this project has its points: the first of these that is set.

        The config decides; else what the project's boards estimate in; else the field made for it; else the only
        field of the right name. Nothing when two have it: `ambiguous` lists them.
        """
        if self.points_setting:
            return self._setting()
        if estimation := self.estimation.get(project):
            return estimation
        if self.ambiguous(project):
            return ()
        return tuple(each.id for each in self.candidates() if each.project_id in (None, project))

    def candidates(self) -> list[Definition]:
        """Fields that look like story points, those made for it first."""
        made = [each for each in self.definitions if each.schema.custom == AGILE + "jsw-story-points"]
        named = [
            each
            for each in self.definitions
            if each not in made and each.name.lower() in POINT_NAMES and each.schema.type == "number"
        ]
        return made + named

    def ambiguous(self, project: str | None) -> list[Definition]:
        """Fields between which nothing decides for a project: the same name twice, no board or setting to choose."""
        if self.points_setting or self.estimation.get(project):
            return []
        named = [each for each in self.candidates() if each.project_id in (None, project)]
        named = [each for each in named if each.schema.custom != AGILE + "jsw-story-points"]
        return named if len(named) > 1 else []

    @cached_property
    def custom(self) -> list[str]:
        """The site-specific field ids to ask for."""
        known = (self.sprint, self.epic_link, self.rank, self.flagged, self.start, self.all_points, tuple(self.kept))
        return sorted({id for ids in known for id in ids if id.startswith("customfield_")})

    def wanted(self) -> list[str]:
        """The field ids to ask for."""
        return [*SystemFields.__struct_fields__, *self.custom]

    @property
    def digest(self) -> str:
        """Changes when other fields have to be asked for."""
        return hashlib.blake2b(repr(self.wanted()).encode(), digest_size=8).hexdigest()

    def _setting(self) -> tuple[str, ...]:
        wanted = (self.points_setting or "").lower()
        return tuple(each.id for each in self.definitions if wanted and wanted in (each.id.lower(), each.name.lower()))

    def name(self, id: str) -> str:
        """What the site calls a field."""
        return next((each.name for each in self.definitions if each.id == id), id)

    def _custom(self, custom: str) -> tuple[str, ...]:
        return tuple(each.id for each in self.definitions if each.schema.custom == custom)

    def _named(self, custom: str, names: set[str]) -> tuple[str, ...]:
        found: Iterable[Definition] = (each for each in self.definitions if each.schema.custom == custom)
        return tuple(each.id for each in found if each.name.lower() in names)
