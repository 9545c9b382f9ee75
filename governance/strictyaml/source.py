"""A YAML text as a tree of text, and where each value and each key stands."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import yaml

from governance import canonical
from governance.errors import BadInput

MAX_BYTES = 1 << 20
MAX_DEPTH = 32
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Path = tuple[str | int, ...]
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


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
        shown = line[start : start + 120]
        return f"\n  | {shown}\n  | {' ' * (at.column - 1 - start)}^"


def parse(data: bytes, name: str) -> Source:
    """Bytes of one YAML document to a `Source`. Raises BadInput."""
    if len(data) > MAX_BYTES:
        raise BadInput("document too large", got=f"{len(data)} bytes", expected=f"at most {MAX_BYTES}", where=name)
    text = canonical.text(data, name)
    source = Source(name, text)
    if (found := _CONTROL.search(text)) is not None:
        fix = "delete it; where there are many, the file is binary or in another encoding"
        raise source.error(_at(text, found.start()), f"control character U+{ord(found[0]):04X} in the text", fix=fix)
    # The text is kept and shown as evidence, and evidence has one spelling for each name.
    if not unicodedata.is_normalized("NFC", text):
        line = _first(source.lines, lambda line: not unicodedata.is_normalized("NFC", line))
        what, fix = "text is not in Unicode normal form C", "save it with composed characters"
        raise source.error(Position(line, 1), what, fix=fix)
    # Invisible, and YAML's readers do not agree on what it means there.
    if line := _first(source.lines, lambda line: "\ufeff" in line):
        at = Position(line, source.lines[line - 1].index("\ufeff") + 1)
        raise source.error(at, "byte order mark is not allowed here", fix="delete the invisible character U+FEFF")
    # Before parsing: the parser's time grows with the square of the number of directives.
    if line := _first(source.lines, lambda line: line.startswith("%")):
        raise source.error(Position(line, 1), "YAML directive is not allowed here", expected="keys and values")
    try:
        source.tree = _Builder(source).build(yaml.parse(text, Loader=_LOADER))
    except yaml.MarkedYAMLError as error:
        raise _no_yaml(source, error) from error
    except (yaml.YAMLError, ValueError) as error:
        # ValueError: PyYAML's own reader, used where it was built without libyaml, on an escape beyond Unicode.
        raise BadInput("not YAML", got=str(error).splitlines()[0], where=name) from error
    return source


def _at(text: str, index: int) -> Position:
    """Where the character of this index stands, in lines as `Source` has them."""
    before = f"{text[:index]}x".splitlines()
    return Position(len(before), len(before[-1]))


def _no_yaml(source: Source, error: yaml.MarkedYAMLError) -> BadInput:
    mark, began = error.problem_mark or error.context_mark, error.context_mark
    if mark and began and mark.line >= len(source.lines):
        mark = began  # what was never closed is at fault, not the end of the file
    at = Position(mark.line + 1, mark.column + 1) if mark else Position(1, 1)
    line = source.lines[at.line - 1] if at.line <= len(source.lines) else ""
    if line[at.column - 1 : at.column] == "\t":
        return source.error(at, "not YAML: a tab where only spaces may stand", fix="indent with spaces")
    within = f" {error.context}, which begins on line {began.line + 1}" if began and error.problem else ""
    fix = "put text with any of : # [ ] { } , in quotes, and close what was opened"
    return source.error(at, f"not YAML: {error.problem or error.context}{within}", fix=fix)


def _first(lines: list[str], fault: Callable[[str], bool]) -> int:
    """The number of the first line with the fault, 0 where none has it."""
    return next((number for number, line in enumerate(lines, 1) if fault(line)), 0)


class _Builder:
    """Events to a tree, with an explicit stack: depth is bounded by us and not by the interpreter."""

    def __init__(self, source: Source) -> None:
        self.source = source

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
                raise self._refuse(event, "YAML alias", "the value written out")
            elif isinstance(event, yaml.SequenceEndEvent | yaml.MappingEndEvent):
                stack.pop()
            elif isinstance(event, yaml.ScalarEvent):
                self._no_markup(event)
                self._storable(event)
                self._add(stack, event, event.value)
            elif isinstance(event, yaml.SequenceStartEvent | yaml.MappingStartEvent):
                self._no_markup(event)
                if len(stack) > MAX_DEPTH:
                    at_most = f"at most {MAX_DEPTH} levels"
                    raise self.source.error(self._at(event), "nested too deeply", expected=at_most)
                container: Any = [] if isinstance(event, yaml.SequenceStartEvent) else {}
                path = self._add(stack, event, container)
                stack.append((container, path, []))
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
                if value in container:
                    raise self.source.error(at, f"duplicate key {shown(value)!r}", expected="each key once")
                pending.append(value)
                self.source.keys[(*path, value)] = at
                return path
            path = (*path, pending.pop())
            container[path[-1]] = value
        else:
            if len(stack) > 1:
                path = (*path, len(container))
            container.append(value)
        self.source.values[path] = at
        return path

    def _no_markup(self, event: Any) -> None:
        if event.anchor is not None:
            raise self._refuse(event, "YAML anchor", "the value written out where it is used")
        if event.tag is not None:
            raise self._refuse(event, f"YAML tag {shown(event.tag)!r}", "plain text: the schema gives the type")

    def _storable(self, event: Any) -> None:
        # An escape can still say what no document can hold, such as half a surrogate pair.
        try:
            canonical.dumps(event.value)
        except BadInput as error:
            raise self.source.error(self._at(event), error.what, got=error.got, expected=error.expected) from error

    def _refuse(self, event: Any, what: str, expected: str) -> BadInput:
        return self.source.error(self._at(event), f"{what} is not allowed here", expected=expected)

    @staticmethod
    def _at(event: Any) -> Position:
        return Position(event.start_mark.line + 1, event.start_mark.column + 1)


def shown(text: str) -> str:
    """Short, and without what would move the cursor of a terminal."""
    return "".join(character if character.isprintable() else ascii(character)[1:-1] for character in text[:120])
