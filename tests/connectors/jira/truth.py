"""What a store should hold of a demo Jira, read from the site's own state, not through the connector."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from fakes import FakeStore
from pmsync.demo.jira.jql import parse
from pmsync.demo.jira.site import JiraSite
from pmsync.model import Field, Presence

Truth = dict[str, dict[str, Any]]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment(milliseconds: int) -> datetime:
    return EPOCH + timedelta(milliseconds=milliseconds)


def truth(site: JiraSite, *, projects: Sequence[str] = (), boards: Sequence[str] = (), jql: str = "") -> Truth:
    """The visible issues in scope, as plain values; `projects` and `boards` are ids."""
    known = site.visible("board")
    chosen = {id: row for id, row in known.items() if id in boards or row["_project"] in projects}
    shows = {id: _filter(site, row) for id, row in (chosen if projects or boards else known).items()}
    narrow = parse(jql, site).matches

    def in_scope(issue: Any) -> bool:
        wide = not (projects or boards) or issue.values["project"] in projects
        return narrow(issue) and (wide or any(shows[board](issue) for board in boards))

    return {
        str(issue.id): _values(site, issue, shows)
        for issue in site.issues.values()
        if not issue.hidden and not issue.archived and in_scope(issue)
    }


def _filter(site: JiraSite, board: dict[str, Any]) -> Callable[[Any], bool]:
    return parse(site.tables["filter"][board["_filter"]]["jql"], site).matches


def _values(site: JiraSite, issue: Any, boards: dict[str, Callable[[Any], bool]]) -> dict[str, Any]:
    values = issue.values
    return {
        "key": issue.key,
        "title": values["summary"],
        "updated": moment(issue.updated),
        "created": moment(issue.created),
        "stage": values["status"],
        "project": values["project"],
        "points": values.get("points"),
        "labels": set(values.get("labels") or ()),
        "sprints": set(values.get("sprint") or ()),
        "assignee": site.user_id(values["assignee"]) if values.get("assignee") else None,
        "due": values.get("duedate"),
        "boards": {board for board, shows in boards.items() if shows(issue)},
        "spent": values.get("timespent"),
        "comments": [comment["id"] for comment in issue.comments],
        "worklogs": [worklog["id"] for worklog in issue.worklogs],
        "status changes": [
            (moment(entry.at), item.after_id)
            for entry in issue.history
            for item in entry.items
            if item.field == "status"
        ],
        "history": {str(entry.id) for entry in issue.history if any(item.field == "status" for item in entry.items)},
    }


def held(store: FakeStore) -> Truth:
    """What the store holds of the items that are here, as plain values."""
    return {id: _held(store, id) for id in store.here()}


def _held(store: FakeStore, id: str) -> dict[str, Any]:
    item, changes = store.items[id], list(store.changes[id].values())
    statuses = [change for change in changes if change.field is Field.STATUS]
    return {
        "key": item.key,
        "title": item.title,
        "updated": item.updated,
        "created": item.created,
        "stage": item.stage_id,
        "project": item.project_id,
        "points": item.points,
        "labels": set(item.labels),
        "sprints": set(item.sprint_ids),
        "assignee": item.assignee_ids[0] if item.assignee_ids else None,
        "due": item.due.isoformat() if item.due else None,
        "boards": set(item.board_ids),
        "spent": item.spent_seconds,
        "comments": [comment.id for comment in item.comments],
        "worklogs": [worklog.id for worklog in item.worklogs],
        "status changes": [(change.at, change.after_id) for change in statuses],
        "history": {change.id.partition(".")[0] for change in statuses},
    }


def assert_equal(store: FakeStore, site: JiraSite, **scope: Any) -> None:
    """The store holds exactly what the site shows, item by item and change by change."""
    wanted, found = truth(site, **scope), held(store)
    assert found.keys() == wanted.keys()
    for id, values in wanted.items():
        wrong = {name: (found[id][name], value) for name, value in values.items() if found[id][name] != value}
        assert not wrong, (values["key"], wrong)
    for id, item in store.items.items():
        if item.presence is Presence.HERE and int(id) in site.issues:
            former = {key for key, number in site.keys.items() if number == int(id)} - {item.key}
            assert set(item.aliases) <= former
