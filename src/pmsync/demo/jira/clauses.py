"""The clauses of the demo Jira's query language: a field, an operator, values, made into a test of an issue."""

import re
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from operator import attrgetter, eq, ge, gt, le, lt
from typing import Any

from pmsync.demo.jira.fields import FIELDS
from pmsync.demo.jira.state import Issue, Tracker, millis

Test = Callable[[Issue], bool]
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
COMPARE = {"=": eq, ">": gt, ">=": ge, "<": lt, "<=": le}
NAMES = {
    "type": "issuetype", "issue": "key", "issuekey": "key", "createddate": "created",
    "updateddate": "updated", "due": "duedate", "resolved": "resolutiondate", "fixversion": "fixVersions",
    "fixversions": "fixVersions", "component": "components", "epic link": "parent",
    "description": "text", "summary": "text",
    **{f"cf[{known.id.removeprefix('customfield_')}]": name for name, known in FIELDS.items() if known.custom},
}  # fmt: skip
_TABLES = {
    "project": "project", "status": "status", "issuetype": "issuetype", "priority": "priority", "assignee": "user",
    "reporter": "user", "resolution": "resolution", "sprint": "sprint", "fixVersions": "version",
    "components": "component",
}  # fmt: skip
_TIMES = {"created", "updated", "resolutiondate"}
_SPRINT_STATES = {"opensprints()": {"active"}, "closedsprints()": {"closed"}, "futuresprints()": {"future"}}


class JqlError(Exception):
    """A query Jira would refuse; the text is what Jira would say."""


def sort_key(name: str) -> Callable[[Issue], Any]:
    """How to sort by a field; unknown and unset values come first."""
    if name == "key":
        return key_order
    if name in {"id", "created", "updated"}:
        return attrgetter(name)
    return lambda issue: str(issue.values.get(name, ""))


def key_order(issue: Issue) -> tuple[str, int]:
    """PAY-9 before PAY-10."""
    project, _, number = issue.key.rpartition("-")
    return project, int(number)


def clause(tracker: Tracker, name: str, operator: str, values: list[str]) -> Test:
    """The test that a clause stands for; `!=` and its like are for the caller to turn round.

    Raises:
        JqlError: the field, the operator or a value is unknown.
    """
    known = NAMES.get(name.lower(), name.lower())
    if operator in {"is", "is not"} or values in (["empty"], ["EMPTY"]):
        return lambda issue: issue.values.get(known) is None
    if known in {"key", "id"}:
        return _keys(tracker, operator, values)
    if known in _TIMES or known == "duedate":
        return _times(tracker, known, operator, values[0])
    if known == "text":
        return _contains(values[0].strip('"*').lower())
    return _has("status" if known == "statuscategory" else known, _wanted(tracker, name, known, values))


def _wanted(tracker: Tracker, name: str, known: str, values: list[str]) -> set[Any]:
    """What the values of a list-like clause stand for: ids, or labels."""
    if known == "statuscategory":
        return _statuses(tracker, values)
    if known == "labels":
        return set(values)
    if known == "parent":
        return {issue.id for value in values if (issue := tracker.issue(value))}
    if known in _TABLES:
        return _ids(tracker, name, _TABLES[known], values)
    raise JqlError(f"Field '{name}' does not exist or you do not have permission to view it.")


def _has(name: str, wanted: set[Any]) -> Test:
    def test(issue: Issue) -> bool:
        value = issue.values.get(name)
        return not wanted.isdisjoint(value) if isinstance(value, tuple) else value in wanted

    return test


def _contains(words: str) -> Test:
    return lambda issue: words in f"{issue.values['summary']} {issue.values.get('description', '')}".lower()


def _ids(tracker: Tracker, name: str, table: str, values: Iterable[str]) -> set[str]:
    rows, found = tracker.visible(table), set()
    for value in values:
        if states := _SPRINT_STATES.get(value):
            found |= {id for id, row in rows.items() if row["state"] in states}
            continue
        wanted = tracker.myself if value == "currentuser()" else value.lower()
        ids = {id for id, row in rows.items() if wanted in _called(id, row)}
        if not ids:
            raise JqlError(f"The value '{value}' does not exist for the field '{name}'.")
        found |= ids
    return found


def _called(id: str, row: dict[str, Any]) -> set[str]:
    words = (row.get(word) for word in ("name", "key", "displayName", "accountId", "emailAddress"))
    return {id, *(str(word).lower() for word in words if word), *row.get("_former", ())}


def _statuses(tracker: Tracker, values: list[str]) -> set[str]:
    found = set()
    for value in values:
        rows = tracker.tables["status"].items()
        ids = {id for id, row in rows if value.lower() in {str(v).lower() for v in row["statusCategory"].values()}}
        if not ids:
            raise JqlError(f"The value '{value}' does not exist for the field 'statusCategory'.")
        found |= ids
    return found


def _keys(tracker: Tracker, operator: str, values: list[str]) -> Test:
    if operator in {"=", "!=", "in", "not in"}:
        return _numbers({_known(tracker, value).id for value in values})
    compare = COMPARE[operator]
    if values[0].isdigit():
        return lambda issue: compare(issue.id, int(values[0]))
    project, _, number = values[0].upper().rpartition("-")
    prefix = project + "-"
    return lambda issue: issue.key.startswith(prefix) and compare(int(issue.key[len(prefix) :]), int(number))


def _numbers(ids: set[int]) -> Test:
    return lambda issue: issue.id in ids


def _known(tracker: Tracker, value: str) -> Issue:
    issue = tracker.issue(value)
    if issue is None:
        what = f"A value with ID '{value}'" if value.isdigit() else f"An issue with key '{value}'"
        raise JqlError(f"{what} does not exist for field 'key'.")
    return issue


def _times(tracker: Tracker, name: str, operator: str, value: str) -> Test:
    if operator not in COMPARE:
        raise JqlError(f"The operator '{operator}' is not supported by the '{name}' field.")
    compare, limit = COMPARE[operator], _instant(tracker, name, value)
    if name == "duedate":
        day = datetime.fromtimestamp(limit / 1000, tracker.zone).date().isoformat()
        return lambda issue: "duedate" in issue.values and bool(compare(issue.values["duedate"], day))
    if name == "resolutiondate":
        return lambda issue: "resolutiondate" in issue.values and bool(compare(issue.values[name], limit))
    if name == "updated":
        return lambda issue: bool(compare(issue.updated, limit))
    return lambda issue: bool(compare(issue.created, limit))


def _instant(tracker: Tracker, name: str, value: str) -> int:
    if value.isdigit():
        return int(value)
    if value == "now()":
        return millis(tracker.now())
    if found := re.fullmatch(r"([+-]?\d+)([mhdw])", value):
        return millis(tracker.now() + timedelta(**{_UNITS[found[2]]: int(found[1])}))
    try:
        return millis(datetime.strptime(value.replace("/", "-"), _pattern(value)).replace(tzinfo=tracker.zone))
    except ValueError:
        hint = "Valid formats include: 'yyyy/MM/dd HH:mm', 'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period"
        raise JqlError(
            f"Date value '{value}' for field '{name}' is invalid. {hint} format e.g. '-5d', '4w 2d'."
        ) from None


def _pattern(value: str) -> str:
    return "%Y-%m-%d %H:%M" if " " in value else "%Y-%m-%d"
