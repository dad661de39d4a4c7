"""The contract of connectors, kept by Trello's API and by exported files."""

from zoneinfo import ZoneInfo

import pytest

from connectors.trello.conftest import ANCHOR, Frozen, world
from pmsync.config import ExportSource
from pmsync.connectors.interface import Context
from pmsync.connectors.testing import ConnectorContract
from pmsync.connectors.trello import connect_export
from pmsync.demo.trello import KEY, TOKEN, TrelloSite
from pmsync.demo.trello.export import export_board, export_card


class TestTrello(ConnectorContract):
    secrets = (KEY, TOKEN, "@boards.trello.com")

    @pytest.fixture
    def make(self):
        with world(TrelloSite(ANCHOR), Frozen()) as here:
            yield here.connector


class TestSmallPages(ConnectorContract):
    """Many pages, so that there are many places to stop at."""

    secrets = (KEY, TOKEN, "@boards.trello.com")

    @pytest.fixture
    def make(self, monkeypatch):
        monkeypatch.setattr("pmsync.connectors.trello.client.SIZES", (40, 20))
        with world(TrelloSite(ANCHOR), Frozen()) as here:
            yield here.connector


class TestExport(ConnectorContract):
    secrets = ("@boards.trello.com",)

    @pytest.fixture
    def make(self, tmp_path):
        site = TrelloSite(ANCHOR)
        for number, board in enumerate(site.boards):
            (tmp_path / f"board{number}.json").write_bytes(export_board(site, board))
        (tmp_path / "card.json").write_bytes(export_card(site, site.find("cards", "Launch timeline")))
        context = Context(timezone=ZoneInfo("Europe/Berlin"), folder=tmp_path)
        return lambda: connect_export("files", ExportSource(files=("*.json",)), context)
