"""A full sync into a real store, killed at seeded moments: the next one completes it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.jira.conftest import world
from killing import KILLS, Held, Killing
from pmsync.demo.jira.crowd import generate
from pmsync.demo.jira.site import EMAIL, TOKEN

SMALL_PAGES = """
from pmsync.connectors.jira import cloud, datacenter, pull
cloud.Cloud.at_once = datacenter.DataCenter.at_once = 8
pull.REQUESTS_A_PAGE = 2
"""


@pytest.fixture(scope="module", params=["cloud", "datacenter"])
def crowd(request: pytest.FixtureRequest) -> Iterator[Killing]:
    with world(request.param, fill=generate(160)) as here:
        email = f", email: {EMAIL}" if here.site.cloud else ""
        source = f'{{type: jira, url: "{here.server.url}"{email}, token: "env:T"}}'
        yield Killing(here.site, here.server, source, {"T": TOKEN}, SMALL_PAGES)


@pytest.fixture(scope="module")
def straight(crowd: Killing, tmp_path_factory: pytest.TempPathFactory) -> Held:
    return crowd.finish(tmp_path_factory.mktemp("straight"))


@pytest.mark.parametrize("seed", range(KILLS))
def test_killed_at_any_moment(crowd: Killing, straight: Held, tmp_path: Path, seed: int) -> None:
    """From the first request to the last bodies."""
    crowd.kill(tmp_path, seed, 1, 30)
    assert crowd.finish(tmp_path) == straight
