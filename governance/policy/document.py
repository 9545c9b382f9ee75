"""The policy document: which rules, with which parameters, enforced how. Read strictly, compiled once."""

import difflib
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import Field, ValidationError, model_validator

from governance import strictyaml
from governance.canonical import Document, Instant, Sha256, Spelled, parse_instant, sha256
from governance.errors import BadInput
from governance.evidence.origin import Kind, Predictions
from governance.policy.expression import Condition, compile_condition
from governance.policy.outcome import Enforcement, Severity
from governance.policy.rule import Params, Rule
from governance.policy.rules import CATALOGUE

Slug = Annotated[
    str, Spelled(r"[a-z][a-z0-9-]{0,62}", "small letters, digits and hyphens, a letter first and at most 63 in all")
]
Control = Annotated[
    str, Spelled(r"[a-z0-9][a-z0-9-]*/[A-Za-z0-9][A-Za-z0-9.-]*", "<law>/<clause>, such as eu-ai-act/art-10.2.f")
]


class InForce(Document):
    """In the time that law is judged on. `from`: the first moment. `until`: the first moment after it."""

    from_: Instant = Field(alias="from")
    until: Instant | None = None

    @model_validator(mode="after")
    def _some_time(self) -> Self:
        if self.until is not None and parse_instant(self.until) <= parse_instant(self.from_):
            raise strictyaml.Misplaced("`until` is not after `from`: it would never be in force", "until")
        return self

    def covers(self, as_of: datetime) -> bool:
        return parse_instant(self.from_) <= as_of and (self.until is None or as_of < parse_instant(self.until))


class Accept(Document):
    """Which evidence counts. `kind`: declared facts count only where a rule says so. `predictions`: made by us from the
    model (rescored), or read from a column of the table (supplied)."""

    kind: tuple[Kind, ...] = ("measured",)
    predictions: tuple[Predictions, ...] = ("rescored", "supplied")


class RuleSection(Document):
    """One rule of a policy: either `uses` a rule of the catalogue or states an `expr` over required evidence.

    `id`: what findings call it. `title`: what people read. `uses`: a rule of the catalogue, as name@version. `with`:
    its parameters. `expr`: a condition in CEL that must be true. `requires`: the evidence that it reads. `controls`:
    clauses of laws and standards that it serves, as law/clause; those of the catalogue's rule where left out.
    `severity`: orders the reading. `enforcement`: what follows, by environment, with a `default`. `accept`: the
    evidence that counts. `waivable_to`: what a waiver leads to where it would deny. `why`: instead of the catalogue's
    words. `fix`: instead of the catalogue's words.
    """

    id: Slug
    title: str | None = None
    uses: str | None = None
    with_: dict[str, Any] = Field({}, alias="with")
    expr: str | None = None
    requires: tuple[str, ...] = ()
    controls: tuple[Control, ...] = ()
    severity: Severity = Severity.MEDIUM
    enforcement: dict[str, Enforcement]
    accept: Accept = Accept()
    waivable_to: Literal["allow", "needs review"] = "needs review"
    why: str | None = None
    fix: str | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if (self.uses is None) == (self.expr is None):
            raise ValueError("a rule has either `uses` or `expr`")
        if self.expr is None and self.requires:
            raise ValueError("`requires` goes with `expr`; a rule of the catalogue knows what it reads")
        if self.expr is not None and self.with_:
            raise ValueError("`with` goes with `uses`; an expression states its own limits")
        if "default" not in self.enforcement:
            told = "`enforcement` needs `default`, for environments it does not name"
            raise strictyaml.Misplaced(told, "enforcement")
        return self


class Policy(Document):
    """Which rules a model version must keep, with which limits, enforced how. `schema`: the type of this document.
    `id`: what findings and trails call it. `version`: three numbers; a change of a limit is a new one. `title`: what
    people read. `in_force`: when it counts. `environments`: for which it decides. `valid_for`: days that a decision
    under this policy may be relied on. `rules`: all of them count."""

    schema_: Literal["governance.policy/v1"] = Field(alias="schema")
    id: Slug
    version: Annotated[str, Spelled(r"[0-9]+\.[0-9]+\.[0-9]+", "three numbers with points between them, such as 1.0.0")]
    title: str | None = None
    in_force: InForce
    environments: tuple[Slug, ...] = Field(min_length=1)
    valid_for: int = Field(90, ge=1, le=3650)
    rules: tuple[RuleSection, ...]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        seen: set[str] = set()
        for index, section in enumerate(self.rules):
            if section.id in seen:
                raise strictyaml.Misplaced(f"rule id {section.id!r} is used twice", "rules", index, "id")
            seen.add(section.id)
        for index, section in enumerate(self.rules):
            for name in section.enforcement:
                if name != "default" and name not in self.environments:
                    told = f"rule {section.id!r} enforces in {name!r}, which is not under `environments`"
                    raise strictyaml.Misplaced(told, "rules", index, "enforcement", name)
        return self


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

    def enforced(self, environment: str) -> Enforcement:
        return self.section.enforcement.get(environment, self.section.enforcement["default"])


class LoadedPolicy(NamedTuple):
    """A policy with the digest of the bytes it was read from."""

    document: Policy
    sha256: Sha256
    text: bytes
    rules: tuple[SelectedRule, ...]


def load_policy(data: bytes, name: str, catalogue: Mapping[str, Rule] = CATALOGUE) -> LoadedPolicy:
    """Parse, validate and compile. Raises BadInput at file, line and column for every static fault."""
    source = strictyaml.parse(data, name)
    policy = strictyaml.validate(source, Policy)
    selected = tuple(_select(policy, index, section, source, catalogue) for index, section in enumerate(policy.rules))
    return LoadedPolicy(policy, sha256(data), data, selected)


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
