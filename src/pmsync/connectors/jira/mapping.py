"""An issue as Jira sent it, as an item of the common model."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import msgspec

from pmsync.connectors.jira.catalog import Tables, instant, person, sprint, version
from pmsync.connectors.jira.history import changes, former_keys
from pmsync.connectors.jira.tables import CATALOG_KINDS
from pmsync.model import (
    Batch,
    Catalog,
    Comment,
    Item,
    ItemRef,
    ItemType,
    Link,
    Person,
    Raw,
    Record,
    Sprint,
    TextFormat,
    Version,
    Worklog,
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EXTRA = "pmsync"
"""The member added to an issue's JSON for what Jira leaves out of it: the whole history, all comments, all worklogs."""

TYPES = {
    "epic": ItemType.EPIC, "initiative": ItemType.EPIC, "story": ItemType.STORY, "user story": ItemType.STORY,
    "feature": ItemType.STORY, "new feature": ItemType.STORY, "improvement": ItemType.STORY,
    "requirement": ItemType.STORY, "task": ItemType.TASK, "spike": ItemType.TASK, "technical task": ItemType.TASK,
    "bug": ItemType.BUG, "defect": ItemType.BUG, "risk": ItemType.RISK, "incident": ItemType.INCIDENT,
    "[system] incident": ItemType.INCIDENT,
}  # fmt: skip

Json = Mapping[str, Any]


class Mapper:
    """Maps raw records; remembers catalog records for the issues that come later."""

    def __init__(self, source: str, site: str, types: Mapping[str, str], points_setting: str | None) -> None:
        self._source = source
        self._types = {name.lower(): ItemType(kind) for name, kind in types.items()}
        self.tables = Tables(site.rstrip("/"), points_setting)

    def model(self, raws: Iterable[Raw]) -> Batch:
        """The model's view of these records, whatever their order within the page."""
        listed = list(raws)
        catalog = self.tables.take([raw for raw in listed if raw.kind in CATALOG_KINDS])
        seen = _Seen(self.tables)
        records = tuple(self._record(raw, seen) for raw in listed if raw.kind == "issue")
        return Batch(records=records, catalog=seen.catalog() | catalog)

    def _record(self, raw: Raw, seen: "_Seen") -> Record:
        issue = msgspec.json.decode(raw.body())
        extra = issue.get(EXTRA) or {}
        histories = extra.get("histories") or (issue.get("changelog") or {}).get("histories") or ()
        found = changes(issue["id"], histories, self.tables)
        for entry in histories:
            seen.person(entry.get("author"))
        return Record(self._item(issue, extra, histories, raw.note, seen), found)

    def _item(self, issue: Json, extra: Json, histories: Sequence[Json], note: str, seen: "_Seen") -> Item:
        fields, tables = issue["fields"], self.tables
        project = str((fields.get("project") or {}).get("id") or "") or None
        created = instant(fields.get("created")) or EPOCH
        description, format = _text(fields.get("description"))
        kind = fields.get("issuetype") or {}
        boards = tuple(note.split(",")) if note else tables.boards_by_project.get(project or "", ())
        assignee = seen.person(fields.get("assignee"))
        return Item(
            source=self._source,
            id=issue["id"],
            key=issue["key"],
            aliases=former_keys(histories, issue["key"]),
            url=f"{tables.site}/browse/{issue['key']}",
            type=self._type(kind),
            type_name=kind.get("name") or "",
            title=_plain(fields.get("summary")),
            created=created,
            updated=instant(fields.get("updated")) or created,
            stage_id=(fields.get("status") or {}).get("id"),
            project_id=project,
            description=description,
            description_format=format,
            done_at=instant(fields.get("resolutiondate")),
            resolution=_name(fields.get("resolution")),
            priority=_name(fields.get("priority")),
            labels=tuple(fields.get("labels") or ()),
            components=tuple(each["name"] for each in fields.get("components") or ()),
            assignee_ids=(assignee,) if assignee else (),
            reporter_id=seen.person(fields.get("reporter")),
            due=_day(fields.get("duedate")),
            start=_day(_first(fields, tables.fields.start)),
            points=_number(_first(fields, tables.points(project))),
            estimate_seconds=fields.get("timeoriginalestimate"),
            spent_seconds=fields.get("timespent"),
            remaining_seconds=fields.get("timeestimate"),
            parent=_parent(fields, tables.fields.epic_link),
            sprint_ids=seen.sprints(_first(fields, tables.fields.sprint)),
            version_ids=seen.versions(fields.get("fixVersions")),
            board_ids=boards,
            flagged=bool(_first(fields, tables.fields.flagged)),
            rank=_first(fields, tables.fields.rank),
            security=_name(fields.get("security")),
            links=_links(fields.get("issuelinks")),
            comments=_comments(extra.get("comments") or (fields.get("comment") or {}).get("comments"), seen),
            worklogs=_worklogs(extra.get("worklogs") or (fields.get("worklog") or {}).get("worklogs"), seen),
            attachments=tuple(_plain(each.get("filename")) for each in fields.get("attachment") or ()),
            history_complete_from=created,
        )

    def _type(self, kind: Json) -> ItemType:
        """By the config, by level, by name; a team's own words are `other` until the config says what they are."""
        name = (kind.get("name") or "").lower()
        if name in self._types:
            return self._types[name]
        if kind.get("subtask") or kind.get("hierarchyLevel") == -1:
            return ItemType.SUBTASK
        if (kind.get("hierarchyLevel") or 0) > 0:
            return ItemType.EPIC
        return TYPES.get(name, ItemType.OTHER)


class _Seen:
    """People, sprints and versions found on issues; what the small tables say of them is newer and wins."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._people: dict[str, Person] = {}
        self._sprints: dict[str, Sprint] = {}
        self._versions: dict[str, Version] = {}

    def catalog(self) -> Catalog:
        return Catalog(people=self._people, sprints=self._sprints, versions=self._versions)

    def person(self, row: Any) -> str | None:
        if not row:
            return None
        id: str | None = row.get("accountId") or row.get("key") or row.get("name")
        if id and id not in self._people and id not in self._tables.people:
            known = person(row)
            self._people.update({id: known} if known else {})
        return id

    def sprints(self, values: Any) -> tuple[str, ...]:
        found = [known for value in values or () if (known := sprint(value))]
        self._sprints.update({each.id: each for each in found if each.id not in self._tables.sprints})
        return tuple(dict.fromkeys(each.id for each in found))

    def versions(self, values: Any) -> tuple[str, ...]:
        found = [version(row) for row in values or ()]
        self._versions.update({each.id: each for each in found if each.id not in self._tables.versions})
        return tuple(each.id for each in found)


def _text(value: Any) -> tuple[str, TextFormat]:
    """Rich text as it was sent: wiki markup is a string, the Atlassian Document Format an object, kept as JSON."""
    if isinstance(value, Mapping):
        return msgspec.json.encode(value).decode(), TextFormat.ADF
    return _plain(value), TextFormat.WIKI


def _plain(value: Any) -> str:
    """Text without NUL, which PostgreSQL cannot hold."""
    return value.replace("\0", "") if isinstance(value, str) else ""


def _first(fields: Json, ids: Iterable[str]) -> Any:
    """The first of several fields that is set."""
    return next((value for id in ids if (value := fields.get(id)) is not None), None)


def _name(value: Any) -> str | None:
    return value.get("name") if value else None


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) else None


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(value[:10])
    except (TypeError, ValueError):
        return None


def _parent(fields: Json, epic_links: Iterable[str]) -> ItemRef | None:
    if parent := fields.get("parent"):
        return ItemRef(key=parent["key"], id=parent.get("id"))
    key = _first(fields, epic_links)
    return ItemRef(key=key) if isinstance(key, str) and key else None


def _links(rows: Any) -> tuple[Link, ...]:
    """Relations, once each: the same link may come twice."""
    found: dict[str, Link] = {}
    for row in rows or ():
        direction = "out" if "outwardIssue" in row else "in"
        other = row.get("outwardIssue") or row.get("inwardIssue")
        if other:
            kind = row["type"].get("outward") or row["type"].get("name") or ""
            target = ItemRef(key=other["key"], id=other.get("id"))
            found.setdefault(row["id"], Link(type=kind, direction=direction, target=target, id=row["id"]))
    return tuple(found.values())


def _comments(rows: Any, seen: _Seen) -> tuple[Comment, ...]:
    found = []
    for row in rows or ():
        body, format = _text(row.get("body"))
        created, author = instant(row.get("created")) or EPOCH, seen.person(row.get("author"))
        updated = instant(row.get("updated"))
        found.append(
            Comment(id=row["id"], author_id=author, created=created, body=body, format=format, updated=updated)
        )
    return tuple(found)


def _worklogs(rows: Any, seen: _Seen) -> tuple[Worklog, ...]:
    return tuple(
        Worklog(
            id=row["id"],
            author_id=seen.person(row.get("author")),
            started=instant(row.get("started")) or EPOCH,
            seconds=row.get("timeSpentSeconds") or 0,
            comment=_text(row.get("comment"))[0],
        )
        for row in rows or ()
    )
