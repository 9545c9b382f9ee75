"""What the entries about people refer to: who somebody is to the service, what lets them in and whom they let in, after
what the entry says happened."""

from typing import Annotated, Literal

from pydantic import Field

from governance.canonical import Document, Instant, Sha256
from governance.signing.keys import PublicKey

MAX_REASON = 500
"""Characters."""
Reason = Annotated[str, Field(max_length=MAX_REASON)]
"""Why somebody did it, in their words; empty where they gave none."""
Principal = Annotated[str, Field(min_length=1, max_length=200)]


class PersonRecord(Document):
    """Who somebody is from an entry of the trail on. `schema`: the type of this document. `principal`: who they are, as
    `local|ann`. `key`: the public key that counts as theirs. `roles`: which they hold, none once they are disabled.
    `reason`: why it was done, in the words of whoever did it; empty where they gave none."""

    schema_: Literal["governance.person/v1"] = Field("governance.person/v1", alias="schema")
    principal: Principal
    key: PublicKey
    roles: tuple[str, ...]
    reason: Reason = ""


class TokenRecord(Document):
    """A token for programs, as it was made or revoked. `schema`: the type of this document. `token`: its id. `sha256`:
    the digest of its secret. `principal`: for whom it speaks. `scopes`: what it may be used for. `place`: where
    evidence that it hands in was measured. `label`: what its owner calls it. `expires`: when it ends. `reason`: why it
    was revoked, empty where nobody said."""

    schema_: Literal["governance.token/v1"] = Field("governance.token/v1", alias="schema")
    token: str
    sha256: Sha256
    principal: Principal
    scopes: tuple[str, ...]
    place: str
    label: str
    expires: Instant
    reason: Reason = ""


class InvitationRecord(Document):
    """A link that makes an account, or a new key for one. `schema`: the type of this document. `principal`: whom it is
    for. `roles`: which they are to hold, none where they have an account. `by`: who gave it. `sha256`: the digest of
    its secret. `expires`: when it ends. `reason`: why it was given, empty where nobody said."""

    schema_: Literal["governance.invitation-record/v1"] = Field("governance.invitation-record/v1", alias="schema")
    principal: Principal
    roles: tuple[str, ...]
    by: Principal
    sha256: Sha256
    expires: Instant
    reason: Reason = ""
