"""Where files live. Follows the platform's habits, and $XDG_* where there are such."""

import os
from collections.abc import Mapping
from pathlib import Path

import platformdirs

from pmsync.errors import ConfigError

VARIABLE = "PMSYNC_CONFIG"
NAMES = ("pmsync.yaml", "pmsync.yml")


def data_dir() -> Path:
    """The user's folder for what pmsync keeps. It need not exist yet."""
    return platformdirs.user_data_path("pmsync", appauthor=False)


def user_config() -> Path:
    """The user's own config, used when a folder has none. It need not exist."""
    return platformdirs.user_config_path("pmsync", appauthor=False) / "pmsync.yaml"


def find_config(
    explicit: str | Path | None = None, environ: Mapping[str, str] | None = None, cwd: Path | None = None
) -> Path:
    """The config to use: the one asked for, $PMSYNC_CONFIG, `pmsync.yaml` here, or the user's own.

    Raises:
        ConfigError: the one asked for does not exist, or there is none at all.
    """
    named = explicit or (os.environ if environ is None else environ).get(VARIABLE)
    here = cwd or Path.cwd()
    if named:
        path = here / Path(named).expanduser()
        if path.exists():
            return path
        raise ConfigError(f"There is no config {path}" + ("." if explicit else f", which {VARIABLE} names."))
    candidates = [*(here / name for name in NAMES), user_config()]
    for path in candidates:
        if path.is_file():
            return path
    places = " or ".join(str(path) for path in (candidates[0], candidates[-1]))
    raise ConfigError(f"There is no config: looked for {places}.", hint="Run `pmsync init` to write one.")
