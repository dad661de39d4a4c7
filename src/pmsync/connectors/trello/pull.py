"""The connector for boards of Trello: one pull over all its boards at once, with checkpoint and watermark."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, ClassVar, TypeVar

import msgspec

from pmsync.connectors.interface import Context, Finding, Page, Resume
from pmsync.connectors.transport import AnswerError
from pmsync.connectors.trello.board import read_board, words
from pmsync.connectors.trello.client import REFUSED, TooBigError, Trello
from pmsync.connectors.trello.doctor import coverage, stages
from pmsync.connectors.trello.log import stamp
from pmsync.connectors.trello.model import CATALOG_KINDS, Model
from pmsync.connectors.trello.parallel import Job, interleave
from pmsync.connectors.trello.reader import BoardReader, Step
from pmsync.connectors.trello.record import Json, moment
from pmsync.connectors.trello.rules import Rules
from pmsync.connectors.trello.scope import Listed, choose, missing
from pmsync.connectors.trello.state import BoardState
from pmsync.errors import ScopeError, SourceError
from pmsync.model import Absence, Batch, Board, Problem, Raw

if TYPE_CHECKING:
    from pmsync.config import TrelloSource

T = TypeVar("T")

CLOCK = 60.0  # seconds our clock may differ from Trello's without a word
NO_ACCESS = "ask for access to the board, or leave it out of the config"
LISTED = "name,closed,idOrganization,shortLink,shortUrl"
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


@dataclass(slots=True)
class Pull:
    """What one pull has found out so far."""

    now: datetime
    states: dict[str, BoardState] = field(default_factory=dict)
    readers: dict[str, BoardReader] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    absences: list[Absence] = field(default_factory=list)
    expected: int = 0

    def checkpoint(self) -> Json:
        """Where the boards have got to."""
        return {"version": 1, "boards": msgspec.to_builtins(self.states)}

    def take(self, step: Step | Problem) -> Page | None:
        """Note what was read of a board; the page to write for it."""
        if isinstance(step, Problem):
            self.problems += [] if step in self.problems else [step]
            return None
        self.absences += step.absences
        self.expected += step.expected
        state = step.patch(self.states[step.board])
        if not step.raws and state == self.states[step.board]:
            return None
        self.states[step.board] = state
        return Page(raws=step.raws, checkpoint=self.checkpoint())

    def last_page(self) -> Page:
        """Verdicts, and whether everything is there now."""
        whole = not self.problems
        return Page(
            absences=tuple(self.absences),
            expected=self.expected if whole else None,
            watermark=self.now if whole else None,
            problems=tuple(self.problems),
        )


class TrelloConnector:
    """Reads boards of Trello."""

    catalog_kinds: ClassVar[Sequence[str]] = CATALOG_KINDS

    def __init__(self, source: str, settings: "TrelloSource", context: Context) -> None:
        self.source = source
        self._settings = settings
        self._context = context
        self._rules = Rules(settings, context.timezone)
        self._trello = Trello(source, settings, context)
        self._model = Model(source, self._rules)

    @property
    def requests(self) -> int:
        """How many requests have been sent so far."""
        return self._trello.requests

    def model(self, raws: Iterable[Raw]) -> Batch:
        """Map raw records."""
        return self._model.batch(raws)

    def pull(self, resume: Resume) -> Iterator[Page]:
        """All boards first, then their logs and cards, several at once, then what is true of them all."""
        listed, now = self._listed()
        held = msgspec.convert(resume.checkpoint.get("boards") or {}, dict[str, BoardState])
        wanted = choose(self.source, self._settings, listed, held)
        pull = Pull(now, {id: held[id] for id in wanted if id in held})
        for board in self._several(partial(self._board, id, listed, held) for id in wanted):
            self._begin(pull, board, held, full=resume.full)
        if not pull.readers:
            raise ScopeError(
                f"{self.source}: this account sees no board to read", problems=[str(p) for p in pull.problems]
            )
        raws = (reader.raw(pull.states[id].reach) for id, reader in pull.readers.items())
        yield Page(raws=tuple(raws), checkpoint=pull.checkpoint())
        for step in self._several(self._jobs(pull, resume)):
            if page := pull.take(step):
                yield page
        yield pull.last_page()

    def _several(self, jobs: "Iterable[Job[T]]") -> "Iterator[T | Problem]":
        """Twice as many jobs as connections: while one is worked on, another asks."""
        return interleave((partial(_forgiving, self.source, job) for job in jobs), 2 * self._context.connections)

    def _listed(self) -> tuple[list[Listed], datetime]:
        """The account's boards, and Trello's time before anything else is read.

        Raises:
            ScopeError: this is not Trello.
        """
        try:
            answer = self._trello.get("members/me/boards", filter="all", fields=LISTED, organization="true")
            return answer.decode(list[Listed]), answer.server_time
        except (AnswerError, msgspec.DecodeError, LookupError) as error:
            if isinstance(error, AnswerError) and error.status in (401, 403):
                raise
            message = f"{self.source}: {self._settings.url} does not answer like Trello"
            hint = f"check `url:` of sources.{self.source}; without it, https://api.trello.com is asked"
            raise ScopeError(message, hint=hint) from error

    def _board(self, id: str, listed: Sequence[Listed], held: Collection[str] = ()) -> Iterator[bytes]:
        """A board. One that is refused and was neither listed nor ever read is a mistake in the config."""
        try:
            yield self._trello.get(f"boards/{id}", **META).content
        except AnswerError as error:
            if error.status not in REFUSED or id in held or id in {row["id"] for row in listed}:
                raise
            raise ScopeError(f"{self.source}: {missing(id, listed)} ({error.status}: {error.words})") from None

    def _begin(self, pull: Pull, body: bytes | Problem, held: Mapping[str, BoardState], *, full: bool) -> None:
        if isinstance(body, Problem):
            pull.take(body)
            return
        board = read_board(msgspec.json.decode(body), self._rules, stamp(pull.now))
        state = held.get(board.id)
        since = stamp((moment(state.until) or pull.now) - timedelta(seconds=self._context.overlap)) if state else ""
        pull.states[board.id] = (state or BoardState()).begin(
            stamp(pull.now), since, words(board, self._rules), again=full or not state
        )
        pull.readers[board.id] = BoardReader(self._trello, board, body, pull.readers.keys())

    def _jobs(self, pull: Pull, resume: Resume) -> "Iterator[Job[Step]]":
        for id, reader in pull.readers.items():
            yield partial(reader.history, pull.states[id])
            yield partial(reader.cards, pull.states[id], resume.stamps(id, archived=True))

    def boards(self) -> Sequence[Board]:
        """The account's boards, closed ones too."""
        found = (read_board(row, self._rules).catalog.boards for row in self._listed()[0])
        return [board for boards in found for board in boards.values()]

    def doctor(self) -> Iterator[Finding]:
        """What works, and what the rules find."""
        try:
            listed, now = self._listed()
            me = self._trello.read("members/me", fields="fullName,username")
        except SourceError as error:
            yield _failure("account", error)
            return
        yield Finding(level="ok", subject="account", message=f"{me['fullName']} (@{me['username']})")
        yield from _clock(now, datetime.now(UTC))
        try:
            chosen = choose(self.source, self._settings, listed)
            bodies = list(self._several(partial(self._board, id, listed) for id in chosen))
        except SourceError as error:
            yield _failure("boards", error)
            return
        yield from self._look_at(bodies)

    def _look_at(self, bodies: "Iterable[bytes | Problem]") -> Iterator[Finding]:
        readers = []
        for body in bodies:
            if isinstance(body, Problem):
                yield Finding(level="error", subject="boards", message=body.what, fix=body.fix)
            else:
                board = read_board(msgspec.json.decode(body), self._rules)
                readers.append(BoardReader(self._trello, board, body, ()))
        readers.sort(key=lambda reader: (reader.board.name, reader.board.id))
        for reader in readers:
            found = coverage(reader.every_card(), reader.board, self._rules)
            yield Finding(level="ok", subject=reader.board.name, message=found)
        yield from stages([reader.board for reader in readers], self._rules)

    def close(self) -> None:
        """Give connections back."""
        self._trello.close()


def _failure(subject: str, error: SourceError) -> Finding:
    """An error as `doctor` tells it. What to do is never left open."""
    fix = error.hint or "correct it in the config; `pmsync boards` lists what this account sees"
    return Finding(level="error", subject=subject, message=str(error), fix=fix, exit_code=error.exit_code)


def _clock(theirs: datetime, ours: datetime) -> Iterator[Finding]:
    seconds = (ours - theirs).total_seconds()
    if abs(seconds) > CLOCK:
        message = f"this machine's clock is {seconds:+.0f} s off Trello's, whose clock counts when syncing"
        yield Finding(level="warning", subject="clock", message=message, fix="set the clock by NTP")


def _forgiving(source: str, job: "Job[T]") -> "Iterator[T | Problem]":
    """A board that is not ours to see, or too big, ends its own reading only."""
    try:
        yield from job()
    except (AnswerError, TooBigError) as error:
        yield Problem(where=source, what=error.message, fix=error.hint or NO_ACCESS)
    except msgspec.ValidationError as error:
        raise SourceError(f"{source}: Trello answered in a form pmsync does not know: {error}") from None
