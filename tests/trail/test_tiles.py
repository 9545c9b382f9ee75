import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.errors import Broken, VerificationFailed
from governance.trail import checkpoint, merkle, tiles


def every(size):
    """(level, number, width) of every tile of a tree of `size` leaves, level by level."""
    for level in range(8):
        for number in range(-(-tiles.count_at(level, size) // tiles.WIDTH)):
            yield level, number, tiles.width_at(level, number, size)


@pytest.mark.parametrize(
    "level, number, width, text",
    [
        (0, 1234067, 256, "tile/0/x001/x234/067"),
        (0, 5, 8, "tile/0/005.p/8"),
        (3, 0, 255, "tile/3/000.p/255"),
        (63, 1000, 1, "tile/63/x001/000.p/1"),
    ],
)
def test_paths(level, number, width, text):
    assert tiles.path(level, number, width) == text


@pytest.mark.parametrize(("level", "number", "width"), [(64, 0, 1), (-1, 0, 1), (0, -1, 1), (0, 0, 0), (0, 0, 257)])
def test_there_is_no_such_tile(level, number, width):
    with pytest.raises(RuntimeError):
        tiles.path(level, number, width)


def test_the_specifications_example():
    """A tree of 70,000 leaves, as tlog-tiles.md describes it."""
    widths = {}
    for level, _, width in every(70_000):
        widths.setdefault(level, []).append(width)
    assert widths == {0: [256] * 273 + [112], 1: [256, 17], 2: [1]}
    assert list(every(256)) == [(0, 0, 256), (1, 0, 1)]
    assert list(every(0)) == []


@given(st.integers(0, 200_000), st.integers(0, 70_000))
def test_a_growing_tree_completes_each_tile_once(old, more):
    def full(size):
        return {(level, number) for level, number, width in every(size) if width == 256}

    fresh = list(tiles.completed(old, old + more))
    assert len(fresh) == len(set(fresh))
    assert set(fresh) == full(old + more) - full(old)


def test_a_tile_of_another_length_is_refused():
    with pytest.raises(VerificationFailed) as caught:
        tiles.subtree_reader(lambda *_: bytes(31), 1)(0, 0)
    assert caught.value.verdict is Broken.INCOMPLETE


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
        bundle, entries = (log / f"tile/entries/000.p/{size}").read_bytes(), []
        while bundle:  # each entry behind its length as two bytes
            end = 2 + int.from_bytes(bundle[:2], "big")
            entries.append(bundle[2:end])
            bundle = bundle[end:]
        tile = tiles.split((log / tiles.path(0, 0, size)).read_bytes(), size)
        assert [merkle.leaf_hash(entry) for entry in entries] == tile

        read = tiles.subtree_reader(
            lambda level, number, width: (log / tiles.path(level, number, width)).read_bytes(), size
        )
        assert merkle.root_at(size, read) == signed.root
        for index in range(size):
            merkle.verify_inclusion(tile[index], index, size, merkle.inclusion_proof(index, size, read), signed.root)
        for old in range(1, size + 1):
            merkle.verify_consistency(old, size, merkle.consistency_proof(old, size, read), roots[old], signed.root)
