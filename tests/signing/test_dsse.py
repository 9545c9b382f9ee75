"""Envelopes against another implementation, against openssl and against the example that the standard publishes."""

import base64
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from securesystemslib import dsse as other
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import CryptoSigner, Signature, SSlibKey

from governance.errors import BadInput, Broken, VerificationFailed
from governance.signing.dsse import Envelope, open_envelope, pae, seal, unpack
from governance.signing.keys import decode_public, encode_public, key_id, verifies
from tests.signer import MemorySigner

TYPE, PAYLOAD = "application/vnd.governance.decision.v1+json", b'{"outcomes":{"prod":"allow"}}'
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
# The order of the group that Ed25519 signs in (RFC 8032 section 5.1).
ORDER = 2**252 + 27742317777372353535851937790883648493


ANN, BO = MemorySigner(1), MemorySigner(2)
KEYS = {key_id(ANN.public_key): ANN.public_key}
BOTH = KEYS | {key_id(BO.public_key): BO.public_key}
SEALED = seal(TYPE, PAYLOAD, ANN)


def changed(**change: Any) -> Envelope:
    return Envelope.model_validate(json.loads(SEALED.to_bytes()) | change)


def signature(sig: str, keyid: str = SEALED.signatures[0].keyid) -> list[dict[str, str]]:
    return [{"keyid": keyid, "sig": sig}]


def refused(envelope: Envelope, keys: dict[str, bytes] = KEYS) -> Broken:
    with pytest.raises(VerificationFailed) as caught:
        open_envelope(envelope, keys)
    return caught.value.verdict


# The standard's own example (secure-systems-lab/dsse, protocol.md)


def test_published_pae() -> None:
    found = pae("http://example.com/HelloWorld", b"hello world")
    assert found == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"


@given(st.text(alphabet=st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1), st.binary())
def test_pae_equals_securesystemslib(kind: str, payload: bytes) -> None:
    assert pae(kind, payload) == other.Envelope(payload, kind, {}).pae()


@given(
    st.text(alphabet="ab 1", max_size=6),
    st.binary(max_size=6),
    st.text(alphabet="ab 1", max_size=6),
    st.binary(max_size=6),
)
def test_pae_never_gives_two_things_the_same_bytes(kind: str, payload: bytes, kind2: str, payload2: bytes) -> None:
    assert (pae(kind, payload) == pae(kind2, payload2)) == ((kind, payload) == (kind2, payload2))


# Another implementation, both directions


@given(st.binary(max_size=200))
def test_securesystemslib_verifies_what_we_seal(payload: bytes) -> None:
    envelope = other.Envelope.from_dict(json.loads(seal(TYPE, payload, ANN).to_bytes()))
    key = SSlibKey(key_id(ANN.public_key), "ed25519", "ed25519", {"public": ANN.public_key.hex()})
    assert envelope.payload == payload and envelope.payload_type == TYPE
    assert envelope.verify([key], 1)
    wrong = SSlibKey(key_id(ANN.public_key), "ed25519", "ed25519", {"public": BO.public_key.hex()})
    with pytest.raises(VerificationError):
        envelope.verify([wrong], 1)


@given(st.binary(max_size=200))
def test_we_open_what_securesystemslib_signs(payload: bytes) -> None:
    key = SSlibKey(key_id(ANN.public_key), "ed25519", "ed25519", {"public": ANN.public_key.hex()})
    envelope = other.Envelope(payload, TYPE, {})
    made: Signature = envelope.sign(CryptoSigner(ANN.private, key))
    assert made.keyid == key_id(ANN.public_key)
    opened = open_envelope(Envelope.model_validate(envelope.to_dict()), KEYS)
    assert opened == (TYPE, payload, key_id(ANN.public_key))


def test_openssl_verifies_what_we_seal(require_tool: Callable[[str], str], tmp_path: Path) -> None:
    openssl = require_tool("openssl")
    pem = f"-----BEGIN PUBLIC KEY-----\n{encode_public(ANN.public_key)}\n-----END PUBLIC KEY-----\n"
    (tmp_path / "key.pem").write_text(pem)
    (tmp_path / "sig").write_bytes(base64.b64decode(SEALED.signatures[0].sig))
    command = [openssl, "pkeyutl", "-verify", "-pubin", "-inkey", "key.pem", "-rawin", "-in", "pae", "-sigfile", "sig"]
    for message, code in ((pae(TYPE, PAYLOAD), 0), (pae(TYPE, PAYLOAD + b" "), 1), (PAYLOAD, 1)):
        (tmp_path / "pae").write_bytes(message)
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
        assert done.returncode == code, done.stderr


# Everything that is not the one right envelope


def test_what_we_seal_we_open() -> None:
    assert open_envelope(SEALED, BOTH) == (TYPE, PAYLOAD, key_id(ANN.public_key)) == unpack(SEALED)


def test_a_payload_is_kept_as_it_was_signed() -> None:
    odd = b'{ "b" : 1,\r\n "a": 1e2, "a": 2 }\xff\x00'
    assert open_envelope(seal(TYPE, odd, ANN), KEYS).payload == odd


def test_wrong_key() -> None:
    assert refused(SEALED, {key_id(BO.public_key): BO.public_key}) is Broken.UNTRUSTED_KEY
    assert refused(SEALED, {}) is Broken.UNTRUSTED_KEY
    with pytest.raises(VerificationFailed, match="no key is trusted for this role"):
        open_envelope(SEALED, {})
    # A signature by bo under ann's name is no signature by ann, though bo is trusted as well.
    forged = changed(signatures=signature(seal(TYPE, PAYLOAD, BO).signatures[0].sig))
    assert refused(forged, BOTH) is Broken.TAMPERED


@pytest.mark.parametrize("keyid", ["", key_id(ANN.public_key)[:16], key_id(ANN.public_key).upper(), "0" * 64])
def test_a_key_is_named_in_full(keyid: str) -> None:
    assert refused(changed(signatures=signature(SEALED.signatures[0].sig, keyid)), BOTH) is Broken.UNTRUSTED_KEY


def test_swapped_type() -> None:
    assert refused(changed(payloadType="application/vnd.governance.act.v1+json")) is Broken.TAMPERED
    assert refused(changed(payloadType=TYPE.upper())) is Broken.TAMPERED


def test_swapped_payload() -> None:
    other_payload = base64.b64encode(PAYLOAD.replace(b"allow", b"deny!")).decode()
    assert refused(changed(payload=other_payload)) is Broken.TAMPERED
    assert refused(changed(payload="")) is Broken.TAMPERED


def test_a_byte_cannot_move_between_type_and_payload() -> None:
    moved = changed(payloadType=TYPE[:-1], payload=base64.b64encode(TYPE[-1:].encode() + PAYLOAD).decode())
    assert refused(moved) is Broken.TAMPERED


@pytest.mark.parametrize("count", [0, 2, 3])
def test_not_one_signature(count: int) -> None:
    one = json.loads(SEALED.to_bytes())["signatures"][0]
    with pytest.raises(ValidationError):
        changed(signatures=[one] * count)


@pytest.mark.parametrize(
    "change",
    [
        {"payloadType": ""},
        {"payloadType": "a b"},
        {"payloadType": "é"},
        {"payloadType": "a\n"},
        {"payloadType": "x" * 201},
        {"payloadType": None},
        {"payload": 1},
        {"extra": 1},
        {"signatures": [{"sig": "AAAA"}]},
        {"signatures": [{"keyid": "0", "sig": "AAAA", "cert": "x"}]},
    ],
)
def test_not_the_form_of_an_envelope(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        changed(**change)


@given(st.data())
def test_every_flipped_bit_of_payload_and_signature_is_refused(data: st.DataObject) -> None:
    where = data.draw(st.sampled_from(["payload", "sig"]))
    raw = bytearray(PAYLOAD if where == "payload" else base64.b64decode(SEALED.signatures[0].sig))
    place = data.draw(st.integers(0, 8 * len(raw) - 1))
    raw[place // 8] ^= 1 << place % 8
    text = base64.b64encode(bytes(raw)).decode()
    envelope = changed(payload=text) if where == "payload" else changed(signatures=signature(text))
    assert refused(envelope) is Broken.TAMPERED


def test_a_signature_has_one_form_only() -> None:
    """Adding the group's order to S gives numbers that satisfy the equation and that RFC 8032 tells us to refuse."""
    raw = base64.b64decode(SEALED.signatures[0].sig)
    s = int.from_bytes(raw[32:], "little") + ORDER
    text = base64.b64encode(raw[:32] + s.to_bytes(32, "little")).decode()
    assert refused(changed(signatures=signature(text))) is Broken.TAMPERED


@pytest.mark.parametrize("length", [0, 1, 32, 63, 65, 128])
def test_a_signature_of_another_length(length: int) -> None:
    text = base64.b64encode((base64.b64decode(SEALED.signatures[0].sig) * 2)[:length]).decode()
    assert refused(changed(signatures=signature(text))) is Broken.TAMPERED


# Base64 with more than one spelling


def _respelled(text: str) -> list[str]:
    """Other texts that lenient decoders read as the same bytes."""
    found = [text + "\n", " " + text, text[:4] + "\n" + text[4:], text.rstrip("="), text + "====", text + "A==="]
    pad = len(text) - len(text.rstrip("="))
    if pad:
        last = ALPHABET.index(text[-pad - 1])
        found.append(text[: -pad - 1] + ALPHABET[last + 1] + "=" * pad)
    return [other_text for other_text in found if other_text != text]


@pytest.mark.parametrize("payload", [b"abc", b"ab", b"a"], ids=["no pad", "one pad", "two pads"])
def test_non_canonical_payload(payload: bytes) -> None:
    envelope = seal(TYPE, payload, ANN)
    for text in _respelled(envelope.payload):
        tampered = envelope.model_copy(update={"payload": text})
        assert refused(tampered) is Broken.MALFORMED, text
        with pytest.raises(VerificationFailed):
            unpack(tampered)


def test_non_canonical_signature() -> None:
    respelled = _respelled(SEALED.signatures[0].sig)
    assert len(respelled) == 7, "64 bytes leave spare bits"
    for text in respelled:
        assert refused(changed(signatures=signature(text))) is Broken.MALFORMED, text


@pytest.mark.parametrize("text", ["-_-_", "é", "====", "A", "AA", "AAA", "%%%%", "AAAA\x00"])
def test_not_base64(text: str) -> None:
    assert refused(changed(payload=text)) is Broken.MALFORMED


# Keys


def test_a_key_reads_back() -> None:
    assert decode_public(encode_public(ANN.public_key)) == ANN.public_key
    der = ANN.private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert base64.b64decode(encode_public(ANN.public_key)) == der


def test_a_key_is_named_by_the_digest_of_its_der(require_tool: Callable[[str], str]) -> None:
    der = ANN.private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    done = subprocess.run(
        [require_tool("openssl"), "dgst", "-sha256", "-r"], input=der, capture_output=True, check=True
    )
    assert done.stdout.split()[0].decode() == key_id(ANN.public_key)


P256 = base64.b64encode(bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004") + bytes(64)).decode()
GOOD = encode_public(ANN.public_key)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not a key",
        base64.b64encode(ANN.public_key).decode(),
        P256,
        base64.b64encode(base64.b64decode(GOOD)[:-1]).decode(),
        base64.b64encode(base64.b64decode(GOOD) + b"\0").decode(),
        GOOD + "\n",
        GOOD[:-2] + ALPHABET[ALPHABET.index(GOOD[-2]) + 1] + "=",
        f"-----BEGIN PUBLIC KEY-----\n{GOOD}\n-----END PUBLIC KEY-----\n",
    ],
)
def test_not_an_ed25519_key(text: str) -> None:
    with pytest.raises(BadInput):
        decode_public(text)


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_key_of_another_length_is_our_own_bug(length: int) -> None:
    with pytest.raises(RuntimeError, match="32 bytes"):
        encode_public(bytes(length))


def test_a_check_with_an_impossible_key_is_a_no() -> None:
    assert verifies(ANN.public_key, ANN.sign(b"m"), b"m")
    for raw in (b"", bytes(31), b"\xff" * 32):
        assert not verifies(raw, ANN.sign(b"m"), b"m")
