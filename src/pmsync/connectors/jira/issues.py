"""Issues as JSON text: what both kinds of Jira send, what they leave out, and how it is put back."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import ClassVar, Protocol, TypeVar

import msgspec

from pmsync.connectors.decoding import decode
from pmsync.connectors.jira.client import Client
from pmsync.connectors.jira.shapes import EXTRA
from pmsync.connectors.transport import AnswerError
from pmsync.model import Raw

T = TypeVar("T")


class Listed(msgspec.Struct, frozen=True):
    """An issue that a query has; `updated` as Jira writes it, where it was asked for."""

    id: int
    updated: str | None = None


class Seen(msgspec.Struct, frozen=True):
    """An issue that can be read by id, whatever searches say."""

    id: str
    key: str


class Rows(msgspec.Struct):
    """A changelog, comments or worklogs, inside an issue or as a page: those that are here, of `total`."""

    total: int = 0
    histories: list[msgspec.Raw] = []
    comments: list[msgspec.Raw] = []
    worklogs: list[msgspec.Raw] = []

    @property
    def listed(self) -> list[msgspec.Raw]:
        """Those that are here, of whichever kind."""
        return self.histories or self.comments or self.worklogs

    @property
    def cut(self) -> bool:
        """Whether some are not here."""
        return self.total > len(self.listed)


class _Project(msgspec.Struct):
    id: str = ""


class _Fields(msgspec.Struct):
    project: _Project | None = None
    comment: Rows | None = None
    worklog: Rows | None = None


class _Peek(msgspec.Struct):
    id: str
    key: str = ""
    changelog: Rows | None = None
    fields: _Fields | None = None


@dataclass(frozen=True, slots=True)
class Short:
    """An issue whose JSON lacks something, and what."""

    id: str
    body: bytes
    history: bool
    comments: bool
    worklogs: bool


@dataclass(frozen=True, slots=True)
class Bodies:
    """The answer to one request for issues: those that are whole, those that lack something, those that failed."""

    whole: tuple[tuple[str, bytes], ...]
    short: tuple[Short, ...]
    keys: frozenset[tuple[str, str]] = frozenset()
    """Projects with what their issues' keys begin with."""
    failed: tuple[int, ...] = ()


def batched(rows: Iterable[T], size: int) -> Iterator[list[T]]:
    """The same rows, `size` at a time."""
    rest = iter(rows)
    while batch := list(islice(rest, size)):
        yield batch


class Engine(Protocol):
    """What differs between Jira Cloud and Data Center. `query` is JQL without ORDER BY; instants are epoch ms."""

    at_once: ClassVar[int]
    """Issues asked for in one request."""

    def walk(self, query: str, since: int | None, *, dated: bool) -> Iterable[Listed]:
        """Every issue of a query, changed at or after `since` if given."""
        ...

    def bodies(self, ids: Sequence[int], fields: Sequence[str]) -> Bodies:
        """Issues by id with these fields and history; those that are not there or not visible are left out."""
        ...

    def histories(self, ids: Sequence[str]) -> Mapping[str, list[msgspec.Raw]]:
        """The whole history of each issue."""
        ...

    def count(self, query: str) -> int:
        """How many issues a query has."""
        ...

    def look(self, ids: Sequence[int]) -> Mapping[int, Seen]:
        """Which of these can be read by id, without asking the search index."""
        ...


def sort_out(raws: Iterable[msgspec.Raw], failed: Sequence[int] = ()) -> Bodies:
    """Tell whole issues from those whose history, comments or worklogs were cut."""
    whole: list[tuple[str, bytes]] = []
    short: list[Short] = []
    keys: set[tuple[str, str]] = set()
    for raw in raws:
        peek, body = decode(raw, _Peek), bytes(raw)
        log, fields = peek.changelog, peek.fields or _Fields()
        keys.add((fields.project.id if fields.project else "", peek.key.rpartition("-")[0]))
        lacks = Short(
            peek.id,
            body,
            log is None or log.cut,
            fields.comment is not None and fields.comment.cut,
            fields.worklog is not None and fields.worklog.cut,
        )
        if lacks.history or lacks.comments or lacks.worklogs:
            short.append(lacks)
        else:
            whole.append((peek.id, body))
    return Bodies(tuple(whole), tuple(short), frozenset(keys), tuple(failed))


def completed(client: Client, short: Short, histories: list[msgspec.Raw] | None) -> bytes | None:
    """The issue's JSON text with what was fetched beside it as one more member; None if it is gone by now."""
    extra = {} if histories is None else {"histories": histories}
    try:
        if short.comments:
            extra["comments"] = _all_of(client, f"issue/{short.id}/comment")
        if short.worklogs:
            extra["worklogs"] = _all_of(client, f"issue/{short.id}/worklog")
    except AnswerError as error:
        if error.status != 404:
            raise
        return None
    return short.body.rstrip()[:-1] + b',"%s":%s}' % (EXTRA.encode(), msgspec.json.encode(extra))


def _all_of(client: Client, path: str) -> list[msgspec.Raw]:
    found: list[msgspec.Raw] = []
    while True:
        page = client.get(path, Rows, startAt=len(found), maxResults=1000)
        found += page.listed
        if not page.listed or len(found) >= page.total:
            return found


def packed(id: str, body: bytes, boards: Mapping[int, Sequence[str]]) -> Raw:
    """The record to store; its note says on which boards the issue was found."""
    return Raw.of("issue", id, body, ",".join(boards.get(int(id), ())))
