"""`pmsync doctor` and `pmsync boards`: what is wrong, and what could be synced."""

import click

from pmsync.cli.invocation import Invocation, pass_invocation
from pmsync.cli.output import emit_json, emit_table, output_option

SIGNS = {"ok": "ok     ", "warning": "warning", "error": "ERROR  "}


@click.command()
@click.argument("sources", nargs=-1)
@output_option("text", "json")
@pass_invocation
def doctor(invocation: Invocation, sources: tuple[str, ...], output: str) -> int:
    """Check config, credentials, permissions, clock, fields, stage guesses and store (all, or the SOURCES named)."""
    from pmsync.app.doctor import examine, exit_code, finding_row

    with invocation.workspace() as workspace:
        findings = list(examine(workspace, sources))
    if output == "json":
        emit_json([finding_row(finding) for finding in findings])
    else:
        for finding in findings:
            click.echo(f"{SIGNS[finding.level]} {finding.subject}: {finding.message}")
            for line in finding.fix.splitlines():
                click.echo(f"        {line}")
    return exit_code(findings)


@click.command()
@click.argument("sources", nargs=-1)
@output_option("table", "json")
@pass_invocation
def boards(invocation: Invocation, sources: tuple[str, ...], output: str) -> None:
    """List the boards that could be synced with the credentials in the config."""
    from pmsync.app.doctor import list_boards

    with invocation.workspace() as workspace:
        found = list_boards(workspace, sources)
    if output == "json":
        emit_json(found)
    else:
        rows = [
            (row["source"], row["id"], row["kind"], row["name"] + (" (closed)" if row["closed"] else ""))
            for row in found
        ]
        emit_table(invocation.console(), ("source", "id", "kind", "name"), rows)
