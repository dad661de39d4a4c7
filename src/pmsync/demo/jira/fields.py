"""The fields of the demo Jira: what they are called, how Jira describes them, how a change of one is written down.

Inside the demo a field goes by a plain name (`points`); `id` is what the wire calls it (`customfield_10036`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_CUSTOM_TYPES = "com.atlassian.jira.plugin.system.customfieldtypes:"
_AGILE = "com.pyxis.greenhopper.jira:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field. `table` names the small table its value points into; `logged` is its name in a changelog."""

    id: str
    name: str
    type: str
    items: str = ""
    custom: str = ""
    table: str = ""
    logged: str = ""
    clauses: tuple[str, ...] = ()
    scope: Mapping[str, Any] | None = field(default=None, hash=False)

    def definition(self) -> dict[str, Any]:
        """The field as `GET field` lists it."""
        schema: dict[str, Any] = {"type": self.type}
        if self.items:
            schema["items"] = self.items
        if self.custom:
            number = int(self.id.removeprefix("customfield_"))
            schema |= {"custom": self.custom, "customId": number}
            clauses = [f"cf[{number}]", self.name]
        else:
            schema["system"] = self.id
            clauses = list(self.clauses or (self.id,))
        known = {"id": self.id, "key": self.id, "name": self.name, "custom": bool(self.custom), "orderable": True}
        known |= {"navigable": self.id not in {"comment", "worklog"}, "searchable": True, "clauseNames": clauses}
        return {**known, "schema": schema} | ({"scope": dict(self.scope)} if self.scope else {})


def _system(id: str, name: str, type: str, **rest: Any) -> Field:
    return Field(id=id, name=name, type=type, **{"logged": id, **rest})


def _custom(number: int, name: str, type: str, custom: str, **rest: Any) -> Field:
    return Field(id=f"customfield_{number}", name=name, type=type, custom=custom, **{"logged": name, **rest})


FIELDS: dict[str, Field] = {
    "summary": _system("summary", "Summary", "string"),
    "issuetype": _system("issuetype", "Issue Type", "issuetype", table="issuetype", clauses=("issuetype", "type")),
    "project": _system("project", "Project", "project", table="project"),
    "status": _system("status", "Status", "status", table="status"),
    "statuscategorychangedate": _system("statuscategorychangedate", "Status Category Changed", "datetime"),
    "priority": _system("priority", "Priority", "priority", table="priority"),
    "resolution": _system("resolution", "Resolution", "resolution", table="resolution"),
    "resolutiondate": _system("resolutiondate", "Resolved", "datetime", clauses=("resolutiondate", "resolved")),
    "assignee": _system("assignee", "Assignee", "user", table="user"),
    "reporter": _system("reporter", "Reporter", "user", table="user"),
    "creator": _system("creator", "Creator", "user", table="user"),
    "created": _system("created", "Created", "datetime", clauses=("created", "createdDate")),
    "updated": _system("updated", "Updated", "datetime", clauses=("updated", "updatedDate")),
    "duedate": _system("duedate", "Due date", "date", clauses=("due", "duedate")),
    "description": _system("description", "Description", "string"),
    "environment": _system("environment", "Environment", "string"),
    "labels": _system("labels", "Labels", "array", items="string"),
    "components": _system(
        "components", "Components", "array", items="component", table="component", logged="Component"
    ),
    "fixVersions": _system(
        "fixVersions", "Fix versions", "array", items="version", table="version", logged="Fix Version"
    ),
    "parent": _system("parent", "Parent", "issuelink", logged="IssueParentAssociation"),
    "subtasks": _system("subtasks", "Sub-tasks", "array", items="issuelinks"),
    "issuelinks": _system("issuelinks", "Linked Issues", "array", items="issuelinks", logged="Link"),
    "timeoriginalestimate": _system("timeoriginalestimate", "Original estimate", "number"),
    "timeestimate": _system("timeestimate", "Remaining Estimate", "number"),
    "timespent": _system("timespent", "Time Spent", "number"),
    "timetracking": _system("timetracking", "Time tracking", "timetracking"),
    "comment": _system("comment", "Comment", "comments-page"),
    "worklog": _system("worklog", "Log Work", "array", items="worklog"),
    "security": _system("security", "Security Level", "securitylevel", table="security"),
    "epic_link": _custom(10014, "Epic Link", "any", _AGILE + "gh-epic-link"),
    "start": _custom(10015, "Start date", "date", _CUSTOM_TYPES + "datepicker"),
    "rank": _custom(10019, "Rank", "any", _AGILE + "gh-lexo-rank"),
    "sprint": _custom(10020, "Sprint", "array", _AGILE + "gh-sprint", items="json", table="sprint"),
    "flagged": _custom(10021, "Flagged", "array", _CUSTOM_TYPES + "multicheckboxes", items="option"),
    "points": _custom(10036, "Story Points", "number", _CUSTOM_TYPES + "float"),
    "severity": _custom(10041, "Severity", "option", _CUSTOM_TYPES + "select"),
    "customer": _custom(10042, "Customer", "string", _CUSTOM_TYPES + "textfield"),
    # A decoy: team-managed projects bring a field of nearly the same name, which this team never fills.
    "point_estimate": _custom(
        10016,
        "Story point estimate",
        "number",
        _AGILE + "jsw-story-points",
        scope={"type": "PROJECT", "project": {"id": "10099"}},
    ),
}

BY_ID = {known.id: name for name, known in FIELDS.items()}
KEY_FIELD = {
    "id": "issuekey",
    "key": "issuekey",
    "name": "Key",
    "custom": False,
    "orderable": False,
    "navigable": True,
    "searchable": False,
    "clauseNames": ["id", "issue", "issuekey", "key"],
}


def chosen(wanted: tuple[str, ...]) -> tuple[str, ...]:
    """The plain names of the fields a `fields=` list asks for: ids, `*all`, `*navigable` and `-id`."""
    ids = {id for id in wanted if not id.startswith("-")}
    everything = "*all" in ids or (not ids and wanted)
    navigable = "*navigable" in ids
    minus = {id[1:] for id in wanted if id.startswith("-")}
    return tuple(
        name
        for id, name in BY_ID.items()
        if id not in minus and (everything or id in ids or (navigable and id not in {"comment", "worklog"}))
    )
