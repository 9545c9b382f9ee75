"""Signers. Machine keys are files that only their owner may read; a person's key is wrapped with their password.

This stops whoever steals a database or a log key from inventing approvals. It does not stop a malicious live server
that a person types their password into.
"""

import base64
import json
import os
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import BoundedSemaphore
from typing import Annotated, Literal, Protocol, get_args

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from pydantic import AfterValidator, Field

from governance.canonical import Document, schema_of
from governance.errors import BadInput, MachineFault, Refused
from governance.signing.keys import PublicKey, encode_public

MachineRole = Literal["log", "issuer", "measurer"]
MACHINE_ROLES: tuple[MachineRole, ...] = get_args(MachineRole)
MIN_PASSWORD, MAX_PASSWORD = 12, 1000
# RFC 7914 section 2; 2**17 * 8 * 128 bytes = 128 MiB and about half a second for each guess.
_SCRYPT_N, _SCRYPT_R, _SCRYPT_P = 2**17, 8, 1

Entropy = Callable[[int], bytes]


class KeySigner:
    """An Ed25519 private key in memory (RFC 8032)."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key

    @property
    def public_key(self) -> bytes:
        return self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message)

    def derive(self, purpose: str) -> bytes:
        """32 secret bytes that follow from this key, tell nothing of it, and serve this purpose only: HKDF-SHA-256
        (RFC 5869). With them a machine knows again what it gave out, whoever writes to its database."""
        return HKDF(SHA256(), 32, None, purpose.encode()).derive(self._key.private_bytes_raw())


def _power_of_two(n: int) -> int:
    if n & (n - 1):
        raise ValueError("scrypt takes a power of two")
    return n


class WrappedKey(Document):
    """A person's key at rest: ChaCha20-Poly1305 under scrypt of the password; the principal is authenticated too."""

    schema_: Literal["governance.wrapped-key/v1"] = Field(alias="schema")
    principal: str
    key: PublicKey
    n: Annotated[int, Field(ge=2**14, le=2**20), AfterValidator(_power_of_two)]
    r: int = Field(ge=1, le=16)
    p: int = Field(ge=1, le=4)
    salt: str
    nonce: str
    sealed: str


class Password(Protocol):
    def __call__(self) -> str: ...


def create_machine_keys(folder: Path, entropy: Entropy) -> None:
    """One key for each machine role, PKCS#8 in PEM, readable by the owner only. Raises BadInput where one exists."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for role in MACHINE_ROLES:
        key = Ed25519PrivateKey.from_private_bytes(entropy(32))
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        _write_private(folder / f"{role}.pem", pem)


def machine_signer(folder: Path, role: MachineRole) -> KeySigner | None:
    """The signer of a role, or None where this machine holds no such key. Raises BadInput, MachineFault."""
    path = folder / f"{role}.pem"
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise MachineFault("a key cannot be read", got=str(error), where=str(path)) from error
    except (ValueError, TypeError) as error:
        raise BadInput("not a private key", got=str(error), expected="PKCS#8 in PEM", where=str(path)) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise BadInput("not an Ed25519 key", got=type(key).__name__, where=str(path))
    return KeySigner(key)


def create_person_key(path: Path, principal: str, password: str, entropy: Entropy) -> KeySigner:
    """Make a person's key and wrap it with their password. Raises BadInput for a short password or an existing key."""
    wrapped, signer = make_person_key(principal, password, entropy)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    _write_private(path, wrapped)
    return signer


def unwrap_person_key(path: Path, principal: str, password: str) -> KeySigner:
    """The key, for one signature. Raises Refused for a wrong password, BadInput for a missing or damaged file,
    MachineFault for one that cannot be read."""
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise BadInput(
            f"{principal} has no key on this machine",
            expected=str(path),
            fix="run it where that key is, or bring the file from there; a pipeline gets it as a secret",
        ) from error
    except OSError as error:
        raise MachineFault("a key cannot be read", got=str(error), where=str(path)) from error
    return open_person_key(data, principal, password, str(path))


def make_person_key(principal: str, password: str, entropy: Entropy) -> tuple[bytes, KeySigner]:
    """A new key, and the WrappedKey document that keeps it. Raises BadInput for a short password."""
    raw = entropy(32)
    return _wrap(raw, principal, password, entropy), KeySigner(Ed25519PrivateKey.from_private_bytes(raw))


def open_person_key(data: bytes, principal: str, password: str, where: str) -> KeySigner:
    """The key of a WrappedKey document, for one signature. Raises Refused for a wrong password, BadInput for a damaged
    document or somebody else's."""
    return KeySigner(Ed25519PrivateKey.from_private_bytes(_unwrap(data, principal, password, where)))


def rewrap_person_key(data: bytes, principal: str, old: str, new: str, entropy: Entropy, where: str) -> bytes:
    """The same key under another password. Raises as `open_person_key` and `make_person_key` do."""
    return _wrap(_unwrap(data, principal, old, where), principal, new, entropy)


def _wrap(raw: bytes, principal: str, password: str, entropy: Entropy) -> bytes:
    assert_password(password, principal)
    salt, nonce = entropy(16), entropy(12)
    sealed = ChaCha20Poly1305(_stretch(_normal(password), salt, _SCRYPT_N, _SCRYPT_R, _SCRYPT_P)).encrypt(
        nonce, raw, principal.encode()
    )
    wrapped = WrappedKey(
        schema_=schema_of(WrappedKey),  # type: ignore[arg-type]
        principal=principal,
        key=encode_public(KeySigner(Ed25519PrivateKey.from_private_bytes(raw)).public_key),
        n=_SCRYPT_N,
        r=_SCRYPT_R,
        p=_SCRYPT_P,
        salt=base64.b64encode(salt).decode(),
        nonce=base64.b64encode(nonce).decode(),
        sealed=base64.b64encode(sealed).decode(),
    )
    return json.dumps(wrapped.model_dump(by_alias=True), indent=2).encode() + b"\n"


def _unwrap(data: bytes, principal: str, password: str, where: str) -> bytes:
    try:
        wrapped = WrappedKey.model_validate_json(data)
        salt, nonce, sealed = (
            base64.b64decode(v, validate=True) for v in (wrapped.salt, wrapped.nonce, wrapped.sealed)
        )
    except ValueError as error:
        raise BadInput("the key file is damaged", got=str(error).splitlines()[0], where=where) from error
    if wrapped.principal != principal:
        raise BadInput("the key file belongs to somebody else", got=wrapped.principal, expected=principal)
    for spelled in _spellings(password):
        with suppress(InvalidTag, ValueError):
            secret = _stretch(spelled, salt, wrapped.n, wrapped.r, wrapped.p)
            raw = ChaCha20Poly1305(secret).decrypt(nonce, sealed, principal.encode())
            break
    else:
        raise Refused(f"wrong password for {principal}", fix="type it again; nothing was signed")
    if encode_public(KeySigner(Ed25519PrivateKey.from_private_bytes(raw)).public_key) != wrapped.key:
        raise BadInput("the key file is damaged", got="its public key belongs to another key", where=where)
    return raw


def _spellings(password: str) -> tuple[str, ...]:
    """To be tried: the one spelling, and as it was typed, which keys were wrapped with before there was one."""
    if len(password) > MAX_PASSWORD:
        return (password[: MAX_PASSWORD + 1],)  # nobody's; the work is done all the same
    return tuple(dict.fromkeys((_normal(password), password)))


def assert_password(password: str, principal: str = "") -> None:
    """Raises BadInput for one that is too short, far too long, no text, or among the first that anybody tries.

    NIST SP 800-63B-4, section 3.1.1.2: a length and a list of what is guessed first, and no rule about kinds of
    characters. Counted is what `_normal` makes of it.
    """
    if any("\ud800" <= character <= "\udfff" for character in password):
        raise BadInput("the password is not text", got="half a surrogate pair", fix=_FOUR_WORDS)
    length = len(password) if len(password) > MAX_PASSWORD else len(normal := _normal(password))
    if not MIN_PASSWORD <= length <= MAX_PASSWORD:
        short = length < MIN_PASSWORD
        raise BadInput(
            f"the password is too {'short' if short else 'long'}",
            got=f"{length} characters",
            expected=f"at least {MIN_PASSWORD}" if short else f"at most {MAX_PASSWORD}",
            fix=_FOUR_WORDS,
        )
    if why := _guessed_first(normal.casefold(), principal.rpartition("|")[2].casefold()):
        raise BadInput("the password is among the first that are guessed", got=why, fix=_FOUR_WORDS)


_FOUR_WORDS = "take four words that have nothing to do with each other"
# What the commonest passwords of 12 characters and more are made of, digits and signs taken off; and our own name.
_COMMON = """
password passwort passw passwd kennwort motdepasse contrasena changeme changemenow letmein letmeinnow welcome
welcometo willkommen iloveyou ilove iloveu administrator admin adminadmin root user guest test testtest testing
secret topsecret default master superman batman spiderman dragon monkey sunshine princess football baseball
basketball liverpool chelsea arsenal manchester manchesterunited barcelona realmadrid jordan michael jennifer
computer internet trustno trustnoone whatever nothing starwars pokemon minecraft summer winter spring autumn qwerty
qwertyuiop qwertz qwertzuiop azerty azertyuiop asdfghjkl zxcvbnm qwertyasdfgh qwertyuiopasdfghjkl qazwsxedc qazwsx
qazwsxedcrfv qweasdzxc qweasd zaqxswcde abcdef abcdefghijkl abcd abc governance governanceadmin
"""
_ROWS = tuple(
    row + row[::-1]
    for row in (
        "abcdefghijklmnopqrstuvwxyz" * 2, "01234567890" * 3, "1234567890" * 3, "qwertyuiopasdfghjklzxcvbnm",
        "qwertzuiopasdfghjklyxcvbnm", "azertyuiopqsdfghjklmwxcvbn", "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
        "1q2w3e4r5t6y7u8i9o0p",
    )
)  # fmt: skip


def _guessed_first(password: str, name: str) -> str:
    """Why a password is of no use, in words; empty where nothing speaks against it."""
    for length in range(1, len(password) // 2 + 1):
        if password == (password[:length] * len(password))[: len(password)]:
            return f"the same {'character' if length == 1 else f'{length} characters'} over and over"
    if len(set(password)) < 5:
        return f"{len(set(password))} characters only, over and over"
    if any(password in row for row in _ROWS):
        return "a row of the keyboard or of the alphabet"
    middle = password.strip("".join({character for character in password if not character.isalpha()}))
    letters = "".join(filter(str.isalpha, middle.translate(_LEET)))
    bare = "".join(filter(str.isalpha, password))
    for word in (bare, letters):
        if word in _COMMON.split() or (name and word and not word.replace(name, "")):
            return "a common word, or one's own name, with digits and signs"
    return ""


_LEET = str.maketrans("013457@$!", "oieastasi")


def _normal(password: str) -> str:
    """One spelling of what is typed on different keyboards: NFKC (NIST SP 800-63B-4, section 3.1.1.2), which makes any
    blank a space, as OpaqueString does (RFC 8265, section 4.2.2)."""
    return unicodedata.normalize("NFKC", password)


def decoy_key() -> bytes:
    """A WrappedKey that no password opens, at the cost of one that some does: to do the same work for a name that
    nobody has."""
    zeros = encode_public(bytes(32))
    wrapped = WrappedKey(
        schema_=schema_of(WrappedKey),  # type: ignore[arg-type]
        principal="",
        key=zeros,
        n=_SCRYPT_N,
        r=_SCRYPT_R,
        p=_SCRYPT_P,
        salt=base64.b64encode(bytes(16)).decode(),
        nonce=base64.b64encode(bytes(12)).decode(),
        sealed=base64.b64encode(bytes(48)).decode(),
    )
    return json.dumps(wrapped.model_dump(by_alias=True)).encode()


# Each takes 128 MiB: a crowd at the door waits here and does not fill the machine.
_STRETCHING = BoundedSemaphore(4)


def _stretch(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    with _STRETCHING:
        return Scrypt(salt=salt, length=32, n=n, r=r, p=p).derive(password.encode())


def _write_private(path: Path, data: bytes) -> None:
    """Whole or not at all, mode 0600 from the first byte, never over an existing key."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise BadInput("a key exists already and is never overwritten", where=str(path)) from error
    except OSError as error:
        raise MachineFault("a key cannot be written", got=str(error), where=str(path)) from error
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        with suppress(OSError):
            path.unlink()
        raise MachineFault("a key cannot be written", got=str(error), where=str(path)) from error
