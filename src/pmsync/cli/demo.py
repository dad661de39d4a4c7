"""`pmsync demo`: the whole job on two small trackers that come along."""

from pathlib import Path

import click

from pmsync.cli.invocation import Invocation, pass_invocation


@click.command()
@click.option("--folder", type=click.Path(file_okay=False, path_type=Path), default=Path("demo"), show_default=True, help="Where to write.")
@click.option("--serve", is_flag=True, help="Keep the two trackers running, to try every command.")
@click.option("--jira-port", type=int, default=8471, show_default=True, help="Port of the demo Jira with --serve.")
@click.option("--trello-port", type=int, default=8472, show_default=True, help="Port of the demo Trello with --serve.")
@pass_invocation
def demo(invocation: Invocation, folder: Path, serve: bool, jira_port: int, trello_port: int) -> int:
    """Sync a demo Jira and a demo Trello on loopback and write their reports and notes."""
    from pmsync.app.demo import run_demo, serve_demo

    if serve:
        with serve_demo(folder, jira_port, trello_port) as trackers:
            click.echo(trackers.config_text, nl=False)
            invocation.warn(f"serving until Ctrl-C; the config above is {trackers.config}")
            trackers.wait()
        return 0
    return 0
