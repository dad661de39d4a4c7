"""Sync: sources are read in parallel, one writer commits each page with its checkpoint.

    source threads:  connector.pull ─► model ─┐
                     connector.pull ─► model ─┼─► queue ─► plan ─► store.apply     (this thread)

A source that fails ends alone: what it handed over before stays, with the checkpoint that belongs to it.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from queue import Full, Queue
from typing import Any, Protocol

from pmsync.app.plan import plan, vanishes_too_much
from pmsync.app.workspace import Workspace
from pmsync.connectors.interface import Connector, Page, Resume
from pmsync.errors import PmsyncError
from pmsync.model import Batch, Outcome, Plan, Problem, SourceRun
from pmsync.store import Store, lock

PAGES_IN_FLIGHT = 4
"""How many mapped pages may wait for the writer: enough to keep it busy, few enough to bound memory."""


class Progress(Protocol):
    """Told after each page; draws a bar, prints a line, or does nothing."""

    def __call__(self, source: str, fetched: int, expected: int | None) -> None:
        """`fetched` so far, of `expected` where the tracker has said so."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncOptions:
    """What `pmsync sync` was asked for."""

    full: bool = False
    sweep: bool = False
    dry_run: bool = False


@dataclass(slots=True, kw_only=True)
class Tally:
    """What has happened to one source so far; becomes its `SourceRun`."""

    source: str
    connector: Connector
    started: datetime
    clock: Callable[[], float]
    began: float = 0.0
    fetched: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    gone: int = 0
    expected: int | None = None
    watermark: datetime | None = None
    problems: list[Problem] = field(default_factory=list)
    error: Exception | None = None

    def count(self, page: Page, done: Plan) -> None:
        """Add what one page brought."""
        self.fetched += len(done.create) + len(done.update) + len(done.unchanged)
        self.created += len(done.create)
        self.updated += len(done.update)
        self.unchanged += len(done.unchanged)
        self.gone += len(done.absences)
        self.expected = page.expected if page.expected is not None else self.expected
        self.watermark = page.watermark or self.watermark
        self.problems.extend(page.problems)

    def run(self, stored: int) -> SourceRun:
        """The row that is kept, shown, and quoted by reports."""
        problems = list(self.problems)
        if isinstance(self.error, PmsyncError):
            what = str(self.error).removeprefix(f"{self.source}: ")
            problems.append(Problem(where=self.source, what=what, fix=self.error.hint))
        result = Outcome.FAILED if self.error else Outcome.PARTIAL if problems else Outcome.OK
        return SourceRun(
            source=self.source,
            result=result,
            started=self.started,
            seconds=round(self.clock() - self.began, 3),
            requests=self.connector.requests,
            fetched=self.fetched,
            created=self.created,
            updated=self.updated,
            unchanged=self.unchanged,
            gone=self.gone,
            expected=self.expected,
            stored=stored,
            watermark=self.watermark,
            problems=tuple(problems),
            exit_code=_exit_code(self.error, problems),
        )


Event = tuple[Tally, Page, Batch] | None
"""A page of a source, or the end of one."""


def sync(
    workspace: Workspace,
    sources: Sequence[str] = (),
    options: SyncOptions = SyncOptions(),
    *,
    progress: Progress = lambda source, fetched, expected: None,
    clock: Callable[[], float] = time.monotonic,
) -> list[SourceRun]:
    """Bring the store up to date with the sources and say what happened, source by source.

    Raises:
        BusyError: another run is writing the store.
        StoreError: the store cannot be written.
    """
    store, names = workspace.store, workspace.sources(sources)
    with nullcontext() if options.dry_run else lock(workspace.address):
        run_id = None if options.dry_run else store.begin_run(workspace.now)
        tallies = [
            Tally(source=name, connector=workspace.connect(name), started=workspace.now, clock=clock, began=clock())
            for name in names
        ]
        for tally, page, batch in _read_all(tallies, workspace, options):
            _take(tally, page, batch, workspace, options)
            progress(tally.source, tally.fetched, tally.expected)
        runs = [tally.run(store.count(tally.source)) for tally in tallies]
        if run_id is not None:
            for run in runs:
                store.save_run(run_id, run)
    _reraise_bugs(tallies)
    return runs


def exit_code(runs: Sequence[SourceRun]) -> int:
    """0 when all is well; a failure's own code when every source failed with it; else 6, partly done."""
    codes = {run.exit_code for run in runs}
    return codes.pop() if len(codes) == 1 else 6


def run_row(run: SourceRun) -> dict[str, Any]:
    """What `sync -o json` prints of a source."""
    names = "source result requests fetched created updated unchanged gone expected stored seconds watermark problems"
    return {name: getattr(run, name) for name in names.split()}


def _take(tally: Tally, page: Page, batch: Batch, workspace: Workspace, options: SyncOptions) -> None:
    store, limit = workspace.store, workspace.settings.sync.vanish_limit
    absences = page.absences
    if vanishes_too_much(absences, stored=store.count(tally.source), limit=limit):
        tally.problems.append(_mass_disappearance(tally.source, len(absences), limit))
        absences = ()
    ids = [record.item.id for record in batch.records] + [absence.item_id for absence in absences]
    planned = plan(batch, store.known(tally.source, ids), at=workspace.now, absences=absences)
    if not options.dry_run:
        store.apply(tally.source, planned, raws=page.raws, checkpoint=page.checkpoint)
    tally.count(page, planned)


def _mass_disappearance(source: str, lost: int, limit: float) -> Problem:
    return Problem(
        where=source,
        what=f"{lost} items would vanish at once, more than the {limit:.0%} that `sync.vanish_limit` allows; none did.",
        fix="If they were really deleted, raise the limit for one run; if not, check the account's permissions.",
    )


def _read_all(
    tallies: Sequence[Tally], workspace: Workspace, options: SyncOptions
) -> Iterator[tuple[Tally, Page, Batch]]:
    """Pages of all sources as they come. Leaving early (an error, Ctrl-C) stops the readers."""
    queue: Queue[Event] = Queue(PAGES_IN_FLIGHT)
    stop = threading.Event()
    for tally in tallies:
        resume = _resume(tally.source, workspace, options)
        threading.Thread(target=_read, args=(tally, resume, queue, stop), name=tally.source, daemon=True).start()
    try:
        reading = len(tallies)
        while reading:
            event = queue.get()
            if event is None:
                reading -= 1
            else:
                yield event
    finally:
        stop.set()


def _resume(source: str, workspace: Workspace, options: SyncOptions) -> Resume:
    store: Store = workspace.store
    return Resume(
        now=workspace.now,
        checkpoint=store.checkpoint(source),
        stamps=partial(store.stamps, source),
        full=options.full,
        sweep=options.sweep,
    )


def _read(tally: Tally, resume: Resume, queue: "Queue[Event]", stop: threading.Event) -> None:
    """Runs in the source's thread. Every exception is kept for the writer; the end is always announced."""
    connector = tally.connector
    try:
        with closing(connector):
            for page in connector.pull(resume):
                if not _put(queue, (tally, page, connector.model(page.raws)), stop):
                    return
    except Exception as error:
        tally.error = error
    finally:
        _put(queue, None, stop)


def _put(queue: "Queue[Event]", event: Event, stop: threading.Event) -> bool:
    while not stop.is_set():
        try:
            queue.put(event, timeout=0.1)
        except Full:
            continue
        return True
    return False


def _exit_code(error: Exception | None, problems: Sequence[Problem]) -> int:
    if isinstance(error, PmsyncError):
        return error.exit_code
    return 6 if problems else 0


def _reraise_bugs(tallies: Sequence[Tally]) -> None:
    for tally in tallies:
        if tally.error is not None and not isinstance(tally.error, PmsyncError):
            raise tally.error
