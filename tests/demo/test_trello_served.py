"""Over HTTP: the py-trello client works against it."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from pmsync.demo.server import RunningServer, serve
from pmsync.demo.trello import KEY, TOKEN, TrelloSite

ANCHOR = datetime(2026, 5, 20, 15, tzinfo=UTC)


class Loopback(requests.Session):
    """Sends what py-trello wants from api.trello.com to the demo."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.demo = url
        self.trust_env = False

    def request(self, method: str, url: str, **options: Any) -> requests.Response:  # type: ignore[override]
        return super().request(method, url.replace("https://api.trello.com", self.demo), timeout=5, **options)


@pytest.fixture
def site() -> TrelloSite:
    return TrelloSite(ANCHOR, now=lambda: ANCHOR)


@pytest.fixture
def running(site: TrelloSite) -> Iterator[RunningServer]:
    with serve(site) as server:
        yield server


@pytest.fixture
def session(running: RunningServer) -> Iterator[Loopback]:
    with Loopback(running.url) as session:
        yield session


def test_py_trello_reads_boards_cards_and_actions(session: Loopback) -> None:
    from trello import TrelloClient

    client = TrelloClient(KEY, TOKEN, http_service=session)
    board = client.get_board(client.list_boards()[1].id)
    assert board.name == "Office move"
    assert [place.name for place in board.all_lists()] == ["To do", "Doing", "Waiting for others", "Done"]
    assert len(board.all_cards()) == 12
    assert len(board.get_members()) == 5
    board.fetch_actions("createCard", action_limit=1000)
    assert len(board.actions) == 12


def fetch(session: Loopback, path: str, **query: Any) -> requests.Response:
    return session.request("GET", f"{session.demo}/1/{path}", params={"key": KEY, "token": TOKEN, **query})


def test_large_trello_as_a_process_of_its_own() -> None:
    command = [sys.executable, "-m", "pmsync.demo.trello", "--boards", "2", "--cards", "20", "--actions", "90"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            with Loopback(process.stdout.readline().strip()) as session:
                assert len(fetch(session, "members/me/boards").json()) == 2
        finally:
            process.terminate()
