import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.errors import Broken, VerificationFailed
from governance.trail import checkpoint, merkle, tiles


@pytest.mark.parametrize(
    "level, number, width, text",
    [
        (0, 1234067, 256, "tile/0/x001/x234/067"),
        (None, 5, 8, "tile/entries/005.p/8"),
        (3, 0, 255, "tile/3/000.p/255"),
        (63, 1000, 1, "tile/63/x001/000.p/1"),
    ],
)
def test_paths(level, number, width, text):
    assert tiles.path(level, number, width) == text
    assert tiles.parse_path(text) == (level, number, width)


@pytest.mark.parametrize(
    "text",
    [
        "tile/64/000",
        "tile/00/000",
        "tile/0/0",
        "tile/0/x000/001",
        "tile/0/001.p/0",
        "tile/0/001.p/256",
        "tile/0/001.p/08",
        "tile/0/1/001",
        "tile/0/001/",
        "tile/-1/000",
        "tile/0/٠٠١",
        "tile/0/001\n",
        "tile/0/" + "x999/" * 12 + "999",
        "entries/000",
        "tile/entries/../000",
    ],
)
def test_other_spellings_are_refused(text):
    with pytest.raises(VerificationFailed) as caught:
        tiles.parse_path(text)
    assert caught.value.verdict is Broken.MALFORMED


@given(st.integers(0, 10**12), st.integers(1, 256), st.one_of(st.none(), st.integers(0, 63)))
def test_paths_round_trip(number, width, level):
    assert tiles.parse_path(tiles.path(level, number, width)) == (level, number, width)


def test_the_specifications_example():
    """A tree of 70,000 leaves, as tlog-tiles.md describes it."""
    widths = {}
    for level, _, width in tiles.all_tiles(70_000):
        widths.setdefault(level, []).append(width)
    assert widths == {0: [256] * 273 + [112], 1: [256, 17], 2: [1]}
    assert list(tiles.all_tiles(256)) == [(0, 0, 256), (1, 0, 1)]
    assert list(tiles.all_tiles(0)) == []


@given(st.integers(0, 200_000), st.integers(0, 70_000))
def test_a_growing_tree_completes_each_tile_once(old, more):
    def full(size):
        return {(level, number) for level, number, width in tiles.all_tiles(size) if width == 256}

    fresh = list(tiles.completed(old, old + more))
    assert len(fresh) == len(set(fresh))
    assert set(fresh) == full(old + more) - full(old)


@given(st.lists(st.binary(max_size=300), max_size=256))
def test_bundles_round_trip(entries):
    assert tiles.decode_bundle(tiles.encode_bundle(entries), len(entries)) == entries


def test_broken_bundles_and_tiles():
    data = tiles.encode_bundle([b"one", b"two"])
    for cut in range(len(data)):
        with pytest.raises(VerificationFailed) as caught:
            tiles.decode_bundle(data[:cut], 2)
        assert caught.value.verdict is Broken.INCOMPLETE
    with pytest.raises(VerificationFailed) as caught:
        tiles.decode_bundle(data + b"\x00", 2)
    assert caught.value.verdict is Broken.MALFORMED
    with pytest.raises(VerificationFailed) as caught:
        tiles.subtree_reader(lambda *_: bytes(31), 1)(0, 0)
    assert caught.value.verdict is Broken.INCOMPLETE
    with pytest.raises(RuntimeError):
        tiles.encode_bundle([bytes(65_536)])


def test_a_log_made_by_somebody_elses_code(vectors):
    log = vectors / "tessera/testdata/log"
    vkey = (vectors / "tessera/vkey.txt").read_text().strip()
    roots = {}
    for size in range(16):
        signed = checkpoint.open_checkpoint((log / f"checkpoint.{size}").read_bytes(), [vkey])
        assert signed.size == size
        roots[size] = signed.root
        if not size:
            continue
        entries = tiles.decode_bundle((log / tiles.path(None, 0, size)).read_bytes(), size)
        tile = tiles.split((log / tiles.path(0, 0, size)).read_bytes(), size)
        assert [merkle.leaf_hash(entry) for entry in entries] == tile
        assert tiles.encode_bundle(entries) == (log / tiles.path(None, 0, size)).read_bytes()

        read = tiles.subtree_reader(
            lambda level, number, width: (log / tiles.path(level, number, width)).read_bytes(), size
        )
        assert merkle.root_at(size, read) == signed.root
        for index in range(size):
            merkle.verify_inclusion(tile[index], index, size, merkle.inclusion_proof(index, size, read), signed.root)
        for old in range(1, size + 1):
            merkle.verify_consistency(old, size, merkle.consistency_proof(old, size, read), roots[old], signed.root)
