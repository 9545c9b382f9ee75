"""C2SP tlog-tiles: which tiles a tree has, what they are called and what is in them.

A tile of level L holds up to 256 hashes of complete subtrees of height 8L. Full tiles never change.
"""

import re
from collections.abc import Callable, Iterator

from governance.errors import BadInput, Broken, VerificationFailed
from governance.trail.merkle import HASH_SIZE, SubtreeReader, root

HEIGHT = 8
WIDTH = 1 << HEIGHT
HIGHEST = 63
"""The highest level that a tile's name may say."""

_NAME = re.compile(r"(?P<number>(?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/(?P<width>[0-9]{1,3}))?", re.ASCII)

TileReader = Callable[[int, int, int], bytes]
"""(level, number, width) -> that tile's bytes: `width` hashes of 32 bytes."""


def count_at(level: int, size: int) -> int:
    """How many hashes all tiles of a level hold together in a tree of `size` leaves: floor(size / 256**level)."""
    return size >> (HEIGHT * level)


def width_at(level: int, number: int, size: int) -> int:
    """Width of one tile in a tree of `size` leaves: 256 if full, 1 to 255 at the right edge, 0 if none."""
    return max(0, min(WIDTH, count_at(level, size) - number * WIDTH))


def completed(old: int, new: int) -> Iterator[tuple[int, int]]:
    """(level, number) of the tiles that become full when a tree grows from `old` to `new` leaves, low levels first."""
    level = 0
    while count_at(level, new) >= WIDTH:
        for number in range(count_at(level, old) // WIDTH, count_at(level, new) // WIDTH):
            yield level, number
        level += 1


def path(level: int, number: int, width: int = WIDTH) -> str:
    """Name of a tile under the log's prefix, e.g. `tile/0/x001/x234/067.p/8`."""
    if not 1 <= width <= WIDTH or number < 0 or not 0 <= level <= HIGHEST:
        raise RuntimeError(f"no tile has level {level}, number {number}, width {width}")
    groups = [f"{number % 1000:03d}"]
    while number >= 1000:
        number //= 1000
        groups.insert(0, f"x{number % 1000:03d}")
    suffix = "" if width == WIDTH else f".p/{width}"
    return f"tile/{level}/{'/'.join(groups)}{suffix}"


def parse(text: str) -> tuple[int, int]:
    """(number, width) of a tile's name without its level, as `x001/x234/067.p/8`. Raises BadInput for what `path` does
    not write."""
    found = _NAME.fullmatch(text)
    number = int(found["number"].replace("/", "").replace("x", "")) if found else 0
    width = int(found["width"] or WIDTH) if found else 0
    if not 1 <= width <= WIDTH or path(0, number, width) != f"tile/0/{text}":
        raise BadInput("not the name of a tile", got=ascii(text)[:100], expected="067, x001/x234/067 or 067.p/8")
    return number, width


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
