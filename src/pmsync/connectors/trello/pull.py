"""One pull over all boards at once: what each has to say as it comes, then what became of the missing cards."""

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import replace
from datetime import datetime
from functools import partial
from itertools import chain
from queue import Full, Queue
from threading import Event, Thread, current_thread
from typing import TypeVar

import msgspec

from pmsync.connectors.decoding import convert
from pmsync.connectors.interface import Context, Page, Resume
from pmsync.connectors.transport import AnswerError
from pmsync.connectors.trello.board import read_board, words
from pmsync.connectors.trello.client import BATCH, REFUSED, TooBigError, Trello
from pmsync.connectors.trello.log import BoardState
from pmsync.connectors.trello.reader import BoardReader, Step
from pmsync.connectors.trello.rules import Rules
from pmsync.connectors.trello.scope import Listed, choose, missing
from pmsync.connectors.trello.shapes import HEAD, Json, card_raw, stamp
from pmsync.errors import ScopeError
from pmsync.model import Absence, Presence, Problem

T = TypeVar("T")
Job = Callable[[], Iterable[T]]

VERSION = 2  # of the checkpoint; with another one everything is read again
GRACE = 0.25  # seconds a thread is given to notice that nobody listens any more
NO_ACCESS = "ask for access to the board, or leave it out of the config"
VERDICTS = {401: Presence.HIDDEN, 404: Presence.GONE}
META = {
    "fields": "name,desc,closed,dateLastActivity,idOrganization,shortLink,shortUrl,url",
    "lists": "all",
    "list_fields": "all",
    "labels": "all",
    "labels_limit": "1000",
    "members": "all",
    "member_fields": "fullName,username,aaId",
    "customFields": "true",
    "organization": "true",
    "actions": "none",
    "cards": "none",
}


class Pull:
    """A pull that begins at `now`, by Trello's clock, when the account has the boards that are `listed`."""

    def __init__(
        self, trello: Trello, rules: Rules, context: Context, resume: Resume, listed: Sequence[Listed], now: datetime
    ) -> None:
        self._trello, self._rules, self._context, self._resume = trello, rules, context, resume
        self._listed, self._now = listed, now
        saved = resume.checkpoint if resume.checkpoint.get("version") == VERSION else {}
        self._held = convert(saved.get("boards") or {}, dict[str, BoardState])
        self._known = resume.stamps(archived=True)
        self._opened: dict[str, Future[BoardReader | None]] = {
            id: Future() for id in choose(trello.source, trello.settings, listed, self._held)
        }
        self._states = {id: self._held[id] for id in self._opened if id in self._held}
        self._readers: dict[str, BoardReader] = {}
        self._deleted: set[str] = set()
        self._failed: set[str] = set()
        self._there: set[str] = set()
        self._expected = 0
        self._absences: list[Absence] = []
        self._problems: dict[Problem, None] = {}
        self._remap = bool(self._held) and saved.get("rules") != rules.digest

    def pages(self) -> Iterator[Page]:
        """All boards first, for cards may come from any of them; their logs and cards are asked for meanwhile."""
        early: list[Step] = []
        waiting = len(self._opened)
        for step in self._several([partial(job, id) for job in (self._open, self._read) for id in self._opened]):
            waiting -= step.opens
            early.append(step)
            if not waiting:
                yield from self._page(*(each for each in early if each.opens))
                for each in early:
                    yield from self._page(*([] if each.opens else [each]))
                early.clear()
        if not self._readers:
            problems = [str(problem) for problem in self._problems]
            raise ScopeError(f"{self._trello.source}: this account sees no board to read", problems=problems)
        for step in self._several(self._search()):
            yield from self._page(step)
        yield self._last_page()

    def _several(self, jobs: Sequence[Job[T]]) -> Iterator[T]:
        """Twice as many jobs as connections: while one is worked on, another asks."""
        return interleave(jobs, 2 * self._context.connections)

    def _open(self, id: str) -> Iterator[Step]:
        reader = None
        try:
            try:
                reader = self._begin(read_meta(self._trello, id, self._listed, self._held))
                step = reader.opening()
            except (AnswerError, TooBigError) as error:
                step = self._given_up(id, error)
            yield replace(step, opens=True)
        finally:
            self._opened[id].set_result(reader)

    def _begin(self, body: bytes) -> BoardReader:
        """A reader for a board. When what its words mean has changed, everything stored is to be mapped again."""
        board = read_board(msgspec.json.decode(body), self._rules, stamp(self._now))
        held, found = self._held.get(board.id, BoardState()), words(board, self._rules)
        if any(found.get(id) != word for id, word in held.words.items()):
            self._remap = True
        start = held.anew() if self._resume.full else held
        lists = board.lists if start.cards == "" else start.lists  # those of cards that are stored
        state = msgspec.structs.replace(start, name=board.name, words=found, lists=lists)
        self._states[board.id] = state.begin(stamp(self._now), self._context.overlap)
        self._readers[board.id] = BoardReader(self._trello, board, body, self._states[board.id])
        return self._readers[board.id]

    def _read(self, id: str) -> Iterator[Step]:
        if reader := self._opened[id].result():
            try:
                yield from reader.read(self._known)
            except (AnswerError, TooBigError) as error:
                yield self._given_up(reader.board.id, error)

    def _given_up(self, id: str, error: AnswerError | TooBigError) -> Step:
        """A board that is not ours to see, or too big, ends its own reading only. One that is deleted takes its cards
        along, which the search will find; that is said once.
        """
        what, fix = error.message, error.hint or NO_ACCESS
        if id in self._held and isinstance(error, AnswerError) and error.status == 404:
            self._deleted.add(id)
            what, fix = (
                f'the board "{self._held[id].name}" was deleted',
                "its cards are gone; take it out of the config",
            )
        else:
            self._failed.add(id)
        return Step(problem=Problem(where=self._trello.source, what=what, fix=fix))

    def _search(self) -> list[Job[Step]]:
        """Known cards that no board lists any more, asked for by id; not those of boards that were not read."""
        lost = self._known.keys() - self._there
        for id in self._failed if lost else ():
            lost -= self._resume.stamps(id, archived=True).keys()
        ids = sorted(lost)
        return [partial(self._verdicts, ids[start : start + BATCH]) for start in range(0, len(ids), BATCH)]

    def _verdicts(self, ids: Sequence[str]) -> Iterator[Step]:
        for id, card in self._trello.cards(ids):
            if isinstance(card, int):
                yield Step(absences=(Absence(item_id=id, presence=VERDICTS[card]),))
            elif state := self._states.get(HEAD.decode(card).idBoard):
                yield Step(raws=(card_raw(id, bytes(card), state.reach),))
            else:
                yield Step(absences=(Absence(item_id=id, presence=Presence.MOVED),))

    def _page(self, *steps: Step) -> Iterator[Page]:
        """Note what was read; the page to write for it, if there is anything to write."""
        before = dict(self._states)
        for step in steps:
            self._problems |= {step.problem: None} if step.problem else {}
            self._absences += step.absences
            self._there.update(step.listed)
            self._expected += step.expected
            if step.board:
                self._states[step.board] = step.patch(self._states[step.board])
        raws = tuple(raw for step in steps for raw in step.raws)
        if raws or before != self._states:
            yield Page(raws=raws, checkpoint=self._checkpoint("" if self._remap else self._rules.digest))

    def _checkpoint(self, rules: str) -> Json:
        """How far the boards have been read, and the `rules` by which all that is stored was mapped; "" for several."""
        boards = {id: state for id, state in self._states.items() if id not in self._deleted}
        return {"version": VERSION, "boards": msgspec.to_builtins(boards), "rules": rules}

    def _last_page(self) -> Page:
        """Verdicts, and whether everything is there now."""
        whole = not self._problems
        return Page(
            checkpoint=self._checkpoint(self._rules.digest),
            absences=tuple(self._absences),
            expected=self._expected if whole else None,
            watermark=self._now if whole else None,
            problems=tuple(self._problems),
            remap=self._remap,
        )


def read_meta(trello: Trello, id: str, listed: Sequence[Listed], held: Container[str] = ()) -> bytes:
    """A board with its small tables, without its cards.

    Raises:
        ScopeError: it is refused and was neither listed nor ever read, which is a mistake in the config.
    """
    try:
        answer = trello.get(f"boards/{id}", **META)
    except AnswerError as error:
        if error.status not in REFUSED or id in held or id in {row["id"] for row in listed}:
            raise
        raise ScopeError(f"{trello.source}: {missing(id, listed)} ({error.status}: {error.words})") from None
    answer.decode(Listed)
    return answer.content


class _End:
    """A thread has no more to do."""

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


def interleave(jobs: Sequence[Job[T]], workers: int) -> Iterator[T]:
    """What the jobs yield, as it comes, from so many threads. They begin in order, and wait while nobody listens.

    The first exception of a job ends the stream.
    """
    waiting, made, stop = iter(jobs), Queue[T | _End](maxsize=workers), Event()
    threads = [Thread(target=_work, args=(waiting, made, stop), daemon=True) for _ in range(min(workers, len(jobs)))]
    try:
        for thread in threads:
            thread.start()
        running = len(threads)
        while running:
            result = made.get()
            if not isinstance(result, _End):
                yield result
            elif result.error:
                raise result.error
            else:
                running -= 1
    finally:
        stop.set()
        for thread in threads:
            if thread is not current_thread():  # the collector closes a stream left half read in any thread
                thread.join(GRACE)


def _work(jobs: Iterator[Job[T]], made: "Queue[T | _End]", stop: Event) -> None:
    error: BaseException | None = None
    try:
        for result in chain.from_iterable(job() for job in jobs):
            if not _put(made, result, stop):
                return
    except BaseException as caught:
        error = caught
    _put(made, _End(error), stop)


def _put(made: "Queue[T | _End]", result: T | _End, stop: Event) -> bool:
    """Hand over; False when nobody listens any more."""
    while not stop.is_set():
        try:
            made.put(result, timeout=GRACE)
        except Full:
            continue
        return True
    return False
