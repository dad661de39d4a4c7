"""The contract of a connector.

A pull is a stream of pages. A `Page` carries records as the tracker sent them; `model` turns raw records into the
common model and is used for a pull and for `remap` alike, so both always agree. The app writes each page and its
checkpoint in one transaction: kill the process anywhere and the next `pull` gets the last checkpoint that was stored.

A connector never writes to its tracker, never prints, never touches the store, and does no network in its constructor.
It may fetch in parallel, but yields pages from one thread. Records that other records need for their mapping
(field definitions, lists) come first, in a pull and in a remap: `catalog_kinds` names them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import ClassVar, Protocol
from zoneinfo import ZoneInfo

from pmsync.model import Absence, Batch, Board, Json, Problem, Raw


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One step of a pull, written in one transaction.

    `checkpoint` replaces the stored one (None leaves it). `absences` are verdicts of a finished sweep. `expected` is
    how many items the tracker says are in scope, sent once it is known. `problems` are things that were skipped.
    `watermark` (UTC) is given once everything up to that instant has been handed over. `remap` asks to map all stored
    records again before this page is written: what words of the tracker or the config mean has changed since.
    """

    raws: tuple[Raw, ...] = ()
    checkpoint: Json | None = None
    absences: tuple[Absence, ...] = ()
    expected: int | None = None
    watermark: datetime | None = None
    problems: tuple[Problem, ...] = ()
    remap: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume:
    """Where the last pull of this source got to, and what the store holds.

    `stamps()` reads id -> `updated` of the items that are here from the store; pass a board id for one board, and
    `archived=True` where the tracker lists archived items like others.
    `full` asks for everything again; `sweep` asks to look for items that vanished even if it is not due. `now` is UTC.
    """

    now: datetime
    checkpoint: Json = field(default_factory=dict)
    stamps: Callable[..., Mapping[str, datetime]] = field(default=lambda board_id=None, *, archived=False: {})
    full: bool = False
    sweep: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of `doctor`: `level` is `ok`, `warning` or `error`; `fix` is what mends it, ready to paste.

    `exit_code` is what a sync would end with because of an error.
    """

    level: str
    subject: str
    message: str
    fix: str = ""
    exit_code: int = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What every connector is told besides its own settings. Durations are in seconds."""

    timezone: ZoneInfo
    folder: Path = Path()
    connections: int = 8
    max_wait: float = 120.0
    overlap: float = 600.0
    sweep_every: float = 86_400.0


class Connector(Protocol):
    """A configured source. See the module's text for the rules; `pmsync.connectors.testing` checks them."""

    source: str
    catalog_kinds: ClassVar[Sequence[str]]
    """Kinds of `Raw` that `model` must see before the rest."""

    @property
    def requests(self) -> int:
        """How many requests have been sent so far, retries included."""
        ...

    def pull(self, resume: Resume) -> Iterator[Page]:
        """Yield what is new since `resume`, to the end.

        Raises:
            SourceError: the source cannot be read (further); pages yielded before stay valid.
        """
        ...

    def model(self, raws: Iterable[Raw]) -> Batch:
        """Map raw records into the common model. No network; remembers catalog records for later calls."""
        ...

    def boards(self) -> Sequence[Board]:
        """What could be synced with these credentials."""
        ...

    def doctor(self) -> Iterator[Finding]:
        """Check credentials, permissions, clock, fields and guesses; never raise for what can be told."""
        ...

    def close(self) -> None:
        """Give connections back."""
        ...
