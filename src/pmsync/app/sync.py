"""Sync: sources are read in parallel, one writer commits each page with its checkpoint.

    source threads:  connector.pull ─► model ─┐
                     connector.pull ─► model ─┼─► queue ─► plan ─► store.apply     (this thread)

A source that fails ends alone: what it handed over before stays, with the checkpoint that belongs to it.
"""

import gc
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from queue import Full, Queue
from typing import Any, Protocol

from pmsync.app.plan import is_too_much, lost, plan
from pmsync.app.remap import remap_source
from pmsync.app.workspace import Workspace
from pmsync.connectors.interface import Connector, Page, Resume
from pmsync.errors import PmsyncError
from pmsync.model import Absence, Batch, Outcome, Plan, Problem, SourceRun
from pmsync.store import lock

PAGES_IN_FLIGHT = 2
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
    held: int
    vanish_limit: float
    lost: int = 0
    fetched: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    gone: int = 0
    expected: int | None = None
    watermark: datetime | None = None
    problems: list[Problem] = field(default_factory=list)
    error: Exception | None = None
    unwritten: dict[str, datetime] = field(default_factory=dict)  # what a dry run would have stored

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

    def believed(self, absences: Sequence[Absence]) -> Sequence[Absence]:
        """The absences of a page, or none: when a run loses too much, it is rather us who lost sight."""
        self.lost += lost(absences)
        return () if self._loses_too_much else absences

    @property
    def _loses_too_much(self) -> bool:
        return is_too_much(self.lost, stored=self.held, limit=self.vanish_limit)

    def run(self, stored: int) -> SourceRun:
        """The row that is kept, shown, and quoted by reports."""
        problems = list(self.problems)
        if self._loses_too_much:
            problems.append(_mass_disappearance(self.source, self.lost, self.vanish_limit))
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


Event = tuple[Tally, Page, Batch] | threading.Event | None
"""A page of a source, a reader that waits until its pages are written, or the end of a source."""


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
    with nullcontext() if options.dry_run else lock(workspace.address), _rare_garbage_collection():
        run_id = None if options.dry_run else store.begin_run(workspace.now)
        tallies = [_tally(workspace, name, clock) for name in names]
        for tally, page, batch in Readers(tallies, workspace, options).pages():
            _take(tally, page, batch, workspace, options)
            progress(tally.source, tally.fetched, tally.expected)
        runs = [tally.run(store.count(tally.source)) for tally in tallies]
        if run_id is not None:
            for run in runs:
                store.save_run(run_id, run)
    _reraise_bugs(tallies)
    return runs


def _tally(workspace: Workspace, source: str, clock: Callable[[], float]) -> Tally:
    return Tally(
        source=source,
        connector=workspace.connect(source),
        started=workspace.now,
        clock=clock,
        began=clock(),
        held=workspace.store.count(source),
        vanish_limit=workspace.settings.sync.vanish_limit,
    )


@contextmanager
def _rare_garbage_collection() -> Iterator[None]:
    """Pages are trees without cycles, freed by reference counts: looking for cycles all the time costs a fifth."""
    before = gc.get_threshold()
    gc.set_threshold(100_000, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def exit_code(runs: Sequence[SourceRun]) -> int:
    """0 when all is well; a failure's own code when every source failed with it; else 6, partly done."""
    codes = {run.exit_code for run in runs}
    return codes.pop() if len(codes) == 1 else 6


def run_row(run: SourceRun) -> dict[str, Any]:
    """What `sync -o json` prints of a source."""
    names = "source result requests fetched created updated unchanged gone expected stored seconds watermark problems"
    return {name: getattr(run, name) for name in names.split()}


def _take(tally: Tally, page: Page, batch: Batch, workspace: Workspace, options: SyncOptions) -> None:
    store = workspace.store
    absences = tally.believed(page.absences)
    ids = [record.item.id for record in batch.records] + [absence.item_id for absence in absences]
    planned = plan(batch, store.known(tally.source, ids), at=workspace.now, absences=absences)
    if options.dry_run:
        tally.unwritten |= {record.item.id: record.item.updated for record in batch.records}
    else:
        if page.remap:
            remap_source(workspace, tally.source)
        store.apply(tally.source, planned, raws=page.raws, checkpoint=page.checkpoint)
    tally.count(page, planned)


def _mass_disappearance(source: str, lost: int, limit: float) -> Problem:
    return Problem(
        where=source,
        what=f"{lost} items would vanish at once, more than the {limit:.0%} of `sync.vanish_limit`; they stay.",
        fix="If they were really deleted, raise the limit for one run; if not, check the account's permissions.",
    )


class Readers:
    """Reads sources in a thread each and hands their pages to one writer."""

    def __init__(self, tallies: Sequence[Tally], workspace: Workspace, options: SyncOptions) -> None:
        self._tallies, self._workspace, self._options = tallies, workspace, options
        self._queue: Queue[Event] = Queue(PAGES_IN_FLIGHT)
        self._stop = threading.Event()

    def pages(self) -> Iterator[tuple[Tally, Page, Batch]]:
        """Pages of all sources as they come. Leaving early (an error, Ctrl-C) stops the readers."""
        for tally in self._tallies:
            threading.Thread(target=self._read, args=(tally,), name=tally.source, daemon=True).start()
        reading = len(self._tallies)
        try:
            while reading:
                event = self._queue.get()
                if event is None:
                    reading -= 1
                elif isinstance(event, threading.Event):
                    event.set()  # first in, first out: what its reader had handed over is written
                else:
                    yield event
        finally:
            self._stop.set()

    def _read(self, tally: Tally) -> None:
        """Every exception is kept for the writer; the end is always announced."""
        connector = tally.connector
        try:
            with closing(connector):
                for page in connector.pull(self._resume(tally)):
                    if not self._put((tally, page, connector.model(page.raws))):
                        return
        except Exception as error:
            tally.error = error
        finally:
            self._put(None)

    def _resume(self, tally: Tally) -> Resume:
        store, source = self._workspace.store, tally.source

        def stamps(board_id: str | None = None, *, archived: bool = False) -> Mapping[str, datetime]:
            self._wait_until_written()
            return {**store.stamps(source, board_id, archived=archived), **tally.unwritten}

        return Resume(
            now=self._workspace.now,
            checkpoint=store.checkpoint(source),
            stamps=stamps,
            full=self._options.full,
            sweep=self._options.sweep,
        )

    def _wait_until_written(self) -> None:
        written = threading.Event()
        self._put(written)
        while not (written.wait(0.1) or self._stop.is_set()):
            continue

    def _put(self, event: Event) -> bool:
        while not self._stop.is_set():
            try:
                self._queue.put(event, timeout=0.1)
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
