"""Operations facts: what happens to the model once it runs. Declared."""

from typing import Annotated

from pydantic import Field

from governance.canonical import Document, Real, Spelled
from governance.evidence.origin import FactOrigin

Line = Annotated[str, Field(min_length=1, max_length=200)]
Interval = Annotated[str, Spelled(r"[1-9][0-9]{0,3}[hdw]", "hours, days or weeks, such as 12h, 1d or 2w")]
"""A number of hours, days or weeks: 12h, 1d, 4w."""
_HOURS = {"h": 1, "d": 24, "w": 24 * 7}


def hours(interval: Interval) -> int:
    """How many hours an interval has."""
    return int(interval[:-1]) * _HOURS[interval[-1]]


class NoRollback(Document):
    """There is no version to go back to. `none`: why."""

    none: Line


class Watched(Document):
    """A metric that is watched. `name`: of the metric. `at_least`: below it raises an alarm. `at_most`: above it raises
    an alarm."""

    name: Line
    at_least: Real | None = None
    at_most: Real | None = None


class Monitoring(Document):
    """What is watched while the model runs. `interval` is how often the metrics are looked at; null where it is not
    said. `metrics`: which, with their limits."""

    interval: Interval | None = None
    metrics: tuple[Watched, ...] = ()


class OnCall(Document):
    """Who is called when the model misbehaves, and how. `owner`: a person or a team. `contact`: an address, a number or
    a channel."""

    owner: Line
    contact: Line | None = None


class OperationsFacts(Document):
    """`version` is that of the model itself. `rollback` and `monitoring` in words are kept as text; null: not said."""

    origin: FactOrigin | None = None
    version: str
    rollback: Line | NoRollback | None
    monitoring: Monitoring | str | None
    on_call: OnCall | None
