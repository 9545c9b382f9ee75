"""What a person signs: approve, reject, comment, waive."""

from typing import Literal, Self

from pydantic import Field, model_validator

from governance.canonical import Document, Instant, Real, Sha256

APPROVER = "approver"
UNVERIFIED = "unverified"
"""The principal of somebody nobody has authenticated. Never satisfies a separation of duties."""


class Waiver(Document):
    """An excuse for one finding, for a time. `key`: the finding, as policy#rule. `groups`: only for these, all where
    empty. `no_worse_than`: only while the value is no worse. `ticket`: where it is followed up. `not_before`: when it
    begins. `expires`: when it ends. `compensating`: what is done instead."""

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
    """What a person says about a case, under their own signature. `schema`: the type of this document. `kind`: what
    they do. `actor`: who they are. `role`: in which they do it. `decision` is the digest of the decision the person
    saw. `reason`: why. `at`: when. `waiver`: what is excused, where it is a `waive`."""

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
