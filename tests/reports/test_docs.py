"""docs/templates.md names everything a template may use, and nothing that is not there."""

import re
from dataclasses import fields, is_dataclass
from datetime import UTC
from pathlib import Path

import pytest

from pmsync.reports import facts as contract
from pmsync.reports import meeting
from pmsync.reports.filters import filters
from pmsync.reports.render import _KEPT_FILTERS, builtin_templates, render_markdown
from reports.sample import facts

PAGE = (Path(__file__).parents[2] / "docs" / "templates.md").read_text(encoding="utf-8")
TYPES = [
    kind
    for module in (contract, meeting)
    for kind in vars(module).values()
    if is_dataclass(kind) and kind.__module__ == module.__name__ and kind is not contract.Facts
]


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.__name__)
def test_every_name_is_described(kind: type) -> None:
    section = next(part for part in PAGE.split("\n### ") if kind.__name__ in part.splitlines()[0])
    assert not [field.name for field in fields(kind) if f"`{field.name}`" not in section]


def test_every_name_at_the_top_level_is_described() -> None:
    section = PAGE.split("\n## Facts")[1].split("\n### ")[0]
    cells = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    told = set(re.findall(r"`(\w+)`", " ".join(cells)))
    assert told == {field.name for field in fields(contract.Facts)}
    assert f"version {contract.FACTS_VERSION}." in section


def test_every_filter_is_described() -> None:
    section = PAGE.split("\n## Filters")[1].split("\n## ")[0]
    assert set(re.findall(r"^\| `(\w+)", section, re.MULTILINE)) == set(filters(UTC, 2026))
    assert " ".join(_KEPT_FILTERS) == " ".join(re.findall(r"are there: `([^`]*)`", section)[0].split())


def test_the_blocks_of_the_status_report_are_described() -> None:
    blocks = re.findall(r"block (\w+)", (builtin_templates() / "status.md.j2").read_text())
    assert " ".join(blocks) in " ".join(PAGE.split())


def test_the_example_works(tmp_path: Path) -> None:
    example = re.findall(r"```jinja\n(.*?)```", PAGE, re.DOTALL)[0]
    (tmp_path / "status.md.j2").write_text(example)
    shown = render_markdown("status", facts(), tmp_path)
    assert "- [PAY-6](https://example.org/browse/PAY-6) Keep vouchers for the beta?, due 13 May" in shown
