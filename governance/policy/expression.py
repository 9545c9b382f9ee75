"""Conditions in CEL (Common Expression Language) over a typed view of the evidence.

The engine has edges that could let a broken condition pass, so a condition holds only where the result has type BOOL
and is True, the engine knows no other evidence than what stands under `requires`, and that is there before it runs.
"""

import difflib
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Generic, NamedTuple, TypeVar, get_args

from pydantic import BaseModel

from governance.canonical import Real
from governance.errors import BadInput
from governance.evidence.evidence import EvidenceSet, Facts
from governance.policy.fields import NoField, no_fields, nulls, of_evidence
from governance.policy.finding import Looked, Verdict, listed
from governance.policy.outcome import Outcome
from governance.policy.pieces import Tokens, code_of, cut, doubles, from_the_root, reads_clock
from governance.policy.telling import Ask, Told, broken, compared, digested, said

Kept = TypeVar("Kept")
MAX_CHARACTERS = 4000
_SPLIT = "say it shorter, or in several rules"
PARAMS = "params"
"""The name under which expressions and `with` read the policy's own parameters."""
# A map multiplies what the one before it made: `[x].map(a, a+a+a).map(a, a+a+a)` fills any memory. Steps, depth and
# regular expressions are bounded by the engine.
_MAP = re.compile(r"\.\s*map\s*\(")
GROUPS = tuple(name for name in Facts.model_fields if name != "absent")
_PATH = re.compile(r"(?<![.\w])[a-z_]+(?:\.[a-z_0-9]+)*", re.ASCII)
_NUMBER = re.compile(r"(?<![\w.])[0-9]+(?:\.[0-9]+)?(?![\w.])", re.ASCII)
_NOW = re.compile(r"(?<![.\w])(?<!timestamp\()now(?!\w)", re.ASCII)
_ALWAYS = ("subject", "risk_tier", "inputs")


class Condition(NamedTuple):
    """A compiled condition. `requires` are dotted paths of evidence that must exist, `params` values of the policy.
    `tokens` are those of the text, and `named` the dotted paths in it."""

    text: str
    requires: tuple[str, ...]
    program: Any
    params: Mapping[str, Any]
    tokens: Tokens
    named: tuple[str, ...]

    @property
    def groups(self) -> tuple[str, ...]:
        """Groups of evidence that it can see."""
        return _groups(self.requires)

    @property
    def no_fields(self) -> Iterator[NoField]:
        """What it reads and no evidence has."""
        return no_fields(self.text, self.tokens, of_evidence(self.groups, _ALWAYS))

    @property
    def timed(self) -> bool:
        """Whether it reads the clock."""
        return any(reads_clock(self.tokens, at) for at in range(len(self.tokens)))

    @property
    def declared(self) -> tuple[str, ...]:
        """All names that the engine knows."""
        return (*self.groups, *_ALWAYS, "now", *([PARAMS] if self.params else []))


def compile_condition(
    text: str, requires: tuple[str, ...], where: str, params: Mapping[str, Any] = MappingProxyType({})
) -> Condition:
    """Raises BadInput with the engine's caret for anything that does not compile to a boolean."""
    from cel_expr_python import cel

    # `missing || true` is true: so what it reads must be known to exist, and nothing else is declared to the engine.
    if unknown := [path for path in requires if not _known(path)]:
        raise BadInput("unknown evidence", got=unknown[0], expected=f"a path such as {', '.join(GROUPS)}", where=where)
    if not requires:
        raise BadInput(
            "the expression requires no evidence",
            expected="each group of evidence it reads under `requires:`",
            fix=f"add `requires: [...]` with some of {', '.join(GROUPS)}",
            where=where,
        )
    declared = dict.fromkeys((*_groups(requires), *_ALWAYS), cel.Type.DYN) | {"now": cel.Type.STRING}
    if params:
        _only_known(text, params, where)
        declared[PARAMS] = cel.Type.DYN
    program = compile_boolean(text, declared, where, "evidence that it reads stands under `requires:`")
    named = {path for path in _PATH.findall(text) if "." in path}
    return Condition(text, requires, program, params, cut(text), tuple(sorted(named)))


def _only_known(text: str, params: Mapping[str, Any], where: str) -> None:
    read = members(text, PARAMS)
    uses = re.findall(rf"(?<![.\w]){PARAMS}(?!\w)", code_of(text), re.ASCII)
    if unknown := [name for name in read if name not in params]:
        raise BadInput(**unknown_parameter(unknown[0], params), where=where)
    if len(uses) != len(re.findall(rf"(?<![.\w]){PARAMS}\s*\.\s*[a-z]", code_of(text), re.ASCII)):
        raise BadInput(f"`{PARAMS}` is read as a whole", expected=f"each by its name, as {PARAMS}.name", where=where)


def unknown_parameter(name: str, params: Iterable[str]) -> dict[str, str]:
    """What to say of a parameter that the policy does not have."""
    near = difflib.get_close_matches(name, list(params), n=1)
    fix = f"did you mean {PARAMS}.{near[0]}?" if near else "declare it under `parameters`"
    return {"what": f"the policy has no parameter {name!r}", "expected": ", ".join(sorted(params)), "fix": fix}


def compile_boolean(text: str, declared: dict[str, Any], where: str, undeclared: str) -> Any:
    """A program of the engine over `declared` names. `undeclared`: what to do about others. Raises BadInput."""
    from cel_expr_python import cel

    if len(text) > MAX_CHARACTERS:
        got, expected = f"{len(text)} characters", f"at most {MAX_CHARACTERS}"
        raise BadInput("expression too long", got=got, expected=expected, fix=_SPLIT, where=where)
    code, tokens = code_of(text), cut(text)
    if rooted := from_the_root(tokens):
        raise BadInput(
            "a name begins with a point",
            got=f".{rooted}",
            expected=rooted,
            fix="it means the same without, and is not overlooked by whoever reads",
            where=where,
        )
    if grown := doubles(tokens):
        raise BadInput(
            "the expression goes through a list that it makes itself",
            got=grown,
            expected="a list of the evidence, or one of plain values",
            fix="each such list can be twice as long as the one before: say it without",
            where=where,
        )
    if _MAP.search(code):
        raise BadInput(
            "the expression maps a list to another",
            expected="all, exists, exists_one or filter",
            fix="a chain of `map` can need any amount of memory: say it as a condition on each element",
            where=where,
        )
    if {"/", "%"} & set(code):
        raise BadInput(
            "the expression divides",
            got=text[:80],
            expected="no division: by zero it gives infinity, which clears every limit",
            fix="multiply instead: `a >= 0.8 * b && b > 0`",
            where=where,
        )
    try:
        program = cel.NewEnv(variables=declared).compile(text)
    except RuntimeError as error:
        message = str(error).removeprefix("INVALID_ARGUMENT: ").removesuffix(" [INVALID_ARGUMENT]")
        if found := re.search(r"recursion (?:limit|depth).*?([0-9]+)", message):
            most = f"at most {found[1]} brackets and operators within each other"
            raise BadInput("expression nested too deeply", expected=most, fix=_SPLIT, where=where) from error
        raise BadInput(
            "the expression does not compile",
            got=message,
            expected=f"CEL over {', '.join(declared)}",
            fix=_advice(message, text, undeclared),
            where=where,
        ) from error
    if program.return_type() not in (cel.Type.BOOL, cel.Type.DYN):
        raise BadInput(
            "the expression is not a condition", got=str(program.return_type()), expected="a boolean", where=where
        )
    return program


def _advice(message: str, text: str, undeclared: str) -> str:
    """What to do about a condition that does not compile."""
    if "undeclared" in message:
        return undeclared
    overload = "no matching overload" in message and _NOW.search(code_of(text))
    return "`now` is text, as days are: timestamp(now) is the moment" if overload else ""


def numbers(text: str) -> list[tuple[int, int]]:
    """Where the plain numbers of an expression begin and end: 0.8 and 12, but nothing in text or in a comment."""
    code = code_of(text)
    return [found.span() for found in _NUMBER.finditer(code)]


def members(text: str, name: str) -> list[str]:
    """What an expression reads of a variable, by name: `model.owner` gives owner; in order, each once."""
    code = code_of(text)
    found = re.findall(rf"(?<![.\w]){name}\s*\.\s*([A-Za-z_][A-Za-z_0-9]*)(?!\s*\()", code, re.ASCII)
    return list(dict.fromkeys(found))


@lru_cache(maxsize=1024)
def _groups(requires: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted({path.split(".")[0] for path in requires}))


def _known(path: str) -> bool:
    """Whether the documents of evidence have such a field at all."""
    kind: Any = Facts
    for step in path.split("."):
        fields = {field.alias or name: field.annotation for name, field in kind.model_fields.items()} if kind else {}
        if step not in fields or step == "absent":
            return False
        options = (fields[step], *get_args(fields[step]))
        kind = next((one for one in options if isinstance(one, type) and issubclass(one, BaseModel)), None)
    return True


def view(value: Any, annotation: Any = None) -> Any:
    """Documents as CEL sees them: reals are finite doubles, counts ints, the rest text, lists, maps and null.

    Raises RuntimeError for a real that no double can hold: as infinity it would clear every limit.
    """
    if isinstance(value, BaseModel):
        return {alias: view(getattr(value, name), kind) for alias, name, kind in _fields(type(value))}
    if isinstance(value, tuple | list):
        return [view(item, annotation) for item in value]
    if isinstance(value, dict):
        return {key: view(item, annotation) for key, item in value.items()}
    if annotation != Real or not isinstance(value, str):
        return value
    number = float(value)
    if not math.isfinite(number):
        raise RuntimeError(f"{value} is beyond what a double can hold")
    return number


@lru_cache
def _fields(model: type[BaseModel]) -> tuple[tuple[str, str, Any], ...]:
    """How each field is called for CEL and for us, and whether it is a real: asked once for each kind of document."""
    return tuple(
        (field.alias or name, name, _kind(field.annotation, field.metadata))
        for name, field in model.model_fields.items()
    )


class _Same(Generic[Kept]):
    """What does not change, and is the same where it is the very object: to compare it would cost more than it
    saves."""

    def __init__(self, kept: Kept) -> None:
        self.kept = kept

    def __hash__(self) -> int:
        return id(self.kept)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.kept is self.kept


@lru_cache(maxsize=64)
def _seen(of: _Same[EvidenceSet], name: str) -> Any:
    """The view of a part of the evidence, which the next rule asks for again."""
    return view(getattr(of.kept if name in _ALWAYS else of.kept.facts, name))


class _Data(NamedTuple):
    """What a condition reads, by name; and the same as the engine has turned it into its own values."""

    plain: dict[str, Any]
    activation: Any


@lru_cache(maxsize=16)
def _data(of: _Same[EvidenceSet], groups: tuple[str, ...], now: str, params: _Same[Mapping[str, Any]]) -> _Data:
    """For all conditions that see these groups: what the engine has turned into its values it does not turn again,
    which takes most of its time."""
    from cel_expr_python import cel

    plain = {name: _seen(of, name) for name in (*groups, *_ALWAYS)} | {"now": now}
    if params.kept:
        plain[PARAMS] = {
            name: float(value) if isinstance(value, Decimal) else list(value) if isinstance(value, tuple) else value
            for name, value in params.kept.items()
        }
    return _Data(plain, cel.NewEnv(variables=dict.fromkeys(plain, cel.Type.DYN)).Activation(plain))


@lru_cache(maxsize=4096)
def _piece(text: str, declared: tuple[str, ...]) -> Any:
    """A piece of a condition, compiled once. Raises RuntimeError for what is none."""
    from cel_expr_python import cel

    return cel.NewEnv(variables=dict.fromkeys(declared, cel.Type.DYN)).compile(text)


def _kind(annotation: Any, metadata: list[Any]) -> Any:
    """Real, if the field (or a member of its union, list or mapping) is declared so; else None."""
    marks = get_args(Real)[1:]
    if any(mark in metadata for mark in marks) or annotation == Real:
        return Real
    return Real if any(_kind(inner, []) == Real for inner in get_args(annotation)) else None


def evaluate(condition: Condition, evidence: EvidenceSet, now: str) -> Verdict:
    """Pass, fail, inconclusive (required evidence is not there) or error (the engine could not say)."""
    from cel_expr_python import cel

    data, activation = _data(_Same(evidence), condition.groups, now, _Same(condition.params))
    looked = []
    for path in condition.requires:
        value = _at(data, path)
        if value is None:
            return Verdict(outcome=Outcome.INCONCLUSIVE, why=f"{path} is not in the evidence")
        looked.append(Looked(path=path, value=None if isinstance(value, dict | list) else str(value)))
    for path in condition.named:
        value = _at(data, path)
        if isinstance(value, str | int | float):
            looked.append(Looked(path=path, value=format(value, ".9g") if isinstance(value, float) else str(value)))
    result = condition.program.eval(activation)
    # An error is a value too, and a truthy one: only BOOL True holds. Other values are not shown: the engine's maps
    # have no order, and the same evidence must give the same words.
    if result.type() != cel.Type.BOOL:
        gave = f"{result.type()}: {result.value()}" if result.type() == cel.Type.ERROR else str(result.type())
        why = f"the expression gave {gave}, not true or false"
        if absent := nulls(condition.text, condition.tokens, of_evidence(condition.groups, _ALWAYS), data):
            why += f"; {listed(absent, _SHOWN)} {'is' if len(absent) == 1 else 'are'} null"
        return Verdict(outcome=Outcome.ERROR, why=why, looked_at=tuple(looked), fix=_NULL if absent else "")
    ask = _asking(condition, data, activation)
    if result.value() is True:
        told = compared(condition.tokens, data, ask) or Told(f"{condition.text.strip()} is true")
        outcome, why = Outcome.PASS, told.why
    else:
        told = broken(condition.tokens, data, ask)
        rest = ", ".join(dict.fromkeys(_read(condition, data, told.paths)))
        outcome, why = Outcome.FAIL, f"{told.why} (where {rest})" if rest else told.why
    seen_first = tuple(dict.fromkeys((one.path, one.value) for one in (*told.looked, *looked)))
    looked_at = tuple(Looked(path=path, value=value) for path, value in seen_first)
    return Verdict(outcome=outcome, why=why, looked_at=looked_at, limit=told.limit)


def _asking(condition: Condition, data: dict[str, Any], activation: Any) -> Ask:
    """Asks the engine about pieces of a condition, over the same data."""
    from cel_expr_python import cel

    programs: dict[tuple[str, ...], tuple[Any, list[str]]] = {}
    declared = condition.declared

    def ask(text: str, names: Mapping[str, Any]) -> Any:
        key = (text, *names)
        if key not in programs:
            try:
                program = _piece(text, tuple(dict.fromkeys((*declared, *names))))
            except RuntimeError as error:
                raise LookupError(text) from error
            # Asked of each element of a list, it is not handed the whole list each time.
            programs[key] = program, [name for name in (*data, *names) if name in text]
        program, read = programs[key]
        if names:
            result = program.eval(data={name: names[name] if name in names else data[name] for name in read})
        else:
            result = program.eval(activation)
        if result.type() == cel.Type.ERROR:
            raise LookupError(text)
        return result.value()

    return ask


def _read(condition: Condition, data: dict[str, Any], told: frozenset[str]) -> Iterator[str]:
    """What the condition names and is not `told` yet, each with its value, what is long with its digest: so that a
    failure over other facts never reads as this one. Not the clock: the same failure of tomorrow is the same."""
    named = _PATH.findall(code_of(condition.text))
    # A group that is named in some other way counts as a whole.
    named += [group for group in condition.groups if not any(path.split(".")[0] == group for path in named)]
    for path in dict.fromkeys(named):
        steps = path.split(".")
        if path in told or steps[0] not in data or steps[0] == "now":
            continue
        value, depth = data[steps[0]], 1
        # What stands behind a list or a value is a function of CEL.
        while depth < len(steps) and isinstance(value, dict) and steps[depth] in value:
            value, depth = value[steps[depth]], depth + 1
        if (place := ".".join(steps[:depth])) not in told:
            shown = digested(value) if isinstance(value, dict | list) else said(value)
            yield f"{place} is {shown}"


_SHOWN = 3
_NULL = "have the expression say what holds where there is nothing, as in `x.expires == null || ...`; or state it"


def _at(tree: Any, path: str) -> Any:
    for step in path.split("."):
        if not isinstance(tree, dict) or step not in tree:
            return None
        tree = tree[step]
    return tree
