"""How a request of the demo Jira finds its answer, and how an answer is refused."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from pmsync.demo.jira.state import Issue, Tracker
from pmsync.demo.server import Request, Response, json_response

Json = dict[str, Any]
Handler = Callable[["Call"], Any]
GONE = "Issue does not exist or you do not have permission to see it."


class Refused(Exception):  # noqa: N818 - it reads as what happens
    """An answer that is an error, in Jira's envelope."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.response = json_response({"errorMessages": [message], "errors": {}}, status)


@dataclass(frozen=True, slots=True)
class Call:
    """A request that has found its route. For anonymous callers `tracker` is one that holds nothing."""

    tracker: Tracker
    request: Request
    anonymous: bool
    api: str
    args: dict[str, str]

    def number(self, name: str, default: int) -> int:
        """A number from the query."""
        text = self.request.param(name, str(default))
        if not text.lstrip("-").isdigit():
            raise Refused(400, f"Failed to convert value '{text}' of parameter '{name}' to a number.")
        return int(text)

    def asked(self, types: dict[str, type]) -> Json:
        """Parameters by name: from the query of a GET, strictly from the body of a POST.

        Raises:
            Refused: unknown or mistyped fields.
        """
        if self.request.method == "GET":
            given = {name: values[0] for name, values in self.request.query.items() if name in types}
            return {
                name: self.number(name, 0) if types[name] is int else _split(types[name], text)
                for name, text in given.items()
            }
        return {name: value for name, value in _body(self.request, types).items() if value is not None}

    def issue(self) -> Issue:
        """The issue named in the path."""
        issue = self.tracker.issue(self.args["key"])
        if issue is None:
            raise Refused(404, GONE)
        return issue

    def page(self, values: Sequence[Any], *, key: str = "values", size: int = 50, most: int = 100) -> Json:
        """One page of an offset-paged list."""
        start, size = self.number("startAt", 0), min(self.number("maxResults", size), most)
        shown = list(values[start : start + size])
        last = start + len(shown) >= len(values)
        return {"maxResults": size, "startAt": start, "total": len(values), "isLast": last, key: shown}


def _split(kind: type, text: str) -> Any:
    return text.split(",") if kind is list else text


def _body(request: Request, types: dict[str, type]) -> Json:
    if "json" not in request.headers.get("content-type", ""):
        kind = request.headers.get("content-type", "null")
        problem = {
            "title": "Unsupported Media Type",
            "status": 415,
            "detail": f"Content-Type '{kind}' is not supported.",
            "instance": request.path,
        }
        refused = Refused(415, "")
        refused.response = json_response(problem, 415, {"content-type": "application/problem+json"})
        raise refused
    try:
        body = request.json()
    except msgspec.DecodeError:
        body = None
    if not isinstance(body, dict) or any(not isinstance(v, types.get(k, ())) for k, v in body.items() if v is not None):
        raise Refused(400, "Invalid request payload. Refer to the REST API documentation and try again.")
    return body


@dataclass(frozen=True, slots=True)
class Route:
    """Where a handler lives; `only` is `cloud`, `datacenter` or empty for both."""

    method: str
    pattern: re.Pattern[str]
    handler: Handler
    only: str


ROUTES: list[Route] = []


def route(methods: str, path: str, *, only: str = "") -> Callable[[Handler], Handler]:
    """Register a handler: `route("GET", "issue/{key}")`. Paths are under /rest/api/N, or from the root with a slash."""
    full = path if path.startswith("/") else f"/rest/api/(?P<api>2|3|latest)/{path}"
    pattern = re.compile(re.sub(r"(?<!\?P)\{(\w+)\}", r"(?P<\1>[^/]+)", full))

    def register(handler: Handler) -> Handler:
        ROUTES.extend(Route(method, pattern, handler, only) for method in methods.split())
        return handler

    return register


def find(method: str, path: str, deployment: str) -> tuple[Handler, dict[str, str]] | None:
    """The handler of a path and the words in it."""
    for candidate in ROUTES:
        if (
            candidate.method == method
            and candidate.only in ("", deployment)
            and (found := candidate.pattern.fullmatch(path))
        ):
            return candidate.handler, found.groupdict()
    return None


def answer(value: Any) -> Response:
    """What a handler returned, as a response: ready bytes stay as they are."""
    if isinstance(value, Response):
        return value
    return json_response(msgspec.Raw(value) if isinstance(value, bytes) else value)
