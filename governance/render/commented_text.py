"""The text of a YAML tree with comments, in one layout: what stands in it stays, and so does every comment."""

import re

from governance.render.commented import Collection, Entry, Scalar
from governance.render.yaml import scalar

WIDTH = 120
_INDENT = 2
# In a flow collection: words with single spaces between them, and a colon only inside a word.
_FLOW_WORD = r"[\w./@+*-]+(?::[\w./@+*-]+)*"
_FLOW_PLAIN = re.compile(rf"(?=-?\w|/){_FLOW_WORD}(?: {_FLOW_WORD})*")


def text_of(root: Collection, whole: frozenset[str]) -> str:
    """The text. `whole` are keys of the document whose value never stands in one line."""
    lines = [*_squeezed(root.head, 0), *_block(root, 0, whole), *_squeezed(_without_last(root.tail), 0)]
    while lines and not lines[0]:
        lines.pop(0)
    return "\n".join(lines) + "\n"


def _squeezed(before: list[str], indent: int) -> list[str]:
    """With at most one empty line in a row."""
    found: list[str] = []
    for line in before:
        if line or (found[-1:] != [""]):
            found.append(f"{' ' * indent}{line}" if line else "")
    return found


def _without_last(tail: list[str]) -> list[str]:
    tail = list(tail)
    while tail and not tail[-1]:
        tail.pop()
    return tail


def _block(found: Collection, indent: int, whole: frozenset[str] = frozenset(), spread: bool = False) -> list[str]:
    """`spread`: mappings in this list have lines of their own."""
    lines: list[str] = []
    for place, entry in enumerate(found.entries):
        above = list(entry.before)
        if found.mapping:
            body = _pair(entry, indent, entry.name in whole)
        else:
            flow = _one_line(entry.value, indent + _INDENT, spread and _is_mapping(entry.value))
            above += [] if flow is not None else _hoisted(entry, indent)
            body = _item(entry, indent, flow)
        while place == 0 and above and not above[0]:
            above.pop(0)
        lines += [*_squeezed(above, indent), *body]
    return lines + ([] if indent == 0 else _squeezed(_without_last(found.tail), indent))


def _one_line(value: Scalar | Collection, room: int, spread: bool) -> str | None:
    """A collection in one line, where it has one and that fits behind `room` characters; None for a scalar."""
    flow = None if isinstance(value, Scalar) else _flow(value)
    if flow is None or isinstance(value, Scalar) or not value.entries:
        return flow
    return None if spread or room + len(flow) > WIDTH else flow


def _is_mapping(value: Scalar | Collection) -> bool:
    return isinstance(value, Collection) and value.mapping


def _hoisted(entry: Entry, indent: int) -> list[str]:
    """Comments between the dash of an item and what begins behind it stand above the dash."""
    if isinstance(entry.value, Scalar):
        return []
    found = [entry.comment] if entry.comment else []
    entry.comment = ""
    inner = entry.value.entries[0]
    found += [line for line in inner.before if line]
    inner.before = []
    if not entry.value.mapping and _one_line(inner.value, indent + 2 * _INDENT, False) is None:
        found += _hoisted(inner, indent + _INDENT)
    return found


def _pair(entry: Entry, indent: int, whole: bool) -> list[str]:
    assert entry.key is not None
    head = f"{' ' * indent}{_plain(entry.key)}:"
    value = entry.value
    if isinstance(value, Scalar):
        return _scalar(head, value, entry.comment, indent)
    flow = _one_line(value, len(head) + 1, whole)
    if flow is not None:
        return [_with(f"{head} {flow}", entry.comment)]
    return [_with(head, entry.comment), *_block(value, indent + _INDENT, spread=whole and not value.mapping)]


def _item(entry: Entry, indent: int, flow: str | None) -> list[str]:
    head, value = f"{' ' * indent}-", entry.value
    if isinstance(value, Scalar):
        return _scalar(head, value, entry.comment, indent)
    if flow is not None:
        return [_with(f"{head} {flow}", entry.comment)]
    lines = _block(value, indent + _INDENT)
    return [f"{head} {lines[0].lstrip(' ')}", *lines[1:]]


def _with(line: str, comment: str) -> str:
    return f"{line}  {comment}" if comment else line


def _scalar(head: str, value: Scalar, comment: str, indent: int) -> list[str]:
    inner = " " * (indent + _INDENT)
    if value.style == "|" and (lines := _literal(value.text)):
        return [_with(f"{head} {lines[0]}", comment), *(f"{inner}{line}" if line else "" for line in lines[1:])]
    if value.style == ">" and value.lines:
        return [_with(f"{head} {value.header}", comment), *(f"{inner}{line}" if line else "" for line in value.lines)]
    said = _plain(value)
    if value.style or len(head) + 1 + len(said) <= WIDTH:
        return [_with(f"{head} {said}".rstrip(), comment)]
    first, *rest = _folded(said, len(head) + 1, len(inner))
    lines = [f"{head} {first}", *(f"{inner}{line}" for line in rest)]
    return [*lines[:-1], _with(lines[-1], comment)]


def _literal(text: str) -> list[str]:
    """Header and lines of a block that keeps its lines; nothing where the text cannot stand in one."""
    body = text.removesuffix("\n")
    if (
        not body
        or body.startswith((" ", "\n"))
        or body.endswith("\n")
        or not all(char.isprintable() or char in "\n\t" for char in body)
    ):
        return []
    lines = body.split("\n")
    if any(line.isspace() for line in lines):
        return []
    return ["|-" if body == text else "|", *lines]


def _folded(text: str, first: int, rest: int) -> list[str]:
    """Plain text over several lines, broken where a word or a number begins."""
    lines, line, room = [], "", WIDTH - first
    for word in re.split(r" (?=\w)", text):
        if line and len(line) + 1 + len(word) > room:
            lines.append(line)
            line, room = word, WIDTH - rest
        else:
            line = f"{line} {word}" if line else word
    return [*lines, line]


def _plain(value: Scalar) -> str:
    """In one line, where only the ends of lines and comments mean something."""
    if value.style is None and "\n" not in value.text:
        return value.text
    return scalar(value.text)


def _flow(value: Scalar | Collection) -> str | None:
    """In one line; None for what has comments, or lines of its own."""
    if isinstance(value, Scalar):
        if value.style in ("|", ">"):
            return None
        return value.text if value.style is None and _FLOW_PLAIN.fullmatch(value.text) else scalar(value.text)
    if any(value.tail) or any(entry.comment or any(entry.before) for entry in value.entries):
        return None
    parts = []
    for entry in value.entries:
        inner = _flow(entry.value)
        if inner is None:
            return None
        parts.append(f"{_flow(entry.key)}: {inner}" if entry.key else inner)
    return f"{{{', '.join(parts)}}}" if value.mapping else f"[{', '.join(parts)}]"
