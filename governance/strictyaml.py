"""Strict YAML: every scalar is text until the schema types it; duplicate keys, aliases, anchors, tags and directives
are refused.

So `version: 1.10` stays 1.10, `NO` stays text, and no document can expand. Errors carry file, line, column, a caret and
the nearest known name.
"""

import difflib
import re
import unicodedata
from collections.abc import Callable, Iterator
from types import UnionType
from typing import Annotated, Any, NamedTuple, TypeVar, Union, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from governance import canonical
from governance.errors import BadInput

MAX_BYTES = 1 << 20
MAX_DEPTH = 32
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Path = tuple[str | int, ...]
Model = TypeVar("Model", bound=BaseModel)


# What pydantic says in terms of Python, for whoever writes YAML.
_EXPECTED = {
    "string_type": "text",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "keys with values",
    "model_type": "keys with values",
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "float_parsing": "a number, with a point as in 0.8",
    "float_type": "a number, with a point as in 0.8",
    "decimal_parsing": "a number, with a point as in 0.8",
    "decimal_type": "a number, with a point as in 0.8",
    "decimal_max_digits": "at most {max_digits} digits",
    "finite_number": "a finite number",
    "bool_parsing": "true or false",
    "literal_error": "{expected}",
    "enum": "{expected}",
    "string_too_short": "at least {min_length} character",
    "string_too_long": "at most {max_length} characters",
    "too_short": "at least {min_length} in the list",
    "too_long": "at most {max_length}",
    "greater_than": "more than {gt}",
    "greater_than_equal": "at least {ge}",
    "less_than": "less than {lt}",
    "less_than_equal": "at most {le}",
}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class Misplaced(ValueError):
    """For a model's validator to raise where part of the value is at fault: `path` leads there, in the names of the
    document."""

    def __init__(self, message: str, *path: str | int) -> None:
        super().__init__(message)
        self.path = path


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
        return BadInput(f"{what}{self._excerpt(at)}", where=f"{self.name}:{at.line}:{at.column}", **details)

    def _excerpt(self, at: Position) -> str:
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
                    raise self.source.error(at, f"duplicate key {_shown(value)!r}", expected="each key once")
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
            raise self._refuse(event, f"YAML tag {_shown(event.tag)!r}", "plain text: the schema gives the type")

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


def load(data: bytes, model: type[Model], name: str) -> Model:
    """Parse and validate. Raises BadInput with the position of the first fault and the nearest known name."""
    return validate(parse(data, name), model)


def validate(source: Source, model: type[Model]) -> Model:
    """The model of a parsed text. Keys are the names of the published schema, never Python's. Raises BadInput."""
    try:
        return model.model_validate(source.tree, by_alias=True, by_name=False)
    except ValidationError as error:
        raise explain(source, model, error) from error


def explain(source: Source, model: type[BaseModel], error: ValidationError, at: Path = ()) -> BadInput:
    """The most specific validation fault, at its line and column. `at` is where `model` stands in the document."""
    faults = error.errors(include_url=False)
    # Another kind of document: what else does not fit follows from that. Of a union's branches the one that got
    # furthest into the value is the one the author meant.
    other = [fault for fault in faults if fault["loc"] == ("schema",) and fault["type"] == "literal_error"]
    unknown = [fault for fault in faults if fault["type"] == "extra_forbidden"]
    fault = max(other or unknown or faults, key=lambda item: len(item["loc"]))
    cause = fault.get("ctx", {}).get("error")
    inner = cause.path if isinstance(cause, Misplaced) else ()
    path = _present(source, (*at, *fault["loc"], *inner))
    shown = _shown(".".join(str(part) for part in path)) or "the document"
    distinct = {_present(source, (*at, *item["loc"])) for item in faults}
    more = f"then see to {len(distinct) - 1} more in this file" if len(distinct) > 1 else ""
    if fault["type"] == "extra_forbidden":
        known = sorted(_known_keys(model, path[len(at) : -1]))
        near = difflib.get_close_matches(_shown(str(fault["loc"][-1])), known, n=1)
        return source.error(
            source.position(path),
            f"unknown key {_shown(str(fault['loc'][-1]))!r}",
            expected=f"one of: {', '.join(known)}" if known else "no such key here",
            fix=f"did you mean {near[0]!r}?" if near else more,
        )
    if fault["type"] == "missing":
        name = str(fault["loc"][-1])
        return source.error(source.position(path), f"{shown}: required key {name!r} is missing", fix=more)
    here = [item for item in faults if _present(source, (*at, *item["loc"])) == path] or [fault]
    words = dict.fromkeys(said(item) for item in here if item["type"] != "none_required")
    message = " or ".join(words).replace(" or expected ", " or ")
    value, nearest = fault["input"], ""
    if isinstance(value, str):
        options = [
            option for item in here for option in re.findall("'([^']*)'", item.get("ctx", {}).get("expected", ""))
        ]
        nearest = "".join(difflib.get_close_matches(value, options, n=1))
    # A container as a whole says nothing, unless text was expected.
    got = repr(_shown(value)) if isinstance(value, str) else ""
    if not got and fault["type"].endswith("_type"):
        got = f"a {'list' if isinstance(value, list) else 'mapping'}"
    fix = f"did you mean {nearest!r}?" if nearest else more
    if other:
        fix = "give the file of this kind, in a version that this release of governance reads"
    return source.error(source.beside(path), f"{shown}: {message}", got=got, fix=fix)


def said(fault: Any) -> str:
    """What was expected, in plain words; `fault` is one of pydantic's `errors()`."""
    if (words := _EXPECTED.get(fault["type"])) is not None:
        return f"expected {words.format(**fault.get('ctx', {}))}"
    message = str(fault["msg"]).removeprefix("Value error, ")
    return message[:1].lower() + message[1:]


def _shown(text: str) -> str:
    """Short, and without what would move the cursor of a terminal."""
    return "".join(character if character.isprintable() else ascii(character)[1:-1] for character in text[:120])


def _present(source: Source, loc: tuple[str | int, ...]) -> Path:
    """`loc` without what pydantic adds (names of union branches): only steps that exist in the text."""
    path: Path = ()
    for part in loc:
        if (*path, part) in source.keys or (*path, part) in source.values:
            path = (*path, part)
    return path


def _known_keys(model: type[BaseModel], loc: tuple[str | int, ...]) -> set[str]:
    """Names allowed at `loc`, a path in the text: one step of the annotations for each step of the path."""
    kinds: list[Any] = [model]
    for part in loc:
        kinds = [inner for kind in kinds for inner in _step(kind, part)]
    return {key for kind in kinds if _is_model(kind) for key, _ in _fields(kind)}


def _step(kind: Any, part: str | int) -> list[Any]:
    if _is_model(kind):
        return [option for key, field in _fields(kind) if key == part for option in _options(field.annotation)]
    # The value type of a mapping or a sequence is its last argument that is a type.
    arguments = [argument for argument in get_args(kind) if argument is not Ellipsis]
    return _options(arguments[-1]) if arguments else []


def _options(kind: Any) -> list[Any]:
    origin = get_origin(kind)
    if origin is Annotated:
        return _options(get_args(kind)[0])
    if origin in (Union, UnionType):
        return [inner for option in get_args(kind) for inner in _options(option)]
    return [kind]


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _fields(kind: type[BaseModel]) -> list[tuple[str, FieldInfo]]:
    return [(field.alias or key, field) for key, field in kind.model_fields.items()]
