"""The command line."""

import click


@click.group()
def main() -> None:
    """Pull Jira and Trello into one model and report on it."""
