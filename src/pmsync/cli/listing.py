"""Items, one item, and an evaluation, drawn for people or written for programs."""

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from itertools import compress, islice
from typing import TYPE_CHECKING, Any

import click

from pmsync.cli.output import emit_json, emit_table, plural
from pmsync.model import ItemView
from pmsync.model.markup import to_markdown
from pmsync.reports.text import plain
from pmsync.reports.view import item_json

if TYPE_CHECKING:
    from rich.console import Console

    from pmsync.app.items import Found
    from pmsync.cli.invocation import Invocation
    from pmsync.roles import Evaluation

LONGEST = 20
"""How many lines of a description `show` prints."""

MOST_CONFUSED = 15
"""How many confusions `roles evaluate` prints."""


def print_items(items: Iterator[ItemView], output: str, invocation: "Invocation") -> None:
    """Items in the format asked for; json lines and csv are written as they come."""
    if output == "jsonl":
        for item in items:
            emit_json(item_json(item))
    elif output == "json":
        emit_json([item_json(item) for item in items])
    elif output == "csv":
        _print_csv(items)
    elif output == "md":
        _print_markdown(items)
    else:
        _print_table(items, invocation)


COLUMNS: dict[str, Callable[[ItemView], str]] = {
    "key": lambda item: item.key,
    "type": lambda item: item.type,
    "stage": lambda item: item.stage or "",
    "who": lambda item: ", ".join(person.name for person in item.assignees),
    "due": lambda item: str(item.due or ""),
    "role": lambda item: f"{item.role.role} {item.role.duty}" if item.role else "",
    "title": lambda item: item.title,
}


def _print_table(items: Iterator[ItemView], invocation: "Invocation") -> None:
    """The columns in which any item has something, and how many items there are."""
    rows = [[cell(item) for cell in COLUMNS.values()] for item in items]
    used = [any(column) for column in zip(*rows, strict=True)]
    emit_table(invocation.console(), list(compress(COLUMNS, used)), [list(compress(row, used)) for row in rows])
    if not invocation.quiet:
        click.echo(plural(len(rows), "item"), err=True)


def _print_csv(items: Iterator[ItemView]) -> None:
    """Every field of the JSON object, lists joined by `; `. A leading quote keeps spreadsheets from running it."""
    header: list[str] | None = None
    for item in items:
        row = {name: _cell(value) for name, value in item_json(item).items() if name != "changes"}
        if header is None:
            header = list(row)
            _write_row(header)
        _write_row([row[name] for name in header])


def _write_row(cells: list[str]) -> None:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    click.echo(line.getvalue(), nl=False)


def _cell(value: Any) -> str:
    if isinstance(value, Mapping):
        text = str(value.get("name") or value.get("key") or " ".join(str(each) for each in value.values()))
    elif isinstance(value, list):
        text = "; ".join(_cell(each) for each in value)
    else:
        text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _print_markdown(items: Iterator[ItemView]) -> None:
    from pmsync.reports.text import escaped

    click.echo(f"| {' | '.join(COLUMNS)} |\n|{' --- |' * len(COLUMNS)}")
    for item in items:
        click.echo(f"| {' | '.join(escaped(cell(item)) for cell in COLUMNS.values())} |")


def print_item(found: "Found", console: "Console") -> None:
    """One item: what it is, its role and why, what happened to it (the last 20 changes), the latest first."""
    item = found.view
    facts = {
        "what": f"{item.type_name}, {item.stage or 'no stage'} ({item.category or 'unmapped'})",
        "board": ", ".join(item.boards),
        "who": COLUMNS["who"](item),
        "due": str(item.due or ""),
        "points": f"{item.points:g}" if item.points is not None else "",
        "sprints": ", ".join(sprint.name for sprint in item.sprints),
        "parent": item.parent or "",
        "labels": ", ".join(item.labels),
        "created": _day(item.created),
        "started": _day(item.started),
        "finished": f"{_day(item.finished)} ({item.outcome})" if item.finished else "",
        "presence": "" if item.presence == "here" else f"{item.presence} since {_day(item.presence_since)}",
        "url": item.url,
    }
    emit_table(console, (item.key, item.title), [(name, value) for name, value in facts.items() if value])
    for line in _description(found):
        click.echo(line)
    click.echo(f"\n{found.explanation}\n")
    changes = [
        (
            f"{change.at:%Y-%m-%d %H:%M}",
            change.field,
            f"{change.before or '-'} -> {change.after or '-'} ({change.by or '?'})",
        )
        for change in islice(reversed(item.changes or ()), 20)
    ]
    emit_table(console, ("at (UTC)", "field", "change"), changes)


def _description(found: "Found") -> Iterator[str]:
    """The description as Markdown, each line harmless in a terminal; what is too long is cut and says so."""
    lines = to_markdown(found.item.description, found.item.description_format).strip().splitlines()
    yield from map(plain, ["", *lines[:LONGEST]] if lines else [])
    if len(lines) > LONGEST:
        yield f"... and {len(lines) - LONGEST} more lines: {found.view.url}"


def _day(at: Any) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else ""


def print_evaluation(result: "Evaluation", console: "Console") -> None:
    """The figures of `roles evaluate`."""
    figures = {
        "items": str(result.items),
        "role accuracy": _figure(result.accuracy),
        "role macro-F1": _figure(result.macro_f1),
        "duty top-1": _figure(result.duty_top1),
        "duty top-2": _figure(result.duty_top2),
    }
    emit_table(console, (result.scheme, "figure"), figures.items())
    levels = [
        (name, str(one.items), _figure(one.share), _figure(one.accuracy)) for name, one in result.by_confidence.items()
    ]
    emit_table(console, ("confidence", "items", "share", "role accuracy"), levels)
    shown = result.confusions[:MOST_CONFUSED]
    emit_table(console, ("labelled", "answered", "times"), [(a, b, str(n)) for a, b, n in shown])
    if rest := len(result.confusions) - len(shown):
        click.echo(f"... and {rest} rarer pairs; `-o json` has all")


def _figure(value: float | None) -> str:
    return "n/a" if value is None else f"{value:.3f}"
