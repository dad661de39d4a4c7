"""Raw records of Trello -> the common model: the same for API, export and remap."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeVar

import msgspec

from pmsync.connectors.trello.board import BoardMap, person, read_board, sprint
from pmsync.connectors.trello.card import CardView, item
from pmsync.connectors.trello.history import changes
from pmsync.connectors.trello.rules import Rules
from pmsync.connectors.trello.shapes import ACTIONS, CARD, Action, Card
from pmsync.errors import SourceError
from pmsync.model import Batch, Catalog, Change, Person, Raw, Record, Sprint

T = TypeVar("T")
CATALOG_KINDS = ("board",)


class Model:
    """Maps raw records of one source and remembers its boards, which come before their cards and actions."""

    def __init__(self, source: str, rules: Rules) -> None:
        self.source = source
        self.rules = rules
        self.boards: dict[str, BoardMap] = {}
        self._members: set[str] = set()

    def batch(self, raws: Iterable[Raw]) -> Batch:
        """What the raw records say."""
        catalog = Catalog()
        records: list[Record] = []
        told: list[Change] = []
        seen: list[Action] = []
        sprints: dict[str, Sprint] = {}
        for raw in raws:
            if raw.kind == "board":
                catalog |= self._learn(read_board(msgspec.json.decode(raw.body()), self.rules, raw.note))
            elif raw.kind == "card":
                card = self._decoded(CARD, raw)
                records.append(self._record(card, raw.note))
                sprints |= self._new_sprints(records[-1])
                seen += card.actions or ()
            elif raw.kind == "actions":
                actions = self._decoded(ACTIONS, raw)
                for action in actions:
                    told += changes(action, self._home((action.data.get("board") or {}).get("id") or ""), self.rules)
                seen += actions
        catalog |= Catalog(people=self._strangers(seen), sprints=sprints)
        return Batch(records=tuple(records), changes=tuple(told), catalog=catalog)

    def _decoded(self, decoder: "msgspec.json.Decoder[T]", raw: Raw) -> T:
        try:
            return decoder.decode(raw.body())
        except msgspec.ValidationError as error:
            message = f"{self.source}: {raw.kind} {raw.id} has a form pmsync does not know: {error}"
            raise SourceError(message, hint="report it, with this message") from None

    def _learn(self, board: BoardMap) -> Catalog:
        """What a card says of its board is added to what is known, and never replaces it."""
        held = self.boards.get(board.id)
        if board.partial and held:
            stages = {id: stage for id, stage in board.stages.items() if id not in held.stages}
            labels = {**board.labels, **held.labels}
            self.boards[board.id] = replace(held, stages={**stages, **held.stages}, labels=labels)
            return Catalog(stages=stages, people=board.catalog.people)
        self.boards[board.id] = board
        self._members |= board.catalog.people.keys()
        return board.catalog

    def _home(self, id: str) -> BoardMap:
        return self.boards.get(id) or BoardMap(id=id, at=datetime.fromtimestamp(0, UTC))

    def _record(self, card: Card, reach: str) -> Record:
        view = CardView(card, self._home(card.idBoard), self.rules, self.boards.keys())
        return Record(item(self.source, view, reach))

    def _new_sprints(self, record: Record) -> dict[str, Sprint]:
        """Sprints that only a card names: by the text of a custom field, or a due date far ahead."""
        board = self._home(record.item.board_ids[0])
        return {
            id: sprint(board, self.rules, (mark := id.partition("/")[2]), mark)
            for id in record.item.sprint_ids
            if id not in board.catalog.sprints
        }

    def _strangers(self, actions: Iterable[Action]) -> dict[str, Person]:
        """People who acted but are no members now. Of deleted accounts only the id is left."""
        authors = {row["id"]: row for action in actions if (row := action.memberCreator) and row.get("id")}
        return {id: person(row) for id, row in authors.items() if id not in self._members}
