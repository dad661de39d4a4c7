"""A demo Jira over HTTP, and connectors to it."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from pmsync.config import JiraSource
from pmsync.connectors import transport
from pmsync.connectors.interface import Context
from pmsync.connectors.jira import connect
from pmsync.connectors.jira.cloud import Cloud
from pmsync.connectors.jira.connector import JiraConnector
from pmsync.connectors.jira.datacenter import DataCenter
from pmsync.demo.jira.crowd import generate
from pmsync.demo.jira.site import EMAIL, TOKEN, JiraSite
from pmsync.demo.server import RunningServer, serve

ANCHOR = datetime(2026, 5, 4, 8, tzinfo=UTC)
CONTEXT = Context(timezone=ZoneInfo("UTC"))


class Clock:
    """A tracker's clock that tests turn by hand."""

    def __init__(self) -> None:
        self.time = ANCHOR

    def __call__(self) -> datetime:
        return self.time

    def pass_by(self, **span: float) -> datetime:
        self.time += timedelta(**span)
        return self.time


@dataclass
class World:
    """A site, its server, its clock, and connectors to it."""

    site: JiraSite
    server: RunningServer
    clock: Clock
    made: list[JiraConnector] = field(default_factory=list)

    def connector(self, *, context: Context = CONTEXT, **settings: Any) -> JiraConnector:
        email = EMAIL if self.site.cloud else None
        known = {"url": self.server.url + self.site.context, "email": email, "token": TOKEN, **settings}
        self.made.append(connect("shop", JiraSource.model_validate(known), context))
        return self.made[-1]


def small_pages(patch: pytest.MonkeyPatch, *, issues: int, requests: int = 1) -> None:
    """Ask for few issues at once, so that there are many places to stop at."""
    for engine in (Cloud, DataCenter):
        patch.setattr(engine, "at_once", issues)
    patch.setattr("pmsync.connectors.jira.pull.REQUESTS_A_PAGE", requests)


@contextmanager
def world(deployment: str = "cloud", tls: ssl.SSLContext | None = None, **site: Any) -> Iterator[World]:
    clock = Clock()
    made = JiraSite(ANCHOR, deployment=deployment, now=clock, **site)
    with serve(made, tls=tls) as server:
        here = World(made, server, clock)
        try:
            yield here
        finally:
            for connector in here.made:
                connector.close()


@pytest.fixture
def cloud() -> Iterator[World]:
    with world() as made:
        yield made


@pytest.fixture
def small() -> Iterator[World]:
    """Jira Cloud with 40 issues: quicker where only the way there matters."""
    with world(fill=generate(40)) as made:
        yield made


@pytest.fixture
def datacenter() -> Iterator[World]:
    with world("datacenter", context="/jira") as made:
        yield made


@pytest.fixture(params=["cloud", "datacenter"])
def both(request: pytest.FixtureRequest) -> Iterator[World]:
    with world(request.param) as made:
        yield made


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Waits are noted instead of waited."""
    waits: list[float] = []
    plain = transport.Transport.__init__

    def patched(self: transport.Transport, *args: Any, **kwargs: Any) -> None:
        time = [0.0]

        def sleep(seconds: float) -> None:
            waits.append(seconds)
            time[0] += seconds

        pace = transport.Pace(kwargs.get("connections", 8), clock=lambda: time[0], sleep=sleep)
        plain(self, *args, **{**kwargs, "pace": pace})

    monkeypatch.setattr(transport.Transport, "__init__", patched)
    return waits
