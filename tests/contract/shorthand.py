"""Short ways to make plans and to list keys."""

from datetime import datetime
from typing import Any

from builders import at
from pmsync.model import (
    Absence,
    Plan,
    Presence,
    Record,
)
from pmsync.store import ItemQuery, Store

NOW = at(20)


def create(*records: Record, **more: Any) -> Plan:
    return Plan(create=records, at=NOW, **more)


def update(*records: Record, **more: Any) -> Plan:
    return Plan(update=records, at=NOW, **more)


def absent(item_id: str, presence: Presence, key: str | None = None, when: datetime = NOW) -> Plan:
    return Plan(absences=(Absence(item_id=item_id, presence=presence, key=key),), at=when)


def keys(store: Store, **query: Any) -> list[str]:
    return [item.key for item in store.items(ItemQuery(**query))]
