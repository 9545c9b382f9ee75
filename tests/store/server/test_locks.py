"""Who else reads and writes: each sees one state, and nobody waits for ever."""

import threading
import time

import pytest

from governance.errors import MachineFault
from governance.store import postgresql as backend
from governance.store.trail import TrailStore
from governance.store.verify import verify_trail
from tests.store.conftest import START
from tests.store.server.writing import submit


class TestLocks:
    def test_another_writer(self, store, other, decide, limited):
        with other.transaction():
            other.execute("SELECT pg_advisory_xact_lock(%s)", (backend.LOCK,))
            said = "another process held the trail for more than 30 seconds"
            with pytest.raises(MachineFault, match=said), limited("lock_timeout", "100ms"):
                decide(store, range(1))
            with store.snapshot() as trail:  # readers are not held up
                assert trail.head().size == 1
        decide(store, range(1))

    def test_somebody_who_does_not_know_our_lock(self, store, other, decide, limited):
        with other.transaction():
            other.execute("SELECT * FROM head FOR UPDATE")
            with pytest.raises(MachineFault, match="another process held"), limited("lock_timeout", "100ms"):
                decide(store, range(1))
        decide(store, range(1))

    def test_the_next_one_builds_on_what_the_one_before_wrote(self, store, signer, other, decide, vkey):
        def wait_for_the_next():
            thread.start()
            for _ in range(600):
                if other.execute("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted").fetchall():
                    return
                time.sleep(0.05)

        told = []
        thread = threading.Thread(target=lambda: told.extend(decide(store, range(1))))
        told.append(submit(store, signer, meanwhile=wait_for_the_next))
        thread.join()
        assert sorted(told) == [1, 2]
        assert verify_trail(store, vkey).size == 3

    def test_a_writer_that_hangs_does_not_hold_the_lock_for_ever(self, store, place, signer, decide, limited):
        limit = limited("idle_in_transaction_session_timeout", "500ms")
        with pytest.raises(MachineFault, match="held the trail too long"), limit:
            submit(store, signer, meanwhile=lambda: time.sleep(1))
        with TrailStore.open(place) as second:
            assert decide(second, range(1)) == [1]

    def test_a_statement_that_takes_too_long(self, store, limited):
        limit, said = limited("statement_timeout", "100ms"), "took more than 60 seconds"
        with pytest.raises(MachineFault, match=said), limit, store.snapshot() as trail:
            trail._session.connection().exec_driver_sql("SELECT pg_sleep(5)")

    def test_the_limits_are_what_they_say(self, store, signer):
        with store.transaction(signer, START) as tx:
            values = {
                name: tx._session.connection().exec_driver_sql(f"SHOW {name}").scalar()
                for name in ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout", "search_path")
            }
        assert list(values.values()) == ["30s", "1min", "1min", "governance, pg_temp"]


class TestOneState:
    def test_a_reader_sees_one_and_cannot_write(self, store, decide):
        with store.snapshot() as trail:
            assert trail.head().size == 1
            decide(store, range(5))
            trail._session.expire_all()
            assert trail.head().size == 1
            assert trail.find(trail.entry(0).entry.id) == 0
            assert len(list(trail.entries())) == 1
        with pytest.raises(MachineFault, match="may only be read"), store.snapshot() as trail:
            trail._session.connection().exec_driver_sql("DELETE FROM pseudonym")

    def test_whatever_the_database_says_is_the_default(self, place, postgresql, store, decide, other):
        other.execute(f"ALTER DATABASE {other.info.dbname} SET default_transaction_isolation = 'serializable'")
        store.close()
        with TrailStore.open(place) as one, TrailStore.open(place) as two:
            for number in range(3):
                assert decide(one, range(2 * number, 2 * number + 1)) == [2 * number + 1]
                assert decide(two, range(2 * number + 1, 2 * number + 2)) == [2 * number + 2]
