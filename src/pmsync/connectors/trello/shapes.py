"""Trello's records: as they are kept, and the typed part of them that reading and mapping look at.

Kinds of `Raw`: `board` (with its lists, labels, members and fields), `card`, and `actions`: one or more entries of a
board's log. A card carries the few actions that its present state needs (`CARD_ACTIONS`) under `actions`, as Trello
nests them: API and export look the same.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from pmsync.model import Raw

Json = Mapping[str, Any]

COMMENTS = frozenset({"commentCard", "copyCommentCard"})
BIRTHS = frozenset({"createCard", "copyCard", "convertToCardFromCheckItem", "emailCard"})
CARD_ACTIONS = (*sorted(COMMENTS | BIRTHS), "moveCardToBoard", "updateCard:closed", "updateCard:dueComplete")
"""Filter words of the actions kept with a card: who made it, its comments, since when it is finished or archived."""


class Action(msgspec.Struct, gc=False):
    """What an entry of the log says; `data` differs from type to type."""

    id: str
    type: str = ""
    date: str = ""
    idMemberCreator: str | None = None  # noqa: N815 - Trello's spelling
    memberCreator: Json | None = None  # noqa: N815
    data: Json = {}


class Badges(msgspec.Struct, gc=False):
    """Figures on the front of a card."""

    comments: int = 0


class Head(msgspec.Struct, gc=False):
    """What reading needs to know of a card."""

    id: str
    idBoard: str = ""  # noqa: N815
    idList: str = ""  # noqa: N815
    closed: bool | None = None
    dateLastActivity: str | None = None  # noqa: N815
    badges: Badges | None = None

    @property
    def at(self) -> datetime | None:
        """The last activity."""
        return moment(self.dateLastActivity)


class Card(Head, gc=False):
    """What mapping needs to know of a card."""

    actions: list[Action] | None = None
    attachments: list[Json] | None = None
    cardRole: str | None = None  # noqa: N815
    checklists: list[Json] | None = None
    customFieldItems: list[Json] | None = None  # noqa: N815
    dateClosed: str | None = None  # noqa: N815
    dateCompleted: str | None = None  # noqa: N815
    desc: str | None = None
    due: str | None = None
    dueComplete: bool | None = None  # noqa: N815
    idMemberCreator: str | None = None  # noqa: N815
    idMembers: list[str] | None = None  # noqa: N815
    isTemplate: bool | None = None  # noqa: N815
    labels: list[Json] | None = None
    mirrorSourceId: str | None = None  # noqa: N815
    name: str | None = None
    pos: float | None = None
    shortLink: str | None = None  # noqa: N815
    shortUrl: str | None = None  # noqa: N815
    start: str | None = None
    url: str | None = None


HEAD = msgspec.json.Decoder(Head)
CARD = msgspec.json.Decoder(Card)
ACTIONS = msgspec.json.Decoder(list[Action])


def moment(text: str | None) -> datetime | None:
    """An instant as Trello writes it; None for absent or broken ones."""
    try:
        at = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return at if at is None or at.tzinfo is UTC else at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC)


def stamp(at: datetime) -> str:
    """An instant as Trello writes it."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def shifted(text: str, milliseconds: int) -> str:
    """An instant a little later or earlier."""
    return stamp((moment(text) or datetime.fromtimestamp(0, UTC)) + timedelta(milliseconds=milliseconds))


def created(id: str) -> datetime:
    """The first eight digits of every id are the second it was made."""
    try:
        return datetime.fromtimestamp(int(id[:8], 16), UTC)
    except ValueError:
        return datetime.fromtimestamp(0, UTC)


def card_raw(id: str, body: bytes, reach: str = "", actions: Iterable[bytes] | None = None) -> Raw:
    """A card to keep, with `actions` nested as Trello does it. Its e-mail address lets anybody post: it is left out.

    `reach` is the date of the oldest action that is known of the board; what happened before is unknown.
    """
    if b'"email"' in body:
        kept = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
        kept.pop("email", None)
        body = msgspec.json.encode(kept)
    if actions is not None:
        body = b'%b,"actions":[%b]}' % (body[:-1], b",".join(actions))
    return Raw.of("card", id, body, reach)


def board_raw(id: str, body: bytes, *, at: str, reach: str) -> Raw:
    """A board without its cards: as of the instant `at`, its log known since `reach`."""
    return Raw.of("board", id, body, f"{at} {reach}".strip())
