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
from typing import Annotated, Any, NoReturn

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

from pmsync.config.nearest import did_you_mean
from pmsync.errors import CredentialsError

COMMAND_SECONDS = 60.0
HIDDEN = "***"


class Secret:
    """Where a secret is to be found. Nothing but `reveal` ever shows it.

    `setting` is the key path that errors name; `folder` is where `file:` and `command:` start from.
    """

    __slots__ = ("_value", "folder", "kind", "setting", "where")

    def __init__(self, reference: str, *, setting: str = "secret", folder: Path = Path()) -> None:
        kind, colon, where = reference.partition(":")
        self.kind, self.where = (kind, where) if colon and kind in KINDS else ("", reference)
        self.setting, self.folder = setting, folder
        self._value: str | None = None

    @property
    def literal(self) -> bool:
        """Whether the secret itself was written into the config."""
        return not self.kind

    def bound(self, setting: str, folder: Path) -> "Secret":
        """The same secret, knowing which setting of which folder's config it belongs to."""
        reference = f"{self.kind}:{self.where}" if self.kind else self.where
        return Secret(reference, setting=setting, folder=folder)

    def reveal(self) -> str:
        """The secret. It is fetched once.

        Raises:
            CredentialsError: it cannot be had; the sentence names the setting and the place, never the secret.
        """
        if self._value is None:
            self._value = KINDS[self.kind](self) if self.kind else self.where
        return self._value

    def fail(self, what: str, hint: str = "") -> NoReturn:
        """Say why the secret cannot be had."""
        raise CredentialsError(f"{self.setting}: {what}", hint=hint)

    def __str__(self) -> str:
        return f"{self.kind}:{self.where}" if self.kind else HIDDEN

    def __repr__(self) -> str:
        return f"Secret({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and (self.kind, self.where) == (other.kind, other.where)

    def __hash__(self) -> int:
        return hash((self.kind, self.where))

    def __copy__(self) -> "Secret":
        return self

    def __deepcopy__(self, memo: object) -> "Secret":
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret cannot be pickled")


def _variable(secret: Secret) -> str:
    value = os.environ.get(secret.where, "").strip()
    return value or secret.fail(f"environment variable {secret.where} is not set", f"export {secret.where}=…")


def _file(secret: Secret) -> str:
    path = secret.folder / Path(secret.where).expanduser()
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not a text file"
    else:
        return _first_line(text) or secret.fail(f"file {path} is empty")
    secret.fail(f"cannot read file {path}: {reason}")


def _command(secret: Secret) -> str:
    import subprocess

    words = shlex.split(secret.where)
    try:
        done = subprocess.run(  # noqa: S603 (the config's owner asked for this program; no shell)
            words,
            cwd=secret.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )
        problem = f"ended with exit code {done.returncode}" if done.returncode else ""
        value = _first_line(done.stdout.decode(errors="replace"))
    except subprocess.TimeoutExpired:
        problem = f"did not answer within {COMMAND_SECONDS:g} seconds"
    except OSError as error:
        problem = f"cannot be run: {error.strerror or error}"
    if not problem and value:
        return value
    secret.fail(f'command "{words[0]}" {problem or "printed nothing"}', "Run it by hand to see what it says.")


def _keyring(secret: Secret) -> str:
    service, _, user = secret.where.rpartition("/")
    try:
        import keyring
    except ImportError:
        secret.fail("needs the keyring package", "pip install 'pmsync[keyring]'")
    try:
        value = keyring.get_password(service, user)
    except Exception as error:  # every backend has exceptions of its own
        problem = f"the keyring cannot be read: {type(error).__name__}"
    else:
        problem = f"the keyring has no password for {secret.where}"
        if value:
            return str(value)
    secret.fail(problem, f"keyring set {service} {user}")


def _first_line(text: str) -> str:
    return (text.splitlines() or [""])[0].strip()


KINDS: Mapping[str, Callable[[Secret], str]] = {
    "env": _variable,
    "file": _file,
    "command": _command,
    "keyring": _keyring,
}
_SHAPES = {
    "env": (r"[A-Za-z_][A-Za-z0-9_]*", "env:NAME, the name of an environment variable"),
    "file": (r"\s*\S.*", "file:PATH"),
    "command": (r"\s*\S.*", "command:PROGRAM ARGUMENTS"),
    "keyring": (r".+/.+", "keyring:SERVICE/USER"),
}


def parse(value: object) -> Secret:
    """A secret from what the config says.

    Raises:
        ValueError: a reference of the wrong shape; the message never repeats the value.
    """
    if isinstance(value, Secret):
        return value
    if not isinstance(value, str) or not value:
        raise ValueError('expected text like "env:NAME"')
    secret = Secret(str(value))
    if secret.kind:
        pattern, shape = _SHAPES[secret.kind]
        if not re.fullmatch(pattern, secret.where) or (secret.kind == "command" and not _words(secret.where)):
            raise ValueError(f"expected {shape}")
    elif variable := re.fullmatch(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)\}?", secret.where):
        raise ValueError(f'variables are written "env:{variable[1]}"')
    elif (prefix := re.match(r"([A-Za-z]+):(?!//)", secret.where)) and (near := did_you_mean(prefix[1], KINDS)):
        raise ValueError(f'unknown kind of secret "{prefix[1]}:"{near}')
    return secret


def _words(command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError:
        return []


def mixed_up(name: str, value: str) -> str:
    """What is wrong with a Trello `key` or `token`: people swap them more often than anything else."""
    token = re.fullmatch(r"ATTA\w+|[0-9a-f]{64}", value)
    if name == "key" and token:
        return "this looks like a token; the API key has 32 characters"
    if name == "token" and re.fullmatch(r"[0-9a-f]{32}", value):
        return "this looks like the API key; a token is longer and usually begins with ATTA"
    return ""


def _schema() -> dict[str, Any]:
    return {
        "type": "string",
        "minLength": 1,
        "examples": ["env:NAME", "file:PATH", "command:PROGRAM", "keyring:SERVICE/USER"],
    }


SecretValue = Annotated[Secret, PlainValidator(parse), PlainSerializer(str), WithJsonSchema(_schema())]
