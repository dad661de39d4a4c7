"""Secrets live outside the config: it says where they are, and they are fetched when they are used.

env:NAME               an environment variable
file:PATH              the first line of a file, relative to the config's folder
command:PROGRAM ARG…   the first line that a program prints; no shell
keyring:SERVICE/USER   the system's keyring, with the extra `pmsync[keyring]`
anything else          the secret itself, with a warning
"""

import os
import re
import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, NoReturn

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

from pmsync.errors import CredentialsError, nearest

COMMAND_SECONDS = 60.0


class Secret:
    """Where a secret is to be found. Nothing but `reveal` ever shows it.

    `setting` is the key path that errors name; `file:` and `command:` start from `folder`.
    """

    __slots__ = ("_reference", "folder", "setting")

    def __init__(self, reference: str, *, setting: str = "secret", folder: Path = Path()) -> None:
        self._reference, self.setting, self.folder = reference, setting, folder

    @property
    def literal(self) -> bool:
        """Whether the secret itself was written into the config."""
        return self._reference.partition(":")[0] not in _SOURCES

    def bound(self, setting: str, folder: Path) -> "Secret":
        """The same secret, knowing the setting and the config's folder that it belongs to."""
        return Secret(self._reference, setting=setting, folder=folder)

    def reveal(self) -> str:
        """The secret, fetched anew.

        Raises:
            CredentialsError: it cannot be had; the sentence names the setting and the place, never the secret.
        """
        if self.literal:
            return self._reference
        kind, _, where = self._reference.partition(":")
        try:
            return _SOURCES[kind](where, self.folder)
        except LookupError as error:
            what = error.args[0]
        raise CredentialsError(f"{self.setting}: {what}", hint=_HINTS.get(kind, ""))

    def __str__(self) -> str:
        return "***" if self.literal else self._reference

    def __repr__(self) -> str:
        return f"Secret({str(self)!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret cannot be pickled or copied")


def _variable(name: str, folder: Path) -> str:
    if value := os.environ.get(name, "").strip():
        return value
    raise LookupError(f"environment variable {name} is not set")


def _file(name: str, folder: Path) -> str:
    path = folder / Path(name.strip()).expanduser()
    try:
        return _first_line(path.read_text(encoding="utf-8-sig"), f"file {path} is empty")
    except OSError as error:
        raise LookupError(f"cannot read file {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise LookupError(f"file {path} is not text") from None


def _command(line: str, folder: Path) -> str:
    import subprocess

    words = shlex.split(line)
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    try:
        done = subprocess.run(words, cwd=folder, timeout=COMMAND_SECONDS, check=False, **streams)  # type: ignore[call-overload]  # noqa: S603
    except subprocess.TimeoutExpired:
        raise LookupError(f'command "{words[0]}" did not end within {COMMAND_SECONDS:g} seconds') from None
    except OSError as error:
        raise LookupError(f'command "{words[0]}" cannot be run: {error.strerror}') from None
    if done.returncode:
        raise LookupError(f'command "{words[0]}" ended with exit code {done.returncode}; run it by hand to see why')
    return _first_line(done.stdout.decode(errors="replace"), f'command "{words[0]}" printed nothing')


def _keyring(entry: str, folder: Path) -> str:
    service, _, user = entry.rpartition("/")
    try:
        import keyring

        value = keyring.get_password(service, user)
    except ImportError:
        raise LookupError("needs the keyring package: pip install 'pmsync[keyring]'") from None
    except Exception as error:  # every backend has exceptions of its own
        raise LookupError(f"the keyring cannot be read ({type(error).__name__})") from None
    return _first_line(value or "", f'the keyring has no password of "{user}" for "{service}"')


def _first_line(text: str, otherwise: str) -> str:
    if line := text.strip("\r\n").partition("\n")[0].strip():
        return line
    raise LookupError(otherwise)


_SOURCES: Mapping[str, Callable[[str, Path], str]] = {
    "env": _variable,
    "file": _file,
    "command": _command,
    "keyring": _keyring,
}
_HINTS = {
    "env": "Set it where pmsync runs; cron jobs and CI have an environment of their own.",
    "file": "Write the secret into that file, readable for whoever runs pmsync, or name another file in the config.",
}
_SHAPES = {
    "env": (r"env:[A-Za-z_]\w*", "env:NAME, the name of an environment variable"),
    "file": (r"file:.*\S.*", "file:PATH"),
    "command": (r"command:.*\S.*", "command:PROGRAM ARGUMENTS"),
    "keyring": (r"keyring:.+/.+", "keyring:SERVICE/USER"),
}


def parse(value: object) -> Secret:
    """A secret from what the config says.

    Raises:
        ValueError: a reference of the wrong shape; the message never repeats a literal.
    """
    if isinstance(value, Secret):
        return value
    if not isinstance(value, str) or not value:
        raise ValueError('expected text, like "env:NAME"')
    kind, colon, where = str(value).partition(":")
    pattern, shape = _SHAPES.get(kind, (".+", ""))
    if not re.fullmatch(pattern, value, re.DOTALL) or (kind == "command" and not _is_command(where)):
        raise ValueError(f"expected {shape}")
    if variable := re.fullmatch(r"\$\{?([A-Z_][A-Z0-9_]*)\}?", value):
        raise ValueError(f'variables are written "env:{variable[1]}"')
    if colon and kind not in _SOURCES and not where.startswith("//") and (near := nearest(kind, _SOURCES)):
        raise ValueError(f'unknown kind of secret "{kind}:"; did you mean "{near}:"?')
    return Secret(str(value))


def _is_command(line: str) -> bool:
    try:
        return bool(shlex.split(line))
    except ValueError:  # an open quote
        return False


def mixed_up(name: str, value: str) -> str:
    """What is wrong with a Trello `key` or `token`, else "": people swap them more often than anything else."""
    if name == "key" and re.fullmatch(r"ATTA\w+|[0-9a-f]{64}", value):
        return "this looks like a token; the API key has 32 characters"
    if name == "token" and re.fullmatch(r"[0-9a-f]{32}", value):
        return "this looks like the API key; a token is longer and begins with ATTA"
    return ""


_SCHEMA = {"type": "string", "minLength": 1, "examples": ["env:NAME", "file:PATH", "command:PROGRAM", "keyring:S/USER"]}
SecretValue = Annotated[Secret, PlainValidator(parse), PlainSerializer(str), WithJsonSchema(_SCHEMA)]
