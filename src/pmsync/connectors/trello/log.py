"""A board's log of actions: how far it has been read, and reading it from the newest to the oldest."""

from collections.abc import Iterator

import msgspec

from pmsync.connectors.trello.client import Pages
from pmsync.connectors.trello.shapes import Entries, Entry, shifted


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


def read_log(pages: Pages, low: str = "", high: str = "") -> Iterator[tuple[Entries, str | None]]:
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
