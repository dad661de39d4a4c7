"""A small JQL: enough of the query language for connectors and for curious people.

Fields, `=`, `!=`, `in`, `not in`, `is`, `<` to `>=`, `~`, AND, OR, NOT, parentheses, ORDER BY. Dates are epoch
milliseconds, `-15m`, or literals read in the user's time zone, to the minute. Wrong words are a `JqlError`, in
Jira's own sentences.
"""

import re
from dataclasses import dataclass, field

from pmsync.demo.jira.clauses import COMPARE, NAMES, JqlError, Test, clause, sort_key
from pmsync.demo.jira.state import Issue, Tracker

__all__ = ["JqlError", "Query", "parse", "sort_key"]

_TOKEN = re.compile(
    r"""\s*(?: "((?:[^"\\]|\\.)*)" | '((?:[^'\\]|\\.)*)' | (!=|>=|<=|!~|[=<>~(),]) | ([^\s=<>~(),!"']+) )""", re.VERBOSE
)


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
            self.order.append((NAMES.get(name, name), self.skip("desc") or (self.skip("asc") and False)))
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
        if operator not in {*COMPARE, "!=", "~", "!~", "in", "not in", "is", "is not"}:
            raise JqlError(f"Error in the JQL Query: Expecting operator but got '{operator}'.")
        test = clause(self.tracker, name, operator, self.values())
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


def _everything(_: Issue) -> bool:
    return True


def _negated(test: Test) -> Test:
    return lambda issue: not test(issue)
