"""Public keys: Ed25519, written as base64 of the SubjectPublicKeyInfo (RFC 8410), named by its SHA-256."""

import base64
import binascii
from typing import Annotated, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import AfterValidator

from governance.canonical import sha256
from governance.errors import BadInput

# DER of SubjectPublicKeyInfo for Ed25519 up to the 32 key bytes (RFC 8410 section 4).
_SPKI = bytes.fromhex("302a300506032b6570032100")


def encode_public(raw: bytes) -> str:
    """32 raw key bytes to the text form; `openssl pkey -pubin` reads it between PEM lines."""
    if len(raw) != 32:
        raise RuntimeError(f"an Ed25519 public key has 32 bytes, got {len(raw)}")
    return base64.b64encode(_SPKI + raw).decode()


def decode_public(text: str) -> bytes:
    """The text form to 32 raw key bytes. Raises BadInput."""
    try:
        der = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadInput("not a public key", got=text[:80], expected="base64 of an Ed25519 key") from error
    if len(der) != 44 or not der.startswith(_SPKI) or base64.b64encode(der).decode() != text:
        raise BadInput("not an Ed25519 public key", got=text[:80], expected="base64 of a SubjectPublicKeyInfo")
    return der[len(_SPKI) :]


def key_id(raw: bytes) -> str:
    """SHA-256 of the SubjectPublicKeyInfo, lower-case hex."""
    return sha256(_SPKI + raw)


def _key_text(text: str) -> str:
    try:
        decode_public(text)
    except BadInput as error:
        raise ValueError(error.what) from error
    return text


PublicKey = Annotated[str, AfterValidator(_key_text)]


class Signer(Protocol):
    """Holds a private key somewhere else (file, token, remote service)."""

    @property
    def public_key(self) -> bytes:
        """32 raw Ed25519 bytes."""

    def sign(self, message: bytes) -> bytes:
        """64 bytes (RFC 8032)."""


def verifies(raw: bytes, signature: bytes, message: bytes) -> bool:
    """One Ed25519 check. Only for building verification functions, which raise."""
    try:
        Ed25519PublicKey.from_public_bytes(raw).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True
