"""Asking Trello: `trello.TrelloClient` over pmsync's transport, refusals by their words, shrinking pages, batches.

Of py-trello only `fetch_json` is used (addresses, authentication); its objects ask two to five times for every card and
stop at 50 or 1,000 rows without a word. Our session moves the key and token it puts into every address into a header.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote, urlsplit

import msgspec
import requests

from pmsync.connectors.decoding import decode
from pmsync.connectors.interface import Context
from pmsync.connectors.transport import AnswerError, Pace, Transport, Window, server_words
from pmsync.connectors.trello.shapes import CARD_ACTIONS
from pmsync.errors import CredentialsError, SourceError

if TYPE_CHECKING:
    from pmsync.config import TrelloSource

T = TypeVar("T")

SIZES = (1000, 500, 250, 100, 50)
BATCH = 10
# Trello allows 100 requests in 10 s for a token (and 300 for a key); the margin is for those that bunch up on the way.
WINDOWS = (Window(100, 10.4),)
CARD_FIELDS = (
    "badges,cardRole,closed,dateClosed,dateCompleted,dateLastActivity,desc,due,dueComplete,idBoard,idLabels,idList,"
    "idMemberCreator,idMembers,idShort,isTemplate,labels,mirrorSourceId,name,pos,shortLink,shortUrl,start"
)
CARD_PARTS = {
    "fields": CARD_FIELDS,
    "checklists": "all",
    "checkItem_fields": "all",
    "customFieldItems": "true",
    "attachments": "true",
    "attachment_fields": "name,url",
}
AUTHOR = "fullName,username"
CARD_AND_ACTIONS = {
    **CARD_PARTS,
    "actions": ",".join(CARD_ACTIONS),
    "actions_limit": "1000",
    "action_memberCreator_fields": AUTHOR,
}
REFUSED = (401, 404)  # hidden or gone: a verdict on the one card, not a failure


class TooBigError(SourceError):
    """Trello refuses or gives up on so large an answer."""


class Part(msgspec.Struct, rename={"card": "200", "status": "statusCode"}):
    """One answer in a batch."""

    card: msgspec.Raw = msgspec.Raw()
    status: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """A response as py-trello takes it: its `json` hands over everything, for only the bytes are wanted."""

    content: bytes
    headers: Mapping[str, str]
    where: str = ""
    status_code: int = 200
    text: str = ""

    def json(self) -> "Answer":
        """Itself."""
        return self

    def decode(self, shape: Any = Any) -> Any:
        """The content, of the shape that msgspec checks it for.

        Raises:
            SourceError: it has another shape.
        """
        try:
            return decode(self.content, shape)
        except msgspec.DecodeError as error:
            raise SourceError(f"{self.where} answered in a form pmsync does not know: {error}") from None

    @property
    def server_time(self) -> datetime:
        """Trello's clock, whatever ours says."""
        if told := self.headers.get("x-server-time"):
            return datetime.fromtimestamp(int(told) / 1000, UTC)
        return parsedate_to_datetime(self.headers["date"])


class Session(Transport):
    """The transport, with Trello's way to authenticate and to refuse."""

    def request(self, method: str, url: str, **options: Any) -> Answer:  # type: ignore[override]
        """As `Transport.request`; `key` and `token` never stay in the address."""
        params = dict(options.get("params") or {})
        login = f'OAuth oauth_consumer_key="{params.pop("key", "")}", oauth_token="{params.pop("token", "")}"'
        headers = {**(options.get("headers") or {}), "Authorization": login}
        response = super().request(method, url, **{**options, "params": params, "headers": headers})
        if not response.content:  # Trello once answered 202 for a while
            raise self._unreachable(response.url, f"answered {response.status_code} without data")
        return Answer(response.content, response.headers, f"{self.source}: {urlsplit(url).path}")

    def _judge(self, response: requests.Response, url: str) -> Any:
        if response.status_code == 429:
            self.pace.pause(int(response.headers.get("x-rate-limit-api-token-interval-ms", 10_000)) / 1000)
        words = "" if response.ok else self._clean(server_words(response))
        if _is_too_big(response.status_code, words):
            message = f"{self.source}: {urlsplit(url).path} is too much for Trello at once ({words})"
            raise TooBigError(message, hint="run again later: Trello may be less busy")
        return super()._judge(response, url)

    def _refusal(self, response: requests.Response, url: str) -> SourceError:
        """Only words tell a dead token from one object that is not ours to see."""
        words = self._clean(server_words(response))
        if response.status_code != 401 or "permission requested" in words:
            message = f"{self.source}: {urlsplit(url).path} was refused ({response.status_code}: {words})"
            return AnswerError(message, status=response.status_code, words=words)
        setting, fix = next(remedy for said, remedy in _CREDENTIALS.items() if said in words)
        return CredentialsError(f"{self.source}: Trello refused sources.{self.source}.{setting} ({words})", hint=fix)


def _is_too_big(status: int, words: str) -> bool:
    """Trello says so with several codes; it gives up on slow answers with a 504."""
    refused = status in (400, 403) and ("API_TOO_MANY" in words or "Too many" in words)
    return refused or status in (449, 504) or "DB_LIMIT_EXCEEDED" in words


_CREDENTIALS = {
    "invalid key": ("key", "the API key has 32 characters and is shown at trello.com/power-ups/admin"),
    "invalid token": ("token", "revoked, mistyped, or the secret instead of the token; create a new one for this key"),
    "": ("token", "create a new one for this key and run `pmsync doctor`"),
}


class Trello:
    """One account of Trello. Connects when it is first asked."""

    def __init__(self, source: str, settings: "TrelloSource", context: Context) -> None:
        self.source = source
        self.settings = settings
        self._context = context

    @property
    def requests(self) -> int:
        """How many requests have been sent."""
        return self._session.sent if "_session" in vars(self) else 0

    @cached_property
    def _session(self) -> Session:
        key, token = self.settings.key.reveal(), self.settings.token.reveal()
        return Session(
            f"{self.settings.url}/1",
            source=self.source,
            secrets=(key, token),
            pace=Pace(self._context.connections, WINDOWS),
            max_wait=self._context.max_wait,
            connections=self._context.connections,
            instead_of="https://api.trello.com/1",
        )

    @cached_property
    def _client(self) -> Any:
        with _without_pyopenssl():
            from trello import TrelloClient
        key, token = self.settings.key.reveal(), self.settings.token.reveal()
        return TrelloClient(api_key=key, api_secret=token, http_service=self._session)

    def get(self, path: str, **params: Any) -> Answer:
        """Read an address below `/1`."""
        answer: Answer = self._client.fetch_json(path, query_params=params)
        return answer

    def close(self) -> None:
        """Give connections back."""
        if "_session" in vars(self):
            self._session.close()

    def cards(self, ids: Sequence[str]) -> Iterator["tuple[str, msgspec.Raw | int]"]:
        """Cards by id, ten with one request: each with its nested actions, or the status it is refused with."""
        for start in range(0, len(ids), BATCH):
            chunk = ids[start : start + BATCH]
            yield from zip(chunk, self._batch(chunk), strict=True)

    def _batch(self, ids: Sequence[str]) -> "Iterator[msgspec.Raw | int]":
        """Every part counts toward the limits. A part that failed for the moment is asked for on its own."""
        query = "&".join(f"{name}={quote(value, safe='')}" for name, value in CARD_AND_ACTIONS.items())
        self._session.pace.reserve(len(ids) - 1)
        for id, part in zip(ids, self._parts([f"/cards/{id}?{query}" for id in ids]), strict=True):
            yield part.card if bytes(part.card) else part.status if part.status in REFUSED else self._card(id)

    def _parts(self, urls: Sequence[str]) -> list[Part]:
        try:
            parts: list[Part] = self.get("batch", urls=",".join(urls)).decode(list[Part])
        except TooBigError:
            return [Part()] * len(urls)
        return parts

    def _card(self, id: str) -> "msgspec.Raw | int":
        try:
            card: msgspec.Raw = self.get(f"cards/{id}", **CARD_AND_ACTIONS).decode(msgspec.Raw)
        except AnswerError as error:
            if error.status not in REFUSED:
                raise
            return error.status
        return card


class Pages:
    """Reads an address page by page, in smaller pages from the moment Trello finds them too big."""

    def __init__(self, trello: Trello, path: str, **params: Any) -> None:
        self._trello, self._path, self._params = trello, path, params
        self._sizes = list(SIZES)

    def page(self, head: type[T], **cursor: Any) -> tuple[list[tuple[T, msgspec.Raw]], bool]:
        """The rows of a page, each with the `head` that reading looks at, and whether more may follow."""
        while True:
            size = self._sizes[0]
            try:
                answer = self._trello.get(self._path, limit=size, **self._params, **cursor)
            except TooBigError:
                if len(self._sizes) == 1:
                    raise
                self._sizes.pop(0)
            else:
                heads = answer.decode(list[head])  # type: ignore[valid-type]
                return list(zip(heads, answer.decode(list[msgspec.Raw]), strict=True)), len(heads) >= size


@contextmanager
def _without_pyopenssl() -> Iterator[None]:
    """py-trello swaps the TLS of the whole process where pyOpenSSL is installed; here it finds none."""
    name = "urllib3.contrib.pyopenssl"
    held = sys.modules.get(name)
    sys.modules[name] = None  # type: ignore[assignment]  # how Python marks what must not be imported
    try:
        yield
    finally:
        del sys.modules[name]
        if held:
            sys.modules[name] = held
