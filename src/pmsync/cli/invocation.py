"""What the global options say, and what every command needs of them."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from shutil import get_terminal_size
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.console import Console

    from pmsync.app.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """The global options of one command line."""

    config: Path | None = None
    store: str | None = None
    verbose: int = 0
    quiet: bool = False
    log_format: str = "text"
    no_color: bool = False

    @contextmanager
    def workspace(self) -> Iterator["Workspace"]:
        """Config and store, open. The clock is read here, once for the whole command."""
        from pmsync.app.workspace import open_workspace

        with open_workspace(self.config, now=datetime.now(UTC), store=self.store) as workspace:
            for warning in workspace.settings.warnings:
                self.warn(warning)
            self.tell(f"the config is {workspace.settings.path}, the store {workspace.store}")
            yield workspace

    def console(self, *, stderr: bool = False) -> "Console":
        """A terminal to draw on: as wide as it is; a file or a pipe gets `$COLUMNS`, else 100, and no colour."""
        from rich.console import Console

        stream = sys.stderr if stderr else sys.stdout
        width = None if stream.isatty() else get_terminal_size((100, 24)).columns
        return Console(file=stream, width=width, no_color=self.no_color or None, highlight=False, emoji=False)

    def start_logging(self) -> None:
        """Messages go to stderr from here on, as the options say."""
        from pmsync.cli import logs

        logs.set_up(verbose=self.verbose, as_json=self.log_format == "json")

    def tell(self, message: str) -> None:
        """Something for people who asked for more (`-v`)."""
        import logging

        logging.getLogger("pmsync").info(message)

    def warn(self, message: str, hint: str = "") -> None:
        """A message for people, on stderr."""
        import logging

        logging.getLogger("pmsync").warning(message, extra={"hint": hint})


pass_invocation = click.make_pass_decorator(Invocation)
