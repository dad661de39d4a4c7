"""On which boards issues are: what the boards' filters say, against what the store holds."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor
from functools import partial
from typing import Any

from pmsync.connectors.jira.issues import Engine
from pmsync.connectors.jira.tables import Tables
from pmsync.connectors.transport import AnswerError
from pmsync.model import Problem


class Placement:
    """Asks which issues of a query are on which boards; where a filter names projects only, nobody has to be asked.

    `notes` has the boards of each issue that was found by asking. `stamps` gives the stored issues of a board.
    """

    def __init__(
        self, engine: Engine, query: str, tables: Tables, stamps: Callable[[str], Mapping[str, Any]], pool: Executor
    ) -> None:
        self._engine, self._query, self._tables, self._stamps, self._pool = engine, query, tables, stamps, pool
        self.notes: dict[int, list[str]] = {}
        self.problems: list[Problem] = []

    def misplaced(self, near: set[int], since: int | None, refiltered: Iterable[str]) -> set[int]:
        """Issues among those near that are stored with other boards than they are on; notes where each one is.

        `since` (epoch ms) is enough where all that is near changed later. Boards that are `refiltered` (new, or with
        another filter than before) are asked whatever their filter is.
        """
        located = self.locate(since, refiltered) if near else {}
        return {id for board, on in located.items() for id in (on ^ self._stored(board)) & near}

    def locate(self, since: int | None, refiltered: Iterable[str] = ()) -> dict[str, set[int]]:
        """The issues of each board that has to be asked; `notes` has where each one is."""
        self.notes = {}
        rules = self._tables.rules
        asked = [id for id, rule in rules.items() if id in refiltered or not rule.projects]
        located = dict(zip(asked, self._pool.map(partial(self._on, since), asked), strict=True))
        for board, on in located.items():
            for id in () if rules[board].projects else on:
                self.notes.setdefault(id, []).append(board)
        return located

    def _stored(self, board: str) -> set[int]:
        return {int(id) for id in self._stamps(board)}

    def _on(self, since: int | None, board: str) -> set[int]:
        """The issues that a board's filter has; if the server does not take it, those that it had."""
        query = f"{self._query} AND ({self._tables.rules[board].jql})"
        try:
            return {row.id for row in self._engine.walk(query, since, dated=False)}
        except AnswerError as error:
            if error.status != 400:
                raise
            where, what = f"board {self._tables.boards[board].name}", f"its filter is refused: {error.words}"
            fix = "Correct the filter in Jira; until then the board keeps what it had."
            self.problems.append(Problem(where=where, what=what, fix=fix))
            return self._stored(board)
