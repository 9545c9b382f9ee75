"""Cases of a policy: evidence under which it allows, what changes, and what it must then say.

A policy is code, so it has tests. Each case is the sound evidence with one change (a JSON merge patch, RFC 7396); what
a case does not name must come out as in the sound case, so that a change with side effects is seen.
"""

import difflib
from collections.abc import Iterable
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field

from governance import strictyaml
from governance.canonical import Document, Instant, parse_instant, sha256
from governance.evidence.evidence import EvidenceSet, Facts
from governance.evidence.plan import Comparison
from governance.policy.decision import Decision, decide
from governance.policy.document import LoadedPolicy, Slug
from governance.policy.outcome import Action, Outcome
from governance.policy.waiving import Horizon
from governance.policy.written import BESIDE, Written, evidence, part, patched

DEFAULTS = "defaults"
SOUND = "sound"
"""How the case without a change is called."""
Name = Annotated[str, Field(min_length=1, max_length=100)]


class Expect(Document):
    """`findings` by the rule's id in the policy, `outcomes` by environment. All others are as in the sound case."""

    findings: dict[str, Outcome] = {}
    outcomes: dict[str, Action] = {}


class Case(Document):
    """`change` is a JSON merge patch (RFC 7396) on the sound facts: null takes something away, such as a whole group of
    facts. `now` and `as_of` where the case is about another day."""

    name: Name
    why: str | None = None
    change: dict[str, Any] = {}
    now: Instant | None = None
    as_of: Instant | None = None
    expect: Expect


def _sound(schema: dict[str, Any]) -> None:
    """The facts by their groups; what stands in each is said by the schema of evidence, as `written` says it short."""
    groups = {name: {"type": "object"} for name in Facts.model_fields}
    schema.update(properties={**groups, **dict.fromkeys(BESIDE, True)}, additionalProperties=False)


class Cases(Document):
    """`sound` are facts under which the policy allows, `now` is when they are judged, `as_of` the legal date (else
    `now`). `uncovered` says why a rule has no case of each kind, or why no case tells a parameter (`rule.parameter`)
    from one nearby; `defaults` stands for all parameters that the policy leaves to its rules."""

    schema_: Literal["governance.cases/v1"] = Field(alias="schema")
    policy: Slug
    now: Instant
    as_of: Instant | None = None
    sound: dict[str, Any] = Field(json_schema_extra=_sound)
    cases: tuple[Case, ...] = Field(min_length=1)
    uncovered: dict[str, str] = {}


class LoadedCases(NamedTuple):
    """Cases as they were read."""

    document: Cases
    source: strictyaml.Source


class Difference(NamedTuple):
    """`of` is a rule's id, or an environment. `why` is what the finding says."""

    of: str
    expected: Outcome | Action
    got: Outcome | Action | None
    why: str


class Ran(NamedTuple):
    """One case, run: what it found by rule, and where that differs from what it expects."""

    name: str
    found: dict[str, Outcome]
    differences: tuple[Difference, ...]


def load_cases(data: bytes, name: str, policy: LoadedPolicy) -> LoadedCases:
    """Raises BadInput at file, line and column: also for cases of another policy, rules and environments that it does
    not have, and facts that are no evidence."""
    source = strictyaml.parse(data, name)
    cases = LoadedCases(strictyaml.validate(source, Cases), source)
    document = cases.document
    if document.policy != policy.document.id:
        what = f"these are cases of {document.policy}"
        raise source.error(source.values[("policy",)], what, expected=policy.document.id)
    rules = [section.id for section in policy.document.rules]
    seen = {SOUND}
    for index, case in enumerate(document.cases):
        at: strictyaml.Path = ("cases", index)
        if case.name in seen:
            raise source.error(source.values[(*at, "name")], f"there are two cases called {case.name!r}")
        seen.add(case.name)
        if not case.change and case.now is None and case.as_of is None:
            raise source.error(source.values[at], f"case {case.name!r} changes nothing", expected="`change`, or `now`")
        _known(source, (*at, "expect", "findings"), case.expect.findings, rules, "rule")
        _known(source, (*at, "expect", "outcomes"), case.expect.outcomes, policy.document.environments, "environment")
    parameters = [*_parameters(policy), "in_force.from", "in_force.until", DEFAULTS]
    parameters += [f"waivers.horizon.{name}" for name in Horizon.model_fields]
    parameters += ["applies"] if policy.document.applies else []
    _known(source, ("uncovered",), document.uncovered, [*rules, *parameters], "rule or parameter of a rule")
    for index in (None, *range(len(document.cases))):
        situation(cases, index, ())
    return cases


def _parameters(policy: LoadedPolicy) -> list[str]:
    """What of a rule may be excused from being noticed."""
    found = []
    for one in policy.rules:
        fields = one.rule.params.model_fields.items() if one.rule else ()
        names = [*(field.alias or name for name, field in fields), *(["expr"] if one.condition else [])]
        found += [f"{one.section.id}.{name}" for name in (*names, "accept", "enforcement", "waivable", "waivable_to")]
    return found


def _known(
    source: strictyaml.Source, at: strictyaml.Path, given: Iterable[str], known: Iterable[str], what: str
) -> None:
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, list(known), n=1)
            fix = f"did you mean {near[0]!r}?" if near else ""
            raise source.error(source.keys[(*at, name)], f"the policy has no {what} {name!r}", fix=fix)


def situation(cases: LoadedCases, index: int | None, comparisons: Iterable[Comparison]) -> EvidenceSet:
    """The evidence of one case, or of the sound one."""
    written = part(cases.source, ("sound",))
    if index is not None and cases.document.cases[index].change:
        change: Written = part(cases.source, ("cases", index, "change"))
        written = patched(cases.source, written, change)
    return evidence(cases.source, written, comparisons)


def comparisons(policy: LoadedPolicy) -> tuple[Comparison, ...]:
    """What the rules of a policy compare groups by: measuring would take critical values for exactly these."""
    asked = [one.rule.requests(one.params) for one in policy.rules if one.rule and one.rule.requests]
    found = {(request.metric, request.measure, request.min_rows) for request in asked if request.metric}
    return tuple(Comparison(metric=metric, measure=measure, min_rows=rows) for metric, measure, rows in sorted(found))


class Bench:
    """The cases of a policy, ready to be run against it and against mutants of it. Situations are made once."""

    def __init__(self, cases: LoadedCases, policy: LoadedPolicy) -> None:
        self.cases, self.policy = cases, policy
        self._situations: dict[tuple[int | None, tuple[Comparison, ...]], EvidenceSet] = {}
        self._decisions: dict[int | None, Decision] = {}
        self._sound = self.judge(policy, None)

    def run(self) -> list[Ran]:
        """The sound case, then every other in its order."""
        return [self.ran(None), *map(self.ran, range(len(self.cases.document.cases)))]

    def ran(self, index: int | None, policy: LoadedPolicy | None = None) -> Ran:
        """One case (None: the sound one) under a policy (else the one that the cases are of)."""
        policy = policy or self.policy
        decision = self.judge(policy, index) if (policy is not self.policy or index is not None) else self._sound
        found = {_rule(finding.key): finding for finding in decision.findings}
        differences = []
        for rule, expected in self._findings(index, decision).items():
            finding = found.get(rule)
            if finding is None:
                differences.append(Difference(rule, expected, None, "the rule was not judged"))
            elif finding.outcome is not expected:
                differences.append(Difference(rule, expected, finding.outcome, finding.why))
        differences += [
            Difference(environment, action, decision.outcomes[environment], _because(decision, environment))
            for environment, action in self._outcomes(index).items()
            if decision.outcomes[environment] is not action
        ]
        return Ran(self.name(index), {rule: one.outcome for rule, one in found.items()}, tuple(differences))

    def name(self, index: int | None) -> str:
        return SOUND if index is None else self.cases.document.cases[index].name

    def _findings(self, index: int | None, decision: Decision) -> dict[str, Outcome]:
        usual = {_rule(finding.key): finding.outcome for finding in self._sound.findings}
        if index is None:
            return usual
        expected = self.cases.document.cases[index].expect.findings
        # Where the policy is not in force, or not for the model, nothing is judged; the outcomes tell.
        return dict(expected) if any(ref.remark for ref in decision.policies) else usual | expected

    def _outcomes(self, index: int | None) -> dict[str, Action]:
        allowed = dict.fromkeys(self.policy.document.environments, Action.ALLOW)
        return allowed if index is None else allowed | self.cases.document.cases[index].expect.outcomes

    def decision(self, index: int | None) -> Decision:
        """What the policy says of a case; made once."""
        if index not in self._decisions:
            self._decisions[index] = self._sound if index is None else self.judge(self.policy, index)
        return self._decisions[index]

    def unlike(self, indices: Iterable[int | None], groups: tuple[str, ...]) -> list[int | None]:
        """Of some cases those that differ in these groups of facts, in who says so, or in time; of those that are alike
        the first. All of them where no group is named: then everything is read."""
        seen: list[tuple[object, ...]] = []
        kept = []
        for index in indices:
            facts, case = self._situation(index, comparisons(self.policy)), self._case(index)
            read = (*(getattr(facts.facts, group) for group in groups), facts.origin, facts.facts.absent)
            key = (*read, *(facts.origin_of(group) for group in groups), case and (case.now, case.as_of))
            if not groups or key not in seen:
                seen.append(key)
                kept.append(index)
        return kept

    def _case(self, index: int | None) -> Case | None:
        return None if index is None else self.cases.document.cases[index]

    def _situation(self, index: int | None, asked: tuple[Comparison, ...]) -> EvidenceSet:
        key = index, asked
        if key not in self._situations:
            self._situations[key] = situation(self.cases, *key)
        return self._situations[key]

    def judge(self, policy: LoadedPolicy, index: int | None, asked: tuple[Comparison, ...] | None = None) -> Decision:
        """`asked`: the comparisons that were measured, where it is not those of this policy."""
        document = self.cases.document
        case = self._case(index)
        now = parse_instant((case and case.now) or document.now)
        as_of = (case and case.as_of) or document.as_of
        facts = self._situation(index, comparisons(policy) if asked is None else asked)
        return decide(
            facts, _NOBODY, (policy,), (), baseline=None, now=now, as_of=parse_instant(as_of) if as_of else now,
            identifier=self.name(index), submitter=facts.origin.by, previous=None,
        )  # fmt: skip


_NOBODY = sha256(b"")


def _rule(key: str) -> str:
    return key.partition("#")[2]


def _because(decision: Decision, environment: str) -> str:
    """Which findings ask for what an environment came to."""
    action = decision.outcomes[environment]
    asking = [_rule(one.key) for one in decision.findings if one.actions[environment] is action is not Action.ALLOW]
    return "; ".join([*([f"asked for by {', '.join(asking)}"] if asking else []), *decision.notes])
