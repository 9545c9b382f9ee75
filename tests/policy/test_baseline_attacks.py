"""What a submitter tries with a baseline that was written for other failures: nothing new hides behind an old one."""

import json
from typing import Any

import pytest

from governance.canonical import real
from governance.evidence.access import AccessFacts, Grant
from governance.evidence.artifact import Pickle, PickleScan
from governance.evidence.evidence import EvidenceSet
from governance.evidence.explainability import ExplainabilityFacts, FeatureShare, GlobalAttribution
from governance.evidence.lineage import Ancestor, FeatureAncestry, LineageFacts, Source
from governance.evidence.origin import FactOrigin
from governance.evidence.performance import MetricFact
from governance.evidence.purpose import Kpi, PurposeFacts
from governance.evidence.reproducibility import LockLine, ReproducibilityFacts
from governance.policy.baseline import load_baseline, written_down
from governance.policy.outcome import Action, Outcome
from governance.policy.rules.artifact.digest import specimen
from governance.render.baseline import baseline_yaml
from tests.policy.baselines import UNTIL
from tests.policy.cases import NOW, cell, critical, evidence, fairness, judge, policy, right, table


def covered(rule: str, before: EvidenceSet, after: EvidenceSet, *, now: str = "") -> bool:
    """Whether what is written down of `before` excuses `after`, under the rule or what it became by `now`."""

    def said(text: str) -> Any:
        return [policy(f"{{id: one, {text}, accept: {{kind: [measured, declared]}}, enforcement: {{default: deny}}}}")]

    first = judge(before, said(rule))
    assert first.findings[0].outcome is Outcome.FAIL, first.findings[0]
    known = written_down(first.findings, model="loans", reason="legacy", since=NOW, expires=UNTIL)
    loaded = load_baseline(baseline_yaml(known).encode(), "known.yaml")
    assert judge(before, said(rule), baseline=loaded).outcomes["prod"] is Action.NEEDS_REVIEW
    (finding,) = (later := judge(after, said(now or rule), baseline=loaded)).findings
    assert finding.outcome is Outcome.FAIL, finding
    assert (finding.known is None) is (later.outcomes["prod"] is Action.DENY)
    return finding.known is not None


RATIO = "uses: fairness.disparity@1, with: {at_least: 0.8}"


def rates(attribute: str, *selected: int, criticals: Any = None) -> Any:
    return table(
        *(cell(name, k, 1000) for name, k in zip("abcd", selected, strict=False)),
        attribute=attribute,
        criticals=criticals,
    )


def test_a_group_of_another_attribute_by_the_same_name() -> None:
    before = evidence(fairness=fairness(rates("sex", 250, 500), rates("region", 500, 500)))
    after = evidence(fairness=fairness(rates("sex", 500, 500), rates("region", 250, 500)))
    assert not covered(RATIO, before, after)


def test_a_group_that_falls_to_where_another_was() -> None:
    before = evidence(fairness=fairness(rates("sex", 100, 600, 800)))
    assert not covered(RATIO, before, evidence(fairness=fairness(rates("sex", 100, 110, 800))))
    assert covered(RATIO, before, evidence(fairness=fairness(rates("sex", 110, 610, 800))))


def test_the_same_number_of_another_metric_or_measure() -> None:
    def both(fpr: int) -> EvidenceSet:
        cells = [
            one.model_copy(update={"fp": fp, "tn": 500 - fp, "tp": tp, "fn": 500 - tp})
            for one, fp, tp in ((cell("a", 0, 0), fpr, 100), (cell("b", 0, 0), 400, 400))
        ]
        found = (critical(), critical("fpr"), critical(measure="difference"))
        return evidence(fairness=fairness(table(*cells, criticals=found)))

    assert not covered(RATIO, both(100), both(100), now=RATIO.replace("{", "{metric: fpr, "))
    difference = "uses: fairness.disparity@1, with: {measure: difference, at_most: 0.1}"
    assert not covered(RATIO, both(100), both(100), now=difference)
    assert covered(RATIO, both(100), both(100), now=RATIO.replace("0.8", "0.9"))


def test_a_limit_that_turned_round() -> None:
    case = evidence(fairness=fairness(rates("sex", 200, 500)))
    least, most = (
        f"uses: performance.slice_floor@1, with: {{metric: selection_rate, {limit}}}"
        for limit in ("at_least: 0.4", "at_most: 0.1")
    )
    assert not covered(least, case, evidence(fairness=fairness(rates("sex", 200, 50))), now=most)
    assert covered(least, case, case, now=least.replace("0.4", "0.45"))


def shares(**found: float) -> EvidenceSet:
    made = tuple(
        FeatureShare(feature=name, mean_abs=real(share), share=real(share), share_se="0.001")
        for name, share in sorted(found.items(), key=lambda one: -one[1])
    )
    return evidence(
        explainability=ExplainabilityFacts(
            explainer="linear", unit="probability", seed=1, rows=500, background_rows=100, background=None,
            additivity_error="0",
            importance=GlobalAttribution(top_feature=made[0].feature, top_share=made[0].share, features=made),
        )
    )  # fmt: skip


def test_another_feature_that_must_not_decide() -> None:
    rule = "uses: explainability.forbidden_features@1, with: {features: [race, sex], sensitive: false}"
    before, after = shares(race=0.3, age=0.7), shares(race=0.3, sex=0.2, age=0.5)
    assert not covered(rule, before, after)
    assert covered(rule, before, shares(race=0.2, age=0.8))


def test_another_feature_on_top() -> None:
    rule = "uses: explainability.share@1, with: {at_most: 0.5}"
    assert not covered(rule, shares(age=0.8, zip=0.2), shares(age=0.3, zip=0.7))
    assert covered(rule, shares(age=0.8, zip=0.2), shares(age=0.7, zip=0.3))


def test_a_claim_that_is_not_true() -> None:
    def kpi(claim: str | None, target: str = "0.9") -> EvidenceSet:
        ends = dict.fromkeys(("0.1", "0.05", "0.01"))
        fact = MetricFact(
            metric="recall", value="0.8", low=dict.fromkeys(ends, "0.79"), high=dict.fromkeys(ends, "0.81"),
            rows=5000, seed=1, replicates=1, reason=None,
        )  # fmt: skip
        stated = Kpi(name="found", metric="recall", target=target, value=claim, better="higher")
        purpose = PurposeFacts(
            origin=FactOrigin(kind="declared"),
            objective="o",
            category=None,
            kpi=stated,
            intended=("i",),
            prohibited=("p",),
        )
        return evidence(purpose=purpose, performance=right(1, 2).model_copy(update={"metrics": (fact,)}))

    rule = "uses: purpose.kpi_measured@1"
    assert covered(rule, kpi(None), kpi("0.8"))
    assert not covered(rule, kpi(None), kpi("0.99"))
    assert not covered(rule, kpi("0.95", target="0.5"), kpi("0.99", target="0.5"))


@pytest.mark.parametrize("known", [1, 3, 10, 11, 30])
def test_one_more_import_after_the_last_that_is_shown(known: int) -> None:
    def imports(*names: str) -> EvidenceSet:
        found = Pickle(member="", at=0, imports=names, calls=1, problem=None)
        return evidence().model_copy(
            update={
                "facts": evidence().facts.model_copy(
                    update={
                        "artifact": specimen(scan=PickleScan(bytes=9, pickles=(found,), problem=None)),
                    }
                )
            }
        )

    names = [f"mod{i:02}.f" for i in range(known)]
    rule = "uses: artifact.unsafe_opcodes@1"
    assert covered(rule, imports(*names), imports(*names))
    assert not covered(rule, imports(*names), imports(*names, "posix.system"))
    assert not covered(rule, imports(*names), imports(*names[:-1], "posix.system"))


@pytest.mark.parametrize("known", [1, 5, 6])
def test_one_more_type_after_the_last_that_is_shown(known: int) -> None:
    def types(*names: str) -> EvidenceSet:
        facts = evidence().facts.model_copy(update={"artifact": specimen(untrusted_types=names, opened=False)})
        return evidence().model_copy(update={"facts": facts})

    names = [f"kind.{i}" for i in range(known)]
    assert not covered("uses: artifact.format@1", types(*names), types(*names, "os.system"))
    assert not covered("uses: artifact.format@1", types(*names), types(*names[:-1], "os.system"))


def test_one_more_dataset_behind_the_first() -> None:
    source = Source(id="bank", sha256=None, owner=None, licence=None, expires=None, forbidden=(), approved_by=())

    def traced(*datasets: str) -> EvidenceSet:
        found = tuple(
            Ancestor(dataset=name, column="c", influence="direct", path=(f"{name}.c", "t.f"), jobs=("j",))
            for name in datasets
        )
        features = (FeatureAncestry(feature="f", ancestors=found, gap=None),)
        return evidence(lineage=LineageFacts(sources=(source,), features=features, events=1))

    assert not covered("uses: lineage.ancestry_complete@1", traced("shop"), traced("shop", "the-street"))


@pytest.mark.parametrize(("shown", "count"), [(7, 7), (20, 30)])
def test_another_requirement_after_the_last_that_is_shown(shown: int, count: int) -> None:
    def locked(last: str, lock: str) -> EvidenceSet:
        lines = [LockLine(line=i + 1, requirement=f"package-{i}") for i in range(shown - 1)]
        lines.append(LockLine(line=shown, requirement=last if shown == count else "package"))
        facts = ReproducibilityFacts(
            lock=lock * 64, requirements=count, pinned=0, hashed=count, commit="4" * 40, seeds=(0,),
            unpinned=tuple(lines),
        )  # fmt: skip
        return evidence(reproducibility=facts)

    assert not covered("uses: reproducibility.pinned@1", locked("good", "a"), locked("evil", "b"))


def grants(*principals: str) -> EvidenceSet:
    made = tuple(Grant(principal=one, permission="train", resource="m", line=7) for one in principals)
    return evidence(access=AccessFacts(grants=made, approvals=(), origin=FactOrigin(kind="declared")))


@pytest.mark.parametrize(
    "condition",
    [
        'access.grants.all(g, g.principal != "*")',
        'size(access["grants"]) < 1',
        'access . grants.all(g, g.principal != "*")',
        '// access.origin.kind\n  access.grants.all(g, g.principal != "*")',
    ],
)
def test_an_expression_that_is_false_of_more(condition: str) -> None:
    rule = f"requires: [access], expr: {json.dumps(condition)}"
    assert covered(rule, grants("*"), grants("*"))
    assert not covered(rule, grants("*"), grants("*", "*"))


def test_an_expression_over_a_number_that_is_worse() -> None:
    rule = "requires: [explainability.global], expr: explainability.global.top_share <= 0.6"
    assert not covered(rule, shares(age=0.7, zip=0.3), shares(age=0.9, zip=0.1))
    assert covered(rule, shares(age=0.7, zip=0.3), shares(age=0.7, zip=0.2, sex=0.1))


def test_an_expression_over_the_clock_is_the_same_tomorrow() -> None:
    rule = "requires: [access], expr: 'timestamp(now) < timestamp(\"2020-01-01T00:00:00Z\") && size(access.grants) > 0'"
    assert covered(rule, grants("a"), grants("a"))


def test_a_name_that_holds_the_words_of_two_known_faults() -> None:
    rule = "uses: access.wildcards@1"
    both = "a* may train on m; grants line 7: b*"
    assert not covered(rule, grants("a*", "b*"), grants("a*", "b*", both))
    assert covered(rule, grants("a*", "b*"), grants("b*"))
