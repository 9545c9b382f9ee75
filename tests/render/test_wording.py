from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.canonical import real
from governance.evidence.evidence import EvidenceSet, Facts
from governance.policy import verdict
from governance.policy.document import load_policy
from governance.policy.finding import Limit, Looked
from governance.policy.outcome import Action
from governance.render import pipeline, wording
from governance.verification import Verified

LEAST = Limit(op="at_least", value="0.8")


@pytest.mark.parametrize("named", [wording.FACTS, pipeline._SECTIONS, verdict._SECTIONS])
def test_every_group_of_facts_has_its_words(named: dict[str, object]) -> None:
    assert set(named) == set(Facts.model_fields) - {"absent"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("0.453333333", "0.4533"),
        ("0.799999", "0.799999"),  # four digits would put it on the limit
        ("0.80000001", "0.80000001"),
        ("0.8", "0.8"),
        ("1e-09", "1e-09"),
        ("123456.789", "123,457"),
        ("12345", "12345"),
        ("a" * 64, "a" * 16 + "..."),
        ("train, approve", "train, approve"),
    ],
)
def test_numbers(text: str, shown: str) -> None:
    assert wording.number(text, LEAST) == shown


@given(st.floats(-2, 2), st.decimals(Decimal("0.01"), Decimal("1"), places=2))
def test_a_shown_number_is_on_the_same_side_of_the_limit(value: float, limit: Decimal) -> None:
    text = real(value)
    shown = Decimal(wording.number(text, Limit(op="at_least", value=str(limit))))
    assert (shown >= limit) == (Decimal(text) >= limit) and (shown <= limit) == (Decimal(text) <= limit)


def test_values_say_what_is_open_or_undefined() -> None:
    assert wording.value_of(Looked(path="p", value="0.5", low="0.4", high=None), LEAST) == "0.5 [0.4, open]"
    assert wording.value_of(Looked(path="p", value=None, n=0), None) == "undefined"
    assert wording.value_of(Looked(path="p", value=None), None) == "not given"


def test_groups_name_the_unknown() -> None:
    looked = Looked(path="p", group=("F", None), reference=("M", "B"), value="1")
    assert wording.who(looked) == "F x unknown to M x B"


def test_tally_counts_every_finding(denied: Verified, approved: Verified) -> None:
    assert wording.tally(denied.decision.findings) == "4 failed, 1 inconclusive, 8 passed"
    assert wording.tally(approved.decision.findings) == "1 inconclusive, 1 waived, 11 passed"
    assert wording.tally([]) == "no finding"


def test_what_blocks_is_exactly_what_asks_for_more_than_allow(denied: Verified) -> None:
    blocking = wording.blocking(denied.decision, "prod")
    assert [f.actions["prod"] for f in blocking] == [Action.DENY] * 3 + [Action.NEEDS_REVIEW] * 2
    assert {f.key for f in wording.blocking(denied.decision, "staging")} == {
        "baseline#no-forbidden-column",
        "baseline#separate-duties",
    }


def test_declared_names_what_was_taken_on_somebodys_word(make_evidence: Callable[..., EvidenceSet]) -> None:
    assert [name for name, _ in wording.declared(make_evidence())] == [
        "manifest",
        "lineage",
        "access",
        "reproducibility",
    ]


def test_supplied_predictions_are_said_to_be_supplied(make_evidence: Callable[..., EvidenceSet]) -> None:
    facts = make_evidence()
    facts = facts.model_copy(update={"origin": facts.origin.model_copy(update={"predictions": "supplied"})})
    assert "we did not run the model" in dict(wording.declared(facts))["fairness"]


CONDITION = """\
schema: governance.policy/v1
id: own
version: 1.0.0
in_force: {from: 2026-01-01T00:00:00Z}
environments: [prod]
rules:
  - {id: rows, requires: [%s], expr: "%s", accept: {kind: [measured, declared]}, enforcement: {default: deny}}
"""


@pytest.mark.parametrize(
    ("groups", "expression", "said"),
    [
        ("fairness", "fairness.rows > 0", "measured (local, by local|ann), from predictions that were supplied"),
        (
            "artifact, fairness",
            "fairness.rows > 0",
            "measured (local, by local|ann), from predictions that were supplied",
        ),
        ("artifact", "artifact.format != ''", "measured (local, by local|ann)"),
        ("fairness, lineage", "fairness.rows > 0", "declared by local|ann, not measured"),
    ],
)
def test_a_condition_rests_on_the_weakest_of_what_it_reads(
    groups: str, expression: str, said: str, make_evidence: Callable[..., EvidenceSet], make_verified: Callable
) -> None:
    facts = make_evidence()
    facts = facts.model_copy(update={"origin": facts.origin.model_copy(update={"predictions": "supplied"})})
    policy = load_policy((CONDITION % (groups, expression)).encode(), "own.yaml")
    (finding,) = make_verified(facts, [policy]).decision.findings
    assert wording.origin_of(finding) == said, finding.why
