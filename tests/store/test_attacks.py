"""What an attacker with the database, but without the key, can do, and what only a checkpoint kept elsewhere shows."""

import contextlib
import random
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from governance.canonical import sha256
from governance.errors import Broken, GovernanceError, VerificationFailed
from governance.store.trail import TrailStore
from governance.store.verify import verify_trail
from governance.trail import checkpoint, merkle, note, tiles
from governance.trail.entry import commitment
from tests.store.attacker import edit, rows
from tests.store.conftest import on_a_file

SIZE = 301
COPY = "INSERT INTO entry SELECT 301, 'copy', leaf, body, type, name, version, artifact FROM entry WHERE idx = 20"
START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def make_sound(place, signer, decide):
    """A trail of 301 entries in four commits."""
    with TrailStore.create(place, "log.example/store", signer, START) as store:
        decide(store, range(1, 100))
        decide(store, range(100, 300))
        decide(store, range(300, 301))


@pytest.fixture(scope="module")
def sound_file(tmp_path_factory, signer, decide):
    path = tmp_path_factory.mktemp("sound") / "trail.db"
    make_sound(path, signer, decide)
    return path.read_bytes()


@pytest.fixture(scope="module")
def sound_database(postgresql, signer, decide):
    name = postgresql.new()
    make_sound(postgresql.url(name), signer, decide)
    yield name
    postgresql.drop(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def sound(request, tmp_path):
    """A copy of the sound trail."""
    if request.param == "sqlite":
        path = tmp_path / "trail.db"
        path.write_bytes(request.getfixturevalue("sound_file"))
        yield path
        return
    server = request.getfixturevalue("postgresql")
    name = server.new(template=request.getfixturevalue("sound_database"))
    yield server.url(name)
    server.drop(name)


@pytest.fixture
def other(place, request, tmp_path):
    """A second place on the same kind of database."""
    if isinstance(place, Path):
        yield tmp_path / "other.db"
        return
    server = request.getfixturevalue("postgresql")
    name = server.new()
    yield server.url(name)
    server.drop(name)


def refused(place, vkey, seen=()):
    with pytest.raises(VerificationFailed) as caught, TrailStore.open(place) as store:
        verify_trail(store, vkey, seen)
    return caught.value.verdict, str(caught.value)


def changed_body(place, index):
    """Another well-formed entry of the same size, for row `index`."""
    ((body,),) = rows(place, "SELECT body FROM entry WHERE idx = ?", index)
    other = body.replace(b"2026-03-01T12:00:01Z", b"2026-03-01T12:00:02Z")
    assert other != body
    return other, merkle.leaf_hash(other)


def test_sound(sound, vkey):
    with TrailStore.open(sound) as store:
        verified = verify_trail(store, vkey)
    assert (verified.size, verified.documents, verified.checkpoints, verified.level) == (SIZE, SIZE - 1, 4, 0)


def test_1_edit_one_row(sound, vkey):
    edit(sound, ("UPDATE entry SET body = ? WHERE idx = 7", (changed_body(sound, 7)[0],)))
    verdict, text = refused(sound, vkey)
    assert verdict is Broken.TAMPERED
    assert "entry 7" in text


@pytest.mark.parametrize("index, named", [(7, "checkpoint 100"), (150, "tile/0/000"), (299, "checkpoint 300")])
def test_2_edit_a_row_and_its_leaf_hash(sound, vkey, index, named):
    edit(sound, (f"UPDATE entry SET body = ?, leaf = ? WHERE idx = {index}", changed_body(sound, index)))
    verdict, text = refused(sound, vkey)
    assert verdict is Broken.TAMPERED
    assert named in text


@pytest.mark.parametrize("resigned", [False, True])
def test_3_edit_a_row_and_everything_above_it(sound, vkey, resigned, stranger):
    """Leaf, tile, head and all later checkpoints are made to fit: only the key is missing."""
    body, leaf = changed_body(sound, 200)
    leaves = [row[0] for row in rows(sound, "SELECT leaf FROM entry ORDER BY idx")]
    leaves[200] = leaf
    statements = [
        ("UPDATE entry SET body = ?, leaf = ? WHERE idx = 200", (body, leaf)),
        ("UPDATE tile SET hashes = ?, root = ?", (b"".join(leaves[:256]), merkle.root(leaves[:256]))),
        ("UPDATE head SET root = ?", (merkle.root(leaves),)),
    ]
    for size in (300, SIZE):
        state = checkpoint.Checkpoint("log.example/store", size, merkle.root(leaves[:size]))
        ((old,),) = rows(sound, "SELECT note FROM checkpoint WHERE size = ?", size)
        forged = (
            checkpoint.sign(state, stranger) if resigned else state.to_text().encode() + old[old.index(b"\n\n") + 1 :]
        )
        statements.append(("UPDATE checkpoint SET note = ? WHERE size = ?", (forged, size)))
    edit(sound, *statements)
    verdict, text = refused(sound, vkey)
    assert verdict is (Broken.UNTRUSTED_KEY if resigned else Broken.TAMPERED)
    assert "the newest checkpoint" in text


@pytest.mark.parametrize("index", [0, 7, 280, SIZE - 1])
def test_4_delete_a_row(sound, vkey, index):
    edit(sound, f"DELETE FROM reference WHERE idx = {index}", f"DELETE FROM entry WHERE idx = {index}")
    verdict, text = refused(sound, vkey)
    assert verdict is Broken.INCOMPLETE
    assert f"entry {index} is missing" in text


def test_5_cut_off_the_end_with_its_checkpoints(sound, vkey):
    """Inside the file nothing shows; a checkpoint kept elsewhere does."""
    ((kept,),) = rows(sound, f"SELECT note FROM checkpoint WHERE size = {SIZE}")
    old = checkpoint.parse(
        rows(sound, "SELECT note FROM checkpoint WHERE size = 300")[0][0].decode().split("\n\n")[0] + "\n"
    )
    (last,) = rows(sound, "SELECT document FROM reference WHERE idx = 300")[0]
    edit(
        sound,
        *(f"DELETE FROM {table} WHERE idx = 300" for table in ("reference", "outcome", "standing", "entry")),
        f"DELETE FROM document WHERE sha256 = '{last}'",
        f"DELETE FROM checkpoint WHERE size = {SIZE}",
        ("UPDATE head SET size = 300, root = ?", (old.root,)),
    )
    with TrailStore.open(sound) as store:
        verified = verify_trail(store, vkey)
    assert (verified.size, verified.level) == (300, 0)
    assert refused(sound, vkey, [kept])[0] is Broken.ROLLED_BACK


def test_12_two_roots_at_one_size(sound, vkey, signer):
    forged = checkpoint.sign(checkpoint.Checkpoint("log.example/store", 150, bytes(32)), signer)
    assert refused(sound, vkey, [forged])[0] is Broken.FORKED


def test_14_rewritten_with_the_stolen_key(place, other, signer, vkey, decide):
    """Another history under the same key verifies by itself, but not beside a checkpoint of the first one."""
    with TrailStore.create(place, "log.example/store", signer, START) as first:
        decide(first, range(5))
        with first.snapshot() as trail:
            kept = trail.checkpoint()
    with TrailStore.create(other, "log.example/store", signer, START) as store:
        decide(store, range(9))
        verify_trail(store, vkey)
    assert refused(other, vkey, [kept])[0] is Broken.FORKED


SWAPPED = (
    "UPDATE entry SET idx = -1 WHERE idx = 20",
    "UPDATE entry SET idx = 20 WHERE idx = 21",
    "UPDATE entry SET idx = 21 WHERE idx = -1",
)
INSERTED = (
    "UPDATE entry SET idx = idx + 1000 WHERE idx >= 20",
    "INSERT INTO entry SELECT 20, 'copy', leaf, body, type, name, version, artifact FROM entry WHERE idx = 19",
    "UPDATE entry SET idx = idx - 999 WHERE idx >= 1000",
)


@pytest.mark.parametrize("statements", [SWAPPED, (COPY,), INSERTED], ids=["reorder", "duplicate", "insert"])
def test_6_reorder_duplicate_insert(sound, vkey, statements):
    edit(sound, *statements)
    assert refused(sound, vkey)[0] is Broken.TAMPERED


def test_7_swap_signatures_between_checkpoints(sound, vkey):
    one, two = (rows(sound, "SELECT note FROM checkpoint WHERE size = ?", size)[0][0] for size in (100, 300))
    for size, text, line in ((100, one, two), (300, two, one)):
        swapped = text.rpartition(b"\n\n")[0] + b"\n\n" + line.rpartition(b"\n\n")[2]
        edit(sound, ("UPDATE checkpoint SET note = ? WHERE size = ?", (swapped, size)))
    verdict, text = refused(sound, vkey)
    assert verdict is Broken.TAMPERED
    assert "checkpoint 100" in text


def test_8_another_key(sound, stranger):
    assert refused(sound, note.encode_vkey("log.example/store", stranger.public_key))[0] is Broken.UNTRUSTED_KEY


@pytest.mark.parametrize(
    "statement, verdict, named",
    [
        ("UPDATE tile SET hashes = zeroblob(8192)", Broken.TAMPERED, "tile/0/000"),
        ("UPDATE tile SET hashes = zeroblob(31)", Broken.INCOMPLETE, "tile/0/000"),
        ("UPDATE tile SET root = zeroblob(32)", Broken.TAMPERED, "tile/0/000"),
        ("DELETE FROM tile", Broken.INCOMPLETE, "tile/0/000"),
        ("INSERT INTO tile VALUES (3, 0, zeroblob(32), zeroblob(8192))", Broken.TAMPERED, "tiles"),
        ("DELETE FROM checkpoint WHERE size = 301", Broken.TAMPERED, "head"),
        ("DELETE FROM checkpoint", Broken.INCOMPLETE, "checkpoint"),
        ("UPDATE checkpoint SET note = zeroblob(10) WHERE size = 100", Broken.MALFORMED, "checkpoint 100"),
        ("UPDATE head SET size = 300", Broken.TAMPERED, "head"),
        ("UPDATE head SET root = zeroblob(32)", Broken.TAMPERED, "head"),
        ("UPDATE head SET origin = 'log.example/other'", Broken.TAMPERED, "head"),
        ("DELETE FROM head", Broken.INCOMPLETE, "head"),
        (
            "UPDATE document SET data = zeroblob(9) WHERE sha256 = {third}",
            Broken.TAMPERED,
            "document",
        ),
        (
            "UPDATE document SET salt = zeroblob(32) WHERE sha256 = {third}",
            Broken.TAMPERED,
            "salt",
        ),
        (
            "UPDATE document SET type = 'governance.act/v1' WHERE sha256 = {third}",
            Broken.TAMPERED,
            "entry 3",
        ),
        (
            "DELETE FROM document WHERE sha256 = {third}",
            Broken.INCOMPLETE,
            "entry 3",
        ),
        ("DELETE FROM reference WHERE idx = 3", Broken.TAMPERED, "references of entry 3"),
        (
            "UPDATE reference SET document = (SELECT max(sha256) FROM document) WHERE idx=3",
            Broken.TAMPERED,
            "entry 3",
        ),
        ("UPDATE outcome SET outcome = 'deny' WHERE idx = 5", Broken.TAMPERED, "outcomes of entry 5"),
        ("INSERT INTO outcome VALUES (5, 'lab', 'allow')", Broken.TAMPERED, "outcomes of entry 5"),
        ("INSERT INTO outcome VALUES (999, 'lab', 'allow')", Broken.TAMPERED, "999"),
        ("UPDATE entry SET name = 'other' WHERE idx = 6", Broken.TAMPERED, "entry 6"),
        ("UPDATE entry SET artifact = NULL WHERE idx = 6", Broken.TAMPERED, "entry 6"),
        ("UPDATE entry SET id = 'x' WHERE idx = 6", Broken.TAMPERED, "entry 6"),
        ("UPDATE entry SET type = 'x' WHERE idx = 6", Broken.TAMPERED, "entry 6"),
        ("DROP TABLE tile", Broken.MALFORMED, "tile"),
    ],
)
def test_each_kind_of_row(sound, vkey, statement, verdict, named):
    ((third,),) = rows(sound, "SELECT document FROM reference WHERE idx = 3")
    edit(sound, statement.format(third=f"'{third}'"))
    got, text = refused(sound, vkey)
    assert got is verdict
    assert named in text


def test_a_document_that_no_entry_refers_to(sound, vkey):
    salt = bytes(32)
    row = (sha256(b"{}"), "governance.act/v1", salt, commitment(salt, b"{}"), b"{}")
    edit(sound, ("INSERT INTO document VALUES (?, ?, ?, ?, ?)", row))
    verdict, text = refused(sound, vkey)
    assert verdict is Broken.INCOMPLETE
    assert row[0] in text


def test_an_entry_of_a_version_we_do_not_know(store, place, signer, vkey):
    """Signed by the log's own key, so only its form speaks against it."""
    body = b'{"schema":"governance.entry/v9"}'
    leaves = [row[0] for row in rows(place, "SELECT leaf FROM entry")] + [merkle.leaf_hash(body)]
    state = checkpoint.Checkpoint("log.example/store", 2, merkle.root(leaves))
    store.close()
    edit(
        place,
        ("INSERT INTO entry VALUES (1, 'x', ?, ?, 'x', NULL, NULL, NULL)", (leaves[1], body)),
        ("INSERT INTO checkpoint VALUES (2, ?)", (checkpoint.sign(state, signer),)),
        ("UPDATE head SET size = 2, root = ?", (state.root,)),
    )
    assert refused(place, vkey)[0] is Broken.UNSUPPORTED


@pytest.mark.parametrize(
    "statement, verdict",
    [
        ("UPDATE head SET size = 300", Broken.TAMPERED),
        ("UPDATE head SET root = zeroblob(32)", Broken.TAMPERED),
        ("DELETE FROM checkpoint WHERE size = 301", Broken.TAMPERED),
        ("DELETE FROM entry WHERE idx = 300", Broken.INCOMPLETE),
        ("DELETE FROM entry WHERE idx = 290", Broken.INCOMPLETE),
        ("UPDATE entry SET body = (SELECT body FROM entry WHERE idx = 1) WHERE idx = 299", Broken.TAMPERED),
        ("UPDATE tile SET root = zeroblob(32)", Broken.TAMPERED),
        ("DELETE FROM tile", Broken.INCOMPLETE),
        (COPY, Broken.TAMPERED),
    ],
)
def test_nothing_is_built_on_a_broken_edge(sound, decide, statement, verdict):
    edit(sound, statement)
    with TrailStore.open(sound) as store, pytest.raises(VerificationFailed) as caught:
        decide(store, range(400, 401))
    assert caught.value.verdict is verdict


@pytest.mark.parametrize("sound", ["sqlite"], indirect=True)
def test_29_a_cut_off_file(sound, vkey):
    data = sound.read_bytes()
    for keep in (len(data) - 16384, len(data) // 2, 16384, 5000, 100, 10):
        sound.write_bytes(data[:keep])
        assert refused(sound, vkey)[0] in (Broken.INCOMPLETE, Broken.MALFORMED), keep
    sound.write_bytes(data[: len(data) // 2])
    assert refused(sound, vkey)[0] is Broken.INCOMPLETE
    sound.write_bytes(b"")
    assert refused(sound, vkey)[0] is Broken.INCOMPLETE


@on_a_file
def test_30_a_flipped_bit_is_found_or_changes_nothing(store, decide, path, vkey):
    """Bits of unused space, triggers or names of people may flip unseen; what is signed, stored or shown may not."""

    def content():
        with contextlib.closing(sqlite3.connect(path)) as connection:
            return [
                connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall()
                for table in ("head", "entry", "document", "reference", "tile", "checkpoint", "outcome")
            ]

    decide(store, range(10))
    store.close()
    data, expected = path.read_bytes(), content()
    used = [place for place, byte in enumerate(data) if byte]
    choose = random.Random(1)
    found = 0
    for place in choose.sample(used, 150):
        flipped = bytearray(data)
        flipped[place] ^= 1 << choose.randrange(8)
        path.write_bytes(flipped)
        try:
            with TrailStore.open(path) as opened:
                verify_trail(opened, vkey)
        except GovernanceError:
            found += 1
        else:
            assert content() == expected, place
        for file in path.parent.glob("trail.db-*"):
            file.unlink()
    assert found > 100


def test_the_tiles_helper_and_the_stored_tile_agree(sound):
    ((hashes, root),) = rows(sound, "SELECT hashes, root FROM tile")
    leaves = [row[0] for row in rows(sound, "SELECT leaf FROM entry WHERE idx < 256 ORDER BY idx")]
    assert tiles.split(hashes, 256) == leaves
    assert merkle.root(leaves) == root
