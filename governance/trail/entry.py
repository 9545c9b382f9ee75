"""The leaf: one small document that says who did what to which model version, when, and which documents show it.

It refers to documents by salted commitments only, because documents hold names of people: a document can be erased and
the trail still verifies, and nobody can guess what was erased from what is left.
"""

import hmac
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from governance.canonical import Count, Document, Instant, Sha256
from governance.errors import BadInput
from governance.evidence.origin import Subject

MAX_BYTES = 4096
SALT_SIZE = 32
UUID_RANDOM_SIZE = 10
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class EntryType(StrEnum):
    """What an entry may say, as "subject:object:act". A new kind of event is a new line here and nowhere else."""

    LOG_CREATED = "trail:log:created"
    EVIDENCE_SUBMITTED = "model_version:evidence:submitted"
    DECISION_ISSUED = "model_version:decision:issued"
    REVIEW_APPROVED = "model_version:review:approved"
    REVIEW_REJECTED = "model_version:review:rejected"
    REVIEW_COMMENTED = "model_version:review:commented"
    WAIVER_GRANTED = "model_version:waiver:granted"
    ATTESTATION_SIGNED = "model_version:attestation:signed"
    REPORT_RENDERED = "model_version:report:rendered"
    KEY_ADDED = "person:key:added"
    ROLE_GRANTED = "person:role:granted"
    ROLE_REVOKED = "person:role:revoked"
    ACCOUNT_DISABLED = "person:account:disabled"
    INVITATION_MADE = "person:invitation:made"
    TOKEN_MADE = "person:token:made"
    TOKEN_REVOKED = "person:token:revoked"
    POLICIES_SERVED = "trail:policies:served"
    POLICIES_PINNED = "trail:policies:pinned"
    POLICIES_RELEASED = "trail:policies:released"
    PASSWORD_CHANGED = "person:password:changed"


EntryId = Annotated[str, Field(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")]
"""A UUID of version 7, in lower case."""
Pseudonym = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
"""16 random bytes that stand for a person. Only the store knows whom."""
DocumentType = Annotated[str, Field(pattern=r"^[a-z0-9.+-]+(/[a-z0-9.+-]+)+$", max_length=100)]
"""The versioned type of a document, e.g. `governance.decision/v1`."""
Origin = Annotated[str, Field(pattern=r"^[!-*,-~]+$", max_length=200)]
"""A log's name: printable ASCII without spaces and plus signs, as signed notes ask for."""


class Ref(Document):
    """A document an entry stands on: its type, its salted commitment and its length in bytes."""

    type: DocumentType
    commitment: Sha256
    size: Count


class Entry(Document):
    """One leaf of the trail. Its canonical bytes are what is hashed, stored and exported: at most 4,096 of them."""

    schema_: Literal["governance.entry/v1"] = Field("governance.entry/v1", alias="schema")
    id: EntryId
    origin: Origin
    type: EntryType
    time: Instant
    actor: Pseudonym
    subject: Subject | None
    refs: tuple[Ref, ...]
    causes: tuple[EntryId, ...]

    def to_bytes(self) -> bytes:
        """Canonical bytes. Raises BadInput where they would not fit into a leaf."""
        data = super().to_bytes()
        if len(data) > MAX_BYTES:
            raise BadInput(
                "the entry is too large",
                got=f"{len(data)} bytes, {len(self.refs)} references, {len(self.causes)} causes",
                expected=f"at most {MAX_BYTES} bytes",
                fix="shorten the names, or split the references over several entries",
                where=f"entry {self.id}",
            )
        return data


def commitment(salt: bytes, data: bytes) -> str:
    """HMAC-SHA-256(salt, data) in hex: bound to the bytes, and mute about them once the 32-byte salt is gone."""
    if len(salt) != SALT_SIZE:
        raise RuntimeError(f"a salt is {SALT_SIZE} bytes, got {len(salt)}")
    return hmac.digest(salt, data, "sha256").hex()


def uuid7(now: datetime, random_bytes: bytes) -> str:
    """A UUID of version 7 (RFC 9562 section 5.7) from a moment, in milliseconds, and 10 random bytes."""
    if now.tzinfo is None or len(random_bytes) != UUID_RANDOM_SIZE:
        raise RuntimeError(f"a UUID needs a moment with its zone and {UUID_RANDOM_SIZE} random bytes")
    milliseconds = (now - _EPOCH) // timedelta(milliseconds=1)
    if not 0 <= milliseconds < 1 << 48:
        raise RuntimeError(f"{now} does not fit into a UUID")
    tail = int.from_bytes(random_bytes, "big")
    number = milliseconds << 80 | 0x7 << 76 | (tail >> 62 & 0xFFF) << 64 | 0b10 << 62 | tail & (1 << 62) - 1
    digits = f"{number:032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
