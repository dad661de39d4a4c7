from dataclasses import dataclass
from pathlib import Path

import pytest

from pmsync.errors import ReportError, UsageError
from pmsync.reports.render import available, builtin_templates, render, render_markdown
from reports.sample import facts

EMPTY = facts([])


def write(folder: Path, name: str, text: str) -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def test_built_in_reports_are_listed() -> None:
    assert available() == ["notes", "pm", "po", "status"]


def test_a_template_is_looked_up_in_the_path_given_then_the_folder_then_built_in(tmp_path: Path) -> None:
    own = write(tmp_path, "status.md.j2", "mine")
    assert render_markdown("status", EMPTY).startswith("# Status")
    assert render_markdown("status", EMPTY, tmp_path) == "mine\n"
    assert render_markdown(str(own), EMPTY) == "mine\n"


def test_a_team_can_change_one_block(tmp_path: Path) -> None:
    write(
        tmp_path,
        "status.md.j2",
        '{% extends "builtin/status.md.j2" %}{% block health %}All is {{ health.overall }}.{% endblock %}',
    )
    shown = render_markdown("status", EMPTY, tmp_path)
    assert "All is unknown." in shown
    assert "| Dimension" not in shown
    assert "## Data" in shown


def test_a_team_can_change_the_shared_macros(tmp_path: Path) -> None:
    write(tmp_path, "_macros.md.j2", '{% import "builtin/_macros.md.j2" as show %}')
    with pytest.raises(ReportError, match='there is no "head" in a TemplateModule'):
        render_markdown("status", EMPTY, tmp_path)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a\n{{ doen }}", 2, 'there is no "doen"; did you mean "done"?'),
        ("{{ health.overal }}", 1, 'there is no "overal" in a Health; did you mean "overall"?'),
        ("{% for x in zzzzzz %}{% endfor %}", 1, 'there is no "zzzzzz"'),
        ("{{ done | lenght }}", 1, 'there is no filter "lenght"; did you mean "length"?'),
        ("\n\n{% for x in done %}", 3, "endfor"),
        ("{{ title", 1, "end of print statement"),
        ("{{ 1 / 0 }}", 1, "ZeroDivisionError: division by zero"),
        ("{{ title.__class__ }}", 1, "unsafe"),
        ("{{ done.append(1) }}", 1, '"append"'),
        ("{{ [].append(1) }}", 1, "unsafe"),
        ("{% for x in range(10000000) %}{% endfor %}", 1, "Range too big"),
        ('{% include "nothing.md.j2" %}', None, 'no template "nothing"'),
        ('{% extends "builtin/statos.md.j2" %}', None, 'did you mean "builtin/status"?'),
        ("{{ title | safe }}", 1, 'there is no filter "safe"'),
    ],
)
def test_a_wrong_template_is_named_with_its_line(tmp_path: Path, text: str, line: int | None, message: str) -> None:
    path = write(tmp_path, "own.md.j2", text)
    with pytest.raises(ReportError) as caught:
        render("own", EMPTY, templates=tmp_path)
    assert message in caught.value.message
    if line:
        assert caught.value.message.startswith(f"{path}:{line}: ")
    assert caught.value.hint
    assert caught.value.exit_code == 7


def test_a_missing_template_lists_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(ReportError) as caught:
        render("statsu", EMPTY)
    assert caught.value.message == 'There is no template "statsu"; did you mean "status"?'
    assert caught.value.hint == "There are: notes, pm, po, status."
    with pytest.raises(ReportError, match=r"missing\.md\.j2 is not there"):
        render(str(tmp_path / "missing.md.j2"), EMPTY)


def test_a_template_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "own.md.j2").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ReportError, match="UnicodeDecodeError"):
        render("own", EMPTY, templates=tmp_path)


def test_an_unknown_format_lists_the_known_ones() -> None:
    with pytest.raises(UsageError) as caught:
        render("status", EMPTY, format="pdf")
    assert caught.value.hint == "Choose one of: md, html, text, json."


def test_any_dataclass_serves_as_facts(tmp_path: Path) -> None:
    @dataclass(frozen=True)
    class Note:
        series: str

    write(tmp_path, "n.md.j2", "# {{ series }}")
    assert render("n", Note("*Weekly*"), templates=tmp_path) == "# \\*Weekly\\*\n"
    with pytest.raises(ReportError, match='did you mean "series"'):
        write(tmp_path, "n.md.j2", "{{ sereis }}")
        render("n", Note(""), templates=tmp_path)


def test_the_built_in_templates_are_found_from_anywhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert (builtin_templates() / "status.md.j2").is_file()
