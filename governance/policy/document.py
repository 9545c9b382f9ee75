"""The policy document: which rules, with which parameters, enforced how. Read strictly, compiled once."""

import difflib
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from pydantic import ValidationError

from governance import strictyaml
from governance.canonical import Instant, Sha256, sha256
from governance.errors import BadInput
from governance.policy import enforcement
from governance.policy.expression import Condition, compile_condition
from governance.policy.outcome import Enforcement
from governance.policy.place import Slug
from governance.policy.rule import Params, Rule
from governance.policy.rules import CATALOGUE
from governance.policy.sections import Accept, Control, InForce, Policy, RuleSection
from governance.policy.selector import Applies, Selector, View, applies, compile_selector

__all__ = [
    "Accept",
    "Control",
    "InForce",
    "LoadedPolicy",
    "Policy",
    "RuleSection",
    "SelectedRule",
    "Slug",
    "load_policy",
]


class SelectedRule(NamedTuple):
    """A rule of a policy, ready to judge. Exactly one of `rule` and `condition` is set."""

    key: str
    section: RuleSection
    rule: Rule | None
    params: Params | None
    condition: Condition | None

    @property
    def uses(self) -> str:
        return self.rule.name if self.rule else "expr@1"

    @property
    def facts(self) -> tuple[str, ...]:
        """Groups of facts it reads."""
        if self.condition:
            return tuple(self.condition.groups)
        return self.rule.reads if self.rule else ()

    @property
    def title(self) -> str:
        """The policy's own, else the rule's."""
        own = self.rule.summary.removesuffix(".") if self.rule else self.section.id.replace("-", " ")
        return self.section.title or own

    @property
    def controls(self) -> tuple[str, ...]:
        """Those that the policy names, else the rule's."""
        return self.section.controls or (self.rule.controls if self.rule else ())

    def enforced(self, place: str, as_of: datetime) -> Enforcement:
        """How it is enforced at an environment, or a point of one, on a legal date."""
        return enforcement.enforced(self.section.enforcement, place, as_of)

    @property
    def days(self) -> list[Instant]:
        """All on which its enforcement changes somewhere."""
        return enforcement.days(self.section.enforcement)


class LoadedPolicy(NamedTuple):
    """A policy with the digest of the bytes it was read from."""

    document: Policy
    sha256: Sha256
    text: bytes
    rules: tuple[SelectedRule, ...]
    selector: Selector | None

    def applies(self, view: View, places: Iterable[str] | None = None) -> Applies:
        """Where it applies to a model, of the places that it decides about: its own where none are named."""
        named = self.document.environments if places is None else places
        return applies(self.selector, view, [place for place in named if self.document.covers(place)])


def load_policy(data: bytes, name: str, catalogue: Mapping[str, Rule] = CATALOGUE) -> LoadedPolicy:
    """Parse, validate and compile. Raises BadInput at file, line and column for every static fault."""
    source = strictyaml.parse(data, name)
    policy = strictyaml.validate(source, Policy)
    selected = tuple(_select(policy, index, section, source, catalogue) for index, section in enumerate(policy.rules))
    return LoadedPolicy(policy, sha256(data), data, selected, _selector(policy, source))


def _selector(policy: Policy, source: strictyaml.Source) -> Selector | None:
    if policy.applies is None:
        return None
    here = source.position(("applies",))
    try:
        return compile_selector(policy.applies, f"{source.name}:{here.line}:{here.column}")
    except BadInput as error:
        raise source.error(here, error.what, **dict(error.details())) from error


def _select(
    policy: Policy, index: int, section: RuleSection, source: strictyaml.Source, catalogue: Mapping[str, Rule]
) -> SelectedRule:
    key = f"{policy.id}#{section.id}"
    at: strictyaml.Path = ("rules", index)
    if section.expr is not None:
        here = source.position((*at, "expr"))
        where = f"{source.name}:{here.line}:{here.column}"
        try:
            condition = compile_condition(section.expr, section.requires, where)
        except BadInput as error:
            raise source.error(here, error.what, **dict(error.details())) from error
        return SelectedRule(key, section, None, None, condition)
    rule = catalogue.get(section.uses or "")
    if rule is None:
        near = difflib.get_close_matches(section.uses or "", list(catalogue), n=1, cutoff=0.5)
        raise source.error(
            source.values[(*at, "uses")],
            f"unknown rule {section.uses!r}",
            expected="a rule of the catalogue as name@version (`governance policy rules` lists them)",
            fix=f"did you mean {near[0]!r}?" if near else "",
        )
    try:
        params = rule.params.model_validate(section.with_, by_alias=True, by_name=False)
    except ValidationError as error:
        raise strictyaml.explain(source, rule.params, error, at=(*at, "with")) from error
    return SelectedRule(key, section, rule, params, None)
