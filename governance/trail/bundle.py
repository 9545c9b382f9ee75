"""The bundle: one canonical JSON file with everything a stranger needs to verify a decision offline."""

from typing import Annotated, Literal

from pydantic import Field

from governance.canonical import Document, Sha256, other_version, schema_of
from governance.errors import BadInput, Broken, VerificationFailed
from governance.signing.dsse import Envelope
from governance.trail.entry import DocumentType

MAX_BYTES = 64 << 20


class Enclosed(Document):
    """A document's text, byte for byte, and the salt of its commitment in the trail (32 bytes, hex)."""

    type: DocumentType
    salt: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    text: str


class Proven(Document):
    """An entry of the trail, byte for byte, and its receipt (C2SP tlog-proof)."""

    text: str
    proof: str


class Bundle(Document):
    """`decision` is the digest of the decision that the bundle is about; `documents` is keyed by SHA-256, `envelopes`
    are in the order of the documents they sign, `entries` in the order of the log."""

    schema_: Literal["governance.bundle/v1"] = Field("governance.bundle/v1", alias="schema")
    decision: Sha256
    documents: dict[Sha256, Enclosed]
    envelopes: tuple[Envelope, ...]
    entries: tuple[Proven, ...]
    anchors: tuple[()]


def parse_bundle(data: bytes) -> Bundle:
    """Raises VerificationFailed: UNSUPPORTED for another version, else MALFORMED for what is no canonical bundle."""
    if len(data) > MAX_BYTES:
        raise VerificationFailed(
            Broken.MALFORMED, "the bundle is too large", got=f"{len(data)} bytes", expected=f"at most {MAX_BYTES}"
        )
    try:
        return Bundle.from_bytes(data)
    except BadInput as error:
        raise VerificationFailed(
            Broken.UNSUPPORTED if other_version(data, schema_of(Bundle)) else Broken.MALFORMED,
            f"not a bundle: {error.what}",
            got=error.got,
            expected=error.expected or f"a {schema_of(Bundle)} file as `governance check --bundle` writes it",
            where=error.where,
        ) from error
