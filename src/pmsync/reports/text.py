"""Text in Markdown: everything that came from a tracker is shown as it is, whatever it looks like."""

import re
from typing import Any

from markupsafe import Markup

DASH, MINUS = "\u2013", "\u2212"
_SPECIAL = re.compile(r"[\\`*\[\]<>#|~$^{}]|&(?=[#\w]+;)|(?<![^\W_])_|_(?![^\W_])")
_LEADING = re.compile(r"^( ?)(?:(:?[-+=]+:?(?=\s|$))|(\d{1,9})(?=[.)](?:\s|$)))")
_HIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\u061c\ufeff\ufff9-\ufffb]")


class Markdown(Markup):
    """Markdown that is meant as Markdown. Joining it with plain text escapes the text."""

    @classmethod
    def escape(cls, s: Any, /) -> "Markdown":
        """Make text safe; Markdown stays as it is."""
        return cls(s) if hasattr(s, "__html__") else cls(escaped(str(s)))


def plain(text: str) -> str:
    """One line of visible text: no control characters, no direction overrides, no half of a surrogate pair."""
    text = re.sub(r"\s+", " ", _HIDDEN.sub(lambda found: " " if found[0].isspace() else "", text))
    return text.encode(errors="replace").decode()


def escaped(text: str) -> str:
    """Text that Markdown shows as it is, anywhere in a line, in a table cell or in a link."""
    text = _SPECIAL.sub(lambda found: "\\" + found[0], plain(text))
    return _LEADING.sub(r"\1\3\\\2", text)


def finalize(value: Any) -> Any:
    """What a template expression prints: text is escaped, numbers lose empty decimals, nothing is a dash."""
    if hasattr(value, "__html__"):
        return value
    if value is None:
        return Markdown(DASH)
    if isinstance(value, bool):
        return Markdown("yes" if value else "no")
    return Markdown(number(value)) if isinstance(value, int | float) else Markdown(escaped(str(value)))


def number(value: float) -> str:
    """5.0 as 5, 2.25 as 2.2."""
    return f"{round(value, 1):g}" if abs(value) < 100_000 else f"{value:.0f}"
