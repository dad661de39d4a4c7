"""The command line: global options, the commands, and the one place where a failure becomes an exit code."""

import errno
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click
from click.exceptions import NoArgsIsHelpError

from pmsync.cli import config, demo, doctor, init, items, notes, report, roles, sync
from pmsync.cli.invocation import Invocation
from pmsync.errors import PmsyncError, ReportError

if TYPE_CHECKING:
    from collections.abc import Sequence

INTERRUPTED = 130
"""What shells report for a program ended by Ctrl-C."""


def _print_version(context: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        from pmsync import __version__

        click.echo(f"pmsync {__version__}")
        context.exit()


class Commands(click.Group):
    """The commands, ending quietly when whoever reads our output has seen enough (`| head`)."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command that was asked for."""
        try:
            code = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            self._give_up_output()
            return 0
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            self._give_up_output()
            what = "standard output cannot be written: no space left"
            raise ReportError(what, hint="Make room on the disk") from None
        return code

    @staticmethod
    def _give_up_output() -> None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains at exit


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--config", type=click.Path(path_type=Path), envvar="PMSYNC_CONFIG", help="Config file.")
@click.option("--store", metavar="URL", envvar="PMSYNC_STORE", help="Store: a file or a PostgreSQL URL.")
@click.option("-v", "--verbose", count=True, help="Say more; twice for every request.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing when all is well.")
@click.option("--log-format", type=click.Choice(["text", "json"]), default="text", help="How messages look.")
@click.option("--no-color", is_flag=True, envvar="NO_COLOR", help="No colour, no bold.")
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_print_version, help="Version.")
@click.pass_context
def cli(context: click.Context, /, **options: object) -> None:
    """Pull Jira and Trello into one model, tell PO from PM work, and render reports and meeting notes.

    Start with `pmsync demo`, or with `pmsync init` for your own tracker.
    """
    context.obj = invocation = Invocation(**options)  # type: ignore[arg-type]  # as the options above declare
    invocation.start_logging()


for command in (
    init.init,
    doctor.doctor,
    doctor.boards,
    sync.sync,
    sync.remap,
    items.items,
    items.show,
    roles.roles,
    report.report,
    notes.notes,
    config.config,
    demo.demo,
):
    cli.add_command(command)


def main(arguments: "Sequence[str] | None" = None) -> NoReturn:
    """Run a command line and exit with the documented code; nothing but a bug ever shows a traceback."""
    if sys.stdout is None:  # closed by whoever called us (`>&-`)
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  # type: ignore[unreachable]
    sys.exit(run(arguments))


def run(arguments: "Sequence[str] | None" = None) -> int:
    """Run a command line and give its exit code."""
    try:
        code = cli.main(arguments, prog_name="pmsync", standalone_mode=False)
    except (KeyboardInterrupt, click.Abort):
        return _fail("stopped; what was read is stored", "Run the same command again to go on", INTERRUPTED)
    except NoArgsIsHelpError as error:
        error.show()
        return 2
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        path = context.command_path if context else "pmsync"
        return _fail(error.format_message(), f"`{path} --help` shows how it is used", 2)
    except PmsyncError as error:
        return _fail(str(error), error.hint, error.exit_code)
    except Exception as error:
        return _fail(*_bug_report(error), 1)
    return code or 0


def _fail(message: str, hint: str, code: int) -> int:
    import logging

    from pmsync.cli import logs

    logger = logging.getLogger("pmsync")
    if not logger.handlers:  # the failure came before the global options were read
        logs.set_up()
    logger.error(message, extra={"hint": hint, "exit_code": code})
    return code


def _bug_report(error: Exception) -> tuple[str, str]:
    """Keep the traceback in a file, because a report needs it and a person does not."""
    import tempfile
    import traceback

    with tempfile.NamedTemporaryFile("w", prefix="pmsync-", suffix=".log", delete=False, encoding="utf-8") as file:
        file.write("".join(traceback.format_exception(error)))
    what = f"this is a bug in pmsync: {type(error).__name__}"
    return what, f"Please report it with the command you typed and the file {file.name}"
