"""`pmsync sync` and `pmsync remap`."""

import click

from pmsync.cli.invocation import Invocation, pass_invocation
from pmsync.cli.output import emit_json, output_option, run_line


@click.command()
@click.argument("sources", nargs=-1)
@click.option("--full", is_flag=True, help="Read everything again.")
@click.option("--sweep", is_flag=True, help="Look for items that vanished, even if it is not due.")
@click.option("--dry-run", is_flag=True, help="Read, say what would change, write nothing.")
@output_option("text", "json")
@pass_invocation
def sync(invocation: Invocation, sources: tuple[str, ...], full: bool, sweep: bool, dry_run: bool, output: str) -> int:
    """Bring the store up to date with the trackers (all, or the SOURCES named)."""
    from pmsync.app.sync import SyncOptions, exit_code, run_row
    from pmsync.app.sync import sync as bring_up_to_date
    from pmsync.cli.progress import show_progress

    options = SyncOptions(full=full, sweep=sweep, dry_run=dry_run)
    with invocation.workspace() as workspace, show_progress(invocation) as progress:
        runs = bring_up_to_date(workspace, sources, options, progress=progress)
    for run in runs:
        for problem in run.problems:
            invocation.warn(f"{problem.where}: {problem.what}", problem.fix)
    if output == "json":
        emit_json([run_row(run) for run in runs])
    elif not (invocation.quiet and exit_code(runs) == 0):
        for run in runs:
            click.echo(run_line(run, dry_run=dry_run))
    return exit_code(runs)


@click.command()
@pass_invocation
def remap(invocation: Invocation) -> int:
    """Rebuild the model from the stored raw records, after a mapping or pmsync itself has changed."""
    from pmsync.app.remap import remap as rebuild

    with invocation.workspace() as workspace:
        for source, count in rebuild(workspace).items():
            if not invocation.quiet:
                click.echo(f"{source}: {count} items mapped again")
    return 0
