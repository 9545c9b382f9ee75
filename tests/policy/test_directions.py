"""Each parameter of a rule says in which direction it may be tightened; tightened, it never gives a better outcome."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, get_args

import pytest
from pydantic import ValidationError

from governance.policy.outcome import Outcome
from governance.policy.rule import Example, Rule
from governance.policy.rules import ALL
from governance.policy.tightening import Tighten, direction
from tests.policy.cases import NOW

BETTER_FIRST = (Outcome.PASS, Outcome.INCONCLUSIVE, Outcome.FAIL, Outcome.ERROR)
PARAMETERS = [(rule, name) for rule in ALL for name in rule.params.model_fields]


def kinds(annotation: Any) -> Iterator[Any]:
    yield annotation
    for inner in get_args(annotation):
        yield from kinds(inner)


def measured(rule: Rule, name: str) -> bool:
    """Whether it is a number, a list or a switch."""
    found = set()
    for kind in kinds(rule.params.model_fields[name].annotation):
        found.add(getattr(kind, "__origin__", kind) if not isinstance(kind, str) else None)
    return bool(found & {int, Decimal, bool, tuple})


@pytest.mark.parametrize(("rule", "name"), PARAMETERS, ids=lambda one: getattr(one, "name", one))
def test_each_number_list_and_switch_states_its_direction(rule: Rule, name: str) -> None:
    marks = [mark for mark in rule.params.model_fields[name].metadata if isinstance(mark, Tighten)]
    plain = rule.params.model_fields[name].annotation
    if measured(rule, name) and dict not in {getattr(kind, "__origin__", kind) for kind in kinds(plain)}:
        assert len(marks) == 1, f"{rule.name}.{name} states no direction, not even Tighten.NONE"
    if any(mark in (Tighten.UP, Tighten.DOWN) for mark in marks):
        assert {int, Decimal, bool} & set(kinds(plain))


def tightened(value: Any, way: Tighten) -> list[Any]:
    """Values that the direction allows in place of `value`."""
    if isinstance(value, bool):
        return [way is Tighten.UP]
    if isinstance(value, int):
        return [value + 1, value * 2, value + 1000] if way is Tighten.UP else [value - 1, value // 2, 1]
    if isinstance(value, Decimal):
        moved = [value * Decimal("1.01"), value * Decimal("1.2"), (value + 1) / 2, value + Decimal("0.001")]
        down = [value * Decimal("0.99"), value / 2, Decimal("0.000001"), Decimal(0)]
        return moved if way is Tighten.UP else down
    if value is None:
        return [Decimal("0.5"), Decimal(0)]
    if way in (Tighten.SUBSET, Tighten.ALL_SUBSET):
        return [value[1:], value[:-1], ("nothing like it",) if not value else ()]
    words = ("race", "sex", "other", "commit", "data.training", "expires", "category", "tables", "monthly")
    return [*((*value, word) for word in words), (*value, ("train", "other"))]


CASES = [
    pytest.param(rule, example, name, id=f"{rule.name}-{example.name}-{name}")
    for rule in ALL
    for example in rule.examples
    for name, field in rule.params.model_fields.items()
    if direction(field) is not Tighten.NONE
]


@pytest.mark.parametrize(("rule", "example", "name"), CASES)
def test_a_tightened_parameter_never_gives_a_better_outcome(rule: Rule, example: Example, name: str) -> None:
    params = rule.params.model_validate(example.params)
    before = rule.judge(example.evidence, params, NOW).outcome
    way, now = direction(rule.params.model_fields[name]), getattr(params, name)
    for value in tightened(now, way):
        if not way.allows(now, value):
            continue
        try:
            changed = rule.params.model_validate(params.model_dump() | {name: value})
        except ValidationError:
            continue
        after = rule.judge(example.evidence, changed, NOW).outcome
        if Outcome.NOT_APPLICABLE in (before, after):
            assert before is after, f"{name}: {now} -> {value}: what does not apply cannot be made to"
        else:
            assert BETTER_FIRST.index(after) >= BETTER_FIRST.index(before), (
                f"{name}: {now} -> {value}: {before}, {after}"
            )


@pytest.mark.parametrize(
    ("way", "was", "now", "allowed"),
    [
        (Tighten.UP, 1, 2, True), (Tighten.UP, 2, 1, False), (Tighten.UP, None, 1, True), (Tighten.UP, 1, None, False),
        (Tighten.DOWN, Decimal("0.8"), Decimal("0.79"), True), (Tighten.DOWN, Decimal("0.8"), Decimal("0.81"), False),
        (Tighten.UP, False, True, True), (Tighten.UP, True, False, False), (Tighten.DOWN, True, False, True),
        (Tighten.SUPERSET, (), ("a",), True), (Tighten.SUPERSET, ("a",), ("b",), False),
        (Tighten.SUPERSET, ("a", "b"), ("b", "a", "c"), True), (Tighten.SUBSET, ("a",), (), True),
        (Tighten.SUBSET, ("a",), ("a", "b"), False), (Tighten.SOME_SUPERSET, (), ("a",), False),
        (Tighten.SOME_SUPERSET, ("a",), (), False), (Tighten.SOME_SUPERSET, ("a",), ("a", "b"), True),
        (Tighten.ALL_SUBSET, (), ("a",), True), (Tighten.ALL_SUBSET, ("a",), (), False),
        (Tighten.ALL_SUBSET, ("a", "b"), ("a",), True), (Tighten.ALL_SUBSET, ("a",), ("b",), False),
        (Tighten.NONE, 1, 2, False), (Tighten.NONE, 1, 1, True), (Tighten.NONE, None, 1, False),
    ],
)  # fmt: skip
def test_what_a_direction_allows(way: Tighten, was: Any, now: Any, allowed: bool) -> None:
    assert way.allows(was, now) is allowed
    assert way.allows(now, now) and way.words
