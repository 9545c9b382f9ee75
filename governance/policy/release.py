"""A policy release: the whole text of a policy, signed by its author and again by somebody else who approves it."""

from typing import Annotated, Literal

from pydantic import Field

from governance.canonical import Document, Instant, Sha256, schema_of
from governance.policy.difference import PolicyDiff
from governance.policy.place import Slug
from governance.policy.sections import Version
from governance.signing.dsse import Envelope

MAX_BYTES = 4 << 20
"""Of a release as a file: a policy is at most one mebibyte of text."""
Principal = Annotated[str, Field(min_length=1, max_length=200)]
Reason = Annotated[str, Field(max_length=500)]


class Release(Document):
    """What an author signs. `schema`: the type of this document. `id`, `version` and `sha256`: of the policy. `text`:
    its bytes, which need no other file. `author`: who signs this. `reason`: why it changes. `at`: when it was signed.
    `effective` and `expires`: from when, and until when, it may be judged by; null is for good. `previous`: the digest
    of the release that it follows, null for the first. `changes`: what differs from that one in meaning."""

    schema_: Literal["governance.policy-release/v1"] = Field("governance.policy-release/v1", alias="schema")
    id: Slug
    version: Version
    sha256: Sha256
    text: str
    author: Principal
    reason: Reason
    at: Instant
    effective: Instant
    expires: Instant | None
    previous: Sha256 | None
    changes: PolicyDiff | None


class ReleaseApproval(Document):
    """What somebody else signs. `schema`: the type of this document. `release`: the digest of what the author signed.
    `approver`: who signs this. `role`: in which they do. `reason`: in their words. `at`: when it was signed."""

    schema_: Literal["governance.policy-approval/v1"] = Field("governance.policy-approval/v1", alias="schema")
    release: Sha256
    approver: Principal
    role: str
    reason: Reason
    at: Instant


class ReleasedPolicy(Document):
    """A release as a file. `schema`: the type of this document. `release`: the author's envelope. `approval`: the
    approver's, null until there is one."""

    schema_: Literal["governance.released-policy/v1"] = Field("governance.released-policy/v1", alias="schema")
    release: Envelope
    approval: Envelope | None


RELEASE, APPROVAL = schema_of(Release), schema_of(ReleaseApproval)


def numbers(version: str) -> tuple[int, ...]:
    """To compare versions by."""
    return tuple(map(int, version.split(".")))
