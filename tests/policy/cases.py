"""Small cases to judge: a rule that says what its policy tells it to, policies of such rules, acts upon decisions."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from governance.canonical import instant, sha256
from governance.evidence.counts import Counts
from governance.evidence.evidence import EvidenceSet, Facts
from governance.evidence.fairness import Cell, CountTable, Critical, FairnessFacts
from governance.evidence.origin import Origin, Subject
from governance.evidence.performance import PerformanceFacts
from governance.evidence.plan import Plan
from governance.policy.act import APPROVER, Act, Waiver
from governance.policy.baseline import LoadedBaseline
from governance.policy.decision import Decision, Recorded, decide
from governance.policy.document import LoadedPolicy, load_policy
from governance.policy.finding import Verdict
from governance.policy.outcome import Outcome
from governance.policy.rule import Params, Rule, rule
from governance.policy.rules import CATALOGUE

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
SUBMITTER, OFFICER, OTHER_OFFICER = "local|ann", "local|bo", "local|cy"


class SaysParams(Params):
    outcome: Outcome


class NoParams(Params):
    pass


@rule("test.says")
def says(evidence: EvidenceSet, params: SaysParams) -> Verdict:
    """Says what it is told.

    What it checks: nothing. Why it matters: tests of decisions. How to fix: tell it something else.
    """
    return Verdict(outcome=params.outcome, why=f"told to say {params.outcome.value}")


@rule("test.raises")
def raises(evidence: EvidenceSet, params: NoParams) -> Verdict:
    """Divides by zero.

    What it checks: nothing. Why it matters: rules have bugs. How to fix: mend the rule.
    """
    raise ZeroDivisionError("by nothing")


@rule("test.forgets")
def forgets(evidence: EvidenceSet, params: NoParams) -> Verdict:
    """Returns no verdict.

    What it checks: nothing. Why it matters: rules have bugs. How to fix: mend the rule.
    """
    return None  # type: ignore[return-value]


TEST_CATALOGUE: dict[str, Rule] = CATALOGUE | {one.name: one for one in (says, raises, forgets)}


def section(name: str, outcome: str = "pass", enforcement: str = "{default: deny}", more: str = "") -> str:
    """A rule of a policy that comes out as `outcome`."""
    tail = f", {more}" if more else ""
    return f"{{id: {name}, uses: test.says@1, with: {{outcome: {outcome}}}, enforcement: {enforcement}{tail}}}"


def policy(
    *rules: str, name: str = "house", environments: str = "[staging, prod]", in_force: str = "", valid_for: int = 90
) -> LoadedPolicy:
    period = in_force or "{from: 2026-01-01T00:00:00Z}"
    lines = "".join(f"\n  - {one}" for one in rules) or " []"
    text = (
        f"schema: governance.policy/v1\nid: {name}\nversion: 1.0.0\nin_force: {period}\n"
        f"environments: {environments}\nvalid_for: {valid_for}\nrules:{lines}\n"
    )
    return load_policy(text.encode(), f"{name}.yaml", TEST_CATALOGUE)


def right(k: int, n: int) -> PerformanceFacts:
    """`k` of `n` rows right."""
    return PerformanceFacts(counts=Counts(tn=0, fp=n - k, fn=0, tp=k))


def cell(name: str | None, selected: int, rows: int) -> Cell:
    return Cell(group=(name,), tn=rows - selected, fp=0, fn=0, tp=selected)


def critical(
    metric: str = "selection_rate",
    measure: str = "ratio",
    min_rows: int = 30,
    value: str | None = "2.4",
    groups: int = 2,
) -> Critical:
    values = dict.fromkeys(("0.1", "0.05", "0.01"), value)
    return Critical(metric=metric, measure=measure, min_rows=min_rows, groups=groups, values=values)  # type: ignore[arg-type]


def table(
    *cells: Cell, attribute: str = "sex", unknown: int = 0, criticals: Sequence[Critical] | None = None
) -> CountTable:
    both = (critical(), critical(measure="difference"))
    chosen = tuple(both if criticals is None else criticals)
    return CountTable(attributes=(attribute,), unknown=unknown, cells=cells, seed=1, replicates=10_000, critical=chosen)


def fairness(*tables: CountTable) -> FairnessFacts:
    return FairnessFacts(rows=sum(c.rows for c in tables[0].cells) if tables else 0, tables=tables)


def evidence(by: str = SUBMITTER, kind: str = "measured", artifact: str | None = "0" * 64, **facts: Any) -> EvidenceSet:
    return EvidenceSet(
        subject=Subject(name="loans", version="1.10", artifact=artifact),
        risk_tier="high",
        manifest="1" * 64,
        plan=Plan(facts=(), fairness=(), explain_rows=0),
        origin=Origin(kind=kind, by=by, where="local", predictions="rescored"),  # type: ignore[arg-type]
        tools={},
        started_at="2026-01-01T00:00:00Z",
        inputs=(),
        facts=Facts(**facts),
    )


def judge(
    facts: EvidenceSet,
    policies: Sequence[LoadedPolicy],
    acts: Sequence[Recorded] = (),
    *,
    now: datetime = NOW,
    as_of: datetime | None = None,
    submitter: str = SUBMITTER,
    baseline: LoadedBaseline | None = None,
) -> Decision:
    return decide(
        facts,
        sha256(facts.to_bytes()),
        policies,
        acts,
        baseline=baseline,
        now=now,
        as_of=as_of or now,
        identifier="0192d3a4-0000-7000-8000-000000000000",
        submitter=submitter,
        previous=None,
    )


def act(kind: str, seen: Decision, *, actor: str = OFFICER, role: str = APPROVER, **waiver: Any) -> Recorded:
    excuse = None
    if kind == "waive":
        terms = {"ticket": "RISK-7", "not_before": instant(NOW), "expires": instant(NOW + timedelta(days=30))} | waiver
        excuse = Waiver(**terms)
    document = Act(
        kind=kind,  # type: ignore[arg-type]
        actor=actor,
        role=role,
        decision=sha256(seen.to_bytes()),
        reason="looked into it",
        at=instant(NOW),
        waiver=excuse,
    )
    return Recorded(sha256(document.to_bytes()), document, seen)
