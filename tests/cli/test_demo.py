"""`pmsync demo`: the main job, end to end, over HTTP, with everything real."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Pmsync = Callable[..., Any]


@pytest.fixture
def demo(folder: Path, pmsync: Pmsync) -> Any:
    """A first run, and the folder it wrote."""
    return pmsync("demo")


def counts(out: str) -> dict[str, list[int]]:
    """new, changed, unchanged per source, as the closing lines say."""
    found = re.findall(r"^(\w+) +(\w+) +(\d+) new, (\d+) changed, (\d+) unchanged", out, re.MULTILINE)
    assert all(result == "ok" for _, result, *_ in found)
    return {source: [int(number) for number in numbers] for source, _, *numbers in found}


def test_everything_is_synced_and_written(demo: Any, folder: Path) -> None:
    assert demo.code == 0, demo.err
    assert {source: numbers[0] > 10 for source, numbers in counts(demo.out).items()} == {
        "shop": True,
        "marketing": True,
        "office": True,
    }
    written = {file.name for file in (folder / "demo").iterdir()}
    assert {"status.md", "status.html", "po.md", "po.html", "pm.md", "pm.html", "notes"} <= written


def test_the_status_report_is_shown_and_the_last_lines_say_what_to_type_next(demo: Any) -> None:
    for heading in ("Needed from you", "Done", "Doing", "Blocked", "Risks"):
        assert heading in demo.out
    assert "pmsync init" in demo.out.splitlines()[-1]


def test_a_second_run_changes_nothing(demo: Any, folder: Path, pmsync: Pmsync) -> None:
    before = (folder / "demo" / "notes").iterdir().__next__().read_text()
    again = pmsync("demo")
    assert all(new == changed == 0 for new, changed, _ in counts(again.out).values())
    assert (folder / "demo" / "notes").iterdir().__next__().read_text() == before


def test_every_item_has_a_role(demo: Any, pmsync: Pmsync) -> None:
    rows = [
        json.loads(line)
        for line in pmsync("--config", "demo/pmsync.yaml", "items", "--roles", "-o", "jsonl").out.splitlines()
    ]
    assert {row["source"] for row in rows} == {"shop", "marketing", "office"}
    assert {row["role"]["role"] for row in rows} == {"PO", "PM"}


def test_remap_gives_the_same_items_without_the_trackers(demo: Any, pmsync: Pmsync) -> None:
    def items() -> str:
        return str(pmsync("--config", "demo/pmsync.yaml", "items", "--history", "--presence", "all", "-o", "jsonl").out)

    before = items()
    assert pmsync("--config", "demo/pmsync.yaml", "remap").code == 0
    assert items() == before


def test_a_tracker_that_is_down_is_one_sentence_and_the_store_stays(demo: Any, pmsync: Pmsync) -> None:
    stored = pmsync("--config", "demo/pmsync.yaml", "items", "-o", "jsonl").out
    ended = pmsync("--config", "demo/pmsync.yaml", "sync", "shop")
    assert ended.code == 5
    assert ended.err.startswith("pmsync: shop:")
    assert pmsync("--config", "demo/pmsync.yaml", "items", "-o", "jsonl").out == stored
