"""The policy document: which rules, with which parameters, enforced how. Read strictly, compiled once."""

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

from pydantic import ValidationError

from governance import strictyaml
from governance.canonical import Instant, Sha256, sha256
from governance.errors import BadInput
from governance.policy import enforcement, inheritance
from governance.policy.expression import PARAMS, Condition, compile_condition, unknown_parameter
from governance.policy.law import Law
from governance.policy.outcome import Enforcement
from governance.policy.period import InForce
from governance.policy.place import Slug
from governance.policy.positions import Key, Positions
from governance.policy.rule import Params, Rule
from governance.policy.rules import CATALOGUE
from governance.policy.sections import (
    Accept,
    Control,
    Extends,
    Parameter,
    ParameterValue,
    Policy,
    RuleSection,
)
from governance.policy.selector import Applies, Selector, View, applies, compile_selector
from governance.policy.tightening import Tighten, direction
from governance.policy.timeliness import Times, counts, times

__all__ = [
    "Accept",
    "Control",
    "InForce",
    "LoadedPolicy",
    "Parents",
    "Policy",
    "RuleSection",
    "SelectedRule",
    "Slug",
    "load_placed",
    "load_policy",
]


class _Selected(NamedTuple):
    key: str
    section: RuleSection
    rule: Rule | None
    params: Params | None
    condition: Condition | None
    times: Times = ()
    clauses: tuple[str, ...] = ()


class SelectedRule(_Selected):
    """A rule of a policy, ready to judge. Exactly one of `rule` and `condition` is set. `times`: when it counts.
    `clauses`: the controls that are clauses of the law of its policy. What follows from these is worked out once: all
    evidence is judged by the same rules."""

    @cached_property
    def uses(self) -> str:
        return self.rule.name if self.rule else "expr@1"

    @cached_property
    def facts(self) -> tuple[str, ...]:
        """Groups of facts it reads."""
        if self.condition:
            return self.condition.groups
        return self.rule.reads if self.rule else ()

    @property
    def attests(self) -> bool:
        """Whether it is judged on what people attested, and on no evidence."""
        return self.rule is not None and self.rule.attests

    @cached_property
    def timed(self) -> bool:
        """Whether it reads the clock."""
        return self.condition.timed if self.condition else self.rule is not None and self.rule.timed

    @cached_property
    def title(self) -> str:
        """The policy's own, else the rule's."""
        own = self.rule.summary.removesuffix(".") if self.rule else self.section.id.replace("-", " ")
        return self.section.title or own

    @property
    def controls(self) -> tuple[str, ...]:
        """Those that the policy names, else the rule's."""
        return self.section.controls or (self.rule.controls if self.rule else ())

    def counts(self, as_of: datetime) -> bool:
        """Whether it counts on a legal date."""
        return counts(self.times, as_of)

    def enforced(self, place: str, as_of: datetime) -> Enforcement:
        """How it is enforced at an environment, or a point of one, on a legal date."""
        return enforcement.enforced(self.section.enforcement, place, as_of)

    @cached_property
    def fix(self) -> str:
        """What to do about it, where the facts allow no better advice."""
        return self.section.fix or (self.rule.part("How to fix:") if self.rule else "")

    @cached_property
    def days(self) -> list[Instant]:
        """All on which its enforcement changes somewhere, or on which it begins or ends to count."""
        stepped = enforcement.days(self.section.enforcement)
        return sorted({*stepped, *(day for one in self.times for day in one.days)}) if self.times else stepped


class LoadedPolicy(NamedTuple):
    """A policy with its bytes and their digest: those it was read from, or those that merging with its parents gave."""

    document: Policy
    sha256: Sha256
    text: bytes
    rules: tuple[SelectedRule, ...]
    selector: Selector | None

    def applies(self, view: View, places: Iterable[str] | None = None) -> Applies:
        """Where it applies to a model, of the places that it decides about: its own where none are named."""
        named = self.document.environments if places is None else places
        return applies(self.selector, view, [place for place in named if self.document.covers(place)])


Parents = Callable[[], Iterable[tuple[str, bytes]]]
"""Files among which the parent of a policy may be, as (name to show, bytes): asked for only where one is needed."""


def _nothing() -> Iterable[tuple[str, bytes]]:
    return ()


def load_policy(
    data: bytes, name: str, catalogue: Mapping[str, Rule] = CATALOGUE, parents: Parents = _nothing
) -> LoadedPolicy:
    """Parse, validate, merge with what it extends, and compile. Raises BadInput at file, line and column for every
    static fault; for what would loosen a parent it names the parent's line too."""
    return load_placed(data, name, catalogue, parents)[0]


def load_placed(
    data: bytes, name: str, catalogue: Mapping[str, Rule] = CATALOGUE, parents: Parents = _nothing
) -> tuple[LoadedPolicy, Positions]:
    """`load_policy`, and where each part of the policy stands. Raises BadInput."""
    return _load(data, name, catalogue, parents, 1)


def _load(
    data: bytes, name: str, catalogue: Mapping[str, Rule], parents: Parents, level: int
) -> tuple[LoadedPolicy, Positions]:
    source = strictyaml.parse(data, name)
    source.assert_seen()
    policy = strictyaml.validate(source, Policy)
    positions = Positions.of(source)
    if policy.extends is None:
        return _compiled(policy, data, positions, catalogue), positions
    _selector(policy, positions)  # alone, before it is put in brackets
    if level == inheritance.MOST_LEVELS:
        raise positions.error(("extends",), f"more than {level} policies extend each other")
    shown, found = _parent(policy.extends, positions, parents)
    parent, theirs = _load(found, shown, catalogue, parents, level + 1)
    controls = {selected.section.id: selected.controls for selected in parent.rules}
    document = inheritance.merged(policy, sha256(data), positions, parent.document, theirs, controls)
    both = positions.over(theirs)
    text = inheritance.written(document)
    try:
        # It is what verifiers read, and they hold it against the limits of any policy.
        strictyaml.load(text, Policy, "merged")
    except BadInput as error:
        what = "merged with what it extends, it is no policy any more"
        raise positions.error(("extends",), what, got=error.what.partition("\n")[0]) from error
    loaded = _compiled(document, text, both, catalogue)
    rules = {selected.section.id: selected for selected in loaded.rules}
    for was in parent.rules:
        now = rules[was.section.id]
        if now.params is not None and was.params is not None:
            inheritance.check_parameters(now.section, now.params, was.params, positions, theirs)
    return loaded, both


def _parent(extends: Extends, positions: Positions, parents: Parents) -> tuple[str, bytes]:
    """The file with the very digest. Raises BadInput, with the digest of a file that only bears the name."""
    others = []
    candidates = [(shown, data, sha256(data)) for shown, data in parents()]
    # Only where none has the digest it matters what the others are.
    for shown, data, digest in candidates:
        if digest == extends.sha256:
            named = strictyaml.validate(strictyaml.parse(data, shown), Policy)
            if (named.id, named.version) != (extends.policy, extends.version):
                raise positions.error(
                    ("extends", "policy"),
                    "the file with this digest is another policy",
                    got=f"{named.id} {named.version} ({shown})",
                    expected=f"{extends.policy} {extends.version}",
                )
            return shown, data
    for shown, data, digest in candidates:
        try:
            named = strictyaml.load(data, Policy, shown)
        except BadInput:
            continue
        if named.id == extends.policy:
            others.append(f"{named.id} {named.version} is {digest} ({shown})")
    raise positions.error(
        ("extends", "sha256"),
        "the policy that it extends is not here",
        expected="; ".join(dict.fromkeys(others)) or f"a file of {extends.policy} {extends.version} with this SHA-256",
        fix="read what changed there, then write its version and sha256"
        if others
        else "give its file too, or put it beside (policies/<name>/policy.yaml); nothing is fetched",
    )


def _compiled(policy: Policy, text: bytes, positions: Positions, catalogue: Mapping[str, Rule]) -> LoadedPolicy:
    params = {name: parameter.typed(parameter.value) for name, parameter in policy.parameters.items()}
    if policy.law is not None:
        _within_the_law(policy, policy.law, positions)
    selected = tuple(
        _timed(_select(policy, section, params, positions, catalogue), policy.law) for section in policy.rules
    )
    return LoadedPolicy(policy, sha256(text), text, selected, _selector(policy, positions))


def _timed(selected: SelectedRule, law: Law | None) -> SelectedRule:
    found = times(selected.section.in_force, selected.controls, law)
    clauses = tuple(law.control(clause) for clause in law.served(selected.controls)) if law else ()
    return selected._replace(times=found, clauses=clauses)


def _within_the_law(policy: Policy, law: Law, positions: Positions) -> None:
    """A policy counts while the law that it is about does. Raises BadInput, with both lines."""
    effective = law.effective
    if effective is None or effective.holds(policy.in_force):
        return
    early = policy.in_force.from_ < effective.from_
    part, at = ("from", "before its law begins") if early else ("until", "when its law has ended")
    raise positions.error(
        ("in_force", part),
        f"policy {policy.id!r} would be in force {at}",
        got=policy.in_force.words,
        expected=f"{effective.words}, or less ({positions.named(('law', 'effective', part))})",
        fix="to judge by a law before it begins, ask with --as-of" if early else "",
    )


def _selector(policy: Policy, positions: Positions) -> Selector | None:
    if policy.applies is None:
        return None
    source, path = positions.place(("applies",))
    here = source.position(path)
    try:
        return compile_selector(policy.applies, f"{source.name}:{here.line}:{here.column}")
    except BadInput as error:
        raise source.error(here, error.what, **dict(error.details())) from error


def _select(
    policy: Policy,
    section: RuleSection,
    params: Mapping[str, ParameterValue],
    positions: Positions,
    catalogue: Mapping[str, Rule],
) -> SelectedRule:
    key, at = f"{policy.id}#{section.id}", ("rules", section.id)
    if section.expr is not None:
        source, path = positions.place((*at, "expr"))
        here = source.position(path)
        where = f"{source.name}:{here.line}:{here.column}"
        try:
            condition = compile_condition(section.expr, section.requires, where, params)
        except BadInput as error:
            raise source.error(here, error.what, **dict(error.details())) from error
        for slip in condition.no_fields:
            source, here = positions.inside((*at, "expr"), section.expr, slip.offset, slip.name)
            raise source.error(here, **slip.details)
        return SelectedRule(key, section, None, None, condition)
    rule = catalogue.get(section.uses or "")
    if rule is None:
        near = difflib.get_close_matches(section.uses or "", list(catalogue), n=1, cutoff=0.5)
        raise positions.error(
            (*at, "uses"),
            f"unknown rule {section.uses!r}",
            got="" if (section.uses or "").isascii() else strictyaml.got(section.uses or ""),
            expected="a rule of the catalogue as name@version (`governance policy rules` lists them)",
            fix=f"did you mean {near[0]!r}?" if near else "",
        )
    given = {
        name: _given(value, params, policy.parameters, rule, positions, (*at, "with", name))
        for name, value in section.with_.items()
    }
    try:
        found = rule.params.model_validate(given, by_alias=True, by_name=False)
    except ValidationError as error:
        source, path = positions.place((*at, "with"))
        raise strictyaml.explain(
            source, rule.params, error, at=path if path[-1:] == ("with",) else (*path, "with")
        ) from error
    for inner, said, text in strictyaml.misspelt(found, given):
        raise positions.error((*at, "with", *inner), f"{'.'.join(map(str, inner))}: {said}", got=strictyaml.got(text))
    return SelectedRule(key, section, rule, found, None)


_REFERENCE = re.compile(rf"{PARAMS}\.(\w*)", re.ASCII)
_WAYS = {
    "up": {Tighten.UP},
    "down": {Tighten.DOWN},
    "superset": {Tighten.SUPERSET, Tighten.SOME_SUPERSET},
    "subset": {Tighten.SUBSET, Tighten.ALL_SUBSET},
}


def _given(
    value: Any,
    params: Mapping[str, ParameterValue],
    declared: Mapping[str, Parameter],
    rule: Rule,
    positions: Positions,
    at: Key,
) -> Any:
    """What stands under `with`, or the parameter of the policy that it refers to."""
    found = _REFERENCE.fullmatch(value) if isinstance(value, str) and params else None
    if found is None:
        return value
    name = found[1]
    if name not in params:
        said = unknown_parameter(name, params)
        raise positions.error(at, said.pop("what"), **said)
    fields = {field.alias or key: field for key, field in rule.params.model_fields.items()}
    way = declared[name].tighten
    if (field := fields.get(str(at[-1]))) is not None and way != "none" and direction(field) not in _WAYS[way]:
        raise positions.error(
            ("parameters", name, "tighten"),
            f"parameter {name!r} may go {way}, and {at[-1]} of {rule.name} may only be {direction(field).words}",
            expected=f"a direction that fits {positions.named(at)}, or none",
        )
    return declared[name].value
