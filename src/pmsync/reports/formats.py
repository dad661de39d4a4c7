"""Formats: what becomes of a report's Markdown. HTML is one self-contained page, text is for a terminal."""

import io
import json
import re
from collections.abc import Callable, MutableMapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import escape

from pmsync.reports.charts import Chart, as_blocks, as_svg, as_table, parse, split
from pmsync.reports.filters import RAG, short, web_address
from pmsync.reports.view import encode

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

FORMATS = ("md", "html", "text", "json")
_STATES = {words: state for state, words in RAG.items()}
_LINK_ID = re.compile("\x1b\\]8;id=[^;]*;")  # random, and of no use to us


def convert(markdown: str, facts: Any, *, format: str, folder: Path, width: int, color: bool) -> str:
    """Turn a report's Markdown, or for `json` its facts, into one of `FORMATS`."""
    if format == "json":
        return json.dumps(encode(facts), indent=2, ensure_ascii=False).encode(errors="replace").decode() + "\n"
    if format == "html":
        return to_html(markdown, title=short(str(getattr(facts, "title", "Report"))), folder=folder)
    if format == "text":
        return to_text(markdown, width=width, color=color)
    return "".join(as_table(part) if isinstance(part, Chart) else part for part in split(markdown))


def _body(markdown: str) -> str:
    """Without front matter, which is for programs."""
    if not markdown.startswith("---\n"):
        return markdown
    return markdown.partition("\n---\n")[2] or markdown


# --- HTML ---------------------------------------------------------------------------------------------------------


def to_html(markdown: str, *, title: str, folder: Path) -> str:
    """A page that needs nothing else: its own style, no script, no address that it would load."""
    environment = _html_environment(folder)
    body = _parser(environment).render(_body(markdown))
    return environment.get_template("page.html.j2").render(title=title, body=body)


def _html_environment(folder: Path) -> Environment:
    return Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _parser(environment: Environment) -> "MarkdownIt":
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).disable("image")
    draw = environment.get_template("charts/bars.svg.j2").render
    rules: dict[str, Callable[..., str]] = {
        "fence": lambda self, tokens, at, options, env: _fence(tokens[at], draw),
        "code_inline": lambda self, tokens, at, options, env: _code(tokens[at]),
        "link_open": _link_open,
        "table_open": lambda self, tokens, at, options, env: '<div class="table"><table>\n',
        "table_close": lambda self, tokens, at, options, env: "</table></div>\n",
    }
    for name, rule in rules.items():
        parser.add_render_rule(name, rule)
    return parser


def _fence(token: "Token", draw: Callable[..., str]) -> str:
    if token.info.strip() == "chart":
        return as_svg(parse(token.content), draw)
    return f"<pre><code>{escape(token.content)}</code></pre>\n"


def _code(token: "Token") -> str:
    state = _STATES.get(token.content)
    return f'<span class="rag {state}">{token.content}</span>' if state else f"<code>{escape(token.content)}</code>"


def _link_open(self: Any, tokens: "Sequence[Token]", at: int, options: Any, env: MutableMapping[str, Any]) -> str:
    token = tokens[at]
    if not web_address(str(token.attrGet("href") or "")):
        token.attrSet("href", "#")
    token.attrSet("rel", "noopener noreferrer")
    return str(self.renderToken(tokens, at, options, env))


# --- terminal -----------------------------------------------------------------------------------------------------


def to_text(markdown: str, *, width: int, color: bool) -> str:
    """Lines for a terminal, no wider than `width`; without `color` plain characters and nothing else."""
    from rich.console import Console
    from rich.text import Text

    from pmsync.reports.terminal import THEME, TerminalMarkdown

    out = io.StringIO()
    console = Console(
        file=out,
        width=max(width, 20),
        force_terminal=color,
        color_system="standard" if color else None,
        legacy_windows=False,
        theme=THEME,
        _environ={},
    )
    for part in split(_body(markdown)):
        if isinstance(part, Chart):
            console.print(Text("\n" + as_blocks(part, width)), end="\n\n")
        elif part.strip():
            console.print(TerminalMarkdown(part), end="\n")
    shown = _LINK_ID.sub("\x1b]8;;", out.getvalue())
    return "\n".join(line.rstrip() for line in shown.splitlines()).strip("\n") + "\n"
