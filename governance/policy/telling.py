"""Why a condition in CEL does not hold, in words: which part of it, over which values, against which threshold.

A condition is cut where its text says so (`&&`, `||`, `!`, comparisons, `all`, `exists`, `exists_one`, `has`), and the
engine itself is asked about every piece. What it does not confirm is not told: that piece is then named as a whole.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from governance.canonical import real, sha256
from governance.policy.finding import Limit, Looked
from governance.policy.pieces import (
    Tokens,
    at_top,
    closing,
    is_field,
    is_plain,
    reads_clock,
    relation,
    shown,
    split,
    unwrapped,
)

SHOWN = 3
"""Elements of a list that are named one by one."""
MOST_ASKED = 20_000
"""Questions to the engine about one condition; beyond, what is left is named as a whole."""
LONGEST = 80
"""Characters of a value that are shown; a longer one is told by its digest: two that differ never read alike."""
_OPPOSITE = {"<=": ">", ">": "<=", ">=": "<", "<": ">=", "==": "!=", "!=": "==", "in": "not in", "not in": "in"}
_TURNED = {"<=": ">=", ">=": "<=", "<": ">", ">": "<", "==": "==", "!=": "!="}
_WORDS = {
    "<=": "at most {}",
    ">=": "at least {}",
    "<": "less than {}",
    ">": "more than {}",
    "==": "{}",
    "!=": "anything but {}",
    "in": "one of {}",
    "not in": "none of {}",
}
_LIMITS = {"<=": "at_most", ">=": "at_least", "==": "is"}
_NAMES = ("name", "id", "feature", "group", "attributes", "principal", "metric", "role", "kind", "path", "item")
"""Fields by which an element of evidence is called, the first that it has."""

Ask = Callable[[str, Mapping[str, Any]], Any]
"""(an expression, names bound beside the evidence) -> its value. Raises LookupError where the engine gives none."""


class Told(NamedTuple):
    """`why` says what does not hold, `looked` the values that decided it, most telling first. `limit`: where one number
    was held against one threshold. `paths`: whose values stand in `why`, as the condition names them."""

    why: str
    looked: tuple[Looked, ...] = ()
    limit: Limit | None = None
    paths: frozenset[str] = frozenset()


_Names = Mapping[str, tuple[str, Any]]
"""Names that `all` and `exists` bind: where the element stands, and what it is."""


def broken(tokens: Tokens, data: Mapping[str, Any], ask: Ask) -> Told:
    """Why a condition that the engine found false is false. `data`: what it reads, by name."""
    return _Teller(data, ask).tell(tokens, True, {})


def compared(tokens: Tokens, data: Mapping[str, Any], ask: Ask) -> Told | None:
    """For a condition that holds and is one comparison: what was held against what."""
    tokens = unwrapped(tokens)
    if at_top(tokens, "?", "||", "&&") or not (found := relation(tokens)):
        return None
    try:
        return _Teller(data, ask).comparison(tokens, found, True, {})
    except LookupError:
        return None


def said(value: Any) -> str:
    """A value for a sentence."""
    text = format(value, ".9g") if isinstance(value, float) else json.dumps(value, sort_keys=True, ensure_ascii=False)
    return text if len(text) <= LONGEST else digested(value)


def digested(value: Any) -> str:
    """What is too long for a sentence."""
    return f"what has the digest {sha256(json.dumps(value, sort_keys=True).encode())[:12]}"


class _Enough(LookupError):
    """As many questions were asked as may be."""


class _Teller:
    def __init__(self, data: Mapping[str, Any], ask: Ask) -> None:
        self._data, self._engine, self._left = data, ask, MOST_ASKED

    def tell(self, tokens: Tokens, want: bool, names: _Names) -> Told:
        """Why `tokens` is not `want`, which the engine has confirmed."""
        tokens = unwrapped(tokens)
        if relation(tokens) is None and not at_top(tokens, "?", "||", "&&"):
            bangs = next((at for at, one in enumerate(tokens) if one.text != "!"), 0)
            tokens, want = unwrapped(tokens[bangs:]), want is (bangs % 2 == 0)
        try:
            return self._cut(tokens, want, names)
        except LookupError:
            return _whole(tokens, want)

    def _cut(self, tokens: Tokens, want: bool, names: _Names) -> Told:
        if at_top(tokens, "?"):
            return _whole(tokens, want)
        for mark in ("||", "&&"):
            if parts := split(tokens, mark):
                # Of a conjunction that should hold, those at fault are the ones that do not; of a disjunction, all.
                at_fault = [part for part in parts if self._truth(part, names) is (not want)]
                return _joined([self.tell(part, want, names) for part in at_fault]) or _whole(tokens, want)
        if found := relation(tokens):
            return self.comparison(tokens, found, want, names)
        if tokens[0].text == "has" and closing(tokens, 1) == len(tokens) - 1:
            return Told(f"{shown(tokens[2:-1])} is {'not there' if want else 'there'}")
        return self._macro(tokens, want, names) or _whole(tokens, want)

    def comparison(self, tokens: Tokens, at: int, want: bool, names: _Names) -> Told:
        """One number, or text, against another. Raises LookupError where the engine gives no value for either."""
        left, mark, right = unwrapped(tokens[:at]), tokens[at].text, unwrapped(tokens[at + 1 :])
        if _is_given(left) and not _is_given(right) and mark in _TURNED:
            left, mark, right = right, _TURNED[mark], left
        mark = mark if want else _OPPOSITE[mark]
        value, bound = self._value(left, names), self._value(right, names)
        asked, paths = _bound(right, bound), {shown(left)}
        # A plain value says all; of anything else it is said what it came to.
        if not is_plain(right):
            paths.add(shown(right))
        tail = ""
        if not _is_given(right) and bound is not _CLOCK:
            tail = f", which is {said(bound)}"
        stated = shown(left) if value is _CLOCK or is_plain(left) else f"{shown(left)} is {said(value)}"
        why = f"{stated}, {_WORDS[mark].format(asked)} asked{tail}"
        looked = [
            Looked(path=_placed(side, names), value=value if isinstance(value, str) else said(value))
            for side, value in ((left, value), (right, bound))
            if not _is_given(side) and value is not _CLOCK and isinstance(value, str | int | float)
        ]
        return Told(why, tuple(looked), _limit(mark, value, right, bound), frozenset(paths))

    def _macro(self, tokens: Tokens, want: bool, names: _Names) -> Told | None:
        """A condition on the elements of a list, or on the keys of a map."""
        opened = next((at for at, one in enumerate(tokens) if one.text == "(" and closing(tokens, at)), 0)
        if closing(tokens, opened) != len(tokens) - 1 or opened < 3 or tokens[opened - 2].text != ".":
            return None
        target, kind, inner = tokens[: opened - 2], tokens[opened - 1].text, tokens[opened + 1 : -1]
        if kind not in ("all", "exists", "exists_one") or len(inner) < 3 or inner[1].text != ",":
            return None
        variable, body, here = inner[0].text, inner[2:], shown(target)
        elements = _elements(_placed(target, names), self._value(target, names))
        found = [(one, self._truth(body, {**names, variable: one})) for one in elements]
        hold, fail = ([one for one, truth in found if truth is wanted] for wanted in (True, False))
        total = f"{len(elements)} in {here}"
        if kind == "exists_one" and want:
            return Told(f"{len(hold)} of {total} meet {shown(body)}, exactly one asked")
        if kind == "exists" and want:
            if not elements:
                return Told(f"{here} is empty, one with {shown(body)} asked")
            return self._named(f"none of {total} meets {shown(body)}", variable, body, fail, want, names)
        if (kind, want) in (("all", True), ("exists", False)):
            wrong = fail if want else hold
            return self._named(f"{len(wrong)} of {total} at fault", variable, body, wrong, want, names)
        return None

    def _named(
        self,
        what: str,
        variable: str,
        body: Tokens,
        wrong: Sequence[tuple[str, Any]],
        want: bool,
        names: _Names,
    ) -> Told:
        """The first elements that are at fault, each with why."""
        told = [(one, self.tell(body, want, {**names, variable: one})) for one in wrong[:SHOWN]]
        each = [f"{_called(*one)}: {element.why}" for one, element in told]
        more = [f"{len(wrong) - SHOWN} more"] if len(wrong) > SHOWN else []
        looked = tuple(looked for _, element in told for looked in element.looked)
        return Told(f"{what}: {' and '.join([*each, *more])}", looked)

    def _truth(self, tokens: Tokens, names: _Names) -> bool | None:
        """What the engine says; None where that is neither true nor false."""
        try:
            found = self._ask(tokens, names)
        except _Enough:
            raise
        except LookupError:
            return None
        return found if isinstance(found, bool) else None

    def _value(self, tokens: Tokens, names: _Names) -> Any:
        """What an expression comes to; the clock where it reads that: the same failure of tomorrow is the same."""
        if any(reads_clock(tokens, at) for at in range(len(tokens))):
            return _CLOCK
        found = self._ask(tokens, names)
        if isinstance(found, datetime | timedelta):
            return str(found)
        # The engine's own lists and maps are not ours to read: they stand in the evidence, where they come from.
        return found if isinstance(found, str | bool | int | float | None) else self._at(tokens, names)

    def _at(self, tokens: Tokens, names: _Names) -> Any:
        """What stands in the evidence at a path. Raises LookupError where it is no path."""
        if is_plain(tokens):
            return [token.text for token in tokens if token.kind in ("text", "number")]
        first = tokens[0].text
        value = names[first][1] if first in names else self._data[first]
        at = 1
        while at < len(tokens):
            one, after = tokens[at].text, tokens[at + 1 : at + 2]
            if one == "." and after and after[0].kind == "name":
                value, at = _step(value, after[0].text), at + 2
            elif one == "[" and closing(tokens, at) == at + 2:
                key = self._ask(after, names)
                value, at = _step(value, key), at + 3
            else:
                raise LookupError(one)
        return value

    def _ask(self, tokens: Tokens, names: _Names) -> Any:
        if not self._left:
            raise _Enough
        self._left -= 1
        return self._engine(shown(tokens, whole=True), {name: value for name, (_, value) in names.items()})


_CLOCK = object()
"""In place of a value that depends on when it is asked for."""


def _placed(tokens: Tokens, names: _Names) -> str:
    """The text with each bound name replaced by where its element stands."""
    return shown(
        [
            one._replace(text=names[one.text][0])
            if one.kind == "name" and one.text in names and not is_field(tokens, at)
            else one
            for at, one in enumerate(tokens)
        ]
    )


def _is_given(tokens: Tokens) -> bool:
    """What the policy gives: a plain value, or a parameter of it."""
    return is_plain(tokens) or (len(tokens) == 3 and tokens[0].text == "params" and tokens[1].text == ".")


def _bound(tokens: Tokens, value: Any) -> str:
    if is_plain(tokens) or not _is_given(tokens):
        return shown(tokens)
    return f"{said(value)} ({shown(tokens)})"


def _limit(mark: str, value: Any, tokens: Tokens, bound: Any) -> Limit | None:
    """The threshold, where a number is held against one that the policy gives."""
    numbers = all(isinstance(one, int | float) and not isinstance(one, bool) for one in (value, bound))
    if mark not in _LIMITS or not numbers or not _is_given(tokens):
        return None
    return Limit(op=_LIMITS[mark], value=real(bound) if isinstance(bound, float) else str(bound))  # type: ignore[arg-type]


def _whole(tokens: Tokens, want: bool) -> Told:
    return Told(f"{shown(tokens)} is {'false' if want else 'true'}")


def _joined(told: Sequence[Told]) -> Told | None:
    if len(told) < 2:
        return told[0] if told else None
    looked = tuple(dict.fromkeys(looked for one in told for looked in one.looked))
    paths = frozenset[str]().union(*(one.paths for one in told))
    return Told(" and ".join(dict.fromkeys(one.why for one in told)), looked, None, paths)


def _elements(path: str, value: Any) -> list[tuple[str, Any]]:
    """What `all` goes through: of a list its elements, of a map its keys. Each with where it stands."""
    if isinstance(value, list):
        return [(f"{path}[{at}]", one) for at, one in enumerate(value)]
    if isinstance(value, dict):
        return [(json.dumps(key, ensure_ascii=False), key) for key in value]
    raise LookupError(path)


def _called(place: str, element: Any) -> str:
    """`[3] (ann)`: which of its list it is, and by what name it goes."""
    index = place[place.rindex("[") :] if place.endswith("]") else place
    named: Iterator[Any] = (element[name] for name in _NAMES if isinstance(element, dict) and element.get(name))
    name = next(named, None)
    parts = name if isinstance(name, list) else [name]
    if name is None or not all(isinstance(one, str | None) for one in parts):
        return index
    text = " x ".join("unknown" if one is None else one for one in parts)
    return f"{index} ({text[:LONGEST]})"


def _step(value: Any, key: Any) -> Any:
    if isinstance(value, dict) and key in value:
        return value[key]
    if isinstance(value, list) and isinstance(key, int) and 0 <= key < len(value):
        return value[key]
    raise LookupError(str(key))
