"""Trello: boards over the API (`trello`) and from exported files (`trello-export`), by one mapping."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pmsync.config import ExportSource, TrelloSource
    from pmsync.connectors.interface import Connector, Context

__all__ = ["connect", "connect_export"]


def connect(name: str, settings: "TrelloSource", context: "Context") -> "Connector":
    """A connector for boards of Trello. Does no network."""
    from pmsync.connectors.trello.connector import TrelloConnector

    return TrelloConnector(name, settings, context)


def connect_export(name: str, settings: "ExportSource", context: "Context") -> "Connector":
    """A connector for exported files."""
    from pmsync.connectors.trello.export import ExportConnector

    return ExportConnector(name, settings, context)
