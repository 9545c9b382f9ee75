"""The sections of a policy document: what stands in each, and what must hold between them."""

import difflib
import re
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from governance import strictyaml
from governance.canonical import Document, Sha256, Spelled
from governance.evidence.origin import Kind, Predictions
from governance.policy.enforcement import DEFAULT, Enforced
from governance.policy.law import Law
from governance.policy.outcome import Severity
from governance.policy.period import InForce
from governance.policy.place import Place, Slug, environment_of
from governance.policy.waiving import Waivers

Control = Annotated[
    str, Spelled(r"[a-z0-9][a-z0-9-]*/[A-Za-z0-9][A-Za-z0-9.-]*", "<law>/<clause>, such as eu-ai-act/art-10.2.f")
]


MOST_RULES = 5000
MOST_PLACES = 100
"""Environments, and points of them, that one policy decides about."""
Words = Annotated[str, Field(min_length=1, max_length=200)]


Version = Annotated[
    str, Spelled(r"[0-9]{1,9}(?:\.[0-9]{1,9}){2}", "three numbers with points between them, such as 1.0.0")
]
ParameterName = Annotated[
    str, Spelled(r"[a-z][a-z0-9_]{0,62}", "small letters, digits and underscores, a letter first and at most 63 in all")
]
ParameterType = Literal["decimal", "integer", "text", "list"]
_DIRECTIONS = {"decimal": ("up", "down"), "integer": ("up", "down"), "list": ("superset", "subset"), "text": ()}
ParameterValue = Decimal | int | str | tuple[str, ...]
_EITHER = "a rule has either `uses` or `expr`"
_DECIMAL = re.compile(r"-?[0-9]{1,12}(?:\.[0-9]{1,6})?", re.ASCII)
_INTEGER = re.compile(r"-?[0-9]{1,15}", re.ASCII)


def _read(kind: ParameterType, value: str | tuple[str, ...], *at: str) -> ParameterValue:
    if kind == "list":
        if isinstance(value, str):
            raise strictyaml.Misplaced("expected a list of text", *at)
        return value
    if not isinstance(value, str):
        raise strictyaml.Misplaced(f"expected a {kind}, not a list", *at)
    if kind == "text":
        return value
    if not (_DECIMAL if kind == "decimal" else _INTEGER).fullmatch(value):
        words = "a number such as 0.8" if kind == "decimal" else "a whole number"
        raise strictyaml.Misplaced(f"expected {words}, got {value[:40]!r}", *at)
    return Decimal(value) if kind == "decimal" else int(value)


class Accept(Document):
    """Which evidence counts. `kind`: declared facts count only where a rule says so. `predictions`: made by us from the
    model (rescored), or read from a column of the table (supplied)."""

    kind: tuple[Kind, ...] = ("measured",)
    predictions: tuple[Predictions, ...] = ("rescored", "supplied")


class RuleSection(Document):
    """One rule of a policy: either `uses` a rule of the catalogue or states an `expr` over required evidence. In a
    policy that `extends` another, a rule by the id of one of its parent's says what is tighter, and nothing else.

    `id`: what findings call it. `title`: what people read. `uses`: a rule of the catalogue, as name@version. `with`:
    its parameters. `expr`: a condition in CEL that must be true. `requires`: the evidence that it reads. `controls`:
    clauses of laws and standards that it serves, as law/clause; those of the catalogue's rule where left out.
    `severity`: orders the reading. `enforcement`: what follows, by environment or point of one (prod@ci), with a
    `default`; where it changes, each word with its day: {warn: now, deny: 2027-01-01T00:00:00Z}. `accept`: the evidence
    that counts. `in_force`: when it counts, where that is not said by its policy and the clauses that it serves.
    `waivable`: whether it can be waived at all. `waivable_to`: what a waiver leads to where it would deny.
    `why`: instead of the catalogue's words. `fix`: instead of the catalogue's words. `owner`: who mends it.
    """

    id: Slug
    title: str | None = None
    uses: Words | None = None
    with_: dict[str, Any] = Field({}, alias="with")
    expr: str | None = None
    requires: tuple[Words, ...] = Field((), max_length=100)
    controls: tuple[Control, ...] = Field((), max_length=100)
    severity: Severity = Severity.MEDIUM
    enforcement: dict[str, Enforced] = {}
    accept: Accept = Accept()
    in_force: InForce | None = None
    waivable: bool = True
    waivable_to: Literal["allow", "needs review"] = "needs review"
    why: str | None = None
    fix: str | None = None
    owner: Words | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if self.uses is not None and self.expr is not None:
            raise ValueError(_EITHER)
        if self.uses is not None and self.requires:
            raise ValueError("`requires` goes with `expr`; a rule of the catalogue knows what it reads")
        if self.expr is not None and self.with_:
            raise ValueError("`with` goes with `uses`; an expression states its own limits")
        return self

    def incomplete(self) -> strictyaml.Misplaced | None:
        """What it lacks to stand alone; None where it lacks nothing."""
        if self.uses is None and self.expr is None:
            return strictyaml.Misplaced(_EITHER)
        if "enforcement" not in self.model_fields_set:
            return strictyaml.Misplaced("required key 'enforcement' is missing")
        if DEFAULT not in self.enforcement:
            return strictyaml.Misplaced(
                "`enforcement` needs `default`, for environments it does not name", "enforcement"
            )
        return None


def _alone(schema: dict[str, Any]) -> None:
    """What stands alone has whole rules; a policy that extends another may say of a rule only what is tighter."""
    whole = {"required": ["enforcement"], "anyOf": [{"required": ["uses"]}, {"required": ["expr"]}]}
    enforced = {"properties": {"enforcement": {"required": [DEFAULT]}}}
    schema["if"] = {"not": {"required": ["extends"]}}
    schema["then"] = {"properties": {"rules": {"items": whole | enforced}}}


class Parameter(Document):
    """A value of a policy that a narrower one may set. `type`: decimal, integer, text, or a list of text. `value`: what
    it is. `at_least` and `at_most`: bounds of a number. `among`: what a text, or a member of a list, may be. `tighten`:
    in which direction a narrower policy may set it. `means`: what it is about."""

    type: ParameterType
    value: str | tuple[str, ...]
    at_least: str | None = None
    at_most: str | None = None
    among: tuple[str, ...] | None = Field(None, min_length=1)
    tighten: Literal["up", "down", "superset", "subset", "none"]
    means: Words | None = None

    @model_validator(mode="after")
    def _typed(self) -> Self:
        numeric = self.type in ("decimal", "integer")
        ways = (*_DIRECTIONS[self.type], "none")
        if self.tighten not in ways:
            raise strictyaml.Misplaced(f"a {self.type} is tightened by one of: {', '.join(ways)}", "tighten")
        for name in ("at_least", "at_most"):
            if (bound := getattr(self, name)) is not None:
                if not numeric:
                    raise strictyaml.Misplaced(f"`{name}` bounds a number, and this is a {self.type}", name)
                _read(self.type, bound, name)
        if self.among is not None and numeric:
            raise strictyaml.Misplaced("`among` is for text and lists; a number has `at_least` and `at_most`", "among")
        self.typed(self.value)
        return self

    def typed(self, value: str | tuple[str, ...], *at: str) -> ParameterValue:
        """A value for it, as its type. Raises Misplaced where it has another type, or is out of bounds."""
        where = at or ("value",)
        found = _read(self.type, value, *where)
        if isinstance(found, int | Decimal):
            for name, beyond in (("at_least", "less"), ("at_most", "more")):
                if (bound := getattr(self, name)) is not None:
                    limit = _read(self.type, bound, name)
                    assert isinstance(limit, int | Decimal)
                    if found < limit if beyond == "less" else found > limit:
                        raise strictyaml.Misplaced(f"{value} is {beyond} than {name.replace('_', ' ')} {bound}", *where)
        elif self.among is not None:
            for one in (found,) if isinstance(found, str) else found:
                if one not in self.among:
                    near = difflib.get_close_matches(one, self.among, n=1)
                    nearest = f"; did you mean {near[0]!r}?" if near else ""
                    raise strictyaml.Misplaced(f"{one!r} is not among {', '.join(self.among)}{nearest}", *where)
        return found


class Extends(Document):
    """The policy whose rules it takes over. `policy`: its id. `version`: its version. `sha256`: of its file, by which
    it is found. `set`: values of its parameters."""

    policy: Slug
    version: Version
    sha256: Sha256
    set_: dict[ParameterName, str | tuple[str, ...]] = Field({}, alias="set")


class Merged(Document):
    """A file that this document was made of, by us. `policy`: its id. `version`: its version. `sha256`: of the file.
    `rules`: that it has, its own and those it takes over."""

    policy: Slug
    version: Version
    sha256: Sha256
    rules: tuple[Slug, ...]


class Policy(Document):
    """Which rules a model version must keep, with which limits, enforced how. `schema`: the type of this document.
    `id`: what findings and trails call it. `version`: three numbers; a change of a limit is a new one. `title`: what
    people read. `owner`: who answers for it. `law`: what it is about, where that is one law. `in_force`: when it
    counts. `environments`: for which it decides; beside one its points, such as prod@ci, where something differs.
    `applies`: a condition in CEL over `model`, `environment` and `point`; left out, it is for every model. `valid_for`:
    days that a decision under this policy may be relied on. `waivers`: how long they last, and how far they reach.
    `parameters`: values that rules refer to as params.name. `extends`: the policy that it is a tighter form of.
    `merged`: what a merged policy was made of, as we write it. `rules`: all of them count."""

    model_config = ConfigDict(json_schema_extra=_alone)

    schema_: Literal["governance.policy/v1"] = Field(alias="schema")
    id: Slug
    version: Version
    title: str | None = None
    owner: Words | None = None
    law: Law | None = None
    in_force: InForce
    environments: tuple[Place, ...] = Field(min_length=1, max_length=MOST_PLACES)
    applies: str | None = None
    valid_for: int = Field(90, ge=1, le=3650)
    waivers: Waivers = Waivers()
    parameters: dict[ParameterName, Parameter] = Field({}, max_length=100)
    extends: Extends | None = None
    merged: tuple[Merged, ...] = ()
    rules: tuple[RuleSection, ...] = Field(max_length=MOST_RULES)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.extends is not None and self.law is not None:
            told = "a policy that `extends` another has the law of that one; what it adds are rules"
            raise strictyaml.Misplaced(told, "law")
        if self.extends is not None and self.merged:
            raise strictyaml.Misplaced("`merged` is written by us into what no longer `extends` anything", "merged")
        seen: set[str] = set()
        for index, section in enumerate(self.rules):
            if section.id in seen:
                raise strictyaml.Misplaced(f"rule id {section.id!r} is used twice", "rules", index, "id")
            seen.add(section.id)
            if self.extends is None and (lacks := section.incomplete()):
                raise strictyaml.Misplaced(str(lacks), "rules", index, *lacks.path)
        for index, layer in enumerate(self.merged):
            if unknown := {*layer.rules} - seen:
                raise strictyaml.Misplaced(f"there is no rule {min(unknown)!r}", "merged", index, "rules")
        if self.merged:
            first, names = self.merged[0], [layer.policy for layer in self.merged]
            whole = (first.policy, first.version, {*first.rules}) == (self.id, self.version, seen)
            if not whole or len({*names}) < len(names):
                told = "`merged` is written by us: the policy itself with all its rules, then each other once"
                raise strictyaml.Misplaced(told, "merged")
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
