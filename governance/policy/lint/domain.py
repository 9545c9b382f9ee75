"""Cases to evaluate a condition over: for each value that it reads, those at which its answer can change.

A condition over plain values compares them with the numbers and the texts that it names; between two neighbouring ones
its answer stays. So the values at, just below and just above each are tried, in all combinations. What calls functions,
walks lists or reads the clock is not tried at all: nothing is said of it.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from itertools import product
from math import prod
from operator import ge, gt, le, lt
from typing import Any, Literal, NamedTuple, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from governance.canonical import Real
from governance.evidence.evidence import Facts
from governance.evidence.manifest import RISK_TIERS
from governance.policy.expression import GROUPS, PARAMS, Condition

MOST = 5000
"""Cases of one domain; of a larger one nothing is said."""
Values = tuple[Any, ...]
_TOKEN = re.compile(
    r"""(?P<comment>//.*)|(?P<text>"[^"\\\n]*"|'[^'\\\n]*')|(?P<number>(?<![\w.])[0-9]+(?:\.[0-9]+)?(?![\w.]))"""
    r"""|(?P<path>[A-Za-z_]\w*(?:\s*\.\s*[A-Za-z_]\w*)*)|(?P<sign>&&|\|\||[<>=!]=|[-+*<>!?:(),\[\]])|(?P<space>\s+)""",
    re.ASCII,
)
_WORDS = frozenset({"true", "false", "null", "in"})
_FAR = 10**9
_OTHER = "something else"


_BOUNDS: Mapping[str, Callable[[Any, Any], bool]] = {"ge": ge, "gt": gt, "le": le, "lt": lt}
"""As the annotations of numbers name them."""


class Read(NamedTuple):
    """What an expression is made of: paths, and the numbers and texts that it names."""

    paths: tuple[str, ...]
    numbers: tuple[Decimal, ...]
    texts: tuple[str, ...]


def read(text: str) -> Read | None:
    """None for what is not made of paths, values and operators alone."""
    paths, numbers, texts = [], [], []
    at, before = 0, ""
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            return None
        kind, token, at = str(found.lastgroup), found[0], found.end()
        if kind in ("comment", "space"):
            continue
        if kind == "path":
            name = re.sub(r"\s", "", token)
            if name == "has":
                return None
            if name not in _WORDS:
                paths.append(name)
        elif kind == "number":
            numbers.append(Decimal(token))
        elif kind == "text":
            texts.append(token[1:-1])
        elif token == "(" and before and before not in _WORDS and re.fullmatch(r"[\w.\s\])]+", before):
            return None  # a call
        before = token
    return Read(tuple(dict.fromkeys(paths)), tuple(numbers), tuple(texts))


class Domain(NamedTuple):
    """Values for each path of evidence. `shared` are the paths that every condition reads."""

    values: Mapping[str, Values]
    shared: frozenset[str]

    @classmethod
    def of(cls, *conditions: Condition) -> "Domain | None":
        """None where a condition is none of plain values, or where there are too many cases."""
        parts = [read(condition.text) for condition in conditions]
        known = [part for part in parts if part is not None]
        if len(known) < len(parts):
            return None
        numbers = {number for part in known for number in part.numbers}
        texts = {text for part in known for text in part.texts}
        for condition in conditions:
            for value in condition.params.values():
                numbers |= {Decimal(value)} if isinstance(value, int | Decimal) else set()
                texts |= {value} if isinstance(value, str) else set(value) if isinstance(value, tuple) else set()
        evidence = [{path for path in part.paths if path.split(".")[0] != PARAMS} for part in known]
        values = {path: _values(path, sorted(numbers), sorted(texts)) for path in sorted(set().union(*evidence))}
        if not all(values.values()) or prod(map(len, values.values())) > MOST:
            return None
        return cls(values, frozenset(set.intersection(*evidence)))

    def cases(self) -> Iterator[dict[str, Any]]:
        """Nested, as conditions see evidence."""
        for chosen in product(*self.values.values()):
            tree: dict[str, Any] = {}
            for path, value in zip(self.values, chosen, strict=True):
                *above, last = path.split(".")
                inner = tree
                for step in above:
                    inner = inner.setdefault(step, {})
                inner[last] = value
            yield tree


def tried(condition: Condition, domain: Domain) -> list[bool]:
    """Whether it holds, case by case."""
    params = {
        name: float(value) if isinstance(value, Decimal) else list(value) if isinstance(value, tuple) else value
        for name, value in condition.params.items()
    }
    return [_holds(condition.program, case | ({PARAMS: params} if params else {})) for case in domain.cases()]


def _holds(program: Any, data: dict[str, Any]) -> bool:
    from cel_expr_python import cel

    result = program.eval(data=data)
    return bool(result.type() == cel.Type.BOOL and result.value() is True)


def _values(path: str, numbers: list[Decimal], texts: list[str]) -> Values:
    """Empty where no plain value stands at the path."""
    if path == "risk_tier":
        return tuple(RISK_TIERS)
    steps = path.split(".")
    if steps[0] not in GROUPS or len(steps) < 2:
        return ()
    kind: Any = Facts
    field: FieldInfo | None = None
    for step in steps:
        fields = {one.alias or name: one for name, one in kind.model_fields.items()} if kind else {}
        field = fields.get(step)
        if field is None:
            return ()
        options = (field.annotation, *get_args(field.annotation))
        kind = next((one for one in options if isinstance(one, type) and issubclass(one, BaseModel)), None)
    return _of_field(field, numbers, texts) if field is not None and kind is None else ()


def _of_field(field: FieldInfo, numbers: list[Decimal], texts: list[str]) -> Values:
    kinds, marks = _plain(field.annotation), list(field.metadata)
    found: list[Any] = []
    for kind, own in kinds:
        bounds = [*marks, *own]
        if get_origin(kind) is Literal:
            found += get_args(kind)
        elif kind is bool:
            found += [False, True]
        elif kind is int:
            near = {number // 1 + step for number in numbers for step in (-1, 0, 1, 2)} | {0, 1, -1, _FAR}
            found += [int(one) for one in sorted(near) if _within(one, bounds)]
        elif kind is str and (any(mark in get_args(Real)[1:] for mark in bounds) or kind == Real):
            step = Decimal("0.000001")
            near = {number + move for number in numbers for move in (-step, 0, step)} | {0, 1, -1, _FAR}
            found += [float(one) for one in sorted(near)]
        elif kind is str:
            found += [*texts, "", _OTHER]
        elif kind is type(None):
            found.append(None)
        else:
            return ()
    return tuple(dict.fromkeys(found))


def _plain(annotation: Any) -> list[tuple[Any, list[Any]]]:
    """The kinds of a field, each with what its annotation says of it."""
    if get_origin(annotation) is Literal or isinstance(annotation, type):
        return [(annotation, [])]
    if hasattr(annotation, "__metadata__"):
        return [(kind, [*own, *annotation.__metadata__]) for kind, own in _plain(get_args(annotation)[0])]
    if get_origin(annotation) in (tuple, list, dict):
        return [(annotation, [])]
    return [one for inner in get_args(annotation) for one in _plain(inner)]


def _within(value: Decimal | int, bounds: list[Any]) -> bool:
    for bound in bounds:
        for mark in getattr(bound, "metadata", [bound]):  # pydantic keeps some in a field of their own
            for name, holds in _BOUNDS.items():
                if (limit := getattr(mark, name, None)) is not None and not holds(value, limit):
                    return False
    return True
