"""A demo Trello over HTTP with a hand-turned clock, and connectors to it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from pmsync.config import TrelloSource
from pmsync.connectors.interface import Context
from pmsync.connectors.testing import MemoryStore
from pmsync.connectors.trello import connect
from pmsync.connectors.trello.connector import TrelloConnector
from pmsync.demo.server import RunningServer, serve
from pmsync.demo.trello import KEY, TOKEN, TrelloSite

ANCHOR = datetime(2026, 5, 20, 15, tzinfo=UTC)
CONTEXT = Context(timezone=ZoneInfo("Europe/Berlin"))


class Clock:
    """A tracker's clock: every look at it lets a second pass, so that no two deeds share an instant."""

    def __init__(self) -> None:
        self.time = ANCHOR

    def __call__(self) -> datetime:
        self.time += timedelta(seconds=1)
        return self.time

    def pass_by(self, **span: float) -> None:
        self.time += timedelta(**span)


class Frozen(Clock):
    """A clock that stands still."""

    def __call__(self) -> datetime:
        return self.time


@dataclass
class World:
    """A site, its server, its clock, and connectors to it."""

    site: TrelloSite
    server: RunningServer
    clock: Clock
    made: list[TrelloConnector] = field(default_factory=list)

    def connector(self, *, context: Context = CONTEXT, **settings: Any) -> TrelloConnector:
        source = TrelloSource.model_validate({"key": KEY, "token": TOKEN, "url": self.server.url, **settings})
        connector = connect("plan", source, context)
        assert isinstance(connector, TrelloConnector)
        self.made.append(connector)
        return connector

    def sync(self, store: MemoryStore | None = None, *, full: bool = False, **settings: Any) -> MemoryStore:
        """Pull to the end into a store; the requests of this pull alone stay in the server's log."""
        self.server.log.clear()
        return (store or MemoryStore()).sync(self.connector(**settings), full=full)

    def asked(self, end: str = "") -> int:
        """How many requests of the last pull went to addresses with this end."""
        return sum(line.endswith(end) for line in self.server.log)


@contextmanager
def world(site: TrelloSite | None = None, clock: Clock | None = None) -> Iterator[World]:
    clock = clock or Clock()
    site = site or small_site()
    site.now = clock
    with serve(site) as server:
        here = World(site, server, clock)
        try:
            yield here
        finally:
            for connector in here.made:
                connector.close()


def small_site() -> TrelloSite:
    """A board "Plan" with four lists and three cards; a second board "Other"."""
    clock = Clock()
    clock.pass_by(days=-10)
    site = TrelloSite(ANCHOR, now=clock, empty=True)
    site.add_member("Anna Berg", "5b10a2844c20165700ede21g")
    board = site.add_board("Plan")
    lists = [site.add_list(board, name) for name in ("To do", "Doing", "Done", "Parked")]
    for name in ("One", "Two", "Three"):
        site.create(lists[0], name)
    site.add_list(site.add_board("Other"), "Inbox")
    return site


@pytest.fixture
def here() -> Iterator[World]:
    with world() as made:
        yield made


@pytest.fixture
def board(here: World) -> str:
    return here.site.find("boards", "Plan")


@pytest.fixture
def card(here: World) -> str:
    return here.site.find("cards", "One")


def place(world: World, name: str) -> str:
    """A list's id."""
    return world.site.find("lists", name)
