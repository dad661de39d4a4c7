"""Which issues a run has to read: what the tracker lists, against what is known and what is stored."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from datetime import datetime
from queue import SimpleQueue

import msgspec

from pmsync.connectors.interface import Context, Resume
from pmsync.connectors.jira.catalog import instant
from pmsync.connectors.jira.client import Client
from pmsync.connectors.jira.issues import Engine, Listed, batched
from pmsync.connectors.jira.placement import Placement
from pmsync.connectors.jira.scope import Unit, any_of
from pmsync.connectors.jira.state import RunState, State
from pmsync.connectors.jira.tables import Tables
from pmsync.connectors.transport import AnswerError
from pmsync.errors import ScopeError


class Walk(msgspec.Struct, frozen=True):
    """Units asked for together. `force` fetches all that is listed, also what is stored and unchanged."""

    units: Sequence[Unit]
    since: int | None
    force: bool = False

    def wants(self, row: Listed, stored: datetime | None) -> bool:
        """Whether an issue has to be fetched, given when the stored one was updated."""
        return self.force or stored is None or (row.updated is not None and instant(row.updated) != stored)


class Listing:
    """Lists the issues of a scope, on all connections. `query` is the whole scope."""

    def __init__(
        self,
        client: Client,
        engine: Engine,
        scope: Sequence[Unit],
        tables: Tables,
        resume: Resume,
        context: Context,
        pool: Executor,
    ) -> None:
        self.query = any_of(scope)
        self.placement = Placement(engine, self.query, tables, resume.stamps, pool)
        self._client, self._engine, self._scope = client, engine, scope
        self._stamps, self._connections, self._pool = resume.stamps, context.connections, pool
        self._overlap = int(context.overlap * 1000)
        self._walking = 0
        self._found: SimpleQueue[list[int] | Exception | None] = SimpleQueue()

    def start(self) -> None:
        """List the whole scope: where nothing is stored all of it is due, whatever the boards turn out to be."""
        walks = self._whole(self._scope)
        self._walking = len(walks)
        for walk in walks:
            self._pool.submit(self._list, walk)

    def due(self, state: State, run: RunState) -> tuple[Iterable[int], RunState]:
        """The ids to fetch: changed, newly in scope, on other boards than before, or left over.

        They ascend; after `start` they come as they are listed, so that some are fetched before the last are known.
        What an interrupted run has fetched is known by its time. Where all is read again its place counts, unless the
        issue was out of sight when the run passed there; the run that is returned knows which ones are.
        """
        if self._walking:
            self.placement.locate(None)
            return self._as_listed(), run
        walks = self._walks(state, run)
        listed = list(self._pool.map(lambda walk: list(self._rows(walk)), walks))
        near = {row.id for rows in listed for row in rows} | {*state.pending}
        stored = self._stamps() if near else {}
        whole = state.pending or any(walk.since is None for walk in walks)
        since = None if whole else walks[0].since
        refiltered = run.refiltered(state) if stored else set()
        due = {*state.pending, *self.placement.misplaced(near, since, refiltered)}
        for walk, rows in zip(walks, listed, strict=True):
            due.update(row.id for row in rows if walk.wants(row, stored.get(str(row.id))))
        if not run.full:
            return sorted(due), run
        unseen = {*run.unseen, *({int(id) for id in stored} - near)}
        left = sorted(id for id in due if id > run.done or id in unseen or str(id) not in stored)
        return left, msgspec.structs.replace(run, unseen=sorted(unseen))

    def changed(self, mark: int, stored: Mapping[str, datetime]) -> set[int]:
        """The ids of issues that changed since `mark` (epoch ms) and are not stored as they are now."""
        walk = Walk(self._scope, mark - self._overlap)
        return {row.id for row in self._rows(walk) if walk.wants(row, stored.get(str(row.id)))}

    def _list(self, walk: Walk) -> None:
        try:
            for rows in batched(self._rows(walk), self._engine.at_once):
                self._found.put([row.id for row in rows])
            self._found.put(None)
        except Exception as error:
            self._found.put(error)

    def _as_listed(self) -> Iterator[int]:
        """Each id once, from all walks; what goes wrong with one ends all."""
        seen: set[int] = set()
        while self._walking:
            found = self._found.get()
            if isinstance(found, Exception):
                raise found
            if found is None:
                self._walking -= 1
                continue
            new = [id for id in found if id not in seen]
            seen.update(new)
            yield from new

    def _rows(self, walk: Walk) -> Iterator[Listed]:
        """What the tracker lists; with times only for what changed, because ids alone come by the thousand.

        Raises:
            ScopeError: the server refuses a query.
        """
        try:
            yield from self._engine.walk(any_of(walk.units), walk.since, dated=walk.since is not None)
        except AnswerError as error:
            if error.status != 400:
                raise
            wrong = [unit for unit in walk.units if self._refuses(unit)] or walk.units
            names, jql = ", ".join(unit.title for unit in wrong[:3]), self._client.settings.jql
            what = f"{self._client.source}: the query for {names} is refused: {error.words}"
            where = f"`jql: {jql}` of sources.{self._client.source}" if jql else "the board's filter"
            raise ScopeError(what, hint=f"correct {where}") from None

    def _refuses(self, unit: Unit) -> bool:
        """Whether the server takes this part of the scope alone no more than the whole."""
        try:
            self._engine.count(any_of([unit]))
        except AnswerError:
            return True
        return False

    def _walks(self, state: State, run: RunState) -> list[Walk]:
        """What to ask for together: all that changed, and the whole of what is new or has to be read again."""
        known = state.units
        fresh = [unit for unit in self._scope if run.full or known.get(unit.name) != unit.digest]
        whole = self._whole(self._scope if known and run.refiltered(state) else fresh, force=run.full)
        changed = [Walk(self._scope, state.mark - self._overlap)] if known and not run.full else []
        return [*changed, *whole]

    def _whole(self, units: Sequence[Unit], *, force: bool = False) -> list[Walk]:
        """A walk is one request after the other, so a whole is divided among the connections."""
        parts = (units[part :: self._connections] for part in range(self._connections))
        return [Walk(part, None, force) for part in parts if part]
