"""Strips: where a number lies against its limit, and that it is said too."""

import re
import xml.etree.ElementTree as ElementTree
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.canonical import real
from governance.policy.finding import Finding, Limit, Looked
from governance.policy.outcome import Outcome, Severity
from governance.render.svg.strips import strips


def finding(*looked, op="at_least", limit="0.8"):
    return Finding(
        outcome=Outcome.FAIL, why="so", looked_at=looked, limit=Limit(op=op, value=limit), key="p#r", uses="x.y@1",
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


def reals(least, most):
    return st.floats(least, most, allow_nan=False).map(real)


@given(value=reals(-100, 100), limit=reals(-100, 100), op=st.sampled_from(["at_least", "at_most"]))
def test_a_mark_lies_on_its_side_of_the_limit_and_says_so(value, limit, op):
    (strip,) = strips(finding(Looked(path="x", value=value, low=value, high=value), op=op, limit=limit))
    meets = Decimal(value) >= Decimal(limit) if op == "at_least" else Decimal(value) <= Decimal(limit)
    assert strip.beyond is not meets
    mark, bound = place(strip.svg, "mark"), place(strip.svg, "limit")
    assert 0 <= mark <= 100 and 0 < bound < 100
    assert (mark >= bound) == (Decimal(value) >= Decimal(limit)) or mark == bound
    assert ("<circle" in strip.svg) is meets
    said = ElementTree.fromstring(strip.svg).get("aria-label")
    assert ("meets" in said) is meets and ("misses" in said) is not meets


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
    assert strip.svg == "" and not strip.beyond


def test_names_of_groups_are_text():
    name = '"><script>alert(1)</script>\u202e'
    (strip,) = strips(finding(Looked(path="x", group=(name,), reference=("b",), value="0.5", low="0.4", high="0.6")))
    tree = ElementTree.fromstring(strip.svg)
    assert {one.tag for one in tree.iter()} <= {"svg", "rect", "line", "circle"}
    assert "\u202e" not in strip.svg and "<U+202E>" in tree.get("aria-label")
    assert not re.search(r"\sstyle=|\son\w+=", strip.svg)
