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
    """A finished document to a file, whole or not at all, or to stdout (also for `-`).

    Raises:
        ReportError: the file cannot be written.
    """
    if path is None or str(path) == "-":
        click.echo(text, nl=False)
        return
    target = path.resolve()  # what a link leads to is replaced, not the link
    trial = target.with_name(f".{target.name}.new")
    try:
        if path.exists() and not path.is_file():  # /dev/stdout and the like
            path.write_text(text, encoding="utf-8")
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        trial.write_text(text, encoding="utf-8")
        trial.replace(target)
    except OSError as error:
        with suppress(OSError):
            trial.unlink()
        raise ReportError(f"{path} cannot be written: {error.strerror}", hint="Choose another place with -o") from None


def run_line(run: "SourceRun", *, dry_run: bool = False) -> str:
    """What one source did, for people. `listed` is what `pmsync items` lists: not what is archived or gone."""
    expected = f" of {run.expected}" if run.expected not in (None, run.stored) and not dry_run else ""
    news = f"{run.created} new, {run.updated} changed, {run.unchanged} unchanged, {run.gone} gone"
    rest = f"{run.stored}{expected} listed; {run.seconds:.1f} s"
    return f"{run.source:<12} {run.result:<7} {'would be ' if dry_run else ''}{news}; {rest}"


def plural(count: int, noun: str) -> str:
    """`1 item`, `2 items`."""
    return f"{count} {noun}" + "s" * (count != 1)


NARROWEST = 6
"""No column is made narrower than that: on a terminal that has no room even so, lines wrap."""


def emit_table(console: "Console", headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """An aligned table. On a terminal it is cut to fit, but for the first column: keys are to be copied.

    Elsewhere nothing is cut. Cells hold plain text, never markup. Without rows there is nothing to print.
    """
    from rich.cells import cell_len

    from pmsync.reports.text import plain

    table = [list(headings), *([plain(cell) for cell in row] for row in rows)]
    if len(table) == 1:
        return
    widths = [max(map(cell_len, column)) for column in zip(*table, strict=True)]
    if console.is_terminal:
        widths = _fitted(widths, console.width)
    head, *body = ("  ".join(map(_cell, row, widths)).rstrip() for row in table)
    rule = "─" * (sum(widths) + 2 * len(widths) - 2)
    click.echo("\n".join([click.style(head, bold=True), rule, *body]), color=False if console.no_color else None)


def _fitted(widths: list[int], room: int) -> list[int]:
    """Narrower columns, the widest first; the last one, where the titles are, may be three times as wide as others."""
    fitted, room = list(widths), room - 2 * (len(widths) - 1)
    while sum(fitted) > room and max(fitted[1:]) > NARROWEST:
        *middle, last = fitted[1:]
        widest = max(range(len(middle)), key=middle.__getitem__, default=-1)
        fitted[-1 if last >= 3 * max(middle, default=0) else widest + 1] -= 1
    return fitted


def _cell(text: str, width: int) -> str:
    from rich.cells import cell_len, set_cell_size

    return set_cell_size(text, width) if cell_len(text) <= width else set_cell_size(text, width - 1) + "…"
