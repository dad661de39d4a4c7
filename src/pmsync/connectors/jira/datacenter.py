"""Jira Data Center and Server: everything from `search`, by windows that never reach its limit of 10,000 rows."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import ClassVar

import msgspec

from pmsync.connectors.jira.client import Client
from pmsync.connectors.jira.issues import Bodies, Listed, Rows, Seen, sort_out
from pmsync.connectors.transport import AnswerError
from pmsync.errors import SourceError

WINDOW = 10_000


class _Times(msgspec.Struct):
    created: str = ""
    updated: str | None = None


class _Row(msgspec.Struct):
    id: str
    fields: _Times | None = None


class _Page(msgspec.Struct):
    issues: list[_Row]
    total: int = 0


class _Bodies(msgspec.Struct):
    issues: list[msgspec.Raw]


class _Logged(msgspec.Struct):
    changelog: Rows


class DataCenter:
    """One Jira Data Center or Server. Its search gives a thousand rows; with history that is too much to ask for."""

    at_once: ClassVar[int] = 150

    def __init__(self, client: Client) -> None:
        self._client = client

    def walk(self, query: str, since: int | None, *, dated: bool) -> Iterator[Listed]:
        """Each page begins at the creation time of the last row before it.

        Creation never changes, so nothing can slip out between two pages, as it does with offsets when a row before
        the offset is deleted; and no offset grows towards the server's limit. Rows that come twice are dropped.
        """
        bound = f" AND updated >= {since}" if since is not None else ""
        seen: set[int] = set()
        after, offset = 0, 0
        while True:
            window = f" AND created >= {after}" if after else ""
            jql = f"{query}{bound}{window} ORDER BY created ASC, key ASC"
            asked = {"jql": jql, "startAt": offset, "maxResults": 1000, "fields": ["created", "updated"]}
            page = self._client.post("search", asked, _Page)
            for row in page.issues:
                if int(row.id) not in seen:
                    seen.add(int(row.id))
                    yield Listed(int(row.id), row.fields.updated if row.fields else None)
            if not page.issues or offset + len(page.issues) >= page.total:
                return
            last = _created(page.issues[-1])
            after, offset = (last, 0) if last > after else (after, offset + len(page.issues))
            if offset >= WINDOW - 1000:
                raise SourceError(f"{self._client.source}: more than {WINDOW} issues were created in the same instant")

    def bodies(self, ids: Sequence[int], fields: Sequence[str]) -> Bodies:
        """The search refuses ids that are gone by now, and names them: ask without those."""
        wanted = list(ids)
        while wanted:
            listed = ", ".join(str(id) for id in wanted)
            asked = {"jql": f"id in ({listed}) ORDER BY key ASC", "maxResults": len(wanted), "fields": fields}
            try:
                return sort_out(self._client.post("search", {**asked, "expand": ["changelog"]}, _Bodies).issues)
            except AnswerError as error:
                named = {int(id) for id in re.findall(r"'(\d+)'", error.words)}
                if error.status != 400 or not named & set(wanted):
                    raise
                wanted = [id for id in wanted if id not in named]
        return sort_out(())

    def histories(self, ids: Sequence[str]) -> dict[str, list[msgspec.Raw]]:
        """One by one: only `GET issue` has the whole history."""
        return {id: found for id in ids if (found := self._history(id)) is not None}

    def _history(self, id: str) -> list[msgspec.Raw] | None:
        try:
            return self._client.get(f"issue/{id}", _Logged, fields="id", expand="changelog").changelog.histories
        except AnswerError as error:
            if error.status != 404:
                raise
            return None

    def count(self, query: str) -> int:
        """Exact."""
        return self._client.post("search", {"jql": query, "maxResults": 0, "fields": ["id"]}, _Page).total

    def look(self, ids: Sequence[int]) -> dict[int, Seen]:
        """One by one: archived issues are not in the search."""
        found: dict[int, Seen] = {}
        for id in ids:
            try:
                found[id] = self._client.get(f"issue/{id}", Seen, fields="project")
            except AnswerError as error:
                if error.status not in {403, 404}:
                    raise
        return found


def _created(row: _Row) -> int:
    return int(datetime.fromisoformat(row.fields.created).timestamp() * 1000) if row.fields else 0
