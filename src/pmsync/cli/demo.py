"""`pmsync demo`: the whole job on two small trackers that come along."""

import shutil
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import click

from pmsync.cli.invocation import Invocation, pass_invocation
from pmsync.cli.output import run_line


@click.command()
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("demo"),
    show_default=True,
    help="Where to write.",
)
@click.option("--serve", is_flag=True, help="Keep the two trackers running, to try every command.")
@click.option("--jira-port", type=int, default=8471, show_default=True, help="Port of the demo Jira with --serve.")
@click.option("--trello-port", type=int, default=8472, show_default=True, help="Port of the demo Trello with --serve.")
@pass_invocation
def demo(invocation: Invocation, folder: Path, serve: bool, jira_port: int, trello_port: int) -> None:
    """Sync a demo Jira and a demo Trello on loopback and write their reports and notes."""
    now = datetime.now(UTC)
    if serve:
        _serve(folder, now, jira_port, trello_port)
    else:
        _run(invocation, folder, now)


def _run(invocation: Invocation, folder: Path, now: datetime) -> None:
    from pmsync.app.demo import run_demo
    from pmsync.cli.progress import show_progress

    console = invocation.console()
    color = console.is_terminal and not console.no_color
    with show_progress(invocation) as progress:
        shown = run_demo(folder, now=now, width=console.width, color=color, progress=progress)
    click.echo(shown.status)
    for run in shown.runs:
        click.echo(run_line(run))
    pmsync = _own_name()
    click.echo(f"""
Written to {folder}:
  {"  ".join(file.relative_to(folder).as_posix() for file in shown.files)}

Look around:       {pmsync} --config {folder}/pmsync.yaml items --roles
                   {pmsync} --config {folder}/pmsync.yaml roles explain {shown.example}
Your own tracker:  {pmsync} init       then doctor, sync, report status""")


def _own_name() -> str:
    """How to type this program here."""
    called = Path(sys.argv[0])
    if shutil.which("pmsync") or called.stem != "pmsync":
        return "pmsync"
    return str(called.relative_to(Path.cwd()) if called.is_relative_to(Path.cwd()) else called)


def _serve(folder: Path, now: datetime, jira_port: int, trello_port: int) -> None:
    from pmsync.app.demo import trackers

    with trackers(folder, now=now, jira_port=jira_port, trello_port=trello_port) as running:
        click.echo(running.config.read_text(encoding="utf-8"), nl=False)
        click.echo(f"Serving until Ctrl-C. In another terminal: pmsync --config {running.config} sync", err=True)
        threading.Event().wait()
