"""A log told by one who holds its key: whatever it says that does not hold is found."""

from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from governance.canonical import instant
from governance.client.log import last_entries, verify_log
from governance.client.remote import Remote
from governance.errors import BadInput, Broken, VerificationFailed
from governance.keys import KeySigner
from governance.trail import checkpoint
from governance.trail.checkpoint import Checkpoint
from governance.trail.entry import Entry, EntryType, uuid7
from governance.trail.merkle import leaf_hash, root
from governance.trail.note import encode_vkey
from governance.trail.trust import Trust, TrustedLog


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    """600 leaves of a log of its own: more than two tiles."""
    signer = KeySigner(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
    moment, ids, leaves = datetime(2027, 1, 1, tzinfo=UTC), [], []
    for index in range(600):
        ids.append(uuid7(moment, index.to_bytes(10, "big")))
        entry = Entry(
            id=ids[-1],
            origin="made-up",
            type=EntryType.LOG_CREATED,
            time=instant(moment),
            actor="0" * 32,
            subject=None,
            refs=(),
            causes=ids[index - 1 : index],
        )
        leaves.append(entry.to_bytes())
    trust = Trust(
        logs=(TrustedLog(origin="made-up", key=encode_vkey("made-up", signer.public_key)),), issuers=(), measurers=()
    )
    return signer, leaves, trust


class Told(Remote):
    """What a service would tell of these leaves; each answer may be a lie."""

    def __init__(self, log, size=600, **lies):
        self.signer, self.leaves = log[0], list(log[1][:size])
        self.trust = lies.pop("trust", log[2])
        self.lies, self.asked = lies, []

    def checkpoint(self):
        said = Checkpoint("made-up", len(self.leaves), root([leaf_hash(leaf) for leaf in self.leaves]))
        note = checkpoint.sign(self.lies.get("head", lambda one: one)(said), self.signer)
        return self.lies.get("note", lambda one: one)(note)

    def entry_bundle(self, number, width):
        self.asked.append(("entries", number, width))
        leaves = self.lies.get("leaves", lambda one: one)(list(self.leaves))
        chosen = leaves[number * 256 : number * 256 + width]
        data = b"".join(len(leaf).to_bytes(2, "big") + leaf for leaf in chosen)
        return self.lies.get("data", lambda one: one)(data)

    def tile(self, level, number, width):
        self.asked.append((level, number, width))
        hashes = [leaf_hash(leaf) for leaf in self.leaves]
        for _ in range(level):
            hashes = [root(hashes[start : start + 256]) for start in range(0, len(hashes) // 256 * 256, 256)]
        data = b"".join(hashes[number * 256 : number * 256 + width])
        return self.lies.get("tile", lambda one, at: one)(data, (level, number))


def test_more_than_a_tile(log):
    told = Told(log)
    verified = verify_log(told)
    assert (verified.origin, verified.size) == ("made-up", 600)
    tiles_asked = {one for one in told.asked if one[0] != "entries"}
    assert tiles_asked == {(0, 0, 256), (0, 1, 256), (0, 2, 88), (1, 0, 2)}
    head, entries = last_entries(told, 300)
    assert head.size == 600
    assert [one.place for one in entries] == list(range(300, 600))


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 512])
def test_any_size(log, size):
    told = Told(log, size)
    assert verify_log(told).size == size
    assert len(last_entries(told, 20)[1]) == min(size, 20)
    assert len(last_entries(told, 10_000)[1]) == size


def swapped(leaves):
    return [*leaves[:299], leaves[300], leaves[299], *leaves[301:]]


def other_root(head):
    return head._replace(root=bytes(32))


LIES = [
    ({"leaves": lambda leaves: [*leaves[:5], leaves[6], *leaves[6:]]}, (Broken.INCOMPLETE, Broken.TAMPERED)),
    ({"leaves": swapped}, (Broken.INCOMPLETE, Broken.TAMPERED)),
    ({"leaves": lambda leaves: leaves[:-1]}, (Broken.INCOMPLETE,)),
    ({"leaves": lambda leaves: [one.replace(b"made-up", b"made-in") for one in leaves]}, (Broken.TAMPERED,)),
    ({"leaves": lambda leaves: [b"{}", *leaves[1:]]}, (Broken.MALFORMED,)),
    ({"data": lambda data: data[:-1]}, (Broken.INCOMPLETE,)),
    ({"data": lambda data: data + b"\0"}, (Broken.INCOMPLETE,)),
    ({"data": lambda data: b""}, (Broken.INCOMPLETE,)),
    ({"head": other_root}, (Broken.TAMPERED,)),
    ({"head": lambda head: head._replace(size=599)}, (Broken.TAMPERED,)),
    ({"note": lambda note: note[:-10]}, (Broken.MALFORMED,)),
    ({"note": lambda note: b"<html>"}, (Broken.MALFORMED,)),
    ({"note": lambda note: note.replace(b"\n600\n", b"\n599\n")}, (Broken.TAMPERED,)),
    ({"tile": lambda data, at: data[::-1]}, (Broken.TAMPERED,)),
    ({"tile": lambda data, at: data[:-1]}, (Broken.INCOMPLETE,)),
    ({"tile": lambda data, at: bytes(len(data)) if at == (1, 0) else data}, (Broken.TAMPERED,)),
]


@pytest.mark.parametrize("lie, verdicts", LIES, ids=range(len(LIES)))
def test_a_log_that_lies(log, lie, verdicts):
    with pytest.raises(VerificationFailed) as caught:
        verify_log(Told(log, **lie))
    assert caught.value.verdict in verdicts


@pytest.mark.parametrize(
    "lie",
    [{"tile": lambda data, at: data[::-1]}, {"head": other_root}, {"leaves": swapped}],
    ids=["tile", "root", "leaf"],
)
def test_what_is_shown_is_proven(log, lie):
    with pytest.raises(VerificationFailed):
        last_entries(Told(log, **lie), 301)


class TestAgainst:
    def test_earlier(self, log):
        verify_log(Told(log), [Told(log, size).checkpoint() for size in (0, 1, 256, 300, 600)])

    def test_cut_off(self, log):
        with pytest.raises(VerificationFailed) as caught:
            verify_log(Told(log, 300), [Told(log, 301).checkpoint()])
        assert caught.value.verdict is Broken.ROLLED_BACK

    @pytest.mark.parametrize("size", [1, 256, 599, 600])
    def test_two_histories(self, log, size):
        other = (log[0], [log[1][0].replace(b"00000000", b"00000001", 1), *log[1][1:]], log[2])
        with pytest.raises(VerificationFailed) as caught:
            verify_log(Told(log), [Told(other, size).checkpoint()])
        assert caught.value.verdict is Broken.FORKED

    def test_another_logs(self, log):
        note = checkpoint.sign(Checkpoint("another", 1, bytes(32)), log[0])
        with pytest.raises(VerificationFailed) as caught:
            verify_log(Told(log), [note])
        assert caught.value.verdict is Broken.UNTRUSTED_KEY
        with pytest.raises(BadInput):
            verify_log(Told(log, trust=None), [note])


def test_nobody_vouches(log):
    with pytest.raises(VerificationFailed) as caught:
        verify_log(Told(log, trust=None))
    assert caught.value.verdict is Broken.NO_TRUST
