"""C2SP tlog-tiles: which tiles a tree has, what they are called, what is in them, and the bundles of its entries.

A tile of level L holds up to 256 hashes of complete subtrees of height 8L. Full tiles never change.
"""

import re
from collections.abc import Callable, Iterator, Sequence

from governance.errors import Broken, VerificationFailed
from governance.trail.merkle import HASH_SIZE, MAX_SIZE, SubtreeReader, root

HEIGHT = 8
WIDTH = 1 << HEIGHT
MAX_ENTRY = 0xFFFF
ENTRIES = "entries"
_PATH = re.compile(r"tile/(entries|0|[1-9][0-9]?)/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?", re.ASCII)

TileReader = Callable[[int, int, int], bytes]
"""(level, number, width) -> that tile's bytes: `width` hashes of 32 bytes."""


def count_at(level: int, size: int) -> int:
    """How many hashes all tiles of a level hold together in a tree of `size` leaves: floor(size / 256**level)."""
    return size >> (HEIGHT * level)


def width_at(level: int, number: int, size: int) -> int:
    """Width of one tile in a tree of `size` leaves: 256 if full, 1 to 255 at the right edge, 0 if none."""
    return max(0, min(WIDTH, count_at(level, size) - number * WIDTH))


def all_tiles(size: int) -> Iterator[tuple[int, int, int]]:
    """(level, number, width) of every tile of a tree of `size` leaves, level by level."""
    level = 0
    while count_at(level, size):
        for number in range((count_at(level, size) + WIDTH - 1) // WIDTH):
            yield level, number, width_at(level, number, size)
        level += 1


def completed(old: int, new: int) -> Iterator[tuple[int, int]]:
    """(level, number) of the tiles that become full when a tree grows from `old` to `new` leaves, low levels first."""
    level = 0
    while count_at(level, new) >= WIDTH:
        for number in range(count_at(level, old) // WIDTH, count_at(level, new) // WIDTH):
            yield level, number
        level += 1


def path(level: int | None, number: int, width: int = WIDTH) -> str:
    """Name of a tile under the log's prefix, e.g. `tile/0/x001/x234/067.p/8`; level None names a bundle of entries."""
    if not 1 <= width <= WIDTH or number < 0 or (level is not None and not 0 <= level <= 63):
        raise RuntimeError(f"no tile has level {level}, number {number}, width {width}")
    groups = [f"{number % 1000:03d}"]
    while number >= 1000:
        number //= 1000
        groups.insert(0, f"x{number % 1000:03d}")
    suffix = "" if width == WIDTH else f".p/{width}"
    return f"tile/{ENTRIES if level is None else level}/{'/'.join(groups)}{suffix}"


def parse_path(text: str) -> tuple[int | None, int, int]:
    """(level or None, number, width) of a tile's name. Raises VerificationFailed MALFORMED for any other spelling."""
    match = _PATH.fullmatch(text) if len(text) <= 80 else None
    if match:
        level = None if match[1] == ENTRIES else int(match[1])
        number = int(match[2].replace("x", "").replace("/", ""))
        width = int(match[3]) if match[3] else WIDTH
        in_range = (level is None or level <= 63) and number <= MAX_SIZE and (match[3] is None or width < WIDTH)
        if in_range and path(level, number, width) == text:  # one spelling for each tile: no leading x000
            return level, number, width
    raise VerificationFailed(
        Broken.MALFORMED, "not the path of a tile", got=repr(text[:80]), expected="tile/<level>/<number>[.p/<width>]"
    )


def split(tile: bytes, width: int, *, where: str = "") -> list[bytes]:
    """The hashes of a tile. Raises VerificationFailed INCOMPLETE where it is not `width` hashes long."""
    if len(tile) != width * HASH_SIZE:
        raise VerificationFailed(
            Broken.INCOMPLETE,
            "a tile has the wrong length",
            got=f"{len(tile)} bytes",
            expected=f"{width} hashes, {width * HASH_SIZE} bytes",
            where=where,
        )
    return [tile[start : start + HASH_SIZE] for start in range(0, len(tile), HASH_SIZE)]


def subtree_reader(read_tile: TileReader, size: int) -> SubtreeReader:
    """Reads hashes of complete subtrees out of the tiles of a tree of `size` leaves, each tile fetched once."""
    fetched: dict[tuple[int, int], list[bytes]] = {}

    def read(level: int, index: int) -> bytes:
        tile_level, inside = divmod(level, HEIGHT)
        number, start = divmod(index << inside, WIDTH)
        if (tile_level, number) not in fetched:
            width = width_at(tile_level, number, size)
            if not width:
                raise RuntimeError(f"no tile ({tile_level}, {number}) in a tree of size {size}")
            where = path(tile_level, number, width)
            fetched[tile_level, number] = split(read_tile(tile_level, number, width), width, where=where)
        return root(fetched[tile_level, number][start : start + (1 << inside)])

    return read


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """A bundle of entries: each behind its length as two bytes, big-endian. At most 256, each at most 65,535 bytes."""
    if len(entries) > WIDTH or any(len(entry) > MAX_ENTRY for entry in entries):
        raise RuntimeError(f"a bundle takes at most {WIDTH} entries of at most {MAX_ENTRY} bytes")
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def decode_bundle(data: bytes, width: int) -> list[bytes]:
    """The `width` entries of a bundle. Raises VerificationFailed: INCOMPLETE if cut off, MALFORMED if too long."""
    entries: list[bytes] = []
    position = 0
    for _ in range(width):
        start = position + 2
        end = start + int.from_bytes(data[position:start], "big")
        if start > len(data) or end > len(data):
            raise VerificationFailed(
                Broken.INCOMPLETE,
                "a bundle of entries is cut off",
                got=f"{len(entries)} entries",
                expected=f"{width} entries",
            )
        entries.append(data[start:end])
        position = end
    if position != len(data):
        raise VerificationFailed(
            Broken.MALFORMED,
            "a bundle of entries has bytes left over",
            got=f"{len(data) - position} bytes",
            expected="none",
        )
    return entries
