"""Jira's wiki markup and the Atlassian Document Format, shown as Markdown.

For display only: what a tracker sent is stored as it was sent. Every step reads the text once, so that hostile input
costs no more than its length; what is not understood stays as text. Nothing here ever raises.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pmsync.model.item import TextFormat

DEEPEST = 40
"""Levels of nesting that are shown; people use five."""


def to_markdown(text: str, format: TextFormat) -> str:
    """A description or comment as Markdown, whatever it was written in."""
    if format is TextFormat.WIKI:
        return wiki_to_markdown(text)
    if format is TextFormat.ADF:
        try:
            return adf_to_markdown(json.loads(text))
        except (ValueError, RecursionError):
            return escaped(text)
    return text


def escaped(text: str) -> str:
    """Plain text that Markdown will not take for anything else."""
    return re.sub(r"(?<!\w)_|_(?!\w)|[\\`*<\[\]]", r"\\\g<0>", text)


# Wiki markup

_BLOCK = re.compile(r"(?<!\{)\{(code|noformat)(?::([^{}\n]*))?\}")
_MACRO = re.compile(r"\{(?:color|anchor|toc|section|column|align|font|size)(?:[:=][^{}\n]*)?\}")
_PANEL = re.compile(r"\{(quote|panel|info|note|tip|warning)(?::([^{}\n]*))?\}")
_HEADING = re.compile(r"h([1-6])\.\s+(.*)")
_LIST = re.compile(r"([*#]{1,40}|-)\s+(.*)")
_CELL = re.compile(r"\[[^\[\]\n]*\]|\|\|?|[^|\[]+|\[")
_INLINE = re.compile(
    r"\\\\|\\[^\w\s]"  # a forced line break, an escaped character
    r"|\{\{[^{}\n]*\}\}"
    r"|\[[^\[\]\n]*\]"
    r"|!(?=\S)[^!\n|]+(?:\|[^!\n|]*)?!"
    r"|https?://[^\s|\[\]{}<>\"]+"
    r"|\?\?|[*+^~-]|(?<!\w)_|_(?!\w)"
)
_MARKS = {"*": "**", "_": "*", "-": "~~", "+": "", "^": "", "~": "", "??": "*"}
_SAFE = re.compile(r"(?:https?|ftp|mailto):", re.IGNORECASE)


def wiki_to_markdown(text: str) -> str:
    """Headings, lists, tables, code, quotes, links, emphasis; colours and layout are dropped."""
    parts = _BLOCK.split(text.replace("\r\n", "\n").replace("\r", "\n"))
    shown = [_prose(parts[0])]
    inside = False
    for place in range(1, len(parts), 3):  # split gives: text, (name, options, text)...
        inside = not inside
        shown.append(_fence(parts[place + 1], parts[place + 2]) if inside else _prose(parts[place + 2]))
    return re.sub(r"\n{3,}", "\n\n", "\n\n".join(part for part in shown if part.strip())).strip("\n")


def _fence(options: str | None, code: str) -> str:
    """A code block, in a fence longer than any inside it."""
    language = (options or "").split("|")[0]
    ticks = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", code)), default=0))
    name = language if re.fullmatch(r"[\w+#-]{1,20}", language) else ""
    return f"{ticks}{name}\n{code.strip(chr(10))}\n{ticks}"


def _prose(text: str) -> str:
    lines: list[str] = []
    quoted, in_table = False, False
    for line in _MACRO.sub("", text).split("\n"):
        pieces = _PANEL.split(line)
        for place, piece in enumerate(pieces[::3]):
            if place:
                quoted = not quoted
                lines += ["", *_title(pieces[place * 3 - 1], quoted=quoted)]
            if len(pieces) > 1 and not piece.strip():
                continue
            row = piece.strip()
            is_row = row.startswith("|") and len(row) > 1
            shown = _row(row, first=not in_table) if is_row else _line(row)
            if (in_table and not is_row) or (is_row and not in_table):
                lines.append("")
            in_table = is_row
            lines += [f"> {each}".rstrip() if quoted else each for each in shown]
    return _broken(lines)


def _title(options: str | None, *, quoted: bool) -> list[str]:
    found = re.search(r"title=([^|]+)", options or "") if quoted else None
    return [f"> **{escaped(found[1])}**", ">"] if found else []


def _broken(lines: Sequence[str]) -> str:
    """A line that follows another one in a paragraph stays a line: two spaces say so."""
    plain = re.compile(r"\s*(?:$|#|[-|`]|\d+\. |> ?$)")
    ends = [line and not plain.match(line) and following and not plain.match(following)
            for line, following in zip(lines, [*lines[1:], ""], strict=True)]  # fmt: skip
    return "\n".join(f"{line}  " if end else line for line, end in zip(lines, ends, strict=True))


def _line(line: str) -> list[str]:
    if found := _HEADING.fullmatch(line):
        return ["", f"{'#' * int(found[1])} {_inline(found[2])}", ""]
    if re.fullmatch(r"-{4,}", line):
        return ["", "---", ""]
    if found := _LIST.fullmatch(line):
        depth = min(len(found[1]), DEEPEST)
        mark = "1." if found[1][-1] == "#" else "-"
        return [f"{'   ' * (depth - 1)}{mark} {_inline(found[2])}"]
    if line.startswith("bq. "):
        return [f"> {_inline(line[4:])}"]
    shown = _inline(line)
    return [re.sub(r"^(?=[#>+=-]|\d{1,9}[.)]\s)", r"\\", shown) if shown[:1] in "#>+=-" else shown]


def _row(line: str, *, first: bool) -> list[str]:
    """A table row; Markdown wants a header, so a table without one gets an empty one."""
    tokens = _CELL.findall(line)
    header = tokens[0] == "||"
    cells: list[list[str]] = []
    for token in tokens:
        if token in {"|", "||"}:
            cells.append([])
        else:
            cells[-1].append(token)
    if len(cells) > 1 and not "".join(cells[-1]).strip():
        cells.pop()
    shown = [_inline("".join(cell).strip()).replace("|", "\\|").replace("\n", " ") for cell in cells]
    row, rule = f"| {' | '.join(shown)} |", f"|{' --- |' * len(shown)}"
    if not first:
        return [row]
    return [row, rule] if header else [f"|{'  |' * len(shown)}", rule, row]


def _inline(text: str) -> str:
    """One pass: tokens become Markdown; a mark that opens and is never closed is put back as it was."""
    shown: list[str] = []
    opened: dict[str, int] = {}
    end = 0
    for token in _INLINE.finditer(text):
        shown.append(escaped(text[end : token.start()]))
        end = token.end()
        word = token[0]
        if word in _MARKS:
            start = token.start()
            _mark(word, text[start - 1 : start] if start else "", text[end : end + 1], shown, opened)
        else:
            shown.append(_token(word))
    shown.append(escaped(text[end:]))
    return "".join(shown)


def _mark(word: str, before: str, after: str, shown: list[str], opened: dict[str, int]) -> None:
    """Emphasis begins before a word and ends after one; in the middle of a word it is a character."""
    if word in opened and not before.isspace() and not after.isalnum():
        place = opened.pop(word)
        for other in [mark for mark, where in opened.items() if where > place]:
            del opened[other]  # opened inside and not closed: stays as it was written
        shown[place] = _MARKS[word]
        shown.append(_MARKS[word])
        return
    if not before.isalnum() and after and not after.isspace():
        opened[word] = len(shown)
    shown.append(escaped(word))


def _token(word: str) -> str:
    if word == "\\\\":
        return "\n"
    if word[0] == "\\":
        return escaped(word[1:])
    if word[0] == "{":
        code = word[2:-2]
        return f"`{code}`" if code and "`" not in code else escaped(code)
    if word[0] == "!":
        return f"*{escaped(word[1:-1].split('|', maxsplit=1)[0])}*"
    if word[0] == "[":
        return _link(word[1:-1])
    return f"<{word}>"


def _link(inside: str) -> str:
    label, _, target = inside.partition("|") if "|" in inside else (inside, "", inside)
    target = target.split("|")[0].strip()
    if inside.startswith(("~", "^")):
        return ("@" if inside[0] == "~" else "") + escaped(inside[1:].removeprefix("accountid:"))
    if not _SAFE.match(target):
        return escaped(label.removeprefix("#")) if "|" in inside else escaped(f"[{inside}]")
    return link(label, target)


def link(label: str, target: str) -> str:
    """A Markdown link; addresses that are no web or mail addresses are left out."""
    if not _SAFE.match(target) or re.search(r"[\x00-\x20\x7f]", target):
        return escaped(label)
    quoted = re.sub(r"[()<>\\]", lambda found: f"%{ord(found[0]):02X}", target)
    return f"[{escaped(label.strip() or target)}]({quoted})"


# Atlassian Document Format

Node = Mapping[str, Any]


def adf_to_markdown(document: Any) -> str:
    """A document (or None); kinds of nodes that are not known show what is in them."""
    return re.sub(r"\n{3,}", "\n\n", _block(document, 0)).strip("\n")


def _children(node: Node) -> list[Node]:
    content = node.get("content")
    return [child for child in content if isinstance(child, Mapping)] if isinstance(content, list) else []


def _block(node: Any, depth: int) -> str:
    if not isinstance(node, Mapping) or depth > DEEPEST:
        return ""
    return _BLOCKS.get(str(node.get("type")), _several)(node, depth)


def _several(node: Node, depth: int) -> str:
    """Children: text runs on, blocks stand apart."""
    children = _children(node)
    if not children or _is_inline(children[0]):
        return _run(node, depth) if children else _text(node)
    return "\n\n".join(_block(child, depth + 1) for child in children)


def _run(node: Node, depth: int) -> str:
    return "".join(_text(child) if _is_inline(child) else _block(child, depth + 1) for child in _children(node))


def _is_inline(node: Node) -> bool:
    return node.get("type") in _TEXTS


def _attribute(node: Node, name: str) -> str:
    attributes = node.get("attrs")
    value = attributes.get(name) if isinstance(attributes, Mapping) else None
    return str(value) if isinstance(value, (str, int)) else ""


def _items(node: Node, depth: int) -> str:
    ordered = node.get("type") == "orderedList"
    marks = [f"{place}. " if ordered else "- " for place in range(1, len(_children(node)) + 1)]
    shown = [_block(child, depth + 1) for child in _children(node)]
    return "\n".join(
        mark + text.replace("\n\n", "\n").replace("\n", "\n   ") for mark, text in zip(marks, shown, strict=True)
    )


def _task(node: Node, depth: int) -> str:
    return f"[{'x' if _attribute(node, 'state') == 'DONE' else ' '}] {_run(node, depth)}"


def _table(node: Node, depth: int) -> str:
    rows = [[_cell(cell, depth) for cell in _children(row)] for row in _children(node)]
    width = max((len(row) for row in rows), default=0)
    if not width or not rows[0]:
        return ""
    lines = [f"| {' | '.join(row + [''] * (len(rows[0]) - len(row)))} |" for row in rows]
    return "\n".join([lines[0], f"|{' --- |' * len(rows[0])}", *lines[1:]])


def _cell(node: Node, depth: int) -> str:
    return re.sub(r"\s*\n\s*", " ", _several(node, depth + 2)).replace("|", "\\|")


def _quote(node: Node, depth: int) -> str:
    return "\n".join(f"> {line}".rstrip() for line in _several(node, depth).split("\n"))


def _code(node: Node, _: int) -> str:
    return _fence(_attribute(node, "language"), "".join(str(child.get("text") or "") for child in _children(node)))


def _heading(node: Node, depth: int) -> str:
    level = _attribute(node, "level")
    return f"{'#' * min(6, max(1, int(level) if level.isdigit() else 1))} {_run(node, depth)}"


def _text(node: Node) -> str:
    kind = str(node.get("type"))
    return _TEXTS[kind](node) if kind in _TEXTS else escaped(_attribute(node, "text") or _attribute(node, "url"))


def _words(node: Node) -> str:
    text = str(node.get("text") or "")
    marks = [mark for mark in node.get("marks") or () if isinstance(mark, Mapping)] if text.strip() else []
    kinds = {str(mark.get("type")) for mark in marks}
    shown = f"`{text}`" if "code" in kinds and "`" not in text else escaped(text)
    for kind, around in (("strong", "**"), ("em", "*"), ("strike", "~~")):
        shown = f"{around}{shown}{around}" if kind in kinds and shown == shown.strip() else shown
    target = next((_attribute(mark, "href") for mark in marks if mark.get("type") == "link"), "")
    return link(text, target) if target else shown


def _date(node: Node) -> str:
    try:
        return datetime.fromtimestamp(int(_attribute(node, "timestamp")) / 1000, UTC).date().isoformat()
    except (ValueError, OverflowError, OSError):
        return ""


def _mention(node: Node) -> str:
    return escaped(_attribute(node, "text") or f"@{_attribute(node, 'id')}")


_TEXTS: dict[str, Callable[[Node], str]] = {
    "text": _words,
    "hardBreak": lambda _: "  \n",
    "mention": _mention,
    "emoji": lambda node: escaped(_attribute(node, "text") or _attribute(node, "shortName")),
    "inlineCard": lambda node: link("", _attribute(node, "url")),
    "status": lambda node: f"**{escaped(_attribute(node, 'text'))}**",
    "date": _date,
}
_BLOCKS: dict[str, Callable[[Node, int], str]] = {
    "paragraph": _run,
    "heading": _heading,
    "bulletList": _items,
    "orderedList": _items,
    "taskList": _items,
    "taskItem": _task,
    "codeBlock": _code,
    "blockquote": _quote,
    "panel": _quote,
    "rule": lambda _, __: "---",
    "table": _table,
    "media": lambda node, _: f"*{escaped(_attribute(node, 'alt') or 'attachment')}*",
    "blockCard": lambda node, _: link("", _attribute(node, "url")),
    "embedCard": lambda node, _: link("", _attribute(node, "url")),
}
