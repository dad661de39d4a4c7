"""A small Trello on loopback: reading only, with Trello's addresses, parameters, limits and ways to say no."""

import re
import time
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from threading import Lock
from urllib.parse import parse_qs, urlsplit

from pmsync.demo.server import Fault, Request, Response, json_response
from pmsync.demo.trello.deeds import CardDesk
from pmsync.demo.trello.query import RefusedError, known
from pmsync.demo.trello.records import Json
from pmsync.demo.trello.routing import route
from pmsync.demo.trello.story import tell

KEY = "5e1f0c2ab9d84763a0c5e8f7d6b41320"
TOKEN = "ATTA3f9d1c7be2804a56d7c1f0b98e6a2d435c70e1f2a9b8d4c6e5f70312ab94cd8e6F2A1B07"  # noqa: S105 - of the demo only
INTERVAL = 10.0  # seconds
MOST = {"api-key": 300, "api-token": 100}
CODES = {"api-key": "API_KEY_LIMIT_EXCEEDED", "api-token": "API_TOKEN_LIMIT_EXCEEDED"}


class RateLimit:
    """So many requests in any ten seconds, counted per credential. Without `enforced` nothing is counted."""

    def __init__(self, enforced: bool, tick: Callable[[], float]) -> None:
        self.enforced, self.tick = enforced, tick
        self._seen: dict[tuple[str, str], deque[float]] = defaultdict(deque)
        self._lock = Lock()

    def count(self, key: str, token: str) -> None:
        """Let one request through, or refuse it."""
        with self._lock:
            windows = {kind: self._window(kind, id) for kind, id in (("api-token", token), ("api-key", key))}
            for kind, window in windows.items():
                if len(window) >= MOST[kind]:
                    raise RefusedError(429, CODES[kind], error=CODES[kind], message="Rate limit exceeded")
            if self.enforced:
                for window in windows.values():
                    window.append(self.tick())

    def headers(self, key: str, token: str) -> dict[str, str]:
        """What is left, as Trello tells with every answer."""
        told = {}
        with self._lock:
            for kind, id in (("api-key", key), ("api-token", token)):
                left = MOST[kind] - len(self._window(kind, id))
                values = {"interval-ms": int(INTERVAL * 1000), "max": MOST[kind], "remaining": left}
                told.update({f"x-rate-limit-{kind}-{name}": str(value) for name, value in values.items()})
        return told

    def _window(self, kind: str, id: str) -> deque[float]:
        window = self._seen[kind, id]
        while window and window[0] <= self.tick() - INTERVAL:
            window.popleft()
        return window


class TrelloSite(CardDesk):
    """A workspace that answers requests. What people do to it are the methods of `CardDesk`.

    `anchor` is where the told story ends (`empty`: no story), `now` (UTC) dates what happens from then on.
    `tokens` maps each token to the words it is refused with, or to nothing. With `limits` the rate limits hold,
    by the clock `tick` (seconds).
    """

    def __init__(
        self,
        anchor: datetime,
        seed: int = 11,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        *,
        empty: bool = False,
        limits: bool = False,
        tick: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(lambda: anchor, seed)
        if not empty:
            tell(self, anchor)
        self.now = now
        self.anchor = anchor
        self.fault: Fault | None = None
        self.tokens = {TOKEN: ""}
        self.rate = RateLimit(limits, tick)

    @property
    def owner(self) -> Json:
        """The member the token belongs to: the first one."""
        return next(iter(self.members.values()))

    def handle(self, request: Request) -> Response:
        """Answer a request; never raises for bad input."""
        key, token = _credentials(request)
        try:
            with self.lock:
                response = json_response(self._answer(request, key, token))
        except RefusedError as error:
            response = error.response()
        clock = {"x-server-time": str(int(self.now().timestamp() * 1000))}
        return replace(response, headers={**response.headers, **clock, **self.rate.headers(key, token)})

    def _answer(self, request: Request, key: str, token: str) -> object:
        self._admit(request, key, token)
        if request.path == "/1/batch":
            return [self._part(url, request, key, token) for url in _urls(request)]
        self.rate.count(key, token)
        return route(self, request)

    def _admit(self, request: Request, key: str, token: str) -> None:
        if key != KEY:
            raise RefusedError(401, "invalid key")
        if not token or request.method != "GET":
            raise RefusedError(401, "missing scopes", message="missing scopes")
        if refusal := self.tokens.get(token, "invalid token"):
            raise RefusedError(401, refusal)

    def _part(self, url: str, request: Request, key: str, token: str) -> Json:
        """One address of a batch; it counts toward the limits like a request."""
        parts = urlsplit(url)
        inner = replace(request, path=f"/1{parts.path}", query=parse_qs(parts.query, keep_blank_values=True))
        try:
            self.rate.count(key, token)
            return {"200": route(self, inner)}
        except RefusedError as error:
            return error.in_batch()

    def board_of(self, id: str) -> Json:
        """A board by id or short link, if the token may see it."""
        return self._seen(self.boards, id, "unauthorized permission requested")

    def card_of(self, id: str) -> Json:
        """A card by id or short link, if the token may see it and its board."""
        card = self._seen(self.cards, id, "unauthorized card permission requested")
        self._seen(self.boards, card["idBoard"], "unauthorized card permission requested")
        return card

    def _seen(self, table: Mapping[str, Json], id: str, refusal: str) -> Json:
        id = self.links.get(id, id)
        if id in self.hidden:
            raise RefusedError(401, refusal)
        return known(table, id)


def _credentials(request: Request) -> tuple[str, str]:
    """Key and token, from the header or the query."""
    header = dict(re.findall(r'(oauth_\w+)="([^"]*)"', request.headers.get("authorization", "")))
    return (
        header.get("oauth_consumer_key") or request.param("key"),
        header.get("oauth_token") or request.param("token"),
    )


def _urls(request: Request) -> list[str]:
    urls = request.param("urls").split(",")
    if not all(url.startswith("/") for url in urls) or len(urls) > 10:
        raise RefusedError(400, "invalid value for urls")
    return urls
