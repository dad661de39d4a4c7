"""Reading one board: its log of actions gap by gap, its cards by pages or by id, what became of missing ones."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
from msgspec.structs import replace

from pmsync.connectors.trello.board import BoardMap
from pmsync.connectors.trello.client import AUTHOR, BATCH, CARD_PARTS, Pages, TooBigError, Trello
from pmsync.connectors.trello.history import is_telling
from pmsync.connectors.trello.log import read_log, stamp
from pmsync.connectors.trello.record import (
    BIRTHS,
    CARD,
    CARD_ACTIONS,
    COMMENTS,
    HEAD,
    HISTORY,
    Card,
    Head,
    board_raw,
    card_raw,
    created,
    with_actions,
)
from pmsync.connectors.trello.state import BoardState
from pmsync.model import Absence, Presence, Raw

FEW = 50  # changed cards that are asked for by id, even on a small board
SETTLED = timedelta(minutes=1)  # an action may be listed a little after the activity that it tells of
VERDICTS = {401: Presence.HIDDEN, 404: Presence.GONE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Something read of a board. `patch` makes the state that is true once this step is stored."""

    board: str
    raws: tuple[Raw, ...] = ()
    patch: Callable[[BoardState], BoardState] = lambda state: state
    absences: tuple[Absence, ...] = ()
    expected: int = 0


Row = tuple[Head, msgspec.Raw]
Companions = Mapping[str, Mapping[str, tuple[str, msgspec.Raw]]]
"""The actions kept with cards, by card and by their own ids, each with its type."""


@dataclass(frozen=True, slots=True)
class BoardReader:
    """Reads one board in one pull. `body` is the board as sent, `scope` holds the ids of all boards of the pull."""

    trello: Trello
    board: BoardMap
    body: bytes
    scope: Collection[str]

    def raw(self, reach: str) -> Raw:
        """The board itself."""
        return board_raw(self.board.id, self.body, at=stamp(self.board.at), reach=reach)

    def history(self, state: BoardState) -> Iterator[Step]:
        """The actions in the gaps, newest first."""
        pages = self._actions(HISTORY)
        for gap in reversed(state.gaps):
            low, high = gap
            newest = high == state.until  # what came up since the pull began may come along
            for entries, left in read_log(pages, low, "" if newest else high):
                telling = [(head, row) for head, row in entries if is_telling(head.type, head.old)]
                raws = tuple(Raw.of("action", head.id, bytes(row)) for head, row in telling)
                yield Step(board=self.board.id, raws=raws, patch=_shrink((low, high), left))
                high = left or high

    def cards(self, state: BoardState, known: Mapping[str, datetime]) -> Iterator[Step]:
        """The cards that are new or changed, then the missing ones and how many there should be.

        `known` holds the last activity of the stored cards. A pull from the top lists every card on its way; else a
        sweep does that with next to nothing of each card.
        """
        listing: dict[str, Head] = {}
        if state.cards is not None:
            yield from self._all(state, listing)
        if state.cards != "":
            read, listing = listing, self._sweep()
            held = {**known, **{id: place.at for id, place in read.items()}}
            stale = [id for id, place in listing.items() if held.get(id) != place.at]
            few = len(stale) <= FEW + len(listing) // 100
            yield from self._some(stale, state.reach) if few else self._all(replace(state, cards=""), {})
        yield from self._missing([id for id in known if id not in listing], state.reach)
        yield Step(board=self.board.id, expected=sum(map(self._is_here, listing.values())))

    def every_card(self) -> Iterator[Card]:
        """The cards alone, for a look at them."""
        return (CARD.decode(row) for rows, _ in self._card_pages("", **CARD_PARTS) for _, row in rows)

    def _is_here(self, place: Head) -> bool:
        stage = self.board.stages.get(place.idList)
        return not place.closed and not (stage and stage.archived)

    def _all(self, state: BoardState, listing: dict[str, Head]) -> Iterator[Step]:
        """Every card below `state.cards`. What cards need of the log is read first, for all of them at once."""
        companions, reach = self._companions(state.reach)
        yield Step(board=self.board.id, raws=(self.raw(reach),), patch=lambda state: replace(state, reach=reach))
        below = state.cards or ""
        try:
            for rows, left in self._card_pages(below, **CARD_PARTS):
                yield from self._page(rows, companions, reach, left)
                listing.update((head.id, head) for head, _ in rows)
                below = left or below
        except TooBigError:
            rest = self._sweep(below)
            yield from self._some([*rest], reach)
            listing.update(rest)
            yield Step(board=self.board.id, patch=lambda state: replace(state, cards=None))

    def _page(self, rows: Sequence[Row], companions: Companions, reach: str, left: str | None) -> Iterator[Step]:
        """A page of cards. Those that changed since the log was read, or have a past on another board, by id."""
        fresh = stamp(self.board.at - SETTLED)
        torn = {
            head.id: None
            for head, _ in rows
            if (head.dateLastActivity or "") >= fresh or _is_torn(head, companions.get(head.id, {}), reach)
        }
        yield from self._some([*torn], reach)
        raws = tuple(
            card_raw(head.id, with_actions(bytes(row), _texts(companions.get(head.id, {}))), reach)
            for head, row in rows
            if head.id not in torn
        )
        yield Step(board=self.board.id, raws=raws, patch=lambda state: replace(state, cards=left))

    def _some(self, ids: Sequence[str], reach: str) -> Iterator[Step]:
        """Cards by id, each with what it needs of its log. Whatever has gone meanwhile is the next sweep's affair."""
        for start in range(0, len(ids), BATCH):
            found = [card for _, card in self.trello.cards(ids[start : start + BATCH]) if not isinstance(card, int)]
            yield Step(board=self.board.id, raws=tuple(raw for card in found for raw in self._known(card, reach)))

    def _known(self, card: msgspec.Raw, reach: str) -> Iterator[Raw]:
        """The card, if it is on a board of this pull."""
        head = HEAD.decode(card)
        if head.idBoard in self.scope:
            yield card_raw(head.id, bytes(card), reach)

    def _missing(self, ids: Sequence[str], reach: str) -> Iterator[Step]:
        """Cards that a whole sweep did not find: asked for one last time, by id."""
        for id, card in self.trello.cards(ids):
            if isinstance(card, int):
                yield Step(board=self.board.id, absences=(Absence(item_id=id, presence=VERDICTS[card]),))
            elif raws := tuple(self._known(card, reach)):
                yield Step(board=self.board.id, raws=raws)
            else:
                yield Step(board=self.board.id, absences=(Absence(item_id=id, presence=Presence.MOVED),))

    def _companions(self, reach: str) -> tuple[Companions, str]:
        """What cards need of the whole log, and how far back it reaches."""
        found: dict[str, dict[str, tuple[str, msgspec.Raw]]] = defaultdict(dict)
        for entries, _ in read_log(self._actions(CARD_ACTIONS)):
            for head, row in entries:
                found[head.card][head.id] = head.type, row  # the edge of a page comes twice
                reach = min(reach or head.date, head.date)
        return found, reach

    def _actions(self, kinds: Collection[str]) -> Pages:
        path = f"boards/{self.board.id}/actions"
        return Pages(self.trello, path, filter=",".join(kinds), memberCreator_fields=AUTHOR, member="false")

    def _sweep(self, below: str = "") -> dict[str, Head]:
        """Where every card is."""
        pages = self._card_pages(below, fields="closed,dateLastActivity,idList")
        return {head.id: head for rows, _ in pages for head, _ in rows}

    def _card_pages(self, below: str, **params: str) -> Iterator[tuple[list[Row], str | None]]:
        """Pages of cards, archived ones too, each with the id below which more are to come."""
        pages = Pages(self.trello, f"boards/{self.board.id}/cards/all", **params)
        more = True
        while more:
            found, more = pages.page(msgspec.Raw, before=below or None)
            rows = [(HEAD.decode(row), row) for row in found]
            below = min((head.id for head, _ in rows), default="")
            yield rows, below if more else None


def _shrink(gap: tuple[str, str], left: str | None) -> Callable[[BoardState], BoardState]:
    return lambda state: state.shrunk(gap, left)


def _texts(actions: Mapping[str, tuple[str, msgspec.Raw]]) -> Iterator[bytes]:
    return (bytes(action) for _, action in actions.values())


def _is_torn(card: Head, actions: Mapping[str, tuple[str, msgspec.Raw]], reach: str) -> bool:
    """Whether the log that goes back to `reach` lacks comments that the badge counts, or how the card was made."""
    kinds = [type for type, _ in actions.values()]
    if sum(kind in COMMENTS for kind in kinds) < (card.badges.comments if card.badges else 0):
        return True
    if not BIRTHS.isdisjoint(kinds):
        return False
    return "moveCardToBoard" in kinds or stamp(created(card.id)) >= reach
