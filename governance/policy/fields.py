"""Fields that an expression reads, held against the documents of evidence: one that no document has is a slip.

It follows names, points, indices and the variables of macros. What comes out of a function, a literal or a choice it
does not follow, and says nothing of.
"""

import difflib
from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import Annotated, Any, NamedTuple, get_args, get_origin

from pydantic import BaseModel

from governance.evidence.evidence import EvidenceSet, Facts
from governance.policy.pieces import MACROS, Tokens, closing, is_field, starts


class NoField(NamedTuple):
    """`path`: up to what has no such field. `offset`: where the name stands in the text. `known`: what is there;
    nothing where it is a plain value, or a list."""

    path: str
    name: str
    offset: int
    known: tuple[str, ...]
    a_list: bool

    @property
    def details(self) -> dict[str, str]:
        """What to say of it."""
        near = difflib.get_close_matches(self.name, self.known, n=1)
        fix = f"did you mean {self.path}.{near[0]}?" if near else ""
        if self.a_list:
            fix = f"it is a list: say it of each of its elements, as {self.path}.all(one, one.{self.name} ...)"
        what = f"{self.path} has no field {self.name!r}"
        return {"what": what, "expected": ", ".join(self.known) or f"{self.path} as it is", "fix": fix}


def no_fields(text: str, tokens: Tokens, names: Mapping[str, Any]) -> Iterator[NoField]:
    """All in the text of an expression, as cut, over these `names`, each with its type."""
    yield from _Reading(tokens, starts(text)).all(0, len(tokens), _scope(names))


def of_evidence(groups: tuple[str, ...], always: tuple[str, ...]) -> dict[str, Any]:
    """Types of what a condition sees of evidence, by name."""
    facts, whole = Facts.model_fields, EvidenceSet.model_fields
    return {name: facts[name].annotation for name in groups} | {name: whole[name].annotation for name in always}


_EACH = "[...]"  # a step of a path: any element of a list


def nulls(text: str, tokens: Tokens, names: Mapping[str, Any], data: Mapping[str, Any]) -> list[str]:
    """Where there is nothing of what the text of an expression reads below these `names` in `data`, each element of a
    list by its place."""
    reading = _Reading(tokens, starts(text))
    list(reading.all(0, len(tokens), _scope(names)))
    return list(dict.fromkeys(path for steps in reading.read for path in _nulls(data, steps)))


class _Found(NamedTuple):
    """What a part of an expression is: its type, what it is called there, and its steps from the evidence; none
    where it comes from elsewhere."""

    kind: Any
    path: str = ""
    steps: tuple[str, ...] = ()

    def each(self, path: str) -> "_Found":
        return _Found(_element(self.kind), path, (*self.steps, _EACH) if self.steps else ())


_Scope = Mapping[str, _Found]
_UNKNOWN = _Found(Any)


def _scope(names: Mapping[str, Any]) -> _Scope:
    return {name: _Found(kind, name, (name,)) for name, kind in names.items()}


class _Reading:
    def __init__(self, tokens: Tokens, offsets: list[int]) -> None:
        self._tokens, self._offsets = tokens, offsets
        self.read: list[tuple[str, ...]] = []

    def all(self, at: int, end: int, scope: _Scope) -> Iterator[NoField]:
        while at < end:
            token = self._tokens[at]
            if token.kind == "name" and token.text in scope and not is_field(self._tokens, at):
                at = yield from self._chain(at + 1, end, scope[token.text], scope)
            else:
                at += 1

    def _chain(self, at: int, end: int, found: _Found, scope: _Scope) -> Generator[NoField, None, int]:
        """What follows a name; gives the place behind it."""
        tokens = self._tokens
        while at < end:
            kind, path, steps = found
            close = closing(tokens, at + 2) if at + 2 < end and tokens[at + 2].text == "(" else None
            if tokens[at].text == "[" and (over := closing(tokens, at)):
                yield from self.all(at + 1, over, scope)
                found, at = found.each(f"{path}{_EACH}"), over + 1
            elif tokens[at].text != "." or at + 1 >= end or tokens[at + 1].kind != "name":
                break
            elif close is not None:
                macro, variable = tokens[at + 1].text in MACROS, tokens[at + 3]
                if macro and variable.kind == "name" and tokens[at + 4].text == ",":
                    inner = {**scope, variable.text: found.each(variable.text)}
                    yield from self.all(at + 5, close, inner)
                else:
                    yield from self.all(at + 3, close, scope)
                found = found if macro and tokens[at + 1].text == "filter" else _UNKNOWN
                at = close + 1
            else:
                name = tokens[at + 1].text
                known = _fields(kind)
                if known is not None and name not in known:
                    yield NoField(path, name, self._offsets[at + 1], tuple(known), _is_list(kind))
                found = _Found(
                    known.get(name, Any) if known else Any, f"{path}.{name}", (*steps, name) if steps else ()
                )
                self.read += [found.steps] if steps else []
                at += 2
        return at


def _plain(kind: Any) -> tuple[Any, ...]:
    """The members of a type, without null and marks."""
    if get_origin(kind) is Annotated:
        return _plain(get_args(kind)[0])
    inner = get_args(kind)
    if inner and get_origin(kind) not in (tuple, list, dict) and not _is_literal(kind):
        return tuple(one for each in inner for one in _plain(each) if one is not type(None))
    return (kind,)


def _is_literal(kind: Any) -> bool:
    return not any(isinstance(one, type) or get_args(one) for one in get_args(kind))


def _is_list(kind: Any) -> bool:
    return all(get_origin(one) in (tuple, list) for one in _plain(kind))


def _fields(kind: Any) -> dict[str, Any] | None:
    """Fields by name, with their types; none of a plain value; None where anything may be there."""
    found: dict[str, Any] = {}
    for one in _plain(kind):
        if isinstance(one, type) and issubclass(one, BaseModel):
            for name, field in one.model_fields.items():
                called = field.alias or name
                # In several members: whichever it is.
                found[called] = Any if called in found else field.annotation
        elif get_origin(one) is dict or one is Any:
            return None
    return found


def _element(kind: Any) -> Any:
    """Of a list, or the key of a map: what an index or a macro reaches; anything where that is not one type."""
    (one, *others) = _plain(kind)
    if others or get_origin(one) not in (tuple, list):
        return Any
    inner = [each for each in get_args(one) if each is not Ellipsis]
    return inner[0] if len(inner) == 1 else Any


def _nulls(tree: Any, steps: Sequence[str], path: str = "") -> Iterator[str]:
    """Where on the way there is nothing, each element of a list by its place."""
    if tree is None:
        yield path
    elif steps and steps[0] == _EACH:
        for place, one in enumerate(tree if isinstance(tree, list) else ()):
            yield from _nulls(one, steps[1:], f"{path}[{place}]")
    elif steps and isinstance(tree, Mapping) and steps[0] in tree:
        yield from _nulls(tree[steps[0]], steps[1:], f"{path}.{steps[0]}" if path else steps[0])
