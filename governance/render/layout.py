"""The one layout of a policy file: keys in the order of the document, short values in one line, comments kept.

Two spaces for each level, lines of at most 120 characters, quotes only where the text would mean something else
without. What is read from it is what was read before.
"""

from pydantic import BaseModel

from governance import strictyaml
from governance.canonical import schema_of
from governance.errors import BadInput
from governance.policy.enforcement import DEFAULT
from governance.policy.law import Clause, Law
from governance.policy.period import InForce
from governance.policy.sections import Accept, Extends, Parameter, Policy, RuleSection
from governance.render.commented import Collection, Entry, Scalar, comments, read
from governance.render.commented_text import text_of

_WHOLE = frozenset({"law", "clauses", "parameters", "extends", "merged", "rules"})


def laid_out(data: bytes, name: str) -> bytes:
    """A policy in its one layout. Raises BadInput for what is no policy, and for a merged one, which we write."""
    source = strictyaml.parse(data, name)
    tree = source.tree
    if not isinstance(tree, dict) or tree.get("schema") != schema_of(Policy):
        at = source.beside(("schema",))
        raise source.error(at, "not a policy", expected=f"schema: {schema_of(Policy)}")
    if "merged" in tree:
        what = "a merged policy is written by us, and known by the digest of its very bytes"
        raise source.error(source.position(("merged",)), what, fix="lay out the files that it was made of")
    text = data.decode("utf-8").replace("\r\n", "\n")
    root = read(text)
    _order(root)
    found = text_of(root, _WHOLE)
    if strictyaml.parse(found.encode(), name).tree != tree or comments(found) != comments(text):
        raise BadInput("this file cannot be laid out", fix="write its odd parts in a plainer way", where=name)
    return found.encode()


def _order(root: Collection) -> None:
    _sort(root, _names(Policy))
    for entry in root.entries:
        value = entry.value
        if not isinstance(value, Collection):
            continue
        if entry.name == "in_force":
            _sort(value, _names(InForce))
        elif entry.name == "law":
            _law(value)
        elif entry.name == "extends":
            _sort(value, _names(Extends))
        elif entry.name == "parameters":
            for parameter in value.entries:
                _sort(parameter.value, _names(Parameter))
        elif entry.name == "rules":
            for rule in value.entries:
                _rule(rule.value)


def _law(law: Collection) -> None:
    _sort(law, _names(Law))
    for entry in law.entries:
        if entry.name == "effective":
            _sort(entry.value, _names(InForce))
        for clause in entry.value.entries if entry.name == "clauses" and isinstance(entry.value, Collection) else ():
            _sort(clause.value, _names(Clause))
            for inner in clause.value.entries if isinstance(clause.value, Collection) else ():
                if inner.name == "effective":
                    _sort(inner.value, _names(InForce))


def _rule(rule: object) -> None:
    names = _names(RuleSection)
    # What is read stands before what is asked of it.
    names.insert(names.index("expr"), names.pop(names.index("requires")))
    _sort(rule, names)
    for entry in rule.entries if isinstance(rule, Collection) else ():
        if entry.name in ("accept", "in_force"):
            _sort(entry.value, _names(Accept if entry.name == "accept" else InForce))
        if entry.name == "enforcement" and isinstance(entry.value, Collection):
            _sort(entry.value, [DEFAULT])
            for place in entry.value.entries:
                if isinstance(place.value, Collection) and place.value.mapping:
                    place.value.entries.sort(key=_day)


def _day(step: Entry) -> str:
    """`now` comes first; the others are spelled so that their text has their order."""
    return step.value.text if isinstance(step.value, Scalar) and step.value.text != "now" else ""


def _sort(found: object, names: list[str]) -> None:
    """Known keys in this order, then the others as they stand."""
    if isinstance(found, Collection) and found.mapping:
        place = {name: number for number, name in enumerate(names)}
        found.entries.sort(key=lambda entry: place.get(entry.name, len(names)))


def _names(model: type[BaseModel]) -> list[str]:
    return [one.alias or name for name, one in model.model_fields.items()]
