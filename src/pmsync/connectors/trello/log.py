"""A board's log of actions, read from the newest to the oldest."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec

from pmsync.connectors.trello.client import Pages
from pmsync.connectors.trello.record import moment


class _Mention(msgspec.Struct):
    id: str = ""


class _Data(msgspec.Struct):
    card: _Mention | None = None
    old: dict[str, msgspec.Raw] | None = None


class Entry(msgspec.Struct):
    """What reading needs to know of an action."""

    id: str
    date: str
    type: str = ""
    data: _Data = msgspec.field(default_factory=_Data)

    @property
    def card(self) -> str:
        """The card it happened to."""
        return self.data.card.id if self.data.card else ""

    @property
    def old(self) -> tuple[str, ...]:
        """The names of the fields it changed."""
        return tuple(self.data.old or ())


_ENTRY = msgspec.json.Decoder(Entry)
Entries = list[tuple[Entry, msgspec.Raw]]


def read_log(pages: Pages, low: str = "", high: str = "") -> Iterator[tuple[Entries, str | None]]:
    """The actions after `low` up to and with `high`, each page with the instant from which on more is to come, or None.

    Trello sorts by date, not by id, and one millisecond may hold more actions than a page: then ids lead through it,
    whose pages begin with the rest of that crowd, and dates go on behind it.
    """
    before = shifted(high, 1) if high else None
    crowd = ""
    while True:
        rows, more = pages.page(msgspec.Raw, since=low or None, before=before)
        entries = [(_ENTRY.decode(row), row) for row in rows]
        dates = {head.date for head, _ in entries}
        if more and len(dates) == 1 and crowd in ("", *dates):
            (crowd,) = dates
            before, left = min(head.id for head, _ in entries), crowd
        elif crowd:
            before, left, crowd = crowd, shifted(crowd, -1), ""
        elif more:
            left = min(dates)
            before = shifted(left, 1)
        else:
            yield entries, None
            return
        yield entries, left


def stamp(at: datetime) -> str:
    """An instant as Trello writes it."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def shifted(text: str, milliseconds: int) -> str:
    """An instant a little later or earlier."""
    return stamp((moment(text) or datetime.fromtimestamp(0, UTC)) + timedelta(milliseconds=milliseconds))
