"""The contract of connectors, kept by Jira Cloud and Data Center."""

import pytest

from connectors.jira.conftest import world
from pmsync.connectors.testing import ConnectorContract


class TestCloud(ConnectorContract):
    secrets = ("demo-token", "ZGVtby10b2tlbg", "ZGVtb0BleGFtcGxlLm9yZzpkZW1vLXRva2Vu")

    @pytest.fixture
    def make(self):
        with world() as here:
            yield here.connector


class TestDataCenter(ConnectorContract):
    secrets = ("demo-token",)

    @pytest.fixture
    def make(self):
        with world("datacenter", context="/jira") as here:
            yield here.connector


class TestSmallPages(ConnectorContract):
    """Many pages, so that there are many places to stop at."""

    secrets = ("demo-token",)

    @pytest.fixture
    def make(self, monkeypatch):
        monkeypatch.setattr("pmsync.connectors.jira.pull.AT_ONCE", 4)
        monkeypatch.setattr("pmsync.connectors.jira.pull.REQUESTS_A_PAGE", 2)
        with world() as here:
            yield here.connector
