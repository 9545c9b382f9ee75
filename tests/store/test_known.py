"""What one process remembers of a log while it is open: no state that is smaller, and none of another history."""

import threading

import pytest

from governance.canonical import dumps, sha256
from governance.errors import Broken, VerificationFailed
from governance.evidence.origin import Subject
from governance.store import newest
from governance.store.trail import TrailStore
from governance.trail import checkpoint, merkle
from governance.trail.entry import EntryType
from tests.store.attacker import edit, rows
from tests.store.conftest import START


@pytest.fixture
def decide(signer):
    """Decisions about artifacts by number, each naming the one before it about the same, as real ones do."""
    last = {}

    def append(store, numbers, outcome="allow", **said):
        with store.transaction(signer, START) as tx:
            for number in numbers:
                decision = {"id": str(number), "outcomes": {"prod": outcome}, "previous": last.get(number)} | said
                ref = tx.put_document("governance.decision/v1", dumps(decision))
                subject = Subject(name="credit", version=str(number), artifact=f"{number:064x}")
                tx.append(tx.compose(EntryType.DECISION_ISSUED, "local|ann", subject=subject, refs=[ref]))
                last[number] = sha256(dumps(decision))

    return append


def ask(store, vkey, number):
    """The entry that the newest decision about artifact `number` is in."""
    with store.confirmed([vkey]) as snapshot:
        found = store.known.newest_decision(snapshot, f"{number:064x}")
        return None if found is None else found.index


def refused(store, vkey, number=1):
    with pytest.raises(VerificationFailed) as caught:
        ask(store, vkey, number)
    return caught.value.verdict


def put_back(place, size):
    """The log as it was when it had `size` entries: all of it is what the log signed then."""
    ((note,),) = rows(place, "SELECT note FROM checkpoint WHERE size = ?", size)
    old = checkpoint.parse(note.decode().split("\n\n")[0] + "\n")
    edit(
        place,
        *(f"DELETE FROM {table} WHERE idx >= {size}" for table in ("reference", "outcome", "entry")),
        f"DELETE FROM checkpoint WHERE size > {size}",
        f"DELETE FROM tile WHERE level = 0 AND number >= {size // 256}",
        ("UPDATE head SET size = ?, root = ?", (size, old.root)),
    )


@pytest.fixture
def hashed(monkeypatch):
    """The leaves that were hashed to find decisions."""
    found = []

    def counted(data):
        found.append(data)
        return merkle.leaf_hash(data)

    class Counting:
        Frontier, verify_consistency, leaf_hash = merkle.Frontier, merkle.verify_consistency, staticmethod(counted)

    monkeypatch.setattr(newest, "merkle", Counting)
    return found


def test_each_leaf_is_hashed_once(store, vkey, decide, hashed):
    decide(store, range(1, 9))
    assert [ask(store, vkey, number) for number in (1, 8, 9)] == [1, 8, None]
    assert len(hashed) == 9
    decide(store, range(9, 11))
    assert [ask(store, vkey, number) for number in (1, 10, 9)] == [1, 10, 9]
    assert len(hashed) == 11


def test_the_newest_of_several(store, vkey, decide):
    decide(store, range(1, 3))
    assert ask(store, vkey, 2) == 2
    decide(store, range(2, 3), outcome="deny")
    assert ask(store, vkey, 2) == 3
    decide(store, range(2, 3), previous=None)
    assert refused(store, vkey, 2) is Broken.TAMPERED
    assert ask(store, vkey, 1) == 1


@pytest.mark.parametrize("size", [2, 6])
def test_a_log_that_has_shrunk(store, place, vkey, decide, size):
    decide(store, range(1, 2))
    decide(store, range(2, 6))
    decide(store, range(6, 9))
    assert ask(store, vkey, 1) == 1
    put_back(place, size)
    assert refused(store, vkey) is Broken.ROLLED_BACK
    with TrailStore.open(place) as other:  # who never saw the rest cannot know
        assert ask(other, vkey, 1) == 1


@pytest.mark.parametrize("more", [range(500, 501), range(500, 503), range(500, 760)])
def test_a_log_that_went_another_way(store, place, vkey, decide, more):
    """As long or longer, and every checkpoint of it is signed: what the log's own key could do with an old copy."""
    decide(store, range(1, 5))
    decide(store, range(5, 6))
    assert ask(store, vkey, 5) == 5
    put_back(place, 5)
    decide(store, more)
    assert refused(store, vkey) is Broken.FORKED
    with TrailStore.open(place) as other:
        assert ask(other, vkey, 500) == 5
        assert ask(other, vkey, 5) is None


def test_nothing_is_remembered_of_what_is_refused(store, place, vkey, decide):
    decide(store, range(1, 3))
    ((body, leaf),) = rows(place, "SELECT body, leaf FROM entry WHERE idx = 2")
    edit(place, ("UPDATE entry SET body = ?, leaf = ? WHERE idx = 2", (body[:-1] + b" ", leaf)))
    assert refused(store, vkey) is Broken.TAMPERED
    edit(place, ("UPDATE entry SET body = ? WHERE idx = 2", (body,)))
    assert ask(store, vkey, 2) == 2


def test_a_head_that_nobody_signed(store, place, vkey, stranger, decide):
    from governance.trail import note

    decide(store, range(1, 3))
    with pytest.raises(VerificationFailed) as caught, store.confirmed([note.encode_vkey("x", stranger.public_key)]):
        pass
    assert caught.value.verdict is Broken.UNTRUSTED_KEY
    edit(place, "UPDATE head SET size = 2")
    assert refused(store, vkey) is Broken.TAMPERED


def test_threads_that_ask_while_the_log_grows(store, vkey, decide):
    """An older snapshot is no log that has shrunk, and what came after it is not found in it."""
    found, failed = [], []

    def asking():
        try:
            for _ in range(20):
                found.append(ask(store, vkey, 1))
        except Exception as error:
            failed.append(error)

    decide(store, range(1, 2))
    threads = [threading.Thread(target=asking) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(2, 20):
        decide(store, range(number, number + 1))
    for thread in threads:
        thread.join()
    assert (failed, set(found), len(found)) == ([], {1}, 80)


def test_a_snapshot_that_was_overtaken(store, vkey, decide):
    decide(store, range(1, 2))
    with store.confirmed([vkey]) as older:
        decide(store, range(2, 4))
        assert ask(store, vkey, 3) == 3
        assert store.known.newest_decision(older, f"{3:064x}") is None
        assert store.known.newest_decision(older, f"{1:064x}").index == 1
