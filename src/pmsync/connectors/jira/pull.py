"""One pull, from the checkpoint to the end: small tables, ids, bodies in parallel, then the count and what vanished.

What is stored already is read again in the order of ids, so that a checkpoint is one number; what is not stored yet is
read in any order. A page is yielded once all of its issues are whole, with comments, worklogs and history, and the mark
moves only when the last page is stored.
"""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from typing import NamedTuple, TypeVar

import msgspec

from pmsync.connectors.interface import Context, Page, Resume
from pmsync.connectors.jira import issues, sweep, tables
from pmsync.connectors.jira.catalog import Tables as Catalog
from pmsync.connectors.jira.client import Client, Site
from pmsync.connectors.jira.cloud import Cloud
from pmsync.connectors.jira.datacenter import DataCenter
from pmsync.connectors.jira.fields import Fields
from pmsync.connectors.jira.issues import Bodies, Engine
from pmsync.connectors.jira.listing import Listing
from pmsync.connectors.jira.scope import units
from pmsync.connectors.jira.state import RunState, State
from pmsync.model import Problem, Raw

A = TypeVar("A")
B = TypeVar("B")

REQUESTS_A_PAGE = 4
"""A page is some hundred issues: one transaction, and fewer than one request for long histories may name."""


def engine_for(client: Client, site: Site) -> Engine:
    """How this kind of Jira is read."""
    return Cloud(client) if site.cloud else DataCenter(client)


def pull(client: Client, context: Context, resume: Resume) -> Iterator[Page]:
    """Yield what is new, to the end. See `Connector.pull`."""
    pool = ThreadPoolExecutor(context.connections, thread_name_prefix=f"pmsync-{client.source}")
    try:
        yield from _Pull(client, context, resume, pool).pages()
    finally:
        client.abandon()
        pool.shutdown(cancel_futures=True)


class _Pull:
    def __init__(self, client: Client, context: Context, resume: Resume, pool: Executor) -> None:
        self._client, self._context, self._resume, self._pool = client, context, resume, pool
        self._state = State.load(resume.checkpoint)
        self._failed: list[int] = []
        self._back: set[int] = set()
        """Issues that no search had, but that are there after all: the next run reads them."""
        self._problems: list[Problem] = []

    def pages(self) -> Iterator[Page]:
        site = self._client.open()
        self._tables = tables.Tables(self._client, site, self._pool)
        self._scope, problems = units(self._client, self._tables)
        self._engine = engine_for(self._client, site)
        self._listing = Listing(
            self._client, self._engine, self._scope, self._tables, self._resume, self._context, self._pool
        )
        if not (self._state.mark or self._resume.stamps()):
            self._listing.start()
        self._fields = _fields(self._client, self._tables.raws)
        yield Page(raws=self._tables.raws, problems=(*problems, *_ambiguous(self._fields, self._tables.projects)))
        self._begin(site, full=self._resume.full)
        shrunk = any(self._run.units.get(name) != query for name, query in self._state.units.items())
        yield from self._fetch_due()
        if self._run.start < site.now:  # it began before it was interrupted: now what changed since
            yield Page(checkpoint=self._promote().dump())
            self._failed = []  # they are pending: asked for again
            self._begin(site, full=False)
            yield from self._fetch_due()
        yield from self._finish(site, shrunk=shrunk)

    def _begin(self, site: Site, *, full: bool) -> None:
        """Go on with an interrupted run for the same scope, or start one.

        After a project got another key all its issues have others too, though none of them was updated: all is read.
        """
        state, old = self._state, self._state.run
        queries, keys = {unit.name: unit.digest for unit in self._scope}, dict(self._tables.keys)
        fields = self._fields.digest
        before = {**state.keys, **(old.keys if old else {})}
        rekeyed = any(keys.get(id, key) != key for id, key in before.items())
        full = full or rekeyed or state.fields != fields or bool(old and old.full)
        boards = {id: rule.jql for id, rule in self._tables.rules.items()}
        unseen = sorted({*state.unseen, *(old.unseen if old else ())})
        new = RunState(site.now, queries, fields, keys, boards, full, unseen=unseen)
        if old and old.continues(new):
            self._run = old
            return
        self._run = new
        if old:  # what it has stored by other filters is looked at again
            known = {id: jql for id, jql in state.boards.items() if old.boards.get(id, jql) == jql}
            self._state = msgspec.structs.replace(state, boards=known)

    def _promote(self) -> State:
        """What the checkpoint says when the run is done: everything in scope is known up to its start.

        Issues that came with another key than their project's (it was changed meanwhile, or the index is late) are
        all asked for again by the next run: no key is what their project is said to have.
        """
        run, state = self._run, self._state
        self._state = State(
            units=run.units,
            mark=run.start,
            fields=run.fields,
            keys={**state.keys, **run.keys, **dict.fromkeys(run.mixed, "")},
            projects=state.projects,
            boards=run.boards,
            pending=sorted({*self._failed, *self._back}),
            unseen=run.unseen,
            swept=state.swept or run.start,
        )
        return self._state

    def _fetch_due(self) -> Iterator[Page]:
        """Fetch what the run has to; how many issues there are is asked as soon as they are listed, to be compared."""
        ids, self._run = self._listing.due(self._state, self._run)
        yield from self._fetch(self._counted(ids))

    def _counted(self, ids: Iterable[int]) -> Iterator[int]:
        yield from ids
        self._expected = self._pool.submit(self._engine.count, self._listing.query)

    def _fetch(self, ids: Iterable[int], *, resumable: bool = True) -> Iterator[Page]:
        """Bodies, some hundred issues a page, with the requests of the next page under way."""
        chunks = issues.batched(ids, self._engine.at_once)
        answers = in_order(self._pool, self._bodies, chunks, 2 * self._context.connections)
        for page in issues.batched(answers, REQUESTS_A_PAGE):
            raws = [raw for answer in page for raw in answer.raws]
            raws += self._complete([short for answer in page for short in answer.bodies.short])
            self._failed += [id for answer in page for id in answer.bodies.failed]
            keys = {pair for answer in page for pair in answer.bodies.keys}
            mixed = {project for project, key in keys if self._tables.keys.get(project, key) != key}
            done = max(self._run.done, *(answer.last for answer in page)) if resumable else self._run.done
            self._run = msgspec.structs.replace(self._run, done=done, mixed=sorted(mixed.union(self._run.mixed)))
            yield Page(raws=tuple(raws), checkpoint=self._checkpoint().dump() if resumable else None)

    def _bodies(self, ids: Sequence[int]) -> "_Answer":
        bodies = self._engine.bodies(ids, self._fields.wanted())
        packed = [issues.packed(id, body, self._listing.placement.notes) for id, body in bodies.whole]
        return _Answer(max(ids), bodies, packed)

    def _complete(self, short: Sequence[issues.Short]) -> list[Raw]:
        """Fetch what was cut off: histories together, comments and worklogs issue by issue."""
        cut = [each.id for each in short if each.history]
        histories = self._engine.histories(cut) if cut else {}
        bodies = self._pool.map(lambda each: issues.completed(self._client, each, histories.get(each.id)), short)
        found = ((each.id, body) for each, body in zip(short, bodies, strict=True) if body)
        return [issues.packed(id, body, self._listing.placement.notes) for id, body in found]

    def _checkpoint(self) -> State:
        pending = sorted({*self._state.pending, *self._failed})
        return msgspec.structs.replace(self._state, run=self._run, pending=pending)

    def _finish(self, site: Site, *, shrunk: bool) -> Iterator[Page]:
        """Count; look for what vanished when it is time to, or when the count is not what is stored."""
        expected, stored = self._expected.result(), self._resume.stamps()
        odd = bool(stored) and len(stored) != expected
        due = self._run.start - (self._state.swept or self._run.start) >= self._context.sweep_every * 1000
        out_of_sight = any(str(id) in stored for id in self._run.unseen)
        if odd or due or shrunk or out_of_sight or self._resume.sweep:
            listed = yield from self._sweep(site, stored)
            self._problems += sweep.miscounted(listed, self._engine.count(self._listing.query)) if odd else []
            self._state = msgspec.structs.replace(self._state, swept=self._run.start)
        self._state = msgspec.structs.replace(self._state, projects=sorted(self._run.keys))
        self._problems += [*self._listing.placement.problems, *self._unread()]
        watermark = datetime.fromtimestamp(self._run.start / 1000, UTC)
        checkpoint = self._promote().dump()
        yield Page(checkpoint=checkpoint, expected=expected, watermark=watermark, problems=tuple(self._problems))

    def _sweep(self, site: Site, stored: Mapping[str, datetime]) -> Generator[Page, None, int]:
        """Fetch what the store lacks, and say what became of what the tracker lacks; return how many it lists.

        What changed since the last sweep is compared once more: a search may have left something out for a moment.
        """
        here = {int(id) for id in stored}
        unseen = here & {*self._run.unseen}
        query, placement = self._listing.query, self._listing.placement
        listed = {row.id for row in self._engine.walk(query, None, dated=False)}
        wrong = placement.misplaced(listed, None, self._run.refiltered(self._state)) | (listed & unseen)
        wrong |= self._listing.changed(self._state.swept or self._run.start, stored)
        yield from self._fetch(sorted(listed - here | wrong), resumable=False)
        self._run = msgspec.structs.replace(self._run, unseen=sorted(unseen - listed))
        missing = sorted(here - listed)
        absences = sweep.verdicts(self._client, self._engine, query, missing, partial(self._lost, site))
        self._back = set(missing) - {int(each.item_id) for each in absences}
        yield Page(absences=absences)
        return len(listed)

    def _lost(self, site: Site) -> bool:
        """Whether a project that was in sight is so no more, by now; with credentials that are good by now."""
        self._client.prove()
        return not self._tables.keys.keys() | {*self._state.projects} <= tables.read_projects(self._client, site).keys()

    def _unread(self) -> Iterator[Problem]:
        if self._failed:
            what = f"{len(self._failed)} issues could not be read: {', '.join(map(str, self._failed[:10]))}."
            yield Problem(where=self._client.source, what=what, fix="They are asked for again next time.")


class _Answer(NamedTuple):
    """What came for some ids, up to `last`: records to store, and what they lack."""

    last: int
    bodies: Bodies
    raws: list[Raw]


def in_order(pool: Executor, function: Callable[[A], B], items: Iterable[A], ahead: int) -> Iterator[B]:
    """`map` that runs at most `ahead` items before the one that is wanted next, so that memory stays small."""
    waiting: deque[Future[B]] = deque()
    for item in items:
        waiting.append(pool.submit(function, item))
        if len(waiting) >= ahead:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _fields(client: Client, raws: Sequence[Raw]) -> Fields:
    known = Catalog(client.settings.url, client.settings.points_field, client.settings.custom_fields)
    known.take(list(raws))
    return known.fields


def _ambiguous(fields: Fields, projects: Mapping[str, tables.ProjectRow]) -> Iterator[Problem]:
    """Points that are not read because nothing says where they are."""
    for names in {tuple(each.id for each in fields.ambiguous(id)) for id in projects}:
        if names:
            what = f"several fields could be the story points: {', '.join(names)}; none of them is read."
            yield Problem(where="story points", what=what, fix=f"Set `points_field: {names[0]}` or another of them.")
