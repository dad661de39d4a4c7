"""What is wrong with a Jira source, and the line that mends it."""

from collections.abc import Iterator
from concurrent.futures import Executor

from pmsync.connectors.interface import Context, Finding
from pmsync.connectors.jira.client import Client


def doctor(client: Client, context: Context, pool: Executor) -> Iterator[Finding]:
    """Check one thing after the other."""
    yield Finding(level="ok", subject=client.source, message="todo")
