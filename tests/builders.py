"""Short ways to make model values for tests. Times are UTC; `at(3, 14)` is 14:00 on day 3 of May 2026."""

from datetime import UTC, datetime
from typing import Any

from pmsync.model import Change, Field, Item, ItemType, Record


def at(day: int, hour: int = 9, minute: int = 0, month: int = 5) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def make_item(id: str = "1", **fields: Any) -> Item:
    defaults: dict[str, Any] = {
        "source": "shop",
        "id": id,
        "key": f"PAY-{id}",
        "url": f"https://example.org/browse/PAY-{id}",
        "type": ItemType.STORY,
        "type_name": "Story",
        "title": f"Title of {id}",
        "created": at(1),
        "updated": at(2),
        "stage_id": "10",
    }
    return Item(**{**defaults, **fields})


def make_change(id: str = "c1", item_id: str = "1", **fields: Any) -> Change:
    defaults: dict[str, Any] = {
        "field": Field.STATUS,
        "at": at(3),
        "before": "To Do",
        "before_id": "10",
        "after": "Doing",
        "after_id": "20",
    }
    return Change(id=id, item_id=item_id, **{**defaults, **fields})


def make_record(id: str = "1", *, changes: tuple[Change, ...] = (), **fields: Any) -> Record:
    return Record(make_item(id, **fields), changes)
