"""What this connector reads of its section of the config."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol


class Secret(Protocol):
    """Looked up only when asked for; printing it shows nothing."""

    def reveal(self) -> str:
        """The secret itself."""
        ...


class Settings(Protocol):
    """A Jira source. `jql` narrows what `projects` and `boards` give; without those it narrows everything visible."""

    url: Any
    email: str | None
    token: Secret | None
    username: str | None
    password: Secret | None
    cloud_id: str | None
    projects: Sequence[str]
    boards: Sequence[str]
    jql: str | None
    points_field: str | None
    types: Mapping[str, str]
    ca_bundle: Path | None
    client_cert: Path | None
    client_key: Path | None
    proxy: str | None
