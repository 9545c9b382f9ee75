"""Rules over measured numbers: intervals against other people's figures, limits at their edge, waivers, plans."""

import itertools
import math
import random
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy import stats

from governance.evidence.counts import Counts
from governance.evidence.explainability import FeatureShare, GlobalAttribution, Ranking
from governance.evidence.performance import Champion, Paired, PerformanceFacts
from governance.policy.comparison import compare, holds
from governance.policy.finding import Looked
from governance.policy.intervals import newcombe, newcombe_paired, wilson, z_value
from governance.policy.outcome import Outcome
from governance.policy.plan import plan
from governance.policy.rules import CATALOGUE
from governance.policy.rules.artifact.unsafe_opcodes import HARMLESS, _allowed
from governance.policy.rules.explainability.concentration import _effective
from governance.policy.rules.explainability.share import specimen
from governance.policy.rules.explainability.stability import StabilityParams, _agreement
from tests.policy.cases import NOW, act, cell, critical, evidence, fairness, judge, policy, table
from tests.policy.test_plan import manifest, uses

COUNT = st.integers(0, 400)


def verdict(name: str, facts: Any, **params: Any) -> Any:
    rule = CATALOGUE[f"{name}@1"]
    return rule.judge(facts, rule.params.model_validate(params), NOW)


@given(COUNT, COUNT, COUNT, COUNT)
def test_a_paired_interval_holds_its_value_and_turns_round(both: int, first: int, second: int, neither: int) -> None:
    n = both + first + second + neither
    if not n:
        return
    low, high = newcombe_paired(both, first, second, neither, 1.96)
    assert -1 - 1e-9 <= low <= (first - second) / n + 1e-12 and (first - second) / n - 1e-12 <= high <= 1 + 1e-9
    turned = newcombe_paired(both, second, first, neither, 1.96)
    assert (low, high) == pytest.approx((-turned[1], -turned[0]), abs=1e-12)


def test_a_paired_interval_without_correlation_is_the_unpaired_one() -> None:
    """With 0 <= ad - bc <= n/2 the corrected correlation is 0, and the two proportions stand as if independent."""
    low, high = newcombe_paired(10, 10, 10, 10, 1.96)
    assert (low, high) == pytest.approx(newcombe(20, 40, 20, 40, 1.96), abs=1e-12)
    # Answers that go together make it narrower, answers that go apart wider.
    assert newcombe_paired(20, 1, 1, 20, 1.96)[1] < newcombe(21, 42, 21, 42, 1.96)[1]
    assert newcombe_paired(1, 20, 20, 1, 1.96)[1] > newcombe(21, 42, 21, 42, 1.96)[1]


@pytest.mark.parametrize("shares", [(0.7, 0.1, 0.08, 0.12), (0.85, 0.05, 0.02, 0.08), (0.4, 0.2, 0.3, 0.1)])
def test_simulated_coverage_of_the_paired_interval(shares: tuple[float, ...]) -> None:
    chance = random.Random(1)
    truth, missed, runs = shares[1] - shares[2], [0, 0], 2000
    for _ in range(runs):
        drawn = chance.choices(range(4), weights=shares, k=120)
        low, high = newcombe_paired(*(drawn.count(at) for at in range(4)), z_value(0.05))
        missed = [missed[0] + (low > truth), missed[1] + (high < truth)]
    assert all(0.02 <= count / runs <= 0.075 for count in missed)


def champion(*counts: int) -> PerformanceFacts:
    pairs = Paired(**dict(zip(("both", "model", "champion", "neither"), counts, strict=True)))
    half = Paired(both=0, model=0, champion=0, neither=0)
    return PerformanceFacts(
        counts=Counts(tn=0, fp=0, fn=0, tp=1), champion=Champion(positives=pairs, negatives=half, reason=None)
    )


def test_the_champion_is_compared_at_the_edge_of_the_limit() -> None:
    low, _ = newcombe_paired(80, 5, 8, 7, z_value(0.05))
    name, facts = "performance.no_worse_than_champion", champion(80, 5, 8, 7)
    near = Decimal(format(-low, ".9g"))
    assert verdict(name, facts, at_most_worse=str(near)).outcome is Outcome.PASS
    assert verdict(name, facts, at_most_worse=str(near - Decimal("1e-8"))).outcome is Outcome.INCONCLUSIVE
    assert verdict(name, champion(0, 0, 60, 40), at_most_worse="0.4").outcome is Outcome.FAIL
    assert verdict(name, facts, at_most_worse="0").limit.value == "0"
    none = PerformanceFacts(
        counts=Counts(tn=1, fp=0, fn=0, tp=1), champion=Champion(positives=None, negatives=None, reason="no column")
    )
    assert verdict(name, none, at_most_worse="0").outcome is Outcome.NOT_APPLICABLE
    both = champion(80, 5, 8, 7).champion
    assert both is not None
    sides = facts.model_copy(update={"champion": both.model_copy(update={"negatives": both.positives})})
    assert verdict(name, sides, at_most_worse="0.5").looked_at[0].n == 200
    assert verdict(name, sides, at_most_worse="0.5", metric="tnr").looked_at[0].n == 100


@given(st.integers(1, 99), st.integers(1, 99))
def test_a_comparison_turned_round_is_its_opposite(k1: int, k2: int) -> None:
    here, there = cell("a", k1, 100), cell("b", k2, 100)
    one, other = (compare(*pair, "selection_rate", "ratio", 1.6, 2.2) for pair in ((here, there), (there, here)))
    assert one.value == pytest.approx(1 / other.value)
    assert one.band is not None and other.band is not None
    assert (one.low, one.band[1]) == pytest.approx((1 / other.high, 1 / other.band[0]))
    less = compare(here, there, "selection_rate", "difference", 1.6, 2.2)
    more = compare(there, here, "selection_rate", "difference", 1.6, None)
    assert (less.value, less.low) == pytest.approx((-more.value, -more.high))
    assert more.band is None


def test_a_limit_is_held_on_both_sides() -> None:
    assert holds(0.8, "at_least", "0.8") and holds(0.8, "at_most", "0.8")
    assert not holds(0.7999, "at_least", "0.8") and not holds(0.8001, "at_most", "0.8")


def test_the_reference_may_be_on_either_side() -> None:
    facts = fairness(table(cell("a", 500, 1000), cell("b", 300, 1000), cell("c", 900, 1000)))
    found = verdict("fairness.reference", facts, attribute="sex", reference=["a"], at_least="0.8")
    assert found.outcome is Outcome.FAIL and "of b to a is 0.6" in found.why and "of c" not in found.why
    found = verdict("fairness.reference", facts, attribute="sex", reference=["a"], at_most="1.25")
    assert found.outcome is Outcome.FAIL and "of c to a is 1.8" in found.why and "of b" not in found.why
    assert all(one.reference == ("a",) for one in found.looked_at)
    alone = fairness(table(cell("a", 500, 1000), criticals=(critical(value=None),)))
    assert (
        verdict("fairness.reference", alone, attribute="sex", reference=["a"], at_least="0.8").outcome
        is Outcome.INCONCLUSIVE
    )
    uncertain = fairness(table(cell("a", 500, 1000), cell("b", 100, 1000), criticals=(critical(value=None),)))
    found = verdict("fairness.reference", uncertain, attribute="sex", reference=["a"], at_least="0.8")
    assert found.outcome is Outcome.INCONCLUSIVE
    unknown = fairness(table(cell("a", 500, 1000), cell("b", 500, 1000), unknown=500))
    found = verdict("fairness.reference", unknown, attribute="sex", reference=["a"], at_least="0.8")
    assert found.outcome is Outcome.INCONCLUSIVE and "not known for 500 of 2500" in found.why


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("fairness.reference", {"attribute": "sex", "reference": ["a"]}),
        ("fairness.reference", {"attribute": "sex", "reference": ["a"], "at_least": "0.8", "at_most": "1.2"}),
        ("fairness.reference", {"attribute": "sex", "reference": ["a"], "at_least": "0"}),
        ("fairness.reference", {"attribute": "sex*race", "reference": ["a"], "at_least": "0.8"}),
        ("fairness.reference", {"attribute": "sex", "reference": ["a"], "measure": "difference", "at_most": "1"}),
        ("performance.metric_floor", {"metric": "f1", "at_most": "0.5"}),
        ("performance.metric_floor", {"metric": "brier", "at_least": "0.5"}),
        ("performance.metric_floor", {"metric": "f1", "at_least": "1.1"}),
        ("performance.metric_floor", {"metric": "r2", "at_least": "0.5"}),
        ("explainability.concentration", {}),
        ("explainability.concentration", {"effective": "2", "top_at_most": "0.5"}),
        ("explainability.stability", {"repeats": "21"}),
        ("lineage.no_overlap", {"at_most": "1"}),
    ],
)
def test_parameters_that_contradict_themselves_are_refused(name: str, params: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        CATALOGUE[f"{name}@1"].params.model_validate(params)


def test_more_groups_need_more_to_fail() -> None:
    """Bonferroni: the upper end of one group among twenty lies further out than that of one alone."""
    low = [cell(f"g{at}", 780, 1000) for at in range(20)]
    rule = {"metric": "selection_rate", "at_least": "0.805"}
    assert wilson(780, 1000, z_value(0.05))[1] < 0.805 < wilson(780, 1000, z_value(0.05 / 20))[1]
    assert verdict("performance.slice_floor", fairness(table(low[0])), **rule).outcome is Outcome.FAIL
    assert verdict("performance.slice_floor", fairness(table(*low)), **rule).outcome is Outcome.INCONCLUSIVE


def test_a_waiver_of_one_group_does_not_excuse_another() -> None:
    facts = evidence(fairness=fairness(table(cell("a", 500, 1000), cell("b", 9, 9), cell("c", 950, 1000))))
    rule = (
        "{id: floor, uses: performance.slice_floor@1, with: {metric: selection_rate, at_least: 0.8}, "
        "enforcement: {default: deny}, waivable_to: allow}"
    )
    policies = [policy(rule)]
    seen = judge(facts, policies)
    assert seen.findings[0].outcome is Outcome.FAIL

    def waived(*groups: str) -> bool:
        terms = {"key": "house#floor", "groups": tuple((group,) for group in groups)}
        return judge(facts, policies, [act("waive", seen, **terms)]).findings[0].waiver is not None

    assert not waived("b") and not waived("a")
    assert waived("a", "b") and waived()
    sizes = judge(facts, [policy("{id: n, uses: fairness.minimum_sizes@1, enforcement: {default: deny}}")])
    assert [one.group for one in sizes.findings[0].looked_at if one.at_stake] == [("b",)]
    assert not Looked(path="p", group=("a",), value="1").at_stake


@given(st.lists(st.floats(0.001, 1), min_size=2, max_size=8), st.integers(0, 10**6))
def test_the_entropy_of_any_shares_within_their_errors_lies_in_the_interval(sizes: list[float], seed: int) -> None:
    total, chance, z = sum(sizes), random.Random(seed), z_value(0.05)
    shares = [size / total for size in sizes]
    errors = [chance.uniform(0, 0.3) * share for share in shares]
    known = [
        FeatureShare(feature=f"f{i}", mean_abs="1", share=format(p, ".9f"), share_se=format(se, ".9f"))
        for i, (p, se) in enumerate(zip(shares, errors, strict=True))
    ]
    number, low, high = _effective(known, 0.05)
    assert number == pytest.approx(math.exp(stats.entropy(shares)), rel=1e-6)
    for _ in range(10):
        moves = [chance.uniform(-1, 1) * z * se for se in errors]
        # Scaled so that shares still add up to 1 and none moves further than its error allows.
        ups, downs = sum(m for m in moves if m > 0), -sum(m for m in moves if m < 0)
        if not ups or not downs:
            continue
        least = min(ups, downs)
        moved = [p + m * (least / ups if m > 0 else least / downs) for p, m in zip(shares, moves, strict=True)]
        assert low - 1e-6 <= math.exp(stats.entropy(moved)) <= high + 1e-6


def test_even_shares_still_have_an_error() -> None:
    shares = tuple(FeatureShare(feature=f, mean_abs="0.5", share="0.5", share_se="0.05") for f in "ab")
    importance = GlobalAttribution(top_feature="a", top_share="0.5", features=shares)
    facts = specimen("0.5", "0.05").model_copy(update={"importance": importance})
    assert verdict("explainability.concentration", facts, effective="1.99").outcome is Outcome.INCONCLUSIVE
    assert verdict("explainability.concentration", facts, effective="1.9").outcome is Outcome.PASS


@given(st.permutations("abcdef"), st.permutations("abcdef"))
def test_kendall_is_that_of_scipy(one: list[str], other: list[str]) -> None:
    rankings = [Ranking(seed=1, rows=9, features=tuple(order)) for order in (one, other)]
    expected = stats.kendalltau([one.index(f) for f in "abcdef"], [other.index(f) for f in "abcdef"]).statistic
    assert _agreement(*rankings, StabilityParams(measure="kendall")) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        ("sklearn.tree._tree.Tree", True),
        ("sklearn._loss.__pyx_unpickle_CyLoss", True),
        ("numpy.dtype", True),
        ("sklearn.Tree", True),
        ("sklearnx.tree.Tree", False),
        ("sklearn", False),
        ("sklearn.utils:os.system", False),
        ("sklearn.utils.murmurhash3", False),
        ("sklearn.Tree\n", False),
        ("numpy.ndarray.x", False),
        ("posix.system", False),
        ("?", False),
        ("", False),
    ],
)
def test_what_a_pickle_may_import(name: str, allowed: bool) -> None:
    assert _allowed(name, HARMLESS) is allowed


def test_the_plan_asks_only_for_what_rules_need() -> None:
    rules = [
        uses("a", "performance.metric_floor", "metric: roc_auc, at_least: 0.7"),
        uses("b", "performance.metric_floor", "metric: f1, at_least: 0.7"),
        uses("c", "performance.no_worse_than_champion", "at_most_worse: 0.01"),
        uses("d", "explainability.stability", "repeats: 7"),
        uses("e", "artifact.unsafe_opcodes"),
        uses("f", "lineage.no_overlap"),
        uses("g", "performance.slice_floor", "at_least: 0.7, attributes: [race*sex]"),
    ]
    bare = plan([policy(uses("a", "performance.floor", "at_least: 0.8"))], manifest())
    assert (bare.metrics, bare.champion, bare.explain_repeats, bare.pickles) == ((), False, 0, False)
    found = plan([policy(*rules)], manifest())
    assert (found.metrics, found.champion, found.explain_repeats, found.pickles) == (("f1", "roc_auc"), True, 7, True)
    assert found.facts == ("artifact", "explainability", "fairness", "overlap", "performance")
    assert ("race", "sex") in {one.attributes for one in found.fairness}
    assert all(not one.comparisons for one in found.fairness)
    for some in itertools.permutations(rules[:4], 4):
        assert plan([policy(*some, *rules[4:])], manifest()) == found


def test_the_edge_of_a_limit_belongs_to_it() -> None:
    agreeing = specimen("0.4", "0.02").model_copy(
        update={"repeats": tuple(Ranking(seed=1, rows=99, features=tuple(order)) for order in ("abcd", "acdb"))}
    )
    stable = {"top": "2", "repeats": "2"}
    assert verdict("explainability.stability", agreeing, at_least="0.5", **stable).outcome is Outcome.PASS
    assert verdict("explainability.stability", agreeing, at_least="0.51", **stable).outcome is Outcome.FAIL
    high = Decimal(format(wilson(780, 1000, z_value(0.05))[1], ".9g"))
    facts = fairness(table(cell("a", 780, 1000)))
    rule = {"metric": "selection_rate"}
    assert verdict("performance.slice_floor", facts, at_least=str(high), **rule).outcome is Outcome.INCONCLUSIVE
    above = str(high + Decimal("1e-9"))
    assert verdict("performance.slice_floor", facts, at_least=above, **rule).outcome is Outcome.FAIL


def test_a_metric_of_the_champion_is_paired_row_by_row() -> None:
    """The same counts for each model by itself; whoever is right about the same rows is compared more sharply."""

    def width(both: int, apart: int) -> float:
        pairs = Paired(both=both, model=apart, champion=apart, neither=500 - both - 2 * apart)
        facts = PerformanceFacts(
            counts=Counts(tn=0, fp=0, fn=0, tp=0), champion=Champion(positives=pairs, negatives=pairs, reason=None)
        )
        found = verdict("performance.no_worse_than_champion", facts, metric="f1", at_most_worse="0.5").looked_at[0]
        assert found.value == "0"
        return float(found.high or "nan") - float(found.low or "nan")

    assert 0 < width(400, 0) < width(380, 20) < width(350, 50)


def test_of_what_should_be_low_more_is_worse() -> None:
    few, many = (Paired(both=800, model=one, champion=0, neither=200 - one) for one in (100, 0))
    facts = PerformanceFacts(
        counts=Counts(tn=0, fp=0, fn=0, tp=0), champion=Champion(positives=many, negatives=few, reason=None)
    )
    found = verdict("performance.no_worse_than_champion", facts, metric="fpr", at_most_worse="0.01")
    assert found.outcome is Outcome.PASS and "fpr is better than the champion's by 0.1 [" in found.why
    turned = facts.champion and facts.champion.negatives
    assert turned
    worse = turned.model_copy(update={"model": 0, "champion": 100})
    facts = facts.model_copy(update={"champion": Champion(positives=many, negatives=worse, reason=None)})
    found = verdict("performance.no_worse_than_champion", facts, metric="fpr", at_most_worse="0.01")
    assert found.outcome is Outcome.FAIL and "worse than the champion's by -0.1 [" in found.why
    with pytest.raises(ValueError, match="no better side"):
        verdict("performance.no_worse_than_champion", facts, metric="prevalence", at_most_worse="0.01")
