"""What a person signs: approve, reject, comment, waive."""

from typing import Literal, Self

from pydantic import Field, model_validator

from governance.canonical import Document, Instant, Real, Sha256
from governance.policy.waiving import Covers

APPROVER = "approver"
UNVERIFIED = "unverified"
"""The principal of somebody nobody has authenticated. Never satisfies a separation of duties."""


class Part(Document):
    """One side of a group. `attribute`: by its name in the manifest. `value`: which it has, null for unknown."""

    attribute: str
    value: str | None


Named = tuple[Part, ...]
"""A group by attribute and value, of an intersection with a part for each attribute."""
Values = tuple[str | None, ...]
"""A group by its values alone, as it was written before there were parts: it means those of the only attribute that
its giver saw with such a group."""


class Waiver(Document):
    """An excuse for one finding, for a time. `key`: the finding, as policy#rule. `groups`: only for these, all where
    empty. `no_worse_than`: only while the value is no worse. `ticket`: where it is followed up; a later waiver of the
    same finding under the same ticket takes the place of this one. `requester`: who asked for it. `covers`: the model
    version that was looked at, or later ones too, as far as the policy allows. `not_before`: when it begins.
    `expires`: when it ends. `compensating`: what is done instead. `compensating_condition`: what must hold for that, in
    CEL over the evidence, each time that it is judged."""

    key: str
    groups: tuple[Named | Values, ...] = ()
    no_worse_than: Real | None = None
    ticket: str
    requester: str | None = Field(None, min_length=1, max_length=200)
    covers: Covers = "version"
    not_before: Instant
    expires: Instant
    compensating: str | None = None
    compensating_condition: str | None = Field(None, min_length=1)

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
