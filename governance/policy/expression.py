"""Conditions in CEL (Common Expression Language) over a typed view of the evidence.

The engine has edges that could let a broken condition pass, so a condition holds only where the result has type BOOL
and is True, every name is declared, and the evidence it names under `requires` is there before it runs.
"""

import re
from typing import Any, NamedTuple, get_args

from pydantic import BaseModel

from governance.canonical import Real
from governance.errors import BadInput
from governance.evidence.evidence import EvidenceSet, Facts
from governance.policy.finding import Looked, Verdict
from governance.policy.outcome import Outcome

MAX_CHARACTERS = 4000
GROUPS = tuple(name for name in Facts.model_fields if name != "absent")
_VARIABLES = (*GROUPS, "subject", "risk_tier", "inputs")
_STRING = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")


class Condition(NamedTuple):
    """A compiled condition. `requires` are dotted paths of evidence that must exist."""

    text: str
    requires: tuple[str, ...]
    program: Any


def compile_condition(text: str, requires: tuple[str, ...], where: str) -> Condition:
    """Raises BadInput with the engine's caret for anything that does not compile to a boolean."""
    from cel_expr_python import cel

    if len(text) > MAX_CHARACTERS:
        raise BadInput("expression too long", got=f"{len(text)} characters", expected=f"{MAX_CHARACTERS}", where=where)
    declared = dict.fromkeys(_VARIABLES, cel.Type.DYN) | {"now": cel.Type.STRING}
    try:
        program = cel.NewEnv(variables=declared).compile(text)
    except RuntimeError as error:
        message = str(error).removeprefix("INVALID_ARGUMENT: ").removesuffix(" [INVALID_ARGUMENT]")
        raise BadInput("the expression does not compile", got=message, expected="CEL", where=where) from error
    if program.return_type() not in (cel.Type.BOOL, cel.Type.DYN):
        raise BadInput(
            "the expression is not a condition", got=str(program.return_type()), expected="a boolean", where=where
        )
    roots = {path.split(".")[0] for path in requires}
    if unknown := roots - set(GROUPS):
        raise BadInput("unknown evidence", got=sorted(unknown)[0], expected=", ".join(GROUPS), where=where)
    # `missing || true` is true: whatever is read must be known to exist.
    used = set(re.findall(r"(?<![.\w])[a-z_]+", _STRING.sub("''", text))) & set(GROUPS)
    if bare := (used - roots) or (set() if requires else {"nothing"}):
        raise BadInput(
            "the expression reads evidence that it does not require",
            got=", ".join(sorted(bare)),
            expected="each group of evidence it reads under `requires:`",
            fix=f"add `requires: [{', '.join(sorted(used) or GROUPS[:1])}]`",
            where=where,
        )
    return Condition(text, requires, program)


def view(value: Any, annotation: Any = None) -> Any:
    """Documents as CEL sees them: reals are doubles, counts ints, the rest text, lists, maps and null."""
    if isinstance(value, BaseModel):
        return {
            field.alias or name: view(getattr(value, name), _kind(field.annotation, field.metadata))
            for name, field in type(value).model_fields.items()
        }
    if isinstance(value, tuple | list):
        return [view(item, annotation) for item in value]
    if isinstance(value, dict):
        return {key: view(item, annotation) for key, item in value.items()}
    return float(value) if annotation == Real and isinstance(value, str) else value


def _kind(annotation: Any, metadata: list[Any]) -> Any:
    """Real, if the field (or a member of its union, list or mapping) is declared so; else None."""
    marks = get_args(Real)[1:]
    if any(mark in metadata for mark in marks) or annotation == Real:
        return Real
    return Real if any(_kind(inner, []) == Real for inner in get_args(annotation)) else None


def evaluate(condition: Condition, evidence: EvidenceSet, now: str) -> Verdict:
    """Pass, fail, inconclusive (required evidence is not there) or error (the engine could not say)."""
    from cel_expr_python import cel

    seen: dict[str, Any] = view(evidence.facts)
    looked = []
    for path in condition.requires:
        value = _at(seen, path)
        if value is None:
            return Verdict(outcome=Outcome.INCONCLUSIVE, why=f"{path} is not in the evidence")
        looked.append(Looked(path=path, value=None if isinstance(value, dict | list) else str(value)))
    data = {name: seen[name] for name in GROUPS}
    data |= {name: view(getattr(evidence, name)) for name in ("subject", "risk_tier", "inputs")} | {"now": now}
    for path in sorted(set(re.findall(r"(?<![.\w])[a-z_]+(?:\.[a-z_0-9]+)+", condition.text))):
        value = _at(data, path)
        if isinstance(value, str | int | float):
            looked.append(Looked(path=path, value=format(value, ".9g") if isinstance(value, float) else str(value)))
    result = condition.program.eval(data=data)
    # An error is a value too, and a truthy one: only BOOL True holds.
    if result.type() != cel.Type.BOOL:
        why = f"the expression gave {result.type()}: {result.value()}"
        return Verdict(outcome=Outcome.ERROR, why=why, looked_at=tuple(looked))
    holds = result.value() is True
    why = f"{condition.text.strip()} is {'true' if holds else 'false'}"
    return Verdict(outcome=Outcome.PASS if holds else Outcome.FAIL, why=why, looked_at=tuple(looked))


def _at(tree: Any, path: str) -> Any:
    for step in path.split("."):
        if not isinstance(tree, dict) or step not in tree:
            return None
        tree = tree[step]
    return tree
