"""The connector for exported files: whole boards and single cards, of any year since 2014."""

import glob
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import msgspec

from pmsync.connectors.decoding import convert
from pmsync.connectors.interface import Context, Finding, Page, Resume
from pmsync.connectors.trello.board import BoardMap, read_board
from pmsync.connectors.trello.doctor import coverage, stages
from pmsync.connectors.trello.export_file import WINDOW, Export, read_export
from pmsync.connectors.trello.mapping import CATALOG_KINDS, Model
from pmsync.connectors.trello.rules import Rules
from pmsync.connectors.trello.shapes import Card
from pmsync.errors import ScopeError, SourceError
from pmsync.model import Batch, Board, Problem, Raw

if TYPE_CHECKING:
    from pmsync.config import ExportSource

PAGE = 500  # records in one transaction


class FileState(msgspec.Struct, frozen=True, omit_defaults=True):
    """A file as it was read: digest, last activity, board, the card if it holds just one, how many cards are here."""

    digest: str
    at: str
    board: str
    card: str = ""
    here: int = 0


class ExportConnector:
    """Reads exported files. A file that is as it was last time is skipped; an older one never replaces a newer one."""

    catalog_kinds: ClassVar[Sequence[str]] = CATALOG_KINDS
    requests = 0

    def __init__(self, source: str, settings: "ExportSource", context: Context) -> None:
        self.source = source
        self._settings = settings
        self._context = context
        self._rules = Rules(settings, context.timezone)
        self._model = Model(source, self._rules)

    def model(self, raws: Iterable[Raw]) -> Batch:
        """Map raw records."""
        return self._model.batch(raws)

    def pull(self, resume: Resume) -> Iterator[Page]:
        """The boards of all new files, then what is on them, the oldest file first."""
        problems: list[Problem] = []
        paths = self._paths(problems)
        held = convert(resume.checkpoint.get("files") or {}, dict[str, FileState])
        states = {} if resume.full else {name: state for name, state in held.items() if name in paths}
        boards: dict[str, Raw] = {}
        new: dict[str, FileState] = {}
        for name, export in self._new(paths, states, problems):
            boards[name], new[name] = export.board(), _state(export, _digest(paths[name]))
        rules = self._rules.digest
        remap = bool(held) and (resume.checkpoint.get("rules") != rules or bool(new))  # a new file may rename things
        newest = _newest([*states.values(), *new.values()])
        order = sorted(new, key=lambda name: new[name].at)
        current = [name for name in order if new[name].card or new[name].at >= newest[new[name].board]]
        yield Page(raws=tuple(boards[name] for name in current))
        for name in order:
            known = resume.stamps(new[name].board, archived=True) if name in current else None
            yield from _pages(self._open(paths[name]), known)
            states[name] = new[name]
            yield Page(checkpoint={"files": msgspec.to_builtins(states), "rules": "" if remap else rules})
        written = None if problems else min(_written(path) for path in paths.values())
        yield Page(
            checkpoint={"files": msgspec.to_builtins(states), "rules": rules},
            expected=_expected(states.values()),
            watermark=written,
            problems=tuple(problems),
            remap=remap,
        )

    def _new(
        self, paths: Mapping[str, Path], states: Mapping[str, FileState], problems: list[Problem]
    ) -> Iterator[tuple[str, Export]]:
        """The files that are not as they were; the ones that cannot be read become problems.

        Raises:
            ScopeError: not one of them can be read.
        """
        readable = len(paths)
        for name, path in paths.items():
            if name in states and states[name].digest == _digest(path):
                continue
            try:
                yield name, self._open(path)
            except SourceError as error:
                problems.append(Problem(where=self.source, what=error.message, fix=error.hint))
                readable -= 1
        if not readable:
            raise _nothing(self.source, problems)

    def _open(self, path: Path) -> Export:
        try:
            return read_export(str(path), path.read_bytes())
        except OSError as error:
            raise SourceError(f"{path} cannot be read: {error.strerror}", hint="check its permissions") from None

    def _paths(self, problems: list[Problem]) -> dict[str, Path]:
        """The files by name, as the config's patterns find them; a pattern that finds nothing is a problem."""
        folder = self._context.folder
        found: dict[str, Path] = {}
        for pattern in (str(Path(pattern).expanduser()) for pattern in self._settings.files):
            names = glob.glob(pattern, root_dir=folder, recursive=True)  # noqa: PTH207 - Path.glob refuses absolute ones
            files = {name: folder / name for name in sorted(names) if (folder / name).is_file()}
            if not files:
                what, fix = f'no file matches "{pattern}"', f"looked in {folder.resolve()}"
                problems.append(Problem(where=self.source, what=what, fix=fix))
            found |= files
        return found

    def boards(self) -> Sequence[Board]:
        """The boards the files are about."""
        problems: list[Problem] = []
        raws = [export.board() for _, export in self._new(self._paths(problems), {}, problems)]
        return list(Model(self.source, self._rules).batch(raws).catalog.boards.values())

    def doctor(self) -> Iterator[Finding]:
        """Whether the files can be read, and what the rules find in them."""
        problems: list[Problem] = []
        boards: list[BoardMap] = []
        try:
            exports = list(self._new(self._paths(problems), {}, problems))
        except ScopeError as error:
            yield Finding(level="error", subject="files", message=str(error), fix=error.hint, exit_code=error.exit_code)
            return
        for name, export in exports:
            board = read_board(msgspec.json.decode(export.board().body()), self._rules)
            boards.append(board)
            cards = convert([*export.cards()], list[Card])
            yield Finding(level="ok", subject=name, message=coverage(cards, board, self._rules))
            if len(export.log) >= WINDOW:
                message = f"holds the newest {WINDOW:,} actions only: history before {export.reach[:10]} is missing"
                yield Finding(level="warning", subject=name, message=message, fix="`type: trello` reads all of it")
        for problem in problems:
            yield Finding(level="error", subject="files", message=problem.what, fix=problem.fix)
        yield from stages(boards, self._rules)

    def close(self) -> None:
        """Nothing to give back."""


def _nothing(source: str, problems: Sequence[Problem]) -> ScopeError:
    """Why there is nothing to read: in one sentence where it has one reason."""
    if len(problems) == 1:
        return ScopeError(f"{source}: {problems[0].what}", hint=problems[0].fix)
    fixes = "; ".join(dict.fromkeys(problem.fix for problem in problems))
    return ScopeError(f"{source}: no file can be read", problems=[each.what for each in problems], hint=fixes)


def _pages(export: Export, known: Mapping[str, datetime] | None) -> Iterator[Page]:
    """What is in a file; of one that is outdated, for which nothing is `known`, only the actions."""
    raws = export.raws(known)
    while page := tuple(islice(raws, PAGE)):
        yield Page(raws=page)
    yield Page(absences=tuple(export.absences(known or ())))


def _state(export: Export, digest: str) -> FileState:
    card = str(export.part("id")) if export.is_card else ""
    return FileState(digest=digest, at=export.at, board=export.board_id, card=card, here=export.here)


def _newest(states: Iterable[FileState]) -> dict[str, str]:
    """The last activity of every board's newest export."""
    newest: dict[str, str] = {}
    for state in states:
        if not state.card:
            newest[state.board] = max(state.at, newest.get(state.board, ""))
    return newest


def _expected(states: Iterable[FileState]) -> int:
    """The open cards of every board's newest export, and single ones of other boards."""
    newest = _newest(states := list(states))
    whole = {state.board: state.here for state in states if not state.card and state.at == newest[state.board]}
    single = {state.card: state.here for state in states if state.card and state.board not in newest}
    return sum(whole.values()) + sum(single.values())


def _digest(path: Path) -> str:
    try:
        return hashlib.blake2b(path.read_bytes(), digest_size=16).hexdigest()
    except OSError:
        return ""


def _written(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)
