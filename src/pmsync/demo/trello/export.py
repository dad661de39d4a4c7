"""The files that Trello's menu offers for download, made from a workspace: a board with all it holds, or one card."""

from collections.abc import Iterable

import msgspec

from pmsync.demo.trello.query import Ask
from pmsync.demo.trello.state import Workspace
from pmsync.demo.trello.view import board_view, card_view

CARD = ("actions", "checklists", "members", "attachments", "customFieldItems", "pluginData")
TABLES = ("lists", "labels", "members", "memberships", "checklists", "customFields", "pluginData", "cards", "actions")
BOARD = (*TABLES, "card_attachments", "card_customFieldItems", "card_pluginData")
MOST = {"labels_limit": "1000", "actions_limit": "1000"}


def export_board(site: Workspace, board: str) -> bytes:
    """The board's JSON with its newest 1,000 actions and, as in real exports, the secret address of each card."""
    return msgspec.json.encode(board_view(site, site.boards[board], _asking(BOARD)))


def export_card(site: Workspace, card: str) -> bytes:
    """One card's JSON with its actions, checklists and members."""
    return msgspec.json.encode(card_view(site, site.cards[card], _asking(CARD)))


def _asking(parts: Iterable[str]) -> Ask:
    parameters = dict.fromkeys(parts, "all") | MOST
    return lambda name, default="": str(parameters.get(name, default))
