"""Cases of a policy: evidence under which it allows, what changes, what is signed, and what it must then say.

A policy is code, so it has tests. Each case is the sound evidence with one change (a JSON merge patch, RFC 7396), or
evidence that was recorded; what a case does not name must come out as in the sound case, so that a change with side
effects is seen. `bench` runs them.
"""

import difflib
from collections.abc import Callable, Iterable
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import Discriminator, Field, Tag, model_validator

from governance import strictyaml
from governance.canonical import Document, Instant, Sha256, parse_instant, sha256
from governance.errors import BadInput
from governance.evidence.evidence import EvidenceSet, Facts
from governance.evidence.plan import Comparison
from governance.policy.case_acts import CaseAct
from governance.policy.document import LoadedPolicy, Slug
from governance.policy.outcome import Action, Outcome
from governance.policy.recorded import overlaid
from governance.policy.rules.attestation.signed import SIGNED
from governance.policy.sections import Policy
from governance.policy.waiving import Horizon
from governance.policy.written import BESIDE, Written, evidence, part, patched

OF_EVERY_RULE = ("accept", "enforcement", "in_force", "severity", "waivable", "waivable_to")
"""What the policy itself says of a rule, whichever that is."""
SOUND = "sound"
"""How the case without a change is called."""
ANY_RULE = "*."
"""Before the name of a parameter: of every rule that has one."""
Name = Annotated[str, Field(min_length=1, max_length=100)]


class Expected(Document):
    """What one rule must say. `outcome`: what it finds. `says`: words that stand in its reason. `actions`: what follows
    from it alone, by environment or point of one."""

    outcome: Outcome
    says: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    actions: dict[str, Action] = {}


def _shape(value: Any) -> str:
    return "whole" if isinstance(value, dict | Expected) else "word"


class Expect(Document):
    """`findings`: by the rule's id in the policy, in one word or with `says` and `actions`. `outcomes`: by environment,
    or point of one. All others are as in the sound case."""

    findings: dict[
        str,
        Annotated[Annotated[Outcome, Tag("word")] | Annotated[Expected, Tag("whole")], Discriminator(_shape)],
    ] = {}
    outcomes: dict[str, Action] = {}

    @property
    def by_rule(self) -> dict[str, Expected]:
        """`findings`, each with all that is expected of it."""
        return {
            rule: found if isinstance(found, Expected) else Expected(outcome=found)
            for rule, found in self.findings.items()
        }


class FromFile(Document):
    """Evidence that was recorded. `recorded`: a file in the folder of the cases, or below it: what `governance show` or
    `check` print with `--format json`, a bundle, or the evidence alone."""

    recorded: str = Field(min_length=1, max_length=500)


class Case(Document):
    """`evidence`: instead of the sound facts. `change` is a JSON merge patch (RFC 7396) on them: null takes something
    away, such as a whole group of facts. `acts`: what is signed, in this order. `unsigned`: rules for which nobody
    signs the statements that are signed in all other cases. `now` and `as_of` where the case is about another day."""

    name: Name
    why: str | None = None
    evidence: FromFile | None = None
    change: dict[str, Any] = {}
    acts: tuple[CaseAct, ...] = ()
    unsigned: tuple[Slug, ...] = ()
    now: Instant | None = None
    as_of: Instant | None = None
    expect: Expect

    @property
    def plain(self) -> bool:
        """Whether it is the sound case."""
        return not (self.change or self.acts or self.unsigned or self.evidence or self.now or self.as_of)


def _sound(schema: dict[str, Any]) -> None:
    """The facts by their groups; what stands in each is said by the schema of evidence, as `written` says it short."""
    groups = {name: {"type": "object"} for name in Facts.model_fields}
    schema.update(properties={**groups, **dict.fromkeys(BESIDE, True)}, additionalProperties=False)


class Cases(Document):
    """`sound` are facts under which the policy allows, `now` is when they are judged, `as_of` the legal date (else
    `now`). `evidence`: what was recorded, to which `sound` is then a change. `attested`: statements that are signed in
    every case, before what else is signed there. `uncovered` says why no case shows an
    outcome of a rule, or tells a parameter (`rule.parameter`, or `*.parameter` of every rule) from one nearby: a reason
    for all that may be changed there, or one for each change."""

    schema_: Literal["governance.cases/v1"] = Field(alias="schema")
    policy: Slug
    now: Instant
    as_of: Instant | None = None
    evidence: FromFile | None = None
    sound: dict[str, Any] = Field({}, json_schema_extra=_sound)
    attested: tuple[CaseAct, ...] = ()
    cases: tuple[Case, ...] = Field(min_length=1)
    uncovered: dict[
        str,
        Annotated[Annotated[str, Tag("word")] | Annotated[dict[str, str], Tag("whole")], Discriminator(_shape)],
    ] = {}

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.sound and self.evidence is None:
            raise ValueError("cases start from `sound` facts, or from recorded `evidence`")
        if any(act.kind != "attest" or act.seen for act in self.attested):
            raise ValueError("under `attested` stand statements alone (`kind: attest`), without `seen`")
        return self

    def acts_of(self, case: Case | None) -> tuple[CaseAct, ...]:
        """What is signed in a case, or in the sound one."""
        left = set(case.unsigned) if case else set()
        always = (
            act.model_copy(
                update={"rules": tuple(rule for rule in act.rules if rule not in left), "at": act.at or self.now}
            )
            for act in self.attested
        )
        return (*always, *(case.acts if case else ()))


class LoadedCases(NamedTuple):
    """Cases as they were read. `recordings`: by the name of their file, with the digest of the evidence. `situations`:
    the evidence of each case (None: the sound one) and of what was seen for an act of it, as if measured for the
    policy."""

    document: Cases
    source: strictyaml.Source
    recordings: dict[str, tuple[EvidenceSet, Sha256]]
    situations: "dict[tuple[int | None, int | None], EvidenceSet]"


Asked = tuple[Comparison, ...]


def comparisons(policy: LoadedPolicy) -> Asked:
    """What the rules of a policy compare groups by: measuring would take critical values for exactly these."""
    asked = [one.rule.requests(one.params) for one in policy.rules if one.rule and one.rule.requests]
    found = {(request.metric, request.measure, request.min_rows) for request in asked if request.metric}
    return tuple(Comparison(metric=metric, measure=measure, min_rows=rows) for metric, measure, rows in sorted(found))


Recordings = Callable[[str], EvidenceSet]
"""Reads recorded evidence by the name of its file. Raises BadInput."""


def nothing_recorded(name: str) -> EvidenceSet:
    """Where no folder is at hand."""
    raise BadInput("recorded evidence cannot be read here", got=name, fix="run the cases where their folder is")


def load_cases(data: bytes, name: str, policy: LoadedPolicy, recorded: Recordings = nothing_recorded) -> LoadedCases:
    """Raises BadInput at file, line and column: also for cases of another policy, rules and environments that it does
    not have, facts that are no evidence and acts that nobody could sign."""
    source = strictyaml.parse(data, name)
    document = strictyaml.validate(source, Cases)
    if document.policy != policy.document.id:
        what = f"these are cases of {document.policy}"
        raise source.error(source.values[("policy",)], what, expected=policy.document.id)
    rules = [section.id for section in policy.document.rules]
    for place, act in enumerate(document.attested):
        _known_rules(source, ("attested", place), act, policy.document)
    seen = {SOUND}
    for index, case in enumerate(document.cases):
        at: strictyaml.Path = ("cases", index)
        if case.name in seen:
            raise source.error(source.values[(*at, "name")], f"there are two cases called {case.name!r}")
        seen.add(case.name)
        if case.plain:
            expected = "`change`, `acts`, `unsigned`, `evidence`, `now` or `as_of`"
            raise source.error(source.values[at], f"case {case.name!r} changes nothing", expected=expected)
        _known_case(source, at, case, rules, policy.document, document.now)
    _known_excuses(source, document, policy)
    cases, asked = LoadedCases(document, source, _recordings(source, document, recorded), {}), comparisons(policy)
    keys: list[tuple[int | None, int | None]] = [(None, None)]
    for index, case in enumerate(document.cases):
        keys += [(index, None), *((index, place) for place, act in enumerate(case.acts) if act.seen)]
    cases.situations.update({key: situation(cases, key[0], asked, key[1]) for key in keys})
    return cases


def _known_case(
    source: strictyaml.Source, at: strictyaml.Path, case: Case, rules: list[str], policy: Policy, now: Instant
) -> None:
    environments = policy.environments
    expect: strictyaml.Path = (*at, "expect")
    _known(source, (*expect, "findings"), case.expect.findings, rules, "rule")
    _known(source, (*expect, "outcomes"), case.expect.outcomes, environments, "environment")
    for rule, found in case.expect.findings.items():
        if isinstance(found, Expected):
            inner = (*expect, "findings", rule, "actions")
            _known(source, inner, found.actions, environments, "environment")
    for index, rule in enumerate(case.unsigned):
        if rule not in rules:
            raise _unknown(source, source.values[(*at, "unsigned", index)], rule, rules, "rule")
    for place, act in enumerate(case.acts):
        _known_rules(source, (*at, "acts", place), act, policy)
        signed = act.at or case.now or now
        if act.expires and parse_instant(act.expires) <= parse_instant(act.not_before or signed):
            what = f"a {'waiver' if act.kind == 'waive' else 'statement'} must end after it begins"
            fix = "say `at`, when it was signed: else that is when the case is judged"
            raise source.error(source.values[(*at, "acts", place, "expires")], what, got=act.expires, fix=fix)


def _known_rules(source: strictyaml.Source, at: strictyaml.Path, act: CaseAct, policy: Policy) -> None:
    rules = [section.id for section in policy.rules]
    asking = [section.id for section in policy.rules if section.uses == SIGNED]
    for index, rule in enumerate(act.rules):
        here = source.values[(*at, "rules", index)]
        if rule not in rules:
            raise _unknown(source, here, rule, rules, "rule")
        if act.kind == "attest" and rule not in asking:
            what = f"rule {rule!r} asks for no statement"
            raise source.error(here, what, expected=", ".join(asking) or f"a rule that uses {SIGNED}")


def _known_excuses(source: strictyaml.Source, document: Cases, policy: LoadedPolicy) -> None:
    rules = [section.id for section in policy.document.rules]
    parameters = _parameters(policy)
    names = {f"{ANY_RULE}{name.partition('.')[2]}" for name in parameters}
    whole = ["in_force.from", "in_force.until", "valid_for", "waivers.covers"]
    whole += [f"waivers.horizon.{name}" for name in Horizon.model_fields]
    whole += ["applies"] if policy.document.applies else []
    known = [*rules, *parameters, *sorted(names), *whole]
    _known(source, ("uncovered",), document.uncovered, known, "rule or parameter of a rule")


def _parameters(policy: LoadedPolicy) -> list[str]:
    """What of a rule may be excused from being noticed."""
    found = []
    for one in policy.rules:
        fields = one.rule.params.model_fields.items() if one.rule else ()
        names = [*(field.alias or name for name, field in fields), *(["expr"] if one.condition else []), *OF_EVERY_RULE]
        found += [f"{one.section.id}.{name}" for name in names]
    return found


def _known(
    source: strictyaml.Source, at: strictyaml.Path, given: Iterable[str], known: Iterable[str], what: str
) -> None:
    for name in given:
        if name not in known:
            raise _unknown(source, source.keys[(*at, name)], name, known, what)


def _unknown(
    source: strictyaml.Source, here: strictyaml.Position, name: str, known: Iterable[str], what: str
) -> BadInput:
    near = difflib.get_close_matches(name, list(known), n=1)
    fix = f"did you mean {near[0]!r}?" if near else ""
    return source.error(here, f"the policy has no {what} {name!r}", fix=fix)


def _recordings(
    source: strictyaml.Source, document: Cases, recorded: Recordings
) -> dict[str, tuple[EvidenceSet, Sha256]]:
    found: dict[str, tuple[EvidenceSet, Sha256]] = {}
    places: list[tuple[strictyaml.Path, FromFile | None]] = [(("evidence",), document.evidence)]
    places += [(("cases", index, "evidence"), case.evidence) for index, case in enumerate(document.cases)]
    for at, one in places:
        if one is not None and one.recorded not in found:
            try:
                facts = recorded(one.recorded)
            except BadInput as error:
                raise source.error(source.values[(*at, "recorded")], error.what, **dict(error.details())) from error
            found[one.recorded] = facts, sha256(facts.to_bytes())
    return found


def situation(
    cases: LoadedCases, index: int | None, comparisons: Iterable[Comparison], act: int | None = None
) -> EvidenceSet:
    """The evidence of one case, or of the sound one; or what the giver of one of its acts saw."""
    document, source = cases.document, cases.source
    case = None if index is None else document.cases[index]
    recorded = (case and case.evidence) or document.evidence
    paths: list[strictyaml.Path] = [] if case and case.evidence else [("sound",)]
    if case is not None and case.change:
        paths.append(("cases", index or 0, "change"))
    if act is not None:
        paths.append(("cases", index or 0, "acts", act, "seen"))
    changes: list[Written] = [part(source, path) for path in paths]
    if recorded is not None:
        return overlaid(source, cases.recordings[recorded.recorded][0], changes, comparisons)
    written, *rest = changes
    for change in rest:
        written = patched(source, written, change)
    return evidence(source, written, comparisons)
