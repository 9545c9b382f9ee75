"""The machine fails under a server: nothing is half written, and it works again once mended."""

import shutil
import threading
import time
from datetime import timedelta

import pytest

from governance.errors import MachineFault
from governance.store.trail import TrailStore
from governance.store.verify import verify_trail
from tests.disk import fill, mounted
from tests.store.conftest import ORIGIN, START
from tests.store.server.writing import ENTRY, backends, submit


class TestDurable:
    def test_whoever_lowered_it(self, place, store, signer, other):
        other.execute(f"ALTER DATABASE {other.info.dbname} SET synchronous_commit = off")
        store.close()
        with TrailStore.open(place) as opened, opened.transaction(signer, START) as tx:
            assert tx._session.connection().exec_driver_sql("SHOW synchronous_commit").scalar() == "on"

    def test_whoever_wants_more_keeps_it(self, place, store, signer, other):
        other.execute(f"ALTER DATABASE {other.info.dbname} SET synchronous_commit = remote_apply")
        store.close()
        with TrailStore.open(place) as opened:
            with opened.transaction(signer, START) as tx:
                assert tx._session.connection().exec_driver_sql("SHOW synchronous_commit").scalar() == "remote_apply"
            submit(opened, signer)

    def test_whoever_lowers_it_in_our_transaction(self, store, signer, other, vkey):
        other.execute(
            "CREATE FUNCTION hurry() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN SET LOCAL synchronous_commit = off; RETURN NEW; END $$;"
            "CREATE TRIGGER hurry BEFORE INSERT ON entry FOR EACH ROW EXECUTE FUNCTION hurry()"
        )
        with pytest.raises(MachineFault, match="before it is on the disk"):
            submit(store, signer)
        assert verify_trail(store, vkey).size == 1

    def test_the_server_dies_after_each_commit(self, place, postgresql, store, signer, vkey):
        """The server's own default would lose the last commits: it runs without synchronous_commit."""
        assert postgresql.execute("SHOW synchronous_commit") == [("off",)]
        submit(store, signer)
        with TrailStore.open(place) as second:
            postgresql.crash()
            try:
                with pytest.raises(MachineFault, match="is gone"), second.snapshot() as trail:
                    trail.head()
            finally:
                postgresql.start()
        # The same store, whose connections are all dead.
        assert submit(store, signer, START + timedelta(seconds=1)) == 1
        assert verify_trail(store, vkey).size == 2

    def test_what_is_not_checked_is_said(self, store, vkey):
        files, power = verify_trail(store, vkey).not_checked
        assert "pg_amcheck" in files and "fsync = off" in power


class TestLost:
    def test_before_the_commit(self, store, signer, other, vkey):
        def terminate():
            for pid in backends(other):
                other.execute("SELECT pg_terminate_backend(%s)", (pid,))

        with pytest.raises(MachineFault, match="is gone"):
            submit(store, signer, meanwhile=terminate)
        assert verify_trail(store, vkey).size == 1
        assert submit(store, signer) == 1

    @pytest.mark.parametrize("recorded", [True, False])
    def test_during_the_commit(self, store, signer, other, vkey, postgresql, recorded):
        """The commit waits: for a standby that never comes, when it is on this disk already, or for a constraint."""
        if recorded:
            postgresql.execute("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
            postgresql.execute("SELECT pg_reload_conf()")
            waits = "wait_event = 'SyncRep'"
        else:
            other.execute(
                "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(60);"
                " RETURN NULL; END $$; CREATE CONSTRAINT TRIGGER wait AFTER INSERT ON entry"
                " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION wait()"
            )
            waits = "wait_event = 'PgSleep'"

        def terminate():
            for _ in range(600):
                query = f"SELECT pid FROM pg_stat_activity WHERE query = 'COMMIT' AND {waits}"
                for (pid,) in postgresql.execute(query):
                    postgresql.execute("SELECT pg_terminate_backend(%s)", pid)
                    return
                time.sleep(0.05)

        thread = threading.Thread(target=terminate)
        thread.start()
        try:
            with pytest.raises(MachineFault) as caught:
                submit(store, signer)
        finally:
            thread.join()
            postgresql.execute("ALTER SYSTEM RESET synchronous_standby_names")
            postgresql.execute("SELECT pg_reload_conf()")
            other.execute("DROP FUNCTION IF EXISTS wait CASCADE")
        assert "whether this was recorded is not known" in str(caught.value)
        assert ENTRY in str(caught.value)
        with store.snapshot() as trail:
            assert trail.find(ENTRY) == (1 if recorded else None)
        # Doing it again leads to the same trail, whichever it was.
        assert submit(store, signer, START + timedelta(seconds=1)) == 1
        assert verify_trail(store, vkey).size == 2

    def test_what_the_server_refuses_at_commit_is_not_unknown(self, store, signer, other):
        other.execute(
            "CREATE FUNCTION full_() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'no room' USING ERRCODE = 'disk_full'; END $$;"
            "CREATE CONSTRAINT TRIGGER full_ AFTER INSERT ON entry"
            " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION full_()"
        )
        with pytest.raises(MachineFault, match="no space left for the trail"):
            submit(store, signer)


def test_read_only(place, store, decide, other, vkey):
    other.execute(f"ALTER DATABASE {other.info.dbname} SET default_transaction_read_only = on")
    store.close()
    with TrailStore.open(place) as opened:
        with pytest.raises(MachineFault, match="may only be read"):
            decide(opened, range(1))
        assert verify_trail(opened, vkey).size == 1


def fill_trail(store, decide, done, step):
    """Append until the trail has no space: how many entries are in it then, and what was said."""
    while True:
        try:
            decide(store, range(done, done + step))
        except MachineFault as fault:
            return done, fault
        done += step


def test_disk_full_and_freed_again(postgresql, signer, decide, vkey):
    with mounted(postgresql.folder / "disk", "16m") as disk:
        try:
            space = disk / "space"
            space.mkdir(mode=0o700)
            shutil.chown(space, "nobody")
            postgresql.execute(f"CREATE TABLESPACE small LOCATION '{space}'")
            postgresql.execute("CREATE DATABASE small TEMPLATE template0 TABLESPACE small")
            with TrailStore.create(postgresql.url("small"), ORIGIN, signer, START) as store:
                decide(store, range(5))
                ballast = fill(disk)
                done, fault = fill_trail(store, decide, 5, 20)
                assert "no space left" in str(fault) and "nothing was written" in str(fault)
                ballast.unlink()
                assert verify_trail(store, vkey).size == done + 1
                decide(store, range(done, done + 20))
                assert verify_trail(store, vkey).size == done + 21
        finally:
            postgresql.execute("DROP DATABASE IF EXISTS small WITH (FORCE)")
            postgresql.execute("DROP TABLESPACE IF EXISTS small")
