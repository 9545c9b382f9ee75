"""Which model versions a policy is for: said by planning and judging alike, and in doubt it applies."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance import strictyaml
from governance.errors import BadInput
from governance.evidence.evidence import EvidenceSet
from governance.evidence.manifest import Manifest
from governance.evidence.stated import Stated, counted_tier, stated
from governance.policy.document import LoadedPolicy, load_policy
from governance.policy.outcome import Action
from governance.policy.plan import plan
from governance.policy.selector import view_of_evidence, view_of_manifest
from tests.policy.cases import TEST_CATALOGUE, evidence, judge, section

ALL = ("name", "version", "owner", "risk_tier", "purpose", "tags")


def policy(applies: str, *rules: str, name: str = "house", environments: str = "[staging, prod]") -> LoadedPolicy:
    lines = "".join(f"\n  - {one}" for one in rules or (section("a"),))
    text = (
        f"schema: governance.policy/v1\nid: {name}\nversion: 1.0.0\nin_force: {{from: 2026-01-01T00:00:00Z}}\n"
        f"environments: {environments}\napplies: {applies!r}\nrules:{lines}\n"
    )
    return load_policy(text.encode(), f"{name}.yaml", TEST_CATALOGUE)


def manifest(**model: Any) -> Manifest:
    said = {"name": "loans", "version": "1.10"} | model
    return Manifest.model_validate(
        {"schema": "governance.manifest/v1", "model": said, "artifact": {"none": "a vendor's"}}, by_alias=True
    )


def about(of: Manifest) -> EvidenceSet:
    found = {"risk_tier": counted_tier(of.model), "model": stated(of.model)}
    return evidence().model_copy(update=found)


FULL = manifest(
    owner="team:credit", risk_tier="low", tags=("pii", "eu"), purpose={"category": "Credit-Scoring", "objective": "x"}
)


@pytest.mark.parametrize(
    ("applies", "expected"),
    [
        ('model.name == "loans" && model.version == "1.10"', True),
        ('model.owner == "team:credit"', True),
        ('model.owner == "team:fraud"', False),
        ('model.risk_tier in ["high", "medium"]', False),
        ('model.purpose == "credit-scoring"', True),  # ids are compared without regard to case
        ('"pii" in model.tags', True),
        ('"us" in model.tags', False),
        ('model.tags.exists(tag, tag.startsWith("p"))', True),
        ('has(model.owner) && model.owner == "team:fraud"', False),
    ],
)
def test_a_selector_is_answered_alike_when_planned_and_when_judged(applies: str, expected: bool) -> None:
    chosen = policy(applies)
    assert view_of_manifest(FULL) == view_of_evidence(about(FULL))
    assert bool(chosen.applies(view_of_manifest(FULL)).places) is expected
    decision = judge(about(FULL), [chosen])
    assert decision.policies[0].applies is expected
    assert decision.outcomes["prod"] is (Action.ALLOW if expected else Action.DENY)
    assert len(decision.findings) == (1 if expected else 0)
    assert f"is {str(expected).lower()}" in (decision.policies[0].because or "")


def test_what_does_not_apply_is_said_and_nothing_checked_denies() -> None:
    decision = judge(about(FULL), [policy('model.risk_tier == "high"')])
    assert decision.outcomes == {"prod": Action.DENY, "staging": Action.DENY}
    assert 'policy house does not apply: model.risk_tier == "high" is false' in decision.notes
    assert any("no policy applies" in note for note in decision.notes)
    assert decision.valid_until == decision.now, "nothing to rely on"


def test_one_that_applies_is_enough_and_the_other_is_still_named() -> None:
    both = [policy("false"), policy("true", name="other")]
    decision = judge(about(FULL), both)
    assert decision.outcomes["prod"] is Action.ALLOW
    assert [(ref.id, ref.applies, ref.remark) for ref in decision.policies] == [
        ("house", False, "does not apply"), ("other", True, ""),
    ]  # fmt: skip
    assert [finding.key for finding in decision.findings] == ["other#a"]


@pytest.mark.parametrize("name", [name for name in ALL if name not in ("name", "version", "risk_tier")])
def test_what_the_manifest_leaves_out_counts_as_applying(name: str) -> None:
    chosen = policy(f'model.{name} == "x"' if name != "tags" else '"x" in model.tags')
    for facts in (about(manifest()), evidence()):  # the latter is from before anything of this was recorded
        decision = judge(facts, [chosen])
        assert decision.policies[0].applies and len(decision.findings) == 1
        assert any(note.startswith("policy house applies:") and "counts as applying" in note for note in decision.notes)
    assert chosen.applies(view_of_manifest(manifest())).places


@pytest.mark.parametrize("tier", [None, "none", "LOW", "minimal"])
def test_an_unknown_risk_tier_is_high(tier: str | None) -> None:
    of = manifest(risk_tier=tier)
    assert policy('model.risk_tier == "high"').applies(view_of_manifest(of)).places


@pytest.mark.parametrize("broken", ["model.name", '[1][3] == 1 || model.name == ""', "model.name < 3"])
def test_what_is_no_answer_counts_as_applying(broken: str) -> None:
    decision = judge(about(FULL), [policy(broken)])
    assert decision.policies[0].applies and "counts as applying" in (decision.policies[0].because or "")


def test_it_may_depend_on_the_environment() -> None:
    chosen = policy('environment == "prod" || model.risk_tier == "high"', section("a", "fail"))
    decision = judge(about(FULL), [chosen, policy("true", name="other")])
    assert decision.outcomes == {"prod": Action.DENY, "staging": Action.ALLOW}
    assert {finding.key: set(finding.actions) for finding in decision.findings}["house#a"] == {"prod"}
    assert any("is true (prod); is false (staging)" in note for note in decision.notes)


def test_what_does_not_apply_is_not_measured_for() -> None:
    rule = "{id: a, uses: explainability.additivity@1, enforcement: {default: deny}}"
    assert plan([policy('model.owner == "team:credit"', rule)], FULL).facts == ("explainability",)
    assert plan([policy('model.owner == "team:fraud"', rule)], FULL).facts == ()
    assert plan([policy('model.owner == "team:fraud"', rule)], manifest()).facts == ("explainability",)


@pytest.mark.parametrize(
    ("applies", "fragments"),
    [
        ("model.ownr == 'x'", ("'ownr'", "did you mean model.owner?")),
        ("model.name ==", ("does not compile", "^")),
        ("subject.name == 'x'", ("does not compile", "undeclared")),
        ("model.name", None),
        ("'yes'", ("not a condition",)),
        ("[1].map(x, x) == []", ("maps a list",)),
        ("1 / 0 == 1", ("divides",)),
        ("true || " * 600 + "true", ("too long",)),
    ],
)
def test_a_selector_that_is_wrong_is_refused_at_its_line(applies: str, fragments: tuple[str, ...] | None) -> None:
    text = policy("true").text.decode().replace("applies: 'true'", f'applies: "{applies}"')
    if fragments is None:
        load_policy(text.encode(), "p.yaml", TEST_CATALOGUE)
        return
    with pytest.raises(BadInput) as caught:
        load_policy(text.encode(), "p.yaml", TEST_CATALOGUE)
    assert caught.value.where == "p.yaml:6:1", str(caught.value)
    for fragment in fragments:
        assert fragment in str(caught.value)


_TEXT = st.sampled_from(["team:credit", "team:fraud", "Credit-Scoring", "pii"])


@given(
    owner=st.none() | _TEXT,
    tier=st.none() | st.sampled_from(["low", "medium", "high", "odd"]),
    tags=st.none() | st.lists(st.sampled_from(["pii", "eu"]), unique=True),
    purpose=st.none() | st.sampled_from(["Credit-Scoring", "marketing"]),
    applies=st.sampled_from([
        'model.owner == "team:credit"', 'model.risk_tier != "low"', '"pii" in model.tags',
        'model.purpose == "credit-scoring" && model.owner == "team:credit"', '!("eu" in model.tags)',
    ]),
)  # fmt: skip
def test_leaving_something_out_never_takes_a_policy_away(
    owner: str | None, tier: str | None, tags: list[str] | None, purpose: str | None, applies: str
) -> None:
    said = {"owner": owner, "risk_tier": tier, "tags": tuple(tags) if tags is not None else None}
    of = manifest(**said, purpose={"category": purpose})
    chosen = policy(applies)
    assert chosen.applies(view_of_manifest(of)) == chosen.applies(view_of_evidence(about(of)))
    if chosen.applies(view_of_manifest(of)).places:
        for name in said:
            less = manifest(**(said | {name: None}), purpose={"category": purpose})
            assert chosen.applies(view_of_manifest(less)).places, f"without {name}"


def test_tags_are_words_of_the_manifest() -> None:
    text = b"schema: governance.manifest/v1\nmodel: {name: a, version: 1, tags: [PII data]}\nartifact: {none: x}\n"
    with pytest.raises(BadInput, match="one word of small letters"):
        strictyaml.load(text, Manifest, "governance.yaml")
    assert stated(manifest().model) == Stated(owner=None, purpose=None, tags=None)
