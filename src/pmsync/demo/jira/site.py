"""The demo Jira as a site: who is calling, which route answers, what the headers say."""

import base64
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from zoneinfo import ZoneInfo

import msgspec

from pmsync.demo.jira import issues, platform
from pmsync.demo.jira.deeds import BusyTracker
from pmsync.demo.jira.jql import JqlError
from pmsync.demo.jira.routing import Call, Refused, find
from pmsync.demo.jira.state import Tracker
from pmsync.demo.jira.story import tell_story
from pmsync.demo.jira.tables import ME
from pmsync.demo.server import Fault, Request, Response, json_response

EMAIL, TOKEN = "demo@example.org", "demo-token"
_BASIC, _PASSWORD = ("Basic " + base64.b64encode(f"{who}:{TOKEN}".encode()).decode() for who in (EMAIL, ME))
_NOT_FOUND = Response(status=404, headers=platform.HTML, body=b"<html><title>Oops, a dead link</title></html>")

Fill = Callable[[BusyTracker, datetime, int], None]
"""Puts work into an empty site, given the anchor and the seed."""

__all__ = ["EMAIL", "TOKEN", "JiraSite", "issues", "platform"]


class JiraSite(BusyTracker):
    """A Jira holding twelve weeks of a team's work before `anchor` (UTC), and what users can do to it.

    `deployment` is `cloud` or `datacenter`; `context` is a path prefix such as `/jira`; `user_zone` is the reader's
    zone, in which times are written and date literals read; changes reach search only after `index_lag`. `now` is the
    site's clock and stands at `anchor` unless given. `fault` is asked before every answer.
    """

    def __init__(
        self,
        anchor: datetime,
        *,
        deployment: str = "cloud",
        seed: int = 7,
        user_zone: str = "Europe/Berlin",
        index_lag: timedelta = timedelta(0),
        now: Callable[[], datetime] | None = None,
        context: str = "",
        fill: Fill = tell_story,
    ) -> None:
        zone = ZoneInfo(user_zone)
        super().__init__(now=now or (lambda: anchor), deployment=deployment, zone=zone, index_lag=timedelta(0))
        self.deployment, self.context = deployment, context.rstrip("/")
        self.fault: Fault | None = None
        fill(self, anchor, seed)
        self.index_lag = index_lag // timedelta(milliseconds=1)
        self._nobody = Tracker(now=self.now, deployment=deployment, zone=zone, index_lag=timedelta(0))

    def handle(self, request: Request) -> Response:
        """Answer a request."""
        with self.lock:
            self.base_url = self.base_url or f"http://{request.headers.get('host', 'localhost')}{self.context}"
            self._nobody.base_url = self.base_url
            response = self._answer(request)
        now = {"date": format_datetime(self.now().astimezone(UTC), usegmt=True), "x-arequestid": "demo"}
        return replace(response, headers={**response.headers, **now, **self._login(request)})

    def _answer(self, request: Request) -> Response:
        path = request.path.removeprefix(self.context)
        found = find(request.method, path, self.deployment) if request.path.startswith(self.context) else None
        if found is None:
            return _NOT_FOUND
        handler, args = found
        known = self._knows(request) or path.startswith("/browse/")
        if not known and not self.cloud and not path.endswith("/serverInfo"):
            return platform.UNAUTHENTICATED
        try:
            value = handler(Call(self if known else self._nobody, request, not known, args))
        except Refused as refused:
            return refused.response
        except JqlError as error:
            return Refused(400, str(error)).response
        if isinstance(value, Response):
            return value
        return json_response(msgspec.Raw(value) if isinstance(value, bytes) else value)

    def _knows(self, request: Request) -> bool:
        return request.headers.get("authorization") in {f"Bearer {TOKEN}", _BASIC if self.cloud else _PASSWORD}

    def _login(self, request: Request) -> dict[str, str]:
        """Cloud answers a wrong token like a stranger, with 200; only this header tells."""
        if self._knows(request):
            session = "atlassian.xsrf.token=demo; Path=/" if self.cloud else "JSESSIONID=demo; Path=/; HttpOnly"
            return {"x-seraph-loginreason": "OK", "set-cookie": session}
        return {"x-seraph-loginreason": "AUTHENTICATED_FAILED"} if "authorization" in request.headers else {}
