"""What people do to the demo Jira.

Every change of an issue goes through `edit`, which writes the changelog: the history always leads to the present.
"""

from datetime import datetime
from typing import Any

from msgspec import UNSET

from pmsync.demo.jira.fields import FIELDS
from pmsync.demo.jira.history import History, Moved, logged
from pmsync.demo.jira.state import Issue, Tracker, Values


class BusyTracker(Tracker):
    """A tracker with people at work.

    `key` arguments take a present or former key, `by` is a handle of the user table, `at` an instant (default: `now`).
    Without `at`, a change never happens in the same millisecond as the one before: `updated` tells them apart.
    """

    def create(
        self, project: str, type: str, summary: str, *, by: str, at: datetime | None = None, **values: Any
    ) -> Issue:
        """Create an issue in the project's first status. `values` are plain field names; None is left out."""
        project_id = self.find("project", project)
        given: Values = {"project": project, "issuetype": type, "summary": summary, "priority": "Medium"}
        given |= {"reporter": by, "creator": by, "status": self.tables["project"][project_id]["_first"], **values}
        with self.changing(None, at) as moment:
            issue = Issue(self.next_id(), self.next_key(project_id), moment, moment, {})
            issue.values = _set({name: self._value(name, value) for name, value in given.items()})
            issue.values["statuscategorychangedate"] = moment
            issue.values.setdefault("rank", f"0|i{issue.id:05x}:")
            self.issues[issue.id] = issue
            self.keys[issue.key] = issue.id
            self._adopt(issue, None)
            if self.index_lag:
                self.unindexed[issue.id] = [(moment + self.index_lag, None)]
        return issue

    def edit(self, key: str, *, by: str = "petra", at: datetime | None = None, **values: Any) -> Issue:
        """Set fields by their plain names, as one history entry; values that do not change leave no trace."""
        issue = self._get(key)
        new = {name: self._value(name, value) for name, value in values.items()}
        new = {name: value for name, value in new.items() if value != issue.values.get(name)}
        items = [item for name, value in new.items() for item in logged(self, issue, name, value)]
        if new:
            with self.changing(issue, at) as moment:
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
        with self.lock:
            self.edit(key, by=by, at=at, status=after, resolution=resolution if done else None)
            if self.category(before) != self.category(after):
                dates = {"statuscategorychangedate": issue.updated, "resolutiondate": issue.updated if done else None}
                issue.values = _set({**issue.values, **dates})
        return issue

    def comment(self, key: str, body: str, *, by: str = "petra", at: datetime | None = None) -> Issue:
        """Add a comment; it has no changelog entry but moves `updated`."""
        issue = self._get(key)
        with self.changing(issue, at) as moment:
            issue.comments.append({"id": str(self.next_id()), "by": by, "at": moment, "body": body})
            self._log(issue, moment, by, [])
        return issue

    def uncomment(self, key: str) -> None:
        """Delete the last comment, if there is one; this too moves `updated`."""
        issue = self._get(key)
        if issue.comments:
            with self.changing(issue, None) as moment:
                issue.comments.pop()
                self._log(issue, moment, "petra", [])

    def log_work(
        self, key: str, seconds: int, *, note: str = "", by: str = "jonas", at: datetime | None = None
    ) -> Issue:
        """Log time: the worklog ends at `at`, spent grows and the remaining estimate shrinks."""
        issue = self._get(key)
        spent, left = issue.values.get("timespent", 0) + seconds, issue.values.get("timeestimate")
        remaining = {} if left is None else {"timeestimate": max(left - seconds, 0)}
        with self.lock:
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
            with self.changing(end, at) as moment:
                end.links.append(record)
                sentence = f"This issue {words[verb]} {away.key}"
                self._log(end, moment, by, [Moved("Link", "jira", None, None, away.key, sentence)])

    def move(self, key: str, project: str, *, by: str = "petra", at: datetime | None = None) -> Issue:
        """Move to another project with all sub-tasks: new keys, the same ids; the old keys go on working."""
        issue = self._get(key)
        before, after = issue.values["project"], self.find("project", project)
        names = [self.tables["project"][id]["name"] for id in (before, after)]
        with self.changing(issue, at) as moment:
            new_key = self.next_key(after)
            where = Moved("project", "jira", before, names[0], after, names[1], "project" if self.cloud else UNSET)
            items = [where, Moved("Key", "jira", None, issue.key, None, new_key)]
            issue.key, self.keys[new_key] = new_key, issue.id
            stays = {k: v for k, v in issue.values.items() if k not in {"sprint", "fixVersions", "components"}}
            issue.values = {**stays, "project": after}
            self._log(issue, moment, by, items)
        for child in self.subtasks(issue):
            self.move(child.key, project, by=by, at=at)
        return issue

    def delete(self, key: str) -> None:
        """Delete an issue with its sub-tasks; nothing says that it was ever there."""
        issue = self._get(key)
        for child in self.subtasks(issue):
            self.delete(child.key)
        with self.changing(issue, None):
            del self.issues[issue.id]
            self.keys = {key: id for key, id in self.keys.items() if id != issue.id}

    def archive(self, key: str, *, archived: bool = True) -> None:
        """Take an issue out of search and boards; it can still be read by id. `updated` stays."""
        issue = self._get(key)
        with self.changing(issue, None):
            issue.archived = archived

    def restrict(self, name: str, *, hidden: bool = True) -> None:
        """Hide an issue or a project (by key) from our account, as permissions would: at once, without a trace."""
        with self.lock:
            issue = self.issues.get(self.keys.get(name.upper(), 0))
            if issue:
                issue.hidden = hidden
            else:
                self.tables["project"][self.find("project", name)]["_hidden"] = hidden
            self.cache.clear()

    def rename(self, table: str, name: str, new: str, **values: str) -> None:
        """Rename a row of a small table (status, sprint, version...) or change it; no issue is touched by it."""
        with self.changing(None, None):
            row = self.tables[table][self.find(table, name)]
            row |= {"displayName" if table == "user" else "name": new, **values}

    def refilter(self, board: str, jql: str) -> None:
        """Save another query as a board's filter; no issue is touched by it."""
        with self.changing(None, None):
            self.tables["filter"][self.tables["board"][board]["_filter"]]["jql"] = jql

    def rename_key(self, project: str, new: str) -> None:
        """Give a project another key: all its issues are re-keyed, none is `updated`; queries know both keys."""
        with self.changing(None, None):
            id = self.find("project", project)
            row = self.tables["project"][id]
            row["_former"] = {*row.get("_former", ()), row["key"].lower()}
            row["key"] = new
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


def _set(values: Values) -> Values:
    """Only the fields that have a value."""
    return {name: value for name, value in values.items() if value is not None and value != ()}
