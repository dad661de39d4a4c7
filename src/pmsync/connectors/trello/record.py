"""Trello's records as they are kept: instants, ids, and what a card brings along.

Kinds of `Raw`: `board` (with its lists, labels, members and fields), `card`, `action`. A card carries the few actions
that its present state needs (`CARD_ACTIONS`) under `actions`, as Trello nests them: API and export look the same.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from pmsync.model import Raw

Json = Mapping[str, Any]

COMMENTS = frozenset({"commentCard", "copyCommentCard"})
BIRTHS = frozenset({"createCard", "copyCard", "convertToCardFromCheckItem", "emailCard"})
CARD_ACTIONS = (*sorted(COMMENTS | BIRTHS), "moveCardToBoard", "updateCard:closed", "updateCard:dueComplete")
"""Filter words of the actions kept with a card: who made it, its comments, since when it is finished or archived."""

HISTORY = ("updateCard", "addMemberToCard", "removeMemberFromCard", "moveCardToBoard", "updateCustomFieldItem")
"""Types of the actions that tell a change."""


def moment(text: str | None) -> datetime | None:
    """An instant as Trello writes it; None for absent or broken ones."""
    try:
        at = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC) if at else None


def created(id: str) -> datetime:
    """The first eight digits of every id are the second it was made."""
    return datetime.fromtimestamp(int(id[:8], 16) if re.match("[0-9a-f]{8}", id) else 0, UTC)


def kept_with_card(action: Json) -> bool:
    """Whether an action passes the filter `CARD_ACTIONS`."""
    if action.get("type") == "updateCard":
        return not {"closed", "dueComplete"}.isdisjoint(action["data"].get("old") or ())
    return action.get("type") in CARD_ACTIONS


def card_raw(card: Json, actions: Iterable[Json | msgspec.Raw], reach: str = "") -> Raw:
    """A card to keep. Its e-mail address is left out: whoever knows it can post to the card.

    `reach` is the date of the oldest action that is known of the board; what happened before is unknown.
    """
    kept = {**card, "actions": list(actions)}
    kept.pop("email", None)
    return Raw.of("card", card["id"], msgspec.json.encode(kept), reach)


def board_raw(id: str, body: bytes, *, at: str, reach: str) -> Raw:
    """A board without its cards: as of the instant `at`, its log known since `reach`."""
    return Raw.of("board", id, body, f"{at} {reach}".strip())
