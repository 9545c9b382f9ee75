"""Evidence said short: `written` the other way round, so that evidence of examples can stand in the cases of a policy.

What is left out is null or empty, and a list of things that have names is a mapping by their names.
"""

from collections.abc import Iterator
from types import NoneType
from typing import Any

from pydantic import BaseModel

from governance.evidence.evidence import EvidenceSet, Facts
from governance.evidence.fairness import FairnessFacts
from governance.policy.notation import FORMS, alternatives, hints
from governance.policy.rule import Rule

Tree = dict[str, Any]
_LEFT_OUT = ("origin",)
_NOT_READ = ("path", "sha256", "size", "seed", "replicates")
"""What need not be written of a thing that has a name, where its form has it."""


def is_evidence(value: Any) -> bool:
    """Whether it is what cases can have as evidence; some rules are judged on acts."""
    return isinstance(value, BaseModel)


def facts_of(rule: Rule, evidence: Any) -> Tree:
    """What a rule is judged on, by the names under which cases have it: groups of facts, and the inputs."""
    if not isinstance(evidence, EvidenceSet):
        return {rule.facts: _short(evidence)}
    found: Tree = {name: _short(group) for name in Facts.model_fields if (group := getattr(evidence.facts, name))}
    return found | ({"inputs": _short(evidence.inputs)} if evidence.inputs else {})


def merge_patch(old: Tree, new: Tree) -> Tree:
    """What makes `old` of `new` come true as a JSON merge patch (RFC 7396); None stands for null, which removes."""
    patch: Tree = {key: None for key in old if new.get(key) is None}
    for key, value in new.items():
        now = old.get(key)
        if value is None or value == now:
            continue
        patch[key] = merge_patch(now, value) if isinstance(value, dict) and isinstance(now, dict) else value
    return patch


def emptied(evidence: Any) -> Iterator[tuple[str, Any]]:
    """The same facts, each time without what one of their lists names."""
    if isinstance(evidence, EvidenceSet):
        return
    for name, value in evidence:
        if value and isinstance(value, tuple):
            yield name, evidence.model_copy(update={name: ()})


def _short(value: Any) -> Any:
    if isinstance(value, FairnessFacts):
        return {
            "*".join(table.attributes): {_group(cell.group): _cell(cell) for cell in table.cells}
            for table in value.tables
        }
    if isinstance(value, BaseModel):
        return _document(value)
    if isinstance(value, tuple | list):
        return _listed(value)
    if isinstance(value, dict):
        return {key: _short(one) for key, one in value.items()}
    return str(value).lower() if isinstance(value, bool) else value


def _document(value: BaseModel) -> Tree:
    kinds = hints(type(value))
    fields = type(value).model_fields.items()
    found = {field.alias or name: getattr(value, name) for name, field in fields if name not in _LEFT_OUT}
    # What is left out is null where it may be, so an empty list has to be written there.
    return {
        name: _short(one)
        for name, one in found.items()
        if one is not None and (one != () or NoneType in alternatives(kinds[name]))
    }


def _listed(value: Any) -> Any:
    """By name where everything has one of its own; else as it is."""
    form = FORMS.get(type(value[0])) if value else None
    names = [str(getattr(one, form.key, "")) for one in value] if form else []
    if form is None or not all(names) or len(set(names)) < len(names):
        return [_short(one) for one in value]
    left = {form.key, *(key for key in form.rest("", 0) if key in _NOT_READ)}
    return {
        name: {key: said for key, said in _document(one).items() if key not in left}
        for name, one in zip(names, value, strict=True)
    }


def _group(group: tuple[str | None, ...]) -> str:
    return "*".join("unknown" if member is None else member for member in group)


def _cell(cell: BaseModel) -> Tree:
    return {name: said for name, said in _document(cell).items() if name != "group"}
