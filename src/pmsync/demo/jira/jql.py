"""A small JQL: enough of the query language for connectors and for curious people.

Fields, `=`, `!=`, `in`, `not in`, `is`, `<` to `>=`, `~`, AND, OR, NOT, parentheses, ORDER BY. Dates are epoch
milliseconds, `-15m`, or literals read in the user's time zone, to the minute. Wrong words are a `JqlError`, in
Jira's own sentences.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from operator import eq, ge, gt, le, lt
from typing import Any

from pmsync.demo.jira.state import Issue, Tracker, millis

Test = Callable[[Issue], bool]

_TOKEN = re.compile(
    r"""\s*(?: "((?:[^"\\]|\\.)*)" | '((?:[^'\\]|\\.)*)' | (!=|>=|<=|!~|[=<>~(),]) | ([^\s=<>~(),!"']+) )""", re.VERBOSE
)
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_COMPARE = {"=": eq, ">": gt, ">=": ge, "<": lt, "<=": le}
_NAMES = {
    "type": "issuetype", "issue": "key", "issuekey": "key", "id": "key", "createddate": "created",
    "updateddate": "updated", "due": "duedate", "resolved": "resolutiondate", "fixversion": "fixVersions",
    "fixversions": "fixVersions", "component": "components", "epic link": "parent",
    "description": "text", "summary": "text",
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


@dataclass(slots=True)
class Query:
    """A parsed query: a test, and the fields to sort by with whether each one is descending."""

    matches: Test
    order: tuple[tuple[str, bool], ...]
    bounded: bool


@dataclass(slots=True)
class _Parser:
    tracker: Tracker
    tokens: list[tuple[str, str]]
    place: int = 0
    order: list[tuple[str, bool]] = field(default_factory=list)

    def peek(self) -> str:
        """The next token in lower case; quoted text never looks like a keyword."""
        kind, text = self.tokens[self.place] if self.place < len(self.tokens) else ("end", "")
        return "\0" + text if kind == "quoted" else text.lower()

    def take(self) -> str:
        if self.place >= len(self.tokens):
            raise JqlError(
                "Error in the JQL Query: Expecting either a value, list or function before the end of the query."
            )
        self.place += 1
        return self.tokens[self.place - 1][1]

    def skip(self, *words: str) -> bool:
        found = self.peek() in words
        self.place += found
        return found

    def need(self, word: str) -> None:
        if not self.skip(word):
            where = f"but got '{self.take()}'" if self.peek() else "before the end of the query"
            raise JqlError(f"Error in the JQL Query: Expecting '{word}' {where}.")

    def query(self) -> Query:
        bounded = self.peek() not in {"", "order"}
        matches = self.either() if bounded else _everything
        if self.skip("order"):
            self.need("by")
            self.sorting()
        if self.peek():
            raise JqlError(f"Error in the JQL Query: Expecting either 'OR' or 'AND' but got '{self.take()}'.")
        return Query(matches, tuple(self.order), bounded)

    def sorting(self) -> None:
        while True:
            name = self.take().lower()
            self.order.append((_NAMES.get(name, name), self.skip("desc") or (self.skip("asc") and False)))
            if not self.skip(","):
                return

    def either(self) -> Test:
        tests = [self.both()]
        while self.skip("or"):
            tests.append(self.both())
        return tests[0] if len(tests) == 1 else lambda issue: any(test(issue) for test in tests)

    def both(self) -> Test:
        tests = [self.one()]
        while self.skip("and", "&&"):
            tests.append(self.one())
        return tests[0] if len(tests) == 1 else lambda issue: all(test(issue) for test in tests)

    def one(self) -> Test:
        if self.skip("not", "!"):
            return _negated(self.one())
        if self.skip("("):
            inner = self.either()
            self.need(")")
            return inner
        return self.clause()

    def clause(self) -> Test:
        name, operator = self.take(), self.take().lower()
        if operator == "not":
            self.need("in")
            operator = "not in"
        elif operator == "is" and self.skip("not"):
            operator = "is not"
        if operator not in {*_COMPARE, "!=", "~", "!~", "in", "not in", "is", "is not"}:
            raise JqlError(f"Error in the JQL Query: Expecting operator but got '{operator}'.")
        test = _clause(self.tracker, name, operator, self.values())
        return _negated(test) if operator in {"!=", "!~", "not in", "is not"} else test

    def values(self) -> list[str]:
        if not self.skip("("):
            return [self.value()]
        found = [self.value()]
        while self.skip(","):
            found.append(self.value())
        self.need(")")
        return found

    def value(self) -> str:
        text = self.take()
        if not self.skip("("):
            return text
        self.need(")")
        return text.lower() + "()"


def parse(text: str, tracker: Tracker) -> Query:
    """Read a query against what the tracker knows.

    Raises:
        JqlError: the query is malformed, or names a field or value that does not exist.
    """
    tokens, place = [], 0
    text = text.strip()
    while place < len(text):
        found = _TOKEN.match(text, place)
        if not found:
            raise JqlError(
                f"Error in the JQL Query: The quoted string '{text[place:].strip()[1:]}' has not been completed."
            )
        quoted = found[1] if found[1] is not None else found[2]
        tokens.append(
            ("quoted", re.sub(r"\\(.)", r"\1", quoted)) if quoted is not None else ("word", found[3] or found[4])
        )
        place = found.end()
    return _Parser(tracker, tokens).query()


def sort_key(name: str) -> Callable[[Issue], Any]:
    """How to sort by a field; unknown and unset values come first."""
    if name == "key":
        return key_order
    if name in _TIMES - {"resolutiondate"}:
        return lambda issue: (getattr(issue, name), issue.id)
    return lambda issue: str(issue.values.get(name, ""))


def key_order(issue: Issue) -> tuple[str, int]:
    """PAY-9 before PAY-10."""
    project, _, number = issue.key.rpartition("-")
    return project, int(number)


def _everything(_: Issue) -> bool:
    return True


def _negated(test: Test) -> Test:
    return lambda issue: not test(issue)


def _clause(tracker: Tracker, name: str, operator: str, values: list[str]) -> Test:
    known = _NAMES.get(name.lower(), name.lower())
    if operator in {"is", "is not"} or values in (["empty"], ["EMPTY"]):
        return lambda issue: issue.values.get(known) is None
    if known == "key":
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
    rows, found = tracker.tables.get(table, {}), set()
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
    return {id, *(str(word).lower() for word in words if word)}


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
    compare = _COMPARE[operator]
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
    if operator not in _COMPARE:
        raise JqlError(f"The operator '{operator}' is not supported by the '{name}' field.")
    compare, limit = _COMPARE[operator], _instant(tracker, name, value)
    if name == "duedate":
        day = datetime.fromtimestamp(limit / 1000, tracker.zone).date().isoformat()
        return lambda issue: "duedate" in issue.values and bool(compare(issue.values["duedate"], day))
    if name == "resolutiondate":
        return lambda issue: "resolutiondate" in issue.values and bool(compare(issue.values[name], limit))
    if name == "updated":
        return lambda issue: bool(compare(issue.updated, limit))
    return lambda issue: bool(compare(issue.created, limit))


def _instant(tracker: Tracker, name: str, value: str) -> int:
    if value.isdigit() and len(value) > 8:
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
