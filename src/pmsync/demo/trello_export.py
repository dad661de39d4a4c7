"""The files that Trello's menu offers for download, made from a workspace: a board with all it holds, or one card."""

from collections.abc import Mapping

import msgspec

from pmsync.demo.trello_query import Ask
from pmsync.demo.trello_state import Workspace
from pmsync.demo.trello_view import board_view, card_view

BOARD = dict.fromkeys(
    ("lists", "labels", "members", "memberships", "checklists", "cards", "actions"), "all"
) | dict.fromkeys(
    ("customFields", "pluginData", "card_attachments", "card_customFieldItems", "card_pluginData"), "true"
)
CARD = dict.fromkeys(("actions", "checklists", "members", "attachments", "customFieldItems", "pluginData"), "all")
MOST = {"labels_limit": "1000", "actions_limit": "1000"}


def export_board(site: Workspace, board: str) -> bytes:
    """The board's JSON with its newest 1,000 actions and, as in real exports, the secret address of each card."""
    return msgspec.json.encode(board_view(site, site.boards[board], _asking(BOARD | MOST)))


def export_card(site: Workspace, card: str) -> bytes:
    """One card's JSON with its actions, checklists and members."""
    return msgspec.json.encode(card_view(site, site.cards[card], _asking(CARD | MOST)))


def _asking(parameters: Mapping[str, str]) -> Ask:
    return lambda name, default="": parameters.get(name, default)
