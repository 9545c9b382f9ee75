"""Mutants of a policy: each limit a little stricter and a little looser, each list one member shorter and longer, each
word and switch another, each enforcement another, each day moved, each rule left out, evidence accepted that was not,
waivers that last longer or shorter, or excuse what they could not.

A mutant that no case tells from the policy is a mistake that the cases would not see either (DeMillo, Lipton and
Sayward, "Hints on test data selection", Computer 11, 1978).
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple, get_args

from pydantic import ValidationError

from governance.errors import BadInput
from governance.evidence.origin import Kind, Predictions
from governance.policy.cases import OF_EVERY_RULE
from governance.policy.document import LoadedPolicy, SelectedRule
from governance.policy.enforcement import Steps, in_words, stated_for, steps
from governance.policy.expression import PARAMS, compile_condition, members, numbers
from governance.policy.nearby import beside, change, either_side, others, words
from governance.policy.outcome import Enforcement, Severity
from governance.policy.selector import compile_selector
from governance.policy.waiving import REACH, Waivers
from governance.policy.written import DECLARED

LEFT_OUT = "left out"
_LEFT = ("severity", "waivable", "waivable_to")
"""Of which a policy may say nothing."""
APPLIES, VALID_FOR, WAIVERS = "applies", "valid_for", "waivers."
"""What is changed where it is not a rule."""
_OF_PREDICTIONS = {"fairness", "performance"}
# What they do with a finding differs, save for `audit`, which is `warn` for everything but errors.
_ENFORCED = (Enforcement.DENY, Enforcement.REVIEW, Enforcement.WARN)


class Mutant(NamedTuple):
    """`at` is the rule, or its parameter as `rule.parameter`; `what` was changed into what. `changed`: the rule as
    `policy` has it. `unwritten`: the policy says nothing of it, so that a default counts. Where a rule is left out
    only the outcomes can tell: a missing finding is no proof that it does anything."""

    rule: str
    at: str
    what: str
    policy: LoadedPolicy
    changed: SelectedRule | None = None
    unwritten: bool = False

    @property
    def drops(self) -> bool:
        """Whether a rule is left out."""
        return self.what == LEFT_OUT


def mutants(policy: LoadedPolicy) -> Iterator[Mutant]:
    """Every mutant that is itself a policy."""
    yield from _of_the_whole(policy)
    for place, selected in enumerate(policy.rules):
        rule = selected.section.id
        enforcement = selected.section.enforcement
        if any(one in _ENFORCED[:2] for at in enforcement for one, _ in steps(enforcement, at)):
            rest = (*policy.rules[:place], *policy.rules[place + 1 :])
            yield Mutant(rule, rule, LEFT_OUT, _with(policy, rest))
        changes = (_accepted, _limits, _literals, _parameters, _days, _timely, _graver, _excusable)
        made = [*_enforced(selected, policy), *(one for change in changes for one in change(selected))]
        for at, what, changed in made:
            rules = (*policy.rules[:place], changed, *policy.rules[place + 1 :])
            # What the policy leaves to the rule is the rule's own default.
            left = selected.rule is not None and at not in ("", *OF_EVERY_RULE, *selected.section.with_)
            left = left or (at in _LEFT and at not in selected.section.model_fields_set)
            yield Mutant(rule, f"{rule}.{at}" if at else rule, what, _with(policy, rules), changed, left)


def only(policy: LoadedPolicy, selected: SelectedRule) -> LoadedPolicy:
    """The same policy with one rule."""
    return _with(policy, (selected,))


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
    """Evidence that the policy does not accept, accepted; and what it accepts, not."""
    section, facts = selected.section, {*selected.facts}
    if selected.attests:
        return  # it reads what is signed, and no evidence
    # Of what is only ever declared nothing is measured; most facts rest on no predictions.
    kinds = get_args(Kind) if facts - {*DECLARED} or not facts else ("declared",)
    predictions = get_args(Predictions) if facts & _OF_PREDICTIONS else ()
    for name, known in (("kind", kinds), ("predictions", predictions)):
        now = getattr(section.accept, name)
        for other in known:
            kept = (*now, other) if other not in now else tuple(one for one in now if one != other)
            accept = section.accept.model_copy(update={name: kept})
            changed = section.model_copy(update={"accept": accept})
            said = f"{other} evidence accepted, too" if other not in now else f"{other} evidence not accepted"
            yield "accept", said, selected._replace(section=changed)


def _limits(selected: SelectedRule) -> Iterator[_Changed]:
    """Each parameter as something else, whether the policy writes it or leaves it to the rule: a number moved both
    ways, a switch turned, another of a few words, a list without one member or with one more."""
    rule, params, section = selected.rule, selected.params, selected.section
    if rule is None or params is None:
        return
    stated = params.model_dump(by_alias=True)
    for key, field in rule.params.model_fields.items():
        name, now = field.alias or key, getattr(params, key)
        for moved in others(now, field.annotation):
            try:
                changed = rule.params.model_validate(stated | {name: moved}, by_alias=True, by_name=False)
            except ValidationError:
                continue  # no policy could say this
            if changed == params:
                continue
            section_ = section.model_copy(update={"with_": section.with_ | {name: moved}})
            what = change(now, moved)
            yield name, what, selected._replace(section=section_, params=changed)


def _literals(selected: SelectedRule) -> Iterator[_Changed]:
    """Each number of an expression, moved both ways."""
    text, section = selected.section.expr, selected.section
    if text is None or selected.condition is None:
        return
    params = selected.condition.params
    for start, end in numbers(text):
        now = text[start:end]
        for moved in either_side(Decimal(now) if "." in now else int(now)):
            expr = f"{text[:start]}{moved}{text[end:]}"
            try:
                condition = compile_condition(expr, section.requires, selected.key, params)
            except BadInput:
                continue
            changed = section.model_copy(update={"expr": expr})
            yield "expr", f"{now} -> {moved}", selected._replace(section=changed, condition=condition)


def _parameters(selected: SelectedRule) -> Iterator[_Changed]:
    """Each parameter of the policy that an expression reads, as something else."""
    condition = selected.condition
    if condition is None:
        return
    for name in members(condition.text, PARAMS):
        now = condition.params[name]
        for moved in others(now, type(now)):
            value = type(now)(str(moved)) if isinstance(now, Decimal | int) else moved
            changed = condition._replace(params={**condition.params, name: value})
            yield "expr", f"{PARAMS}.{name}: {change(now, value)}", selected._replace(condition=changed)


def _days(selected: SelectedRule) -> Iterator[_Changed]:
    """Each day from which another enforcement counts, a day earlier and a day later."""
    section = selected.section
    for place, found in section.enforcement.items():
        if not isinstance(found, Steps):
            continue
        for word, day in found.in_order():
            for moved in beside(day) if day else ():
                steps_ = found.model_copy(update={word.value: moved})
                changed = section.model_copy(update={"enforcement": section.enforcement | {place: steps_}})
                yield "enforcement", f"{place}: {word.value} from {day} -> {moved}", selected._replace(section=changed)


def _timely(selected: SelectedRule) -> Iterator[_Changed]:
    """A rule that counts for a time, such as while a clause of a law is effective: always."""
    if selected.times:
        days = " and ".join(one.words for one in selected.times)
        yield "in_force", f"{days} -> always", selected._replace(times=())


def _graver(selected: SelectedRule) -> Iterator[_Changed]:
    """The severity one step up and one down: how long a waiver may last, and where the finding is read."""
    section, order = selected.section, tuple(Severity)
    here = order.index(section.severity)
    for other in order[max(0, here - 1) : here + 2]:
        if other is not section.severity:
            changed = section.model_copy(update={"severity": other})
            yield "severity", f"{section.severity.value} -> {other.value}", selected._replace(section=changed)


def _excusable(selected: SelectedRule) -> Iterator[_Changed]:
    """Whether a rule can be waived, and to what where it denies: the other way."""
    section = selected.section
    flipped = section.model_copy(update={"waivable": not section.waivable})
    said = f"{words(section.waivable)} -> {words(flipped.waivable)}"
    yield "waivable", said, selected._replace(section=flipped)
    denies = any(one is Enforcement.DENY for at in section.enforcement for one, _ in steps(section.enforcement, at))
    if section.waivable and denies:
        other = "allow" if section.waivable_to == "needs review" else "needs review"
        changed = section.model_copy(update={"waivable_to": other})
        yield "waivable_to", f"{section.waivable_to} -> {other}", selected._replace(section=changed)


def _of_the_whole(policy: LoadedPolicy) -> Iterator[Mutant]:
    """When it is in force, for which models, and how long a decision and a waiver may last."""
    document = policy.document
    if (selector := policy.selector) is not None:
        yield Mutant("", APPLIES, "for every model", policy._replace(selector=None))
        turned = compile_selector(f"!(\n{selector.text}\n)", APPLIES)
        yield Mutant("", APPLIES, "for all other models", policy._replace(selector=turned))
    for name in ("from_", "until"):
        for moved in beside(getattr(document.in_force, name)):
            said = name.rstrip("_")
            in_force = document.in_force.model_copy(update={name: moved})
            changed = policy._replace(document=document.model_copy(update={"in_force": in_force}))
            yield Mutant("", f"in_force.{said}", f"{getattr(document.in_force, name)} -> {moved}", changed)
    for days in either_side(document.valid_for):
        changed = policy._replace(document=document.model_copy(update={"valid_for": int(days)}))
        unwritten = VALID_FOR not in document.model_fields_set
        yield Mutant("", VALID_FOR, f"{document.valid_for} days -> {days}", changed, None, unwritten)
    yield from _of_waivers(policy)


def _of_waivers(policy: LoadedPolicy) -> Iterator[Mutant]:
    """How long those of each severity may last that some rule has, and how far they may reach."""
    document, waivers = policy.document, policy.document.waivers
    horizon = waivers.horizon
    severities = {section.severity for section in document.rules if section.waivable}
    for name in (severity.value for severity in Severity if severity in severities):
        now, unwritten = getattr(horizon, name), name not in horizon.model_fields_set
        for days in (now - 1, now + 1):
            changed = waivers.model_copy(update={"horizon": horizon.model_copy(update={name: days})})
            at, said = f"{WAIVERS}horizon.{name}", f"{now} days -> {days}"
            yield Mutant("", at, said, _waived(policy, changed), None, unwritten)
    for other in REACH if severities else ():
        if other != waivers.covers:
            changed, unwritten = waivers.model_copy(update={"covers": other}), "covers" not in waivers.model_fields_set
            said = f"{waivers.covers} -> {other}"
            yield Mutant("", f"{WAIVERS}covers", said, _waived(policy, changed), None, unwritten)


def _waived(policy: LoadedPolicy, waivers: Waivers) -> LoadedPolicy:
    return policy._replace(document=policy.document.model_copy(update={"waivers": waivers}))
