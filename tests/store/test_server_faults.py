"""The machine fails under a server: one clear message, nothing half written, and it works again once mended."""

import contextlib
import os
import re
import shutil
import subprocess
import threading
import time
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from governance.errors import BadInput, Broken, ExitCode, MachineFault, VerificationFailed
from governance.store import postgresql as backend
from governance.store.database import database_at
from governance.store.trail import TrailStore, origin_at
from governance.store.verify import verify_trail
from governance.trail.entry import EntryType

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
ENTRY = "019cab5b-0000-7000-8000-000000000001"
PASSWORD = "a-word-nobody-may-see"


@pytest.fixture
def place(database):
    return database


@pytest.fixture
def other(place):
    """Somebody else in the same database."""
    with psycopg.connect(place.secret, autocommit=True, options="-c search_path=governance") as connection:
        yield connection


@pytest.fixture
def limited(monkeypatch):
    """A limit is another one within the block."""

    @contextlib.contextmanager
    def limit(name, value):
        with monkeypatch.context() as patch:
            for settings in ("_SET", "_SET_WRITER"):
                changed = re.sub(rf"('{name}', ')\d+s'", rf"\g<1>{value}'", getattr(backend, settings))
                patch.setattr(backend, settings, changed)
            assert value in backend._SET_WRITER
            yield

    return limit


def backends(connection):
    """The other sessions in the same database."""
    return [
        pid
        for (pid,) in connection.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'"
        )
    ]


def submit(store, signer, now=START, meanwhile=lambda: None):
    """Append one entry under an id of ours; returns its index."""
    with store.transaction(signer, now) as tx:
        ref = tx.put_document("governance.evidence/v1", b"{}")
        meanwhile()
        return tx.append(tx.compose(EntryType.EVIDENCE_SUBMITTED, "local|ann", refs=[ref], entry_id=ENTRY))


class TestNotLetIn:
    """Before there is a connection, the driver has only the server's words."""

    def said(self, place):
        with pytest.raises(MachineFault) as caught:
            TrailStore.open(place)
        assert caught.value.exit_code is ExitCode.INTERNAL
        assert PASSWORD not in str(caught.value)
        assert str(caught.value).startswith("postgresql://")
        assert caught.value.where == str(place)
        return str(caught.value)

    def test_wrong_password(self, postgresql, place):
        postgresql.execute("DROP ROLE IF EXISTS stranger")
        postgresql.execute("CREATE ROLE stranger LOGIN PASSWORD 'other'")
        text = self.said(postgresql.url(place.secret.split("/")[3].split("?")[0], "stranger", PASSWORD))
        assert "does not let us in" in text and "password authentication failed" in text

    def test_nobody_of_that_name(self, postgresql):
        assert "does not let us in" in self.said(postgresql.url("postgres", "nobody_of_that_name", PASSWORD))

    def test_no_such_database(self, postgresql):
        assert "no such database" in self.said(postgresql.url("nowhere", "postgres", PASSWORD))

    def test_no_server(self, tmp_path):
        from governance.settings import DatabaseUrl

        assert "is gone" in self.said(DatabaseUrl(f"postgresql://ann:{PASSWORD}@/trail?host={tmp_path}"))
        assert "is gone" in self.said(DatabaseUrl(f"postgresql://ann:{PASSWORD}@127.0.0.1:1/trail"))

    def test_too_many_connections(self, postgresql, place):
        name = place.secret.split("/")[3].split("?")[0]
        postgresql.execute("DROP ROLE IF EXISTS lonely")
        postgresql.execute("CREATE ROLE lonely LOGIN CONNECTION LIMIT 0")
        assert "the database has too many connections" in self.said(postgresql.url(name, "lonely", PASSWORD))

    def test_not_of_this_database(self, postgresql, place):
        name = place.secret.split("/")[3].split("?")[0]
        postgresql.execute("DROP ROLE IF EXISTS lonely")
        postgresql.execute("CREATE ROLE lonely LOGIN")
        postgresql.execute(f"REVOKE CONNECT ON DATABASE {name} FROM PUBLIC")
        assert "does not let us in" in self.said(postgresql.url(name, "lonely", PASSWORD))

    def test_an_address_that_libpq_does_not_take(self):
        from governance.settings import DatabaseUrl

        with pytest.raises(BadInput) as caught:
            TrailStore.open(DatabaseUrl(f"postgresql://ann:{PASSWORD}@host:port/trail?such=none"))
        assert PASSWORD not in str(caught.value)
        assert caught.value.__cause__ is None and caught.value.__suppress_context__


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


def fill(store, decide, done, step):
    """Append until the trail has no space: how many entries are in it then, and what was said."""
    while True:
        try:
            decide(store, range(done, done + step))
        except MachineFault as fault:
            return done, fault
        done += step


def test_disk_full_and_freed_again(postgresql, tmp_path, signer, decide, vkey):
    mount = shutil.which("mount")
    if os.geteuid() != 0 or mount is None:
        pytest.skip("mounting a small file system needs root")
    disk = postgresql.folder / "disk"
    disk.mkdir()
    done = subprocess.run([mount, "-t", "tmpfs", "-o", "size=16m,mode=0777", "tmpfs", str(disk)], capture_output=True)
    if done.returncode:
        pytest.skip("no small file system here")
    try:
        space = disk / "space"
        space.mkdir(mode=0o700)
        shutil.chown(space, "nobody")
        postgresql.execute(f"CREATE TABLESPACE small LOCATION '{space}'")
        postgresql.execute("CREATE DATABASE small TEMPLATE template0 TABLESPACE small")
        with TrailStore.create(postgresql.url("small"), "log.example/store", signer, START) as store:
            decide(store, range(5))
            ballast = disk / "ballast"
            with ballast.open("wb", buffering=0) as file:
                try:
                    while True:
                        file.write(bytes(8192))
                except OSError:
                    pass
            done, fault = fill(store, decide, 5, 20)
            assert "no space left" in str(fault) and "nothing was written" in str(fault)
            ballast.unlink()
            assert verify_trail(store, vkey).size == done + 1
            decide(store, range(done, done + 20))
            assert verify_trail(store, vkey).size == done + 21
    finally:
        postgresql.execute("DROP DATABASE IF EXISTS small WITH (FORCE)")
        postgresql.execute("DROP TABLESPACE IF EXISTS small")
        subprocess.run(["umount", "-l", str(disk)], check=True)


@pytest.mark.parametrize(
    "code, words",
    [
        ("08006", "is gone"), ("57P01", "is gone"), ("57P03", "is gone"), ("25006", "only be read"),
        ("25P03", "too long without a word"), ("28P01", "does not let us in"), ("28000", "does not let us in"),
        ("3D000", "no such database"), ("40001", "gave way"), ("40P01", "gave way"), ("42501", "may not do that"),
        ("53100", "no space left"), ("53200", "not enough memory"), ("53300", "too many connections"),
        ("55P03", "another process held"), ("57014", "took more than"), ("58030", "disk under the database"),
        ("XX000", "failed inside"),
    ],
)  # fmt: skip
def test_each_code_of_the_machine_has_its_message(place, code, words):
    with pytest.raises(MachineFault, match=words) as caught, database_at(place).faults():
        raise psycopg.errors.lookup(code)("the server's words")
    assert caught.value.fix and "the server's words" in caught.value.got


@pytest.mark.parametrize("code", ["42P01", "42703", "42883", "XX001", "XX002", "3F000"])
def test_each_code_of_a_broken_trail_is_a_verdict(place, code):
    with pytest.raises(VerificationFailed) as caught, database_at(place).faults():
        raise psycopg.errors.lookup(code)("the server's words")
    assert caught.value.verdict is Broken.MALFORMED


@pytest.mark.parametrize("code", ["23505", "22P02"])
def test_our_own_mistakes_stay_what_they_are(place, code):
    with pytest.raises(psycopg.errors.lookup(code)), database_at(place).faults():
        raise psycopg.errors.lookup(code)("the server's words")


def test_an_encoding_that_cannot_hold_every_text(postgresql, signer):
    postgresql.execute("CREATE DATABASE narrow TEMPLATE template0 ENCODING 'SQL_ASCII'")
    try:
        with pytest.raises(BadInput, match="cannot hold every text"):
            TrailStore.create(postgresql.url("narrow"), "log.example/store", signer, START)
    finally:
        postgresql.drop("narrow")


def test_somebody_elses_tables(place, other, signer, vkey):
    """Beside ours they do not matter, whatever they are called; in our schema there is no room for them."""
    other.execute("CREATE TABLE public.entry (theirs text); CREATE TABLE public.head (theirs text)")
    TrailStore.create(place, "log.example/store", signer, START).close()
    with TrailStore.open(place) as store:
        assert verify_trail(store, vkey).size == 1
    other.execute("DROP SCHEMA governance CASCADE; CREATE SCHEMA governance; CREATE TABLE governance.theirs (x text)")
    with pytest.raises(BadInput, match="already"):
        TrailStore.create(place, "log.example/store", signer, START)
    for look in (TrailStore.open, origin_at):
        with pytest.raises(VerificationFailed, match="not a trail's"):
            look(place)
    assert other.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'governance'").fetchone() == (1,)


def test_a_text_that_cannot_be_asked_for(store):
    with pytest.raises(BadInput, match="not a text"), store.snapshot() as trail:
        trail.decisions("a\0b")


def test_rows_that_the_database_hides(store, decide, other, vkey, postgresql, place):
    """The owner of the tables shows a user other rows than there are."""
    decide(store, range(3))
    other.execute(
        "DROP ROLE IF EXISTS reader; CREATE ROLE reader LOGIN; GRANT USAGE ON SCHEMA governance TO reader;"
        "GRANT SELECT ON ALL TABLES IN SCHEMA governance TO reader;"
        "ALTER TABLE entry ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON entry USING (idx <> 2)"
    )
    try:
        with TrailStore.open(postgresql.url(other.info.dbname, "reader")) as blinded:
            with pytest.raises(VerificationFailed) as caught:
                verify_trail(blinded, vkey)
            assert caught.value.verdict is Broken.INCOMPLETE
    finally:
        other.execute("DROP OWNED BY reader; DROP ROLE reader")


def test_the_base_install_says_which_extra_is_missing(place, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "psycopg", None)
    monkeypatch.delitem(sys.modules, "governance.store.postgresql")
    monkeypatch.delattr("governance.store.postgresql")
    with pytest.raises(BadInput) as caught:
        TrailStore.open(place)
    assert "governance[server]" in caught.value.fix
