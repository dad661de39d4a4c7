"""Messages for people and log collectors, on stderr: one line of text or one JSON object each."""

import json
import logging
import re
from datetime import UTC, datetime

import click

LEVELS = {0: logging.WARNING, 1: logging.INFO}


def sentence(text: str) -> str:
    """A message as a sentence: a capital at its start unless that is a name, a full stop at its end.

    Rooms write what is wrong; how it looks is decided here, once. A first line with a list below it ends in a colon.
    """
    if not text.strip():
        return ""
    first, *rest = text.strip().split("\n")
    if re.match(r"[a-z]+[ ;,]", first):
        first = first[0].upper() + first[1:]
    first = first.rstrip(".:") + ":" if rest else first + "." * (first[-1:] not in ".?!…:")
    return "\n".join([first, *rest])


class TextFormatter(logging.Formatter):
    """`pmsync: sentence`, and the hint on a line of its own."""

    def format(self, record: logging.LogRecord) -> str:
        """One message."""
        hint = getattr(record, "hint", "")
        return f"pmsync: {sentence(record.getMessage())}" + (f"\n        {sentence(hint)}" if hint else "")


class JsonFormatter(logging.Formatter):
    """One object per line, times in UTC."""

    def format(self, record: logging.LogRecord) -> str:
        """One message."""
        facts = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "message": sentence(record.getMessage()),
            "hint": sentence(getattr(record, "hint", "")),
            "exit_code": getattr(record, "exit_code", None),
        }
        return json.dumps({name: fact for name, fact in facts.items() if fact}, ensure_ascii=False)


class Stderr(logging.Handler):
    """Writes to what standard error is at that moment."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print one message."""
        click.echo(self.format(record), err=True)


def set_up(*, verbose: int = 0, as_json: bool = False) -> None:
    """Send pmsync's messages to stderr. Libraries stay silent: their debug output can hold credentials."""
    handler = Stderr()
    handler.setFormatter(JsonFormatter() if as_json else TextFormatter())
    logger = logging.getLogger("pmsync")
    logger.handlers[:] = [handler]
    logger.setLevel(LEVELS.get(verbose, logging.DEBUG))
    logger.propagate = False
