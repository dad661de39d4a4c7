"""What Trello does on a bad day, as faults for `site.fault`."""

import re
from collections.abc import Callable
from threading import Lock

from pmsync.demo.server import Cut, Fault, Request, Response, json_response
from pmsync.demo.trello.state import Workspace

PLAIN = {"content-type": "text/plain"}
GATEWAY_TIMEOUT = Response(status=504, headers={"content-type": "text/html"}, body=b"<html>504 Gateway Time-out</html>")
TOO_BIG = Response(status=449, headers=PLAIN, body=b"Retry With")
HALF_JSON = Response(headers={"content-type": "application/json"}, body=b'[{"id": "5f1e0c2ab9d84763a0c5e8f7", "na')
HTML_PAGE = Response(headers={"content-type": "text/html"}, body=b"<!DOCTYPE html><title>Trello</title>Please wait")
ACCEPTED = Response(status=202, headers={"content-type": "application/json"}, body=b"[]")
HIDDEN = Response(status=401, headers=PLAIN, body=b"unauthorized permission requested")
EXPIRED = Response(status=401, headers=PLAIN, body=b"expired token")
TOO_MANY_CARDS = json_response({"error": "API_TOO_MANY_CARDS_REQUESTED", "message": "Too many cards requested"}, 403)
LIMIT_CODES = (
    "API_KEY_LIMIT_EXCEEDED",
    "API_TOKEN_LIMIT_EXCEEDED",
    "MEMBER_LIMIT_EXCEEDED",
    "RATE_LIMIT_EXCEEDED",
    "API_TOKEN_DB_LIMIT_EXCEEDED",
)


def rate_limited(code: str = "API_TOKEN_LIMIT_EXCEEDED", retry_after: int | None = None) -> Response:
    """429 with one of Trello's codes."""
    headers = {} if retry_after is None else {"retry-after": str(retry_after)}
    return json_response({"error": code, "message": "Rate limit exceeded"}, 429, headers)


def when(path: str, answer: Response | Cut, *, times: int | None = 1, after: int = 0) -> Fault:
    """Answer requests whose path matches: not the first `after` ones, then so many `times` (None: always)."""
    seen, lock = [0], Lock()

    def fault(request: Request) -> Response | Cut | None:
        if not re.search(path, request.path):
            return None
        with lock:
            seen[0] += 1
            number = seen[0] - after
        return answer if number > 0 and (times is None or number <= times) else None

    return fault


def above(size: int, answer: Response = TOO_MANY_CARDS, path: str = "/cards") -> Fault:
    """Refuse pages larger than `size` until the client asks for less."""

    def fault(request: Request) -> Response | None:
        too_large = int(request.param("limit") or 1000) > size
        return answer if too_large and request.path.endswith((path, f"{path}/all")) else None

    return fault


def meanwhile(site: Workspace, path: str, deed: Callable[[], object], *, after: int = 0) -> Fault:
    """Let people work while a client reads: `deed` happens once, just before a matching request is answered."""
    trigger = when(path, Cut(), after=after)

    def fault(request: Request) -> None:
        if trigger(request):
            with site.lock:
                deed()

    return fault


def first_of(*faults: Fault) -> Fault:
    """Several faults at once; the first that has an answer gives it."""
    return lambda request: next((answer for fault in faults if (answer := fault(request))), None)
