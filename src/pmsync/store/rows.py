"""The model's classes as table rows: columns, packing and unpacking all follow from their fields."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from operator import attrgetter
from types import NoneType
from typing import Any, Generic, TypeVar, get_args, get_type_hints

from sqlalchemy import BigInteger, Boolean, Column, Date, Double, LargeBinary, Table
from sqlalchemy.types import TypeEngine

from pmsync.store.columns import UtcDateTime, choice, json_of, words

T = TypeVar("T")

_SCALARS: dict[Any, TypeEngine[Any]] = {
    str: words(),
    int: BigInteger(),
    float: Double(),
    bool: Boolean(),
    bytes: LargeBinary(),
    date: Date(),
    datetime: UtcDateTime(),
}


def columns_of(model: type, *, key: Sequence[str] = ()) -> list[Column[Any]]:
    """One column per field: scalars as themselves, everything nested as JSON."""
    return [_column(name, hint, primary=name in key) for name, hint in get_type_hints(model).items()]


def _column(name: str, hint: Any, *, primary: bool) -> Column[Any]:
    optional = NoneType in get_args(hint)
    [kind, *more] = [part for part in get_args(hint) if part is not NoneType] if optional else [hint]
    return Column(name, _type_of(hint if more else kind), primary_key=primary, nullable=optional)


def _type_of(kind: Any) -> TypeEngine[Any]:
    if kind in _SCALARS:
        return _SCALARS[kind]
    return choice(kind) if isinstance(kind, type) and issubclass(kind, StrEnum) else json_of(kind)


class Rows(Generic[T]):
    """How a class lies in a table, whose first columns are its fields; the table may have more."""

    def __init__(self, model: type[T], table: Table) -> None:
        self._model = model
        self._names = [*get_type_hints(model)]
        self._values = attrgetter(*self._names)
        self.columns = [table.c[name] for name in self._names]

    def pack(self, value: T, *more: Any) -> tuple[Any, ...]:
        """The row of a value, with what its other columns hold."""
        return (*self._values(value), *more)

    def unpack(self, row: Sequence[Any]) -> T:
        """The value of a row that was read with `columns` first."""
        return self._model(**dict(zip(self._names, row, strict=False)))
