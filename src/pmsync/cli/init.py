"""`pmsync init`: a first config, by asking on a terminal or from options."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pmsync.cli.invocation import Invocation, pass_invocation
from pmsync.errors import UsageError

if TYPE_CHECKING:
    from pmsync.app.init import Answers

KINDS = ("jira", "trello", "trello-export")


@click.command()
@click.option("--type", "kind", type=click.Choice(KINDS), help="Which tracker.")
@click.option("--name", help="A short name for the source, shown in reports.")
@click.option("--url", help="Address of the Jira site, such as https://example.atlassian.net.")
@click.option("--email", help="Jira Cloud: the account's e-mail address.")
@click.option("--key", help="Trello: where the API key is, such as env:TRELLO_KEY.")
@click.option("--token", help="Where the token is, such as env:JIRA_TOKEN or file:~/.secrets/jira.")
@click.option("--project", multiple=True, help="Jira: only this project key. May be given several times.")
@click.option("--board", multiple=True, help="Only this board, by name or id. May be given several times.")
@click.option("--file", "files", multiple=True, help="Trello export: file or pattern. May be given several times.")
@click.option("--timezone", help="Time zone of reports, such as Europe/Berlin (default: this machine's).")
@click.option("--force", is_flag=True, help="Replace a config that is there.")
@pass_invocation
def init(invocation: Invocation, /, force: bool, **answers: object) -> None:
    """Write a config for one tracker. Asks on a terminal for what the options leave out."""
    from pmsync.app.init import Answers, write_config

    path = invocation.config or Path("pmsync.yaml")
    if path.exists() and not force:
        raise UsageError(f"{path} is there already", hint="Edit it, or replace it with `pmsync init --force`.")
    given = Answers(**answers)  # type: ignore[arg-type]  # as the options above declare
    if given.missing() and sys.stdin.isatty():
        given = _ask(given)
    write_config(path, given)
    click.echo(f"Wrote {path}. Next: pmsync doctor, then pmsync sync, then pmsync report status.")


def _ask(given: "Answers") -> "Answers":
    """Ask for each thing that is missing, in the order in which answers depend on each other."""
    while missing := given.missing():
        question = missing[0]
        kind = click.Choice(question.choices) if question.choices else str
        answer = click.prompt(question.text, default=question.default, type=kind)
        given = given.having(question.name, answer)
    return given
