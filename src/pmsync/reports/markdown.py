"""Markdown for templates: everything that came from a tracker is text, whatever it looks like."""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, tzinfo
from typing import Any
from urllib.parse import quote, urlsplit

from markupsafe import Markup

from pmsync.model import ItemView
from pmsync.reports.charts import Chart, fence

DASH, MINUS = "\u2013", "\u2212"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SPECIAL = re.compile(r"[\\`*\[\]<>#|~$^{}]|&(?=[#\w]+;)|(?<![^\W_])_|_(?![^\W_])")
_LEADING = re.compile(r"^( ?)(?:([-+=]|:(?=-))|(\d{1,9})(?=[.)]))")
_HIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\u061c\ufeff\ufff9-\ufffb]")
RAG = {"red": "RED x", "amber": "AMBER !", "green": "GREEN ok", "unknown": "UNKNOWN ?"}


class Markdown(Markup):
    """Markdown that is meant as Markdown. Joining it with plain text escapes the text."""

    @classmethod
    def escape(cls, s: Any, /) -> "Markdown":
        """Make text safe; Markdown stays as it is."""
        return cls(s) if hasattr(s, "__html__") else cls(escaped(str(s)))


def plain(text: str) -> str:
    """One line of visible text: no control characters, no direction overrides, no half of a surrogate pair."""
    text = _HIDDEN.sub("", re.sub(r"\s+", " ", text))
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
    return Markdown(number(value)) if isinstance(value, int | float) else Markdown(escaped(str(value)))


# --- filters ------------------------------------------------------------------------------------------------------


def number(value: float) -> str:
    """5.0 as 5, 2.25 as 2.2."""
    return f"{round(value, 1):g}" if abs(value) < 100_000 else f"{value:.0f}"


def short(text: str, length: int = 100) -> str:
    """At most `length` characters of text, the last one an ellipsis where some were cut."""
    text = plain(text)
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def plural(count: float, noun: str, many: str = "") -> str:
    """1 item, 2 items."""
    return f"{number(count)} {noun if count == 1 else many or noun + 's'}"


def days(count: int | None) -> str:
    """3 days; an unknown number is said to be one."""
    return "unknown" if count is None else plural(count, "day")


def hours(seconds: float | None) -> str:
    """Seconds as hours of work."""
    return DASH if seconds is None else f"{number(seconds / 3600)} h"


def signed(value: float | None) -> str:
    """A number with its sign."""
    return DASH if value is None else f"{'+' if value > 0 else MINUS if value < 0 else '±'}{number(abs(value))}"


def percent(share: float | None) -> str:
    """A share as whole percent."""
    return "n/a" if share is None else f"{share * 100:.0f} %"


def more(lines: Sequence[Any], shown: int) -> Markdown:
    """A list's last line when not all of it is shown."""
    return Markdown(f"- *+{len(lines) - shown} more*") if len(lines) > shown else Markdown()


def code(text: str) -> Markdown:
    """Text in a code span; backticks become quotes, for a span cannot escape them."""
    return Markdown(f"`{plain(str(text)).replace('`', chr(39)).replace('|', '¦') or ' '}`")


def rag(state: str) -> Markdown:
    """A health state as word and shape; HTML and the terminal colour it."""
    return code(RAG.get(state, state))


def link(target: ItemView | Any, text: str = "") -> Markdown:
    """An item's key as a link to it, or other text; a bare word when the address is not a web address."""
    label = Markdown.escape(text or target.key)
    address = web_address(target.url)
    return Markdown(f"[{label}]({address})") if address else label


def web_address(url: str) -> str:
    """The address when it is http or https, written so that it ends where it should; else nothing."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    if parts.scheme.lower() not in ("http", "https") or not parts.netloc:
        return ""
    return quote(url, safe="%/:?#@!$&'*+,;=~-._", errors="replace")


def join(values: Iterable[Any], separator: str = ", ") -> Markdown:
    """Values in a row, each escaped on its own."""
    return Markdown(Markdown.escape(separator).join(finalize(value) for value in values))


def chart(rows: Iterable[Any], title: str, unit: str = "items") -> Markdown:
    """Bars of anything that has a label and a count: SVG in HTML, blocks in a terminal, a table in Markdown."""
    return Markdown(fence(Chart(title, unit, tuple((plain(row.label), float(row.count)) for row in rows))))


def filters(zone: tzinfo, year: int) -> dict[str, Callable[..., Any]]:
    """Every filter of ours by name. Instants are shown in `zone`, a day's year only when it is another one."""

    def shown_date(value: date | datetime | None) -> str:
        if value is None:
            return DASH
        day = value.astimezone(zone).date() if isinstance(value, datetime) else value
        return f"{day.day} {_MONTHS[day.month - 1]}" + ("" if day.year == year else f" {day.year}")

    def moment(value: datetime | None) -> str:
        return "never" if value is None else f"{value.astimezone(zone):%Y-%m-%d %H:%M}"

    ours = (chart, code, days, hours, join, link, more, number, percent, plural, rag, short, signed, moment)
    return {each.__name__: each for each in ours} | {"date": shown_date}
