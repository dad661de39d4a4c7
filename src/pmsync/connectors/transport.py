"""The one way to a tracker: timeouts, pace, retries of reads, redaction and typed errors.

`Transport` is a `requests.Session`, so it serves as the session inside `jira.JIRA` and as the `http_service` of
`trello.TrelloClient`. Several threads may use one: nothing in it changes from request to request except the connection
pool (made for threads) and a counter behind a lock; cookies, the one state of a session that answers change, are
blocked. (They must be anyway: an old JSESSIONID makes Jira Data Center refuse a valid token, pycontribs/jira#1904.)

    transport = Transport("https://example.atlassian.net", source="shop", secrets=[token], reads=("/search/jql",))
    page = transport.fetch("/rest/api/2/search/jql", body={"jql": "project = PAY", "fields": ["id"]})

Only reads are tried again: GET, HEAD, and POSTs whose path ends with one of `reads`. Credentials go to the configured
address and nowhere else: other addresses are refused and redirects are not followed.
"""

import base64
import itertools
import json
import logging
import random
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec
import requests
from requests.adapters import HTTPAdapter

from pmsync import __version__
from pmsync.connectors.decoding import decode
from pmsync.connectors.pace import Pace, Window
from pmsync.errors import CredentialsError, SourceError, UnreachableError

__all__ = ["AnswerError", "Pace", "Transport", "Window", "redact", "server_words"]

LOG = logging.getLogger(__name__)
TRIES = 4  # of a read that gets no answer or a 5xx; a 429 is tried until `max_wait` is used up
FIRST_DELAY = 0.5
LONGEST_WORDS = 300
HINTS = {
    403: "ask for permission, or leave it out of the config",
    404: "is it there, and may you see it?",
    410: "this part of the tracker was removed; a newer pmsync may know its successor",
}


class AnswerError(SourceError):
    """The tracker answered with a refusal: `status` is the HTTP status, `words` what it said, cleaned and short."""

    def __init__(self, message: str, *, status: int, words: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.words = words


@dataclass(frozen=True, slots=True)
class _Setback:
    """A try that may be repeated: what to raise when it is not, and the wait the tracker asked for."""

    error: UnreachableError
    told: float = 0.0
    limited: bool = False


class Transport(requests.Session):
    """A session bound to one tracker and one set of credentials.

    Args:
        address: scheme, host and context path; every request must go below it.
        source: the source's name in the config, named in every error.
        secrets: what must never appear in a message.
        pace: shared by all that use the same credentials.
        reads: ends of paths whose POST only reads.
        max_wait: the longest wait in seconds the tracker may ask for.
        instead_of: an address hard-wired in a client library, replaced by `address`.
        inspect: called with every answer, whatever its status; may raise a `SourceError`.
    """

    def __init__(
        self,
        address: str,
        *,
        source: str,
        secrets: Sequence[str] = (),
        pace: Pace | None = None,
        reads: Sequence[str] = (),
        max_wait: float = 120.0,
        connections: int = 8,
        timeout: tuple[float, float] = (10.0, 60.0),
        instead_of: str = "",
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        chance: Callable[[], float] = random.random,
        inspect: Callable[[requests.Response], None] = lambda _: None,
    ) -> None:
        super().__init__()
        self.address = address.rstrip("/")
        self.source = source
        self.pace = pace or Pace(connections)
        self._secrets = tuple(secret for secret in secrets if secret)
        self._reads = tuple(reads)
        self._max_wait = max_wait
        self._timeout = timeout
        self._instead_of = instead_of.rstrip("/")
        self._now, self._chance, self._inspect = now, chance, inspect
        self._agent = f"pmsync/{__version__}"
        self._sent = 0
        self._lock = threading.Lock()
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self.headers.update({"accept": "application/json", "accept-encoding": "gzip, deflate"})
        self.mount(f"{urlsplit(self.address).scheme}://", HTTPAdapter(pool_maxsize=max(connections, 10)))

    @property
    def sent(self) -> int:
        """How many requests have been sent, retries included."""
        return self._sent

    def fetch(
        self,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: object = None,
        type: Any = Any,
    ) -> Any:
        """Read JSON by GET, or by POST when there is a `body`, decoded as `type` (plain values, if not said).

        Raises:
            CredentialsError, UnreachableError, AnswerError: see `request`.
            SourceError: the answer has another shape than `type`.
        """
        if body is None:
            response = self.request("GET", path, params=params)
        else:
            headers = {"content-type": "application/json"}
            response = self.request("POST", path, params=params, data=msgspec.json.encode(body), headers=headers)
        try:
            return decode(response.content, type)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise SourceError(f"{self.source}: {urlsplit(path).path} answered in a form pmsync does not know") from None

    def request(self, method: str, url: str, **options: Any) -> requests.Response:  # type: ignore[override]
        """Send a request, waiting and trying again as the tracker demands; return its good answer.

        `url` may be a path below the address. A good answer has a 2xx status and whole JSON, or no body at all.

        Raises:
            CredentialsError: 401.
            UnreachableError: no usable answer, or asked to wait longer than `max_wait`.
            AnswerError: any other refusal.
            SourceError: the address is not the configured one.
        """
        address = self._address(url)
        again = method.upper() in {"GET", "HEAD"} or urlsplit(address).path.endswith(self._reads or ("\0",))
        waited = 0.0
        for tries in itertools.count(1):
            answer = self._try(method, address, options)
            if isinstance(answer, requests.Response):
                return answer
            if not again or self.pace.stopped or (tries >= TRIES and not answer.limited):
                raise answer.error
            waited += self._wait(answer, tries, waited)
        raise AssertionError

    def _address(self, url: str) -> str:
        if url.startswith("/"):
            return self.address + url
        if self._instead_of and url.startswith(self._instead_of + "/"):
            return self.address + url.removeprefix(self._instead_of)
        if url.startswith(self.address + "/"):
            return url
        raise SourceError(
            f"{self.source}: refused to send credentials to {urlsplit(url).netloc}",
            hint=f"requests go to {self.address} only; is `url:` right?",
        )

    def _try(self, method: str, url: str, options: Mapping[str, Any]) -> requests.Response | _Setback:
        """One request: its good answer, a setback, or an error that trying again would not mend."""
        headers = {**(options.get("headers") or {}), "User-Agent": self._agent}
        fixed = {"headers": headers, "timeout": self._timeout, "allow_redirects": False, "stream": True}
        # said here again, because requests lets the environment outvote its session
        fixed |= {"proxies": dict(self.proxies), "verify": self.verify}
        try:
            with self.pace.turn():
                self._count()
                response = super().request(method, url, **{**options, **fixed})
                _read(response)
            seconds = response.elapsed.total_seconds()
            LOG.debug("%s: %s %s: %d in %.2f s", self.source, method, urlsplit(url).path, response.status_code, seconds)
        except requests.exceptions.SSLError as error:
            raise self._unreachable(url, *_distrust(error)) from None
        except (requests.Timeout, requests.ConnectionError) as error:
            return _Setback(self._unreachable(url, _why(error, self._timeout)))
        except (requests.exceptions.ChunkedEncodingError, requests.exceptions.ContentDecodingError):
            return _Setback(self._unreachable(url, "the answer broke off"))
        except (requests.RequestException, OSError) as error:
            raise SourceError(f"{self.source}: cannot send a request to {self.address}: {self._clean(error)}") from None
        self._inspect(response)
        return self._judge(response, url)

    def _judge(self, response: requests.Response, url: str) -> requests.Response | _Setback:
        status = response.status_code
        if status == 429:
            self.pace.refused()
            what = "asks for fewer requests (429)"
            return _Setback(self._unreachable(url, what), told_wait(response.headers, self._now()), limited=True)
        if status == 408 or status >= 500:
            words = self._clean(server_words(response))
            what = f"answers with an error ({status}{': ' + words if words else ''})"
            return _Setback(self._unreachable(url, what), told_wait(response.headers, self._now()))
        if not response.ok or response.is_redirect:
            raise self._refusal(response, url)
        if response.content and not _is_whole_json(response.content):
            if _is_page(response):
                raise self._page(url)
            mended = _mended(response.content)
            if mended is None:
                return _Setback(self._unreachable(url, "the answer broke off"))
            response._content = mended  # `content` and `json()` of requests read it from here
        self._adapt(response)
        return response

    def _adapt(self, response: requests.Response) -> None:
        near = response.headers.get("x-ratelimit-nearlimit", "").lower() == "true"
        self.pace.warned() if near else self.pace.answered()

    def _wait(self, setback: _Setback, tries: int, waited: float) -> float:
        """Wait before the next try, never less than told; return the seconds."""
        backoff = FIRST_DELAY * 2.0 ** (tries - 1) * (0.7 + 0.6 * self._chance())
        delay = max(backoff, setback.told * (1 + 0.1 * self._chance()))
        if setback.told > self._max_wait or waited + delay > max(self._max_wait, setback.told * 1.2):
            asked = f"wait {setback.told or delay:.0f} s, more than max_wait ({self._max_wait:.0f} s) allows"
            raise UnreachableError(
                f"{setback.error.message}: {asked}",
                hint="run again later, it goes on where it stopped; or raise `sync.max_wait`",
            )
        LOG.info("%s: waiting %.0f s and trying again", setback.error.message, delay)
        if setback.limited:
            self.pace.pause(delay)
        else:
            self.pace.sleep(delay)
        return delay

    def _refusal(self, response: requests.Response, url: str) -> SourceError:
        status, words = response.status_code, self._clean(server_words(response))
        said = f"{status}: {words}" if words else str(status)
        if status == 401:
            return CredentialsError(
                f"{self.source}: {self.address} refused the credentials ({said})",
                hint="the token may be wrong, expired or lack a scope; create a new one and run `pmsync doctor`",
            )
        if response.is_redirect:
            target = urlsplit(response.headers["location"]).netloc or "another page"
            said = f"{status}: it redirects to {self._clean(target)}"
        message = f"{self.source}: {urlsplit(url).path} was refused ({said})"
        return AnswerError(message, status=status, words=words, hint=HINTS.get(status, ""))

    def _page(self, url: str) -> AnswerError:
        message = f"{self.source}: {urlsplit(url).path} answered with a web page instead of data"
        return AnswerError(message, status=200, hint="a login or proxy page? check `url:` and your network")

    def _unreachable(
        self, url: str, what: str, hint: str = "run again later; what was read is kept"
    ) -> UnreachableError:
        where = urlsplit(url)
        return UnreachableError(f"{self.source}: {where.netloc}{where.path}: {what}", hint=hint)

    def _clean(self, text: object) -> str:
        return redact(str(text), self._secrets)[:LONGEST_WORDS]

    def _count(self) -> None:
        with self._lock:
            self._sent += 1


def redact(text: str, secrets: Sequence[str]) -> str:
    """The text with every secret, as it is or as it travels (URL-quoted, Basic), replaced by `***`."""
    for secret in secrets:
        for form in {secret, quote(secret, safe=""), base64.b64encode(secret.encode()).decode()}:
            text = text.replace(form, "***")
    return re.sub(r"(?i)\b(Basic|Bearer)\s+[A-Za-z0-9+/=._-]{8,}", r"\1 ***", text)


def server_words(response: requests.Response) -> str:
    """What a refusal says, on one line: the messages of a JSON body, a short plain text, never a page."""
    if _is_page(response):
        return ""
    try:
        body = msgspec.json.decode(response.content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        body = response.text
    words = " ".join(" ".join(_messages(body)).split())
    return re.sub(r"[\x00-\x1f\x7f-\x9f]", " ", words)[:LONGEST_WORDS]


def _messages(body: object) -> list[str]:
    if isinstance(body, str):
        return [body]
    if not isinstance(body, Mapping):
        return []
    errors = body.get("errors")
    listed = [str(text) for text in body.get("errorMessages") or ()]
    named = [f"{name}: {text}" for name, text in errors.items()] if isinstance(errors, Mapping) else []
    single = [str(body[name]) for name in ("errorMessage", "message", "detail", "error") if body.get(name)]
    return list(dict.fromkeys(listed + named + single))


def told_wait(headers: Mapping[str, str], now: datetime) -> float:
    """Seconds to wait by Retry-After (seconds, also fractional, or a date) or X-RateLimit-Reset; 0 when not said."""
    told = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d+(\.\d+)?", told):
        return float(told)
    try:
        until = parsedate_to_datetime(told) if told else datetime.fromisoformat(headers["x-ratelimit-reset"])
    except (KeyError, ValueError):
        return 0.0
    return max(0.0, (until.replace(tzinfo=until.tzinfo or UTC) - now).total_seconds())


def _read(response: requests.Response) -> None:
    """Read the body at once, not in requests' 10 kB; when it breaks off, close what requests would leave open."""
    try:
        response._content = b"".join(response.iter_content(None))
    except BaseException:
        response.close()
        raise


def _is_whole_json(body: bytes) -> bool:
    try:
        msgspec.json.decode(body, type=msgspec.Raw)
        if not body.isascii():
            str(body, "utf-8")
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    return True


def _mended(body: bytes) -> bytes | None:
    """Whole JSON that holds broken characters (half an emoji, bytes that are no UTF-8) with `?` for them; else None."""
    try:
        whole = json.loads(body.decode(errors="replace"))
    except ValueError:
        return None
    return json.dumps(whole, ensure_ascii=False).encode(errors="replace")


def _is_page(response: requests.Response) -> bool:
    return "html" in response.headers.get("content-type", "") or response.content.lstrip()[:1] == b"<"


def _distrust(error: requests.RequestException) -> tuple[str, str]:
    """Why there is no secure connection, and what mends it."""
    if "CERTIFICATE_VERIFY_FAILED" in repr(error):
        return "its certificate is not trusted", "set `ca_bundle:` to your CA file"
    return "it refuses a secure connection", "if it wants a client certificate, set `client_cert:` and `client_key:`"


def _why(error: requests.RequestException, timeout: tuple[float, float]) -> str:
    if isinstance(error, requests.exceptions.ReadTimeout):
        return f"no answer within {timeout[1]:.0f} s"
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return f"no connection within {timeout[0]:.0f} s"
    if isinstance(error, requests.exceptions.ProxyError):
        return "the proxy does not let us through"
    if "NameResolution" in repr(error) or "getaddrinfo" in repr(error):
        return "there is no host of that name"
    return "the connection failed or broke off"
