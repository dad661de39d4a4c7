"""Trello's records: as they are kept, and the typed part of them that reading and mapping look at.

Kinds of `Raw`: `board` (with its lists, labels, members and fields), `card`, and `actions`: one or more entries of a
board's log. A card carries the few actions that its present state needs (`CARD_ACTIONS`) under `actions`, as Trello
nests them: API and export look the same.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
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

TOLD = frozenset({"idList", "name", "due", "closed", "dueComplete", "idLabels", "idMembers"})
"""Fields of a card whose change is kept; one that only shifted a card or edited its text is not."""

LOG = tuple(sorted({*HISTORY, *COMMENTS, *BIRTHS, "createBoard"}))
"""Types of the actions that tell anything: a change, something that a card carries, or that the log is complete."""


class Action(msgspec.Struct, gc=False):
    """What an entry of the log says; `data` differs from type to type."""

    id: str
    type: str = ""
    date: str = ""
    idMemberCreator: str | None = None  # noqa: N815 - Trello's spelling
    memberCreator: Json | None = None  # noqa: N815
    data: Json = {}


class Mention(msgspec.Struct, gc=False):
    """A card as an action names it."""

    id: str = ""


class EntryData(msgspec.Struct, frozen=True, gc=False):
    """What reading needs to know of an action's `data`."""

    card: Mention | None = None
    old: dict[str, msgspec.Raw] | None = None


class Entry(msgspec.Struct, gc=False):
    """What reading needs to know of an action."""

    id: str
    date: str
    type: str = ""
    data: EntryData = EntryData()

    @property
    def is_telling(self) -> bool:
        """Whether it can hold a change."""
        return self.type in HISTORY and (
            self.type != "updateCard" or bool(self.data.old and not TOLD.isdisjoint(self.data.old))
        )

    @property
    def is_carried(self) -> bool:
        """Whether it passes the filter `CARD_ACTIONS`."""
        if self.type == "updateCard":
            return bool(self.data.old and not {"closed", "dueComplete"}.isdisjoint(self.data.old))
        return self.type in CARD_ACTIONS


Entries = Sequence[tuple[Entry, msgspec.Raw]]


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
ENTRY = msgspec.json.Decoder(Entry)
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


class Carried:
    """What the whole log says that cards carry: their actions by their own ids, each with its type and text."""

    def __init__(self, reach: str) -> None:
        self.reach = reach
        self._found: dict[str, dict[str, tuple[str, msgspec.Raw]]] = defaultdict(dict)

    def note(self, entries: Entries) -> None:
        """Take from a page of the log what cards need; the edge of a page may come twice."""
        for entry, row in entries:
            if entry.is_carried and entry.data.card:
                self._found[entry.data.card.id][entry.id] = entry.type, row
        self.reach = min(filter(None, (self.reach, *(entry.date for entry, _ in entries))), default="")

    def texts(self, card: str) -> Iterator[bytes]:
        """The actions of a card."""
        return (bytes(row) for _, row in self._found[card].values())

    def is_whole(self, card: Head) -> bool:
        """Whether all comments that the badge counts are among them, and how the card was made if it was made here."""
        kinds = [kind for kind, _ in self._found[card.id].values()]
        if card.badges and card.badges.comments > sum(kind in COMMENTS for kind in kinds):
            return False
        if not BIRTHS.isdisjoint(kinds):
            return True
        came = "moveCardToBoard" in kinds or created(card.id) < created(card.idBoard)
        return not came and stamp(created(card.id)) < self.reach


def action_raws(entries: Entries, *, whole: bool) -> Iterator[Raw]:
    """The telling entries to keep, each on its own or, of a log that is read `whole`, in bundles, which are cheaper.

    A bundle ends at a certain digit of an id, so that reading the log again makes nearly the same bundles.
    """
    bundle: list[tuple[str, bytes]] = []
    telling = [(entry.id, bytes(row)) for entry, row in entries if entry.is_telling]
    for number, (id, row) in enumerate(telling, 1):
        bundle.append((id, row))
        if not whole or id.endswith("0") or number == len(telling):
            ends = dict.fromkeys((bundle[0][0], id))
            yield Raw.of("actions", "-".join(ends), b"[%b]" % b",".join(row for _, row in bundle))
            bundle = []


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
