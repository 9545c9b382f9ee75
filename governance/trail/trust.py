"""The trust file: whose keys count, for whoever verifies. It is never taken from the thing that is verified."""

from typing import Annotated, Literal

from pydantic import Field, ValidationError

from governance.canonical import Count, Document, Sha256
from governance.errors import BadInput
from governance.signing.keys import PublicKey, decode_public, key_id
from governance.trail.entry import Origin
from governance.trail.note import parse_vkey

MAX_BYTES = 1 << 20


class TrustedLog(Document):
    """`key` is the C2SP verifier key (vkey) of the log `origin`."""

    origin: Origin
    key: str


class Person(Document):
    key: PublicKey
    principal: Annotated[str, Field(min_length=1, max_length=200)]
    roles: tuple[str, ...]


class Trust(Document):
    """Keys by role. `policies`: digests of the policies that count, any where empty. `max_age`: days after which a
    decision is stale, never where null. `witnesses`: verifier keys of independent witnesses."""

    schema_: Literal["governance.trust/v1"] = Field("governance.trust/v1", alias="schema")
    logs: tuple[TrustedLog, ...]
    issuers: tuple[PublicKey, ...]
    measurers: tuple[PublicKey, ...]
    people: tuple[Person, ...] = ()
    policies: tuple[Sha256, ...] = ()
    witnesses: tuple[str, ...] = ()
    max_age: Count | None = None

    def vkeys(self) -> list[str]:
        return [log.key for log in self.logs]


def load_trust(data: bytes, name: str) -> Trust:
    """Parse a trust file: JSON, with any white space. Raises BadInput, also where one key serves two roles."""
    if len(data) > MAX_BYTES:
        raise BadInput("trust file too large", got=f"{len(data)} bytes", expected=f"at most {MAX_BYTES}", where=name)
    try:
        trust = Trust.model_validate_json(data, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        at = ".".join(str(part) for part in first["loc"])
        raise BadInput(
            f"not a trust file: {first['msg']}",
            got=repr(first["input"])[:120],
            expected="a governance.trust/v1 document (`governance trust` writes one)",
            where=f"{name}: {at}" if at else name,
        ) from error
    for log in trust.logs:
        if parse_vkey(log.key).name != log.origin:
            raise BadInput("a log's key is for another origin", got=log.key, expected=log.origin, where=name)
    roles: dict[bytes, str] = {}
    entries = [(parse_vkey(log.key).public_key, "log") for log in trust.logs]
    entries += [(decode_public(key), "issuer") for key in trust.issuers]
    entries += [(decode_public(key), "measurer") for key in trust.measurers]
    entries += [(decode_public(person.key), "person") for person in trust.people]
    for raw, role in entries:
        if roles.setdefault(raw, role) != role:
            raise BadInput(
                "one key serves two roles",
                got=f"key {key_id(raw)[:16]} as {roles[raw]} and {role}",
                expected="measurer, issuer, person and log never share a key",
                where=name,
            )
    return trust
