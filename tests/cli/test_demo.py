"""`pmsync demo`: the main job, end to end, over HTTP, with everything real."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pmsync.connectors import transport

Pmsync = Callable[..., Any]


@pytest.fixture(scope="session")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A first run of the program: the folder it was called in, and what it printed."""
    folder = tmp_path_factory.mktemp("first")
    command = [sys.executable, "-m", "pmsync", "demo"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return folder / "demo", done.stdout


@pytest.fixture
def demo(shown: tuple[Path, str], folder: Path) -> str:
    """What the first run printed; the folder it wrote lies here as `demo`."""
    shutil.copytree(shown[0], folder / "demo")
    return shown[1]


def counts(out: str) -> dict[str, list[int]]:
    """new, changed, unchanged per source, as the closing lines say."""
    found = re.findall(r"^(\w+) +(\w+) +(\d+) new, (\d+) changed, (\d+) unchanged", out, re.MULTILINE)
    assert all(result == "ok" for _, result, *_ in found)
    return {source: [int(number) for number in numbers] for source, _, *numbers in found}


def test_everything_is_synced_and_written(demo: str, folder: Path) -> None:
    assert {source: numbers[0] > 10 for source, numbers in counts(demo).items()} == {
        "shop": True,
        "marketing": True,
        "office": True,
    }
    written = {file.name for file in (folder / "demo").iterdir()}
    assert {"status.md", "status.html", "po.md", "po.html", "pm.md", "pm.html", "notes"} <= written


def test_the_status_report_is_shown_and_the_last_lines_say_what_to_type_next(demo: str) -> None:
    for heading in ("Needed from you", "Done", "Doing", "Blocked", "Risks"):
        assert heading in demo
    assert "pmsync init" in demo.splitlines()[-1]


def test_the_first_screen_has_something_to_decide(demo: str) -> None:
    first = demo.partition("\nDone\n")[0]
    assert "2 decisions needed" in " ".join(first.split())
    assert "Highest open exposure 12 of 25" in first
    assert "Approve the invoice" in first


def test_a_second_run_changes_nothing(demo: str, folder: Path, pmsync: Pmsync) -> None:
    before = (folder / "demo" / "notes").iterdir().__next__().read_text()
    again = pmsync("demo")
    assert all(new == changed == 0 for new, changed, _ in counts(again.out).values())
    assert (folder / "demo" / "notes").iterdir().__next__().read_text() == before


def test_every_item_has_a_role(demo: str, pmsync: Pmsync) -> None:
    rows = [
        json.loads(line)
        for line in pmsync("--config", "demo/pmsync.yaml", "items", "--roles", "-o", "jsonl").out.splitlines()
    ]
    assert {row["source"] for row in rows} == {"shop", "marketing", "office"}
    assert {row["role"]["role"] for row in rows} == {"PO", "PM"}


def test_remap_gives_the_same_items_without_the_trackers(demo: str, pmsync: Pmsync) -> None:
    def items() -> str:
        return str(pmsync("--config", "demo/pmsync.yaml", "items", "--history", "--presence", "all", "-o", "jsonl").out)

    before = items()
    assert pmsync("--config", "demo/pmsync.yaml", "remap").code == 0
    assert items() == before


def test_a_tracker_that_is_down_is_one_sentence_and_the_store_stays(
    demo: str, folder: Path, pmsync: Pmsync, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "FIRST_DELAY", 0.0)
    config = folder / "demo" / "pmsync.yaml"  # where nobody listens, whoever runs a demo now
    config.write_text(re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:9", config.read_text()))
    stored = pmsync("--config", "demo/pmsync.yaml", "items", "-o", "jsonl").out
    ended = pmsync("--config", "demo/pmsync.yaml", "sync", "shop")
    assert ended.code == 5
    assert ended.err.startswith("pmsync: shop:")
    assert pmsync("--config", "demo/pmsync.yaml", "items", "-o", "jsonl").out == stored
