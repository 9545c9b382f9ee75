"""Two rules of a policy, held against each other."""

from collections.abc import Iterator
from itertools import combinations, permutations
from typing import Any

from governance.policy import enforcement
from governance.policy.document import SelectedRule
from governance.policy.lint.domain import Domain, tried
from governance.policy.lint.remark import Level, Said, Subject, lint
from governance.policy.tightening import direction
from governance.policy.timeliness import as_long, meet

_SIDES = ("at_least", "at_most")


@lint(
    "contradictory",
    Level.ERROR,
    bad="""
        rules:
          - id: enough-rows
            requires: [fairness.rows]
            expr: fairness.rows >= 1000
            enforcement: {default: deny}
          - id: few-rows
            requires: [fairness.rows]
            expr: fairness.rows < 500
            enforcement: {default: deny}
    """,
    good="""
        rules:
          - id: enough-rows
            requires: [fairness.rows]
            expr: fairness.rows >= 500
            enforcement: {default: deny}
          - id: few-rows
            requires: [fairness.rows]
            expr: fairness.rows < 1000
            enforcement: {default: deny}
    """,
)
def contradictory(subject: Subject) -> Iterator[Said]:
    """Two rules can pass together.

    Where one asks for what the other forbids, each model fails one of them, whatever anybody mends. Limits of one rule
    of the catalogue are compared as numbers. Conditions are evaluated side by side, over every value at, just below and
    just above the numbers that they name.
    """
    for one, other in combinations(subject.policy.rules, 2):
        found = _apart(one, other) or _apart(other, one) or _never_both(one, other)
        if found and meet(one.times, other.times):
            what = f"rules {one.section.id!r} and {other.section.id!r} cannot both pass: {found}"
            key = _limit_key(other)
            yield Said(key, what, "move one of the limits, or leave one of the rules out", _limit_key(one))


@lint(
    "duplicate",
    Level.WARNING,
    bad="""
        rules:
          - id: accuracy
            uses: performance.floor@1
            with: {metric: accuracy, at_least: 0.8}
            enforcement: {default: deny}
          - id: right-often-enough
            uses: performance.floor@1
            with: {metric: accuracy, at_least: 0.80}
            enforcement: {default: review}
    """,
    good="""
        rules:
          - id: accuracy
            uses: performance.floor@1
            with: {metric: accuracy, at_least: 0.8}
            enforcement: {default: deny}
          - id: sensitivity
            uses: performance.floor@1
            with: {metric: tpr, at_least: 0.8}
            enforcement: {default: review}
    """,
)
def duplicate(subject: Subject) -> Iterator[Said]:
    """No rule asks the same as another.

    Of two rules with one body, one is changed some day and the other forgotten; and a waiver of the one leaves the
    other in the way.
    """
    for one, other in combinations(subject.policy.rules, 2):
        if _same(one, other) and meet(one.times, other.times):
            what = f"rule {other.section.id!r} asks exactly what rule {one.section.id!r} asks"
            fix = "keep one of them, with the harder enforcement"
            yield Said(("rules", other.section.id, "id"), what, fix, ("rules", one.section.id, "id"))


@lint(
    "shadowed",
    Level.WARNING,
    bad="""
        rules:
          - id: accuracy
            uses: performance.floor@1
            with: {metric: accuracy, at_least: 0.8}
            enforcement: {default: deny}
          - id: better-than-chance
            uses: performance.floor@1
            with: {metric: accuracy, at_least: 0.6}
            enforcement: {default: deny}
    """,
    good="""
        rules:
          - id: accuracy
            uses: performance.floor@1
            with: {metric: accuracy, at_least: 0.8}
            enforcement: {default: review}
          - id: better-than-chance
            uses: performance.floor@1
            with: {metric: accuracy, at_least: 0.6}
            enforcement: {default: deny}
    """,
)
def shadowed(subject: Subject) -> Iterator[Said]:
    """Each rule catches something that no stricter rule catches.

    Where another rule of the policy asks for more of the same, in no place and on no day less hard, the weaker one
    decides nothing: whoever moves its limit wonders why nothing changes.
    """
    places = subject.policy.document.environments
    for weak, strong in permutations(subject.policy.rules, 2):
        if not _implied(weak, strong) or not as_long(strong.times, weak.times):
            continue
        if not any(enforcement.looser(strong.section.enforcement, weak.section.enforcement, place) for place in places):
            what = (
                f"rule {weak.section.id!r} decides nothing: rule {strong.section.id!r} asks for more, as hard or harder"
            )
            fix = "leave it out, or enforce it harder than the stricter one"
            yield Said(("rules", weak.section.id, "id"), what, fix, ("rules", strong.section.id, "id"))


def _same(one: SelectedRule, other: SelectedRule) -> bool:
    if one.condition and other.condition:
        return " ".join(one.condition.text.split()) == " ".join(other.condition.text.split())
    accepted = one.section.accept == other.section.accept
    return one.rule is not None and one.rule is other.rule and one.params == other.params and accepted


def _implied(weak: SelectedRule, strong: SelectedRule) -> bool:
    """Whether every model that passes `strong` passes `weak`, and a waiver of `strong` is no easier."""
    if weak.params is None or strong.params is None or weak.rule is not strong.rule or weak.params == strong.params:
        return False
    if weak.section.accept != strong.section.accept:
        return False
    if strong.section.waivable_to == "allow" != weak.section.waivable_to:
        return False
    fields = type(weak.params).model_fields.items()
    return all(direction(one).allows(getattr(weak.params, name), getattr(strong.params, name)) for name, one in fields)


def _apart(low: SelectedRule, high: SelectedRule) -> str:
    """Why no number is as much as the one asks and as little as the other does; empty where one may be."""
    if low.params is None or high.params is None or low.rule is not high.rule:
        return ""
    ours, theirs = low.params.model_dump(), high.params.model_dump()
    least, most = ours.get("at_least"), theirs.get("at_most")
    if least is None or most is None or least <= most:
        return ""
    if any(ours[name] != theirs[name] for name in ours if name not in _SIDES):
        return ""
    return f"at least {least} and at most {most} of the same"


def _never_both(one: SelectedRule, other: SelectedRule) -> str:
    if not one.condition or not other.condition:
        return ""
    domain = Domain.of(one.condition, other.condition)
    if domain is None or not domain.shared:
        return ""
    ours, theirs = tried(one.condition, domain), tried(other.condition, domain)
    # What never holds by itself is said of it alone.
    if not any(ours) or not any(theirs) or any(a and b for a, b in zip(ours, theirs, strict=True)):
        return ""
    return f"of the {len(ours)} cases that were tried, none satisfies both conditions"


def _limit_key(selected: SelectedRule) -> tuple[str, ...]:
    at: Any = ("rules", selected.section.id)
    if selected.condition:
        return (*at, "expr")
    side = next((name for name in _SIDES if name in selected.section.with_), None)
    return (*at, "with", side) if side else (*at, "id")
