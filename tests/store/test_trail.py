import os
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from governance.canonical import dumps, instant, sha256
from governance.errors import BadInput, Broken, MachineFault, VerificationFailed
from governance.evidence.origin import Subject
from governance.store.trail import TrailStore
from governance.store.verify import verify_trail
from governance.trail import checkpoint, merkle, proof, tiles
from governance.trail.entry import EntryType, Ref, commitment
from tests.store.conftest import on_a_file

ORIGIN = "log.example/store"
START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_a_new_trail_says_that_it_was_made(store, vkey):
    assert verify_trail(store, vkey).size == 1
    with store.snapshot() as trail:
        first = trail.entry(0).entry
        assert (first.type, first.origin, first.time) == (EntryType.LOG_CREATED, ORIGIN, "2026-03-01T12:00:00Z")
        assert trail.principal(first.actor) == f"log|{ORIGIN}"
        assert checkpoint.open_checkpoint(trail.checkpoint(), [vkey]) == trail.head()


@on_a_file
def test_a_file_is_one_file_and_its_owners(store, path, decide):
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    decide(store, range(3))
    store.close()
    assert [file.name for file in path.parent.iterdir()] == ["trail.db"]


def test_a_trail_is_never_replaced(store, place, signer, vkey):
    for _ in range(2):
        with pytest.raises(BadInput, match="already"):
            TrailStore.create(place, ORIGIN, signer, START)
        store.close()
    assert verify_trail(store, vkey).size == 1


def test_where_there_is_none(place):
    for _ in range(2):
        with pytest.raises(BadInput, match="no trail here"):
            TrailStore.open(place)


def test_append_close_open_read(store, place, decide, vkey):
    assert decide(store, range(3)) == [1, 2, 3]
    store.close()
    with TrailStore.open(place) as again, again.snapshot() as trail:
        assert verify_trail(again, vkey).documents == 3
        assert [stored.index for stored in trail.entries(1, 3)] == [1, 2]
        second = trail.entry(2)
        assert trail.entry(second.entry.id) == second
        assert trail.find(second.entry.id) == 2
        assert trail.find("0" * 36) is None
        (document,) = trail.documents_of(2)
        ref = second.entry.refs[0]
        assert ref == Ref(
            type="governance.decision/v1", commitment=commitment(document.salt, document.data), size=len(document.data)
        )
        assert trail.document(document.sha256) == document
        assert trail.entries_referring(document.sha256) == [second]
        assert trail.principal(second.entry.actor) == "local|ann"
        for missing in (4, -1, "0" * 36):
            with pytest.raises(BadInput, match="no such entry"):
                trail.entry(missing)
        with pytest.raises(BadInput, match="no such document"):
            trail.document("0" * 64)
        with pytest.raises(BadInput, match="no such entry"):
            trail.receipt(4)


def test_personal_data_stays_out_of_the_leaves(store, decide):
    decide(store, range(2))
    with store.snapshot() as trail:
        assert b"Ann" in trail.documents_of(1)[0].data
        for stored in trail.entries():
            assert b"nn" not in stored.data
        assert trail.entry(1).entry.actor == trail.entry(2).entry.actor == trail.known_pseudonym("local|ann")


def test_nothing_is_written_where_the_block_raises(store, signer, vkey):
    def fail(moment):
        with store.transaction(signer, START) as tx:
            ref = tx.put_document("governance.evidence/v1", b"{}")
            if moment == "after":
                tx.append(tx.compose(EntryType.EVIDENCE_SUBMITTED, "local|bob", refs=[ref]))
            raise ZeroDivisionError

    for moment in ("before", "after"):
        with pytest.raises(ZeroDivisionError):
            fail(moment)
    verify_trail(store, vkey)
    with store.snapshot() as trail:
        assert trail.head().size == 1
        assert trail.known_pseudonym("local|bob") is None
        with pytest.raises(BadInput, match="no such document"):
            trail.document(sha256(b"{}"))


def test_the_block_sees_the_newest_state_and_its_own_writes(store, signer, decide):
    decide(store, range(1))
    with store.transaction(signer, START + timedelta(hours=1)) as tx:
        assert tx.latest_decision(name="credit", version="0").index == 1
        ref = tx.put_document("governance.act/v1", b'{"kind":"approve"}')
        cause = tx.entry(1).entry.id
        entry = tx.compose(EntryType.REVIEW_APPROVED, "local|bob", refs=[ref], causes=[cause])
        index = tx.append(entry)
        assert tx.find(entry.id) == index == 2
    with store.snapshot() as trail:
        assert trail.entry(2).entry.causes == (cause,)


def test_appending_an_entry_again_changes_nothing(store, signer):
    def submit(now, document=b"{}"):
        with store.transaction(signer, now) as tx:
            ref = tx.put_document("governance.evidence/v1", document)
            entry_id = "019cab5b-0000-7000-8000-000000000001"
            return tx.append(tx.compose(EntryType.EVIDENCE_SUBMITTED, "local|ann", refs=[ref], entry_id=entry_id))

    assert submit(START) == submit(START + timedelta(minutes=3)) == 1
    with pytest.raises(BadInput, match="another entry"):
        submit(START, b"[]")
    with store.snapshot() as trail:
        assert trail.head().size == 2


def unknown_cause(tx):
    return tx.compose(EntryType.REVIEW_APPROVED, "local|ann", causes=["019cab5b-0000-7000-8000-000000000001"])


def another_logs(tx):
    return tx.compose(EntryType.EVIDENCE_SUBMITTED, "local|ann").model_copy(update={"origin": "log.example/other"})


def an_hour_ago(tx):
    entry = tx.compose(EntryType.EVIDENCE_SUBMITTED, "local|ann")
    return entry.model_copy(update={"time": instant(tx.now - timedelta(hours=1))})


def invented_reference(tx):
    ref = Ref(type="governance.evidence/v1", commitment="0" * 64, size=2)
    return tx.compose(EntryType.EVIDENCE_SUBMITTED, "local|ann", refs=[ref])


def reference_of_another_size(tx):
    ref = tx.put_document("governance.evidence/v1", b"{}").model_copy(update={"size": 3})
    return tx.compose(EntryType.EVIDENCE_SUBMITTED, "local|ann", refs=[ref])


def unreferenced_document(tx):
    tx.put_document("governance.evidence/v1", b"{}")
    return tx.compose(EntryType.EVIDENCE_SUBMITTED, "local|ann")


def decision_without_outcomes(tx):
    ref = tx.put_document("governance.decision/v1", b"{}")
    return tx.compose(EntryType.DECISION_ISSUED, "local|ann", refs=[ref])


def nul_in_a_name(tx):
    subject = Subject(name="a\0b", version="1", artifact=None)
    return tx.compose(EntryType.EVIDENCE_SUBMITTED, "local|ann", subject=subject)


def nul_in_an_environment(tx):
    ref = tx.put_document("governance.decision/v1", dumps({"outcomes": {"pr\0d": "allow"}}))
    return tx.compose(EntryType.DECISION_ISSUED, "local|ann", refs=[ref])


def nul_in_a_principal(tx):
    return tx.compose(EntryType.EVIDENCE_SUBMITTED, "local|a\0n")


def endless_name(tx):
    subject = Subject(name="n" * 5000, version="1", artifact=None)
    return tx.compose(EntryType.EVIDENCE_SUBMITTED, "local|ann", subject=subject)


@pytest.mark.parametrize(
    "build, error, words",
    [
        (unknown_cause, BadInput, "cause"),
        (another_logs, RuntimeError, "does not belong"),
        (an_hour_ago, RuntimeError, "before"),
        (invented_reference, RuntimeError, "put_document"),
        (reference_of_another_size, RuntimeError, "put_document"),
        (unreferenced_document, RuntimeError, "no entry refers"),
        (decision_without_outcomes, BadInput, "no outcomes"),
        (nul_in_a_name, BadInput, "NUL"),
        (nul_in_an_environment, BadInput, "NUL"),
        (nul_in_a_principal, BadInput, "NUL"),
        (endless_name, BadInput, "too large"),
    ],
)
def test_what_an_entry_may_not_be(store, signer, vkey, build, error, words):
    with pytest.raises(error, match=words), store.transaction(signer, START) as tx:
        tx.append(build(tx))
    assert verify_trail(store, vkey).size == 1


def test_decisions_are_found(store, decide):
    decide(store, range(2))
    decide(store, range(2, 3), outcome="deny")
    decide(store, range(1, 2), outcome="needs review")  # version 1 again, later
    with store.snapshot() as trail:
        assert [decision.index for decision in trail.decisions()] == [1, 2, 3, 4]
        assert trail.decisions("credit") == trail.decisions()
        assert trail.decisions("other") == []
        latest = trail.latest_decision(artifact=f"{1:064x}")
        assert latest == trail.latest_decision(name="credit", version="1")
        assert (latest.index, latest.version) == (4, "1")
        assert b"needs review" in trail.document(latest.sha256).data
        assert trail.latest_decision(artifact="f" * 64) is None
        assert trail.latest_allowed("credit", "prod").index == 2
        assert trail.latest_allowed("credit", "prod", before=2).index == 1
        assert trail.latest_allowed("credit", "prod", before=1) is None
        assert trail.latest_allowed("credit", "staging").index == 4
        assert trail.latest_allowed("credit", "nowhere") is None
        with pytest.raises(RuntimeError):
            trail.latest_decision(name="credit")


def test_receipts_and_consistency_over_many_tiles(store, decide, vkey):
    sizes = {}
    for start, end in ((0, 254), (254, 255), (255, 256), (256, 600)):
        decide(store, range(start, end))
        with store.snapshot() as trail:
            sizes[trail.head().size] = trail.head().root
    assert list(sizes) == [255, 256, 257, 601]
    verify_trail(store, vkey)
    with store.snapshot() as trail:
        head = trail.head()
        for index in (0, 1, 254, 255, 256, 511, 512, 600):
            data = trail.entry(index).data
            assert proof.verify(trail.receipt(index), data, [vkey]) == proof.Receipt(index, head)
        for old, root in sizes.items():
            merkle.verify_consistency(old, head.size, trail.consistency(old), root, head.root)
            assert checkpoint.open_checkpoint(trail.checkpoint(old), [vkey]).root == root
        with pytest.raises(BadInput, match="no checkpoint"):
            trail.checkpoint(300)
        # Entries and tiles are one tlog-tiles log that stands on its own.
        widths = [tiles.width_at(0, number, head.size) for number in range(3)]
        assert widths == [256, 256, 89]
        stored = b"".join(trail.tile(0, number, width) for number, width in enumerate(widths))
        leaves = [merkle.leaf_hash(one.data) for one in trail.entries()]
        assert b"".join(leaves) == stored
        assert trail.tile(1, 0, 2) == merkle.root(leaves[:256]) + merkle.root(leaves[256:512])
        assert merkle.root(leaves) == head.root


def test_threads_share_a_store(store, signer, vkey):
    def submit(number):
        with store.transaction(signer, START) as tx:
            ref = tx.put_document("governance.evidence/v1", b"%d" % number)
            index = tx.append(tx.compose(EntryType.EVIDENCE_SUBMITTED, "local|ann", refs=[ref]))
        with store.snapshot() as trail:
            proof.verify(trail.receipt(index), trail.entry(index).data, [vkey])
        return index

    with ThreadPoolExecutor(8) as threads:
        assert sorted(threads.map(submit, range(40))) == list(range(1, 41))
    assert verify_trail(store, vkey).size == 41


def test_time_does_not_run_backwards(store, signer, decide):
    decide(store, range(1), now=START + timedelta(hours=1))
    with store.transaction(signer, START + timedelta(minutes=58)) as tx:  # it waited for the lock
        assert tx.now == START + timedelta(hours=1)
    with pytest.raises(MachineFault, match="clock"), store.transaction(signer, START) as tx:
        pytest.fail("the block ran")


def test_another_key_may_not_continue_the_log(store, stranger, vkey):
    with pytest.raises(VerificationFailed) as caught, store.transaction(stranger, START):
        pytest.fail("the block ran")
    assert caught.value.verdict is Broken.UNTRUSTED_KEY
    assert verify_trail(store, vkey).size == 1


def test_a_signer_that_signs_with_another_key_writes_nothing(store, signer, stranger, vkey):
    class Crossed:
        public_key = signer.public_key
        sign = staticmethod(stranger.sign)

    with pytest.raises(RuntimeError, match="own public key"), store.transaction(Crossed(), START) as tx:
        tx.append(tx.compose(EntryType.EVIDENCE_SUBMITTED, "local|ann"))
    assert verify_trail(store, vkey).size == 1


def test_a_signer_that_fails_writes_nothing(store, signer, vkey):
    class Broke:
        public_key = signer.public_key

        def sign(self, message):
            raise MachineFault("the key's token was pulled out")

    with pytest.raises(MachineFault, match="token"), store.transaction(Broke(), START) as tx:
        tx.append(tx.compose(EntryType.EVIDENCE_SUBMITTED, "local|ann"))
    assert verify_trail(store, vkey).size == 1
