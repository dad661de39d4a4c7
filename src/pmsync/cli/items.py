"""`pmsync items` and `pmsync show`."""

from collections.abc import Callable
from typing import Any

import click

from pmsync.cli.invocation import Invocation, pass_invocation
from pmsync.cli.output import emit_json, output_option

TYPES = ("epic", "story", "task", "bug", "subtask", "risk", "incident", "other")
CATEGORIES = ("backlog", "wait", "active", "done", "cancelled")


def _many(name: str, help: str) -> Callable[[Any], Any]:
    return click.option(name, multiple=True, help=f"{help} May be given several times.")


@click.command()
@_many("--source", help="Only this source.")
@_many("--board", help="Only this board, by name or id.")
@click.option("--type", multiple=True, type=click.Choice(TYPES), help="Only this type; may be repeated.")
@_many("--stage", help="Only this status or list, by name or id.")
@click.option("--category", multiple=True, type=click.Choice(CATEGORIES), help="Only this category; may be repeated.")
@_many("--label", help="Only items with this label.")
@_many("--assignee", help="Only items of this person, by name or id.")
@click.option("--role", type=click.Choice(["po", "pm"]), help="Only product owner or only PM work.")
@click.option("--text", default="", help="Only items whose title or description holds this text.")
@click.option(
    "--updated-since", type=click.DateTime(["%Y-%m-%d"]), help="Only items updated on or after this day (UTC)."
)
@click.option(
    "--presence",
    type=click.Choice(["here", "all", "archived", "moved", "gone", "hidden"]),
    default="here",
    show_default=True,
    help="Items the tracker no longer shows are listed only on request.",
)
@click.option("--history", is_flag=True, help="With every change of each item (json and jsonl).")
@click.option("--roles", is_flag=True, help="With role, duty and confidence.")
@click.option("--scheme", help="Classify by this scheme instead of the config's.")
@output_option("table", "json", "jsonl", "csv", "md")
@pass_invocation
def items(invocation: Invocation, /, output: str, **filters: object) -> None:
    """List items from the store."""
    from pmsync.app.items import Filters, list_items
    from pmsync.cli.listing import print_items

    with invocation.workspace() as workspace:
        print_items(list_items(workspace, Filters(**filters)), output, invocation)  # type: ignore[arg-type]  # as declared


@click.command()
@click.argument("key")
@click.option("--scheme", help="Classify by this scheme instead of the config's.")
@output_option("text", "json")
@pass_invocation
def show(invocation: Invocation, key: str, scheme: str | None, output: str) -> None:
    """Show one item: its fields, its history, its role and why. KEY may be an old key or the tracker's id."""
    from pmsync.app.items import find_item
    from pmsync.cli.listing import print_item
    from pmsync.reports.view import item_json

    with invocation.workspace() as workspace:
        found = find_item(workspace, key, scheme)
    if output == "json":
        emit_json(item_json(found.view))
    else:
        print_item(found, invocation.console())
