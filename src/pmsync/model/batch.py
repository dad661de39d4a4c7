"""What passes between a connector and the store: raw records, the model made of them, and the plan to write it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from isal import isal_zlib  # zlib's format in a third of its time: half of what reading a record costs

from pmsync.model.catalog import Catalog
from pmsync.model.change import Change
from pmsync.model.item import Item, Presence

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Raw:
    """A record as the tracker sent it, kept so that `remap` can rebuild the model without asking again.

    `kind` is the connector's own word (`issue`, `card`, `action`, `board`, ...); `note` holds what the connector
    learnt about the record elsewhere (which boards it was found on). `packed` is JSON, compressed as zlib does.
    """

    kind: str
    id: str
    packed: bytes
    note: str = ""

    @classmethod
    def of(cls, kind: str, id: str, body: bytes, note: str = "") -> "Raw":
        """Keep JSON text; compression runs in the calling thread and frees the interpreter lock."""
        fresh = cls(kind, id, isal_zlib.compress(body, 1), note)
        fresh.__dict__["text"] = body  # mapped once and soon: no need to unpack it then
        return fresh

    def body(self) -> bytes:
        """The JSON text again; what was just read is at hand for the first who asks."""
        return self.__dict__.pop("text", None) or isal_zlib.decompress(self.packed)


@dataclass(frozen=True)
class Record:
    """An item with the history that came with it. Trello cards bring none: their actions arrive on their own."""

    item: Item
    changes: tuple[Change, ...] = ()

    @cached_property
    def fingerprint(self) -> str:
        """The same exactly when nothing that pmsync stores has changed."""
        from msgspec import msgpack  # four times as fast as hashing `repr`; imported by those who sync

        try:
            content = msgpack.encode((self.item, self.changes))
        except UnicodeEncodeError:  # half of a surrogate pair: trackers let it through
            content = repr((self.item, self.changes)).encode(errors="surrogatepass")
        return hashlib.blake2b(content, digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """The model's view of one page: pure mapping of its raw records, by `Connector.model`."""

    records: tuple[Record, ...] = ()
    changes: tuple[Change, ...] = ()  # of items that need not be in this batch
    catalog: Catalog = field(default_factory=Catalog)


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """A sweep's verdict on an item the tracker no longer lists, confirmed by id."""

    item_id: str
    presence: Presence
    key: str | None = None  # the new key, for a move


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the store already holds of an item."""

    fingerprint: str
    presence: Presence
    key: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to write for one batch; applying it makes known equal fetched, planning again yields nothing."""

    create: tuple[Record, ...] = ()
    update: tuple[Record, ...] = ()
    unchanged: tuple[str, ...] = ()
    absences: tuple[Absence, ...] = ()
    changes: tuple[Change, ...] = ()
    catalog: Catalog = field(default_factory=Catalog)
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that was not read, as data: shown after the run, kept with it, printed in every report."""

    where: str
    what: str
    fix: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" + (f" {self.fix}" if self.fix else "")
