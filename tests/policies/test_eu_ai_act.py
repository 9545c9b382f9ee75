"""The EU AI Act as data in time: the same evidence on three days, and one spelling of its clauses everywhere."""

from datetime import UTC, datetime
from functools import cache

import pytest

from governance import bundled
from governance.canonical import sha256
from governance.evidence.evidence import EvidenceSet
from governance.policy.cases import load_cases
from governance.policy.clauses import Kind, coverage
from governance.policy.decision import Decision, decide
from governance.policy.document import load_policy
from governance.policy.finding import Finding
from governance.policy.outcome import Action, Outcome
from governance.policy.rules import ALL

NAME = "eu-ai-act-high-risk"
POLICY = load_policy(bundled.policy(NAME)[1], NAME)
CASES = bundled.cases(NAME)[1]
DUTIES = "2027-12-02T00:00:00Z"


@cache
def evidence() -> EvidenceSet:
    """Of a sound model whose documentation has no section about standards."""
    assert CASES is not None
    sound = load_cases(CASES, NAME, POLICY).situations[None, None]
    assert sound.facts.documents is not None
    papers = []
    for one in sound.facts.documents.documents:
        kept = tuple(section for section in one.sections or () if section.heading != "Standards")
        papers.append(one.model_copy(update={"sections": kept}))
    documents = sound.facts.documents.model_copy(update={"documents": tuple(papers)})
    return sound.model_copy(update={"facts": sound.facts.model_copy(update={"documents": documents})})


@cache
def decided(day: str) -> Decision:
    """What is said of it when nobody has signed anything."""
    facts = evidence()
    now, as_of = (datetime.fromisoformat(f"{one}T00:00:00+00:00").astimezone(UTC) for one in ("2026-11-21", day))
    return decide(
        facts, sha256(facts.to_bytes()), (POLICY,), (), baseline=None, now=now, as_of=as_of, identifier="x",
        submitter=facts.origin.by, previous=None,
    )  # fmt: skip


def by_rule(decision: Decision) -> dict[str, Finding]:
    return {finding.key.partition("#")[2]: finding for finding in decision.findings}


def test_before_the_act_counts_it_asks_for_the_class_and_stops_nothing() -> None:
    decision = decided("2026-06-01")
    found = by_rule(decision)
    assert {rule for rule, one in found.items() if one.outcome is not Outcome.NOT_APPLICABLE} == {
        "class-written", "class-confirmed", "credit-is-high-risk",
    }  # fmt: skip
    assert found["class-written"].outcome is Outcome.PASS
    assert "begins on 2026-08-02" in found["annex-iv-7"].why
    assert "art-50 begins on 2026-08-02" in found["people-know"].why
    assert decision.outcomes == {"prod": Action.ALLOW, "staging": Action.ALLOW}


def test_today_it_shows_what_will_deny_and_stops_only_what_counts_today() -> None:
    decision = decided("2026-11-21")
    found = by_rule(decision)
    assert found["annex-iv-7"].outcome is Outcome.FAIL
    assert found["artifact-as-recorded"].outcome is Outcome.PASS
    assert {rule for rule, one in found.items() if one.actions.get("prod") is not Action.ALLOW} == {"people-know"}
    assert decision.outcomes == {"prod": Action.NEEDS_REVIEW, "staging": Action.ALLOW}
    said = [(one.place, one.action, one.from_) for one in found["annex-iv-7"].announced]
    assert said == [("prod", Action.DENY, DUTIES)]
    # Nothing that is open today is passed over in silence: each says from when on it is asked.
    still = [one for rule, one in found.items() if one.outcome in (Outcome.FAIL, Outcome.INCONCLUSIVE)]
    assert len(still) > 20
    assert [one.key for one in still if not one.announced] == [f"{NAME}#people-know"]


def test_after_the_day_it_denies() -> None:
    decision = decided("2027-12-31")
    found = by_rule(decision)
    assert found["annex-iv-7"].actions["prod"] is Action.DENY
    assert found["risks-written"].outcome is Outcome.PASS
    assert found["overseers-named"].actions["prod"] is Action.NEEDS_REVIEW
    assert found["products-looked-at"].actions["prod"] is Action.ALLOW  # products of Annex I follow on 2028-08-02
    assert decision.outcomes == {"prod": Action.DENY, "staging": Action.ALLOW}


def test_a_document_is_looked_at_section_by_section() -> None:
    looked = by_rule(decided("2026-11-21"))["instructions-written"].looked_at
    assert [one.path.rpartition(".")[2] for one in looked] == [
        "intended purpose", "accuracy", "foreseeable misuse", "performance by group", "input data",
        "reading the output", "human oversight",
    ]  # fmt: skip
    assert {one.value for one in looked} == {"20 words"}


@pytest.mark.parametrize(
    "clause, kind",
    [
        ("art-9.8", Kind.CHECKED),
        ("art-10.2.f", Kind.CHECKED),
        ("art-15.5", Kind.IN_PART),
        ("annex-iv.2.g", Kind.DECLARED),
        ("art-9.2", Kind.DECLARED),
        ("art-12.1", Kind.ATTESTED),
        ("art-14.4", Kind.ATTESTED),
        ("art-26.3", Kind.NOT_COVERED),
    ],
)
def test_how_a_clause_is_covered(clause: str, kind: Kind) -> None:
    assert POLICY.document.law is not None
    told = coverage(POLICY, POLICY.document.law, datetime(2026, 11, 21, tzinfo=UTC))
    covered = {one.clause: one.kind for one in told.clauses}
    assert covered[clause] is kind


def test_whatever_cites_the_act_cites_one_of_its_clauses() -> None:
    law = POLICY.document.law
    assert law is not None
    shipped = [load_policy(bundled.policy(name)[1], name).document for name in bundled.policy_names()]
    cited = {control for rule in ALL for control in rule.controls}
    cited |= {control for document in shipped for rule in document.rules for control in rule.controls}
    known = {law.control(clause) for clause in law.clauses}
    assert {control for control in cited if control.startswith(f"{law.id}/")} - known == set()
