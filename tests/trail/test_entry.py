import hashlib
import hmac
import uuid
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.errors import BadInput
from governance.evidence.origin import Subject
from governance.trail.entry import Entry, EntryType, Ref, commitment, uuid7

NOW = datetime(2026, 3, 1, 12, 0, 0, 123_000, tzinfo=UTC)


def make(**changes):
    fields = {
        "id": uuid7(NOW, bytes(10)),
        "origin": "log.example/one",
        "type": EntryType.DECISION_ISSUED,
        "time": "2026-03-01T12:00:00Z",
        "actor": "0" * 32,
        "subject": Subject(name="credit", version="1.10", artifact="ab" * 32),
        "refs": (Ref(type="governance.decision/v1", commitment="cd" * 32, size=12),),
        "causes": (),
    }
    return Entry(**(fields | changes))


def test_round_trip_to_the_byte():
    entry = make()
    data = entry.to_bytes()
    assert data.startswith(b'{"actor":"000')
    assert b'"schema":"governance.entry/v1"' in data
    assert Entry.from_bytes(data) == entry
    assert Entry.from_bytes(data).to_bytes() == data


@pytest.mark.parametrize(
    "old, new",
    [
        (b"governance.entry/v1", b"governance.entry/v2"),
        (b"decision:issued", b"decision:changed"),
        (b'"causes":[]', b'"causes":[],"note":"Ann"'),
        (b"2026-03-01T12:00:00Z", b"2026-03-01T12:00:00+01:00"),
        (b'"size":12', b'"size":"12"'),
        (b'"size":12', b'"size":-1'),
        (b"log.example/one", b"log example"),
        (b"-7000-", b"-4000-"),
        (b'"actor":"0', b'"actor":"Z'),
    ],
)
def test_what_is_no_entry_is_refused(old, new):
    data = make().to_bytes()
    assert old in data
    with pytest.raises(BadInput):
        Entry.from_bytes(data.replace(old, new))


def test_a_leaf_is_small():
    ref = Ref(type="governance.decision/v1", commitment="cd" * 32, size=12)
    assert len(make(refs=(ref,) * 20).to_bytes()) <= 4096
    with pytest.raises(BadInput, match="too large"):
        make(refs=(ref,) * 40).to_bytes()


@given(st.integers(0, 253_402_300_799_000), st.binary(min_size=10, max_size=10))
def test_uuid7(milliseconds, noise):
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
    made = uuid.UUID(uuid7(moment, noise))
    assert str(made) == uuid7(moment, noise)
    assert made.version == 7
    assert made.variant == uuid.RFC_4122
    assert made.int >> 80 == milliseconds


def test_uuid7_keeps_its_random_bits_and_sorts_by_time():
    assert uuid7(NOW, b"\xff" * 10).endswith("-7fff-bfff-ffffffffffff")
    assert uuid7(NOW, b"\xff" * 10) < uuid7(NOW + timedelta(milliseconds=1), bytes(10))
    assert uuid7(NOW.astimezone(timezone(timedelta(hours=5))), bytes(10)) == uuid7(NOW, bytes(10))
    with pytest.raises(RuntimeError):
        uuid7(NOW.replace(tzinfo=None), bytes(10))
    with pytest.raises(RuntimeError):
        uuid7(NOW, bytes(9))


def test_commitment():
    salt = bytes(range(32))
    assert commitment(salt, b"data") == hmac.new(salt, b"data", hashlib.sha256).hexdigest()
    assert commitment(salt, b"data") != commitment(bytes(32), b"data")
    with pytest.raises(RuntimeError):
        commitment(b"short", b"data")
