"""What the entries about people refer to: who somebody is to the service, after what the entry says happened."""

from typing import Annotated, Literal

from pydantic import Field

from governance.canonical import Document
from governance.signing.keys import PublicKey

MAX_REASON = 500
"""Characters."""
Reason = Annotated[str, Field(max_length=MAX_REASON)]
"""Why somebody did it, in their words; empty where they gave none."""


class PersonRecord(Document):
    """Who somebody is from an entry of the trail on. `schema`: the type of this document. `principal`: who they are, as
    `local|ann`. `key`: the public key that counts as theirs. `roles`: which they hold, none once they are disabled.
    `reason`: why it was done, in the words of whoever did it; empty where they gave none."""

    schema_: Literal["governance.person/v1"] = Field("governance.person/v1", alias="schema")
    principal: Annotated[str, Field(min_length=1, max_length=200)]
    key: PublicKey
    roles: tuple[str, ...]
    reason: Reason = ""
