"""The machine fails under a file: one clear message, nothing half written, and it works again once mended."""

import contextlib
import os
import sqlite3
from datetime import UTC, datetime

import pytest
from sqlalchemy import event

from governance.errors import Broken, ExitCode, MachineFault, VerificationFailed
from governance.store import sqlite
from governance.store.trail import TrailStore
from governance.store.verify import verify_trail
from tests.disk import mounted, remount

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def place(tmp_path):
    return tmp_path / "trail.db"


@pytest.fixture
def small_disk(tmp_path):
    with mounted(tmp_path / "disk", "3m") as place:
        yield place


def fill(store, decide, step):
    """Append until the trail has no space: how many entries went in, and what was said."""
    done = 0
    while True:
        try:
            decide(store, range(done, done + step))
        except MachineFault as fault:
            return done, fault
        done += step


def test_no_page_left(store, decide, vkey):
    @event.listens_for(store._engine, "connect")
    def _limit(connection, _record):
        connection.execute("PRAGMA max_page_count=80")

    store.close()  # so that the next connection is a limited one
    done, fault = fill(store, decide, 20)
    assert fault.exit_code is ExitCode.INTERNAL
    assert "no space left" in str(fault)
    assert "nothing was written" in str(fault)
    assert done > 0
    assert verify_trail(store, vkey).size == done + 1


def test_disk_full_and_freed_again(small_disk, signer, decide, vkey):
    path = small_disk / "trail.db"
    with TrailStore.create(path, "log.example/store", signer, START) as store:
        ballast = small_disk / "ballast"
        with contextlib.suppress(OSError):
            ballast.write_bytes(bytes(4_000_000))
        done, fault = fill(store, decide, 20)
        assert "no space left" in str(fault)
        assert verify_trail(store, vkey).size == done + 1
        ballast.unlink()
        decide(store, range(done, done + 20))
        assert verify_trail(store, vkey).size == done + 21


def test_a_read_only_place(small_disk, signer, decide):
    path = small_disk / "trail.db"
    TrailStore.create(path, "log.example/store", signer, START).close()
    remount(small_disk, "ro")
    with pytest.raises(MachineFault) as caught, TrailStore.open(path) as store:
        decide(store, range(1))
    assert caught.value.exit_code is ExitCode.INTERNAL
    with pytest.raises(MachineFault, match="cannot be made"):
        TrailStore.create(small_disk / "other.db", "log.example/store", signer, START)
    remount(small_disk, "rw")
    with TrailStore.open(path) as store:
        decide(store, range(1))


def test_no_folder(tmp_path, signer):
    with pytest.raises(MachineFault, match="folder"):
        TrailStore.create(tmp_path / "no" / "trail.db", "log.example/store", signer, START)


def test_locked(store, path, decide, monkeypatch):
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.05)
    with TrailStore.open(path) as second, contextlib.closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(MachineFault, match="another process held the trail"):
            decide(second, range(1))
        with second.snapshot() as trail:  # readers are not held up
            assert trail.head().size == 1
        other.rollback()
        decide(second, range(1))


@pytest.mark.parametrize(
    "content", [b"not a database, just text " * 100, os.urandom(40_000), b"SQLite format 3\0" + bytes(5000)]
)
def test_not_a_database(path, content):
    path.write_bytes(content)
    with pytest.raises(VerificationFailed) as caught:
        TrailStore.open(path)
    assert caught.value.verdict in (Broken.MALFORMED, Broken.INCOMPLETE)
    assert caught.value.exit_code is ExitCode.VERIFICATION
    assert path.read_bytes() == content


def test_somebody_elses_database_is_left_alone(path, signer):
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    content = path.read_bytes()
    with pytest.raises(VerificationFailed, match="not a trail"):
        TrailStore.open(path)
    with pytest.raises(Exception, match="already"):
        TrailStore.create(path, "log.example/store", signer, START)
    assert path.read_bytes() == content
