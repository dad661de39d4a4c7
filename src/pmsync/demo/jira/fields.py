"""The fields of the demo Jira: what they are called, how Jira describes them, how a change of one is written down.

Inside the demo a field goes by a plain name (`points`); `id` is what the wire calls it (`customfield_10036`).
"""

from dataclasses import dataclass
from typing import Any

NOT_NAVIGABLE = {"comment", "worklog"}


@dataclass(frozen=True, slots=True)
class Field:
    """A field. `table` names the small table its value points into; `logged` is its name in a changelog."""

    id: str
    name: str
    type: str
    table: str = ""
    items: str = ""
    logged: str = ""
    custom: str = ""

    def definition(self) -> dict[str, Any]:
        """The field as `GET field` lists it."""
        schema: dict[str, Any] = {"type": self.type} | ({"items": self.items} if self.items else {})
        number = int(self.id.removeprefix("customfield_")) if self.custom else 0
        schema |= {"custom": self.custom, "customId": number} if self.custom else {"system": self.id}
        known = {"id": self.id, "key": self.id, "name": self.name, "custom": bool(self.custom), "orderable": True}
        known |= {"navigable": self.id not in NOT_NAVIGABLE, "searchable": True}
        scope = {"scope": {"type": "PROJECT", "project": {"id": "10099"}}} if number == 10016 else {}
        return {
            **known,
            "clauseNames": [f"cf[{number}]", self.name] if number else [self.id],
            "schema": schema,
            **scope,
        }


_SYSTEM = (
    Field("summary", "Summary", "string"),
    Field("issuetype", "Issue Type", "issuetype", "issuetype"),
    Field("project", "Project", "project", "project"),
    Field("status", "Status", "status", "status"),
    Field("statuscategorychangedate", "Status Category Changed", "datetime"),
    Field("priority", "Priority", "priority", "priority"),
    Field("resolution", "Resolution", "resolution", "resolution"),
    Field("resolutiondate", "Resolved", "datetime"),
    Field("assignee", "Assignee", "user", "user"),
    Field("reporter", "Reporter", "user", "user"),
    Field("creator", "Creator", "user", "user"),
    Field("created", "Created", "datetime"),
    Field("updated", "Updated", "datetime"),
    Field("duedate", "Due date", "date"),
    Field("description", "Description", "string"),
    Field("labels", "Labels", "array", items="string"),
    Field("components", "Components", "array", "component", "component", "Component"),
    Field("fixVersions", "Fix versions", "array", "version", "version", "Fix Version"),
    Field("parent", "Parent", "issuelink", logged="IssueParentAssociation"),
    Field("subtasks", "Sub-tasks", "array", items="issuelinks"),
    Field("issuelinks", "Linked Issues", "array", items="issuelinks"),
    Field("timeoriginalestimate", "Original estimate", "number"),
    Field("timeestimate", "Remaining Estimate", "number"),
    Field("timespent", "Time Spent", "number"),
    Field("comment", "Comment", "comments-page"),
    Field("worklog", "Log Work", "array", items="worklog"),
    Field("security", "Security Level", "securitylevel", "security"),
)
_AGILE, _PLAIN = "com.pyxis.greenhopper.jira:", "com.atlassian.jira.plugin.system.customfieldtypes:"
_CUSTOM = {
    "epic_link": Field("customfield_10014", "Epic Link", "any", custom=_AGILE + "gh-epic-link"),
    "start": Field("customfield_10015", "Start date", "date", custom=_PLAIN + "datepicker"),
    # A decoy: team-managed projects bring a field of nearly the same name as Story Points; this team never fills it.
    "guess": Field("customfield_10016", "Story point estimate", "number", custom=_AGILE + "jsw-story-points"),
    "rank": Field("customfield_10019", "Rank", "any", custom=_AGILE + "gh-lexo-rank"),
    "sprint": Field("customfield_10020", "Sprint", "array", "sprint", "json", custom=_AGILE + "gh-sprint"),
    "flagged": Field("customfield_10021", "Flagged", "array", "", "option", custom=_PLAIN + "multicheckboxes"),
    "points": Field("customfield_10036", "Story Points", "number", custom=_PLAIN + "float"),
    "customer": Field("customfield_10042", "Customer", "string", custom=_PLAIN + "textfield"),
}
FIELDS: dict[str, Field] = {known.id: known for known in _SYSTEM} | _CUSTOM


def chosen(wanted: tuple[str, ...]) -> tuple[str, ...]:
    """The plain names of the fields a `fields=` list asks for: ids, `*all`, `*navigable` and `-id`."""
    ids = {id for id in wanted if not id.startswith("-")} or {"*all"}
    if "*all" in ids or "*navigable" in ids:
        hidden = NOT_NAVIGABLE if "*all" not in ids else set()
        ids |= {known.id for known in FIELDS.values()} - hidden
    ids -= {id[1:] for id in wanted if id.startswith("-")}
    return tuple(name for name, known in FIELDS.items() if known.id in ids)
