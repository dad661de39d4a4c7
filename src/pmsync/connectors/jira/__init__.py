"""Jira Cloud and Jira Data Center."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pmsync.config import JiraSource
    from pmsync.connectors.interface import Context
    from pmsync.connectors.jira.connector import JiraConnector


def connect(name: str, settings: "JiraSource", context: "Context") -> "JiraConnector":
    """The connector of one Jira source; no network yet."""
    from pmsync.connectors.jira.connector import JiraConnector

    return JiraConnector(name, settings, context)
