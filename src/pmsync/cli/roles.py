"""`pmsync roles`: who answers for what, why, and how good the answers are."""

from collections.abc import Iterator
from contextlib import suppress
from getpass import getuser
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pmsync.cli.invocation import Invocation, pass_invocation
from pmsync.cli.output import emit_json, emit_table, output_option, plural

if TYPE_CHECKING:
    from pmsync.roles import Balance

scheme_option = click.option("--scheme", help="A scheme by name or file, instead of the config's.")
SHOWN = 20
"""How many items to review are shown to people; `-o json` has all."""
file_argument = click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))


@click.group()
def roles() -> None:
    """PO or PM for every item, with the reason."""


@roles.command("show")
@scheme_option
@output_option("text", "json")
@pass_invocation
def show(invocation: Invocation, scheme: str | None, output: str) -> None:
    """The spread by role, duty, confidence, board and person, the corrections, and the items worth a look."""
    from pmsync.app.roles import summary

    with invocation.workspace() as workspace:
        found = summary(workspace, scheme)
    if output == "json":
        emit_json(found)
        return
    console = invocation.console()
    click.echo(f"{plural(found['items'], 'item')} by the scheme {found['scheme']}")
    for name, table in found["spread"].items():
        click.echo()
        emit_table(console, (name, "items"), [(value, str(count)) for value, count in table.items()])
    if found["balance"]:
        click.echo("\n" + "\n".join(_balance(found["balance"])))
    if corrections := found["corrections"]:
        click.echo(f"\n{plural(len(corrections), 'correction')}:")
        rows = [tuple(value or "" for value in row.values()) for row in corrections]
        emit_table(console, ("key", "role", "duty", "by", "at", "why"), rows)
    if review := found["review"]:
        some = f", {SHOWN} of them" if len(review) > SHOWN else ""
        click.echo(f"\n{plural(len(review), 'item')} to review{some}:")
        emit_table(console, ("key", "role", "duty", "title"), [tuple(row.values()) for row in review[:SHOWN]])


def _balance(found: "Balance") -> Iterator[str]:
    for name, shares in (("open", found.open), ("delivered", found.delivered)):
        said = ", ".join(f"{role} {share:.0%}" for role, share in shares.items())
        yield f"{name.capitalize()} items by hat: {said or 'n/a, there are none'}"
    if never := [one.duty for one in found.untouched if one.days is None]:
        yield f"No item for: {', '.join(never)}"
    if touched := [one for one in found.untouched if one.days is not None]:
        yield f"Longest untouched: no {touched[0].duty} activity for {plural(touched[0].days or 0, 'day')}"
    if found.self_accepted:
        yield f"Accepted by the one who did it: {', '.join(found.self_accepted)}"


@roles.command()
@click.argument("key")
@scheme_option
@pass_invocation
def explain(invocation: Invocation, key: str, scheme: str | None) -> None:
    """Why item KEY is PO or PM work, and how to change that."""
    from pmsync.app.items import find_item

    with invocation.workspace() as workspace:
        click.echo(find_item(workspace, key, scheme).explanation)


def _login() -> str:
    with suppress(OSError, KeyError):  # no such account, as in a container
        return getuser()
    return "somebody"


@roles.command("set")
@click.argument("key")
@click.argument("role", metavar="PO|PM|auto", type=click.Choice(["PO", "PM", "auto"], case_sensitive=False))
@click.option("--duty", help="The duty too, as `roles show` names them.")
@click.option("--why", default="", help="The reason, kept and shown.")
@click.option("--by", default=_login, help="Who says so; you, if not given.")
@pass_invocation
def set_(invocation: Invocation, key: str, role: str, duty: str | None, why: str, by: str) -> None:
    """Correct the role of item KEY; the correction lasts. `auto` takes it back: the text decides again."""
    from pmsync.app.items import find_item
    from pmsync.app.roles import free_role, set_role
    from pmsync.model import Role

    with invocation.workspace() as workspace:
        item = find_item(workspace, key).item
        if role == "auto":
            free_role(workspace, item)
        else:
            set_role(workspace, item, Role(role), duty=duty, by=by, why=why)
    click.echo(f"{item.key}: the text decides again." if role == "auto" else f"{item.key} is {role} work from now on.")


@roles.command()
@file_argument
@scheme_option
@output_option("jsonl")
def classify(file: Path, scheme: str | None, output: str) -> None:
    """Classify the items of a JSONL FILE (`-` for standard input); needs no config."""
    from pmsync.app.rolefile import classify_file

    for row in classify_file(file, scheme):
        emit_json(row)


@roles.command()
@file_argument
@scheme_option
@output_option("text", "json")
@pass_invocation
def evaluate(invocation: Invocation, file: Path, scheme: str | None, output: str) -> None:
    """Measure the answers against hand labels (`gold`) in a JSONL FILE; needs no config."""
    from pmsync.app.rolefile import evaluate_file
    from pmsync.cli.listing import print_evaluation

    result = evaluate_file(file, scheme)
    if output == "json":
        emit_json(result)
    else:
        print_evaluation(result, invocation.console())
