"""Trackers that refuse, vanish or are none: one sentence, the documented exit code, nothing lost; over real HTTP."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from faults import HTML, LOGIN_PAGE, always, broken, on, once
from pmsync.connectors import transport
from pmsync.demo import trello as trello_demo
from pmsync.demo.jira import site as jira_demo
from pmsync.demo.jira.site import JiraSite
from pmsync.demo.server import Cut, Response, serve
from pmsync.demo.trello import TrelloSite
from pmsync.demo.trello.export import export_board

Pmsync = Callable[..., Any]
ANCHOR = datetime(2026, 5, 4, 8, tzinfo=UTC)
NOWHERE = "http://127.0.0.1:9"
JIRA = "{{type: jira, url: '{url}', email: {email}, token: env:JIRA_TOKEN{more}}}"
TRELLO = "{{type: trello, url: '{url}', key: env:TRELLO_KEY, token: env:TRELLO_TOKEN{more}}}"


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "FIRST_DELAY", 0.0)
    monkeypatch.setenv("JIRA_TOKEN", jira_demo.TOKEN)
    monkeypatch.setenv("TRELLO_KEY", trello_demo.KEY)
    monkeypatch.setenv("TRELLO_TOKEN", trello_demo.TOKEN)


@dataclass(frozen=True)
class Tracker:
    """A demo tracker that answers at `url`, and where its `site.fault` is set."""

    site: Any
    url: str


@pytest.fixture
def jira() -> Iterator[Tracker]:
    site = JiraSite(ANCHOR)
    with serve(site) as running:
        yield Tracker(site, running.url)


@pytest.fixture
def trello() -> Iterator[Tracker]:
    site = TrelloSite(ANCHOR)
    with serve(site) as running:
        yield Tracker(site, running.url)


@pytest.fixture
def write(folder: Path) -> Callable[..., None]:
    """Write a config with these sources."""

    def config(**sources: str) -> None:
        lines = [f"  {name}: {source}\n" for name, source in sources.items()]
        (folder / "pmsync.yaml").write_text("store: store.sqlite\nsources:\n" + "".join(lines))

    return config


def jira_source(url: str, more: str = "") -> str:
    return JIRA.format(url=url, email=jira_demo.EMAIL, more=more)


def trello_source(url: str, more: str = ", boards: [Launch plan]") -> str:
    return TRELLO.format(url=url, more=more)


def told_once(ended: Any, code: int, *words: str) -> None:
    """One sentence that names the source once, and says all of `words`."""
    message = ended.err.splitlines()[0]
    assert (ended.code, message.count("shop:")) == (code, 1), ended.err
    assert [word for word in words if word not in ended.err] == []
    assert jira_demo.TOKEN not in ended.err
    assert trello_demo.TOKEN not in ended.err


class TestJira:
    @pytest.mark.parametrize("command", ["sync", "boards"])
    def test_a_wrong_token(
        self, jira: Tracker, write: Any, pmsync: Pmsync, monkeypatch: pytest.MonkeyPatch, command: str
    ) -> None:
        write(shop=jira_source(jira.url))
        monkeypatch.setenv("JIRA_TOKEN", "mistyped-token")
        ended = pmsync(command)
        told_once(ended, 4, jira.url, "credentials", "token")
        assert "mistyped-token" not in ended.err

    def test_nobody_listens_there(self, write: Any, pmsync: Pmsync) -> None:
        write(shop=jira_source(NOWHERE))
        told_once(pmsync("sync"), 5, "127.0.0.1:9", "Run again later")

    def test_a_page_that_is_no_jira(self, jira: Tracker, write: Any, pmsync: Pmsync) -> None:
        write(shop=jira_source(jira.url))
        jira.site.fault = always(Response(headers=HTML, body=LOGIN_PAGE))
        told_once(pmsync("sync"), 3, jira.url, "Jira", "`url:`")

    def test_another_service_under_the_address(self, trello: Tracker, write: Any, pmsync: Pmsync) -> None:
        write(shop=jira_source(trello.url))
        assert pmsync("sync").code in (3, 4)

    @pytest.mark.parametrize(
        ("scope", "nearest"), [("projects: [PAYY]", "'PAY'"), ("boards: [PAY bord]", "'PAY board'")]
    )
    def test_a_scope_that_is_not_there(
        self, jira: Tracker, write: Any, pmsync: Pmsync, scope: str, nearest: str
    ) -> None:
        write(shop=jira_source(jira.url, f", {scope}"))
        told_once(pmsync("sync"), 3, "id you mean", nearest)

    def test_a_wrong_query(self, jira: Tracker, write: Any, pmsync: Pmsync) -> None:
        write(shop=jira_source(jira.url, ", jql: labls = x"))
        told_once(pmsync("sync"), 3, "shop", "Field 'labls' does not exist", "orrect `jql: labls = x`")
        assert pmsync("doctor").code == 3


class TestVerbose:
    def test_every_request_is_told_and_no_secret(self, jira: Tracker, write: Any, pmsync: Pmsync) -> None:
        write(shop=jira_source(jira.url))
        assert pmsync("sync").err == ""
        told = pmsync("-vv", "sync").err
        assert "shop: GET /rest/api/2/serverInfo: 200 in" in told
        assert "pmsync.yaml" in told
        assert jira_demo.TOKEN not in told

    def test_the_address_of_a_request_is_told_without_the_credentials_in_it(
        self, trello: Tracker, write: Any, pmsync: Pmsync
    ) -> None:
        write(shop=trello_source(trello.url))
        told = pmsync("-vv", "sync").err
        assert "shop: GET /1/" in told
        assert trello_demo.TOKEN not in told
        assert trello_demo.KEY not in told

    def test_a_wait_is_told(self, jira: Tracker, write: Any, pmsync: Pmsync) -> None:
        write(shop=jira_source(jira.url))
        jira.site.fault = on("project/search", once(broken()))
        assert "waiting 0 s and trying again" in pmsync("-v", "sync").err


class TestTrello:
    def test_a_wrong_token(self, trello: Tracker, write: Any, pmsync: Pmsync, monkeypatch: pytest.MonkeyPatch) -> None:
        write(shop=trello_source(trello.url))
        monkeypatch.setenv("TRELLO_TOKEN", "ATTA" + "0" * 72)
        told_once(pmsync("sync"), 4, "sources.shop.token")

    def test_nobody_listens_there(self, write: Any, pmsync: Pmsync) -> None:
        write(shop=trello_source(NOWHERE))
        told_once(pmsync("sync"), 5, "127.0.0.1:9", "Run again later")

    def test_a_page_that_is_no_trello(self, trello: Tracker, write: Any, pmsync: Pmsync) -> None:
        write(shop=trello_source(trello.url))
        trello.site.fault = always(Response(headers=HTML, body=LOGIN_PAGE))
        ended = pmsync("sync")
        assert ended.code in (3, 6)
        assert "`url:`" in ended.err

    def test_a_board_that_is_not_there(self, trello: Tracker, write: Any, pmsync: Pmsync) -> None:
        write(shop=trello_source(trello.url, ", boards: [Lunch plan]"))
        told_once(pmsync("sync"), 3, "Lunch plan", 'did you mean "Launch plan"?')


class TestExport:
    def test_a_file_cut_in_half_is_named_and_the_others_are_stored(
        self, folder: Path, write: Any, pmsync: Pmsync
    ) -> None:
        site = TrelloSite(ANCHOR)
        boards = {board["name"]: export_board(site, id) for id, board in site.boards.items()}
        (folder / "whole.json").write_bytes(boards["Office move"])
        (folder / "half.json").write_bytes(boards["Launch plan"][: len(boards["Launch plan"]) // 2])
        write(shop="{type: trello-export, files: ['*.json']}")
        told_once(pmsync("sync"), 6, "half.json", "breaks off")
        assert len(pmsync("items", "-o", "jsonl").out.splitlines()) > 5

    def test_a_pattern_that_no_file_matches(self, write: Any, pmsync: Pmsync) -> None:
        write(shop="{type: trello-export, files: ['nope/*.json']}")
        told_once(pmsync("sync"), 3, "nope/*.json")


def everything(pmsync: Pmsync) -> str:
    return str(pmsync("items", "--history", "--presence", "all", "-o", "jsonl").out)


def test_one_source_failing_leaves_the_other_and_its_own_items(
    jira: Tracker, trello: Tracker, write: Any, pmsync: Pmsync
) -> None:
    write(shop=jira_source(jira.url), marketing=trello_source(trello.url))
    assert pmsync("sync").code == 0
    before = everything(pmsync)
    jira.site.fault = always(Cut())
    ended = pmsync("sync", "--full")
    assert ended.code == 6
    assert [line.split()[1] for line in ended.out.splitlines()] == ["failed", "ok"]
    assert everything(pmsync) == before
    assert "GREEN" not in pmsync("report", "status", "--source", "shop").out


class TestInterrupted:
    """Ctrl-C in the middle of a sync: it ends at once and says so, the next one goes on, nothing is lost or doubled."""

    @pytest.fixture
    def wanted(self, jira: Tracker, trello: Tracker, write: Any, pmsync: Pmsync) -> str:
        """What an undisturbed sync stores."""
        write(shop=jira_source(jira.url, ", boards: [WEB board]"), marketing=trello_source(trello.url))
        assert pmsync("--store", "undisturbed.sqlite", "sync").code == 0
        return str(pmsync("--store", "undisturbed.sqlite", *LISTING).out)

    @pytest.mark.skipif(os.name == "nt", reason="needs signals")
    @pytest.mark.parametrize(("tracker", "part"), [("jira", "bulkfetch"), ("trello", "members")])
    def test_the_next_sync_completes_it(
        self, wanted: str, pmsync: Pmsync, request: Any, tracker: str, part: str
    ) -> None:
        command = [sys.executable, "-m", "pmsync", "sync"]
        with subprocess.Popen(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            strike = once(lambda _: process.send_signal(signal.SIGINT))  # type: ignore[func-returns-value]
            request.getfixturevalue(tracker).site.fault = on(part, strike)
            _, err = process.communicate(timeout=60)
        assert process.returncode in (130, -signal.SIGINT)
        assert "Traceback" not in err
        assert pmsync("sync").code == 0
        assert str(pmsync(*LISTING).out) == wanted


LISTING = ("items", "--history", "--presence", "all", "-o", "jsonl")
