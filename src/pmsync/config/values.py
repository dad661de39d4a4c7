"""What a single value may look like: durations, addresses, time zones, paths, patterns."""

import ipaddress
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainSerializer,
    StringConstraints,
    ValidationInfo,
    WithJsonSchema,
)

from pmsync.config.nearest import did_you_mean

SCHEMES = ("project-manager", "product-manager", "combined")
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_DURATION = r"(\d+(?:\.\d+)?) *([smhdw]?)"


@dataclass(frozen=True, slots=True)
class Reading:
    """Goes along with validation: where relative paths start, and which keys each mapping (by `id`) knows."""

    folder: Path
    keys: dict[int, tuple[str, ...]] = field(default_factory=dict)


def about(text: str) -> Any:
    """What a key means, for editors and for the documentation."""
    return Field(description=text)


def seconds(value: object) -> float:
    """A duration as seconds: `120`, "90s", "2m", "12h", "1d" or "2w"."""
    match = re.fullmatch(_DURATION, str(value).strip())
    if not match:
        raise ValueError('expected a duration like 90, "2m", "12h" or "1d"')
    return float(match[1]) * _UNITS[match[2]]


def zone(name: str) -> str:
    """The name of a time zone that exists."""
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        raise ValueError(f'"{name}" is not a time zone{did_you_mean(name, available_timezones())}') from None
    return name


def address(text: str) -> str:
    """The address of a site, without a slash at the end."""
    try:
        parts = urlsplit(text)
        valid = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        valid = False
    if not valid:
        raise ValueError("expected an address like https://example.org")
    if parts.username or parts.password:
        raise ValueError("credentials do not belong into an address; they have keys of their own")
    if parts.query or parts.fragment:
        raise ValueError('expected the address of the site alone, without "?" or "#"')
    if parts.scheme == "http" and not _is_loopback(parts.hostname or ""):
        raise ValueError("plain http: would show the credentials to the network; use https:")
    return text.rstrip("/")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def site(text: str) -> str:
    """The address of a Jira: on Cloud the site alone, not a page of it."""
    text = address(text)
    parts = urlsplit(text)
    if str(parts.hostname).endswith(".atlassian.net") and parts.path:
        raise ValueError(f"expected the address of the site alone: https://{parts.hostname}")
    return text


def gateway(text: str) -> str:
    """A proxy, without credentials."""
    if not re.fullmatch(r"(https?|socks5h?)://[^\s/@]+/?", text):
        raise ValueError("expected an address like http://proxy.example.org:3128, without credentials")
    return text


def existing_file(path: Path, info: ValidationInfo) -> Path:
    """A file that is there, relative to the config's folder."""
    return _existing(path, info, Path.is_file, "file")


def existing_folder(path: Path, info: ValidationInfo) -> Path:
    """A folder that is there, relative to the config's folder."""
    return _existing(path, info, Path.is_dir, "folder")


def _existing(path: Path, info: ValidationInfo, is_there: Any, kind: str) -> Path:
    if not isinstance(info.context, Reading):
        return path
    path = info.context.folder / path.expanduser()
    if not is_there(path):
        raise ValueError(f"no such {kind}: {path}")
    return path


def scheme(name: str, info: ValidationInfo) -> str:
    """The name of a built-in scheme, or the path of a scheme file."""
    if name in SCHEMES:
        return name
    if "/" in name or "." in name:
        return str(existing_file(Path(name), info))
    raise ValueError(f'"{name}" is not one of {", ".join(SCHEMES)}, nor a file{did_you_mean(name, SCHEMES)}')


def pattern(text: str) -> str:
    """A regular expression."""
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from None
    return text


def number_pattern(text: str) -> str:
    """A regular expression whose first group is the number."""
    if not re.compile(pattern(text)).groups:
        raise ValueError(r'expected a group around the number, like "(\d+) points"')
    return text


Word = Annotated[str, StringConstraints(min_length=1), WithJsonSchema({"type": ["string", "integer"], "minLength": 1})]
Words = tuple[Word, ...]
Pattern = Annotated[str, AfterValidator(pattern)]
NumberPattern = Annotated[str, AfterValidator(number_pattern)]
Zone = Annotated[str, AfterValidator(zone)]
Address = Annotated[str, AfterValidator(address)]
Site = Annotated[str, AfterValidator(site)]
Proxy = Annotated[str, AfterValidator(gateway)]
SchemeName = Annotated[str, AfterValidator(scheme), WithJsonSchema({"type": "string", "examples": list(SCHEMES)})]
ExistingFile = Annotated[Path, AfterValidator(existing_file)]
ExistingFolder = Annotated[Path, AfterValidator(existing_folder)]
Duration = Annotated[
    float,
    BeforeValidator(seconds),
    PlainSerializer(lambda value: f"{value:g}s", return_type=str, when_used="json"),
    WithJsonSchema({"type": ["string", "number"], "pattern": f"^{_DURATION}$", "minimum": 0}),
]
