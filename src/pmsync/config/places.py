"""Where files live. Follows the platform's habits, and $XDG_* where there are such."""

import hashlib
import os
import re
from collections.abc import Mapping
from pathlib import Path

import platformdirs

from pmsync.errors import ConfigError

VARIABLE = "PMSYNC_CONFIG"


def data_dir() -> Path:
    """The user's folder for what pmsync keeps. It need not exist yet."""
    return platformdirs.user_data_path("pmsync", appauthor=False)


def user_config() -> Path:
    """The user's own config, used where a folder has none. It need not exist."""
    return platformdirs.user_config_path("pmsync", appauthor=False) / "pmsync.yaml"


def find_config(
    explicit: str | Path | None = None, environ: Mapping[str, str] = os.environ, cwd: Path | None = None
) -> Path:
    """The config to use: the one asked for, $PMSYNC_CONFIG, `pmsync.yaml` here, or the user's own.

    Raises:
        ConfigError: the one asked for does not exist, or there is none at all.
    """
    here = cwd or Path.cwd()
    named = explicit or environ.get(VARIABLE)
    candidates = [here / Path(named).expanduser()] if named else [here / "pmsync.yaml", user_config()]
    for path in candidates:
        if path.exists():
            return path
    asked = f" (${VARIABLE} names it)" if named and not explicit else ""
    places = " nor ".join(str(path) for path in candidates)
    raise ConfigError(f"There is no config {places}{asked}.", hint="Run `pmsync init` to write one.")


def own_store(config: Path) -> str:
    """The database of a config that names none: the same for as long as the file stays where it is."""
    digest = hashlib.blake2b(os.fsencode(config), digest_size=4).hexdigest()
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", config.parent.name) or "pmsync"
    return str(data_dir() / f"{name}-{digest}.db")


def anchored(store: str, folder: Path) -> str:
    """A store whose relative path starts at the config: a cron job must not open another one than a person does."""
    before, prefix, rest = store.rpartition("sqlite:///")
    if before or "://" in rest or rest in {"", ":memory:"}:
        return store
    return prefix + str(folder / Path(rest).expanduser())
