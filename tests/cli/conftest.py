"""The program as people use it: a folder with a config, a command line, what it printed and how it ended."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from pmsync.cli.main import run

CONFIG = """\
timezone: Europe/Berlin
store: store.sqlite
sources:
  shop: {type: scripted}
"""


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str


Pmsync = Callable[..., Ended]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, with a home of its own."""
    for name in ("PMSYNC_CONFIG", "PMSYNC_STORE", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "work"


@pytest.fixture
def config(folder: Path) -> Path:
    path = folder / "pmsync.yaml"
    path.write_text(CONFIG)
    return path


@pytest.fixture
def pmsync(folder: Path, capfd: pytest.CaptureFixture[str]) -> Pmsync:
    def call(*arguments: str) -> Ended:
        capfd.readouterr()
        code = run(arguments)
        out, err = capfd.readouterr()
        assert "Traceback" not in err
        return Ended(code, out, err)

    return call
