"""What is written down of failures, and what a baseline that is read must say."""

import pytest

from governance.canonical import instant
from governance.errors import BadInput
from governance.evidence.evidence import EvidenceSet
from governance.policy.baseline import KnownFailure, KnownValue, load_baseline, written_down
from governance.policy.document import LoadedPolicy
from tests.policy.baselines import COLUMNS, DIFFERENCE, FLOOR, RATIO, SINCE, UNTIL, entry, grants, text, value, values
from tests.policy.cases import (
    NOW,
    cell,
    evidence,
    fairness,
    judge,
    right,
    table,
)

# Writing it


def written(facts: EvidenceSet, rules: list[LoadedPolicy]) -> tuple[KnownFailure, ...]:
    found = judge(facts, rules).findings
    return written_down(found, model="loans", reason="legacy", since=NOW, expires=UNTIL).known


def test_a_number_is_bounded_by_itself() -> None:
    (one,) = written(evidence(performance=right(700, 1000)), FLOOR)
    assert one == KnownFailure(
        finding="house#one",
        values=(KnownValue(path="performance.accuracy", at_least="0.7"),),
        expires=instant(UNTIL),
    )


def test_an_upper_limit_is_bounded_from_above() -> None:
    facts = evidence(fairness=fairness(table(cell("a", 500, 1000), cell("b", 800, 1000))))
    (one,) = written(facts, DIFFERENCE)
    path = "fairness.sex.selection_rate.difference"
    assert one.values == (KnownValue(path=path, group=("a",), at_most="0.3"),)


def test_each_group_is_bounded_by_its_own_number() -> None:
    facts = evidence(fairness=fairness(table(cell("a", 250, 1000), cell("b", 300, 1000), cell("c", 500, 1000))))
    (one,) = written(facts, RATIO)
    assert {(one.group, one.at_least) for one in one.values} == {(("a",), "0.5"), (("b",), "0.6")}
    assert one.faults == ()


def test_what_has_no_number_denies_nothing_and_is_not_written() -> None:
    facts = evidence(fairness=fairness(table(cell("a", 250, 1000), cell("b", 500, 1000), cell("z", 0, 1000))))
    (one,) = written(facts, RATIO)
    assert [one.group for one in one.values] == [("a",)]


def test_a_wildcard_is_bounded_by_its_words() -> None:
    (one,) = written(grants("a*", "b*"), COLUMNS)
    assert one.faults == ("grants line 7: a* may train on m", "grants line 7: b* may train on m")
    assert one.values == ()


# Reading it


@pytest.mark.parametrize(
    ("data", "where", "said"),
    [
        (text(entry(), entry("house#two"), entry()), "8:15", "a second entry for house#one"),
        (text(entry("house")), "6:15", "POLICY#RULE"),
        (text(entry("House#one")), "6:15", "POLICY#RULE"),
        (text(entry("house#one#two")), "6:15", "POLICY#RULE"),
        (text(entry("house#")), "6:15", "POLICY#RULE"),
        (text(entry(expires="2027-03-01")), "6:37", "UTC time"),
        (text(entry(expires="never")), "6:37", "UTC time"),
        (text(entry(expires=instant(SINCE))), "6:37", "expires before it was written down"),
        (text(entry(more=values(value("at_least: many")))), "", "decimal"),
        (text(entry(more=values(value("at_least: 1, at_most: 2")))), "", "one side"),
        (text(entry(more="values: a")), "", "values"),
        (text(entry(more="value: [{path: a}]")), "", "did you mean 'values'"),
        (text('finding: "house#one"'), "6:5", "'expires' is missing"),
        (text(reason='""'), "3:9", "at least 1"),
        (text(reason="x" * 2001), "3:9", "at most 2000"),
        (text(model='""'), "2:8", "at least 1"),
        (text().replace(b"/v1", b"/v2"), "1:9", "governance.baseline/v1"),
        (text().replace(b"since", b"sense"), "", "did you mean 'since'"),
        (b"", "", "empty"),
        (b"[]", "", ""),
        (b"\xff", "", "UTF-8"),
    ],
)
def test_a_fault_is_named_at_its_place(data: bytes, where: str, said: str) -> None:
    with pytest.raises(BadInput) as caught:
        load_baseline(data, "known.yaml")
    assert caught.value.where.startswith("known.yaml")
    assert caught.value.where == f"known.yaml:{where}" or not where
    assert said in str(caught.value)
