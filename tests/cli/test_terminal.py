"""The program on a terminal: it asks, draws as wide as there is room, and is plain where that is wanted."""

import os
import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
import yaml
from scripted import play

from builders import make_item
from pmsync.app.sync import sync
from pmsync.app.workspace import open_workspace

pty = pytest.importorskip("pty", reason="needs a pseudo-terminal")
fcntl, struct, termios = (pytest.importorskip(name) for name in ("fcntl", "struct", "termios"))


def on_terminal(*arguments: str, columns: int = 80, typed: str = "") -> str:
    """What a terminal of that width shows of a command, answers included."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    environment = {**os.environ, "TERM": "xterm-256color"}
    environment.pop("COLUMNS", None)
    command = [sys.executable, "-m", "pmsync", *arguments]
    with subprocess.Popen(command, env=environment, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        os.write(ours, typed.encode())
        shown = read_all(ours)
    assert process.returncode == 0, shown
    return shown.decode().replace("\r\n", "\n")


def read_all(terminal: int) -> bytes:
    """Everything until the other end is closed, which Linux tells as an error."""
    shown = b""
    with suppress(OSError):
        while part := os.read(terminal, 4096):
            shown += part
    os.close(terminal)
    return shown


@pytest.fixture
def stored(config: Path) -> None:
    play(shop=[[make_item("1", title="As a shopper I want to pay later, " * 9), make_item("10000", title="Short")]])
    with open_workspace(config, now=make_item().updated) as workspace:
        sync(workspace)


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize("columns", [50, 80])
def test_a_table_fits_and_keys_are_whole(columns: int) -> None:
    lines = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in on_terminal("items", columns=columns).splitlines()]
    assert max(map(len, lines)) <= columns
    assert [line.split()[0] for line in lines[2:4]] == ["PAY-1", "PAY-10000"]
    assert lines[2].endswith("…")


@pytest.mark.usefixtures("stored")
def test_colour_is_for_those_who_want_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b[" in on_terminal("items")
    assert "\x1b[" not in on_terminal("--no-color", "items")
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in on_terminal("items")


def test_init_asks_for_what_is_missing_and_offers_defaults(folder: Path) -> None:
    shown = on_terminal("init", typed="trello\n\nenv:MY_TOKEN\n")
    assert "Which tracker" in shown
    assert "[env:TRELLO_KEY]" in shown
    source = yaml.safe_load((folder / "pmsync.yaml").read_text())["sources"]["trello"]
    assert source == {"type": "trello", "key": "env:TRELLO_KEY", "token": "env:MY_TOKEN"}
