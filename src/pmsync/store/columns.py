"""Column types that behave alike on SQLite and PostgreSQL, and text that neither of them can refuse."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import DateTime, Dialect, Text, TypeDecorator
from sqlalchemy.types import TypeEngine

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable(text: str) -> str:
    """The text with what a database cannot hold (NUL, halves of a surrogate pair) replaced by U+FFFD."""
    if text.isascii() and "\x00" not in text:
        return text
    return _UNSTORABLE.sub("\ufffd", text)


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
    """Something that lies in the database as text, compared byte by byte whatever the database's locale."""

    impl = Text().with_variant(Text(collation="C"), "postgresql")
    cache_ok = True

    def __init__(self, write: Callable[[Any], str], read: Callable[[str], Any] | None = None) -> None:
        super().__init__()
        self.write = write
        self.read = read

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any]:
        """How values are written; looked up once for a whole batch, unlike SQLAlchemy's `process_bind_param`."""
        write = self.write
        return lambda value: None if value is None else write(value)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:
        """How values are read."""
        read = self.read
        return None if read is None else lambda value: None if value is None else read(value)


def words() -> AsText:
    """Text of any length."""
    return AsText(storable)


def choice(options: type[StrEnum]) -> AsText:
    """One of an enumeration's values."""
    return AsText(str, {option.value: option for option in options}.__getitem__)


def json_of(shape: Any) -> AsText:
    """A nested value, read back as what it was."""
    return AsText(to_json, msgspec.json.Decoder(shape).decode)


class UtcDateTime(TypeDecorator[datetime]):
    """An instant. SQLite has no such type and would drop the zone: there it is ISO 8601 text of fixed width."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The type in the database."""
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Write an instant; a time without a zone is a mistake of the caller's."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a naive time has no place in the store: {value.isoformat()}")
        utc = value.astimezone(UTC)
        return utc.isoformat(timespec="microseconds") if dialect.name == "sqlite" else utc

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Read an instant, always in UTC."""
        if value is None:
            return None
        return datetime.fromisoformat(value) if dialect.name == "sqlite" else value.astimezone(UTC)
