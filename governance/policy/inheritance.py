"""A policy that extends another: merged into one document, which is never milder than its parent.

Nothing is dropped, and whatever would loosen is an error that names both lines. `docs/adr/0007-policy-document.md` says
what tighter means and why some things cannot be changed at all.
"""

import difflib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from governance.canonical import Sha256
from governance.errors import BadInput
from governance.policy import enforcement
from governance.policy.enforcement import DEFAULT
from governance.policy.expression import PARAMS
from governance.policy.law import Law
from governance.policy.period import InForce
from governance.policy.place import environment_of
from governance.policy.positions import Key, Positions
from governance.policy.rule import Params
from governance.policy.sections import Merged, Parameter, Policy, RuleSection
from governance.policy.strictness import as_tight
from governance.policy.tightening import Tighten, direction
from governance.policy.timeliness import times
from governance.policy.waiving import Horizon, Waivers
from governance.strictyaml import Misplaced, seen

MOST_LEVELS = 8
"""Of policies that extend each other."""
_FREE = ("title", "severity", "waivable", "waivable_to", "why", "fix", "owner")
"""What a child may say of its parent's rule, beside what is merged."""
_FIXED = ("uses", "expr", "requires", "accept")
"""What it may not, because nobody can say that it is tighter."""


def merged(
    child: Policy,
    child_sha256: Sha256,
    ours: Positions,
    parent: Policy,
    theirs: Positions,
    controls: Mapping[str, tuple[str, ...]],
) -> Policy:
    """One document of both, without `extends`. `controls`: of each rule of the parent. Raises BadInput at the child's
    line, naming the parent's."""
    extends = child.extends
    if extends is None:
        raise RuntimeError(f"policy {child.id} extends nothing")
    lines = _Lines(ours, theirs)
    _scope(child, parent, lines)
    waivers = _waivers(child.waivers, parent.waivers, lines)
    places = _places(child, parent)
    parameters = _parameters(child, extends.set_, parent, lines)
    rules = {section.id: section for section in parent.rules}
    for section in child.rules:
        if section.id in rules:
            was = rules[section.id]
            rules[section.id] = _tightened(section, was, controls, places, parent.law, lines)
            _no_longer_waived(section, waivers.most_days(rules[section.id].severity), was, parent.waivers, lines)
        elif lacks := section.incomplete():
            what = f"{lacks}; and the parent has no rule {section.id!r} that this could be a tighter form of"
            raise ours.error(("rules", section.id, *lacks.path), what, **_nearest(section.id, rules))
        else:
            rules[section.id] = section
    names = {*places, DEFAULT}
    sections = tuple(
        section.model_copy(update={"enforcement": {at: how for at, how in section.enforcement.items() if at in names}})
        for section in rules.values()
    )
    own = Merged(policy=child.id, version=child.version, sha256=child_sha256, rules=tuple(rules))
    had = tuple(section.id for section in parent.rules)
    above = Merged(policy=parent.id, version=parent.version, sha256=extends.sha256, rules=had)
    stated = {name: getattr(child if name in child.model_fields_set else parent, name) for name in _INHERITED}
    return child.model_copy(
        update=stated
        | {
            "environments": places,
            "applies": _both(parent.applies, child.applies),
            "waivers": waivers,
            "parameters": parameters,
            "law": parent.law,
            "extends": None,
            "merged": (own, *(parent.merged or (above,))),
            "rules": sections,
        }
    )


_INHERITED = ("title", "owner", "valid_for")


def written(policy: Policy) -> bytes:
    """The one spelling of a merged policy: JSON, without what is left to defaults; reading it gives the same policy."""
    tree = policy.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    text = json.dumps(tree, indent=1, ensure_ascii=False) + "\n"
    # YAML reads some marks as the ends of lines and refuses others: what cannot be seen is written by its number.
    return "".join(char if char == "\n" or seen(char) else _escaped(ord(char)) for char in text).encode()


def _escaped(code: int) -> str:
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def check_parameters(section: RuleSection, now: Params, was: Params, ours: Positions, theirs: Positions) -> None:
    """Of a rule of the catalogue each parameter is as tight as the parent's. Raises BadInput as `merged` does."""
    for name, field in type(now).model_fields.items():
        key, way = field.alias or name, direction(field)
        before, after = getattr(was, name), getattr(now, name)
        if way.allows(before, after):
            continue
        at: Key = ("rules", section.id, "with", key)
        value = section.with_.get(key)
        set_: Key = ("extends", "set", value.removeprefix(f"{PARAMS}.")) if isinstance(value, str) else at
        may = "it may not be changed" if way is Tighten.NONE else f"it may only be {way.words}"
        what = f"rule {section.id!r} would not be as tight: {key} is {_shown(after)} instead of {_shown(before)}; {may}"
        fix = "add a rule of your own beside it, under another id" if way is Tighten.NONE else ""
        here = set_ if ours.has(set_) else at
        raise _Lines(ours, theirs).against(here, what, _shown(before), fix, parent=at)


class _Lines:
    """Both lines of what does not fit together."""

    def __init__(self, ours: Positions, theirs: Positions) -> None:
        self.ours, self.theirs = ours, theirs

    def against(self, key: Key, what: str, expected: str, fix: str = "", parent: Key | None = None) -> BadInput:
        """At `key` of the child; `expected` stands at `parent` of the parent (else at the same key)."""
        said = f"{expected} ({self.theirs.named(parent or key)})"
        return self.ours.error(key, what, expected=said, **({"fix": fix} if fix else {}))


def _scope(child: Policy, parent: Policy, lines: _Lines) -> None:
    """Which models, where, and for how long: within the parent's."""
    if child.id in (above := dict.fromkeys([parent.id, *(layer.policy for layer in parent.merged)])):
        what = "a policy has another id than the one that it extends, and than those which that one extends"
        raise lines.against(("id",), what, f"not {', '.join(above)}")
    if not parent.rules:
        what = "the parent has no rule: it allows nothing, and neither would its children"
        raise lines.against(("extends",), what, "a rule", parent=("rules",))
    _time(child.in_force, parent.in_force, lines)
    for index, place in enumerate(child.environments):
        if not parent.covers(place):
            what = f"{place!r} is an environment about which the parent does not decide"
            raise lines.against(("environments", index), what, ", ".join(parent.environments), parent=("environments",))
    if "valid_for" in child.model_fields_set and not as_tight("valid_for", parent.valid_for, child.valid_for):
        what = f"decisions would be valid for {child.valid_for} days, longer than under the parent"
        raise lines.against(("valid_for",), what, f"at most {parent.valid_for}")


def _places(child: Policy, parent: Policy) -> tuple[str, ...]:
    """The child's environments with the points that the parent has of them: what it denies at one would otherwise be
    asked of the environment, where the rule may be milder."""
    kept = (place for place in parent.environments if place != environment_of(place) and child.covers(place))
    return tuple(dict.fromkeys((*child.environments, *kept)))


def _time(ours: InForce, theirs: InForce, lines: _Lines) -> None:
    if not as_tight("in_force.from", theirs.from_, ours.from_):
        what = f"it would be in force from {ours.from_}, before its parent"
        raise lines.against(("in_force", "from"), what, f"{theirs.from_} or later")
    if not as_tight("in_force.until", theirs.until, ours.until):
        what = f"it would be in force until {ours.until or 'further notice'}, longer than its parent"
        raise lines.against(("in_force", "until"), what, f"{theirs.until} or earlier")


def _waivers(ours: Waivers, theirs: Waivers, lines: _Lines) -> Waivers:
    """No waiver lasts longer, and none reaches further, than under the parent."""
    horizon = {}
    for name in Horizon.model_fields:
        days, most = getattr(ours.horizon, name), getattr(theirs.horizon, name)
        if name in ours.horizon.model_fields_set and not as_tight(f"waivers.horizon.{name}", most, days):
            what = f"waivers of {name} findings would last up to {days} days, longer than under the parent"
            raise lines.against(("waivers", "horizon", name), what, f"at most {most}")
        horizon[name] = days if name in ours.horizon.model_fields_set else most
    if not as_tight("waivers.covers", theirs.covers, ours.covers):
        what = f"waivers would cover {ours.covers}, more than under the parent"
        raise lines.against(("waivers", "covers"), what, theirs.covers)
    covers = ours.covers if "covers" in ours.model_fields_set else theirs.covers
    return Waivers(horizon=Horizon(**horizon), covers=covers)


def _no_longer_waived(child: RuleSection, days: int, parent: RuleSection, theirs: Waivers, lines: _Lines) -> None:
    """A higher severity brings another horizon, which the parent may have made longer. `days`: of the merged rule."""
    if days > (most := theirs.most_days(parent.severity)):
        what = f"waivers of rule {child.id!r} would last up to {days} days, longer than under the parent"
        fix = f"write at most {most} under `waivers: {{horizon: {{{child.severity.value}: ...}}}}`"
        expected = f"at most {most}, as for {parent.severity.value} findings"
        raise lines.against(("rules", child.id, "severity"), what, expected, fix)


def _parameters(
    child: Policy, given: Mapping[str, str | tuple[str, ...]], parent: Policy, lines: _Lines
) -> dict[str, Parameter]:
    for name in child.parameters:
        if name in parent.parameters:
            fix = f"set it: `set: {{{name}: ...}}` under `extends`"
            raise lines.against(("parameters", name), f"the parent has a parameter {name!r}", "another name", fix)
    found = dict(parent.parameters)
    for name, value in given.items():
        at: Key = ("extends", "set", name)
        if name not in found:
            raise lines.ours.error(at, f"the parent has no parameter {name!r}", **_nearest(name, found))
        known = found[name]
        try:
            now = known.typed(value)
        except Misplaced as error:
            expected = f"a value for this {known.type}"
            raise lines.against(at, f"{name}: {error}", expected, parent=("parameters", name)) from error
        way = Tighten(known.tighten)
        if not way.allows(known.typed(known.value), now):
            may = "not be changed" if way is Tighten.NONE else f"only be {way.words}"
            what = f"{name} would be {_shown(value)} instead of {_shown(known.value)}, and may {may}"
            raise lines.against(at, what, _shown(known.value), parent=("parameters", name, "value"))
        found[name] = known.model_copy(update={"value": value})
    return found | child.parameters


def _tightened(
    child: RuleSection,
    parent: RuleSection,
    controls: Mapping[str, tuple[str, ...]],
    environments: Iterable[str],
    law: Law | None,
    lines: _Lines,
) -> RuleSection:
    """The parent's rule with what the child says of it."""
    said, at = child.model_fields_set, ("rules", child.id)
    for name in _FIXED:
        if name in said and getattr(child, name) != getattr(parent, name):
            what = f"rule {child.id!r} has another `{name}` than in the parent: nobody can say that it is tighter"
            fix = "add a rule of your own beside it, under another id"
            raise lines.against((*at, name), what, "that of the parent", fix)
    if parent.expr is not None and child.with_:
        what = f"rule {child.id!r} is an expression in the parent, which takes no `with`"
        fix = "let it read a parameter (params.name), and set that under `extends`"
        raise lines.against((*at, "with"), what, "an expression", fix, parent=(*at, "expr"))
    if "severity" in said and not as_tight("severity", parent.severity, child.severity):
        what = f"rule {child.id!r} would be of {child.severity.value} severity, lower than in the parent"
        raise lines.against((*at, "severity"), what, f"{parent.severity.value} or higher")
    if "waivable" in said and not as_tight("waivable", parent.waivable, child.waivable):
        what = f"rule {child.id!r} could be waived, and cannot under the parent"
        raise lines.against((*at, "waivable"), what, "false")
    if "waivable_to" in said and not as_tight("waivable_to", parent.waivable_to, child.waivable_to):
        what = f"a waiver of rule {child.id!r} would allow, and needs a review under the parent"
        raise lines.against((*at, "waivable_to"), what, parent.waivable_to)
    enforced = {**parent.enforcement, **child.enforcement}
    for place in environments:
        if milder := enforcement.looser(enforced, parent.enforcement, place):
            key = enforcement.stated_for(parent.enforcement, place)
            what = f"rule {child.id!r} would be enforced less, in {milder}"
            words = enforcement.in_words(parent.enforcement[key])
            ours = (*at, "enforcement", enforcement.stated_for(enforced, place))
            raise lines.against(ours, what, words, parent=(*at, "enforcement", key))
    changed: dict[str, Any] = {name: getattr(child, name) for name in _FREE if name in said}
    changed |= {"with_": {**parent.with_, **child.with_}, "enforcement": enforced}
    if "controls" in said:
        changed["controls"] = tuple(dict.fromkeys((*controls[child.id], *child.controls)))
    if "in_force" in said:
        changed["in_force"] = child.in_force
    before = times(parent.in_force, controls[child.id], law)
    now = times(changed.get("in_force", parent.in_force), changed.get("controls", controls[child.id]), law)
    if now != before:
        # For less time lets more through; for longer does where the parent denies because none of its rules counts.
        spans = [
            " and ".join(one.words for one in span) or "as long as the policy is in force" for span in (now, before)
        ]
        what = f"rule {child.id!r} would count at another time than in the parent: {spans[0]}"
        fix = "add a rule of your own beside it, under another id"
        raise lines.against((*at, "in_force" if "in_force" in said else "controls"), what, spans[1], fix, parent=at)
    return parent.model_copy(update=changed)


def _both(parent: str | None, child: str | None) -> str | None:
    """Both conditions. Each was compiled by itself, so that neither can reach out of its brackets; a comment ends with
    its line."""
    if parent is None or child is None:
        return child if parent is None else parent
    return f"(\n{parent}\n) && (\n{child}\n)"


def _nearest(name: str, known: Iterable[str]) -> dict[str, str]:
    names = list(known)
    near = difflib.get_close_matches(name, names, n=1)
    return {
        "expected": ", ".join(names) or "one of the parent's, and it has none",
        "fix": f"did you mean {near[0]!r}?" if near else "",
    }


def _shown(value: Any) -> str:
    return f"[{', '.join(map(str, value))}]" if isinstance(value, list | tuple) else str(value)
