"""A YAML text with its comments, each with what it belongs to; `commented_text` writes it anew.

The reader keeps for each key and each item the lines that stand before it and the comment behind it; a key that is
moved takes them along. The text must be strict YAML (`strictyaml.parse`): no aliases, no tags, plain keys.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any, NamedTuple

import yaml

_BARE = re.compile(r"[\s-]*")
_HEADER = re.compile(r"([|>]-?)[ \t]*(#.*)?")


@dataclass
class Scalar:
    """`style` as PyYAML names it; `lines` are those of a folded block as they stand, without their indentation."""

    text: str
    style: str | None
    lines: list[str] = field(default_factory=list)
    header: str = ""


@dataclass
class Collection:
    """`mapping`, or a list. `head` are lines before the first entry of a document, `tail` those after the last."""

    mapping: bool
    entries: list["Entry"] = field(default_factory=list)
    head: list[str] = field(default_factory=list)
    tail: list[str] = field(default_factory=list)


@dataclass
class Entry:
    """A key with its value, or an item. `before` are comments, and empty lines as "", above it; `comment` is behind."""

    key: Scalar | None
    value: "Scalar | Collection"
    before: list[str] = field(default_factory=list)
    comment: str = ""

    @property
    def name(self) -> str:
        return self.key.text if self.key else ""


class _Line(NamedTuple):
    """A comment, or an empty line (no text). `own`: nothing but dashes stands before it."""

    offset: int
    column: int
    text: str
    own: bool


class _Open(NamedTuple):
    collection: Collection
    column: int
    flow: bool
    entry: Entry | None


def read(text: str) -> Collection:
    """A mapping with its comments. RuntimeError for what is no mapping."""
    return _Reader(text).read()


class _Reader:
    def __init__(self, text: str) -> None:
        self._text, self._waiting = text, list(_lines_of(text))
        self._last: Entry | None = None

    def read(self) -> Collection:
        stack: list[_Open] = []
        key: Entry | None = None
        root: Collection | None = None
        events: Iterator[Any] = yaml.parse(self._text, Loader=yaml.SafeLoader)
        for event in events:
            start: Any = event.start_mark
            self._behind(start.index)
            if isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
                closed = stack.pop()
                self._close(closed, start.index, stack[-1].column if stack else -1)
                if closed.flow:
                    self._last = closed.entry
                continue
            if not isinstance(event, yaml.ScalarEvent | yaml.MappingStartEvent | yaml.SequenceStartEvent):
                continue
            value = self._value(event)
            entry: Entry | None = None
            if stack and stack[-1].collection.mapping and key is None:
                assert isinstance(value, Scalar)
                key = self._last = Entry(value, Scalar("", None), self._above(start.index))
                stack[-1].collection.entries.append(key)
                continue
            if key is not None:
                key.value, entry = value, key
                if isinstance(value, Scalar):
                    key.before += [line for line in self._above(start.index) if line]
            elif stack:
                entry = self._last = Entry(None, value, self._above(start.index))
                stack[-1].collection.entries.append(entry)
            if isinstance(value, Collection):
                root = root or value
                flow = bool(getattr(event, "flow_style", False))
                stack.append(_Open(value, start.column, flow, entry))
            key = None
        if root is None or not root.mapping:
            raise RuntimeError("only a mapping has a layout")
        root.tail += [line.text for line in self._waiting]
        if root.entries:
            root.head, root.entries[0].before = root.entries[0].before, []
        return root

    def _value(self, event: Any) -> Scalar | Collection:
        if not isinstance(event, yaml.ScalarEvent):
            return Collection(isinstance(event, yaml.MappingStartEvent))
        found = Scalar(event.value, event.style)
        if event.style in ("|", ">"):
            start, end = _marks(event)
            raw = self._text[start:end].splitlines()
            header = _HEADER.fullmatch(raw[0].rstrip()) if raw else None
            body = [line.rstrip() for line in raw[1:]]
            while body and not body[-1]:
                body.pop()
            own = len(body[0]) - len(body[0].lstrip(" ")) if body else 0
            if (
                event.style == ">"
                and header
                and body
                and body[0]
                and all(not line or line[:own].isspace() for line in body)
            ):
                found.lines, found.header = [line[own:] for line in body], header[1]
        return found

    def _behind(self, index: int) -> None:
        """Comments that stand behind something belong to the last entry of their line."""
        for line in [line for line in self._until(index) if not line.own]:
            self._waiting.remove(line)
            if self._last is not None:
                self._keep(self._last, line.text)

    @staticmethod
    def _keep(entry: Entry, comment: str) -> None:
        if not entry.comment:
            entry.comment = comment
        elif isinstance(entry.value, Collection):
            entry.value.tail.append(comment)
        else:
            entry.before.append(comment)

    def _above(self, index: int) -> list[str]:
        found = self._until(index)
        del self._waiting[: len(found)]
        return [line.text for line in found]

    def _until(self, index: int) -> list[_Line]:
        return list(takewhile(lambda line: line.offset < index, self._waiting))

    def _close(self, closed: _Open, index: int, outer: int) -> None:
        """Lines at the end of a collection that are indented as what stands in it are its own."""
        while self._waiting and self._waiting[0].offset < index:
            line = self._waiting[0]
            if not closed.flow and not (line.column >= closed.column and line.column > outer):
                break
            closed.collection.tail.append(self._waiting.pop(0).text)


def _marks(part: Any) -> tuple[int, int]:
    """Where an event or a token begins and ends."""
    return part.start_mark.index, part.end_mark.index


def _lines_of(text: str) -> Iterator[_Line]:
    """Comments and empty lines, which stand between tokens only."""
    at = 0
    tokens: Iterator[Any] = yaml.scan(text, Loader=yaml.SafeLoader)
    for token in tokens:
        begin, end = _marks(token)
        if begin > at:
            yield from _gap(text, at, begin, token)
        if isinstance(token, yaml.ScalarToken) and token.style in ("|", ">"):
            header = text[begin : text.find("\n", begin, end)]
            if "#" in header:
                yield _Line(begin + header.index("#"), 0, header[header.index("#") :].rstrip(), False)
            if not token.value.endswith("\n\n"):
                end = begin + len(text[begin:end].rstrip())  # empty lines behind a block are no part of it
        at = max(at, end)


def _gap(text: str, at: int, end: int, token: Any) -> Iterator[_Line]:
    found: list[_Line] = []
    before = text.rfind("\n", 0, at) + 1
    first = True
    while at < end:
        stop = text.find("\n", at, end)
        stop = end if stop < 0 else stop
        part = text[at:stop]
        if "#" in part:
            mark = at + part.index("#")
            own = _BARE.fullmatch(text[before:mark]) is not None
            found.append(_Line(mark, mark - before, text[mark:stop].rstrip(), own))
        elif not part.strip() and stop < end and not first and before == at:
            found.append(_Line(at, 0, "", True))
        at = before = stop + 1
        first = False
    # An empty line goes with the comment below it, or with what comes next.
    column = token.start_mark.column if not isinstance(token, yaml.StreamEndToken) else -1
    for place in reversed(range(len(found))):
        column = found[place].column if found[place].text else column
        found[place] = found[place]._replace(column=column)
    yield from found


def comments(text: str) -> Counter[str]:
    """Each comment, and how often it stands there."""
    return Counter(line.text for line in _lines_of(text) if line.text)
