"""Reads OpenLineage events: one JSON event, an array of them, or one after the other (NDJSON).

Shapes as in the OpenLineage specification 2-0-2 (RunEvent, JobEvent, DatasetEvent) and its ColumnLineageDatasetFacet
1-2-0 and DatasetVersionDatasetFacet 1-0-1. Only datasets with their versions, jobs and column lineage are looked at;
other facets may be anything. No address in them is followed. Events of type FAIL and ABORT are left out, since what
such a run wrote is not what later runs read; events of any other type, and those without a type, count.
"""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from governance import canonical
from governance.errors import BadInput

MAX_BYTES = 8 << 20
"""Of one file of events."""
MAX_BYTES_IN_ALL = 64 << 20
"""Of all the events of a project."""
MAX_DEPTH = 64
MAX_NAME = 1000
_IGNORED = frozenset({"FAIL", "ABORT"})


class Job(NamedTuple):
    """What wrote a dataset."""

    namespace: str
    name: str


class Dataset(NamedTuple):
    """A dataset as events name it."""

    namespace: str
    name: str


class Column(NamedTuple):
    """A column of a dataset."""

    dataset: Dataset
    field: str

    def __str__(self) -> str:
        return f"{self.dataset.name}.{self.field}"


class Reach(NamedTuple):
    """A column that went into another one. Not `direct`: it only filtered, joined, grouped, sorted or conditioned."""

    column: Column
    direct: bool


class Output(NamedTuple):
    """A written dataset. `fields` is null where the event has no column lineage; `whole` reaches all its columns."""

    dataset: Dataset
    fields: dict[str, tuple[Reach, ...]] | None
    whole: tuple[Reach, ...]


class Event(NamedTuple):
    """`job` is null for an event about a dataset alone. `versions` of datasets that were read or written."""

    job: Job | None
    inputs: tuple[Dataset, ...]
    outputs: tuple[Output, ...]
    versions: tuple[tuple[Dataset, str], ...] = ()


def parse(data: bytes, name: str) -> list[Event]:
    """The events of one file that count. `name` is for messages. Raises BadInput with file and JSON path."""
    if len(data) > MAX_BYTES:
        raise BadInput("file too large", got=f"{len(data)} bytes", expected=f"at most {MAX_BYTES}", where=name)
    text = canonical.text(data, name)
    found = [_event(_Node(event, f"{name}: {path}")) for event, path in _values(text, name)]
    if not found:
        raise BadInput("the file holds no event", expected="OpenLineage events as JSON", where=name)
    return [event for event in found if event is not None]


def _values(text: str, name: str) -> Iterator[tuple[Any, str]]:
    """Each event and its JSON path."""
    decoder = json.JSONDecoder(
        object_pairs_hook=canonical.no_duplicates, parse_int=float, parse_constant=lambda word: _constant(word, name)
    )
    values: list[Any] = []
    position = 0
    while (position := _skip(text, position)) < len(text):
        try:
            value, position = decoder.raw_decode(text, position)
        except json.JSONDecodeError as error:
            where = f"{name}:{error.lineno}:{error.colno}"
            raise BadInput(f"not JSON: {error.msg}", expected="OpenLineage events as JSON", where=where) from error
        except RecursionError as error:
            raise _too_deep(name) from error
        except BadInput as error:
            where = f"{name}: $[{len(values)}]"
            raise BadInput(error.what, got=error.got, expected=error.expected, where=where) from error
        _bound_depth(value, name)
        values.append(value)
    for index, value in enumerate(values):
        path = "$" if len(values) == 1 else f"$[{index}]"
        if isinstance(value, list):
            yield from ((event, f"{path}[{number}]") for number, event in enumerate(value))
        else:
            yield value, path


def _skip(text: str, position: int) -> int:
    while position < len(text) and text[position] in " \t\r\n":
        position += 1
    return position


def _constant(word: str, name: str) -> Any:
    raise BadInput("not JSON", got=word, expected="a number", where=name)


def _too_deep(name: str) -> BadInput:
    return BadInput("nested too deeply", expected=f"at most {MAX_DEPTH} levels", where=name)


def _bound_depth(value: Any, name: str) -> None:
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        inner: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                inner.extend(item.values())
            elif isinstance(item, list):
                inner.extend(item)
        if not inner:
            return
        level = inner
    raise _too_deep(name)


class _Node:
    """A JSON value and where it stands: each step says what it must be."""

    def __init__(self, value: Any, path: str, key: str = "") -> None:
        self.value, self.path, self.key = value, path, key

    def wrong(self, expected: str) -> BadInput:
        kind = {dict: "an object", list: "an array", str: "a string", bool: "true or false", type(None): "null"}
        return BadInput(
            "not as in OpenLineage", got=kind.get(type(self.value), "a number"), expected=expected, where=self.path
        )

    def object(self) -> dict[str, Any]:
        if not isinstance(self.value, dict):
            raise self.wrong("an object")
        return self.value

    def get(self, key: str) -> "_Node | None":
        """The member, or none where it is absent or null."""
        value = self.object().get(key)
        return None if value is None else _Node(value, f"{self.path}.{key}")

    def need(self, key: str) -> "_Node":
        if (node := self.get(key)) is None:
            raise BadInput(f"{key!r} is missing", expected="an OpenLineage event", where=self.path)
        return node

    def members(self) -> "list[_Node]":
        return [_Node(value, f"{self.path}.{key[:MAX_NAME]}", key) for key, value in self.object().items()]

    def items(self) -> "list[_Node]":
        if not isinstance(self.value, list):
            raise self.wrong("an array")
        return [_Node(item, f"{self.path}[{index}]") for index, item in enumerate(self.value)]

    def text(self) -> str:
        """A name: it goes into evidence, so it must be what evidence can hold."""
        if not isinstance(self.value, str):
            raise self.wrong("a string")
        return checked_name(self.value, self.path)


def checked_name(text: str, path: str) -> str:
    """`text` if it can stand in evidence as a name. Raises BadInput."""
    if not text or len(text) > MAX_NAME or any(ord(character) < 32 or ord(character) == 127 for character in text):
        expected = f"1 to {MAX_NAME} characters, none of them a control character"
        raise BadInput("not a name", got=ascii(text[:100]), expected=expected, where=path)
    try:
        canonical.dumps(text)
    except BadInput as error:
        raise BadInput(error.what, got=error.got, expected=error.expected, fix=error.fix, where=path) from error
    return text


def _event(event: _Node) -> Event | None:
    kind = event.get("eventType")
    if kind is not None and kind.text().upper() in _IGNORED:
        return None
    alone = event.get("dataset")
    if alone is not None and event.get("job") is None:
        return Event(None, (), (_output(alone),), _versions([alone]))
    job = event.need("job")
    inputs, outputs = (node.items() if node else [] for node in (event.get("inputs"), event.get("outputs")))
    return Event(
        Job(job.need("namespace").text(), job.need("name").text()),
        tuple(_dataset(node) for node in inputs),
        tuple(_output(node) for node in outputs),
        _versions([*inputs, *outputs]),
    )


def _versions(nodes: list[_Node]) -> tuple[tuple[Dataset, str], ...]:
    found = []
    for node in nodes:
        facets = node.get("facets")
        if facets and (facet := facets.get("version")):
            found.append((_dataset(node), facet.need("datasetVersion").text()))
    return tuple(found)


def _dataset(node: _Node) -> Dataset:
    return Dataset(node.need("namespace").text(), node.need("name").text())


def _output(node: _Node) -> Output:
    facets = node.get("facets")
    facet = facets.get("columnLineage") if facets else None
    if facet is None:
        return Output(_dataset(node), None, ())
    fields, whole = facet.get("fields"), facet.get("dataset")
    return Output(
        _dataset(node),
        {checked_name(column.key, column.path): _fields(column) for column in fields.members()} if fields else {},
        tuple(_reach(item, unless_said=False) for item in whole.items()) if whole else (),
    )


def _fields(column: _Node) -> tuple[Reach, ...]:
    return tuple(_reach(item, unless_said=True) for item in column.need("inputFields").items())


def _reach(node: _Node, *, unless_said: bool) -> Reach:
    """`unless_said`: whether it is direct where the producer does not say. One direct use makes it direct."""
    column = Column(_dataset(node), node.need("field").text())
    stated = node.get("transformations")
    kinds = [item.need("type").text().upper() for item in stated.items()] if stated else []
    return Reach(column, any(kind != "INDIRECT" for kind in kinds) if kinds else unless_said)
