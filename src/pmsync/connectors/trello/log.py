"""A board's log of actions: which of them matter, how far it has been read, reading from the newest to the oldest."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import msgspec

from pmsync.connectors.trello.history import HISTORY, TOLD
from pmsync.connectors.trello.shapes import BIRTHS, CARD_ACTIONS, COMMENTS, Head, created, shifted, stamp
from pmsync.model import Raw

if TYPE_CHECKING:
    from pmsync.connectors.trello.client import Pages

LOG = tuple(sorted({*HISTORY, *COMMENTS, *BIRTHS, "createBoard"}))
"""Types of the actions that tell anything: a change, something that a card carries, or that the log is complete."""


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


ENTRY = msgspec.json.Decoder(Entry)
Entries = Sequence[tuple[Entry, msgspec.Raw]]


class BoardState(msgspec.Struct, frozen=True, omit_defaults=True):
    """How far a board has been read: kept in the checkpoint, so that a pull goes on where the last one was cut off.

    Instants are texts as Trello writes them; they sort by time. Every action up to `until` is stored, except those in
    `gaps`: pairs of instants, the first excluded ("" is the beginning), the second included. A gap shrinks page by page
    from its newer end and closes when its older end is reached, so an interrupted pull never loses what it did not get
    to.

    Cards are read from the newest to the oldest: `cards` is the id below which they are still to be read ("" for all,
    None for none). `reach` is the date of the board's oldest action, `name` the board's name, `lists` tells which lists
    are archived; `words` see `board.words`.
    """

    until: str = ""
    gaps: tuple[tuple[str, str], ...] = ()
    cards: str | None = ""
    reach: str = ""
    name: str = ""
    lists: dict[str, bool] = {}
    words: dict[str, str] = {}

    def begin(self, now: str, overlap: float) -> "BoardState":
        """The state at the start of a pull at `now`: what came up meanwhile is a gap, with `overlap` seconds before.

        While cards are still to be read, all of the log is: they carry parts of it.
        """
        since = shifted(self.until, -round(overlap * 1000)) if self.until and self.cards is None else ""
        return msgspec.structs.replace(self, until=now, gaps=_merged((*self.gaps, (since, now))))

    def anew(self) -> "BoardState":
        """Everything is to be read again."""
        return msgspec.structs.replace(self, gaps=(("", self.until),), cards="")

    def shrunk(self, gap: tuple[str, str], high: str | None) -> "BoardState":
        """The state when a gap has been read down to `high`; None closes it."""
        left = [(*gap[:1], high)] if high else []
        return msgspec.structs.replace(self, gaps=(*(each for each in self.gaps if each != gap), *left))


def _merged(gaps: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """Gaps that touch become one."""
    merged: list[tuple[str, str]] = []
    for low, high in sorted(gaps):
        if merged and low <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return tuple(merged)


def read_log(pages: "Pages", low: str = "", high: str = "") -> Iterator[tuple[Entries, str | None]]:
    """The actions after `low` up to and with `high`, each page with the instant from which on more is to come, or None.

    Trello sorts by date, not by id, and one millisecond may hold more actions than a page: then ids lead through it,
    whose pages begin with the rest of that crowd, and dates go on behind it.
    """
    before = shifted(high, 1) if high else None
    crowd = ""
    while True:
        entries, more = pages.page(Entry, since=low or None, before=before)
        dates = {entry.date for entry, _ in entries}
        if more and len(dates) == 1 and crowd in ("", *dates):
            (crowd,) = dates
            before, left = min(entry.id for entry, _ in entries), crowd
        elif crowd:
            before, left, crowd = crowd, shifted(crowd, -1), ""
        elif more:
            left = min(dates)
            before = shifted(left, 1)
        else:
            yield entries, None
            return
        yield entries, left


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
