"""A sync into a real store, killed as `kill -9` does at seeded moments: the next one completes it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from connectors.trello.conftest import World, world
from pmsync.demo.trello import KEY, TOKEN
from pmsync.demo.trello.crowd import generate
from pmsync.model import Change, Item
from pmsync.store import ItemQuery, open_store

KILLS = int(os.environ.get("PMSYNC_KILLS", "3"))
SMALL_PAGES = (
    "import pmsync.connectors.trello.client as client; client.SIZES = (20,);"
    "from pmsync.cli.main import main; main(['-q', 'sync'])"
)


def start(folder: Path, here: World) -> "subprocess.Popen[bytes]":
    config = (
        f'store: s.db\nsources: {{plan: {{type: trello, url: "{here.server.url}", key: "env:K", token: "env:T"}}}}\n'
    )
    folder.joinpath("pmsync.yaml").write_text(config)
    source = Path(__file__).parents[3] / "src"
    secrets = {"K": KEY, "T": TOKEN, "PYTHONPATH": str(source)}
    command = [sys.executable, "-W", "ignore", "-c", SMALL_PAGES]
    return subprocess.Popen(command, cwd=folder, env={**os.environ, **secrets}, stderr=subprocess.PIPE)


def finish(folder: Path, here: World) -> tuple[list[Item], list[Change]]:
    with start(folder, here) as process:
        _, said = process.communicate(timeout=60)
    assert process.returncode == 0, said.decode()
    with open_store(str(folder / "s.db")) as store:
        return list(store.items(ItemQuery(presence="all"))), list(store.changes("plan"))


@pytest.fixture(scope="module")
def big() -> Iterator[World]:
    with world(generate(2, 160, 700)) as here:
        here.clock.pass_by(days=1)
        yield here


@pytest.fixture(scope="module")
def straight(big: World, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Item], list[Change]]:
    return finish(tmp_path_factory.mktemp("straight"), big)


@pytest.mark.parametrize("seed", range(KILLS))
def test_killed_at_any_moment(big: World, straight: tuple[list[Item], list[Change]], tmp_path: Path, seed: int) -> None:
    """Dead after a seeded number of requests, which is anywhere in the pull."""
    big.server.log.clear()
    last = Random(seed).randint(3, 45)
    process = start(tmp_path, big)
    big.site.fault = lambda _: process.kill() if len(big.server.log) >= last else None  # type: ignore[func-returns-value]
    process.communicate(timeout=60)
    big.site.fault = None
    assert process.returncode < 0, "it was over before it could be killed"
    assert finish(tmp_path, big) == straight
