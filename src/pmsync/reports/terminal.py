"""How Markdown looks in a terminal: quiet headings, coloured health words, tables that fit."""

from typing import ClassVar

from markdown_it.token import Token
from rich import box
from rich.console import Console, ConsoleOptions, RenderResult
from rich.markdown import Heading, Markdown, MarkdownElement, TableElement
from rich.table import Table
from rich.text import Text
from rich.theme import Theme

from pmsync.reports.filters import RAG

THEME = Theme(
    {
        "markdown.h1": "bold",
        "markdown.h2": "bold cyan",
        "markdown.h3": "bold",
        "markdown.em": "dim",
        "markdown.code": "cyan",
        "markdown.link": "cyan",
        "markdown.link_url": "cyan",
        "markdown.block_quote": "none",
        "markdown.item.bullet": "cyan",
        "markdown.table.border": "bright_black",
        "markdown.table.header": "bold",
        "markdown.rag-red": "bold red",
        "markdown.rag-amber": "bold yellow",
        "markdown.rag-green": "bold green",
        "markdown.rag-unknown": "bold bright_black",
    }
)
_STATES = {words: f"rag-{state}" for state, words in RAG.items()}


class _LeftHeading(Heading):
    """Headings at the left margin, the first underlined over its length."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield self.text
        if self.tag == "h1":
            yield Text("─" * min(self.text.cell_len, options.max_width), style="bright_black")


class _OpenTable(TableElement):
    """A table with one rule under its header; cells wrap between words."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, border_style="markdown.table.border")
        for cell in self.header.row.cells if self.header and self.header.row else ():
            table.add_column(cell.content, header_style="markdown.table.header", justify=cell.justify, overflow="fold")
        for row in self.body.rows if self.body else ():
            table.add_row(*(cell.content for cell in row.cells))
        yield table


class TerminalMarkdown(Markdown):
    """Markdown with our headings and tables; addresses are links where the terminal has them, and nothing elsewhere."""

    elements: ClassVar[dict[str, type[MarkdownElement]]] = {
        **Markdown.elements,
        "heading_open": _LeftHeading,
        "table_open": _OpenTable,
    }

    def __init__(self, markup: str) -> None:
        super().__init__(markup, hyperlinks=True)
        self.inlines = {*Markdown.inlines, *_STATES.values()}
        for token in self.parsed:
            _name_states(token)


def _name_states(token: Token) -> None:
    for child in token.children or ():
        if child.type == "code_inline" and child.content in _STATES:
            child.tag = _STATES[child.content]
