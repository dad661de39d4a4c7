import html
import re
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as some
from markdown_it import MarkdownIt

from pmsync.reports.filters import code, link, percent, plural, quoted, short, signed
from pmsync.reports.render import render_markdown
from pmsync.reports.text import Markdown, escaped, finalize, number, plain
from reports.sample import facts

MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
NASTY = some.text(some.sampled_from("\\`*_[]()<>#|~-+=!&;:{}$^. \n\tab1\"'@/\u202e\x1b"), max_size=30) | some.text(
    max_size=20
)


def visible(rendered: str) -> str:
    return html.unescape(re.sub(r"<[^>]*>", "", rendered))


@given(NASTY)
def test_text_is_shown_as_it_is_on_a_line_of_its_own(text: str) -> None:
    rendered = MARKDOWN.render("x\n\n" + escaped(text))
    assert set(re.findall(r"<(\w+)", rendered)) <= {"p"}
    assert visible(rendered).split() == ["x", *plain(text).split()]


@given(NASTY)
def test_text_is_shown_as_it_is_in_a_list_a_table_and_a_link(text: str) -> None:
    around = (
        f"- a {escaped(text)}\n\n| h | i |\n| --- | --- |\n| {escaped(text)} | [{escaped(text)}](https://x.example) |"
    )
    rendered = MARKDOWN.render(around)
    assert set(re.findall(r"<(\w+)", rendered)) <= {"ul", "li", "table", "thead", "tbody", "tr", "th", "td", "a"}
    words = plain(text).split()
    assert visible(rendered).split() == ["a", *words, "h", "i", *words, *words]


@example("\r\x08\x85")
@given(some.text(max_size=50))
def test_plain_text_is_one_harmless_line(text: str) -> None:
    assert not re.search("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", plain(text))
    assert plain(plain(text)) == plain(text)
    plain(text).encode()


def test_half_a_surrogate_pair_is_replaced() -> None:
    assert plain("a\ud800b") == "a?b"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("a*b", r"a\*b"),
        (5.0, "5"),
        (2.25, "2.2"),
        (-3, "-3"),
        (None, "\u2013"),
        (Markdown("**b**"), "**b**"),
        (True, "yes"),
    ],
)
def test_what_an_expression_prints(value: Any, shown: str) -> None:
    assert finalize(value) == shown


def test_text_with_markdown_becomes_markdown() -> None:
    assert Markdown("**a** ") + "*b*" == r"**a** \*b\*"
    assert Markdown("{}").format("*") == r"\*"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://x.example/a", "[K-1](https://x.example/a)"),
        ("https://x.example/a (b)|c", "[K-1](https://x.example/a%20%28b%29%7Cc)"),
        ("https://x.example/ä?q=1&r=%20", "[K-1](https://x.example/%C3%A4?q=1&r=%20)"),
        ("https://x.example/>\n<script>", "[K-1](https://x.example/%3E%0A%3Cscript%3E)"),
        ("javascript:alert(1)", "K-1"),
        ("data:text/html,x", "K-1"),
        ("file:///etc/passwd", "K-1"),
        ("//x.example", "K-1"),
        ("https://[half", "K-1"),
        ("", "K-1"),
    ],
)
def test_only_web_addresses_become_links(url: str, shown: str) -> None:
    target = type("Target", (), {"url": url, "key": "K-1"})
    assert link(target).replace("%0A", "%0A") in (shown, shown.replace("%0A", ""))


def test_a_code_span_cannot_be_left() -> None:
    assert code("a`b|c\nd") == "`a'b\u00a6c d`"


def test_small_filters() -> None:
    assert (plural(1, "item"), plural(2, "item"), plural(2, "box", "boxes")) == ("1 item", "2 items", "2 boxes")
    assert (signed(3), signed(-2.5), signed(0), signed(None)) == ("+3", "\u22122.5", "±0", "\u2013")
    assert (percent(0.111), percent(None)) == ("11 %", "n/a")
    assert (short("abcdef", 4), short("abc", 4)) == ("abc…", "abc")
    assert (number(1234567.0), number(0.05)) == ("1234567", "0.1")


@pytest.mark.parametrize(
    "text",
    ["weekly-checkout", "Europe/Berlin", "Q1: plan", "No", "12", "2026-05-08", "[a]", "a #b", 'say "x"', ""],
)
def test_quoted_text_is_yaml_for_itself(text: str) -> None:
    assert yaml.safe_load(f"{{a: {quoted(text)}}}") == {"a": text}
    assert ('"' in quoted(text)) is (text not in ("weekly-checkout", "Europe/Berlin"))


@pytest.mark.parametrize(
    ("template", "shown"),
    [
        ("{{ '*' ~ '|' }}", r"\*\|"),
        ("{{ ('*' | code) ~ '*' }}", r"`*`\*"),
        ("{{ '*' + ('*' | code) }}", r"\*`*`"),
        ("{% macro m() %}**b**{% endmacro %}{{ m() }} {{ m() ~ '<i>' }}", r"**b** **b**\<i\>"),
        ("{% set t %}**{{ '*' }}**{% endset %}{{ t }}", r"**\***"),
        ("{{ ['a|b', 'c' | code] | join(' | ') }}", r"a\|b \| `c`"),
        ("{{ '*'.upper() }}{{ '%s' % '*' }}{{ '{}'.format('*') }}", r"\*\*\*"),
        ("{{ {'a': '*'} }}", r"\{'a': '\*'\}"),
    ],
)
def test_no_way_of_writing_a_template_leaks_markup(tmp_path: Any, template: str, shown: str) -> None:
    (tmp_path / "t.md.j2").write_text(template)
    assert render_markdown("t", facts([]), tmp_path) == shown + "\n"
