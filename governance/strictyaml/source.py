"""A YAML text as a tree of text, and where each value and each key stands."""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import yaml

from governance import canonical
from governance.errors import BadInput
from governance.strictyaml import syntax
from governance.strictyaml.unseen import IN_TEXT, IN_VALUE, columns, mended, named, seen, told

MAX_BYTES = 1 << 20
MAX_DEPTH = 32
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Path = tuple[str | int, ...]
# Where PyYAML's own scanner and libyaml's disagree: only one takes `{a:}`, only the other `|#`.
_COLON = re.compile(r" *:[,?\[\]{}]")
_WRITTEN_OUT = "write out what it stands for, or put text in quotes"
_COMMENT = re.compile("#.*")
_INDICATOR = re.compile(r" *:")
_HEADER = re.compile(r"[|>](?:[+-][1-9]?|[1-9][+-]?)?(?:\s|$)")


class Position(NamedTuple):
    """1-based line and column."""

    line: int
    column: int


class Source:
    """A parsed YAML text: nested dict, list and str in `tree`, and where each value and each key stands."""

    def __init__(self, name: str, text: str) -> None:
        self.name, self.lines = name, text.splitlines()
        self.values: dict[Path, Position] = {}
        self.keys: dict[Path, Position] = {}
        self.tree: Any = None

    def position(self, path: Path) -> Position:
        """Of the key (or else value) at `path`, or of the nearest one above it that exists."""
        while path:
            if found := self.keys.get(path) or self.values.get(path):
                return found
            path = path[:-1]
        return self.values.get((), Position(1, 1))

    def beside(self, path: Path) -> Position:
        """Of the value at `path` where it begins on its key's line; of what begins below, the key says more."""
        key, value = self.position(path), self.values.get(path)
        return value if value and value.line == key.line else key

    def nearest(self, text: str, hint: Path) -> Path:
        """The path of the scalar `text` that shares most first steps with `hint`; `hint` where there is none."""

        def shared(path: Path) -> int:
            return next(
                (i for i, (a, b) in enumerate(zip(path, hint, strict=False)) if a != b), min(len(path), len(hint))
            )

        found = [path for path in self.values if self.at(path) == text]
        return max(found, key=shared, default=hint)

    def at(self, path: Path) -> Any:
        """What stands at a path of `values`."""
        value = self.tree
        for step in path:
            value = value[step]
        return value

    def error(self, at: Position, what: str, **details: str) -> BadInput:
        return BadInput(f"{what}{self.excerpt(at)}", where=f"{self.name}:{at.line}:{at.column}", **details)

    def excerpt(self, at: Position) -> str:
        """The line with a caret below, each after a line's end; empty beyond the text."""
        if not 1 <= at.line <= len(self.lines):
            return ""
        line = self.lines[at.line - 1]
        start = max(0, at.column - 60)
        before, after = shown(line[start : at.column - 1]), shown(line[at.column - 1 : start + 120])
        return f"\n  | {before}{after}\n  | {' ' * columns(before)}^"

    def assert_seen(self) -> None:
        """That all its keys and values can be read by people, however they were escaped. Raises BadInput."""
        keys = ((at, path[-1]) for path, at in self.keys.items())
        for at, text in (*keys, *((at, self.at(path)) for path, at in self.values.items())):
            if isinstance(text, str) and (found := IN_VALUE.search(text)):
                raise self.error(at, told(found[0]), fix="delete it: people read this, and must see all of it")


def parse(data: bytes, name: str) -> Source:
    """Bytes of one YAML document to a `Source`. Raises BadInput."""
    if len(data) > MAX_BYTES:
        expected = f"at most {MAX_BYTES} bytes"
        raise BadInput("document too large", expected=expected, fix="split it into several", where=name)
    text = canonical.text(data, name)
    source = Source(name, text)
    # Invisible, or understood by each reader of YAML in its own way.
    if (found := IN_TEXT.search(text)) is not None:
        raise source.error(_at(text, found.start()), told(found[0]), fix=mended(found[0]))
    # The text is kept and shown as evidence, and evidence has one spelling for each name.
    if not unicodedata.is_normalized("NFC", text):
        mark = bisect_left(range(len(text)), 1, key=lambda end: not unicodedata.is_normalized("NFC", text[: end + 1]))
        what, fix = "text is not in Unicode normal form C", "save it with composed characters"
        raise source.error(_at(text, mark), what, got=named(text[mark]), fix=fix)
    # Before parsing: the parser's time grows with the square of the number of directives.
    if line := _first(source.lines, lambda line: line.startswith("%")):
        raise source.error(Position(line, 1), "YAML directive is not allowed here", expected="keys and values")
    builder = _Builder(source, text)
    try:
        source.tree = builder.build(yaml.parse(text, Loader=_LOADER))
    except yaml.MarkedYAMLError as error:
        fault = syntax.meant(error, source.lines)
        raise source.error(Position(fault.line + 1, fault.column + 1), fault.what, fix=fault.fix) from error
    except ValueError as error:
        # PyYAML's own reader, used where it was built without libyaml, on an escape beyond Unicode.
        mark = builder.before.end_mark
        at = Position(mark.line + 1, mark.column + 1)
        raise source.error(at, f"not YAML: {syntax.ESCAPE[0]}", fix=syntax.ESCAPE[1]) from error
    return source


def _at(text: str, index: int) -> Position:
    """Where the character of this index stands, in lines as `Source` has them."""
    before = f"{text[:index]}x".splitlines()
    return Position(len(before), len(before[-1]))


def _first(lines: list[str], fault: Callable[[str], bool]) -> int:
    """The number of the first line with the fault, 0 where none has it."""
    return next((number for number, line in enumerate(lines, 1) if fault(line)), 0)


class _Builder:
    """Events to a tree, with an explicit stack: depth is bounded by us and not by the interpreter."""

    def __init__(self, source: Source, text: str) -> None:
        self.source, self.text = source, text
        self.before: Any = None  # the last event

    def build(self, events: Iterator[Any]) -> Any:
        root: list[Any] = []
        # Each frame: container, its path, and for a mapping the key that waits for its value.
        stack: list[tuple[Any, Path, list[str]]] = [(root, (), [])]
        documents = 0
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise self._refuse(event, "more than one YAML document", "one document")
            elif isinstance(event, yaml.AliasEvent):
                raise self._refuse(event, "YAML alias", "the value written out", _WRITTEN_OUT)
            elif isinstance(event, yaml.SequenceEndEvent | yaml.MappingEndEvent):
                stack.pop()
            elif isinstance(event, yaml.ScalarEvent):
                self._no_markup(event)
                self._agreed(event)
                self._storable(event)
                if len(stack) > 1 or event.value or event.style:  # else `---` with nothing below
                    self._add(stack, event, event.value)
            elif isinstance(event, yaml.SequenceStartEvent | yaml.MappingStartEvent):
                self._no_markup(event)
                if len(stack) > MAX_DEPTH:
                    at_most = f"at most {MAX_DEPTH} levels"
                    raise self.source.error(self._at(event), "nested too deeply", expected=at_most)
                container: Any = [] if isinstance(event, yaml.SequenceStartEvent) else {}
                path = self._add(stack, event, container)
                stack.append((container, path, []))
            self.before = event
        if not root:
            raise BadInput("the document is empty", where=self.source.name)
        return root[0]

    def _add(self, stack: list[tuple[Any, Path, list[str]]], event: Any, value: Any) -> Path:
        container, path, pending = stack[-1]
        at = self._at(event)
        if isinstance(container, dict):
            if not pending:
                if not isinstance(value, str):
                    raise self._refuse(event, "a key that is not plain text", "a name")
                self._unmarked(event)
                if value in container:
                    raise self.source.error(at, f"duplicate key {shown(value)!r}", expected="each key once")
                pending.append(value)
                self.source.keys[(*path, value)] = at
                return path
            path = (*path, pending.pop())
            container[path[-1]] = value
            if not value and isinstance(event, yaml.ScalarEvent) and not event.style:
                at = self._nothing()
        else:
            if len(stack) > 1:
                path = (*path, len(container))
            container.append(value)
        self.source.values[path] = at
        return path

    def _nothing(self) -> Position:
        """Where the value of the last key would stand: scanners differ about what is not there."""
        key = self.before.end_mark
        colon = _INDICATOR.match(*self._rest(key))
        return Position(key.line + 1, (colon.end() if colon else key.column) + 1)

    def _no_markup(self, event: Any) -> None:
        if event.anchor is not None:
            raise self._refuse(event, "YAML anchor", "the value written out where it is used", _WRITTEN_OUT)
        if event.tag is not None:
            raise self._refuse(
                event,
                f"YAML tag {shown(event.tag)!r}",
                "plain text: the schema gives the type",
                "leave it out, or put text in quotes",
            )

    def _unmarked(self, key: Any) -> None:
        """Raises BadInput for a key that a question mark introduces: scanners differ about where one does."""
        begins = isinstance(self.before, yaml.CollectionStartEvent)
        since = self.before.start_mark if begins else self.before.end_mark
        if "?" in _COMMENT.sub("", self.text[since.index : key.start_mark.index]):
            raise self._refuse(key, "a question mark before a key", "the key, and a colon after it")

    def _agreed(self, event: Any) -> None:
        """Raises BadInput for what depends on the scanner that happens to be installed."""
        odd = None
        if event.style in ("|", ">") and not _HEADER.match(*self._rest(event.start_mark)):
            odd = syntax.COMMENT
        if event.value and not event.style and _COLON.match(*self._rest(event.end_mark)):
            odd = syntax.COLON
        if odd:
            raise self.source.error(self._at(event), f"not YAML: {odd[0]}", fix=odd[1])

    def _rest(self, mark: Any) -> tuple[str, int]:
        """The line of a mark, none at the end of the text, and where in it the mark stands."""
        return (self.source.lines[mark.line] if mark.line < len(self.source.lines) else ""), mark.column

    def _storable(self, event: Any) -> None:
        # An escape can still say what no document can hold, such as half a surrogate pair.
        try:
            canonical.dumps(event.value)
        except BadInput as error:
            raise self.source.error(self._at(event), error.what, got=error.got, expected=error.expected) from error

    def _refuse(self, event: Any, what: str, expected: str, fix: str = "") -> BadInput:
        return self.source.error(self._at(event), f"{what} is not allowed here", expected=expected, fix=fix)

    @staticmethod
    def _at(event: Any) -> Position:
        return Position(event.start_mark.line + 1, event.start_mark.column + 1)


def shown(text: str) -> str:
    """Short, and without what would move the cursor of a terminal."""
    return "".join(char if seen(char) else ascii(char)[1:-1] for char in text[:120])
