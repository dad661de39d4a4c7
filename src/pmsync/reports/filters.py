"""The filters of templates: few, and pure. What they return as `Markdown` is not escaped again."""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, tzinfo
from typing import Any
from urllib.parse import quote, urlsplit

from pmsync.model import ItemView
from pmsync.reports.charts import Chart, fence
from pmsync.reports.text import DASH, MINUS, Markdown, finalize, number, plain

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_BARE = re.compile(r"[A-Za-z]([\w./-]| (?=\w))*", re.ASCII)
_YAML_WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "y", "n", "null"})
RAG = {"red": "RED x", "amber": "AMBER !", "green": "GREEN ok", "unknown": "UNKNOWN ?"}


def short(text: str, length: int = 100) -> str:
    """At most `length` characters of text, the last one an ellipsis where some were cut."""
    text = plain(text).strip()
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


def quoted(text: str) -> Markdown:
    """Text for the front matter: in double quotes where YAML would take it for something else."""
    text = plain(str(text))
    bare = _BARE.fullmatch(text) and text.lower() not in _YAML_WORDS
    return Markdown(text if bare else json.dumps(text, ensure_ascii=False))


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
    return quote(url, safe="%/:?#@!$&'*+,=~-._", errors="replace")


def join(values: Iterable[Any], separator: str = ", ") -> Markdown:
    """Values in a row, each escaped on its own."""
    return Markdown(Markdown.escape(separator).join(finalize(value) for value in values))


def chart(rows: Iterable[Any], title: str, unit: str = "items") -> Markdown:
    """Bars of anything that has a label and a count: SVG in HTML, blocks in a terminal, a table in Markdown."""
    return Markdown(fence(Chart(title, unit, tuple((plain(row.label), float(row.count)) for row in rows))))


def filters(zone: tzinfo, year: int) -> dict[str, Callable[..., Any]]:
    """Every filter of ours by name. Instants are shown in `zone`, a day's year only when it is another one."""

    def local(value: date | datetime) -> date:
        return value.astimezone(zone).date() if isinstance(value, datetime) else value

    def shown_date(value: date | datetime | None) -> str:
        if value is None:
            return DASH
        day = local(value)
        return f"{day.day} {_MONTHS[day.month - 1]}" + ("" if day.year == year else f" {day.year}")

    def shown_day(value: date | datetime | None) -> str:
        return DASH if value is None else local(value).isoformat()

    def moment(value: datetime | None) -> str:
        return "never" if value is None else f"{value.astimezone(zone):%Y-%m-%d %H:%M}"

    ours = (chart, code, days, hours, join, link, more, number, percent, plural, quoted, rag, short, signed, moment)
    return {each.__name__: each for each in ours} | {"date": shown_date, "day": shown_day}
