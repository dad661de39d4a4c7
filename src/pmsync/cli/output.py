"""How results reach stdout: JSON for programs, lines and tables for people."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pmsync.errors import ReportError

if TYPE_CHECKING:
    from rich.console import Console

    from pmsync.model import SourceRun


def output_option(*choices: str) -> Callable[[Any], Any]:
    """`-o` with the formats a command can write; the first is the default."""
    return click.option(
        "-o", "--output", type=click.Choice(choices), default=choices[0], show_default=True, help="How to print."
    )


def emit_json(value: object) -> None:
    """One JSON document on one line of stdout. Control characters are escaped, so it is harmless in a terminal."""
    import json

    from pmsync.reports.view import encode

    text = json.dumps(encode(value), ensure_ascii=False)
    click.echo("".join(char if char.isprintable() else json.dumps(char)[1:-1] for char in text))


def write_out(text: str, path: Path | None) -> None:
    """A finished document to a file, whole or not at all, or to stdout.

    Raises:
        ReportError: the file cannot be written.
    """
    if path is None:
        click.echo(text, nl=False)
        return
    trial = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        trial.write_text(text, encoding="utf-8")
        trial.replace(path)
    except OSError as error:
        with suppress(OSError):
            trial.unlink()
        raise ReportError(f"{path} cannot be written: {error.strerror}", hint="Choose another place with -o.") from None


def run_line(run: "SourceRun", *, dry_run: bool = False) -> str:
    """What one source did, for people."""
    expected = f" of {run.expected}" if run.expected not in (None, run.stored) else ""
    news = f"{run.created} new, {run.updated} changed, {run.unchanged} unchanged, {run.gone} gone"
    rest = f"{run.stored}{expected} stored, {run.requests} requests, {run.seconds:.1f} s"
    return f"{run.source:<12} {run.result:<7} {'would be ' if dry_run else ''}{news}; {rest}"


def emit_table(console: "Console", headings: Sequence[str], rows: Iterable[Sequence[str]], *, title: str = "") -> None:
    """An aligned table. The last column takes what room is left; cells hold plain text, never markup."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    from pmsync.reports.text import plain

    table = Table(box=SIMPLE_HEAD, title=title or None, title_justify="left", pad_edge=False, show_edge=False)
    for heading in headings:
        table.add_column(heading, overflow="ellipsis" if heading == headings[-1] else "fold", no_wrap=True)
    for row in rows:
        table.add_row(*(Text(plain(cell)) for cell in row))
    console.print(table)
