"""Progress on stderr: a bar on a terminal, a line now and then elsewhere; every page with `-v`, nothing with `-q`."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pmsync.app.sync import Progress
    from pmsync.cli.invocation import Invocation

SECONDS_BETWEEN_LINES = 5.0


@contextmanager
def show_progress(invocation: "Invocation") -> Iterator["Progress"]:
    """The way to show progress that fits where stderr goes."""
    if invocation.quiet:
        yield lambda source, fetched, expected: None
    elif sys.stderr.isatty() and not invocation.verbose:
        with _bar(invocation) as progress:
            yield progress
    else:
        yield _lines(0.0 if invocation.verbose else SECONDS_BETWEEN_LINES)


@contextmanager
def _bar(invocation: "Invocation") -> Iterator["Progress"]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    tasks: dict[str, TaskID] = {}
    with Progress(*columns, console=invocation.console(stderr=True), transient=True) as bars:

        def update(source: str, fetched: int, expected: int | None) -> None:
            if source not in tasks:
                tasks[source] = bars.add_task(source, total=None)
            bars.update(tasks[source], completed=fetched, total=expected and max(expected, fetched))

        yield update


def _lines(pause: float) -> "Progress":
    last = time.monotonic()

    def update(source: str, fetched: int, expected: int | None) -> None:
        nonlocal last
        if time.monotonic() - last >= pause:
            last = time.monotonic()
            click.echo(f"{source}: {fetched} of {expected or '?'} items", err=True)

    return update
