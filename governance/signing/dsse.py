"""DSSE v1.0 envelopes (secure-systems-lab/dsse): one signature each, `keyid` always set, payload kept verbatim."""

import base64
import binascii
from collections.abc import Mapping
from typing import Annotated, NamedTuple

from pydantic import Field

from governance.canonical import Document
from governance.errors import Broken, VerificationFailed
from governance.signing.keys import Signer, key_id, verifies


class Signature(Document):
    keyid: str
    sig: str


class Envelope(Document):
    """The JSON form of DSSE, without optional fields."""

    payloadType: Annotated[str, Field(pattern=r"^[\x21-\x7e]+$", max_length=200)]
    payload: str
    signatures: tuple[Signature, ...] = Field(min_length=1, max_length=1)


class Opened(NamedTuple):
    payload_type: str
    payload: bytes
    keyid: str


def pae(payload_type: str, payload: bytes) -> bytes:
    """Pre-authentication encoding: the type is signed too (DSSE protocol.md, "Signature Definition")."""
    kind = payload_type.encode("ascii")
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def seal(payload_type: str, payload: bytes, signer: Signer) -> Envelope:
    signature = signer.sign(pae(payload_type, payload))
    return Envelope(
        payloadType=payload_type,
        payload=base64.b64encode(payload).decode(),
        signatures=(Signature(keyid=key_id(signer.public_key), sig=base64.b64encode(signature).decode()),),
    )


def unpack(envelope: Envelope) -> Opened:
    """What the envelope claims, not yet verified. Raises VerificationFailed (MALFORMED)."""
    return Opened(envelope.payloadType, _strict(envelope.payload, "payload"), envelope.signatures[0].keyid)


def open_envelope(envelope: Envelope, keys: Mapping[str, bytes]) -> Opened:
    """Verify against `keys` (key id -> 32 raw bytes). Raises VerificationFailed (UNTRUSTED_KEY, TAMPERED,
    MALFORMED)."""
    opened = unpack(envelope)
    signature = _strict(envelope.signatures[0].sig, "signature")
    if opened.keyid not in keys:
        raise VerificationFailed(
            Broken.UNTRUSTED_KEY,
            f"signed by a key that the trust file does not name for {opened.payload_type}",
            got=f"key {opened.keyid[:16]}",
            expected=", ".join(sorted(key[:16] for key in keys)) or "no key is trusted for this role",
            fix="if you trust this key, add it to your trust file; never take a key from the bundle itself",
        )
    if not verifies(keys[opened.keyid], signature, pae(opened.payload_type, opened.payload)):
        raise VerificationFailed(
            Broken.TAMPERED, f"the signature over {opened.payload_type} does not match", got=f"key {opened.keyid[:16]}"
        )
    return opened


def _strict(text: str, what: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise VerificationFailed(Broken.MALFORMED, f"the envelope's {what} is not base64") from error
    # Python accepts spare bits in the last character: two spellings of one signature would both pass.
    if base64.b64encode(data).decode() != text:
        raise VerificationFailed(Broken.MALFORMED, f"the envelope's {what} is not canonical base64")
    return data
