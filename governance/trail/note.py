"""C2SP signed-note: a text, a blank line, and one line for each signature. Only Ed25519 (type 0x01) is spoken here.

The grammar is held to the byte: what two readers could read in two ways is refused.
"""

import base64
import binascii
from collections.abc import Sequence
from hashlib import sha256
from typing import NamedTuple

from governance.errors import BadInput, Broken, VerificationFailed
from governance.signing.keys import Signer, verifies

ED25519 = b"\x01"
MAX_NOTE = 1_000_000
MAX_SIGNATURES = 100
_KEY_SIZE, _SIGNATURE_SIZE, _ID_SIZE = 32, 64, 4
_DASH = "\N{EM DASH} "


class VerifierKey(NamedTuple):
    """One public key in a role: the name it signs under, its 4-byte id and its 32 raw bytes."""

    name: str
    key_id: bytes
    public_key: bytes


def strict_base64(text: str) -> bytes:
    """Standard base64 with padding, in its one canonical spelling. Raises ValueError."""
    data = base64.b64decode(text.encode("ascii"), validate=True)
    if base64.b64encode(data).decode("ascii") != text:
        raise ValueError("base64 has a second spelling")
    return data


def encode_base64(data: bytes) -> str:
    """Standard base64 with padding."""
    return base64.b64encode(data).decode("ascii")


def key_id(name: str, public_key: bytes) -> bytes:
    """SHA-256(name || 0x0A || 0x01 || public key)[:4]: an identifier, not a fingerprint (C2SP signed-note)."""
    return sha256(name.encode("utf-8") + b"\n" + ED25519 + public_key).digest()[:_ID_SIZE]


def _valid_name(name: str) -> bool:
    return bool(name) and "+" not in name and not any(char.isspace() or char < " " for char in name)


def verifier_key(name: str, public_key: bytes) -> VerifierKey:
    """The key that signs under `name` with this raw Ed25519 public key."""
    if not _valid_name(name) or len(public_key) != _KEY_SIZE:
        raise RuntimeError(f"{name!r} with {len(public_key)} key bytes cannot be a note key")
    return VerifierKey(name, key_id(name, public_key), public_key)


def encode_vkey(name: str, public_key: bytes) -> str:
    """The key as one line of text: name+id+base64(type || public key)."""
    key = verifier_key(name, public_key)
    return f"{key.name}+{key.key_id.hex()}+{encode_base64(ED25519 + key.public_key)}"


def parse_vkey(text: str) -> VerifierKey:
    """The inverse of `encode_vkey`. Raises BadInput, naming what is wrong with the line."""

    def refuse(what: str, got: str, expected: str) -> BadInput:
        return BadInput(
            f"not a verifier key: {what}",
            got=got[:200],
            expected=expected,
            fix="copy the whole line, with nothing before or behind it",
        )

    parts = text.split("+", 2)
    if len(parts) != 3 or not _valid_name(parts[0]):
        raise refuse("wrong form", repr(text), "name+hex id+base64 key")
    name, identifier, encoded = parts
    try:
        data = strict_base64(encoded)
    except (ValueError, binascii.Error) as error:
        raise refuse("the key is not canonical base64", repr(encoded), "standard base64 with padding") from error
    if data[:1] != ED25519:
        raise refuse("unknown signature type", data[:1].hex() or "nothing", "01 (Ed25519)")
    if len(data) != 1 + _KEY_SIZE:
        raise refuse("wrong key length", f"{len(data) - 1} bytes", f"{_KEY_SIZE} bytes")
    key = verifier_key(name, data[1:])
    if key.key_id.hex() != identifier:
        raise refuse("the id does not belong to the key", identifier, key.key_id.hex())
    return key


def sign(text: str, name: str, signer: Signer) -> bytes:
    """The note of `text` (which ends in a newline) with one signature line under `name`.

    The signature is checked before it is returned: a signer that does not fit its public key is a caller's bug.
    """
    _check_text(text)
    key = verifier_key(name, signer.public_key)
    signature = signer.sign(text.encode("utf-8"))
    note = f"{text}\n{_DASH}{name} {encode_base64(key.key_id + signature)}\n".encode()
    try:
        open_note(note, [key])
    except VerificationFailed as error:
        raise RuntimeError(f"the signer for {name!r} does not sign with its own public key") from error
    return note


def _check_text(text: str) -> None:
    if not text.endswith("\n") or any(char < " " and char != "\n" for char in text):
        raise RuntimeError("a note's text ends in a newline and holds no other control character")


def _malformed(what: str, got: str, expected: str) -> VerificationFailed:
    return VerificationFailed(Broken.MALFORMED, f"not a signed note: {what}", got=got[:200], expected=expected)


def _parse(note: bytes) -> tuple[str, list[tuple[str, bytes, bytes]]]:
    """(text, [(name, key id, signature)])."""
    if len(note) > MAX_NOTE:
        raise _malformed("too large", f"{len(note)} bytes", f"at most {MAX_NOTE}")
    try:
        whole = note.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _malformed("not UTF-8", str(error), "UTF-8 text") from error
    if any(char < " " and char != "\n" for char in whole):
        raise _malformed("it holds a control character", "a byte below 0x20", "newlines only")
    text, blank, block = whole.rpartition("\n\n")
    if not blank or not block.endswith("\n"):
        raise _malformed("no signatures", repr(block[:80]), "a text, an empty line, then signature lines")
    lines = block[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise _malformed("too many signatures", f"{len(lines)} lines", f"at most {MAX_SIGNATURES}")
    return text + "\n", [_parse_line(line) for line in lines]


def _parse_line(line: str) -> tuple[str, bytes, bytes]:
    form = "an em dash, a space, the key's name, a space, canonical base64"
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not space or not _valid_name(name):
        raise _malformed("a signature line has the wrong form", repr(line[:80]), form)
    try:
        data = strict_base64(encoded)
    except (ValueError, binascii.Error) as error:
        raise _malformed("a signature is not canonical base64", repr(encoded[:80]), form) from error
    if len(data) <= _ID_SIZE:
        raise _malformed("a signature is too short", f"{len(data)} bytes", "a 4-byte key id and a signature")
    return name, data[:_ID_SIZE], data[_ID_SIZE:]


def open_note(note: bytes, verifiers: Sequence[VerifierKey], *, only_known: bool = False) -> tuple[str, list[str]]:
    """(text, names of the keys whose signatures hold), in the order of the note's lines.

    Lines of unknown keys are passed over, as the format says, unless `only_known`: then each line must be one of the
    verifiers', once, so that nothing in the note is unauthenticated. Raises VerificationFailed: MALFORMED for anything
    outside the grammar, TAMPERED where a known key's signature fails, UNTRUSTED_KEY where no known key signed.
    """
    text, signatures = _parse(note)
    message = text.encode("utf-8")
    keys = {(key.name, key.key_id): key for key in verifiers}
    if len(keys) != len({*verifiers}):
        raise BadInput("two verifier keys share a name and an id", fix="keep the one you trust")
    known: list[str] = []
    seen: set[tuple[str, bytes]] = set()
    for name, identifier, signature in signatures:
        key = keys.get((name, identifier))
        if key is None or (name, identifier) in seen:
            if only_known:
                raise VerificationFailed(
                    Broken.UNTRUSTED_KEY if key is None else Broken.MALFORMED,
                    "a signature line nobody vouches for" if key is None else "a key signed twice",
                    got=f"{name} (key id {identifier.hex()})",
                    expected=_names(verifiers),
                )
            continue
        if not verifies(key.public_key, signature, message):
            raise VerificationFailed(
                Broken.TAMPERED,
                "a signature does not hold",
                got=f"{name} (key id {identifier.hex()})",
                expected="the Ed25519 signature of this text by that key",
            )
        seen.add((name, identifier))
        known.append(name)
    if not known:
        raise VerificationFailed(
            Broken.UNTRUSTED_KEY,
            "no trusted key signed this note",
            got=", ".join(f"{name} (key id {identifier.hex()})" for name, identifier, _ in signatures[:4]),
            expected=_names(verifiers),
        )
    return text, known


def _names(verifiers: Sequence[VerifierKey]) -> str:
    return (
        ", ".join(f"{key.name} (key id {key.key_id.hex()})" for key in verifiers[:4]) or "a trusted key; none was given"
    )
