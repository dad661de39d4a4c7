"""What a sync run did, source by source: the numbers that reports quote as data freshness."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pmsync.model.batch import Problem


class Outcome(StrEnum):
    """How reading one source ended."""

    OK = "ok"
    PARTIAL = "partial"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRun:
    """One source in one run. `expected` is what the tracker says it has in scope, `stored` what we hold of it.

    `watermark` (UTC) is the instant up to which everything is stored; `started` and `seconds` are wall-clock.
    """

    source: str
    result: Outcome
    started: datetime
    seconds: float = 0.0
    requests: int = 0
    fetched: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    gone: int = 0
    expected: int | None = None
    stored: int = 0
    watermark: datetime | None = None
    problems: tuple[Problem, ...] = ()
    exit_code: int = 0
