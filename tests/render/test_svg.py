"""Strips: where a number lies against its limit, how it stands, and that it is said too."""

import re
import xml.etree.ElementTree as ElementTree
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.canonical import real
from governance.policy.finding import Finding, Limit, Looked
from governance.policy.outcome import Outcome, Severity
from governance.render.standing import WORDS
from governance.render.svg.strips import strips


def finding(*looked, op="at_least", limit="0.8", outcome=Outcome.FAIL):
    return Finding(
        outcome=outcome, why="so", looked_at=looked, limit=Limit(op=op, value=limit), key="p#r", uses="x.y@1",
        title="T", origin=None, controls=(), severity=Severity.LOW, actions={},
    )  # fmt: skip


def place(svg, kind):
    """In per cent."""
    tree = ElementTree.fromstring(svg)
    if kind == "limit":
        found = next(one for one in tree if one.get("class") == "strip-limit").get("x1")
    elif (circle := tree.find("circle")) is not None:
        found = circle.get("cx")
    else:
        found = tree.find("svg").get("x")
    return Decimal(found.removesuffix("%"))


SHAPES = {Outcome.PASS: "circle", Outcome.FAIL: "0,-6 6,0 0,6 -6,0", Outcome.INCONCLUSIVE: "0,-6 6,5 -6,5"}


def reals(least, most):
    return st.floats(least, most, allow_nan=False).map(real)


@given(
    value=reals(-100, 100),
    limit=reals(-100, 100),
    op=st.sampled_from(["at_least", "at_most"]),
    outcome=st.sampled_from([Outcome.FAIL, Outcome.PASS, Outcome.INCONCLUSIVE]),
)
def test_colour_shape_and_words_of_a_number_are_those_of_the_outcome_wherever_it_lies(value, limit, op, outcome):
    looked = Looked(path="x", value=value, low=value, high=value)
    (strip,) = strips(finding(looked, op=op, limit=limit, outcome=outcome))
    mark, bound = place(strip.svg, "mark"), place(strip.svg, "limit")
    assert 0 <= mark <= 100 and 0 < bound < 100
    assert (mark >= bound) == (Decimal(value) >= Decimal(limit)) or mark == bound
    assert strip.standing is outcome and f'class="strip stands-{outcome.value}"' in strip.svg
    assert [one for one, shape in SHAPES.items() if shape in strip.svg] == [outcome]
    assert f"; {WORDS[outcome]}, " in ElementTree.fromstring(strip.svg).get("aria-label")


def pair(low, value, high):
    return Looked(
        path="fairness.sex.selection_rate.ratio", group=("f",), reference=("m",), value=value, low=low, high=high
    )


def test_of_several_numbers_each_stands_as_its_interval_says():
    broken, open_, clear = pair("0.4", "0.5", "0.6"), pair("0.7", "0.82", "0.9"), pair("0.85", "0.9", "1.0")
    said = [one.standing for one in strips(finding(broken, open_, clear))]
    assert said == [Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.PASS]
    assert [one.standing for one in strips(finding(open_, clear, outcome=Outcome.INCONCLUSIVE))] == said[1:]
    # Where nothing but the finding is in doubt (evidence that does not count), all of it is open.
    assert {one.standing for one in strips(finding(clear, outcome=Outcome.INCONCLUSIVE))} == {Outcome.INCONCLUSIVE}
    # A rule that decides on the point is drawn on the point.
    assert [one.standing for one in strips(finding(pair("0.7", "0.79", "0.9")))] == [Outcome.FAIL]
    assert [one.standing for one in strips(finding(pair("0.7", "0.81", "0.9"), outcome=Outcome.PASS))] == [Outcome.PASS]


def test_a_rule_that_could_not_be_judged_passes_nowhere():
    assert strips(finding(pair("0.85", "0.9", "1.0"), outcome=Outcome.ERROR))[0].standing is Outcome.INCONCLUSIVE


def test_all_numbers_of_a_finding_share_one_scale():
    pairs = [
        Looked(path="x", group=(name,), reference=("w",), value=value, low=low, high=high, n=9)
        for name, value, low, high in (("a", "0.5", "0.4", "0.6"), ("b", "0.9", "0.85", "1.0"))
    ]
    first, second = strips(finding(*pairs))
    assert place(first.svg, "limit") == place(second.svg, "limit")
    assert place(first.svg, "mark") < place(first.svg, "limit") < place(second.svg, "mark")
    assert (first.label, first.value, first.rows) == ("a to w", "0.5 [0.4, 0.6]", 9)


def test_an_end_far_out_or_open_has_no_cap_and_does_not_squeeze_the_rest():
    near = Looked(path="x", value="0.5", low="0.4", high="0.6")
    for high in ("1e+06", None):
        (strip,) = strips(finding(near.model_copy(update={"high": high})))
        assert strip.svg.count("strip-whisker") == 2
        assert place(strip.svg, "limit") - place(strip.svg, "mark") > 20
    assert strips(finding(near))[0].svg.count("strip-whisker") == 3


@pytest.mark.parametrize("looked", [Looked(path="x", value="a" * 64), Looked(path="x", group=("a",), value=None, n=3)])
def test_what_is_no_number_is_listed_and_not_drawn(looked):
    (strip,) = strips(finding(looked))
    assert strip.svg == "" and strip.standing is None and strip.stands == ""


def test_names_of_groups_are_text():
    name = '"><script>alert(1)</script>\u202e'
    (strip,) = strips(finding(Looked(path="x", group=(name,), reference=("b",), value="0.5", low="0.4", high="0.6")))
    tree = ElementTree.fromstring(strip.svg)
    assert {one.tag for one in tree.iter()} <= {"svg", "rect", "line", "circle", "polygon"}
    assert "\u202e" not in strip.svg and "<U+202E>" in tree.get("aria-label")
    assert not re.search(r"\sstyle=|\son\w+=", strip.svg)
