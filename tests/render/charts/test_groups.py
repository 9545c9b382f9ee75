"""Rates, ratios and slices: what is drawn of groups."""

from reportlab.graphics.shapes import Circle

from governance.render.pdf.charts import rates, ratios, slices
from governance.render.pdf.charts.figure import wide
from tests.render.charts.drawn import UNFAIR, Make, policy_of, shapes, texts


def test_rates_are_those_of_the_counts_lowest_first(case: Make) -> None:
    (figure,) = rates.figures(case(groups=UNFAIR))
    said = texts(figure)
    assert [name for name in said if name in UNFAIR] == ["Black", "White", "Other"]
    # Wilson, 95 %: computed by hand for 204 of 1000.
    assert "0.204 [0.180, 0.230]" in said and "1,000" in said
    assert "Black has the lowest selection rate, 0.204" in figure.words and "Other the highest, 0.450" in figure.words
    assert "95 % score interval" in figure.note and "not compared" not in said


def test_small_groups_are_grey_hollow_and_named_so(case: Make) -> None:
    (figure,) = rates.figures(case(groups=UNFAIR | {"Few": (3, 12)}))
    assert texts(figure).count("not compared") == 1 and "1 group not compared" in figure.words
    hollow = [s for s in shapes(figure.drawing) if isinstance(s, Circle) and s.fillColor != s.strokeColor]
    assert len(hollow) == 1 and "fewer than 30 rows" in figure.note


def test_unknown_groups_are_not_compared(case: Make) -> None:
    from governance.evidence.fairness import Cell

    facts = case(groups=UNFAIR).evidence.facts.fairness
    table = facts.tables[0]
    cells = (Cell(group=(None,), tn=500, fp=0, fn=0, tp=500), *table.cells)
    wider = facts.model_copy(update={"tables": (table.model_copy(update={"cells": cells}),)})
    (figure,) = rates.figures(case(fairness=wider))
    assert "unknown" in texts(figure) and texts(figure).count("not compared") == 1


def test_what_the_rule_cannot_compare_is_not_shown_as_compared(case: Make) -> None:
    (zero,) = rates.figures(case(groups=UNFAIR | {"None": (0, 100)}))
    assert texts(zero).count("not compared") == 1 and "no ratio to a rate of 0" in zero.note
    facts = case(groups=UNFAIR).evidence.facts.fairness
    doubtful = facts.model_copy(update={"tables": (facts.tables[0].model_copy(update={"unknown": 2000}),)})
    (figure,) = rates.figures(case(fairness=doubtful))
    assert texts(figure).count("not compared") == 3 and "not known for 2000 of 4800 rows" in figure.note


def test_many_groups_show_the_ends_and_say_so(case: Make) -> None:
    groups = {f"g{n:02d}": (100 + 7 * n, 1000) for n in range(60)} | {f"tiny{n}": (1, 5) for n in range(9)}
    (figure,) = rates.figures(case(groups=groups))
    said = texts(figure)
    assert "g00" in said and "g59" in said and "g30" not in said
    assert "12 of 60 compared groups are drawn: those with the lowest rates, and the highest" in figure.note
    assert "4 of 9 groups that are not compared are drawn" in figure.note


def test_pairs_carry_shape_word_and_limit(case: Make) -> None:
    (figure,) = ratios.figures(case(groups=UNFAIR))
    said = texts(figure)
    assert "Black to Other" in said and "White to Other" in said and "limit at least 0.8" in said
    assert said.count("fail") == 1 and said.count("inconclusive") == 2  # one of them in the legend
    assert "0.4533 [0.3957, 0.551]" in said and "1,400" in said
    assert "2 pairs: 1 failing, 1 inconclusive; the worst, Black to Other" in figure.words
    assert "log scale" in " ".join(said) and "one-sided at alpha = 0.05" in figure.note


def test_a_pair_is_read_like_its_finding(case: Make) -> None:
    """One finding of one pair: what is drawn is what the rule found."""
    counted = {"fail": "failing", "inconclusive": "inconclusive", "pass": "passing"}
    for groups, outcome in (
        ({"a": (200, 1000), "b": (500, 1000)}, "fail"),
        ({"a": (20, 40), "b": (20, 40)}, "inconclusive"),
        ({"a": (500, 1000), "b": (500, 1000)}, "pass"),
    ):
        verified = case(groups=groups)
        found = next(f for f in verified.decision.findings if f.uses.startswith("fairness.disparity"))
        (figure,) = ratios.figures(verified)
        assert found.outcome.value == outcome and f"1 pair: 1 {counted[outcome]};" in figure.words


def test_a_rule_on_the_point_is_drawn_on_the_point(case: Make) -> None:
    policy = policy_of(
        "  - {id: d, uses: fairness.disparity@1, enforcement: {default: deny},\n"
        "     with: {at_least: 0.8, decide_on: point}}\n"
    )
    (figure,) = ratios.figures(case(policy, groups={"a": (80, 200), "b": (110, 200)}))
    assert "1 failing" in figure.words and "decides on the point" in figure.note


def test_an_upper_limit_fails_above_it(case: Make) -> None:
    policy = policy_of(
        "  - {id: r, uses: fairness.reference@1, enforcement: {default: deny},\n"
        "     with: {attribute: race, reference: [White], at_most: 1.25}}\n"
    )
    (figure,) = ratios.figures(case(policy, groups={"Black": (800, 1000), "Other": (300, 1000), "White": (400, 1000)}))
    assert "1 failing, 1 passing; the worst, Black to White" in figure.words and "limit at most 1.25" in texts(figure)


def test_a_value_beside_its_pair_is_never_cut() -> None:
    """Half a number would be another number."""
    room = ratios._N - ratios._RIGHT - 36
    for said in ("-0.003131 [-0.03204, -0.003187]", "0.79999999 [-0.03204, 0.03187]"):
        assert wide(said) <= room, said


def test_how_often_it_is_right_is_told_by_group_against_the_floor(case: Make) -> None:
    """`make_evidence` selects as many as are right, so that a group's accuracy is its rate."""
    policy = policy_of(
        "  - {id: s, uses: performance.slice_floor@1, enforcement: {default: deny},\n"
        "     with: {at_least: 0.7, min_rows: 30}}\n"
    )
    verified = case(policy, groups=UNFAIR | {"Few": (3, 12)})
    (figure,) = slices.figures(verified)
    said = texts(figure)
    assert "everybody" in said and "limit 0.7" in said and said.count("few rows") == 1
    assert figure.about == ("p#s",) and "the limit is 0.7" in figure.words
    facts = verified.evidence.facts
    table = next(iter(facts.fairness.tables))
    rates_ = {f"race: {cell.group[0]}": cell.tp / cell.rows + cell.tn / cell.rows for cell in table.cells}
    rows = {row[0]: row for row in figure.table.rows}
    assert all(rows[name][1].startswith(f"{rate:.3f}") for name, rate in rates_.items())
