"""What a person signs: approve, reject, comment, waive."""

from typing import Literal, Self

from pydantic import Field, model_validator

from governance.canonical import Document, Instant, Real, Sha256

APPROVER = "approver"
UNVERIFIED = "unverified"
"""The principal of somebody nobody has authenticated. Never satisfies a separation of duties."""


class Waiver(Document):
    """An excuse for one finding: only for these groups (all where empty), no worse than this value, only for a time."""

    key: str
    groups: tuple[tuple[str | None, ...], ...] = ()
    no_worse_than: Real | None = None
    ticket: str
    not_before: Instant
    expires: Instant
    compensating: str | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.expires <= self.not_before:
            raise ValueError("a waiver must expire after it begins")
        return self


class Act(Document):
    """`decision` is the digest of the decision the person saw."""

    schema_: Literal["governance.act/v1"] = Field("governance.act/v1", alias="schema")
    kind: Literal["approve", "reject", "comment", "waive"]
    actor: str
    role: str
    decision: Sha256
    reason: str = Field(min_length=1, max_length=10_000)
    at: Instant
    waiver: Waiver | None = None

    @model_validator(mode="after")
    def _waiver_goes_with_waive(self) -> Self:
        if (self.kind == "waive") != (self.waiver is not None):
            raise ValueError("`waive` carries a waiver, and no other act does")
        return self


def separate(actor: str, submitter: str) -> bool:
    """Whether two principals are known to be different people."""
    return UNVERIFIED not in (actor, submitter) and actor != submitter
