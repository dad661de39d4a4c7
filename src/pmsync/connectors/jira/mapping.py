"""An issue as Jira sent it, as an item of the common model."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import msgspec

from pmsync.connectors.jira.catalog import Tables, instant, person, sprint, version
from pmsync.connectors.jira.history import changes, former_keys
from pmsync.connectors.jira.shapes import (
    CommentRow,
    Entry,
    Extra,
    Issue,
    IssueLink,
    Kind,
    Named,
    Release,
    SystemFields,
    User,
    WorklogRow,
)
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
TYPES = {
    "epic": ItemType.EPIC, "initiative": ItemType.EPIC, "story": ItemType.STORY, "user story": ItemType.STORY,
    "feature": ItemType.STORY, "new feature": ItemType.STORY, "improvement": ItemType.STORY,
    "requirement": ItemType.STORY, "task": ItemType.TASK, "spike": ItemType.TASK, "technical task": ItemType.TASK,
    "bug": ItemType.BUG, "defect": ItemType.BUG, "risk": ItemType.RISK, "incident": ItemType.INCIDENT,
    "[system] incident": ItemType.INCIDENT,
}  # fmt: skip


class Mapper:
    """Maps raw records; remembers catalog records for the issues that come later."""

    def __init__(self, source: str, types: Mapping[str, str], tables: Tables) -> None:
        self._source = source
        self._types = {name.lower(): ItemType(kind) for name, kind in types.items()}
        self.tables = tables

    def model(self, raws: Iterable[Raw]) -> Batch:
        """The model's view of these records, whatever their order within the page."""
        listed = list(raws)
        catalog = self.tables.take([raw for raw in listed if raw.kind in CATALOG_KINDS])
        seen = _Seen(self.tables)
        records = tuple(self._record(raw, seen) for raw in listed if raw.kind == "issue")
        return Batch(records=records, catalog=seen.catalog() | catalog)

    def _record(self, raw: Raw, seen: "_Seen") -> Record:
        issue = self.tables.decode(raw.body())
        extra = issue.pmsync or Extra()
        histories = extra.histories or (issue.changelog.histories if issue.changelog else [])
        seen.authors(histories)
        return Record(self._item(issue, extra, histories, raw.note, seen), changes(issue.id, histories, self.tables))

    def _item(self, issue: Issue, extra: Extra, histories: Sequence[Entry], note: str, seen: "_Seen") -> Item:
        fields, tables = issue.fields, self.tables
        project = fields.project.id if fields.project else None
        created = instant(fields.created) or EPOCH
        description, format = _text(fields.description)
        kind = fields.issuetype or Kind()
        assignee = seen.person(fields.assignee)
        return Item(
            source=self._source,
            id=issue.id,
            key=issue.key,
            aliases=former_keys(histories, issue.key),
            url=f"{tables.site}/browse/{issue.key}",
            type=self._type(kind),
            type_name=kind.name,
            title=_plain(fields.summary),
            created=created,
            updated=instant(fields.updated) or created,
            stage_id=fields.status.id if fields.status else None,
            project_id=project,
            description=description,
            description_format=format,
            done_at=instant(fields.resolutiondate),
            resolution=_name(fields.resolution),
            priority=_name(fields.priority),
            labels=tuple(fields.labels or ()),
            components=tuple(each.name or "" for each in fields.components or ()),
            assignee_ids=(assignee,) if assignee else (),
            reporter_id=seen.person(fields.reporter),
            due=_day(fields.duedate),
            start=_day(_first(fields, tables.fields.start)),
            points=_number(_first(fields, tables.points(project))),
            estimate_seconds=fields.timeoriginalestimate,
            spent_seconds=fields.timespent,
            remaining_seconds=fields.timeestimate,
            parent=_parent(fields, tables.fields.epic_link),
            sprint_ids=seen.sprints(_first(fields, tables.fields.sprint)),
            version_ids=seen.versions(fields.fixVersions),
            board_ids=tables.boards(project, note),
            flagged=bool(_first(fields, tables.fields.flagged)),
            rank=_first(fields, tables.fields.rank),
            security=_name(fields.security),
            links=_links(fields.issuelinks),
            comments=_comments(extra.comments or (fields.comment.comments if fields.comment else ()), seen),
            worklogs=_worklogs(extra.worklogs or (fields.worklog.worklogs if fields.worklog else ()), seen),
            attachments=tuple(_plain(each.filename) for each in fields.attachment or ()),
            custom_fields=_custom(fields, tables.fields.kept) if tables.fields.kept else {},
            history_complete_from=created,
        )

    def _type(self, kind: Kind) -> ItemType:
        """By the config, by level, by name; a team's own words are `other` until the config says what they are."""
        name = kind.name.lower()
        if name in self._types:
            return self._types[name]
        if kind.subtask or kind.hierarchyLevel == -1:
            return ItemType.SUBTASK
        if (kind.hierarchyLevel or 0) > 0:
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

    def person(self, user: User | None) -> str | None:
        id = user.id if user else None
        if user and id and id not in self._people and id not in self._tables.people:
            self._people[id] = person(user, id)
        return id

    def authors(self, histories: Iterable[Entry]) -> None:
        """Everybody who changed something."""
        for user in {each.author.id: each.author for each in histories if each.author}.values():
            self.person(user)

    def sprints(self, values: Any) -> tuple[str, ...]:
        found = [known for value in values or () if (known := sprint(value))]
        self._sprints.update({each.id: each for each in found if each.id not in self._tables.sprints})
        return tuple(dict.fromkeys(each.id for each in found))

    def versions(self, rows: Iterable[Release] | None) -> tuple[str, ...]:
        found = [version(row) for row in rows or ()]
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


def _first(fields: SystemFields, ids: Iterable[str]) -> Any:
    """The first of several site-specific fields that is set."""
    for id in ids:
        value = getattr(fields, id, None)
        if value is not None:
            return value
    return None


def _custom(fields: SystemFields, kept: Mapping[str, str]) -> dict[str, str | float | bool]:
    """Other fields by name; one that team-managed projects have several of is told by the one that is set."""
    plain = ((name, _simple(getattr(fields, id, None))) for id, name in kept.items())
    return {name: value for name, value in plain if value is not None}


def _simple(value: Any) -> str | float | bool | None:
    """Numbers and words as they are, options and people by what they are called; None for what is not set."""
    if isinstance(value, Mapping):
        words = [value.get(name) for name in ("value", "displayName", "name")]
        child = _simple(value.get("child"))
        return " - ".join(str(each) for each in (*words, child) if each) or None
    if isinstance(value, list):
        return ", ".join(str(each) for each in map(_simple, value) if each is not None) or None
    return _plain(value) or None if isinstance(value, str) else value


def _name(value: Named | None) -> str | None:
    return value.name if value else None


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) else None


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(value[:10]) if value else None
    except (TypeError, ValueError):
        return None


def _parent(fields: SystemFields, epic_links: Iterable[str]) -> ItemRef | None:
    if fields.parent:
        return ItemRef(key=fields.parent.key, id=fields.parent.id)
    key = _first(fields, epic_links)
    return ItemRef(key=key) if isinstance(key, str) and key else None


def _links(rows: Iterable[IssueLink] | None) -> tuple[Link, ...]:
    """Relations, once each: the same link may come twice."""
    found: dict[str, Link] = {}
    for row in rows or ():
        other = row.outwardIssue or row.inwardIssue
        if other:
            direction, kind = "out" if row.outwardIssue else "in", row.type.outward or row.type.name
            target = ItemRef(key=other.key, id=other.id)
            found.setdefault(row.id, Link(type=kind, direction=direction, target=target, id=row.id))
    return tuple(found.values())


def _comments(rows: Iterable[CommentRow], seen: _Seen) -> tuple[Comment, ...]:
    found = []
    for row in rows:
        body, format = _text(row.body)
        created = instant(row.created) or EPOCH
        author, updated = seen.person(row.author), instant(row.updated)
        found.append(Comment(id=row.id, author_id=author, created=created, body=body, format=format, updated=updated))
    return tuple(found)


def _worklogs(rows: Iterable[WorklogRow], seen: _Seen) -> tuple[Worklog, ...]:
    return tuple(
        Worklog(
            id=row.id,
            author_id=seen.person(row.author),
            started=instant(row.started) or EPOCH,
            seconds=row.timeSpentSeconds or 0,
            comment=_text(row.comment)[0],
        )
        for row in rows
    )
