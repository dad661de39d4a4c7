"""Column types that behave alike on SQLite and PostgreSQL, and text that neither of them can refuse."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import DateTime, Dialect, Text, TypeDecorator
from sqlalchemy.types import TypeEngine

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable(text: str) -> str:
    """The text with what a database cannot hold (NUL, halves of a surrogate pair) replaced by U+FFFD."""
    return text if _is_plain(text) else _UNSTORABLE.sub("\ufffd", text)


def _is_plain(text: str) -> bool:
    return text.isascii() and "\x00" not in text


def to_json(value: Any) -> str:
    """JSON text of plain values and dataclasses, made storable."""
    try:
        text = msgspec.json.encode(value).decode()
    except UnicodeEncodeError:
        text = r"\u0000"
    if r"\u0000" not in text:
        return text
    return msgspec.json.encode(_storable_within(msgspec.to_builtins(value))).decode()


def _storable_within(value: Any) -> Any:
    match value:
        case str():
            return storable(value)
        case dict():
            return {_storable_within(key): _storable_within(entry) for key, entry in value.items()}
        case list() | tuple():
            return [_storable_within(entry) for entry in value]
    return value


class AsText(TypeDecorator[Any]):
    """Something that lies in the database as text, compared byte by byte whatever the database's locale.

    `write` and `read` are called with values that are there; None is NULL.
    """

    impl = Text().with_variant(Text(collation="C"), "postgresql")
    cache_ok = True

    def __init__(self, write: Callable[[Any], str], read: Callable[[str], Any] | None = None) -> None:
        super().__init__()
        self.write = write
        self.read = read

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any]:
        """How values are written: found once for a whole batch, unlike SQLAlchemy's `process_bind_param`."""
        return _none_or(self.write)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:
        """How values are read."""
        return None if self.read is None else _none_or(self.read)


def _none_or(convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return _storable_or_none if convert is storable else lambda value: None if value is None else convert(value)


def _storable_or_none(text: str | None) -> str | None:
    return None if text is None else storable(text)


def by_column(write: Callable[[Any], Any] | None) -> Callable[[Sequence[Any]], Sequence[Any]]:
    """A bind processor for many values at once: nine columns of ten hold plain text, which one look at all can tell."""
    if write is None:
        return lambda values: values
    if write is not _storable_or_none:
        return lambda values: list(map(write, values))
    return lambda values: values if _is_plain("".join(filter(None, values))) else list(map(write, values))


def words() -> AsText:
    """Text of any length."""
    return AsText(storable)


def choice(options: type[StrEnum]) -> AsText:
    """One of an enumeration's values."""
    return AsText(str, {option.value: option for option in options}.__getitem__)


def json_of(shape: Any) -> AsText:
    """A nested value, read back as what it was."""
    return AsText(_json_or_empty, msgspec.json.Decoder(shape).decode)


def _json_or_empty(value: Any) -> str:
    return "[]" if value == () else to_json(value)  # most nested values are empty: spare them the encoder


_UTC_WIDTH = len("2026-05-04T08:00:00.000000+00:00")


class UtcDateTime(TypeDecorator[datetime]):
    """An instant. SQLite has no such type and would drop the zone: there it is ISO 8601 text of fixed width."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The type in the database."""
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else DateTime(timezone=True))

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any]:
        """How instants are written."""
        return _utc_text if dialect.name == "sqlite" else _none_or(_utc)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any]:
        """How instants are read: always in UTC."""
        return _none_or(datetime.fromisoformat if dialect.name == "sqlite" else _utc)


def _utc(instant: datetime) -> datetime:
    if instant.tzinfo is UTC:
        return instant
    if instant.tzinfo is None:
        raise ValueError(f"a naive time has no place in the store: {instant.isoformat()}")
    return instant.astimezone(UTC)


def _utc_text(instant: datetime | None) -> str | None:
    if instant is None:
        return None
    text = _utc(instant).isoformat()  # twice as fast as with `timespec`, but it leaves out microseconds that are 0
    return text if len(text) == _UTC_WIDTH else f"{text[:19]}.000000+00:00"
