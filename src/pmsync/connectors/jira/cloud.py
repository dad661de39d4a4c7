"""Jira Cloud: ids from `search/jql`, bodies from `issue/bulkfetch`, long histories from `changelog/bulkfetch`."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

import msgspec

from pmsync.connectors.decoding import decode
from pmsync.connectors.jira.client import Client
from pmsync.connectors.jira.issues import Bodies, Listed, Seen, batched, sort_out
from pmsync.connectors.transport import AnswerError
from pmsync.errors import SourceError


class _Updated(msgspec.Struct):
    updated: str | None = None


class _Row(msgspec.Struct):
    id: str
    fields: _Updated | None = None


class _Page(msgspec.Struct):
    issues: list[_Row]
    nextPageToken: str | None = None  # noqa: N815 - Jira's spelling
    isLast: bool | None = None  # noqa: N815


class _Failure(msgspec.Struct):
    id: str | int = ""


class _Bulk(msgspec.Struct):
    issues: list[msgspec.Raw]
    issueErrors: list[_Failure] = []  # noqa: N815


class _History(msgspec.Struct):
    issueId: str  # noqa: N815
    changeHistories: list[msgspec.Raw]  # noqa: N815


class _Histories(msgspec.Struct):
    issueChangeLogs: list[_History]  # noqa: N815
    nextPageToken: str | None = None  # noqa: N815


class _Count(msgspec.Struct):
    count: int


class Cloud:
    """One Jira Cloud site. A bulkfetch takes a hundred issues."""

    at_once: ClassVar[int] = 100

    def __init__(self, client: Client) -> None:
        self._client = client

    def walk(self, query: str, since: int | None, *, dated: bool) -> Iterator[Listed]:
        """Ids come 5,000 at a time, and one request after the other: each token is in the answer before."""
        bound = f" AND updated >= {since}" if since is not None else ""
        body = {"jql": f"{query}{bound} ORDER BY key ASC", "fields": ["updated" if dated else "id"], "maxResults": 5000}
        try:
            yield from self._pages(body)
        except AnswerError as error:
            if error.status != 400 or not re.search(r"token.*(invalid|expired)", error.words, re.IGNORECASE):
                raise
            yield from self._pages(body)  # what came before comes again, and is the same

    def _pages(self, body: Mapping[str, object]) -> Iterator[Listed]:
        tokens: set[str] = set()
        token: str | None = None
        while True:
            page = self._client.post("search/jql", {**body, "nextPageToken": token} if token else body, _Page)
            for row in page.issues:
                yield Listed(int(row.id), row.fields.updated if row.fields else None)
            token = page.nextPageToken
            if page.isLast or not token:
                return
            if token in tokens:
                raise SourceError(
                    f"{self._client.source}: the search gives the same page again and again",
                    hint="run again later; if it stays, the site has a problem",
                )
            tokens.add(token)

    def bodies(self, ids: Sequence[int], fields: Sequence[str]) -> Bodies:
        """Those that fail for the moment are asked for once more."""
        answer = self._bulk(ids, fields)
        again = [int(each.id) for each in answer.issueErrors if str(each.id).isdigit()]
        if again:
            retried = self._bulk(again, fields)
            failed = [int(each.id) for each in retried.issueErrors if str(each.id).isdigit()]
            return sort_out([*answer.issues, *retried.issues], failed)
        return sort_out(answer.issues)

    def _bulk(self, ids: Sequence[int], fields: Sequence[str]) -> _Bulk:
        asked = {"issueIdsOrKeys": [str(id) for id in ids], "fields": fields, "expand": ["changelog"]}
        return self._client.post("issue/bulkfetch", asked, _Bulk)

    def histories(self, ids: Sequence[str]) -> dict[str, list[msgspec.Raw]]:
        """Entries come in the order they happened: one issue's are spread over pages."""
        found: dict[str, list[msgspec.Raw]] = {id: [] for id in ids}
        body: dict[str, object] = {"issueIdsOrKeys": list(ids), "maxResults": 10_000}
        while True:
            page = self._client.post("changelog/bulkfetch", body, _Histories)
            for each in page.issueChangeLogs:
                found.setdefault(each.issueId, []).extend(each.changeHistories)
            if not page.nextPageToken or page.nextPageToken == body.get("nextPageToken"):
                return found
            body["nextPageToken"] = page.nextPageToken

    def count(self, query: str) -> int:
        """Approximate by name; it lags as the search does."""
        return self._client.post("search/approximate-count", {"jql": query}, _Count).count

    def look(self, ids: Sequence[int]) -> dict[int, Seen]:
        """By id, past the index; hidden and deleted issues are left out alike."""
        found: dict[int, Seen] = {}
        for some in batched(ids, self.at_once):
            asked = {"issueIdsOrKeys": [str(id) for id in some], "fields": ["project"]}
            raws = self._client.post("issue/bulkfetch", asked, _Bulk).issues
            seen = (decode(raw, Seen) for raw in raws)
            found.update({int(each.id): each for each in seen})
        return found
