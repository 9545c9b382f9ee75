"""Impact ratios: as pandas computes them from the rows, and by the example of the rule's own text."""

from decimal import Decimal
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.evidence.fairness import Cell, CountTable, FairnessFacts
from governance.policy.finding import Looked, Verdict
from governance.policy.outcome import Outcome
from governance.policy.rules import CATALOGUE
from tests.policy.cases import NOW

RULE = CATALOGUE["fairness.bias_audit@1"]


def facts(people: pd.DataFrame, *titles: str, above: bool = False) -> FairnessFacts:
    """Tables over one row for each person: columns by attribute, whether chosen, and the score."""
    median = people["score"].median() if above else None
    tables = []
    for title in titles:
        cells = []
        for group, rows in people.groupby(title.split("*"), dropna=False):
            chosen = int(rows["chosen"].sum())
            over = int((rows["score"] > median).sum()) if median is not None else None
            members = tuple(None if pd.isna(one) else str(one) for one in group)
            cells.append(Cell(group=members, tn=len(rows) - chosen, fp=chosen, fn=0, tp=0, above=over))
        unknown = sum(cell.rows for cell in cells if None in cell.group)
        tables.append(
            CountTable(
                attributes=tuple(title.split("*")), unknown=unknown, cells=tuple(cells), seed=1, replicates=1000,
                critical=(),
            )
        )  # fmt: skip
    return FairnessFacts(rows=len(people), tables=tuple(tables), median=None if median is None else f"{median:.9g}")


def judged(found: FairnessFacts, **params: Any) -> Verdict:
    return RULE.judge(found, RULE.params.model_validate(params), NOW)


def numbers(verdict: Verdict, path: str) -> dict[tuple[str | None, ...], Decimal]:
    return {one.group: Decimal(one.value) for one in verdict.looked_at if one.path == path and one.group and one.value}


def people(**groups: tuple[int, int]) -> pd.DataFrame:
    """(all, chosen) by group, with underscores for spaces."""
    rows = [
        {"race": group.replace("_", " "), "chosen": at < chosen, "score": float(at < chosen)}
        for group, (n, chosen) in groups.items()
        for at in range(n)
    ]
    return pd.DataFrame(rows)


# The table of selection rates that is known from the rule's own text as an example, as it is remembered: a fixture, no
# oracle. The ratios that are expected beside it are computed by `pandas` below as well.
EXAMPLE = {
    "Hispanic_or_Latino": (408, 204), "White": (797, 412), "Black_or_African_American": (390, 170),
    "Native_Hawaiian_or_Pacific_Islander": (119, 52), "Asian": (616, 302), "Native_American_or_Alaska_Native": (41, 18),
    "Two_or_More_Races": (213, 96),
}  # fmt: skip
RATIOS = ["0.967", "1.000", "0.843", "0.845", "0.948", "0.849", "0.872"]
NAMES = [name.replace("_", " ") for name in EXAMPLE]


def rounded(found: dict[tuple[str | None, ...], Decimal]) -> dict[str | None, str]:
    return {group[0]: f"{value:.3f}" for group, value in found.items()}


def test_the_example_of_the_rules_text() -> None:
    verdict = judged(facts(people(**EXAMPLE), "race"), categories={"race": NAMES})
    assert verdict.outcome is Outcome.PASS
    assert rounded(numbers(verdict, "fairness.race.impact_ratio")) == dict(zip(NAMES, RATIOS, strict=True))
    sexes = people(Male=(1390, 667), Female=(1181, 555)).rename(columns={"race": "sex"})
    verdict = judged(facts(sexes, "sex"), categories={"sex": ["Female", "Male"]})
    assert rounded(numbers(verdict, "fairness.sex.selection_rate")) == {"Male": "0.480", "Female": "0.470"}
    assert rounded(numbers(verdict, "fairness.sex.impact_ratio")) == {"Male": "1.000", "Female": "0.979"}


def test_the_small_category_of_the_example_may_be_left_out() -> None:
    """41 of 2,584 people are 1.6 %."""
    small = "Native American or Alaska Native"
    reasons = {"race": {small: "41 of 2,584 people"}}
    verdict = judged(facts(people(**EXAMPLE), "race"), categories={"race": NAMES}, left_out=reasons)
    assert verdict.outcome is Outcome.PASS
    wanted = dict(zip(NAMES, RATIOS, strict=True))
    del wanted[small]
    assert rounded(numbers(verdict, "fairness.race.impact_ratio")) == wanted
    assert Looked(path="fairness.race.selection_rate", group=(small,), value="0.43902439", n=41) in verdict.looked_at
    assert Looked(path="fairness.race.left_out", group=(small,), value="41 of 2,584 people") in verdict.looked_at


def table(groups: dict[str, tuple[int, int]]) -> FairnessFacts:
    """Of counts alone: (all, chosen) by group."""
    cells = tuple(Cell(group=(name,), tn=n - k, fp=0, fn=0, tp=k) for name, (n, k) in groups.items())
    counted = CountTable(attributes=("race",), unknown=0, cells=cells, seed=1, replicates=1000, critical=())
    return FairnessFacts(rows=sum(n for n, _ in groups.values()), tables=(counted,))


GROUPS = st.dictionaries(
    st.sampled_from("abcdefg"),
    st.integers(1, 60).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))),
    min_size=2,
)


@given(GROUPS, st.randoms(use_true_random=False))
def test_ratios_are_rates_over_the_highest_in_any_order(groups: dict[str, tuple[int, int]], random: Any) -> None:
    data = people(**groups)
    found = facts(data, "race")
    categories = {"race": sorted(groups)}
    verdict = judged(found, categories=categories)
    rates = data.groupby("race")["chosen"].mean()
    assert numbers(verdict, "fairness.race.selection_rate") == {
        (name,): Decimal(f"{rate:.9g}") for name, rate in rates.items()
    }
    ratios = numbers(verdict, "fairness.race.impact_ratio")
    if rates.max() == 0:
        assert verdict.outcome is Outcome.INCONCLUSIVE and not ratios
        return
    for name, ratio in (rates / rates.max()).items():
        assert abs(float(ratios[(name,)]) - ratio) < 1e-8
    assert max(ratios.values()) == 1
    assert verdict.outcome is (Outcome.INCONCLUSIVE if (rates == 0).any() else Outcome.PASS)
    table = found.tables[0]
    cells = random.sample(table.cells, len(table.cells))
    mixed = found.model_copy(update={"tables": (table.model_copy(update={"cells": tuple(cells)}),)})
    names = random.sample(categories["race"], len(groups))
    again = judged(mixed, categories={"race": names})
    assert (again.outcome, again.why) == (verdict.outcome, verdict.why)
    assert {one.model_dump_json() for one in again.looked_at} == {one.model_dump_json() for one in verdict.looked_at}


@given(GROUPS, st.tuples(st.integers(1, 19), st.integers(0, 19)), st.sampled_from([None, "0.5", "0.8", "1"]))
def test_who_is_left_out_sets_nobodys_ratio(
    groups: dict[str, tuple[int, int]], few: tuple[int, int], limit: str | None
) -> None:
    small = {"small": (few[0], min(few))}
    many = {name: (n * 1000, k * 1000) for name, (n, k) in groups.items()}
    params = {"at_least": limit} if limit else {}
    reasons = {"race": {"small": "too few, says the auditor"}}
    found = judged(table(many | small), categories={"race": [*many, "small"]}, left_out=reasons, **params)
    without = judged(table(many), categories={"race": [*many]}, **params)
    path = "fairness.race.impact_ratio"
    assert numbers(found, path) == numbers(without, path)
    assert found.outcome is without.outcome
    assert ("small",) in numbers(found, "fairness.race.selection_rate")


@given(st.data())
def test_scoring_rates_are_those_of_pandas(data: st.DataObject) -> None:
    n = data.draw(st.integers(4, 60))
    drawn = pd.DataFrame(
        {
            "sex": data.draw(st.lists(st.sampled_from(["female", "male", None]), min_size=n, max_size=n)),
            "chosen": True,
            "score": data.draw(st.lists(st.integers(0, 5).map(float), min_size=n, max_size=n)),
        }
    )
    found = facts(drawn, "sex", above=True)
    verdict = judged(found, categories={"sex": ["female", "male"]}, rate="scoring")
    above = drawn["score"] > drawn["score"].median()
    rates = above.groupby(drawn["sex"]).mean()
    if len(rates) < 2 or rates.max() == 0:
        assert verdict.outcome is Outcome.INCONCLUSIVE
        return
    assert numbers(verdict, "fairness.sex.scoring_rate") == {(k,): Decimal(f"{v:.9g}") for k, v in rates.items()}
    for name, ratio in numbers(verdict, "fairness.sex.impact_ratio").items():
        assert abs(float(ratio) - rates[name[0]] / rates.max()) < 1e-8
    unknown = int(drawn["sex"].isna().sum())
    assert Looked(path="fairness.sex.unknown", value=str(unknown), n=n) in verdict.looked_at
    assert verdict.outcome is not Outcome.PASS or f"{unknown} row" in verdict.why
    assert Looked(path="fairness.median", value=found.median, n=n) in verdict.looked_at


def test_two_percent_is_not_less_than_two_percent() -> None:
    reasons = {"race": {"c": "few"}}
    for n, outcome in ((20, Outcome.FAIL), (19, Outcome.PASS)):
        found = facts(people(a=(500, 250), b=(1000 - 500 - n, 200), c=(n, 9)), "race")
        assert judged(found, categories={"race": ["a", "b", "c"]}, left_out=reasons).outcome is outcome


def test_the_small_share_is_of_all_rows_that_were_audited() -> None:
    """Also of those whose category is not known."""
    data = pd.concat([people(a=(500, 250), b=(480, 200), c=(20, 9)), pd.DataFrame({"race": [None], "chosen": [False]})])
    found = judged(facts(data, "race"), categories={"race": ["a", "b", "c"]}, left_out={"race": {"c": "few"}})
    assert found.outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"categories": {}}, "categories"),
        ({"categories": {"sex": ["f"]}}, "categories"),
        ({"categories": {"sex": ["f", "m"]}, "intersections": ["sex*race"]}, "sex*race"),
        ({"categories": {"sex": ["f", "m"]}, "intersections": ["sex"]}, "'sex'"),
        ({"categories": {"sex": ["f", "m"]}, "intersections": ["sex*sex"]}, "sex*sex"),
        ({"categories": {"sex": ["f", "m"]}, "absent": {"sex": ["x"]}}, "'x'"),
        ({"categories": {"sex": ["f", "m"]}, "absent": {"race": ["x"]}}, "'x'"),
        ({"categories": {"sex": ["f", "m"]}, "left_out": {"sex": {"x": "few"}}}, "'x'"),
        ({"categories": {"sex": ["f", "m"]}, "left_out": {"race": {"x": "few"}}}, "'x'"),
        ({"categories": {"sex": ["f", "m"]}, "left_out": {"sex": {"f": "TODO"}}}, "no reason"),
        ({"categories": {"sex": ["f", "m"]}, "at_least": "1.1"}, "less than or equal to 1"),
    ],
)
def test_parameters_that_mean_nothing_are_refused(params: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said.replace("*", r"\*")):
        RULE.params.model_validate(params)
