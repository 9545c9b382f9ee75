"""The cases of a policy, run: what each finds, and where that is not what it expects."""

from collections.abc import Iterable
from typing import NamedTuple

from governance.canonical import Document, Instant, Sha256, parse_instant, sha256
from governance.evidence.evidence import EvidenceSet
from governance.policy.case_acts import COUNTS, CaseAct, Signed, signed
from governance.policy.cases import SOUND, Asked, Case, Expected, LoadedCases, comparisons, situation
from governance.policy.decision import Decision, Recorded, decide
from governance.policy.document import LoadedPolicy
from governance.policy.finding import Finding
from governance.policy.outcome import Action, Outcome


class Difference(NamedTuple):
    """`of` is a rule's id, an environment, one in the other, or a waiver. `why` is what the finding says."""

    of: str
    expected: str
    got: str | None
    why: str


class Ran(NamedTuple):
    """One case, run: what it found by rule, and where that differs from what it expects."""

    name: str
    found: dict[str, Outcome]
    differences: tuple[Difference, ...]


class Judged(NamedTuple):
    """What a policy says of a case, and the acts that it was judged with."""

    decision: Decision
    signed: Signed


class Bench:
    """The cases of a policy, ready to be run against it and against mutants of it. Situations are made once."""

    def __init__(self, cases: LoadedCases, policy: LoadedPolicy) -> None:
        self.cases, self.policy = cases, policy
        self._asked = comparisons(policy)
        self._situations = {(index, self._asked, act): facts for (index, act), facts in cases.situations.items()}
        self._judged: dict[int | None, Judged] = {}
        self._prints: dict[tuple[int | None, str], str] = {}
        self._sound = self.judged(None).decision

    def run(self) -> list[Ran]:
        """The sound case, then every other in its order."""
        return [self.ran(None), *map(self.ran, range(len(self.cases.document.cases)))]

    def ran(self, index: int | None, policy: LoadedPolicy | None = None) -> Ran:
        """One case (None: the sound one) under a policy (else the one that the cases are of)."""
        judged = self.judged(index) if policy is None else self.judge(policy, index)
        decision = judged.decision
        found = {rule_of(finding.key): finding for finding in decision.findings}
        differences = []
        for rule, expected in self._findings(index, decision).items():
            finding = found.get(rule)
            if finding is None:
                differences.append(Difference(rule, expected.outcome.value, None, "the rule was not judged"))
            else:
                differences += unlike(finding, expected)
        differences += fates(judged)
        differences += [
            Difference(environment, action.value, decision.outcomes[environment].value, _because(decision, environment))
            for environment, action in self._outcomes(index).items()
            if decision.outcomes[environment] is not action
        ]
        return Ran(self.name(index), {rule: one.outcome for rule, one in found.items()}, tuple(differences))

    def name(self, index: int | None) -> str:
        return SOUND if index is None else self.cases.document.cases[index].name

    def case(self, index: int | None) -> Case | None:
        return None if index is None else self.cases.document.cases[index]

    def expected(self, index: int | None, rule: str) -> Expected | None:
        """What a case says itself of a rule."""
        case = self.case(index)
        return case.expect.by_rule.get(rule) if case else None

    def _findings(self, index: int | None, decision: Decision) -> dict[str, Expected]:
        usual = {rule_of(one.key): Expected(outcome=one.outcome) for one in self._sound.findings}
        case = self.case(index)
        if case is None:
            return usual
        # Where the policy is not in force, or not for the model, nothing is judged; the outcomes tell.
        return case.expect.by_rule if any(ref.remark for ref in decision.policies) else usual | case.expect.by_rule

    def _outcomes(self, index: int | None) -> dict[str, Action]:
        case = self.case(index)
        allowed = dict.fromkeys(self.policy.document.environments, Action.ALLOW)
        return allowed | (case.expect.outcomes if case else {})

    def judged(self, index: int | None) -> Judged:
        """What the policy says of a case; made once."""
        if index not in self._judged:
            self._judged[index] = self.judge(self.policy, index)
        return self._judged[index]

    def print_of(self, index: int | None, group: str) -> str:
        """A digest of all that a rule can read of a case that takes one group of facts (`""`: everything). What is
        signed may be for one case only."""
        if (index, group) not in self._prints:
            facts, case = self._situation(index, self._asked, None), self.case(index)
            read: Document | None = getattr(facts.facts, group) if group else facts
            acts = index if case and (case.acts or case.unsigned) else None
            said = (acts, case and (case.now, case.as_of), facts.origin_of(*filter(None, [group])), facts.facts.absent)
            self._prints[index, group] = sha256(repr(said).encode() + (read.to_bytes() if read else b""))
        return self._prints[index, group]

    def _situation(self, index: int | None, asked: Asked, act: int | None) -> EvidenceSet:
        key = index, asked, act
        if key not in self._situations:
            self._situations[key] = situation(self.cases, index, asked, act)
        return self._situations[key]

    def judge(self, policy: LoadedPolicy, index: int | None, asked: Asked | None = None) -> Judged:
        """`asked`: the comparisons that were measured, where it is not those of this policy."""
        document, case = self.cases.document, self.case(index)
        asked = comparisons(policy) if asked is None else asked
        now = (case and case.now) or document.now
        as_of = (case and case.as_of) or document.as_of
        looked: dict[tuple[int | None, Instant], Decision] = {}

        def judge(act: int | None, moment: Instant, acts: tuple[Recorded, ...], lapsed: Iterable[str] = ()) -> Decision:
            facts = self._situation(index, asked, act)
            return decide(
                facts, self._digest(index, asked, act), (policy,), acts, baseline=None, now=parse_instant(moment),
                as_of=parse_instant(as_of or moment), identifier=self.name(index), submitter=facts.origin.by,
                previous=None, lapsed=frozenset(lapsed),
            )  # fmt: skip

        def seen(place: int, act: CaseAct, moment: Instant, before: tuple[Recorded, ...]) -> Decision:
            # Statements that are signed in every case stand before the case's own, and none of them has `seen`.
            there = place - len(document.attested) if act.seen else None
            if act.reviews:
                return judge(there, moment, before)
            # Who waives a finding looks at it, whatever was signed before.
            if (there, moment) not in looked:
                looked[there, moment] = judge(there, moment, ())
            return looked[there, moment]

        acts = signed(document.acts_of(case), policy, now, seen)
        return Judged(judge(None, now, acts.acts, acts.lapsed), acts)

    def _digest(self, index: int | None, asked: Asked, act: int | None) -> Sha256:
        """Of the evidence; who signs must have seen the same."""
        case = self.case(index)
        if case is None or not any(one.reviews for one in case.acts):
            return _NOBODY
        return sha256(self._situation(index, asked, act).to_bytes())


_NOBODY = sha256(b"")


def rule_of(key: str) -> str:
    """The id of a finding's rule."""
    return key.partition("#")[2]


def unlike(finding: Finding, expected: Expected) -> list[Difference]:
    """Where a finding is not what a case expects of its rule."""
    rule, differences = rule_of(finding.key), []
    if finding.outcome is not expected.outcome:
        differences.append(Difference(rule, expected.outcome.value, finding.outcome.value, finding.why))
    for words in expected.says:
        if words not in finding.why:
            differences.append(Difference(rule, f"a reason that says {words!r}", "another", finding.why))
    for place, action in expected.actions.items():
        if (got := finding.actions.get(place)) is not action:
            differences.append(Difference(f"{rule} in {place}", action.value, got and got.value, finding.why))
    return differences


def fates(judged: Judged, rule: str | None = None) -> list[Difference]:
    """Where a waiver (of one rule, if named) comes to something else than the case expects."""
    differences = []
    for one in judged.decision.waivers:
        expected, got = judged.signed.expected[one.act], COUNTS if one.reason is None else one.reason.value
        if expected != got and rule in (None, rule_of(one.key)):
            of = f"waiver {one.ticket} for {rule_of(one.key)}"
            differences.append(Difference(of, str(expected), got, one.words and f"it {one.words}"))
    return differences


def _because(decision: Decision, environment: str) -> str:
    """Which findings ask for what an environment came to."""
    action = decision.outcomes[environment]
    asking = [rule_of(one.key) for one in decision.findings if one.actions[environment] is action is not Action.ALLOW]
    return "; ".join([*([f"asked for by {', '.join(asking)}"] if asking else []), *decision.notes])
