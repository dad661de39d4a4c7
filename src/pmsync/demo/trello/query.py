"""How requests ask for things, in Trello's parameter names, and how Trello says no."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from operator import gt, itemgetter, lt

from pmsync.demo.server import Response, json_response
from pmsync.demo.trello.records import Json, iso

Ask = Callable[..., str]
"""Reads a parameter by name, with a default: the same code serves `limit` and the nested `actions_limit`."""


class RefusedError(Exception):
    """An answer that is not what was asked for. Trello writes most of them as plain text."""

    def __init__(self, status: int, text: str, **body: str) -> None:
        super().__init__(text)
        self.status, self.text, self.body = status, text, body

    def response(self) -> Response:
        """The refusal as Trello sends it: JSON only where it has a code or a message of its own."""
        if self.body:
            return json_response(self.body, self.status)
        return Response(status=self.status, headers={"content-type": "text/plain"}, body=self.text.encode())

    def in_batch(self) -> Json:
        """The refusal of one part of a batch, which is answered with 200 as a whole."""
        names = {401: "UnauthorizedError", 404: "NotFoundError", 429: "RateLimitError"}
        return {"name": names.get(self.status, "Error"), "message": self.text, "statusCode": self.status}


def known(table: Mapping[str, Json], id: str) -> Json:
    """A record by id; raises what Trello answers for ids that are malformed or unknown."""
    if not re.fullmatch(r"[0-9a-f]{24}|[0-9A-Za-z]{8}", id):
        raise RefusedError(400, "invalid id")
    if id not in table:
        raise RefusedError(404, "The requested resource was not found.")
    return table[id]


def pick(record: Json, fields: str) -> Json:
    """A copy with the fields asked for; the id always comes, unknown names are ignored."""
    if fields in ("", "all"):
        return dict(record)
    names = ["id", *fields.split(",")]
    return {name: record[name] for name in names if name in record}


def wanted(value: str) -> bool:
    """Whether a nested part was asked for."""
    return value not in ("", "none", "false")


def limit_of(ask: Ask, default: int, name: str = "limit") -> int:
    """A page size (or number) between 0 and 1,000."""
    text = ask(name) or str(default)
    if not text.isdecimal() or int(text) > 1000:
        raise RefusedError(400, f"invalid value for {name}")
    return int(text)


def between(rows: Iterable[Json], ask: Ask, date_of: Callable[[Json], str]) -> list[Json]:
    """The rows created after `since` and before `before`, each an id or a date; neither end is included."""
    kept = list(rows)
    for name, compare in (("before", lt), ("since", gt)):
        if text := ask(name):
            key: Callable[[Json], str] = itemgetter("id") if _is_id(text) else date_of
            edge = text if _is_id(text) else _date(name, text)
            kept = [row for row in kept if compare(key(row), edge)]
    return kept


def _is_id(text: str) -> bool:
    return len(text) == 24 and text.isalnum() and "T" not in text


def _date(name: str, text: str) -> str:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise RefusedError(400, f"invalid value for {name}") from None
    return iso(at if at.tzinfo else at.replace(tzinfo=UTC))
