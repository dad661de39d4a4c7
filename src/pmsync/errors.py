"""Every failure a person can meet: its sentence, its hint, its exit code; and what a wrong word was meant to be.

    PmsyncError              1
    ├── UsageError           2   the command line asks for something that does not exist
    ├── ConfigError          3   the config, or something it names, is wrong
    │   └── StoreError       3   the store it names cannot be used
    ├── SourceError          6   a source could not be read; the others are stored
    │   ├── CredentialsError 4   refused or expired
    │   ├── UnreachableError 5   no answer, or asked to wait longer than allowed: run again later
    │   └── ScopeError       3   the config names a project, board or file that is not there
    ├── BusyError            5   another pmsync is writing this store
    ├── ReportError          7   a template is wrong, or its output cannot be written
    ├── StaleError           8   data older than asked for, or incomplete
    └── GateError            9   a gate of `check` failed

A message says what is wrong and where; the hint says what to do. Neither ever holds a secret.
"""

from collections.abc import Iterable, Sequence
from typing import ClassVar


def nearest(word: str, words: Iterable[str]) -> str | None:
    """The most similar of `words`, whatever their case, if one is similar at all."""
    from difflib import get_close_matches

    known = {each.casefold(): each for each in words}
    found = get_close_matches(word.casefold(), known, 1)
    return known[found[0]] if found else None


def did_you_mean(word: str, words: Iterable[str]) -> str:
    """The end of a sentence about a wrong word; empty when nothing is similar."""
    found = nearest(word, words)
    return f'; did you mean "{found}"?' if found else ""


class PmsyncError(Exception):
    """Base of all failures shown as one sentence instead of a traceback."""

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, hint: str = "", problems: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.problems = tuple(problems)

    def __str__(self) -> str:
        return "\n".join([self.message, *(f"  - {problem}" for problem in self.problems)])


class UsageError(PmsyncError):
    """The command line asks for something that does not exist."""

    exit_code = 2


class ConfigError(PmsyncError):
    """The config file, or something it names, is wrong; `problems` lists every mistake at once."""

    exit_code = 3


class StoreError(ConfigError):
    """The store cannot be opened: a newer version wrote it, it is no database, the disk is full."""


class SourceError(PmsyncError):
    """A source could not be read. What was stored before stays as it is."""

    exit_code = 6


class CredentialsError(SourceError):
    """The tracker refused the credentials, or treats us as anonymous."""

    exit_code = 4


class UnreachableError(SourceError):
    """No usable answer, or a wait longer than `max_wait`. Running again resumes."""

    exit_code = 5


class ScopeError(SourceError):
    """The config names a project, board or file that the tracker does not show."""

    exit_code = 3


class BusyError(PmsyncError):
    """Another pmsync holds the lock of this store."""

    exit_code = 5


class ReportError(PmsyncError):
    """A template is wrong (with file and line), or its output cannot be written."""

    exit_code = 7


class StaleError(PmsyncError):
    """The data is older than `--max-age` allows, or incomplete where completeness was asked."""

    exit_code = 8


class GateError(PmsyncError):
    """A gate of `check` failed."""

    exit_code = 9
