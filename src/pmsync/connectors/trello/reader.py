"""Reading one board: its log of actions gap by gap, its cards by pages or by id, what became of missing ones."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace

from pmsync.connectors.trello.board import BoardMap
from pmsync.connectors.trello.client import AUTHOR, BATCH, CARD_PARTS, Pages, TooBigError, Trello
from pmsync.connectors.trello.history import is_telling
from pmsync.connectors.trello.log import read_log, stamp
from pmsync.connectors.trello.record import (
    BIRTHS,
    CARD_ACTIONS,
    COMMENTS,
    HISTORY,
    Json,
    board_raw,
    card_raw,
    created,
    moment,
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


class Place(NamedTuple):
    """A card in a listing of its board."""

    list: str
    closed: bool
    at: datetime | None

    @classmethod
    def of(cls, card: Json) -> "Place":
        """Where a card is."""
        return cls(card["idList"], bool(card.get("closed")), moment(card.get("dateLastActivity")))


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
        listing: dict[str, Place] = {}
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

    def every_card(self) -> Iterator[Json]:
        """The cards alone, for a look at them."""
        return (row for rows, _ in self._card_pages("", **CARD_PARTS) for row in rows)

    def _is_here(self, place: Place) -> bool:
        stage = self.board.stages.get(place.list)
        return not place.closed and not (stage and stage.archived)

    def _all(self, state: BoardState, listing: dict[str, Place]) -> Iterator[Step]:
        """Every card below `state.cards`. What cards need of the log is read first, for all of them at once."""
        companions, reach = self._companions(state.reach)
        yield Step(board=self.board.id, raws=(self.raw(reach),), patch=lambda state: replace(state, reach=reach))
        below = state.cards or ""
        try:
            for rows, left in self._card_pages(below, **CARD_PARTS):
                yield from self._page(rows, companions, reach, left)
                listing.update((row["id"], Place.of(row)) for row in rows)
                below = left or below
        except TooBigError:
            rest = self._sweep(below)
            yield from self._some([*rest], reach)
            listing.update(rest)
            yield Step(board=self.board.id, patch=lambda state: replace(state, cards=None))

    def _page(self, rows: Sequence[Json], companions: Companions, reach: str, left: str | None) -> Iterator[Step]:
        """A page of cards. Those that changed since the log was read, or have a past on another board, by id."""
        fresh = stamp(self.board.at - SETTLED)
        torn = [
            row["id"]
            for row in rows
            if (row.get("dateLastActivity") or "") >= fresh or _is_torn(row, companions.get(row["id"], {}), reach)
        ]
        yield from self._some(torn, reach)
        raws = tuple(
            card_raw(row, [action for _, action in companions.get(row["id"], {}).values()], reach)
            for row in rows
            if row["id"] not in torn
        )
        yield Step(board=self.board.id, raws=raws, patch=lambda state: replace(state, cards=left))

    def _some(self, ids: Sequence[str], reach: str) -> Iterator[Step]:
        """Cards by id, each with what it needs of its log. Whatever has gone meanwhile is the next sweep's affair."""
        for start in range(0, len(ids), BATCH):
            found = [card for _, card in self.trello.cards(ids[start : start + BATCH]) if not isinstance(card, int)]
            raws = tuple(card_raw(card, card["actions"], reach) for card in found if card["idBoard"] in self.scope)
            yield Step(board=self.board.id, raws=raws)

    def _missing(self, ids: Sequence[str], reach: str) -> Iterator[Step]:
        """Cards that a whole sweep did not find: asked for one last time, by id."""
        for id, card in self.trello.cards(ids):
            if isinstance(card, int):
                yield Step(board=self.board.id, absences=(Absence(item_id=id, presence=VERDICTS[card]),))
            elif card["idBoard"] in self.scope:
                yield Step(board=self.board.id, raws=(card_raw(card, card["actions"], reach),))
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

    def _sweep(self, below: str = "") -> dict[str, Place]:
        """Where every card is."""
        pages = self._card_pages(below, fields="closed,dateLastActivity,idList")
        return {row["id"]: Place.of(row) for rows, _ in pages for row in rows}

    def _card_pages(self, below: str, **params: str) -> Iterator[tuple[list[Json], str | None]]:
        """Pages of cards, archived ones too, each with the id below which more are to come."""
        pages = Pages(self.trello, f"boards/{self.board.id}/cards/all", **params)
        more = True
        while more:
            rows, more = pages.page(dict[str, Any], before=below or None)
            below = min((row["id"] for row in rows), default="")
            yield rows, below if more else None


def _shrink(gap: tuple[str, str], left: str | None) -> Callable[[BoardState], BoardState]:
    return lambda state: state.shrunk(gap, left)


def _is_torn(card: Json, actions: Mapping[str, tuple[str, msgspec.Raw]], reach: str) -> bool:
    """Whether the log that goes back to `reach` lacks comments that the badge counts, or how the card was made."""
    kinds = [type for type, _ in actions.values()]
    if sum(kind in COMMENTS for kind in kinds) < int((card.get("badges") or {}).get("comments") or 0):
        return True
    if not BIRTHS.isdisjoint(kinds):
        return False
    return "moveCardToBoard" in kinds or stamp(created(card["id"])) >= reach
