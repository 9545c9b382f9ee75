"""A time in which something counts, on the legal date."""

from datetime import datetime
from typing import Self

from pydantic import Field, model_validator

from governance.canonical import Document, Instant, parse_instant
from governance.strictyaml import Misplaced

_MIDNIGHT = "T00:00:00Z"


class InForce(Document):
    """In the time that law is judged on. `from`: the first moment. `until`: the first moment after it."""

    from_: Instant = Field(alias="from")
    until: Instant | None = None

    @model_validator(mode="after")
    def _some_time(self) -> Self:
        if self.until is not None and parse_instant(self.until) <= parse_instant(self.from_):
            raise Misplaced("`until` is not after `from`: it would never be in force", "until")
        return self

    def covers(self, as_of: datetime) -> bool:
        return parse_instant(self.from_) <= as_of and (self.until is None or as_of < parse_instant(self.until))

    def holds(self, other: "InForce") -> bool:
        """Whether the whole of another time lies in it."""
        # Instants are spelled in one way, so that their text has their order.
        ends = self.until is None or (other.until is not None and other.until <= self.until)
        return self.from_ <= other.from_ and ends

    def begins_in(self, other: "InForce") -> bool:
        return other.from_ <= self.from_ and (other.until is None or self.from_ < other.until)

    @property
    def days(self) -> tuple[Instant, ...]:
        """On which it begins and ends."""
        return (self.from_,) if self.until is None else (self.from_, self.until)

    @property
    def words(self) -> str:
        return f"from {day(self.from_)}" + (f" until {day(self.until)}" if self.until else "")


def day(moment: Instant) -> str:
    """For a sentence: the day alone where the moment is its first one (UTC)."""
    return moment.removesuffix(_MIDNIGHT)
