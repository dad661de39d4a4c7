"""Reads `story.txt`, which explains itself."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.resources import files


@dataclass(slots=True)
class Line:
    """One issue as the story has it; the columns are explained in `story.txt`."""

    project: str
    type: str
    plan: str
    points: str
    who: str
    ends: str
    title: str
    remarks: str
    description: list[str] = field(default_factory=list)
    comments: list[tuple[str, str]] = field(default_factory=list)

    @property
    def notes(self) -> dict[str, str]:
        """The last column, by name."""
        return {name: value for name, _, value in (note.strip().partition(" ") for note in self.remarks.split(","))}


def read_story() -> Iterator[Line]:
    """The lines of the story."""
    project, line = "", None
    for text in files(__package__).joinpath("story.txt").read_text("utf-8").splitlines():
        if text.startswith("  >") and line:
            who, _, words = text[3:].strip().partition(": ")
            line.comments.append((who, words))
        elif text.startswith('  "') and line:
            line.description.append(text[3:].strip())
        elif text.startswith("=="):
            project = text[2:].strip()
        elif text and text[0] not in "# ":
            if line:
                yield line
            kind, plan, points, who, ends, title, remarks = (part.strip() for part in re.split(r"\s\|(?=\s)", text))
            line = Line(project, kind, plan, points, who, ends, title, remarks)
    if line:
        yield line
