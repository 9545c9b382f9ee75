"""The trust file: whose keys count, for whoever verifies. It is never taken from the thing that is verified."""

import json
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from governance.canonical import Document, Sha256, no_duplicates, schema_of, text
from governance.errors import BadInput
from governance.signing.keys import PublicKey, decode_public, key_id
from governance.strictyaml import said
from governance.trail.entry import Origin
from governance.trail.note import parse_vkey

MAX_BYTES = 1 << 20


class TrustedLog(Document):
    """`origin`: the log's name. `key` is its C2SP verifier key (vkey)."""

    origin: Origin
    key: str


class Person(Document):
    """`key`: their public key. `principal`: who they are, as `local|ann`. `roles`: in which they may act."""

    key: PublicKey
    principal: Annotated[str, Field(min_length=1, max_length=200)]
    roles: tuple[str, ...]


class Trust(Document):
    """Keys by role, base64 of an Ed25519 SubjectPublicKeyInfo. `schema`: the type of this document. `logs`: whose
    checkpoints count. `issuers`: keys that sign decisions. `measurers`: keys that sign evidence. `people`: who signs
    acts. `policies`: digests of the policies that count, and of the baselines of known failures. `policy_keys`: keys
    that sign releases of policies, which then count too; where both are empty, any policy does. `max_age`: days after
    which a decision is stale, never where null. `witnesses`: verifier keys of independent witnesses; this release reads
    no witness lines, so they raise no level."""

    schema_: Literal["governance.trust/v1"] = Field("governance.trust/v1", alias="schema")
    logs: tuple[TrustedLog, ...]
    issuers: tuple[PublicKey, ...]
    measurers: tuple[PublicKey, ...]
    people: tuple[Person, ...] = ()
    policies: tuple[Sha256, ...] = ()
    policy_keys: tuple[PublicKey, ...] = ()
    witnesses: tuple[str, ...] = ()
    max_age: Annotated[int, Field(ge=0, le=36_500)] | None = None

    def to_json(self) -> bytes:
        """As a file: for people to read and to mend, which no signature is over."""
        return self.model_dump_json(by_alias=True, indent=2).encode() + b"\n"

    @property
    def pins(self) -> bool:
        """Whether it says which policies count."""
        return bool(self.policies or self.policy_keys)

    def vkeys(self) -> list[str]:
        return [log.key for log in self.logs]


_EXPECTED = f"a {schema_of(Trust)} document, as a project has in .governance/trust.json"


def load_trust(data: bytes, name: str) -> Trust:
    """Parse a trust file: JSON, with any white space. Raises BadInput; also where a key serves two roles or people."""
    if len(data) > MAX_BYTES:
        raise BadInput("trust file too large", got=f"{len(data)} bytes", expected=f"at most {MAX_BYTES}", where=name)
    try:
        # A key that comes twice would be read one way by us and another by whoever looks at the file.
        json.loads(text(data, name), object_pairs_hook=no_duplicates)
    except BadInput as error:
        raise BadInput(error.what, got=error.got, expected=error.expected, fix=error.fix, where=name) from error
    except json.JSONDecodeError as error:
        where = f"{name}:{error.lineno}:{error.colno}"
        raise BadInput(f"not JSON: {error.msg}", expected=_EXPECTED, where=where) from error
    except (ValueError, RecursionError):
        pass  # nested too deeply, a number too long: said below
    try:
        trust = Trust.model_validate_json(data, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        at = ".".join(str(part) for part in first["loc"])
        raise BadInput(
            f"not a trust file: {'unknown key' if first['type'] == 'extra_forbidden' else said(first)}",
            got=repr(first["input"])[:120],
            expected=_EXPECTED,
            where=f"{name}: {at}" if at else name,
        ) from error
    for log in trust.logs:
        try:
            named = parse_vkey(log.key).name
        except BadInput as error:
            raise BadInput(error.what, got=error.got, expected=error.expected, fix=error.fix, where=name) from error
        if named != log.origin:
            raise BadInput("a log's key is for another origin", got=log.key, expected=log.origin, where=name)
    roles: dict[bytes, str] = {}
    entries = [(parse_vkey(log.key).public_key, "log") for log in trust.logs]
    entries += [(decode_public(key), "issuer") for key in trust.issuers]
    entries += [(decode_public(key), "measurer") for key in trust.measurers]
    entries += [(decode_public(person.key), "person") for person in trust.people]
    entries += [(decode_public(key), "person") for key in trust.policy_keys]
    for raw, role in entries:
        if roles.setdefault(raw, role) != role:
            raise BadInput(
                "one key serves two roles",
                got=f"key {key_id(raw)[:16]} as {roles[raw]} and {role}",
                expected="measurer, issuer, person and log never share a key",
                where=name,
            )
    people: dict[str, str] = {}
    for person in trust.people:
        if people.setdefault(person.key, person.principal) != person.principal:
            raise BadInput(
                "one key stands for two people",
                got=f"{people[person.key]} and {person.principal}",
                expected="a key for each, or one could approve what the other submitted",
                where=name,
            )
    return trust
