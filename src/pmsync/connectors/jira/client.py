"""The site: `jira.JIRA` for credentials, certificates, proxies and addresses, with our transport as its session.

The library's own retry (too early on a long Retry-After, a crash on a date), its searches (one page, then silence on
Cloud) and its objects (ten times slower than the JSON they hold) stay off; a client made this way sends nothing yet.
"""

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from jira import JIRA

from pmsync.connectors.interface import Context
from pmsync.connectors.transport import AnswerError, Transport
from pmsync.errors import CredentialsError, ScopeError, SourceError

if TYPE_CHECKING:
    from requests import Response

    from pmsync.config import JiraSource

T = TypeVar("T")

READS = ("/search", "/search/jql", "/search/approximate-count", "/issue/bulkfetch", "/changelog/bulkfetch")
GATEWAY = "https://api.atlassian.com/ex/jira/"


@dataclass(frozen=True, slots=True)
class Site:
    """Who answers and who we are. `now` is the server's clock in epoch milliseconds."""

    cloud: bool
    now: int
    version: str
    raw: bytes
    account: str
    account_zone: str


class Page(msgspec.Struct):
    """A page addressed by offset; `values` stay JSON text."""

    values: list[msgspec.Raw]
    isLast: bool | None = None  # noqa: N815 - Jira's spelling
    total: int | None = None


class Client:
    """Requests to one Jira, by path below its REST API."""

    def __init__(self, source: str, settings: "JiraSource", context: Context) -> None:
        self.source = source
        self.settings = settings
        self._context = context
        self._lock = threading.Lock()
        self._open: tuple[JIRA, Transport] | None = None

    @property
    def requests(self) -> int:
        """How many requests have been sent."""
        return self._open[1].sent if self._open else 0

    def get(self, path: str, type: type[T], *, agile: bool = False, **params: Any) -> T:
        """Read by GET."""
        found: T = self._session.fetch(self._path(path, agile=agile), params=params, type=type)
        return found

    def post(self, path: str, body: Mapping[str, Any], type: type[T]) -> T:
        """Read by POST: only for the endpoints of `READS`."""
        found: T = self._session.fetch(self._path(path), body=body, type=type)
        return found

    def pages(self, path: str, *, size: int, agile: bool = False, **params: Any) -> Iterator[msgspec.Raw]:
        """The values of all pages. Ends on a last page, an empty one, or the total; a short page is not the end."""
        start = 0
        while True:
            page = self.get(path, Page, agile=agile, startAt=start, maxResults=size, **params)
            yield from page.values
            start += len(page.values)
            if page.isLast or not page.values or (page.total is not None and start >= page.total):
                return

    def open(self) -> Site:
        """Find out who answers, and prove that it knows us.

        A wrong or dead token is not refused by Jira Cloud: it answers as it would to anybody, with nothing in it. Only
        `myself` tells.

        Raises:
            CredentialsError: refused, or treated as anonymous.
            ScopeError: what answers is no Jira.
        """
        self._session.pace.start()
        server, me = self._server_info(), self.prove()
        now = datetime.fromisoformat(server["serverTime"])
        return Site(
            cloud=server.get("deploymentType") == "Cloud",
            now=int(now.timestamp() * 1000),
            version=str(server.get("version", "")),
            raw=msgspec.json.encode({name: server.get(name) for name in ("baseUrl", "deploymentType", "version")}),
            account=str(me.get("displayName") or me.get("name")),
            account_zone=str(me.get("timeZone", "")),
        )

    def prove(self) -> dict[str, Any]:
        """Ask who we are: the only answer that strangers do not get.

        Raises:
            CredentialsError: refused, or treated as anonymous.
        """
        me = self._library.myself()
        if not me or not (me.get("accountId") or me.get("name") or me.get("key")):
            raise self._anonymous()
        return me

    def abandon(self) -> None:
        """Let requests under way end soon: nobody waits for them any more. `open` takes it back."""
        if self._open:
            self._open[1].pace.stop()

    def close(self) -> None:
        """Give connections back."""
        if self._open:
            self._open[1].close()

    def _server_info(self) -> dict[str, Any]:
        try:
            server: dict[str, Any] = self._library.server_info()
            datetime.fromisoformat(server["serverTime"])
        except AnswerError as error:
            if error.status not in {200, 404}:
                raise
        except (KeyError, TypeError, ValueError):
            pass
        else:
            return server
        raise ScopeError(
            f"{self.source}: {self.settings.url} does not answer like a Jira",
            hint="`url:` is the site's address with its context path, such as https://jira.example.org/jira",
        )

    @property
    def _library(self) -> JIRA:
        return self._both()[0]

    @property
    def _session(self) -> Transport:
        return self._both()[1]

    def _both(self) -> tuple[JIRA, Transport]:
        with self._lock:
            if self._open is None:
                self._open = self._connect()
            return self._open

    def _path(self, path: str, *, agile: bool = False) -> str:
        return f"/rest/agile/1.0/{path}" if agile else f"/rest/api/2/{path}"

    def _connect(self) -> tuple[JIRA, Transport]:
        settings = self.settings
        address = f"{GATEWAY}{settings.cloud_id}" if settings.cloud_id else settings.url.rstrip("/")
        identity, secret = self._credentials()
        auth: dict[str, Any] = {"basic_auth": (identity, secret)} if identity else {"token_auth": secret}
        verify = str(settings.ca_bundle) if settings.ca_bundle is not None else True
        library = JIRA(
            address,
            options={"verify": verify, **_certificate(settings)},
            get_server_info=False,
            max_retries=0,
            logging=False,
            proxies=_proxies(settings),
            **auth,
        )
        transport = Transport(
            address,
            source=self.source,
            secrets=[secret],
            reads=READS,
            max_wait=self._context.max_wait,
            connections=self._context.connections,
            inspect=self._check_login,
        )
        own = library._session
        transport.auth, transport.verify, transport.cert = own.auth, own.verify, own.cert
        transport.proxies.update(own.proxies)
        own.close()
        library._session = transport  # type: ignore[assignment]
        return library, transport

    def _credentials(self) -> tuple[str | None, str]:
        """Who we say we are (nobody, for a personal access token), and the proof."""
        settings = self.settings
        if settings.token:
            return settings.email, settings.token.reveal()
        if settings.password:
            return settings.username or settings.email, settings.password.reveal()
        raise CredentialsError(
            f"{self.source}: there is no `token:`", hint=f"add `token: env:NAME` to sources.{self.source}"
        )

    def _check_login(self, response: "Response") -> None:
        """Stop on the first answer that was not meant for us, whatever its status."""
        if "CAPTCHA" in response.headers.get("x-authentication-denied-reason", "").upper():
            raise CredentialsError(
                f"{self.source}: {self.settings.url} wants a person to solve a CAPTCHA",
                hint="log in once with a browser; each further try would make it worse. A token avoids this",
            )
        if response.headers.get("x-seraph-loginreason", "").upper() in {
            "AUTHENTICATED_FAILED",
            "AUTHENTICATION_DENIED",
        }:
            raise self._anonymous()

    def _anonymous(self) -> SourceError:
        return CredentialsError(
            f"{self.source}: {self.settings.url} does not accept the credentials and shows what anybody may see",
            hint="the token may be wrong or expired; create a new one. Scoped tokens need `cloud_id:`",
        )


def _certificate(settings: "JiraSource") -> dict[str, Any]:
    if not settings.client_cert:
        return {}
    pair = (str(settings.client_cert), str(settings.client_key)) if settings.client_key else str(settings.client_cert)
    return {"client_cert": pair}


def _proxies(settings: "JiraSource") -> dict[str, str] | None:
    return {"http": settings.proxy, "https": settings.proxy} if settings.proxy else None
