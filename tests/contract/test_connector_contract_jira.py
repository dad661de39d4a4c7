"""The contract of connectors, kept by Jira Cloud and Data Center."""

import pytest

from connectors.jira.conftest import small_pages, world
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
        small_pages(monkeypatch, issues=4, requests=2)
        with world() as here:
            yield here.connector
