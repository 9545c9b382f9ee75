from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from governance.evidence.evidence import EvidenceSet
from governance.evidence.origin import Input
from governance.policy.decision import Decision
from governance.policy.document import LoadedPolicy, load_policy
from governance.policy.outcome import Outcome
from governance.render.changes import Changes, changes
from governance.render.pipeline import Precedent
from governance.verification import Verified
from tests.render.pages import page


def _precedent(case: Verified, identifier: str = "before", version: str = "1.09") -> Precedent:
    subject = case.decision.subject.model_copy(update={"version": version})
    return Precedent(case.decision.model_copy(update={"id": identifier, "subject": subject}), case.evidence)


def _one(now: Verified, before: Verified) -> Changes:
    (only,) = changes(page(now, precedents={"prod": _precedent(before)}))
    return only


@pytest.fixture
def case(
    baseline: LoadedPolicy, make_evidence: Callable[..., EvidenceSet], make_verified: Callable[..., Verified]
) -> Callable[..., Verified]:
    def made(outcome: Outcome = Outcome.PASS, policy: LoadedPolicy = baseline, **facts: Any) -> Verified:
        return make_verified(make_evidence(outcome, **facts), [policy])

    return made


def test_the_same_is_no_change(denied: Verified) -> None:
    only = _one(denied, denied)
    assert only.none and only.environments == ("prod",) and not only.same
    assert changes(page(denied)) == []


def test_worse_and_better_are_opposite(denied: Verified, case: Callable[..., Verified]) -> None:
    fine = case()
    worse, better = _one(denied, fine), _one(fine, denied)
    keys = {moved.key for moved in worse.worse}
    assert "baseline#no-forbidden-column" in keys and "baseline#selection-four-fifths" in keys
    assert {moved.key for moved in better.better} == keys
    assert not worse.better and not better.worse
    rates = next(moved for moved in worse.worse if moved.key == "baseline#selection-four-fifths")
    assert rates.was is not None and rates.now is not None
    assert rates.was.startswith("passed, Black to White 0.96 [")
    assert rates.now.startswith("failed, Black to Other 0.4533 [")


def test_a_number_that_moved_is_told_though_the_outcome_is_the_same(case: Callable[..., Verified]) -> None:
    fine, weaker = case(groups={"Black": (4800, 10000), "White": (5000, 10000)}), case(
        groups={"Black": (4500, 10000), "White": (5000, 10000)}
    )  # fmt: skip
    (moved,) = _one(weaker, fine).worse
    assert moved.was is not None and moved.now is not None
    assert moved.was.startswith("passed, Black to White 0.96 [") and moved.now.startswith(
        "passed, Black to White 0.9 ["
    )
    assert [moved.key for moved in _one(fine, weaker).better] == ["baseline#selection-four-fifths"]


def test_a_rule_that_is_new_gone_or_no_longer_applies_is_neither(denied: Verified) -> None:
    def with_findings(*findings: Any) -> Verified:
        return denied._replace(decision=denied.decision.model_copy(update={"findings": findings}))

    first, second, *_ = denied.decision.findings
    absent = first.model_copy(update={"outcome": Outcome.NOT_APPLICABLE})
    only = _one(with_findings(absent), with_findings(first, second))
    assert not only.worse and not only.better
    assert [(moved.was, moved.now is None) for moved in only.other] == [
        ("failed", False),
        (only.other[1].was, True),
    ]
    assert only.other[0].now == "not applicable" and only.other[1].key == second.key
    (new,) = _one(with_findings(first, second), with_findings(first)).other
    assert new.key == second.key and new.was is None


def test_inputs_by_role(denied: Verified) -> None:
    def inputs(*given: tuple[str, str, int | None]) -> Verified:
        items = tuple(
            Input(role=role, path=f"{role}-{digest}", sha256=digest * 64, rows=rows, size=1)
            for role, digest, rows in given
        )
        return denied._replace(evidence=denied.evidence.model_copy(update={"inputs": items}))

    before = inputs(
        ("artifact", "1", None), ("lineage.event", "2", None), ("lineage.event", "3", None), ("gone", "4", None)
    )
    now = inputs(("artifact", "1", None), ("lineage.event", "3", None), ("lineage.event", "5", None), ("new", "6", 1))
    assert _one(now, before).inputs == (
        ("gone", "gone, 4444444444444444..."),
        ("lineage.event", "2222222222222222... to 5555555555555555..."),
        ("new", "new, 6666666666666666... (1 row)"),
    )


def test_a_policy_that_got_milder_is_told(root: Path, baseline: LoadedPolicy, case: Callable[..., Verified]) -> None:
    text = (root / "policies/baseline/policy.yaml").read_text()
    milder = text.replace("version: 1.0.0", "version: 1.1.0").replace("at_least: 0.8,", "at_least: 0.4,")
    milder = milder.replace("severity: critical\n    enforcement: {default: deny}", "enforcement: {default: audit}")
    policy = load_policy(milder.encode(), "policy.yaml")
    only = _one(case(Outcome.FAIL, policy=policy), case(Outcome.FAIL))
    assert only.policies[0] == "policy baseline: 1.0.0 to 1.1.0"
    assert "the limit of Selection rates within four fifths: at least 0.8 to at least 0.4" in only.policies
    assert "in prod the same outcome of No forbidden column reaches a feature means allow, not deny" in only.policies
    silent = load_policy(milder.replace("version: 1.1.0", "version: 1.0.0").encode(), "policy.yaml")
    said = _one(case(policy=silent), case()).policies[0]
    assert said.startswith("policy baseline 1.0.0: the text changed under the same version, ")


def test_policies_that_came_and_went(
    baseline: LoadedPolicy, many: Callable, make_evidence: Callable, make_verified: Callable[..., Verified]
) -> None:
    one, two = make_verified(make_evidence(), [baseline]), make_verified(make_evidence(), [baseline, many(1)])
    assert _one(two, one).policies == ("policy many 1.0.0 was added",)
    assert _one(one, two).policies == ("policy many 1.0.0 was dropped",)


def test_environments_with_the_same_precedent_go_together(denied: Verified) -> None:
    def found(**precedents: Precedent) -> list[tuple[tuple[str, ...], Decision]]:
        shown = page(denied, precedents=precedents, environment="staging")
        return [(change.environments, change.since) for change in changes(shown)]

    one, other = _precedent(denied, "1"), _precedent(denied, "2")
    assert found(prod=one, staging=one) == [(("staging", "prod"), one.decision)]
    assert found(prod=one, staging=other) == [(("staging",), other.decision), (("prod",), one.decision)]
    assert found(prod=one) == [(("prod",), one.decision)]
