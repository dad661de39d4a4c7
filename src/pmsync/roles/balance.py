"""One person with two hats: how the work is spread over them, what is neglected, and who judged work of their own."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pmsync.model import Change, Classification, Item, Role
from pmsync.roles.schemes import Scheme

VERDICT: Final = "accept"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tended:
    """An item as the balance sees it. `outcome` is None while it is open, `touched` (UTC) its last activity."""

    key: str
    answer: Classification
    outcome: str | None
    touched: datetime
    assignees: tuple[str, ...] = ()
    closed_by: str | None = None

    @property
    def self_accepted(self) -> bool:
        """A verdict that its own assignee closed."""
        return self._verdict_given and self.closed_by in self.assignees

    @property
    def closer_unknown(self) -> bool:
        """A verdict of which no history says whether its assignee closed it."""
        return self._verdict_given and bool(self.assignees) and self.closed_by is None

    @property
    def _verdict_given(self) -> bool:
        return self.answer.duty == VERDICT and self.outcome is not None


def tended(
    item: Item,
    changes: Sequence[Change],
    answer: Classification,
    *,
    outcome: str | None,
    finished: datetime | None,
    as_of: datetime,
) -> Tended:
    """See an item with all its changes as the balance does; `outcome` and `finished` are those at `as_of` (UTC).

    Where the tracker's `updated` is later than `as_of`, the last activity before that left a date (a change, a comment,
    a work log) counts.
    """
    moments = [item.created, item.updated, *(change.at for change in changes)]
    moments += [*(comment.created for comment in item.comments), *(log.started for log in item.worklogs)]
    closing = [change.by_id for change in changes if change.at == finished]
    return Tended(
        key=item.key,
        answer=answer,
        outcome=outcome,
        touched=max((moment for moment in moments if moment <= as_of), default=as_of),
        assignees=item.assignee_ids,
        closed_by=closing[-1] if closing else None,
    )


@dataclass(frozen=True, slots=True)
class Untouched:
    """A watched duty: whole days since its last activity, None when no item has it."""

    duty: str
    days: int | None


@dataclass(frozen=True, slots=True)
class Balance:
    """Share of items per hat, from 0 to 1, empty when there is none; watched duties, the longest untouched first.

    `self_accepted` are the keys of verdicts that the assignee closed.
    """

    open: Mapping[Role, float]
    delivered: Mapping[Role, float]
    untouched: tuple[Untouched, ...]
    self_accepted: tuple[str, ...]


def balance(items: Sequence[Tended], scheme: Scheme, as_of: datetime) -> Balance:
    """What a scheme with `watch` adds, as known at `as_of` (UTC)."""
    latest: dict[str, datetime] = {}
    for item in items:
        latest[item.answer.duty] = max(item.touched, latest.get(item.answer.duty, item.touched))
    untouched = [Untouched(duty, (as_of - latest[duty]).days if duty in latest else None) for duty in scheme.watch]
    return Balance(
        open=_shares(item.answer.role for item in items if item.outcome is None),
        delivered=_shares(item.answer.role for item in items if item.outcome == "delivered"),
        untouched=tuple(sorted(untouched, key=lambda row: (row.days is not None, -(row.days or 0)))),
        self_accepted=tuple(item.key for item in items if item.self_accepted),
    )


def _shares(roles: Iterable[Role]) -> dict[Role, float]:
    found = list(roles)
    return {role: found.count(role) / len(found) for role in Role} if found else {}
