"""The sections of a policy document: what stands in each, and what must hold between them."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from governance import strictyaml
from governance.canonical import Document, Instant, Spelled, parse_instant
from governance.evidence.origin import Kind, Predictions
from governance.policy.enforcement import DEFAULT, Enforced
from governance.policy.outcome import Severity
from governance.policy.place import Place, Slug, environment_of

Control = Annotated[
    str, Spelled(r"[a-z0-9][a-z0-9-]*/[A-Za-z0-9][A-Za-z0-9.-]*", "<law>/<clause>, such as eu-ai-act/art-10.2.f")
]


Words = Annotated[str, Field(min_length=1, max_length=200)]


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
    `severity`: orders the reading. `enforcement`: what follows, by environment or point of one (prod@ci), with a
    `default`; where it changes, each word with its day: {warn: now, deny: 2027-01-01T00:00:00Z}. `accept`: the evidence
    that counts. `waivable_to`: what a waiver leads to where it would deny. `why`: instead of the catalogue's words.
    `fix`: instead of the catalogue's words. `owner`: who mends it.
    """

    id: Slug
    title: str | None = None
    uses: str | None = None
    with_: dict[str, Any] = Field({}, alias="with")
    expr: str | None = None
    requires: tuple[str, ...] = ()
    controls: tuple[Control, ...] = ()
    severity: Severity = Severity.MEDIUM
    enforcement: dict[str, Enforced]
    accept: Accept = Accept()
    waivable_to: Literal["allow", "needs review"] = "needs review"
    why: str | None = None
    fix: str | None = None
    owner: Words | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if (self.uses is None) == (self.expr is None):
            raise ValueError("a rule has either `uses` or `expr`")
        if self.expr is None and self.requires:
            raise ValueError("`requires` goes with `expr`; a rule of the catalogue knows what it reads")
        if self.expr is not None and self.with_:
            raise ValueError("`with` goes with `uses`; an expression states its own limits")
        if DEFAULT not in self.enforcement:
            told = "`enforcement` needs `default`, for environments it does not name"
            raise strictyaml.Misplaced(told, "enforcement")
        return self


class Policy(Document):
    """Which rules a model version must keep, with which limits, enforced how. `schema`: the type of this document.
    `id`: what findings and trails call it. `version`: three numbers; a change of a limit is a new one. `title`: what
    people read. `owner`: who answers for it. `in_force`: when it counts. `environments`: for which it decides; beside
    one its points, such as prod@ci, where something differs. `applies`: a condition in CEL over `model`, `environment`
    and `point`; left out, it is for every model. `valid_for`: days that a decision under this policy may be relied on.
    `rules`: all of them count."""

    schema_: Literal["governance.policy/v1"] = Field(alias="schema")
    id: Slug
    version: Annotated[str, Spelled(r"[0-9]+\.[0-9]+\.[0-9]+", "three numbers with points between them, such as 1.0.0")]
    title: str | None = None
    owner: Words | None = None
    in_force: InForce
    environments: tuple[Place, ...] = Field(min_length=1)
    applies: str | None = None
    valid_for: int = Field(90, ge=1, le=3650)
    rules: tuple[RuleSection, ...]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        seen: set[str] = set()
        for index, section in enumerate(self.rules):
            if section.id in seen:
                raise strictyaml.Misplaced(f"rule id {section.id!r} is used twice", "rules", index, "id")
            seen.add(section.id)
        for index, place in enumerate(self.environments):
            if environment_of(place) not in self.environments:
                told = f"{place!r} is a point of {environment_of(place)!r}, which is not under `environments`"
                raise strictyaml.Misplaced(told, "environments", index)
        for index, section in enumerate(self.rules):
            for name in section.enforcement:
                if name != DEFAULT and name not in self.environments:
                    told = f"rule {section.id!r} enforces in {name!r}, which is not under `environments`"
                    raise strictyaml.Misplaced(told, "rules", index, "enforcement", name)
        return self

    def covers(self, place: str) -> bool:
        """Whether it decides about an environment, or a point of it; every policy counts at each point."""
        return environment_of(place) in self.environments
