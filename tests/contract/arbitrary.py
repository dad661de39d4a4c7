"""Hypothesis strategies for any class of the model, from its fields, and what a store makes of odd text."""

from collections.abc import Mapping
from dataclasses import is_dataclass
from datetime import UTC, date, datetime
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st
from msgspec import Struct

ids = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=30)
texts = st.one_of(
    st.text(max_size=40),
    st.text(st.characters(), max_size=20),
    st.sampled_from(["\x00", "😀\ud800", "\\u0000"]),
    st.just("é").map(lambda letter: letter * 32_767),
)

_SCALARS: dict[Any, st.SearchStrategy[Any]] = {
    str: texts,
    int: st.integers(-(2**62), 2**62),
    float: st.floats(allow_nan=False, allow_infinity=False),
    bool: st.booleans(),
    date: st.dates(),
    datetime: st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)),
    NoneType: st.none(),
}


def is_ours(kind: Any) -> bool:
    """Whether it is a class of the model."""
    return is_dataclass(kind) or (isinstance(kind, type) and issubclass(kind, Struct))


def anything(kind: Any, **given: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Any value of a type; `given` overrides fields of a class of ours."""
    if kind in _SCALARS:
        return _SCALARS[kind]
    if is_ours(kind):
        return st.builds(kind, **{name: anything(hint) for name, hint in get_type_hints(kind).items()} | given)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return st.sampled_from(kind)
    parts = [anything(part) for part in get_args(kind) if part is not Ellipsis]
    if get_origin(kind) in (Union, UnionType):
        return st.one_of(parts)
    if get_origin(kind) is tuple:
        return st.lists(parts[0], max_size=3).map(tuple)
    return st.dictionaries(*parts, max_size=3)


def as_stored(value: Any) -> Any:
    """The value with what no database can hold replaced."""
    if isinstance(value, Enum):
        return value
    if isinstance(value, str):
        return "".join("\ufffd" if char == "\x00" or "\ud800" <= char <= "\udfff" else char for char in value)
    if isinstance(value, tuple):
        return tuple(as_stored(part) for part in value)
    if isinstance(value, Mapping):
        return {as_stored(key): as_stored(part) for key, part in value.items()}
    if is_ours(type(value)):
        return type(value)(**{name: as_stored(getattr(value, name)) for name in get_type_hints(type(value))})
    return value
