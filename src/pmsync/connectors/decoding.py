"""JSON as types, in many threads.

msgspec prepares a type when it is used for the first time, and two threads that do so at once crash the interpreter
(seen with 0.22). Here first uses wait for each other. A decoder made while its module is imported needs none of this.
"""

import threading
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

_FIRST_USE = threading.Lock()
_DECODERS: dict[Any, Any] = {}


def decoder(type: type[T]) -> msgspec.json.Decoder[T]:
    """A decoder for a type, made once."""
    with _FIRST_USE:
        if type not in _DECODERS:
            _DECODERS[type] = msgspec.json.Decoder(type)
        made: msgspec.json.Decoder[T] = _DECODERS[type]
    return made


def decode(body: bytes | msgspec.Raw, type: type[T]) -> T:
    """JSON text as a value of this type.

    Raises:
        msgspec.DecodeError: it is no JSON, or of another shape.
    """
    return decoder(type).decode(body)


def convert(value: Any, type: type[T]) -> T:
    """Plain values as a value of this type.

    Raises:
        msgspec.ValidationError: they are of another shape.
    """
    decoder(type)
    return msgspec.convert(value, type)
