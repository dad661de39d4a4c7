"""Charts: a fenced block of data in the report's Markdown, drawn by each format in its own way."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pmsync.errors import ReportError
from pmsync.reports.text import escaped

_FENCE = re.compile(r"^```chart\n(\{.*\})\n```$", re.MULTILINE)
_EIGHTHS = " ▏▎▍▌▋▊▉█"


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars from left to right: each a label and a value that is not negative."""

    title: str
    unit: str
    points: tuple[tuple[str, float], ...]

    @property
    def top(self) -> float:
        """The largest value, at least 1."""
        return max([1.0, *(value for _, value in self.points)])


def fence(chart: Chart) -> str:
    """The block that stands for a chart until a format draws it."""
    data = json.dumps({"title": chart.title, "unit": chart.unit, "points": chart.points}, ensure_ascii=False)
    return f"```chart\n{data}\n```"


def parse(data: str) -> Chart:
    """The chart of a fenced block."""
    try:
        values: dict[str, Any] = json.loads(data)
        points = tuple((str(label), float(value)) for label, value in values["points"])
        return Chart(str(values["title"]), str(values["unit"]), points)
    except (ValueError, TypeError, KeyError) as error:
        raise ReportError(
            f"A chart block is not understood: {error}", hint="Make it with the filter `chart`."
        ) from error


def split(markdown: str) -> list[str | Chart]:
    """Markdown and the charts between, in order."""
    parts: list[str | Chart] = [*_FENCE.split(markdown)]
    parts[1::2] = [parse(str(part)) for part in parts[1::2]]
    return [part for part in parts if part]


def as_table(chart: Chart) -> str:
    """A chart as a Markdown table."""
    heads = [escaped(label) for label, _ in chart.points]
    values = [f"{value:g}" for _, value in chart.points]
    rows = [[escaped(chart.title), *heads], ["---", *["--:"] * len(heads)], [escaped(chart.unit), *values]]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def as_blocks(chart: Chart, width: int) -> str:
    """A chart as lines of block characters, no wider than `width`."""
    margin = max([0, *(len(label) for label, _ in chart.points)])
    room = max(4, min(40, width - margin - 10))
    lines = [f"  {label:>{margin}} {_bar(value / chart.top * room)}{value:g}" for label, value in chart.points]
    return "\n".join([f"{chart.title} ({chart.unit})", *lines])


def _bar(cells: float) -> str:
    whole = int(cells)
    bar = ("█" * whole + _EIGHTHS[int((cells - whole) * 8)]).rstrip()
    return bar and bar + " "


def as_svg(chart: Chart, template: Callable[..., str]) -> str:
    """A chart as inline SVG, drawn by a template that gets the chart and the bars in its own units."""
    step = 640 / max(1, len(chart.points))
    bars = [
        {
            "x": round(index * step + step * 0.18, 1),
            "width": round(step * 0.64, 1),
            "height": round(value / chart.top * 120, 1),
            "label": label,
            "value": f"{value:g}",
        }
        for index, (label, value) in enumerate(chart.points)
    ]
    return template(chart=chart, bars=bars)
