"""How results reach stdout: JSON for programs, lines and tables for people."""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console


def output_option(*choices: str) -> Callable[[Any], Any]:
    """`-o` with the formats a command can write; the first is the default."""
    return click.option(
        "-o", "--output", type=click.Choice(choices), default=choices[0], show_default=True, help="How to print."
    )


def emit_json(value: object) -> None:
    """One JSON document on stdout; times RFC 3339 in UTC, enums by value."""
    from pmsync.model.text import to_json

    click.echo(to_json(value))


def emit_table(console: "Console", headings: Sequence[str], rows: Iterable[Sequence[str]], *, title: str = "") -> None:
    """An aligned table. The last column takes what room is left; cells hold plain text, never markup."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, title=title or None, title_justify="left", pad_edge=False, show_edge=False)
    for heading in headings:
        table.add_column(heading, overflow="ellipsis" if heading == headings[-1] else "fold", no_wrap=True)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console.print(table)
