"""What the demo Jira remembers.

Issues hold ids into small tables (status, user, sprint, version, ...), so renaming a sprint touches no issue, as in
the real thing. Instants are epoch milliseconds.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pmsync.demo.jira.history import History

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


_EPOCH = datetime.fromtimestamp(0, UTC)


def millis(instant: datetime) -> int:
    """Epoch milliseconds, exactly."""
    return (instant.astimezone(UTC) - _EPOCH) // timedelta(milliseconds=1)


class Tracker:
    """The state of a Jira site. `tables` holds rows as they are sent; names that begin with `_` are only ours."""

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
        self.unindexed: dict[int, list[tuple[int, Issue | None]]] = {}
        self._numbers: dict[str, int] = {}
        self._last_id = 10000
        self._last_change = 0

    def issue(self, key: str) -> Issue | None:
        """The issue with this id, key or former key, unless it is hidden."""
        found = self.issues.get(int(key) if key.isdigit() else self.keys.get(key.upper(), 0))
        return found if found and self.shows(found) else None

    def shows(self, issue: Issue) -> bool:
        """Whether our account may see an issue."""
        return not (issue.hidden or self.tables["project"][issue.values["project"]].get("_hidden"))

    def visible(self, table: str) -> dict[str, Values]:
        """The rows of a table that our account may see."""
        projects, rows = self.tables.get("project", {}), self.tables.get(table, {})
        return {id: row for id, row in rows.items() if not projects.get(row.get("_project", id), {}).get("_hidden")}

    def find(self, table: str, name: str) -> str:
        """The id of a row, by id, name or key."""
        rows = self.tables[table]
        ids = (id for id, row in rows.items() if name in (row.get("name"), row.get("key")))
        found = name if name in rows else next(ids, None)
        if found is None:
            raise KeyError(f"{table} {name}")
        return found

    def indexed(self) -> list[Issue]:
        """What search sees: not the archived and hidden, and changes only after the index lag."""
        now, known = millis(self.now()), dict(self.issues)
        for id, waiting in list(self.unindexed.items()):
            stale = [before for visible, before in waiting if visible > now]
            if not stale:
                del self.unindexed[id]
            elif stale[0] is None:
                known.pop(id, None)
            else:
                known[id] = stale[0]
        shown = (issue for issue in known.values() if self.shows(self.issues.get(issue.id, issue)))
        return [issue for issue in shown if not issue.archived]

    @property
    def lagging(self) -> bool:
        """Whether the search index is behind."""
        return bool(self.unindexed)

    def category(self, status: str) -> str:
        """`new`, `indeterminate` or `done`."""
        key: str = self.tables["status"][status]["statusCategory"]["key"]
        return key

    def subtasks(self, issue: Issue) -> list[Issue]:
        """The sub-tasks of an issue."""
        children = [self.issues[id] for id in self.children.get(issue.id, ()) if id in self.issues]
        return [child for child in children if self.is_subtask(child)]

    def is_subtask(self, issue: Issue) -> bool:
        """Whether the issue's type is a sub-task."""
        return bool(self.tables["issuetype"][issue.values["issuetype"]]["subtask"])

    def user_id(self, handle: str) -> str:
        """What the wire calls a user: an account id on Cloud, a key on Data Center."""
        row = self.tables["user"][handle]
        id: str = row["accountId"] if self.cloud else row["key"]
        return id

    @contextmanager
    def changing(self, issue: Issue | None, at: datetime | None) -> Iterator[int]:
        """Around every change: gives its instant, drops what was rendered, keeps what a lagging index still shows."""
        with self.lock:
            moment = max(millis(at or self.now()), self._last_change + 1 if at is None else 0)
            self._last_change = max(moment, self._last_change)
            if issue and self.index_lag:
                lists: Values = {
                    name: list(getattr(issue, name)) for name in ("history", "comments", "worklogs", "links")
                }
                before = replace(issue, values=dict(issue.values), **lists)
                self.unindexed.setdefault(issue.id, []).append((moment + self.index_lag, before))
            self.cache.clear()
            yield moment

    def next_id(self) -> int:
        """A fresh number, for anything."""
        self._last_id += 1
        return self._last_id

    def next_key(self, project_id: str) -> str:
        """The key of the next issue of a project."""
        self._numbers[project_id] = number = self._numbers.get(project_id, 0) + 1
        return f"{self.tables['project'][project_id]['key']}-{number}"
