"""Reading one board: its log of actions gap by gap, its cards by pages or by id."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from msgspec import Raw as Text
from msgspec.structs import replace

from pmsync.connectors.trello.board import BoardMap
from pmsync.connectors.trello.client import AUTHOR, BATCH, CARD_PARTS, Pages, TooBigError, Trello
from pmsync.connectors.trello.history import HISTORY
from pmsync.connectors.trello.log import LOG, BoardState, Carried, Entries, action_raws, read_log
from pmsync.connectors.trello.shapes import CARD, HEAD, Card, Head, board_raw, card_raw, stamp
from pmsync.model import Absence, Problem, Raw

FEW = 50  # changed cards that are asked for by id, even on a small board
SETTLED = timedelta(minutes=1)  # an action may be listed a little after the activity that it tells of


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Something read of a board. `patch` makes the state that is true once this step is stored.

    `listed` are the ids of all cards of the board, and `expected` says how many of them are here.
    """

    board: str = ""
    raws: Iterable[Raw] = ()
    patch: Callable[[BoardState], BoardState] = lambda state: state
    absences: tuple[Absence, ...] = ()
    listed: Collection[str] = ()
    expected: int = 0
    problem: Problem | None = None
    opens: bool = False


@dataclass(frozen=True, slots=True)
class BoardReader:
    """Reads one board in one pull, beginning at `state`. `body` is the board as sent, at the instant of its map."""

    trello: Trello
    board: BoardMap
    body: bytes
    state: BoardState = BoardState()  # noqa: RUF009 - immutable

    def opening(self) -> Step:
        """The board itself."""
        return self._step(raws=(self._raw(self.state.reach),))

    def read(self, known: Mapping[str, datetime]) -> Iterator[Step]:
        """What is new or changed. `known` holds the last activity of the stored cards.

        A first pull lists every card on its way; later ones do that with a sweep, for next to nothing of each card.
        Cards say nothing of their list being archived, brought back or moved here: those of such lists are read again.
        """
        read: dict[str, Head] = {}
        lists = self.board.lists
        turned = {id for id, archived in lists.items() if self.state.lists.get(id) is not archived}
        if self.state.cards is None:
            yield from self._log(self.state, HISTORY)
        else:
            yield from self._whole(self.state, read)
        if self.state.cards != "":
            listing = self._sweep()
            held = {**known, **{id: head.at for id, head in read.items()}}
            stale = [id for id, head in listing.items() if held.get(id) != head.at or head.idList in turned]
            few = len(stale) <= FEW + len(listing) // 100
            yield from self._some(stale, self.state.reach) if few else self._whole(self.state.anew(), {})
            read = listing
        here = sum(not head.closed and not lists.get(head.idList) for head in read.values())
        yield self._step(listed=read.keys(), expected=here, patch=lambda state: replace(state, lists=lists))

    def _log(
        self, state: BoardState, kinds: Collection[str], note: Callable[[Entries], None] = lambda _: None
    ) -> Iterator[Step]:
        """The actions in the gaps, newest first."""
        path = f"boards/{self.board.id}/actions"
        pages = Pages(self.trello, path, filter=",".join(kinds), memberCreator_fields=AUTHOR, member="false")
        for gap in reversed(state.gaps):
            low, high = gap
            newest = high == state.until  # what came up since the pull began may come along
            for entries, left in read_log(pages, low, "" if newest else high):
                note(entries)
                raws = action_raws(entries, whole=not low)
                yield self._step(raws=raws, patch=_shrink((low, high), left))
                high = left or high

    def _whole(self, state: BoardState, listing: dict[str, Head]) -> Iterator[Step]:
        """All of the log, then every card below `state.cards`, with what it carries of the log."""
        carried = Carried(state.reach)
        yield self._step(patch=lambda _: state)
        yield from self._log(state, LOG, carried.note)
        reach = carried.reach
        yield self._step(raws=(self._raw(reach),), patch=lambda state: replace(state, reach=reach))
        below = state.cards or ""
        try:
            for rows, left in self._card_pages(below, **CARD_PARTS):
                yield from self._page(rows, carried, left)
                listing.update((head.id, head) for head, _ in rows)
                below = left or below
        except TooBigError:
            rest = self._sweep(below)
            yield from self._some([*rest], reach)
            listing.update(rest)
            yield self._step(patch=lambda state: replace(state, cards=None))

    def _page(self, rows: Sequence[tuple[Head, Text]], carried: Carried, left: str | None) -> Iterator[Step]:
        """A page of cards. Those that changed since the log was read, or have a past on another board, by id."""
        fresh = stamp(self.board.at - SETTLED)
        torn = {head.id for head, _ in rows if (head.dateLastActivity or "") >= fresh or not carried.is_whole(head)}
        yield from self._some([head.id for head, _ in rows if head.id in torn], carried.reach)
        raws = (
            card_raw(head.id, bytes(row), carried.reach, carried.texts(head.id))
            for head, row in rows
            if head.id not in torn
        )
        yield self._step(raws=raws, patch=lambda state: replace(state, cards=left))

    def _some(self, ids: Sequence[str], reach: str) -> Iterator[Step]:
        """Cards by id, each with what it carries. Whatever has gone meanwhile is the next sweep's affair."""
        for start in range(0, len(ids), BATCH):
            found = [card for _, card in self.trello.cards(ids[start : start + BATCH]) if not isinstance(card, int)]
            cards = [(HEAD.decode(card), card) for card in found]
            here = [(head, card) for head, card in cards if head.idBoard == self.board.id]
            yield self._step(raws=(card_raw(head.id, bytes(card), reach) for head, card in here))

    def _sweep(self, below: str = "") -> dict[str, Head]:
        """Where every card is."""
        pages = self._card_pages(below, fields="closed,dateLastActivity,idList")
        return {head.id: head for rows, _ in pages for head, _ in rows}

    def every_card(self) -> Iterator[Card]:
        """The cards alone, for a look at them."""
        return (CARD.decode(row) for rows, _ in self._card_pages("", **CARD_PARTS) for _, row in rows)

    def _card_pages(self, below: str, **params: str) -> Iterator[tuple[list[tuple[Head, Text]], str | None]]:
        """Pages of cards, archived ones too, each with the id below which more are to come."""
        pages = Pages(self.trello, f"boards/{self.board.id}/cards/all", **params)
        more = True
        while more:
            rows, more = pages.page(Head, before=below or None)
            below = min((head.id for head, _ in rows), default="")
            yield rows, below if more else None

    def _raw(self, reach: str) -> Raw:
        return board_raw(self.board.id, self.body, at=stamp(self.board.at), reach=reach)

    def _step(self, **made: Any) -> Step:
        return Step(board=self.board.id, **made)


def _shrink(gap: tuple[str, str], left: str | None) -> Callable[[BoardState], BoardState]:
    return lambda state: state.shrunk(gap, left)
