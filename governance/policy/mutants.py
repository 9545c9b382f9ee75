"""Mutants of a policy: each limit a little stricter and a little looser, each enforcement another, each rule left out,
evidence accepted that was not.

A mutant that no case tells from the policy is a mistake that the cases would not see either (DeMillo, Lipton and
Sayward, "Hints on test data selection", Computer 11, 1978).
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from pydantic import ValidationError

from governance.errors import BadInput
from governance.policy.cases import Bench
from governance.policy.document import LoadedPolicy, SelectedRule
from governance.policy.enforcement import in_words, stated_for, steps
from governance.policy.expression import compile_condition, numbers
from governance.policy.outcome import Action, Enforcement

STEP = Decimal("0.05")
"""How far a limit is moved, as a share of itself; whole numbers by at least 1, a limit of 0 to a hundredth."""
APPLIES = "applies"
"""What is changed where it is not a rule."""
_INTERVAL = re.compile(r"([1-9][0-9]{0,3})([hdw])")
# What they do with a finding differs, save for `audit`, which is `warn` for everything but errors.
_ENFORCED = (Enforcement.DENY, Enforcement.REVIEW, Enforcement.WARN)


class Mutant(NamedTuple):
    """`at` is the rule, or its parameter as `rule.parameter`; `what` was changed into what. `drops` says that only the
    outcomes can tell: a missing finding is no proof that the rule does anything."""

    rule: str
    at: str
    what: str
    policy: LoadedPolicy
    drops: bool = False


def told(mutant: Mutant, bench: Bench) -> bool:
    """Whether some case tells the mutant from the policy."""
    cases = bench.cases.document.cases
    # Those that speak of the rule first: one of them will tell.
    order = sorted(range(len(cases)), key=lambda index: mutant.rule not in cases[index].expect.findings)
    return any(_tells(mutant, bench, index) for index in (*order, None))


def _tells(mutant: Mutant, bench: Bench, index: int | None) -> bool:
    differences = bench.ran(index, mutant.policy).differences
    return any(isinstance(one.expected, Action) or not mutant.drops for one in differences)


def mutants(policy: LoadedPolicy) -> Iterator[Mutant]:
    """Every mutant that is itself a policy."""
    if policy.selector is not None:
        yield Mutant("", APPLIES, "for every model", policy._replace(selector=None))
    for place, selected in enumerate(policy.rules):
        rule = selected.section.id
        enforcement = selected.section.enforcement
        if any(one in _ENFORCED[:2] for at in enforcement for one, _ in steps(enforcement, at)):
            rest = (*policy.rules[:place], *policy.rules[place + 1 :])
            yield Mutant(rule, rule, "left out", _with(policy, rest), drops=True)
        changes = [*_enforced(selected, policy), *_accepted(selected), *_limits(selected), *_literals(selected)]
        for at, what, changed in changes:
            rules = (*policy.rules[:place], changed, *policy.rules[place + 1 :])
            yield Mutant(rule, f"{rule}.{at}" if at else rule, what, _with(policy, rules))


def _with(policy: LoadedPolicy, rules: tuple[SelectedRule, ...]) -> LoadedPolicy:
    document = policy.document.model_copy(update={"rules": tuple(one.section for one in rules)})
    return policy._replace(document=document, rules=rules)


_Changed = tuple[str, str, SelectedRule]


def _enforced(selected: SelectedRule, policy: LoadedPolicy) -> Iterator[_Changed]:
    """Each environment's enforcement made each of the others."""
    section = selected.section
    for environment in policy.document.environments:
        now = section.enforcement[stated_for(section.enforcement, environment)]
        for other in _ENFORCED:
            if other is now or (now is Enforcement.AUDIT and other is Enforcement.WARN):
                continue
            enforcement = section.enforcement | {environment: other}
            changed = section.model_copy(update={"enforcement": enforcement})
            yield "", f"{environment}: {in_words(now)} -> {other.value}", selected._replace(section=changed)


def _accepted(selected: SelectedRule) -> Iterator[_Changed]:
    """Evidence that the policy does not accept, accepted."""
    section = selected.section
    for name, others in (("kind", ("declared",)), ("predictions", ("rescored", "supplied"))):
        now = getattr(section.accept, name)
        for other in others:
            if other not in now:
                accept = section.accept.model_copy(update={name: (*now, other)})
                changed = section.model_copy(update={"accept": accept})
                yield "", f"accept: {other} too", selected._replace(section=changed)


def _limits(selected: SelectedRule) -> Iterator[_Changed]:
    """Each number that the policy writes under `with`, moved both ways. What it leaves to the rule, the rule tests."""
    rule, params, section = selected.rule, selected.params, selected.section
    if rule is None or params is None:
        return
    for name in section.with_:
        field = next(key for key, one in rule.params.model_fields.items() if (one.alias or key) == name)
        now = getattr(params, field)
        for moved in _moved(now):
            with_ = section.with_ | {name: moved}
            try:
                changed = rule.params.model_validate(with_, by_alias=True, by_name=False)
            except ValidationError:
                continue  # no policy could say this
            section_ = section.model_copy(update={"with_": with_})
            yield name, f"{name}: {now} -> {moved}", selected._replace(section=section_, params=changed)


def _literals(selected: SelectedRule) -> Iterator[_Changed]:
    """Each number of an expression, moved both ways."""
    text, section = selected.section.expr, selected.section
    if text is None or selected.condition is None:
        return
    params = selected.condition.params
    for start, end in numbers(text):
        now = text[start:end]
        for moved in _moved(Decimal(now) if "." in now else int(now)):
            expr = f"{text[:start]}{moved}{text[end:]}"
            try:
                condition = compile_condition(expr, section.requires, selected.key, params)
            except BadInput:
                continue
            changed = section.model_copy(update={"expr": expr})
            yield "expr", f"{now} -> {moved}", selected._replace(section=changed, condition=condition)


def _moved(value: object) -> list[str]:
    """A limit a little higher and a little lower, as text; nothing for what is no limit."""
    if isinstance(value, Decimal):
        step = abs(value) * STEP or Decimal("0.01")
        return [format((value + move).normalize(), "f") for move in (step, -step)]
    if isinstance(value, int) and not isinstance(value, bool):
        return [str(value + move) for move in (_whole(value), -_whole(value))]
    if isinstance(value, str) and (found := _INTERVAL.fullmatch(value)):
        number = int(found[1])
        return [f"{number + move}{found[2]}" for move in (_whole(number), -_whole(number))]
    return []


def _whole(value: int) -> int:
    return max(1, round(abs(value) * STEP))
