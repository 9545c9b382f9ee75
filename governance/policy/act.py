"""What a person signs: approve, reject, comment, waive, attest."""

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


class Statement(Document):
    """One thing that somebody answers for. `key`: of the rule that asks for it, as policy#rule. `text`: word for word
    as it was put to them. `holds`: whether it is so."""

    key: str
    text: str = Field(min_length=1, max_length=1000)
    holds: bool = True


class Attestation(Document):
    """Statements about what no machine can check. `statements`: each with the rule that asks for it. `covers`: the
    model version that was looked at, or later ones too, as far as the rule allows. `expires`: from when they count no
    more."""

    statements: tuple[Statement, ...] = Field(min_length=1, max_length=200)
    covers: Covers = "version"
    expires: Instant

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        keys = [one.key for one in self.statements]
        if len(set(keys)) != len(keys):
            raise ValueError("a statement is signed once in an act")
        return self


class Act(Document):
    """What a person says about a case, under their own signature. `schema`: the type of this document. `kind`: what
    they do. `actor`: who they are. `role`: in which they do it. `decision` is the digest of the decision the person
    saw. `reason`: why. `at`: when. `waiver`: what is excused, where it is a `waive`. `attestation`: what is
    answered for, where it is an `attest`."""

    schema_: Literal["governance.act/v1"] = Field("governance.act/v1", alias="schema")
    kind: Literal["approve", "reject", "comment", "waive", "attest"]
    actor: str
    role: str
    decision: Sha256
    reason: str = Field(min_length=1, max_length=10_000)
    at: Instant
    waiver: Waiver | None = None
    attestation: Attestation | None = None

    @model_validator(mode="after")
    def _carries_what_its_kind_does(self) -> Self:
        if (self.kind == "waive") != (self.waiver is not None):
            raise ValueError("`waive` carries a waiver, and no other act does")
        if (self.kind == "attest") != (self.attestation is not None):
            raise ValueError("`attest` carries an attestation, and no other act does")
        if self.attestation is not None and self.attestation.expires <= self.at:
            raise ValueError("an attestation must expire after it is signed")
        return self

    @property
    def expires(self) -> Instant | None:
        """When what it says ends, where it is for a time."""
        timed = self.waiver or self.attestation
        return timed.expires if timed else None


def separate(actor: str, submitter: str) -> bool:
    """Whether two principals are known to be different people."""
    return UNVERIFIED not in (actor, submitter) and actor != submitter
