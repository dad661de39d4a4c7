"""How far a board has been read: kept in the checkpoint, so that a pull goes on where the last one was cut off."""

import msgspec


class BoardState(msgspec.Struct, frozen=True, omit_defaults=True):
    """Instants are texts as Trello writes them; they sort by time.

    Every action up to `until` is stored, except those in `gaps`: pairs of instants, the first excluded ("" is the
    beginning), the second included. A gap shrinks page by page from its newer end and closes when its older end is
    reached, so an interrupted pull never loses what it did not get to.

    Cards are read from the newest to the oldest: `cards` is the id below which they are still to be read ("" for all,
    None for none). `reach` is the date of the board's oldest action. `words` see `board.words`.
    """

    until: str = ""
    gaps: tuple[tuple[str, str], ...] = ()
    cards: str | None = ""
    reach: str = ""
    words: dict[str, str] = {}

    def begin(self, now: str, since: str, words: dict[str, str], *, again: bool) -> "BoardState":
        """The state at the start of a pull: what came up since `since`, or everything again, is a gap to be read."""
        if again or any(words.get(id) != word for id, word in self.words.items()):
            return BoardState(until=now, gaps=(("", now),), reach=self.reach, words=words)
        return msgspec.structs.replace(self, until=now, gaps=_merged((*self.gaps, (since, now))), words=words)

    def shrunk(self, gap: tuple[str, str], high: str | None) -> "BoardState":
        """The state when a gap has been read down to `high`; None closes it."""
        left = [
            (low, high if (low, top) == gap and high else top) for low, top in self.gaps if (low, top) != gap or high
        ]
        return msgspec.structs.replace(self, gaps=tuple(left))


def _merged(gaps: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """Gaps that touch become one."""
    merged: list[tuple[str, str]] = []
    for low, high in sorted(gaps):
        if merged and low <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return tuple(merged)
