"""One pull, from the checkpoint to the end: small tables, ids, bodies in parallel, then the count and what vanished.

Everything is asked by id in ascending order, so that a checkpoint is one number. A page is yielded once all of its
issues are whole, with their comments, worklogs and history, and the mark moves only when the last page is stored.
"""

import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TypeVar

import msgspec

from pmsync.connectors.interface import Context, Page, Resume
from pmsync.connectors.jira import issues, sweep, tables
from pmsync.connectors.jira.catalog import Tables as Catalog
from pmsync.connectors.jira.catalog import instant
from pmsync.connectors.jira.client import Client, Site
from pmsync.connectors.jira.cloud import Cloud
from pmsync.connectors.jira.datacenter import DataCenter
from pmsync.connectors.jira.fields import Fields
from pmsync.connectors.jira.issues import AT_ONCE, Bodies, Engine
from pmsync.connectors.jira.scope import Unit, any_of, units
from pmsync.connectors.jira.state import RunState, State
from pmsync.model import Problem, Raw

A = TypeVar("A")
B = TypeVar("B")

REQUESTS_A_PAGE = 10
"""A page is a thousand issues: as many as one request for long histories may name."""


def engine_for(client: Client, site: Site, fields: Sequence[str]) -> Engine:
    """How this kind of Jira is read."""
    return Cloud(client, fields) if site.cloud else DataCenter(client, fields)


def pull(client: Client, context: Context, resume: Resume) -> Iterator[Page]:
    """Yield what is new, to the end. See `Connector.pull`."""
    pool = ThreadPoolExecutor(context.connections, thread_name_prefix=f"pmsync-{client.source}")
    try:
        yield from _Pull(client, context, resume, pool).pages()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


class _Pull:
    def __init__(self, client: Client, context: Context, resume: Resume, pool: Executor) -> None:
        self._client, self._context, self._resume, self._pool = client, context, resume, pool
        self._state = State.load(resume.checkpoint)
        self._boards: dict[int, list[str]] = {}
        self._failed: list[int] = []

    def pages(self) -> Iterator[Page]:
        site = self._client.open()
        found = tables.read(self._client, site, self._pool)
        scope, problems = units(self._client, found, self._pool)
        known = _fields(self._client, found.raws)
        yield Page(raws=found.raws, problems=(*problems, *_ambiguous(known, found.projects)))
        engine = engine_for(self._client, site, known.wanted())
        self._begin(site, scope, known, {id: row.key for id, row in found.projects.items()})
        yield from self._fetch(engine, self._due(engine, scope))
        yield from self._finish(engine, scope, found)

    def _begin(self, site: Site, scope: Sequence[Unit], known: Fields, keys: dict[str, str]) -> None:
        """Go on with an interrupted run for the same scope, or start one."""
        queries = {unit.name: unit.digest for unit in scope}
        fields = known.digest
        full = self._resume.full or (bool(self._state.fields) and self._state.fields != fields)
        run = self._state.run
        if run is None or (run.units, run.fields) != (queries, fields) or (full and not run.full):
            run = RunState(site.now, queries, fields, full or not self._state.units)
        self._run = run
        self._rekeyed = {id for id, key in self._state.keys.items() if keys.get(id, key) != key}
        self._keys = {**self._state.keys, **keys}
        self._shrunk = any(queries.get(name) != query for name, query in self._state.units.items())

    def _due(self, engine: Engine, scope: Sequence[Unit]) -> list[int]:
        """The ids to fetch, ascending: changed, newly in scope, or left over from the last run."""
        walks = self._walks(scope)
        listed = list(
            self._pool.map(lambda walk: list(engine.walk(any_of(walk.units), walk.since, dated=walk.dated)), walks)
        )
        due = set(self._state.pending)
        stored = self._resume.stamps() if any(listed) else {}
        for walk, rows in zip(walks, listed, strict=True):
            for row in rows:
                if walk.board:
                    self._boards.setdefault(row.id, []).append(walk.board)
                if walk.force or stored.get(str(row.id), ...) != (instant(row.updated) if walk.dated else ...):
                    due.add(row.id)
        return sorted(id for id in due if id > self._run.done)

    def _walks(self, scope: Sequence[Unit]) -> list["_Walk"]:
        """What to ask for together. Boards are asked one by one, to know what is on each; if one of them is new or
        changed they are all listed whole, so that an issue that is on two of them is known to be on both.
        """
        new = {unit.name for unit in scope if self._run.full or self._state.units.get(unit.name) != unit.digest}
        rekeyed = {unit.name for unit in scope if unit.project in self._rekeyed}
        since = self._state.mark - int(self._context.overlap * 1000)
        projects = [unit for unit in scope if not unit.board]
        boards = [unit for unit in scope if unit.board]
        whole = any(unit.name in new for unit in boards)
        groups = (
            _Walk([unit for unit in projects if unit.name not in new | rekeyed], since),
            _Walk([unit for unit in projects if unit.name in new - rekeyed], None, force=self._run.full),
            _Walk([unit for unit in projects if unit.name in rekeyed], None, force=True),
            *(_Walk([unit], None if whole else since, unit.board, unit.name in new) for unit in boards),
        )
        return [walk for walk in groups if walk.units]

    def _fetch(self, engine: Engine, ids: Sequence[int]) -> Iterator[Page]:
        """Bodies, a thousand issues a page, with the requests of the next page under way."""
        chunks = [ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE)]
        answers = in_order(self._pool, lambda chunk: self._bodies(engine, chunk), chunks, 2 * self._context.connections)
        for page in _batched(zip(chunks, answers, strict=True), REQUESTS_A_PAGE):
            raws = [raw for _, (packed, _) in page for raw in packed]
            raws += self._complete(engine, [short for _, (_, bodies) in page for short in bodies.short])
            self._failed += [id for _, (_, bodies) in page for id in bodies.failed]
            self._run = msgspec.structs.replace(self._run, done=page[-1][0][-1])
            yield Page(raws=tuple(raws), checkpoint=self._checkpoint().dump())

    def _bodies(self, engine: Engine, ids: Sequence[int]) -> tuple[list[Raw], Bodies]:
        bodies = engine.bodies(ids)
        return [issues.packed(id, body, self._boards) for id, body in bodies.whole], bodies

    def _complete(self, engine: Engine, short: Sequence[issues.Short]) -> list[Raw]:
        """Fetch what was cut off: histories together, comments and worklogs issue by issue."""
        histories = engine.histories([each.id for each in short if each.history]) if short else {}

        def whole(each: issues.Short) -> Raw:
            extra = {"histories": list(histories[each.id])} if each.history else {}
            if each.comments:
                extra["comments"] = issues.comments_of(self._client, each.id)
            if each.worklogs:
                extra["worklogs"] = issues.worklogs_of(self._client, each.id)
            return issues.packed(each.id, issues.completed(each.body, extra), self._boards)

        return list(self._pool.map(whole, short))

    def _finish(self, engine: Engine, scope: Sequence[Unit], found: tables.Tables) -> Iterator[Page]:
        """Count; look for what vanished when it is time to, or when the count is not what is stored."""
        query, start = any_of(scope), self._run.start
        expected = engine.count(query)
        stored = self._resume.stamps()
        problems: list[Problem] = []
        swept = self._state.swept or start
        odd = bool(stored) and len(stored) != expected
        if odd or self._shrunk or self._resume.sweep or start - swept >= self._context.sweep_every * 1000:
            result = sweep.compare(engine, query, stored)
            self._run = msgspec.structs.replace(self._run, done=0)
            yield from self._fetch(engine, result.unknown)
            verdicts, problems = sweep.verdicts(
                self._client, engine, query, result, lost=self._lost(found), limit=self._context.vanish_limit
            )
            yield Page(absences=tuple(verdicts))
            problems += sweep.miscounted(result.listed, engine.count(query)) if odd else []
            swept = start
        if self._failed:
            what = f"{len(self._failed)} issues could not be read: {', '.join(map(str, self._failed[:10]))}"
            problems.append(Problem(where=self._client.source, what=what, fix="They are asked for again next time."))
        end = State(
            units=self._run.units,
            mark=start,
            fields=self._run.fields,
            keys=self._keys,
            pending=sorted(self._failed),
            swept=swept,
        )
        watermark = datetime.fromtimestamp(start / 1000, UTC)
        yield Page(checkpoint=end.dump(), expected=expected, watermark=watermark, problems=tuple(problems))

    def _lost(self, found: tables.Tables) -> bool:
        """Whether a project that was read before cannot be seen any more: then absent issues are hidden, not gone."""
        visible = {raw.id for raw in found.raws if raw.kind == "project"}
        return any(id not in visible for id in self._state.keys)

    def _checkpoint(self) -> State:
        return msgspec.structs.replace(
            self._state, run=self._run, pending=sorted({*self._state.pending, *self._failed})
        )


class _Walk(msgspec.Struct):
    """Units asked for together. `force` fetches all that is listed, also what is stored and unchanged."""

    units: list[Unit]
    since: int | None
    board: str | None = None
    force: bool = False

    def rows(self, engine: Engine) -> list[issues.Listed]:
        """What the tracker lists."""
        return list(engine.walk(any_of(self.units), self.since, dated=self.dated))

    @property
    def dated(self) -> bool:
        """Whether times are asked for: not for whole lists, where ids alone come by the thousand."""
        return self.since is not None


def in_order(pool: Executor, function: Callable[[A], B], items: Iterable[A], ahead: int) -> Iterator[B]:
    """`map` that runs at most `ahead` items before the one that is wanted next, so that memory stays small."""
    waiting: deque[Future[B]] = deque()
    for item in items:
        waiting.append(pool.submit(function, item))
        if len(waiting) >= ahead:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _batched(items: Iterable[A], size: int) -> Iterator[list[A]]:
    rest = iter(items)
    while batch := list(itertools.islice(rest, size)):
        yield batch


def _fields(client: Client, raws: Sequence[Raw]) -> Fields:
    known = Catalog(str(client.settings.url), client.settings.points_field)
    known.take(list(raws))
    return known.fields


def _ambiguous(fields: Fields, projects: Mapping[str, tables.ProjectRow]) -> Iterator[Problem]:
    """Points that are not read because nothing says where they are."""
    for names in {tuple(each.id for each in fields.ambiguous(id)) for id in projects}:
        if names:
            what = f"several fields could be the story points: {', '.join(names)}; none of them is read."
            yield Problem(where="story points", what=what, fix=f"Set `points_field: {names[0]}` or another of them.")
