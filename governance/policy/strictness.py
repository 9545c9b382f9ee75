"""What is stricter, field by field: the one answer for policies that extend another and for two versions of one."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from governance.canonical import parse_instant
from governance.policy.outcome import ACTIONS, Action, Severity
from governance.policy.tightening import Tighten
from governance.policy.waiving import REACH, Horizon


class Step(StrEnum):
    """From one value to another: tighter, looser, or in no direction that anybody knows."""

    TIGHTENED = "tightened"
    LOOSENED = "loosened"
    CHANGED = "changed"


def step(way: Tighten, was: Any, now: Any) -> Step | None:
    """None where both mean the same, such as a list in another order."""
    tighter, looser = way.allows(was, now), way.allows(now, was)
    if tighter and looser:
        return None
    return Step.TIGHTENED if tighter else Step.LOOSENED if looser else Step.CHANGED


def _same(value: Any) -> Any:
    return value


def _instant(value: str | None) -> Any:
    return None if value is None else parse_instant(value)


class _Field(NamedTuple):
    way: Tighten
    value: Callable[[Any], Any]


_FIELDS: Mapping[str, _Field] = {
    # Severities are listed from the highest.
    "severity": _Field(Tighten.DOWN, list(Severity).index),
    "waivable_to": _Field(Tighten.UP, lambda word: ACTIONS.index(Action(word))),
    "waivable": _Field(Tighten.DOWN, _same),
    "waivers.covers": _Field(Tighten.DOWN, REACH.index),
    **{f"waivers.horizon.{name}": _Field(Tighten.DOWN, _same) for name in Horizon.model_fields},
    "controls": _Field(Tighten.SUPERSET, _same),
    "valid_for": _Field(Tighten.DOWN, _same),
    "in_force.from": _Field(Tighten.UP, _instant),
    "in_force.until": _Field(Tighten.DOWN, _instant),
    "environments": _Field(Tighten.SUBSET, _same),
}
"""Of a policy and of its rules; what a rule's own parameters may do stands where they are declared."""


def as_tight(field: str, was: Any, now: Any) -> bool:
    """Whether a field of a policy, or of a rule in it, is as tight as it was."""
    way, value = _FIELDS[field]
    return way.allows(value(was), value(now))


def step_of(field: str, was: Any, now: Any) -> Step | None:
    """`step` for a field of a policy, or of a rule in it."""
    way, value = _FIELDS[field]
    return step(way, value(was), value(now))
