"""Keys at rest: whole, private, never replaced; a person's opens with the right password and an untouched file only."""

import base64
import json
import os
import stat

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from governance import keys
from governance.errors import BadInput, GovernanceError, MachineFault, Refused
from governance.keys import MACHINE_ROLES, create_machine_keys, create_person_key, machine_signer, unwrap_person_key
from governance.signing.keys import encode_public

ANN, PASSWORD = "local|ann", "correct horse battery"


@pytest.fixture
def cheap(monkeypatch):
    """scrypt at the least cost a key file may name; one test below pays the real one."""
    monkeypatch.setattr(keys, "_SCRYPT_N", 2**14)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "people" / "ann.json"


@pytest.fixture
def made(cheap, path):
    return create_person_key(path, ANN, PASSWORD, os.urandom)


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_round_trip_at_the_real_cost(path):
    made = create_person_key(path, ANN, PASSWORD, os.urandom)
    wrapped = json.loads(path.read_text())
    assert (wrapped["n"], wrapped["r"], wrapped["p"]) == (2**17, 8, 1)
    again = unwrap_person_key(path, ANN, PASSWORD)
    assert again.public_key == made.public_key
    public = Ed25519PublicKey.from_public_bytes(made.public_key)
    public.verify(again.sign(b"message"), b"message")
    with pytest.raises(InvalidSignature):
        public.verify(again.sign(b"message"), b"another")


def test_the_file_tells_nothing(made, path):
    raw = made._key.private_bytes_raw()
    content = path.read_bytes()
    decoded = b"".join(
        base64.b64decode(value) for name, value in json.loads(content).items() if name in ("salt", "nonce", "sealed")
    )
    assert raw not in content + decoded
    assert raw.hex().encode() not in content
    assert PASSWORD.encode() not in content


def test_two_keys_share_nothing(made, path, tmp_path):
    other = tmp_path / "people" / "other.json"
    create_person_key(other, ANN, PASSWORD, os.urandom)
    one, two = json.loads(path.read_text()), json.loads(other.read_text())
    assert all(one[name] != two[name] for name in ("key", "salt", "nonce", "sealed"))


@pytest.mark.parametrize(
    "password", ["", "correct horse batter", "correct horse battery ", "Correct horse battery", "x" * 10_000]
)
def test_wrong_password(made, path, password):
    with pytest.raises(Refused, match="wrong password") as caught:
        unwrap_person_key(path, ANN, password)
    assert caught.value.exit_code == 2
    assert password == "" or password not in str(caught.value)


@pytest.mark.parametrize("password", ["", "short", "eleven char"])
def test_a_short_password_makes_no_key(cheap, path, password):
    with pytest.raises(BadInput, match="too short"):
        create_person_key(path, ANN, password, os.urandom)
    assert not path.exists()
    create_person_key(path, ANN, "twelve chars", os.urandom)


TAMPERED = {
    "schema": ["governance.wrapped-key/v2", None],
    "principal": ["local|bo", "", None],
    "key": [encode_public(bytes(32)), "AAAA", "", None],
    "n": [2**15, 2**14 + 1, 20_000, 2**13, 2**21, 0, -1, "many", None],
    "r": [7, 0, 17, None],
    "p": [2, 0, 5, None],
    "salt": [base64.b64encode(bytes(16)).decode(), "", "AA", "!", "\u00e9", None],
    "nonce": [base64.b64encode(bytes(12)).decode(), base64.b64encode(bytes(11)).decode(), "", "!", None],
    "sealed": [base64.b64encode(bytes(48)).decode(), base64.b64encode(bytes(15)).decode(), "", "!", None],
    "more": ["field"],
}


@pytest.mark.parametrize("field, value", [(field, value) for field, values in TAMPERED.items() for value in values])
def test_each_field_tampered_with(made, path, field, value):
    """None takes the field out. Always one of our errors, with exit code 2; never a key."""
    wrapped = json.loads(path.read_text())
    wrapped[field] = value
    if value is None:
        del wrapped[field]
    path.write_text(json.dumps(wrapped))
    with pytest.raises(BadInput) as caught:
        unwrap_person_key(path, ANN, PASSWORD)
    assert caught.value.exit_code == 2


def test_each_bit_of_the_sealed_key(made, path):
    wrapped = json.loads(path.read_text())
    sealed = base64.b64decode(wrapped["sealed"])
    for at in range(len(sealed)):
        other = bytearray(sealed)
        other[at] ^= 1 << at % 8
        path.write_text(json.dumps(wrapped | {"sealed": base64.b64encode(other).decode()}))
        with pytest.raises(Refused):
            unwrap_person_key(path, ANN, PASSWORD)


def test_somebody_elses_key_under_my_name(made, path):
    """bo puts ann's file under his own name: the principal is sealed in."""
    wrapped = json.loads(path.read_text())
    path.write_text(json.dumps(wrapped | {"principal": "local|bo"}))
    with pytest.raises(Refused):
        unwrap_person_key(path, "local|bo", PASSWORD)
    path.write_text(json.dumps(wrapped))
    with pytest.raises(BadInput, match="somebody else"):
        unwrap_person_key(path, "local|bo", PASSWORD)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b"null", b"{}"])
def test_a_damaged_file(made, path, content):
    path.write_bytes(content)
    with pytest.raises(BadInput, match="damaged"):
        unwrap_person_key(path, ANN, PASSWORD)


def test_no_file(path):
    with pytest.raises(BadInput, match="no key on this machine"):
        unwrap_person_key(path, ANN, PASSWORD)


def test_a_file_that_cannot_be_read(path):
    path.mkdir(parents=True)
    with pytest.raises(MachineFault, match="cannot be read"):
        unwrap_person_key(path, ANN, PASSWORD)


def test_a_place_that_cannot_be_written(cheap, path, monkeypatch):
    def read_only(*_):
        raise OSError(30, "Read-only file system")

    path.parent.mkdir()
    monkeypatch.setattr(keys.os, "open", read_only)
    with pytest.raises(MachineFault, match="Read-only"):
        create_person_key(path, ANN, PASSWORD, os.urandom)


def test_private_and_never_overwritten(made, path):
    assert mode(path) == 0o600
    assert mode(path.parent) == 0o700
    before = path.read_bytes()
    with pytest.raises(BadInput, match="never overwritten"):
        create_person_key(path, ANN, PASSWORD, os.urandom)
    assert path.read_bytes() == before


def test_private_whatever_the_umask(cheap, path):
    old = os.umask(0)
    try:
        create_person_key(path, ANN, PASSWORD, os.urandom)
    finally:
        os.umask(old)
    assert mode(path) == 0o600


def test_a_link_is_not_written_through(cheap, path, tmp_path):
    path.parent.mkdir()
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BadInput, match="exists"):
        create_person_key(path, ANN, PASSWORD, os.urandom)
    assert not (tmp_path / "elsewhere").exists()


def test_machine_keys(tmp_path):
    folder = tmp_path / "logs" / "origin"
    create_machine_keys(folder, os.urandom)
    signers = {role: machine_signer(folder, role) for role in MACHINE_ROLES}
    assert set(signers) == {"log", "issuer", "measurer"}
    assert len({signer.public_key for signer in signers.values()}) == 3
    assert {mode(folder / f"{role}.pem") for role in MACHINE_ROLES} == {0o600}
    assert mode(folder) == 0o700
    before = {role: (folder / f"{role}.pem").read_bytes() for role in MACHINE_ROLES}
    with pytest.raises(BadInput, match="never overwritten"):
        create_machine_keys(folder, os.urandom)
    assert before == {role: (folder / f"{role}.pem").read_bytes() for role in MACHINE_ROLES}


def test_a_machine_without_the_key(tmp_path):
    assert machine_signer(tmp_path, "log") is None


def test_what_is_no_key(tmp_path):
    pem = tmp_path / "log.pem"
    for content in (b"", b"nonsense", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"):
        pem.write_bytes(content)
        with pytest.raises(BadInput, match="not a private key"):
            machine_signer(tmp_path, "log")
    other = generate_private_key(SECP256R1())
    plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8)
    pem.write_bytes(other.private_bytes(*plain, serialization.NoEncryption()))
    with pytest.raises(BadInput, match="not an Ed25519 key"):
        machine_signer(tmp_path, "log")
    create_machine_keys(tmp_path / "real", os.urandom)
    locked = machine_signer(tmp_path / "real", "log")._key
    pem.write_bytes(locked.private_bytes(*plain, serialization.BestAvailableEncryption(b"password")))
    with pytest.raises(BadInput, match="not a private key"):
        machine_signer(tmp_path, "log")
    pem.unlink()
    pem.mkdir()
    with pytest.raises(MachineFault):
        machine_signer(tmp_path, "log")


def test_no_space_leaves_no_half_key(cheap, path, monkeypatch):
    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(keys.os, "fsync", full)
    with pytest.raises(GovernanceError, match="cannot be written") as caught:
        create_person_key(path, ANN, PASSWORD, os.urandom)
    assert caught.value.exit_code == 1
    assert not path.exists()
