"""What a single value may look like: durations, addresses, time zones, paths, patterns."""

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)

from pmsync.errors import did_you_mean

PASSWORD = re.compile(r"://[^/]*:.*@|password=", re.IGNORECASE)
"""Finds a URL with a password in it."""
SCHEMES = ("project-manager", "product-manager", "combined")
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_DURATION = r"(\d+(?:\.\d+)?) *([smhdw]?)"


@dataclass(frozen=True, slots=True)
class Reading:
    """Goes along with validation: where relative paths start, and which keys each mapping (by `id`) knows."""

    folder: Path
    keys: dict[int, tuple[str, ...]] = field(default_factory=dict)


class Section(BaseModel):
    """A mapping in the config: frozen, and every key it does not know is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid", coerce_numbers_to_str=True, hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _tell_keys(cls, data: Any, info: ValidationInfo) -> Any:
        """Leave a note of the keys that are known here, for "did you mean"."""
        if isinstance(info.context, Reading):
            info.context.keys[id(data)] = tuple(key.alias or name for name, key in cls.model_fields.items())
        return data


def about(text: str) -> Any:
    """What a key means, for editors and for the documentation."""
    return Field(description=text)


def seconds(value: object) -> float:
    """A duration in seconds: `120`, "90s", "2m", "12h", "1d" or "2w"."""
    match = re.fullmatch(_DURATION, str(value).strip())
    if not match:
        raise ValueError('expected a duration like 90, "2m", "12h" or "1d"')
    return float(match[1]) * _UNITS[match[2]]


def written(duration: float) -> str:
    """A duration in the largest unit that shows it in whole numbers: 86400 as 1d, 90 as 90s."""
    fits = (unit for unit, size in reversed(_UNITS.items()) if duration >= size and duration % size == 0)
    unit = next(fits, "s")
    return f"{duration / _UNITS[unit]:.12g}{unit or 's'}"


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        raise ValueError(f'"{name}" is not a time zone{did_you_mean(name, available_timezones())}') from None
    return name


def split(url: object) -> SplitResult:
    """The parts of an address; all empty for what is none."""
    try:
        parts = urlsplit(str(url))
        return parts if parts.port != 0 else SplitResult("", "", "", "", "")
    except ValueError:
        return SplitResult("", "", "", "", "")


def _address(text: str) -> str:
    parts = split(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("expected an address like https://example.org")
    if parts.username or parts.password:
        raise ValueError("credentials do not belong into an address; they have keys of their own")
    if parts.query or parts.fragment:
        raise ValueError('expected the address of the site alone, without "?" or "#"')
    if parts.scheme == "http" and not _is_loopback(parts.hostname):
        raise ValueError("plain http: would show the credentials to the network; use https:")
    if parts.hostname.endswith(".atlassian.net") and parts.path.strip("/"):
        raise ValueError(f"expected the address of the site alone: https://{parts.hostname}")
    return text.rstrip("/")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _proxy(text: str) -> str:
    if not re.fullmatch(r"(https?|socks5h?)://[^\s/@]+/?", text):
        raise ValueError("expected an address like http://proxy.example.org:3128, without credentials")
    return text


def _existing(kind: str, is_there: Callable[[Path], bool]) -> Any:
    def check(path: Path, info: ValidationInfo) -> Path:
        if not isinstance(info.context, Reading):
            return path
        path = info.context.folder / path.expanduser()
        if not is_there(path):
            raise ValueError(f"no such {kind}: {path}")
        return path

    return AfterValidator(check)


def _scheme(name: str, info: ValidationInfo) -> str:
    if name in SCHEMES:
        return name
    if "/" in name or "." in name:
        return str(_existing("file", Path.is_file).func(Path(name), info))
    raise ValueError(f'"{name}" is none of {", ".join(SCHEMES)}{did_you_mean(name, SCHEMES)}')


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from None
    return text


def _number_pattern(text: str) -> str:
    if not re.compile(_pattern(text)).groups:
        raise ValueError(r'expected a group around the number, like "(\d+) points"')
    return text


_WORD = {"type": ["string", "integer"], "minLength": 1}
_TIME = {"type": ["string", "number"], "pattern": f"^{_DURATION}$", "minimum": 0}
Word = Annotated[str, Field(min_length=1), WithJsonSchema(_WORD)]
Words = tuple[Word, ...]
Pattern = Annotated[str, AfterValidator(_pattern)]
NumberPattern = Annotated[str, AfterValidator(_number_pattern)]
Zone = Annotated[str, AfterValidator(_zone)]
Address = Annotated[str, AfterValidator(_address)]
Proxy = Annotated[str, AfterValidator(_proxy)]
SchemeName = Annotated[str, AfterValidator(_scheme), WithJsonSchema({"type": "string", "examples": [*SCHEMES]})]
ExistingFile = Annotated[Path, _existing("file", Path.is_file)]
ExistingFolder = Annotated[Path, _existing("folder", Path.is_dir)]
Compact = PlainSerializer(written, return_type=str, when_used="json")
Duration = Annotated[float, BeforeValidator(seconds), Compact, WithJsonSchema(_TIME)]
