"""Keys at rest: whole, private, never replaced; a person's opens with the right password and an untouched file only."""

import base64
import json
import os
import stat

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

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


@pytest.mark.parametrize(
    "password",
    [
        "aaaaaaaaaaaaaa", "abcabcabcabc", "password1234", "Password2026!", "P@ssw0rd1234", "qwertyuiop12",
        "1qaz2wsx3edc",
        "123456789012", "098765432109", "abcdefghijklm", "iloveyou12345", "Governance2026", "welcome-12345",
        "ann-ann-ann-ann",
        "annannannann1", "ababababcdcd", "governance-admin", "zxcvbnm,./1234", "AdministratoR1",
    ],
)  # fmt: skip
def test_what_is_guessed_first_makes_no_key(cheap, path, password):
    """NIST SP 800-63B-4, section 3.1.1.2: commonly used, expected, or of the service and its user."""
    with pytest.raises(BadInput, match="first that are guessed") as refused:
        create_person_key(path, ANN, password, os.urandom)
    assert password not in str(refused.value) and not path.exists()


@pytest.mark.parametrize(
    "password",
    [
        PASSWORD, "correct horse battery staple", "123 pigeons 4 roofs", "ann likes trains a lot",
        "\u96ea\u304c\u964d\u308b\u5c71\u306e\u4e0a\u306e\u6708\u3068\u661f\u7a7a",
        "only lower case letters", "0481 5162 9342 7713", "the password of my cat", "x" * 500 + "abcdefgh" * 60,
    ],
)  # fmt: skip
def test_no_kind_of_character_is_asked_for(cheap, path, password):
    create_person_key(path, ANN, password, os.urandom)
    assert unwrap_person_key(path, ANN, password)


@pytest.mark.parametrize(
    "made, typed",
    [
        ("caf\u00e9 cr\u00e8me br\u00fbl\u00e9e", "cafe\u0301 cre\u0300me bru\u0302le\u0301e"),
        ("four\u00a0words in\u3000a row", "four words in a row"),
        ("\uff46\uff55\uff4c\uff4c width letters", "full width letters"),
    ],
)
def test_one_password_typed_on_two_keyboards(cheap, path, made, typed):
    for first, second in ((made, typed), (typed, made)):
        create_person_key(path, ANN, first, os.urandom)
        assert unwrap_person_key(path, ANN, second)
        path.unlink()


def test_a_key_from_before_there_was_one_spelling(cheap, path, monkeypatch):
    made = "\ufb01ve \ufb01ne words here"
    with monkeypatch.context() as before:
        before.setattr(keys, "_normal", lambda password: password)
        create_person_key(path, ANN, made, os.urandom)
    assert unwrap_person_key(path, ANN, made)


def test_length_counts_what_is_left_of_a_password(cheap, path):
    """Twelve marks that compose to fewer letters are not twelve."""
    with pytest.raises(BadInput, match="too short"):
        create_person_key(path, ANN, "e\u0301a\u0301o\u0301u\u0301i\u0301 x", os.urandom)


def test_the_cost_of_a_guess():
    """OWASP Password Storage: scrypt with N=2^17, r=8, p=1 at the least."""
    import subprocess
    import sys

    asked = "from governance import keys; print(keys._SCRYPT_N, keys._SCRYPT_R, keys._SCRYPT_P)"
    told = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout
    n, r, p = map(int, told.split())
    assert n >= 2**17 and r >= 8 and p >= 1


def test_a_password_far_too_long_costs_one_guess_like_any(cheap, path, monkeypatch):
    create_person_key(path, ANN, PASSWORD, os.urandom)
    stretched, stretch = [], keys._stretch
    monkeypatch.setattr(
        keys, "_stretch", lambda password, *rest: stretched.append(password) or stretch(password, *rest)
    )
    for password in ("x" * 1_000_000, "\u0301" * 100_000, "wrong horse battery"):
        with pytest.raises(Refused):
            unwrap_person_key(path, ANN, password)
        assert 1 <= len(stretched) <= 2 and all(len(one) <= keys.MAX_PASSWORD + 1 for one in stretched)
        stretched.clear()


def test_what_follows_from_a_key_is_one_thing_for_each_purpose():
    signer = keys.KeySigner(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
    assert signer.derive("a") == signer.derive("a") != signer.derive("b")
    assert len(signer.derive("a")) == 32 and signer.derive("a") != bytes(range(32))
    other = keys.KeySigner(Ed25519PrivateKey.from_private_bytes(bytes(32)))
    assert other.derive("a") != signer.derive("a")
