"""A sync into a real store, killed at seeded moments: the next one completes it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.trello.conftest import world
from killing import KILLS, Held, Killing
from pmsync.demo.trello import KEY, TOKEN
from pmsync.demo.trello.crowd import generate


@pytest.fixture(scope="module")
def big() -> Iterator[Killing]:
    with world(generate(2, 160, 700)) as here:
        here.clock.pass_by(days=1)
        source = f'{{type: trello, url: "{here.server.url}", key: "env:K", token: "env:T"}}'
        small_pages = "import pmsync.connectors.trello.client as client; client.SIZES = (20,)"
        yield Killing(here.site, here.server, source, {"K": KEY, "T": TOKEN}, small_pages)


@pytest.fixture(scope="module")
def straight(big: Killing, tmp_path_factory: pytest.TempPathFactory) -> Held:
    return big.finish(tmp_path_factory.mktemp("straight"))


@pytest.mark.parametrize("seed", range(KILLS))
def test_killed_at_any_moment(big: Killing, straight: Held, tmp_path: Path, seed: int) -> None:
    big.kill(tmp_path, seed, 3, 45)
    assert big.finish(tmp_path) == straight
