import json
import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from pmsync.errors import ReportError
from pmsync.model import Problem
from pmsync.reports.entries import SourceData
from pmsync.reports.facts import Facts
from pmsync.reports.render import render
from reports.sample import context, facts, sources, two_hats

GOLDEN = Path(__file__).parent / "golden"
FULL, EMPTY, HATS = facts(), facts([]), two_hats()
LOOKS: dict[str, dict[str, Any]] = {
    "md": {"format": "md"},
    "html": {"format": "html"},
    "txt": {"format": "text", "width": 80},
    "narrow.txt": {"format": "text", "width": 50},
    "color.txt": {"format": "text", "width": 80, "color": True},
    "json": {"format": "json"},
}
EVIL = (
    "<script>alert(1)</script> <img src=x onerror=alert(1)>",
    "| a | b |\n| --- | --- |",
    "{{ 7*7 }}{% raw %}",
    "[click](javascript:alert(1)) ![pixel](https://evil.example/p.png)",
    "\x1b[31mred\x1b[0m \x1b]8;;https://evil.example\x07link\x1b]8;;\x07 \x9b2J \r\x08\x00",
    "\u202egnp.exe\u202c \u2066x\u2069",
    "```chart\n{}\n```",
    "# Heading\n\n- item\n---\n<!-- -->",
    "`RED x` **bold** _it_ ~~gone~~ &lt;b&gt; $x$ @everyone",
    "w" * 32_768,
    "\ud800 half",
    "=cmd|' /C calc'!A0",
)


def hostile(text: str) -> Facts:
    def source(data: SourceData) -> SourceData:
        catalog = data.catalog
        named = replace(
            catalog,
            stages={id: replace(stage, name=text) for id, stage in catalog.stages.items()},
            people={id: replace(person, name=text) for id, person in catalog.people.items()},
            boards={id: replace(board, name=text) for id, board in catalog.boards.items()},
            versions={id: replace(version, name=text) for id, version in catalog.versions.items()},
            sprints={id: replace(sprint, name=text, goal=text) for id, sprint in catalog.sprints.items()},
        )
        items = [
            structs.replace(item, title=text, key=f"{text[:40]}{item.id}", url=f"https://x.example/{text[:90]}")
            for item in data.items
        ]
        assert data.run is not None
        run = replace(data.run, problems=(Problem(where=text, what=text),))
        return replace(data, catalog=named, items=items, run=run)

    return two_hats([source(data) for data in sources()], name=text, scope=text)


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize(("name", "given"), [("full", FULL), ("empty", EMPTY)])
def test_the_status_report_looks_as_approved(name: str, given: Facts, look: str) -> None:
    golden(f"status-{name}.{look}", render("status", given, **LOOKS[look]))


@pytest.mark.parametrize("report", ["po", "pm", "notes"])
def test_the_other_reports_look_as_approved(report: str) -> None:
    golden(f"{report}-full.md", render(report, context(report, facts(name=report))))


@pytest.mark.parametrize("report", ["po", "pm"])
def test_the_scheme_decides_what_the_role_reports_say(report: str) -> None:
    golden(f"{report}-product-manager.md", render(report, facts(name=report, scheme="product-manager")))


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("report", ["status", "po", "pm"])
def test_two_hats_have_a_section_of_their_own(report: str, look: str) -> None:
    shown, plain = (render(report, given, **LOOKS[look]) for given in (HATS, FULL))
    if look == "json":
        assert json.loads(plain)["balance"] is None
        assert [line["item"]["key"] for line in json.loads(shown)["balance"]["self_accepted"]] == ["PAY-2"]
        return
    assert "Two hats" not in plain
    words = " ".join(re.sub("\x1b\\[[0-9;]*m", "", shown.partition("Two hats")[2]).split())
    assert "schedule 6 days, blocker 5 days, roadmap 3 days" in words.replace("• ", "")
    told = words.partition("Accepted so far by the one who did it: ")[2][:60]
    assert ("https://example.org/browse/PAY-2" in told) is (look in ("md", "html", "color.txt"))


@pytest.mark.parametrize("look", ["md", "narrow.txt"])
def test_the_balance_of_two_hats_looks_as_approved(look: str) -> None:
    golden(f"po-combined.{look}", render("po", two_hats(name="po"), **LOOKS[look]))


def golden(name: str, text: str) -> None:
    """Compare with the approved file; PMSYNC_APPROVE=1 writes what is there now, to be read before it is committed."""
    path = GOLDEN / name
    if os.environ.get("PMSYNC_APPROVE"):
        path.write_text(text, encoding="utf-8", newline="")
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("look", LOOKS)
def test_the_same_facts_give_the_same_bytes(look: str) -> None:
    assert render("status", facts(), **LOOKS[look]) == render("status", FULL, **LOOKS[look])


@pytest.mark.parametrize("text", EVIL, ids=range(len(EVIL)))
@pytest.mark.parametrize("report", ["status", "po", "pm", "notes"])
def test_hostile_text_is_harmless_in_html(report: str, text: str) -> None:
    page = render(report, context(report, hostile(text)), format="html")
    body = page.partition("<main>")[2]
    assert ("by the one who did it: <a " in body) is (report != "notes")
    tags = set(re.findall(r"<([a-zA-Z]+)", body))
    shape = "h p em strong blockquote ul ol li a span code div table thead tbody tr th td"
    figure = "figure figcaption svg title line rect text"
    assert tags <= {*shape.split(), *figure.split()}
    assert set(re.findall(r'href="([^:"]*:?)', body)) <= {"https:", "#"}
    assert len(page) < 200_000
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", page)
    page.encode()


@pytest.mark.parametrize("text", EVIL, ids=range(len(EVIL)))
@pytest.mark.parametrize("color", [False, True])
def test_hostile_text_is_harmless_in_a_terminal(text: str, color: bool) -> None:
    shown = render("status", hostile(text), format="text", width=60, color=color)
    without_style = re.sub("\x1b\\[[0-9;]*m|\x1b\\]8;;(?:https://(?:x|trello)\\.example[!-~]*)?\x1b\\\\", "", shown)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", without_style)
    assert color or shown == without_style
    assert max(map(len, without_style.splitlines())) <= 60
    shown.encode()


@pytest.mark.parametrize("text", EVIL, ids=range(len(EVIL)))
def test_hostile_text_changes_no_structure_in_markdown(text: str) -> None:
    shown, calm = render("status", hostile(text)), render("status", hostile("calm"))
    shape = [re.sub(r"\w", "", line)[:2] for line in calm.splitlines() if re.match(r"#|- |\|", line)]
    assert [re.sub(r"\w", "", line)[:2] for line in shown.splitlines() if re.match(r"#|- |\|", line)] == shape
    assert [line.count("|") - line.count("\\|") for line in shown.splitlines() if line.startswith("|")] == [
        line.count("|") for line in calm.splitlines() if line.startswith("|")
    ]
    shown.encode()


@pytest.mark.parametrize("text", EVIL, ids=range(len(EVIL)))
def test_hostile_text_is_data_in_json(text: str) -> None:
    assert json.loads(render("status", hostile(text), format="json"))["scope"] in (text, text.replace("\ud800", "?"))


@pytest.mark.parametrize("width", [40, 60, 80, 120])
@pytest.mark.parametrize("report", ["status", "po", "pm", "notes"])
def test_no_line_is_wider_than_the_terminal(report: str, width: int) -> None:
    lines = render(report, context(report, HATS), format="text", width=width).splitlines()
    assert max(map(len, lines)) <= width


@pytest.mark.parametrize("report", ["status", "po", "pm", "notes"])
def test_the_page_loads_nothing(report: str) -> None:
    page = render(report, context(report, FULL), format="html")
    assert not re.search(r"<(script|link|img|iframe|object|embed)|@import|url\(|src=", page)
    assert all('rel="noopener noreferrer"' in tag for tag in re.findall(r"<a [^>]*>", page))


def test_front_matter_is_for_programs() -> None:
    notes = context("notes", FULL)
    assert "series" in render("notes", notes)
    assert "series" not in render("notes", notes, format="html")
    assert "series" not in render("notes", notes, format="text")


@pytest.mark.parametrize("block", ["{}", '{"title": 1}', '{"title": "", "unit": "", "points": [[1]]}', "{no json}"])
@pytest.mark.parametrize("format", ["md", "html", "text"])
def test_a_chart_written_by_hand_is_a_template_error(tmp_path: Path, block: str, format: str) -> None:
    (tmp_path / "own.md.j2").write_text(f"```chart\n{block}\n```\n")
    with pytest.raises(ReportError, match="chart block"):
        render("own", EMPTY, templates=tmp_path, format=format)


def test_a_chart_of_nothing_is_drawn() -> None:
    nothing = replace(EMPTY, flow=replace(EMPTY.flow, weeks=()))
    for look in LOOKS.values():
        assert "Delivered per week" in render("status", nothing, **look) or look["format"] == "json"
