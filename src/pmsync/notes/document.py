"""A notes file: front matter, a title, and sections that keep every line as people wrote it."""

import hashlib
import json
import re
from dataclasses import dataclass, replace

_SEAL = re.compile(r"\s*<!-- pm:([0-9a-f]{8}) -->$")


@dataclass(frozen=True, slots=True)
class Section:
    """A `## ` heading and the lines below it."""

    heading: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """The file in parts; `str` gives back the same bytes that were parsed."""

    front: tuple[tuple[str, str], ...]
    preamble: tuple[str, ...]
    sections: tuple[Section, ...]

    def value(self, name: str) -> str:
        """What the front matter says under a name, without the quotes that YAML may need around it."""
        text = dict(self.front).get(name, "").strip()
        if len(text) < 2 or text[0] not in "\"'" or text[-1] != text[0]:
            return text
        try:
            return str(json.loads(text))
        except ValueError:  # somebody's own quotes
            return text[1:-1]

    def lines(self, heading: str) -> tuple[str, ...]:
        """What stands below a heading."""
        return next((section.lines for section in self.sections if section.heading == heading), ())

    def __str__(self) -> str:
        front = ["---", *(f"{name}:{value}" for name, value in self.front), "---"] if self.front else []
        body = [line for section in self.sections for line in (f"## {section.heading}", *section.lines)]
        return "\n".join([*front, *self.preamble, *body])


def parse_document(text: str) -> Document:
    """Read a notes file. Every line finds a place, whatever it is; headings in code blocks are not headings."""
    lines = text.split("\n")
    front, lines = _front_matter(lines)
    preamble: list[str] = []
    sections: list[tuple[str, list[str]]] = []
    fenced = False
    for line in lines:
        fenced ^= line.startswith("```")
        if line.startswith("## ") and not fenced:
            sections.append((line[3:], []))
        else:
            (sections[-1][1] if sections else preamble).append(line)
    return Document(front, tuple(preamble), tuple(Section(heading, tuple(body)) for heading, body in sections))


def _front_matter(lines: list[str]) -> tuple[tuple[tuple[str, str], ...], list[str]]:
    if lines[0] != "---" or "---" not in lines[2:]:
        return (), lines
    end = lines.index("---", 2)
    if not all(":" in line for line in lines[1:end]):
        return (), lines  # not ours: keep it as text
    pairs = (line.partition(":") for line in lines[1:end])
    return tuple((name, value) for name, _, value in pairs), lines[end + 1 :]


def sealed(line: str) -> str:
    """A generated line with a mark by which a later run sees whether somebody has edited it."""
    return f"{line} <!-- pm:{_digest(line)} -->"


def with_sealed(document: Document, heading: str) -> Document:
    """A fresh document in which every line below a heading is sealed."""
    return replace(document, sections=tuple(_seal(one) if one.heading == heading else one for one in document.sections))


def _seal(section: Section) -> Section:
    return Section(section.heading, tuple(sealed(line) if line else line for line in section.lines))


def is_untouched(line: str) -> bool:
    """Whether a line was generated and nobody has changed it since."""
    seal = _SEAL.search(line)
    return bool(seal and _digest(line[: seal.start()]) == seal[1])


def _digest(line: str) -> str:
    # the number in front of an agenda point changes when others come or go; that is no edit
    text = re.sub(r"^\d+\. ", "", line)
    return hashlib.blake2b(text.encode(), digest_size=4).hexdigest()
