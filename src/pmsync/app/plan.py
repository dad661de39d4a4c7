"""What one page of a pull means for the store. Pure.

Applying a plan makes known equal fetched; planning again yields nothing.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from pmsync.model import Absence, Batch, Known, Plan, Presence


def plan(batch: Batch, known: Mapping[str, Known], *, at: datetime, absences: Sequence[Absence] = ()) -> Plan:
    """Sort fetched records into new, changed and unchanged, and keep the verdicts that tell something new.

    A record whose presence differs is an update even when its fingerprint is the same: what was gone is back.
    """
    fetched = {record.item.id: record for record in batch.records}  # a page may hold an item twice: the last one counts
    create, update, unchanged = [], [], []
    for item_id, record in fetched.items():
        before = known.get(item_id)
        if before is None:
            create.append(record)
        elif before.fingerprint != record.fingerprint or before.presence is not record.item.presence:
            update.append(record)
        else:
            unchanged.append(item_id)
    return Plan(
        create=tuple(create),
        update=tuple(update),
        unchanged=tuple(unchanged),
        absences=tuple(absence for absence in absences if _is_news(absence, known, fetched)),
        changes=batch.changes,
        catalog=batch.catalog,
        at=at,
    )


def _is_news(absence: Absence, known: Mapping[str, Known], fetched: Mapping[str, object]) -> bool:
    before = known.get(absence.item_id)
    return before is not None and before.presence is not absence.presence and absence.item_id not in fetched


def lost(absences: Sequence[Absence]) -> int:
    """How many items would vanish; that something was archived or moved is said by the tracker itself."""
    return sum(absence.presence in {Presence.GONE, Presence.HIDDEN} for absence in absences)


def is_too_much(lost: int, *, stored: int, limit: float) -> bool:
    """Whether a run would take away more than `limit` (a share) of what is stored.

    A few items may always go: a team that deletes two of its five cards did so. Twenty at once need a reason.
    """
    return lost > max(10, limit * stored)
