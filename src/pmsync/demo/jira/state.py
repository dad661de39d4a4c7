"""What the demo Jira remembers, and the things people do to it.

Issues hold ids into small tables (status, user, sprint, version, ...), so renaming a sprint touches no issue, as in
the real thing. Every change of an issue goes through `edit`, which writes the changelog: the history therefore always
leads to the present state. Instants are epoch milliseconds inside, datetimes at the door.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pmsync.demo.jira.fields import FIELDS
from pmsync.demo.jira.history import History, Moved, field_id, logged

Values = dict[str, Any]


@dataclass(slots=True, eq=False)
class Issue:
    """An issue. `values` is keyed by the plain field names; users, statuses and the like are ids."""

    id: int
    key: str
    created: int
    updated: int
    values: Values
    history: list[History] = field(default_factory=list)
    comments: list[Values] = field(default_factory=list)
    worklogs: list[Values] = field(default_factory=list)
    links: list[Values] = field(default_factory=list)
    archived: bool = False
    hidden: bool = False


def millis(instant: datetime) -> int:
    """Epoch milliseconds, exactly."""
    return (instant - datetime.fromtimestamp(0, instant.tzinfo)) // timedelta(milliseconds=1)


def _set(values: Values) -> Values:
    """Only the fields that have a value."""
    return {name: value for name, value in values.items() if value is not None and value != ()}


class Tracker:
    """The state of a Jira site, and what users do to it.

    `key` arguments take a present or former key. `by` is a handle of the user table, `at` an instant (default: `now`).
    A change never happens in the same millisecond as the one before, so that `updated` tells them apart.
    """

    def __init__(self, *, now: Callable[[], datetime], deployment: str, zone: ZoneInfo, index_lag: timedelta) -> None:
        self.now, self.cloud, self.zone = now, deployment == "cloud", zone
        self.index_lag = index_lag // timedelta(milliseconds=1)
        self.base_url, self.myself = "", ""
        self.tables: dict[str, dict[str, Values]] = {}
        self.issues: dict[int, Issue] = {}
        self.keys: dict[str, int] = {}  # every key an issue ever had
        self.children: dict[int, list[int]] = {}
        self.cache: dict[Any, Any] = {}  # rendered answers, dropped by any change
        self.lock = threading.RLock()
        self._unindexed: dict[int, list[tuple[int, Issue | None]]] = {}
        self._numbers: dict[str, int] = {}
        self._last_id = 10000
        self._last_change = 0

    # Reading

    def issue(self, key: str) -> Issue | None:
        """The issue with this id, key or former key, unless it is hidden."""
        found = self.issues.get(int(key) if key.isdigit() else self.keys.get(key.upper(), 0))
        return None if found is None or found.hidden else found

    def find(self, table: str, name: str) -> str:
        """The id of a row, by id, name or key."""
        rows = self.tables[table]
        ids = (id for id, row in rows.items() if name in (id, row.get("name"), row.get("key")))
        found = name if name in rows else next(ids, None)
        if found is None:
            raise KeyError(f"{table} {name}")
        return found

    def indexed(self) -> list[Issue]:
        """What search sees: not the archived and hidden, and changes only after the index lag."""
        now, current = millis(self.now()), dict(self.issues)
        for id, waiting in list(self._unindexed.items()):
            stale = [before for visible, before in waiting if visible > now]
            if not stale:
                del self._unindexed[id]
            elif stale[0] is None:
                current.pop(id, None)
            elif (real := self.issues.get(id)) is None or not real.hidden:
                current[id] = stale[0]
        return [issue for issue in current.values() if not issue.archived and not issue.hidden]

    @property
    def lagging(self) -> bool:
        """Whether the search index is behind."""
        return bool(self._unindexed)

    # Changing

    @contextmanager
    def _changing(self, issue: Issue | None, at: datetime | None) -> Iterator[int]:
        with self.lock:
            moment = max(millis(at or self.now()), self._last_change + 1 if at is None else 0)
            self._last_change = max(moment, self._last_change)
            if issue and self.index_lag:
                before = replace(issue, values=dict(issue.values))
                self._unindexed.setdefault(issue.id, []).append((moment + self.index_lag, before))
            self.cache.clear()
            yield moment

    def next_id(self) -> int:
        """A fresh number, for anything."""
        self._last_id += 1
        return self._last_id

    def _next_key(self, project_id: str) -> str:
        self._numbers[project_id] = number = self._numbers.get(project_id, 0) + 1
        return f"{self.tables['project'][project_id]['key']}-{number}"

    def create(
        self, project: str, type: str, summary: str, *, by: str, at: datetime | None = None, **values: Any
    ) -> Issue:
        """Create an issue in the project's first status. `values` are plain field names; None is left out."""
        project_id = self.find("project", project)
        given: Values = {
            "project": project,
            "issuetype": type,
            "summary": summary,
            "priority": "Medium",
            "reporter": by,
        }
        given |= {"creator": by, "status": self.tables["project"][project_id]["_first"], **values}
        with self._changing(None, at) as moment:
            issue = Issue(self.next_id(), self._next_key(project_id), moment, moment, {})
            issue.values = _set({name: self._value(name, value) for name, value in given.items()})
            issue.values["statuscategorychangedate"] = moment
            issue.values.setdefault("rank", f"0|i{issue.id:05x}:")
            self.issues[issue.id] = issue
            self.keys[issue.key] = issue.id
            self._adopt(issue, None)
            if self.index_lag:
                self._unindexed[issue.id] = [(moment + self.index_lag, None)]
        return issue

    def edit(self, key: str, *, by: str = "petra", at: datetime | None = None, **values: Any) -> Issue:
        """Set fields by their plain names, as one history entry; values that do not change leave no trace."""
        issue = self._get(key)
        new = {name: self._value(name, value) for name, value in values.items()}
        new = {name: value for name, value in new.items() if value != issue.values.get(name)}
        items = [item for name, value in new.items() for item in logged(self, issue, name, value)]
        if new:
            with self._changing(issue, at) as moment:
                parent = issue.values.get("parent")
                issue.values = _set({**issue.values, **new})
                self._adopt(issue, parent)
                self._log(issue, moment, by, items)
        return issue

    def transition(
        self, key: str, status: str, *, resolution: str = "Done", by: str = "petra", at: datetime | None = None
    ) -> Issue:
        """Move to a status; into done sets the resolution and its date, out of it clears both."""
        issue = self._get(key)
        before, after = issue.values["status"], self.find("status", status)
        done = self.category(after) == "done"
        self.edit(key, by=by, at=at, status=after, resolution=resolution if done else None)
        if self.category(before) != self.category(after):
            issue.values["statuscategorychangedate"] = issue.updated
            issue.values["resolutiondate"] = issue.updated
            if not done:
                del issue.values["resolutiondate"]
        return issue

    def category(self, status: str) -> str:
        """`new`, `indeterminate` or `done`."""
        key: str = self.tables["status"][status]["statusCategory"]["key"]
        return key

    def comment(self, key: str, body: str, *, by: str = "petra", at: datetime | None = None) -> Issue:
        """Add a comment; it has no changelog entry but moves `updated`."""
        issue = self._get(key)
        with self._changing(issue, at) as moment:
            issue.comments.append({"id": str(self.next_id()), "by": by, "at": moment, "body": body})
            self._log(issue, moment, by, [])
        return issue

    def log_work(
        self, key: str, seconds: int, *, note: str = "", by: str = "jonas", at: datetime | None = None
    ) -> Issue:
        """Log time: the worklog ends at `at`, spent grows and the remaining estimate shrinks."""
        issue = self._get(key)
        spent, left = issue.values.get("timespent", 0) + seconds, issue.values.get("timeestimate")
        remaining = {} if left is None else {"timeestimate": max(left - seconds, 0)}
        self.edit(key, by=by, at=at, timespent=spent, **remaining)
        entry = {"id": str(self.next_id()), "by": by, "at": issue.updated, "body": note, "seconds": seconds}
        issue.worklogs.append(entry)
        return issue

    def link(self, key: str, type: str, other: str, *, by: str = "petra", at: datetime | None = None) -> None:
        """`link("PAY-1", "Blocks", "PAY-2")`: PAY-1 blocks PAY-2. Both ends say so, with the same link id."""
        source, target = self._get(key), self._get(other)
        type_id = self.find("linktype", type)
        words = self.tables["linktype"][type_id]
        record = {"id": str(self.next_id()), "type": type_id, "source": source.id, "target": target.id}
        for end, away, verb in ((source, target, "outward"), (target, source, "inward")):
            with self._changing(end, at) as moment:
                end.links.append(record)
                sentence = f"This issue {words[verb]} {away.key}"
                self._log(end, moment, by, [Moved("Link", "jira", None, None, away.key, sentence)])

    def move(self, key: str, project: str, *, by: str = "petra", at: datetime | None = None) -> Issue:
        """Move to another project: a new key, the same id; the old key goes on working."""
        issue = self._get(key)
        before, after = issue.values["project"], self.find("project", project)
        new_key = self._next_key(after)
        names = [self.tables["project"][id]["name"] for id in (before, after)]
        items = [Moved("project", "jira", before, names[0], after, names[1], field_id(self, "project"))]
        items.append(Moved("Key", "jira", None, issue.key, None, new_key))
        with self._changing(issue, at) as moment:
            issue.key, self.keys[new_key] = new_key, issue.id
            issue.values = {k: v for k, v in issue.values.items() if k not in {"sprint", "fixVersions", "components"}}
            issue.values["project"] = after
            self._log(issue, moment, by, items)
        return issue

    def delete(self, key: str) -> None:
        """Delete an issue with its sub-tasks; nothing says that it was ever there."""
        issue = self._get(key)
        for child in list(self.children.get(issue.id, ())):
            if self.is_subtask(self.issues[child]):
                self.delete(str(child))
        with self._changing(issue, None):
            del self.issues[issue.id]
            self.keys = {key: id for key, id in self.keys.items() if id != issue.id}

    def archive(self, key: str, *, archived: bool = True) -> None:
        """Take an issue out of search and boards; it can still be read by id. `updated` stays."""
        issue = self._get(key)
        with self._changing(issue, None):
            issue.archived = archived

    def restrict(self, key: str, *, hidden: bool = True) -> None:
        """Hide an issue from our account, as a security level would, at once and without a trace."""
        with self.lock:
            self.issues[self.keys[key.upper()]].hidden = hidden
            self.cache.clear()

    def rename(self, table: str, name: str, new: str) -> None:
        """Rename a row of a small table (status, sprint, version, user...); no issue is touched by it."""
        with self._changing(None, None):
            row = self.tables[table][self.find(table, name)]
            row["displayName" if table == "user" else "name"] = new

    def rename_key(self, project: str, new: str) -> None:
        """Give a project another key: all its issues are re-keyed, none of them is `updated`."""
        with self._changing(None, None):
            id = self.find("project", project)
            self.tables["project"][id]["key"] = new
            for issue in self.issues.values():
                if issue.values["project"] == id:
                    issue.key = f"{new}-{issue.key.rpartition('-')[2]}"
                    self.keys[issue.key] = issue.id

    def add_to_sprint(self, key: str, sprint: str, **when: Any) -> Issue:
        """Put an issue into a sprint; the sprints it was in before stay on it, as Jira does."""
        id = self.find("sprint", sprint)
        kept = tuple(i for i in self._get(key).values.get("sprint", ()) if i != id)
        return self.edit(key, sprint=(*kept, id), **when)

    def remove_from_sprint(self, key: str, sprint: str, **when: Any) -> Issue:
        """Take an issue out of a sprint."""
        id = self.find("sprint", sprint)
        return self.edit(key, sprint=tuple(i for i in self._get(key).values.get("sprint", ()) if i != id), **when)

    def is_subtask(self, issue: Issue) -> bool:
        """Whether the issue's type is a sub-task."""
        return bool(self.tables["issuetype"][issue.values["issuetype"]]["subtask"])

    # Details

    def _get(self, key: str) -> Issue:
        issue = self.issue(key)
        if issue is None:
            raise KeyError(key)
        return issue

    def _value(self, name: str, value: Any) -> Any:
        """Turn names into ids, keys into issue ids and lists into tuples."""
        if isinstance(value, list | tuple):
            return tuple(self._value(name, each) for each in value)
        if name == "parent" and value is not None:
            return self._get(str(value)).id
        table = FIELDS[name].table
        return self.find(table, value) if table and value is not None else value

    def _adopt(self, issue: Issue, before: int | None) -> None:
        after = issue.values.get("parent")
        if after != before and before is not None:
            self.children[before].remove(issue.id)
        if after != before and after is not None:
            self.children.setdefault(after, []).append(issue.id)

    def _log(self, issue: Issue, moment: int, by: str, items: list[Moved]) -> None:
        issue.updated = max(moment, issue.updated)
        if items:
            issue.history.append(History(self.next_id(), moment, by, tuple(items)))

    def user_id(self, handle: str) -> str:
        """What the wire calls a user: an account id on Cloud, a key on Data Center."""
        row = self.tables["user"][handle]
        id: str = row["accountId"] if self.cloud else row["key"]
        return id
