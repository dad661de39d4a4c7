"""`pmsync report NAME`."""

from pathlib import Path

import click

from pmsync.cli.invocation import Invocation, pass_invocation
from pmsync.errors import UsageError

FORMATS = ("md", "html", "text", "json")


@click.command()
@click.argument("name")
@click.option("--board", multiple=True, help="Only this board, by name or id. May be given several times.")
@click.option("--source", multiple=True, help="Only this source. May be given several times.")
@click.option(
    "--period", default="last 7 days", show_default=True, help='"last week", "2026-W19", "2026-05-01..2026-05-14".'
)
@click.option("--as-of", metavar="T", help="As it was known at this day or instant, instead of now.")
@click.option("--role", type=click.Choice(["po", "pm"]), help="Only product owner or only PM work.")
@click.option("--scheme", help="Roles by this scheme instead of the config's.")
@click.option(
    "-f",
    "--format",
    type=click.Choice(FORMATS),
    help="Default: from the output's name, else text on a terminal, else md.",
)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write here instead of stdout.")
@click.option("--max-age", metavar="2h", help="Fail (exit 8) when a source was last read longer ago.")
@pass_invocation
def report(invocation: Invocation, /, name: str, output: Path | None, format: str | None, **asked: object) -> None:
    """Render report NAME: status, po, pm, or a template of your own (a name in `templates:`, or a path)."""
    from pmsync.app.report import Request, make_report
    from pmsync.cli.output import write_out

    console = invocation.console()
    chosen = format or _format_of(output, terminal=console.is_terminal)
    with invocation.workspace() as workspace:
        made = make_report(workspace, Request(name=name, **asked))  # type: ignore[arg-type]  # as the options declare
    write_out(made.text(chosen, width=console.width, color=console.is_terminal and not console.no_color), output)


SUFFIXES = {"": "md", ".md": "md", ".html": "html", ".htm": "html", ".txt": "text", ".json": "json"}


def _format_of(output: Path | None, *, terminal: bool) -> str:
    """What the name of the file asks for; on a terminal text, in a pipe Markdown."""
    if output is None:
        return "text" if terminal else "md"
    if output.suffix.lower() not in SUFFIXES:
        what = f"{output}: no format is known by that ending"
        raise UsageError(what, hint=f"Use {', '.join(list(SUFFIXES)[1:])}, or say it with -f")
    return SUFFIXES[output.suffix.lower()]
