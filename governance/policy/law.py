"""The law that a policy is about, as data in time: what each clause asks, since when, until when, and what followed.

`docs/adr/0012-law-as-data.md` says how its days relate to those of the policy and of its rules. Nothing here is legal
advice, and no text of a law is kept: each clause is said in words of our own, with the citation where to read it.
"""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from governance.canonical import Document, Spelled, instant
from governance.policy.jurisdiction import Jurisdiction
from governance.policy.period import InForce
from governance.policy.place import Slug
from governance.strictyaml import Misplaced

MOST_CLAUSES = 500
_CLAUSE = r"[A-Za-z0-9][A-Za-z0-9.-]*"
ClauseId = Annotated[str, Spelled(_CLAUSE, "letters, digits, points and hyphens, such as art-10.2.f")]
Successor = Annotated[str, Spelled(rf"[a-z0-9][a-z0-9-]*(?:/{_CLAUSE})?", "a law such as us-sr-26-2, or law/clause")]
Said = Annotated[str, Field(min_length=1, max_length=500)]


class Status(StrEnum):
    """Where a law stands. What it says of a day follows from the days; `voluntary` and `draft` do not."""

    IN_FORCE = "in-force"
    UPCOMING = "upcoming"
    SUPERSEDED = "superseded"
    VOLUNTARY = "voluntary"
    DRAFT = "draft"


class Clause(Document):
    """One clause. `id`: a control without its law. `asks`: what it asks, in our own words. `citation`: where it stands.
    `status`, `effective`, `superseded_by` and `unconfirmed`: where it differs from its law. `not_covered`: why no rule
    serves it."""

    id: ClauseId
    asks: Said
    citation: Said
    status: Status | None = None
    effective: InForce | None = None
    superseded_by: Successor | None = None
    unconfirmed: Said | None = None
    not_covered: Said | None = None


class Law(Document):
    """What a policy is about. `id`: how its controls begin. `title`: what people call it. `citation`: where it stands.
    `jurisdictions`: where it counts. `status`: where it stands as this is written. `effective`: when it counts.
    `superseded_by`: what took its place. `sources`: addresses to read, which are never fetched. `unconfirmed`: what is
    doubtful about all this. `clauses`: each that a rule serves, and each that none does."""

    id: Slug
    title: Said
    citation: Said
    jurisdictions: tuple[Jurisdiction, ...] = Field(max_length=100)
    status: Status
    effective: InForce | None = None
    superseded_by: Successor | None = None
    sources: tuple[Said, ...] = Field((), max_length=100)
    unconfirmed: Said | None = None
    clauses: tuple[Clause, ...] = Field(max_length=MOST_CLAUSES)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        # Not as the least length of a list: one that holds nothing but a fault would be said to be too short, too.
        for name in ("jurisdictions", "clauses"):
            if not getattr(self, name):
                raise Misplaced("expected at least 1 in the list", name)
        self._ended(None)
        seen: set[str] = set()
        for index, clause in enumerate(self.clauses):
            at = ("clauses", index)
            if clause.id in seen:
                raise Misplaced(f"clause id {clause.id!r} is used twice", *at, "id")
            seen.add(clause.id)
            if clause.effective and self.effective and not self.effective.holds(clause.effective):
                told = f"clause {clause.id!r} counts {clause.effective.words}, and its law {self.effective.words}"
                raise Misplaced(told, *at, "effective")
            self._ended(clause, *at)
        return self

    def _ended(self, clause: Clause | None, *at: str | int) -> None:
        """What is superseded has a last day, and is not its own successor."""
        own = self if clause is None else clause
        name = self.id if clause is None else f"{self.id}/{clause.id}"
        effective, status = self.effective_of(clause), self.written_status(clause)
        if own.superseded_by == name:
            raise Misplaced(f"{name!r} would be superseded by itself", *at, "superseded_by")
        if effective is None and status is not Status.DRAFT:
            told = f"{name} is {status.value}, and nothing says when it is `effective`; only a draft may have no day"
            raise Misplaced(told, *at)
        if effective is not None and effective.until is None and status is not Status.DRAFT:
            for field, ended in (("superseded_by", own.superseded_by), ("status", status is Status.SUPERSEDED)):
                if ended and getattr(own, field) is not None:
                    raise Misplaced(f"{name} is superseded, and `effective` does not say `until` when", *at, field)

    def control(self, clause: Clause) -> str:
        """law/clause"""
        return f"{self.id}/{clause.id}"

    def written_status(self, clause: Clause | None = None) -> Status:
        """As it was written, of the law or of one of its clauses."""
        return (clause and clause.status) or self.status

    def effective_of(self, clause: Clause | None = None) -> InForce | None:
        """When it counts; None for a draft that has no day yet."""
        return (clause and clause.effective) or self.effective

    def successor_of(self, clause: Clause | None = None) -> str | None:
        return (clause and clause.superseded_by) or self.superseded_by

    def doubts(self, clause: Clause | None = None) -> tuple[str, ...]:
        """What is not confirmed, of the law and of the clause."""
        found = (self.unconfirmed, clause.unconfirmed if clause else None)
        return tuple(one for one in found if one)

    def status_on(self, as_of: datetime, clause: Clause | None = None) -> Status:
        """Where it stands on a legal date. A draft stays one; of everything else the days decide."""
        status, effective = self.written_status(clause), self.effective_of(clause)
        if status is Status.DRAFT or effective is None or effective.covers(as_of):
            return status if status in (Status.DRAFT, Status.VOLUNTARY) else Status.IN_FORCE
        return Status.UPCOMING if effective.from_ > instant(as_of) else Status.SUPERSEDED

    def served(self, controls: Collection[str]) -> tuple[Clause, ...]:
        """The clauses that are among these controls."""
        ids = {control.partition("/")[2] for control in controls if control.startswith(f"{self.id}/")}
        return tuple(clause for clause in self.clauses if clause.id in ids) if ids else ()
