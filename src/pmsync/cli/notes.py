"""`pmsync notes KIND SERIES`."""

from datetime import datetime
from pathlib import Path

import click

from pmsync.cli.invocation import Invocation, pass_invocation

KINDS = ("weekly", "standup", "planning", "review", "retro", "refinement", "steering")


@click.command()
@click.argument("kind", metavar="KIND", type=click.Choice(KINDS))
@click.argument("series")
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="The notes file; kept words stay."
)
@click.option("--date", "day", type=click.DateTime(["%Y-%m-%d"]), help="Day of the meeting (default: today).")
@click.option("--board", multiple=True, help="Only this board, by name or id. May be given several times.")
@click.option("--source", multiple=True, help="Only this source. May be given several times.")
@pass_invocation
def notes(
    invocation: Invocation,
    kind: str,
    series: str,
    output: Path | None,
    day: datetime | None,
    board: tuple[str, ...],
    source: tuple[str, ...],
) -> None:
    """Prepare the notes of the next meeting of SERIES: agenda from the trackers, open actions carried over.

    KIND is weekly, standup, planning, review, retro, refinement or steering.

    Run it again on the same file as often as you like: what people wrote stays. Actions are carried from the latest
    earlier notes of the same series in the same folder.
    """
    from pmsync.app.notes import Meeting, prepare
    from pmsync.cli.output import write_out

    meeting = Meeting(kind=kind, series=series, day=day.date() if day else None, boards=board, sources=source)
    with invocation.workspace() as workspace:
        text = prepare(workspace, meeting, output)
    write_out(text, output)
