"""Decisions to render: judged by the rules from made-up evidence, never written by hand."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from governance.canonical import instant, sha256
from governance.evidence.evidence import Absent, EvidenceSet, Facts
from governance.evidence.fairness import Cell, CountTable, Critical, FairnessFacts
from governance.evidence.origin import FactOrigin, Input, Origin, Subject
from governance.evidence.plan import Plan
from governance.policy.act import Act, Waiver
from governance.policy.baseline import LoadedBaseline
from governance.policy.decision import Decision, Recorded, decide
from governance.policy.document import LoadedPolicy, load_policy
from governance.policy.outcome import Outcome
from governance.policy.rule import Rule
from governance.policy.rules import CATALOGUE
from governance.trail.entry import Entry, EntryType, Ref, uuid7
from governance.verification import Signed, Verified

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
DECLARED = FactOrigin(kind="declared")


def _example(rule: str, outcome: Outcome) -> Any:
    """The evidence of a rule's first example with this outcome."""
    found: Rule = CATALOGUE[rule]
    return next(example.evidence for example in found.examples if example.outcome is outcome)


def fairness(groups: dict[str, tuple[int, int]], unknown: int = 0) -> FairnessFacts:
    """Selected and all rows of each group of the attribute `race`."""
    cells = tuple(Cell(group=(name,), tn=n - k, fp=0, fn=0, tp=k) for name, (k, n) in sorted(groups.items()))
    critical = Critical(
        metric="selection_rate",
        measure="ratio",
        min_rows=30,
        groups=len(cells),
        values={"0.1": "2.1", "0.05": "2.34", "0.01": "2.9"},
    )
    table = CountTable(
        attributes=("race",), unknown=unknown, cells=cells, seed=7, replicates=10000, critical=(critical,)
    )
    return FairnessFacts(rows=sum(n for _, n in groups.values()) + unknown, tables=(table,))


FAIR = {"Black": (480, 1000), "White": (500, 1000)}
UNFAIR = {"Black": (204, 1000), "Other": (180, 400), "White": (500, 1400)}
THIN = {"Black": (20, 40), "White": (20, 40)}


def evidence(
    outcome: Outcome = Outcome.PASS,
    groups: dict[str, tuple[int, int]] | None = None,
    name: str = "adult-income",
    **facts: Any,
) -> EvidenceSet:
    """Evidence whose groups of facts are the rules' own examples of `outcome`, but for `facts`."""
    artifact = _example("artifact.digest@1", Outcome.PASS)
    found: dict[str, Any] = {
        "fairness": fairness(groups or FAIR),
        "explainability": _example("explainability.share@1", Outcome.PASS),
        "lineage": _example("lineage.forbidden_columns@1", outcome).model_copy(update={"origin": DECLARED}),
        "access": _example("access.segregation_of_duties@1", outcome).model_copy(update={"origin": DECLARED}),
        "performance": _example("performance.floor@1", Outcome.PASS),
        "reproducibility": _example("reproducibility.pinned@1", outcome).model_copy(update={"origin": DECLARED}),
        "artifact": artifact,
        "documents": None,
        "absent": (Absent(facts="documents", kind="missing", why="the manifest names no document"),),
    } | facts
    tables = tuple(
        Input(
            role=role, path=f"data/{role[5:]}.parquet", sha256=digest * 64, recorded=digest * 64, rows=rows, size=99_000
        )
        for role, digest, rows in (("data.evaluation", "a", 16_281), ("data.training", "b", 32_561))
    )
    return EvidenceSet(
        subject=Subject(name=name, version="1.10", artifact=artifact.sha256),
        risk_tier="high",
        manifest=sha256(b"manifest"),
        plan=Plan(facts=(), fairness=(), explain_rows=500),
        origin=Origin(kind="measured", by="local|ann", where="local", predictions="rescored"),
        tools={"governance": "0.1.0", "duckdb": "1.4.1"},
        started_at=instant(NOW - timedelta(minutes=3)),
        inputs=tables,
        facts=Facts(**found),
    )


def judge(
    facts: EvidenceSet,
    policies: Sequence[LoadedPolicy],
    acts: Sequence[Recorded] = (),
    baseline: LoadedBaseline | None = None,
) -> Decision:
    return decide(
        facts,
        sha256(facts.to_bytes()),
        policies,
        acts,
        baseline=baseline,
        now=NOW,
        as_of=NOW,
        identifier=uuid7(NOW, b"0123456789"),
        submitter="local|ann",
        previous=None,
    )


def act(kind: str, seen: Decision, reason: str, key: str | None = None, actor: str = "local|bo") -> Recorded:
    waiver = key and Waiver(
        key=key,
        ticket="RISK-12",
        not_before=instant(NOW - timedelta(days=1)),
        expires=instant(NOW + timedelta(days=30)),
        compensating="every rejection is read by a person",
    )
    document = Act(
        kind=kind,  # type: ignore[arg-type]
        actor=actor,
        role="approver",
        decision=sha256(seen.to_bytes()),
        reason=reason,
        at=instant(NOW - timedelta(hours=1)),
        waiver=waiver or None,
    )
    return Recorded(sha256(document.to_bytes()), document, seen)


def _entry(index: int, kind: EntryType, subject: Subject) -> Entry:
    return Entry(
        id=uuid7(NOW, bytes([index] * 10)),
        origin="governance.example/trail-5f2a",
        type=kind,
        time=instant(NOW),
        actor="5" * 32,
        subject=subject,
        refs=(Ref(type="governance.decision/v1", commitment="c" * 64, size=4321),),
        causes=(),
    )


def verified(
    facts: EvidenceSet,
    policies: Sequence[LoadedPolicy],
    acts: Sequence[Recorded] = (),
    baseline: LoadedBaseline | None = None,
) -> Verified:
    """A case as `governance.verification` hands it over."""
    decision = judge(facts, policies, acts, baseline)
    digest, evidence_digest = sha256(decision.to_bytes()), sha256(facts.to_bytes())
    note = "governance.example/trail-5f2a\n42\nqLKx0qM5Qb0p9cGmJ0oB1f2d3s4a5z6x7c8v9b0n1m8=\n\n"
    note += "\u2014 governance.example/trail-5f2a mTqCxQ" + "Ab9/" * 21 + "=\n"
    return Verified(
        decision=decision,
        decision_sha256=digest,
        evidence=facts,
        evidence_sha256=evidence_digest,
        policies=tuple(policies),
        baseline=baseline,
        acts=tuple(acts),
        manifest=b"manifest",
        signed=(
            Signed("measurer", "1" * 64, "", evidence_digest, "governance.evidence/v1"),
            Signed("issuer", "2" * 64, "", digest, "governance.decision/v1"),
            *(Signed("person", "3" * 64, a.act.actor, a.sha256, "governance.act/v1") for a in acts),
        ),
        entries=(
            (39, _entry(39, EntryType.EVIDENCE_SUBMITTED, facts.subject)),
            (41, _entry(41, EntryType.DECISION_ISSUED, facts.subject)),
        ),
        origin="governance.example/trail-5f2a",
        size=42,
        root="a8b2b1d2" * 8,
        checkpoint_note=note,
        level=0,
        checked=("canonical form and every digest", "2 signatures against the trust file"),
        not_checked=("whether a later decision exists: ask the service or the log",),
    )


@pytest.fixture(scope="session")
def baseline(root: Path) -> LoadedPolicy:
    return load_policy((root / "policies/baseline/policy.yaml").read_bytes(), "policy.yaml")


@pytest.fixture
def make_evidence() -> Callable[..., EvidenceSet]:
    return evidence


@pytest.fixture
def denied(baseline: LoadedPolicy) -> Verified:
    return verified(evidence(Outcome.FAIL, UNFAIR), [baseline])


@pytest.fixture
def needs_review(baseline: LoadedPolicy) -> Verified:
    """Everything passes but fairness, which two times 40 rows cannot settle, and the documents, which are not there."""
    return verified(evidence(groups=THIN), [baseline])


@pytest.fixture
def approved(baseline: LoadedPolicy) -> Verified:
    facts = evidence(groups=THIN)
    seen = judge(facts, [baseline])
    waived = act("waive", seen, "The card is with the translators.", "baseline#model-card")
    after = judge(facts, [baseline], [waived])
    return verified(
        facts, [baseline], [waived, act("approve", after, "More rows are collected until May; limits hold.")]
    )


@pytest.fixture
def make_verified() -> Callable[..., Verified]:
    return verified


@pytest.fixture
def make_act() -> Callable[..., Recorded]:
    return act


@pytest.fixture
def many() -> Callable[[int], LoadedPolicy]:
    """A policy of so many rules, all of them the same."""

    def policy(rules: int) -> LoadedPolicy:
        head = "schema: governance.policy/v1\nid: many\nversion: 1.0.0\nin_force: {from: 2026-01-01T00:00:00Z}\n"
        uses = "uses: lineage.forbidden_columns@1, accept: {kind: [declared]}, enforcement: {default: deny}"
        body = "".join(f"  - {{id: columns-{number}, {uses}}}\n" for number in range(rules))
        return load_policy(f"{head}environments: [prod]\nrules:\n{body}".encode(), "many.yaml")

    return policy


@pytest.fixture
def broken() -> LoadedPolicy:
    """A policy whose one condition fails while it is judged."""
    text = """\
schema: governance.policy/v1
id: broken
version: 1.0.0
in_force: {from: 2026-01-01T00:00:00Z}
environments: [prod]
rules:
  - id: no-such-table
    requires: [fairness]
    expr: fairness.tables[7].unknown == 0
    enforcement: {default: deny}
"""
    return load_policy(text.encode(), "broken.yaml")
