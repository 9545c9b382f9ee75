"""Lanes: what held when, by version and environment."""

import itertools
import re
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.policy.outcome import Action
from governance.render.svg import timeline
from governance.render.svg.timeline import lanes

NOW = "2027-03-01T00:00:00Z"


class Subject(NamedTuple):
    version: str


class Decided(NamedTuple):
    """What a lane reads of a decision."""

    now: str
    subject: Subject
    outcomes: dict[str, Action]
    valid_until: str = "2028-01-01T00:00:00Z"


def decided(day, version="1", **outcomes):
    until = outcomes.pop("until", None)
    made = Decided(f"2027-{day}T00:00:00Z", Subject(version), outcomes)
    return made._replace(valid_until=f"2027-{until}T00:00:00Z") if until else made


def places(svg):
    """Where marks and the ends of lines are, in per cent."""
    return [(float(a), float(b)) for a, b in re.findall(r'x1="([\d.]+)%" x2="([\d.]+)%"', svg)]


def test_the_version_decided_last_is_first_and_each_environment_has_its_lane():
    found = lanes(
        [
            decided("02-10", "2", prod=Action.ALLOW),
            decided("02-01", "2", prod=Action.NEEDS_REVIEW),
            decided("01-01", prod=Action.DENY, staging=Action.ALLOW),
        ],
        NOW,
    )
    assert [(one.version, one.environment, one.now) for one in found] == [
        ("2", "prod", Action.ALLOW), ("1", "prod", Action.DENY), ("1", "staging", Action.ALLOW)
    ]  # fmt: skip
    assert found[0].words == "2 in prod: needs review on 2027-02-01, then allow on 2027-02-10"
    (first, second), (start, end) = places(found[0].svg)
    assert first < second == start < end == 100
    assert "stands-inconclusive" in found[0].svg and "stands-pass" in found[0].svg and "stands-fail" in found[1].svg


def test_of_two_in_one_second_the_trail_knows_the_later():
    (lane,) = lanes([decided("01-01", prod=Action.ALLOW), decided("01-01", prod=Action.NEEDS_REVIEW)], NOW)
    assert lane.now is Action.ALLOW


@pytest.mark.parametrize(("until", "holds"), [("02-28", None), ("03-02", Action.ALLOW)])
def test_what_has_lapsed_holds_no_more(until, holds):
    (lane,) = lanes([decided("01-01", prod=Action.ALLOW, until=until)], NOW)
    assert lane.now is holds and ("lapsed" in lane.words) is (holds is None)
    ((start, end),) = places(lane.svg)
    assert (end > start) is (holds is not None)


@given(st.lists(st.integers(1, 28), min_size=1, max_size=60))
def test_marks_are_in_order_apart_and_within_the_picture(days):
    made = [decided(f"01-{day:02}", str(number), prod=Action.ALLOW) for number, day in enumerate(days)]
    times = sorted(one.now for one in made)
    found = timeline._places(times, NOW)
    assert all(0 <= place <= 100 for place in found)
    apart = min(3.0, 94 / len(times))
    assert all(later - earlier >= apart - 1e-6 for earlier, later in itertools.pairwise(found))
    assert len(lanes(made, NOW)) == len(days)


def test_names_of_versions_are_text():
    (lane,) = lanes([decided("01-01", '"><script>', prod=Action.DENY)], NOW)
    assert "<script" not in lane.svg and "&lt;script" in lane.svg


def test_nothing_decided_has_no_lane():
    assert lanes([], NOW) == ()
