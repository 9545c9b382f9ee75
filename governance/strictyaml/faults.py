"""Faults of a document that is sound YAML: what does not fit the schema, at its line, in plain words."""

import difflib
import re
from collections.abc import Iterator
from decimal import Decimal
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from governance.errors import BadInput
from governance.strictyaml.source import Path, Source, parse, shown
from governance.strictyaml.unseen import named

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
    "int_parsing_size": "a whole number of fewer digits",
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
    "too_long": "at most {max_length} of them",
    "greater_than": "more than {gt}",
    "greater_than_equal": "at least {ge}",
    "less_than": "less than {lt}",
    "less_than_equal": "at most {le}",
}


_LENGTHS = {"string_too_short", "string_too_long"}
_MERGE = "write out the keys that it would merge"


class Misplaced(ValueError):
    """For a model's validator to raise where part of the value is at fault: `path` leads there, in the names of the
    document."""

    def __init__(self, message: str, *path: str | int) -> None:
        super().__init__(message)
        self.path = path


def load(data: bytes, model: type[Model], name: str) -> Model:
    """Parse and validate. Raises BadInput with the position of the first fault and the nearest known name."""
    return validate(parse(data, name), model)


def validate(source: Source, model: type[Model]) -> Model:
    """The model of a parsed text. Keys are the names of the published schema, never Python's. Raises BadInput."""
    try:
        found = model.model_validate(source.tree, by_alias=True, by_name=False)
    except ValidationError as error:
        raise explain(source, model, error) from error
    for path, said, text in misspelt(found, source.tree):
        raise source.error(source.beside(path), f"{shown('.'.join(map(str, path)))}: {said}", got=got(text))
    return found


# Python reads more than people do: `yes`, `1_000`, `017`, ` 5 ` and the digits of every script.
_NUMBER = r"(?:0|[1-9][0-9]*)"
_SPELLED: tuple[tuple[type, str, str], ...] = (
    (bool, "true|false", "expected true or false"),
    (int, r"0|-?[1-9][0-9]*", "expected a whole number in plain digits, such as 30"),
    (Decimal, rf"-?{_NUMBER}(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?", "expected a number in plain digits, such as 0.8"),
    (float, rf"-?{_NUMBER}(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?", "expected a number in plain digits, such as 0.8"),
)


def misspelt(value: Any, tree: Any) -> Iterator[tuple[Path, str, str]]:
    """Where text was read as a number or as true or false that is not written as one, what was expected, and the
    text."""
    if isinstance(tree, str):
        for kind, spelling, said in _SPELLED:
            if isinstance(value, kind):
                minus_zero = kind is not bool and not value and tree.startswith("-")
                if minus_zero or not re.fullmatch(spelling, tree, re.ASCII):
                    yield (), said, tree
                return
    pairs: list[tuple[str | int, Any, Any]] = []
    if isinstance(value, BaseModel) and isinstance(tree, dict):
        names = {field.alias or name: name for name, field in type(value).model_fields.items()}
        pairs = [(key, getattr(value, names[key]), inner) for key, inner in tree.items() if key in names]
    elif isinstance(value, dict) and isinstance(tree, dict):
        pairs = [(key, value[key], inner) for key, inner in tree.items() if key in value]
    elif isinstance(value, tuple | list) and isinstance(tree, list) and len(value) == len(tree):
        pairs = [(at, *both) for at, both in enumerate(zip(value, tree, strict=True))]
    for step, inner, text in pairs:
        for path, said, found in misspelt(inner, text):
            yield (step, *path), said, found


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
    name = shown(".".join(str(part) for part in path)) or "the document"
    distinct = {_present(source, (*at, *item["loc"])) for item in faults}
    more = f"then see to {len(distinct) - 1} more in this file" if len(distinct) > 1 else ""
    if fault["type"] == "extra_forbidden":
        known, key = sorted(_known_keys(model, path[len(at) : -1])), str(fault["loc"][-1])
        near = difflib.get_close_matches(shown(key), known, n=1)
        return source.error(
            source.position(path),
            f"unknown key {shown(key)!r}",
            expected=f"one of: {', '.join(known)}" if known else "no such key here",
            got="" if key.isascii() else got(key),
            fix=f"did you mean {near[0]!r}?" if near else _MERGE if key == "<<" else more,
        )
    if fault["type"] == "missing":
        key = str(fault["loc"][-1])
        return source.error(source.position(path), f"{name}: required key {key!r} is missing", fix=more)
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
    found = "" if not isinstance(value, str) else repr(shown(value)) if fault["type"] in _LENGTHS else got(value)
    if not found and fault["type"].endswith("_type"):
        found = f"a {'list' if isinstance(value, list) else 'mapping'}"
    fix = f"did you mean {nearest!r}?" if nearest else more
    if other:
        fix = "give the file of this kind, in a version that this release of governance reads"
    return source.error(source.beside(path), f"{name}: {message}", got=found, fix=fix)


def got(text: str) -> str:
    """Text that was not expected, with the name of its first character that is not ASCII: it may look like one."""
    other = next((char for char in text[:120] if not char.isascii()), None)
    return repr(shown(text)) + (f", with {named(other)}" if other else "")


def said(fault: Any) -> str:
    """What was expected, in plain words; `fault` is one of pydantic's `errors()`."""
    if (words := _EXPECTED.get(fault["type"])) is not None:
        return f"expected {words.format(**fault.get('ctx', {}))}"
    message = str(fault["msg"]).removeprefix("Value error, ")
    return message[:1].lower() + message[1:]


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
