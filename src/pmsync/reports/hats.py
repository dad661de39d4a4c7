"""Two hats: their balance, for a scheme that watches duties, from a report's entries."""

from collections.abc import Sequence
from datetime import datetime

from pmsync.model import Classification
from pmsync.reports.entries import Entry
from pmsync.reports.facts import HatBalance
from pmsync.reports.sections import lines
from pmsync.roles import Scheme, Tended, balance, tended


def hat_balance(found: Sequence[Entry], scheme: Scheme, as_of: datetime) -> HatBalance | None:
    """The balance at `as_of` (UTC), None when the scheme watches nothing. Entries without a role do not count."""
    if not scheme.watch:
        return None
    seen = [(entry, _tended(entry, entry.role, as_of)) for entry in found if entry.role]
    told = balance([one for _, one in seen], scheme, as_of)
    return HatBalance(
        open=told.open,
        delivered=told.delivered,
        untouched=told.untouched,
        touched_since=sum(entry.item.updated > as_of and one.answer.duty in scheme.watch for entry, one in seen),
        self_accepted=lines(entry for entry, one in seen if one.self_accepted),
        closer_unknown=sum(one.closer_unknown for _, one in seen),
    )


def _tended(entry: Entry, answer: Classification, as_of: datetime) -> Tended:
    lived = entry.life
    return tended(entry.item, entry.changes, answer, outcome=lived.outcome, finished=lived.finished, as_of=as_of)
