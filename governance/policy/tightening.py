"""In which direction a narrower policy may change a parameter: tighten only.

Tighter means that no evidence gets a better outcome. That rules out more than it seems: what asks for more rows, or for
a wider interval, turns failures into doubts, and has no direction.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from pydantic.fields import FieldInfo


class Tighten(StrEnum):
    """Stands on a parameter, as `Annotated[int, Tighten.UP]`. A switch goes up when it is turned on."""

    UP = "up"
    DOWN = "down"
    SUPERSET = "superset"
    """More members; none may go."""
    SUBSET = "subset"
    """Fewer members; none may come."""
    SOME_SUPERSET = "superset of some"
    """The same where an empty list means all: it stays empty, or stays not empty."""
    ALL_SUBSET = "subset of all"
    """The same where an empty list means all: from empty to any, never back."""
    NONE = "none"

    @property
    def words(self) -> str:
        return _WORDS[self]

    def allows(self, was: Any, now: Any) -> bool:
        """Whether `now` is as tight as `was`. No value at all (None) is the loosest: nothing is held against it."""
        if was == now:
            return True
        if self is Tighten.NONE or now is None:
            return False
        if was is None:
            return True
        if self in (Tighten.UP, Tighten.DOWN):
            return bool(now >= was if self is Tighten.UP else now <= was)
        more, fewer = _within(was, now), _within(now, was)
        if self is Tighten.SUPERSET:
            return more
        if self is Tighten.SUBSET:
            return fewer
        if self is Tighten.SOME_SUPERSET:
            return bool(was) and more
        return bool(now) and (not was or fewer)


_WORDS = {
    Tighten.UP: "higher",
    Tighten.DOWN: "lower",
    Tighten.SUPERSET: "with more in the list",
    Tighten.SUBSET: "with less in the list",
    Tighten.SOME_SUPERSET: "with more in the list, unless it is empty, which means all",
    Tighten.ALL_SUBSET: "with less in the list, where empty means all",
    Tighten.NONE: "not at all",
}


def _within(some: Sequence[Any], others: Sequence[Any]) -> bool:
    return all(one in others for one in some)


def direction(field: FieldInfo) -> Tighten:
    """Of a rule's parameter; one that states none has none."""
    return next((mark for mark in field.metadata if isinstance(mark, Tighten)), Tighten.NONE)
