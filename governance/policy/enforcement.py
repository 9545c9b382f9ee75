"""How a rule is enforced: a word for each place, or several with the days from which they count."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import Discriminator, Tag, model_validator

from governance.canonical import Document, Instant, parse_instant
from governance.policy.outcome import Action, Enforcement, Outcome, action_for
from governance.policy.place import environment_of

DEFAULT = "default"
"""For places that are not named."""


class Steps(Document):
    """Each word with the day from which it counts, and `now` for the first: {warn: now, deny: 2027-01-01T00:00:00Z} is
    a rule that is announced before it bites. `deny`, `review`, `warn` and `audit`: from when."""

    deny: Literal["now"] | Instant | None = None
    review: Literal["now"] | Instant | None = None
    warn: Literal["now"] | Instant | None = None
    audit: Literal["now"] | Instant | None = None

    @model_validator(mode="after")
    def _one_first(self) -> Self:
        days = list(self._days().values())
        if days.count("now") != 1:
            raise ValueError("one of the words counts from `now`, and the others from a day each")
        if len(set(days)) != len(days):
            raise ValueError("two words count from the same day")
        return self

    def _days(self) -> dict[Enforcement, str]:
        found = {one: getattr(self, one.value) for one in Enforcement}
        return {one: day for one, day in found.items() if day is not None}

    def in_order(self) -> tuple[tuple[Enforcement, Instant | None], ...]:
        """From the first, which has no day."""
        days = self._days()
        first = [(one, None) for one, day in days.items() if day == "now"]
        return (*first, *sorted(((one, day) for one, day in days.items() if day != "now"), key=lambda step: step[1]))


def _shape(value: Any) -> str:
    return "steps" if isinstance(value, dict | Steps) else "word"


Enforced = Annotated[Annotated[Enforcement, Tag("word")] | Annotated[Steps, Tag("steps")], Discriminator(_shape)]
Enforcements = Mapping[str, Enforcement | Steps]
"""By place, with DEFAULT."""


def stated_for(enforcement: Enforcements, place: str) -> str:
    """The key that says how a place is enforced: its own, that of its environment, or DEFAULT."""
    if place in enforcement:
        return place
    environment = environment_of(place)
    return environment if environment in enforcement else DEFAULT


def steps(enforcement: Enforcements, place: str) -> tuple[tuple[Enforcement, Instant | None], ...]:
    """How a rule is enforced at a place, one after the other; the first has no day."""
    found = enforcement[stated_for(enforcement, place)]
    return found.in_order() if isinstance(found, Steps) else ((found, None),)


def enforced(enforcement: Enforcements, place: str, as_of: datetime) -> Enforcement:
    """What counts at a place on a day."""
    found = enforcement[stated_for(enforcement, place)]
    if isinstance(found, Enforcement):
        return found
    so_far = [one for one, day in steps(enforcement, place) if day is None or parse_instant(day) <= as_of]
    return so_far[-1]


def action_on(
    outcome: Outcome,
    enforcement: Enforcements,
    place: str,
    as_of: datetime,
    *,
    waived: bool,
    known: bool,
    waivable_to: Action,
) -> Action:
    """What one finding asks for at a place on a legal date: the table of decisions, with the day and the place."""
    stated = enforced(enforcement, place, as_of)
    return action_for(outcome, stated, waived=waived, known=known, waivable_to=waivable_to)


def days(enforcement: Enforcements) -> list[Instant]:
    """All on which something changes, in order."""
    stepped = [found for found in enforcement.values() if isinstance(found, Steps)]
    return sorted({day for found in stepped for _, day in found.in_order() if day is not None})


def in_words(found: Enforcement | Steps) -> str:
    """`warn`, or `warn, deny from 2027-01-01T00:00:00Z`."""
    if isinstance(found, Enforcement):
        return found.value
    return ", ".join(one.value + (f" from {day}" if day else "") for one, day in found.in_order())


_FIRST = "0001-01-01T00:00:00Z"


class Stretch(NamedTuple):
    """Days on which two enforcements of a place differ: from the first (None: always was so) until before the last
    (None: for good)."""

    from_: Instant | None
    until: Instant | None
    was: Enforcement
    now: Enforcement

    @property
    def looser(self) -> bool:
        order = list(Enforcement)
        return order.index(self.now) > order.index(self.was)


def stretches(now: Enforcements, was: Enforcements, place: str) -> list[Stretch]:
    """Where one differs from another at a place, in the order of the days."""
    found: list[Stretch] = []
    begins = [_FIRST, *sorted({*days(now), *days(was)})]
    for day, next_day in zip(begins, [*begins[1:], None], strict=True):
        after, before = (enforced(one, place, parse_instant(day)) for one in (now, was))
        if after is before:
            continue
        begun = None if day == _FIRST else day
        if found and found[-1].until == day and (found[-1].was, found[-1].now) == (before, after):
            begun, _, _, _ = found.pop()
        found.append(Stretch(begun, next_day, before, after))
    return found


def looser(child: Enforcements, parent: Enforcements, place: str) -> str | None:
    """Where a child is milder at a place than its parent, in words; None where it is nowhere."""
    for one in stretches(child, parent, place):
        if one.looser:
            when = f" from {one.from_}" if one.from_ else ""
            return f"{place}: {one.now.value} instead of {one.was.value}{when}"
    return None
