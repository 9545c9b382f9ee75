"""Signatures of a bundle, each by a key that the trust file names for that role; acts by their actors."""

from collections.abc import Iterable
from typing import NamedTuple

from governance.canonical import Sha256, sha256
from governance.errors import Broken, VerificationFailed
from governance.policy.decision import Recorded
from governance.policy.release import APPROVAL, RELEASE
from governance.signing.dsse import Envelope, open_envelope, unpack
from governance.signing.keys import decode_public, key_id
from governance.trail.bundle import Bundle
from governance.trail.trust import Trust
from governance.verification.documents import ACT, DECISION, EVIDENCE, payload_type


class Signed(NamedTuple):
    """One signature that held. `principal` is the trust file's name for the key's owner, empty for machine keys."""

    role: str
    keyid: str
    principal: str
    document: Sha256
    type: str


def signatures(bundle: Bundle, trust: Trust) -> tuple[Signed, ...]:
    """Who signed what: every document that is signed by its kind carries one signature, by a key that the trust file
    names for that role. Raises VerificationFailed: UNTRUSTED_KEY, TAMPERED, INCOMPLETE, MALFORMED."""
    machine = {
        EVIDENCE: ("measurer", _by_id(trust.measurers)),
        DECISION: ("issuer", _by_id(trust.issuers)),
        ACT: ("person", _by_id(person.key for person in trust.people)),
        # Who may release a policy is asked where releases are put together.
        **dict.fromkeys((RELEASE, APPROVAL), ("person", _by_id([*(p.key for p in trust.people), *trust.policy_keys]))),
    }
    names = {key_id(decode_public(person.key)): person.principal for person in trust.people}
    signed: dict[Sha256, Signed] = {}
    last = ""
    for envelope in bundle.envelopes:
        digest, kind = _payload(bundle, envelope)
        role, keys = machine[kind]
        opened = open_envelope(envelope, keys)
        if digest <= last:
            raise VerificationFailed(
                Broken.MALFORMED, "envelopes are not in the order of their documents, each once", got=kind
            )
        last = digest
        signed[digest] = Signed(role, opened.keyid, names.get(opened.keyid, ""), digest, kind)
    for digest, enclosed in bundle.documents.items():
        if enclosed.type in machine and digest not in signed:
            raise VerificationFailed(Broken.INCOMPLETE, f"a {enclosed.type} carries no signature", got=digest[:16])
    return tuple(signed.values())


def _by_id(keys: Iterable[str]) -> dict[str, bytes]:
    return {key_id(raw): raw for raw in map(decode_public, keys)}


def _payload(bundle: Bundle, envelope: Envelope) -> tuple[Sha256, str]:
    opened = unpack(envelope)
    digest = sha256(opened.payload)
    enclosed = bundle.documents.get(digest)
    if enclosed is None or enclosed.type not in (EVIDENCE, DECISION, ACT, RELEASE, APPROVAL):
        raise VerificationFailed(
            Broken.TAMPERED, "an envelope signs a document that is not in the bundle", got=digest[:16]
        )
    if opened.payload_type != payload_type(enclosed.type):
        raise VerificationFailed(Broken.TAMPERED, "an envelope's type is not its document's", got=opened.payload_type)
    return digest, enclosed.type


def check_actors(acts: tuple[Recorded, ...], trust: Trust, signed: tuple[Signed, ...]) -> None:
    """Who signed an act is who acted, and the trust file gives them the role. Raises VerificationFailed."""
    owners = {item.document: item for item in signed}
    roles = {key_id(decode_public(person.key)): person for person in trust.people}
    for recorded in acts:
        person = roles[owners[recorded.sha256].keyid]
        act = recorded.act
        if act.actor != person.principal:
            raise VerificationFailed(
                Broken.TAMPERED, "an act is signed by somebody else", got=person.principal, expected=act.actor
            )
        if act.role not in person.roles:
            raise VerificationFailed(
                Broken.UNTRUSTED_KEY,
                f"{act.actor} acted as {act.role}",
                got=", ".join(person.roles) or "no role",
                expected=act.role,
                fix="if this person holds the role, say so in your trust file",
            )
