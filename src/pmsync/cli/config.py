"""`pmsync config`: check it, show what is in force, print its JSON Schema."""

import click

from pmsync.cli.invocation import Invocation, pass_invocation
from pmsync.cli.output import emit_json, plural


@click.group()
def config() -> None:
    """The config file."""


@config.command()
@pass_invocation
def check(invocation: Invocation) -> None:
    """Say whether the config is right; every mistake at once, with file and line."""
    from pmsync.app.workspace import read_settings

    settings = read_settings(invocation.config)
    for warning in settings.warnings:
        invocation.warn(warning)
    click.echo(f"{settings.path}: fine ({plural(len(settings.sources), 'source')})")


@config.command()
@pass_invocation
def show(invocation: Invocation) -> None:
    """Print every setting in force, defaults included; secrets by where they come from."""
    from pmsync.app.workspace import read_settings
    from pmsync.config import show_text

    click.echo(show_text(read_settings(invocation.config)), nl=False)


@config.command()
def schema() -> None:
    """Print the JSON Schema of the config, for editors."""
    from pmsync.config import schema as config_schema

    emit_json(config_schema())
