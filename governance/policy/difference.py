"""What differs in meaning between two policies, and in which direction: a pure function of both.

Direction is what a child may do to its parent (`strictness`, `tightening`, `enforcement`): tighter means that no
evidence gets a better outcome. Two things lie outside of it. A policy whose rules all do not apply denies, and one more
rule may end that. And a policy that is for less, or for a shorter time, denies there when it stands alone, but leaves
the answer to others where there are others: such a change is narrower or wider, and neither tighter nor looser.
"""

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any, Literal

from pydantic import Field

from governance.canonical import Document, Instant, Sha256
from governance.policy import enforcement
from governance.policy.document import LoadedPolicy, SelectedRule
from governance.policy.expression import PARAMS, members
from governance.policy.law import Law
from governance.policy.period import InForce
from governance.policy.place import environment_of
from governance.policy.positions import Key, Positions
from governance.policy.sections import Parameter, RuleSection
from governance.policy.strictness import Step, step, step_of
from governance.policy.tightening import Tighten, direction
from governance.policy.timeliness import as_long
from governance.strictyaml import Position, Source


class Kind(StrEnum):
    """What a change does. `changed` is one of which nobody knows the direction."""

    ADDED = "added"
    REMOVED = "removed"
    TIGHTENED = "tightened"
    LOOSENED = "loosened"
    CHANGED = "changed"
    NARROWED = "narrowed"
    WIDENED = "widened"
    REWORDED = "reworded"


_LOOSER = frozenset({Kind.LOOSENED, Kind.REMOVED})
_OPEN = frozenset({Kind.CHANGED, Kind.NARROWED, Kind.WIDENED})
_SCOPE: Mapping[Step, Kind] = {
    Step.TIGHTENED: Kind.NARROWED,
    Step.LOOSENED: Kind.WIDENED,
    Step.CHANGED: Kind.CHANGED,
}


class Named(Document):
    """A policy: `id`, `version` and the SHA-256 of what was judged by."""

    id: str
    version: str
    sha256: Sha256


class Change(Document):
    """One thing that is otherwise. `kind`: what that does. `rule`: in which rule, null for the policy itself. `part`:
    which part of it, as `with.at_least`. `place`: where, for an enforcement. `from` and `until`: on which days, null
    where they are not bounded. `was` and `now`: what it says, null where it says nothing; both are null where the whole
    is merely written in another way. `old_line` and `new_line`:
    where that stands, null where no file is at hand."""

    kind: Kind
    rule: str | None
    part: str
    place: str | None = None
    from_: Instant | None = Field(None, alias="from")
    until: Instant | None = None
    was: str | None
    now: str | None
    old_line: int | None = None
    new_line: int | None = None

    @property
    def key(self) -> Key:
        """Where it stands in a policy."""
        steps = tuple(self.part.split(".")) if self.part else ()
        if steps[:1] == (PARAMS,):
            return ("parameters", *steps[1:], "value")
        return (*(("rules", self.rule) if self.rule else ()), *steps, *((self.place,) if self.place else ()))


Direction = Literal["same", "reworded", "tightened", "changed", "loosened"]


class PolicyDiff(Document):
    """Two policies compared. `schema`: the type of this document. `old` and `new`: which. `direction`: the worst of all
    changes; `tightened` where none loosens and each has a direction. `changes`: in the order of the new policy, what is
    gone last."""

    schema_: Literal["governance.policy-diff/v1"] = Field("governance.policy-diff/v1", alias="schema")
    old: Named
    new: Named
    direction: Direction
    changes: tuple[Change, ...]

    @property
    def safe(self) -> bool:
        """Whether no evidence can get a better outcome by it."""
        return self.direction in ("same", "reworded", "tightened")


def named(policy: LoadedPolicy) -> Named:
    return Named(id=policy.document.id, version=policy.document.version, sha256=policy.sha256)


def difference(
    old: LoadedPolicy, new: LoadedPolicy, old_at: Positions | None = None, new_at: Positions | None = None
) -> PolicyDiff:
    """How `new` differs from `old`; with where it stands in each, where that is given."""
    found = [*_scope(old, new), *_declared(old, new), *_layers(old, new), *_rules(old, new)]
    if not found and _unversioned(old) != _unversioned(new):
        found = [_change(Kind.REWORDED, None, "", None, None)]
    changes = [
        one.model_copy(update={"old_line": _line(one, old_at, one.was), "new_line": _line(one, new_at, one.now)})
        for one in found
    ]
    return PolicyDiff(old=named(old), new=named(new), direction=_worst(changes), changes=tuple(changes))


def _worst(changes: Iterable[Change]) -> Direction:
    kinds = {one.kind for one in changes}
    if kinds & _LOOSER:
        return "loosened"
    if kinds & _OPEN:
        return "changed"
    return "tightened" if kinds - {Kind.REWORDED} else "reworded" if kinds else "same"


def stands(change: Change, at: Positions) -> tuple[Source, Position]:
    """Where a change stands in a policy: of what refers to a parameter, the parameter's value."""
    source, path = at.place(change.key)
    value = source.at(path) if path in source.values else None
    if isinstance(value, str) and value.startswith(f"{PARAMS}.") and change.part.startswith("with."):
        source, path = at.place(("parameters", value.removeprefix(f"{PARAMS}."), "value"))
    return source, source.beside(path)


def _line(change: Change, at: Positions | None, value: str | None) -> int | None:
    return None if at is None or value is None else stands(change, at)[1].line


def _unversioned(policy: LoadedPolicy) -> Any:
    return policy.document.model_dump(exclude={"version", "merged"})


def _change(kind: Kind, rule: str | None, part: str, was: Any, now: Any) -> Change:
    return Change(kind=kind, rule=rule, part=part, was=_shown(was), now=_shown(now))


def _shown(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"[{', '.join(_shown(one) or '' for one in value)}]" if isinstance(value, list | tuple) else str(value)


def _scope(old: LoadedPolicy, new: LoadedPolicy) -> Iterator[Change]:
    """Which models, where, how long, and what may be excused."""
    was, now = old.document, new.document
    for name in ("id", "title", "owner"):
        if getattr(was, name) != getattr(now, name):
            yield _change(Kind.REWORDED, None, name, getattr(was, name), getattr(now, name))
    where = [tuple(dict.fromkeys(map(environment_of, one.environments))) for one in (was, now)]
    if was.law != now.law:
        yield from _law(was.law, now.law)
    spans: list[tuple[str, Any, Any]] = [
        ("in_force.from", was.in_force.from_, now.in_force.from_),
        ("in_force.until", was.in_force.until, now.in_force.until),
        ("environments", where[0], where[1]),
    ]
    for name, before, after in spans:
        if (took := step_of(name, before, after)) is not None:
            yield _change(_SCOPE[took], None, name, before, after)
    points = [sorted(place for place in one.environments if environment_of(place) != place) for one in (was, now)]
    if was.applies != now.applies:
        only = Kind.NARROWED if was.applies is None else Kind.WIDENED if now.applies is None else Kind.CHANGED
        yield _change(only, None, "applies", was.applies, now.applies)
    elif was.applies is not None and points[0] != points[1]:
        # The condition may ask for the point, and is asked at those that are listed.
        yield _change(Kind.CHANGED, None, "environments", points[0], points[1])
    if (took := step_of("valid_for", was.valid_for, now.valid_for)) is not None:
        yield _change(Kind(took), None, "valid_for", was.valid_for, now.valid_for)
    for name, before, after in _waivers(old, new):
        if (took := step_of(name, before, after)) is not None:
            yield _change(Kind(took), None, name, before, after)


def _law(was: Law | None, now: Law | None) -> Iterator[Change]:
    """What is said of the law. Words alone: what its days do, the rules show that serve it."""
    if was is None or now is None:
        yield _change(Kind.REWORDED, None, "law", was and was.id, now and now.id)
        return
    for name in type(was).model_fields:
        before, after = (_plain(getattr(one, name)) for one in (was, now))
        if name != "clauses" and before != after:
            yield _change(Kind.REWORDED, None, f"law.{name}", before, after)
    old, new = ({clause.id: clause for clause in one.clauses} for one in (was, now))
    for name in dict.fromkeys((*new, *old)):
        if old.get(name) != new.get(name):
            sides = (one and one.asks for one in (old.get(name), new.get(name)))
            yield _change(Kind.REWORDED, None, "law.clauses", *(said and f"{name}: {said}" for said in sides))


def _plain(value: Any) -> Any:
    return value.words if isinstance(value, InForce) else value


def _waivers(old: LoadedPolicy, new: LoadedPolicy) -> Iterator[tuple[str, Any, Any]]:
    was, now = old.document.waivers, new.document.waivers
    yield "waivers.covers", was.covers, now.covers
    for name in type(was.horizon).model_fields:
        yield f"waivers.horizon.{name}", getattr(was.horizon, name), getattr(now.horizon, name)


def _declared(old: LoadedPolicy, new: LoadedPolicy) -> Iterator[Change]:
    """What narrower policies may set. What a value does, the rules say that read it."""
    was, now = old.document.parameters, new.document.parameters
    for name in sorted({*was, *now}):
        one, other = was.get(name), now.get(name)
        if one is None or other is None:
            yield _change(Kind.REWORDED, None, f"parameters.{name}", one and one.value, other and other.value)
            continue
        for field in type(one).model_fields:
            before, after = getattr(one, field), getattr(other, field)
            if field != "value" and before != after:
                kind = Kind.REWORDED if field == "means" else Kind.CHANGED
                yield _change(kind, None, f"parameters.{name}.{field}", before, after)


def _layers(old: LoadedPolicy, new: LoadedPolicy) -> Iterator[Change]:
    """Policies that it extends: where none of the rules of one applies, it denies. With a rule that was there already
    and becomes one of theirs, it does so less often."""
    was, now = ({one.policy: one for one in policy.document.merged[1:]} for policy in (old, new))
    both = {one.section.id for one in old.rules} & {one.section.id for one in new.rules}
    for name in sorted({*was, *now}):
        before, after = (f"{one.policy} {one.version}" if (one := side.get(name)) else None for side in (was, now))
        kind = Kind.TIGHTENED if before is None else Kind.LOOSENED if after is None else Kind.REWORDED
        if before is None or after is None or was[name].sha256 != now[name].sha256:
            yield _change(kind, None, "extends", before, after)
        if before and after:
            theirs, ours = (both.intersection(side[name].rules) for side in (was, now))
            if theirs != ours:
                took = step(Tighten.SUBSET, sorted(theirs), sorted(ours)) or Step.CHANGED
                gone, come = sorted(theirs - ours), sorted(ours - theirs)
                yield _change(Kind(took), None, f"extends.{name}.rules", gone or None, come or None)


def _rules(old: LoadedPolicy, new: LoadedPolicy) -> Iterator[Change]:
    was, now = ({one.section.id: one for one in policy.rules} for policy in (old, new))
    places = sorted(
        place
        for place in {*old.document.environments, *new.document.environments}
        if old.document.covers(place) and new.document.covers(place)
    )
    for name, rule in now.items():
        if name not in was:
            yield _change(Kind.ADDED, name, "", None, _brief(rule))
        else:
            yield from _rule(name, was[name], rule, places, (old, new))
    for name, rule in was.items():
        if name not in now:
            yield _change(Kind.REMOVED, name, "", _brief(rule), None)


def _brief(rule: SelectedRule) -> str:
    return rule.section.uses or f"expr {' '.join((rule.section.expr or '').split())}"


_WORDS = ("title", "why", "fix", "owner")
_FIXED = ("uses", "expr", "requires")
_ORDERED = ("severity", "waivable", "waivable_to")


def _rule(
    name: str, was: SelectedRule, now: SelectedRule, places: list[str], policies: tuple[LoadedPolicy, LoadedPolicy]
) -> Iterator[Change]:
    before, after = was.section, now.section
    for part in _FIXED:
        if getattr(before, part) != getattr(after, part):
            yield _change(Kind.CHANGED, name, part, getattr(before, part), getattr(after, part))
    if before.uses == after.uses:
        yield from _limits(name, was, now) if before.uses else _read(name, before, after, policies)
    if was.times != now.times:
        longer, shorter = as_long(now.times, was.times), as_long(was.times, now.times)
        kind = Kind.CHANGED if longer is shorter else Kind.TIGHTENED if longer else Kind.LOOSENED
        before_at, after_at = ([one.words for one in side.times] or None for side in (was, now))
        yield _change(kind, name, "in_force", before_at, after_at)
    for stretch, place in ((one, at) for at in places for one in _stretches(before, after, at)):
        kind = Kind.LOOSENED if stretch.looser else Kind.TIGHTENED
        change = _change(kind, name, "enforcement", stretch.was.value, stretch.now.value)
        yield change.model_copy(update={"place": place, "from_": stretch.from_, "until": stretch.until})
    for part in ("kind", "predictions"):
        one, other = (tuple(sorted(getattr(section.accept, part))) for section in (before, after))
        if one != other:
            yield _change(Kind.CHANGED, name, f"accept.{part}", one, other)
    days = [
        policy.document.waivers.most_days(rule.section.severity)
        for policy, rule in zip(policies, (was, now), strict=True)
    ]
    for part in _ORDERED:
        one, other = getattr(before, part), getattr(after, part)
        if (took := step_of(part, one, other)) is not None:
            # How long a waiver may last goes by severity too.
            if part == "severity" and step_of("valid_for", *days) not in (took, None):
                took = Step.CHANGED
            yield _change(Kind(took), name, part, one, other)
    if (took := step_of("controls", was.controls, now.controls)) is not None:
        yield _change(Kind(took), name, "controls", was.controls, now.controls)
    for part in _WORDS:
        if getattr(before, part) != getattr(after, part):
            yield _change(Kind.REWORDED, name, part, getattr(before, part), getattr(after, part))


def _stretches(before: RuleSection, after: RuleSection, place: str) -> list[enforcement.Stretch]:
    return enforcement.stretches(after.enforcement, before.enforcement, place)


def _limits(name: str, was: SelectedRule, now: SelectedRule) -> Iterator[Change]:
    """Parameters of a rule of the catalogue, as it types them, each in the direction that it states."""
    if now.params is None:
        raise RuntimeError(f"rule {name} has no parameters")
    for field, info in type(now.params).model_fields.items():
        before, after = getattr(was.params, field), getattr(now.params, field)
        if before != after and (took := step(direction(info), before, after)) is not None:
            yield _change(Kind(took), name, f"with.{info.alias or field}", before, after)


def _read(
    name: str, before: RuleSection, after: RuleSection, policies: tuple[LoadedPolicy, LoadedPolicy]
) -> Iterator[Change]:
    """Parameters of the policy that an expression reads, in the direction for which their author answers."""
    for one in members(after.expr or "", PARAMS) if before.expr == after.expr else ():
        was, now = (policy.document.parameters[one] for policy in policies)
        if (took := _set(was, now)) is not None:
            yield _change(Kind(took), name, f"{PARAMS}.{one}", was.value, now.value)


def _set(was: Parameter, now: Parameter) -> Step | None:
    before, after = was.typed(was.value), now.typed(now.value)
    if before == after and was.type == now.type:
        return None
    same = (was.type, was.tighten) == (now.type, now.tighten)
    return step(Tighten(now.tighten), before, after) if same else Step.CHANGED
