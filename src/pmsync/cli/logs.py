"""Messages for people and log collectors, on stderr: one line of text or one JSON object each."""

import json
import logging
import sys
from datetime import UTC, datetime

LEVELS = {0: logging.WARNING, 1: logging.INFO}


class TextFormatter(logging.Formatter):
    """`pmsync: sentence`, and the hint on a line of its own."""

    def format(self, record: logging.LogRecord) -> str:
        """One message."""
        hint = getattr(record, "hint", "")
        return f"pmsync: {record.getMessage()}" + (f"\n        {hint}" if hint else "")


class JsonFormatter(logging.Formatter):
    """One object per line, times in UTC."""

    def format(self, record: logging.LogRecord) -> str:
        """One message."""
        facts = {name: getattr(record, name) for name in ("hint", "exit_code", "source") if hasattr(record, name)}
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        return json.dumps(
            {"time": time, "level": record.levelname.lower(), "message": record.getMessage()} | facts,
            ensure_ascii=False,
        )


def set_up(*, verbose: int = 0, as_json: bool = False) -> None:
    """Send pmsync's messages to stderr. Libraries stay silent: their debug output can hold credentials."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if as_json else TextFormatter())
    logger = logging.getLogger("pmsync")
    logger.handlers[:] = [handler]
    logger.setLevel(LEVELS.get(verbose, logging.DEBUG))
    logger.propagate = False
