"""How a request of the demo Jira finds its answer, and how an answer is refused."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from pmsync.demo.jira.state import Issue, Tracker
from pmsync.demo.server import Request, Response, json_response

Json = dict[str, Any]
Types = dict[str, type | tuple[type, ...]]
Handler = Callable[["Call"], Any]


class Refused(Exception):  # noqa: N818 - it reads as what happens
    """An answer that is an error, in Jira's envelope unless a response is given."""

    def __init__(self, status: int, message: str, response: Response | None = None) -> None:
        super().__init__(message)
        self.response = response or json_response({"errorMessages": [message], "errors": {}}, status)


@dataclass(frozen=True, slots=True)
class Call:
    """A request that has found its route. For strangers `tracker` is one that holds nothing."""

    tracker: Tracker
    request: Request
    stranger: bool
    args: dict[str, str]

    @property
    def api(self) -> str:
        """`2` or `3`."""
        return (self.args.get("api") or "2").replace("latest", "2")

    def number(self, name: str, default: int) -> int:
        """A number from the query."""
        text = self.request.param(name, str(default))
        if not text.lstrip("-").isdigit():
            raise Refused(400, f"Failed to convert value '{text}' of parameter '{name}' to a number.")
        return int(text)

    def asked(self, types: Types) -> Json:
        """Parameters by name: from the query of a GET, strictly from the body of a POST.

        Raises:
            Refused: unknown or mistyped fields.
        """
        if self.request.method != "GET":
            return {name: value for name, value in self._body(types).items() if value is not None}
        found: Json = {name: ",".join(values) for name, values in self.request.query.items() if name in types}
        numbers = {name: self.number(name, 0) for name in found if types[name] is int}
        return {**found, **numbers, **{name: found[name].split(",") for name in found if types[name] is list}}

    def _body(self, types: Types) -> Json:
        kind = self.request.headers.get("content-type", "null")
        if "json" not in kind:
            problem = {"title": "Unsupported Media Type", "detail": f"Content-Type '{kind}' is not supported."}
            problem |= {"instance": self.request.path}
            raise Refused(415, kind, json_response(problem, 415, {"content-type": "application/problem+json"}))
        try:
            body = self.request.json()
        except msgspec.DecodeError:
            body = None
        if not isinstance(body, dict) or not all(v is None or isinstance(v, types.get(k, ())) for k, v in body.items()):
            raise Refused(400, "Invalid request payload. Refer to the REST API documentation and try again.")
        return body

    def issue(self) -> Issue:
        """The issue named in the path."""
        issue = self.tracker.issue(self.args["key"])
        if issue is None:
            raise Refused(404, "Issue does not exist or you do not have permission to see it.")
        return issue

    def page(self, values: Sequence[Any], *, key: str = "values", size: int = 50, most: int = 100) -> Json:
        """One page of an offset-paged list."""
        start, size = self.number("startAt", 0), min(self.number("maxResults", size), most)
        last = start + size >= len(values)
        where = {"self": self.tracker.base_url + self.request.path} if "api" in self.args else {}
        known = {"maxResults": size, "startAt": start, "total": len(values), "isLast": last}
        return {**where, **known, key: list(values[start : start + size])}


ROUTES: list[tuple[str, str, re.Pattern[str], Handler]] = []


def route(methods: str, path: str, *, only: str = "") -> Callable[[Handler], Handler]:
    """Register a handler: `route("GET", "issue/{key}")`. Paths are under /rest/api/N, or from the root with a slash."""
    full = path if path.startswith("/") else f"/rest/api/(?P<api>2|3|latest)/{path}"
    pattern = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", full))

    def register(handler: Handler) -> Handler:
        ROUTES.extend((method, only, pattern, handler) for method in methods.split())
        return handler

    return register


def find(method: str, path: str, deployment: str) -> tuple[Handler, dict[str, str]] | None:
    """The handler of a path and the words in it."""
    for known, only, pattern, handler in ROUTES:
        if known == method and only in {"", deployment} and (found := pattern.fullmatch(path)):
            return handler, found.groupdict()
    return None
