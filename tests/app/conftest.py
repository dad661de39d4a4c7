"""Workspaces on a real SQLite file, with sources that play a script."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from builders import at
from pmsync.app.workspace import Workspace, open_workspace

CONFIG = """\
timezone: Europe/Berlin
store: store.sqlite
sources:
  shop: {type: scripted}
  desk: {type: scripted}
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "pmsync.yaml"
    path.write_text(CONFIG)
    return path


@pytest.fixture
def workspace(config: Path) -> Iterator[Workspace]:
    with open_workspace(config, now=at(20, 12)) as opened:
        yield opened
