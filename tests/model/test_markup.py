"""Wiki markup and ADF as Markdown: what people write, and what nobody should be able to hang it with."""

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmsync.model import TextFormat
from pmsync.model.markup import adf_to_markdown, to_markdown, wiki_to_markdown

WIKI = [
    ("h2. Why *now*", "## Why **now**"),
    ("*bold* _it_ -gone- +under+ {{code}}", "**bold** *it* ~~gone~~ under `code`"),
    ("a * b * c, 3*4*5, snake_case_name", "a \\* b \\* c, 3\\*4\\*5, snake_case_name"),
    ("*never closed", "\\*never closed"),
    ("* one\n** two\n# first\n- dash", "- one\n   - two\n1. first\n- dash"),
    ("[docs|https://example.org/a(b)] [https://x.org] [~ann] [^a.pdf]",
     "[docs](https://example.org/a%28b%29) [https://x.org](https://x.org) @ann a.pdf"),
    ("[bad|javascript:alert(1)]", "bad"),
    ("<script>", "\\<script>"),
    ("{code:java}\nint a_b = 1;\n{code}", "```java\nint a_b = 1;\n```"),
    ("{noformat}```{noformat}", "````\n```\n````"),
    ("{code}open", "```\nopen\n```"),
    ("{quote}\nsaid\n{quote}\nafter", "> said\n\nafter"),
    ("bq. wise", "> wise"),
    ("||A||B||\n|1|[x|https://x.org]|", "| A | B |\n| --- | --- |\n| 1 | [x](https://x.org) |"),
    ("|1|2|", "|  |  |\n| --- | --- |\n| 1 | 2 |"),
    ("{color:red}hot{color} !pic.png|thumbnail!", "hot *pic.png*"),
    ("one\ntwo\n\nthree", "one  \ntwo\n\nthree"),
    ("a\r\nb", "a  \nb"),
    ("----", "---"),
    ("see https://x.org/a_b_c now", "see <https://x.org/a_b_c> now"),
    ("# not", "1. not"),
    ("#hash", "\\#hash"),
    ("{panel:title=Note}x{panel}", "> **Note**\n>\n> x"),
    ("", ""),
]  # fmt: skip


@pytest.mark.parametrize(("wiki", "markdown"), WIKI)
def test_wiki(wiki, markdown):
    assert wiki_to_markdown(wiki) == markdown


def doc(*content: object) -> dict[str, object]:
    return {"type": "doc", "version": 1, "content": list(content)}


def paragraph(*content: object) -> dict[str, object]:
    return {"type": "paragraph", "content": list(content)}


def text(words: str, *marks: str) -> dict[str, object]:
    return {"type": "text", "text": words, "marks": [{"type": mark} for mark in marks]}


def item(*content: object) -> dict[str, object]:
    return {"type": "listItem", "content": list(content)}


ADF = [
    (doc(paragraph(text("a "), text("b", "strong"), text(" c_", "em"))), "a **b** c\\_"),
    (doc({"type": "heading", "attrs": {"level": 3}, "content": [text("T")]}, paragraph(text("x"))), "### T\n\nx"),
    (doc({"type": "bulletList", "content": [item(paragraph(text("one")), {"type": "orderedList", "content": [
        item(paragraph(text("in")))]}), item(paragraph(text("two")))]}), "- one\n   1. in\n- two"),
    (doc(paragraph({"type": "mention", "attrs": {"id": "1"}}, text(" "), {"type": "date", "attrs": {
        "timestamp": "1777881600000"}})), "@1 2026-05-04"),
    (doc({"type": "table", "content": [{"type": "tableRow", "content": [
        {"type": "tableHeader", "content": [paragraph(text("a|b"))]}]}]}), "| a\\|b |\n| --- |"),
    (doc({"type": "codeBlock", "attrs": {"language": "sql"}, "content": [text("select 1")]}), "```sql\nselect 1\n```"),
    (doc({"type": "brandNew", "content": [paragraph(text("kept"))]}), "kept"),
    (doc(paragraph({"type": "text", "text": "x", "marks": [{"type": "link", "attrs": {"href": "js:1"}}]})), "x"),
    (doc(paragraph(text("a"), {"type": "hardBreak"}, text("b"))), "a  \nb"),
    (doc({"type": "mediaSingle", "content": [{"type": "media", "attrs": {"alt": "plan.png"}}]}), "*plan.png*"),
    (doc(paragraph({"type": "inlineCard", "attrs": {"url": "https://x.org"}})), "[https://x.org](https://x.org)"),
    (None, ""), ("text", ""), ({"type": "doc", "content": None}, ""), (doc(None, 3, []), ""),
]  # fmt: skip


@pytest.mark.parametrize(("document", "markdown"), ADF)
def test_adf(document, markdown):
    assert adf_to_markdown(document) == markdown


def test_by_format():
    assert to_markdown("*a*", TextFormat.WIKI) == "**a**"
    assert to_markdown("*a*", TextFormat.MARKDOWN) == "*a*"
    assert to_markdown(json.dumps(doc(paragraph(text("a")))), TextFormat.ADF) == "a"
    assert to_markdown("{broken", TextFormat.ADF) == "{broken"


HOSTILE = ["*", "_ ", "[", "[a|", "!", "!a|", "{{", "{", "{color:#b21818}x{color}\r\n", "{quote}", "{code}", "||", "|[",
           "\\", "h1. ", "* a\n", "-", "- ", "*a_b", "{panel:title=", "https://", "`", "??", "\n", "word "]  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE)
def test_time_grows_with_the_length_only(piece):
    def seconds(length: int) -> float:
        source = piece * (length // len(piece))
        best = 9.0
        for _ in range(3):
            start = time.process_time()
            wiki_to_markdown(source)
            best = min(best, time.process_time() - start)
        return best

    assert seconds(32_000) < 20 * seconds(4_000) + 0.05


def test_nesting_is_bounded():
    node: dict[str, object] = text("deep")
    for _ in range(5000):
        node = {"type": "bulletList", "content": [{"type": "listItem", "content": [node]}]}
    assert isinstance(adf_to_markdown(doc(node)), str)
    assert isinstance(to_markdown('{"content":[' * 50_000, TextFormat.ADF), str)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.sampled_from([*HOSTILE, "a", " ", "\r\n", "]", "}}", "{noformat}", "|x", "\x00", "😀"]), max_size=60)
)
def test_no_wiki_breaks_it(pieces):
    shown = wiki_to_markdown("".join(pieces))
    assert "<script" not in shown.replace("\\<", "")


NODES = st.recursive(
    st.one_of(st.none(), st.integers(), st.text(max_size=5)),
    lambda inner: st.fixed_dictionaries(
        {
            "type": st.sampled_from(
                ["doc", "paragraph", "text", "table", "tableRow", "bulletList", "heading", "date", "x"]
            )
        },
        optional={
            "content": st.lists(inner, max_size=3) | inner,
            "attrs": inner,
            "text": inner,
            "marks": st.lists(inner),
        },
    ),
    max_leaves=20,
)


@settings(max_examples=300, deadline=None)
@given(NODES)
def test_no_document_breaks_it(node):
    assert isinstance(adf_to_markdown(node), str)
