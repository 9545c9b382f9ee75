"""A service's log, checked from outside: its entries are hashed here, and its root is what they lead to."""

from collections.abc import Sequence
from typing import NamedTuple

from governance.client.remote import Remote
from governance.errors import BadInput, Broken, VerificationFailed
from governance.progress import Progress, silent
from governance.trail import checkpoint, merkle, tiles
from governance.trail.checkpoint import Checkpoint
from governance.trail.entry import Entry

NOT_CHECKED = (
    "documents, which no tile holds: each bundle brings its own",
    "the service's own indexes: `governance trail verify` where its trail is",
)


class Listed(NamedTuple):
    """An entry, and its place in the log."""

    place: int
    entry: Entry


class VerifiedLog(NamedTuple):
    """A log whose every entry leads to the root that it signed."""

    origin: str
    size: int
    root: bytes


def signed_head(remote: Remote) -> Checkpoint:
    """The newest checkpoint, its signature checked where there is a trust file. Raises VerificationFailed."""
    note = remote.checkpoint()
    head = _unsigned(note)
    if remote.trust is None:
        return head
    for log in remote.trust.logs:
        if log.origin == head.origin:
            return checkpoint.open_checkpoint(note, [log.key])
    raise VerificationFailed(
        Broken.UNTRUSTED_KEY,
        "the trust file does not name this log",
        got=head.origin,
        expected=", ".join(log.origin for log in remote.trust.logs),
        fix="give the trust file of the service's log: `--trust FILE`",
    )


def last_entries(remote: Remote, count: int) -> tuple[Checkpoint, list[Listed]]:
    """The newest entries, each proven to be in the tree that the newest checkpoint is of. Raises VerificationFailed."""
    head = signed_head(remote)
    start = max(0, head.size - max(0, count))
    read = tiles.subtree_reader(remote.tile, head.size)
    found = []
    for number in range(start // tiles.WIDTH, -(-head.size // tiles.WIDTH)):
        first = number * tiles.WIDTH
        for index, leaf in enumerate(_leaves(remote, number, head.size), first):
            if index >= start:
                path = merkle.inclusion_proof(index, head.size, read)
                merkle.verify_inclusion(merkle.leaf_hash(leaf), index, head.size, path, head.root)
                found.append(Listed(index, _entry(index, leaf, head.origin)))
    return head, found


def verify_log(remote: Remote, kept: Sequence[bytes] = (), progress: Progress = silent) -> VerifiedLog:
    """Hash every entry and build the tree anew: its root is what the log signed, its tiles are the log's tiles, and it
    continues the checkpoints in `kept`.

    Raises VerificationFailed naming the entry or tile: TAMPERED, INCOMPLETE, MALFORMED, UNTRUSTED_KEY; ROLLED_BACK or
    FORKED where it is not the log that signed a checkpoint in `kept`; NO_TRUST where all of it leads to the root, and
    there is no trust file to say whose signature that root needs. BadInput for a checkpoint of another log.
    """
    head = signed_head(remote)
    earlier = sorted((_earlier(remote, note) for note in kept), key=lambda one: one.size)
    for one in earlier:
        if one.origin != head.origin:
            raise BadInput("a checkpoint kept elsewhere is of another log", got=one.origin, expected=head.origin)
        if one.size > head.size:
            raise _broken(Broken.ROLLED_BACK, "the log was longer once", head.size, f"at least {one.size} entries")
    tree, ids = merkle.Frontier(), set[str]()
    levels: list[list[bytes]] = []
    _continues(earlier, tree)
    for number in range(-(-head.size // tiles.WIDTH)):
        progress("hashing every entry again", number * tiles.WIDTH, head.size)
        for leaf in _leaves(remote, number, head.size):
            entry = _entry(tree.size, leaf, head.origin)
            if missing := [cause for cause in entry.causes if cause not in ids]:
                raise _broken(Broken.INCOMPLETE, f"entry {tree.size}: its cause {missing[0]} does not come before it")
            ids.add(entry.id)
            hashed = merkle.leaf_hash(leaf)
            tree.add(hashed)
            _grow(remote, levels, 0, hashed)
            _continues(earlier, tree)
    if tree.root() != head.root:
        raise _broken(
            Broken.TAMPERED,
            "the entries do not lead to the root that the log signed",
            tree.root().hex(),
            head.root.hex(),
        )
    for level, hashes in enumerate(levels):
        if hashes:
            _same_tile(remote, level, _number(levels, level), hashes)
    if remote.trust is None:
        raise VerificationFailed(
            Broken.NO_TRUST,
            f"all {head.size} entries lead to root {head.root.hex()}, but nobody vouches for its signature",
            expected="a trust file that names the log's key",
            fix="ask the log's operator for the trust file on a way of your own, then add `--trust trust.json`",
        )
    return VerifiedLog(head.origin, head.size, head.root)


def _continues(earlier: list[Checkpoint], tree: merkle.Frontier) -> None:
    """Whoever signed two trees of one size showed two histories."""
    for one in earlier:
        if one.size == tree.size and one.root != tree.root():
            raise _broken(
                Broken.FORKED,
                f"the log signed two different roots at size {one.size}",
                tree.root().hex(),
                one.root.hex(),
            )


def _earlier(remote: Remote, note: bytes) -> Checkpoint:
    if remote.trust is None:
        return _unsigned(note)
    try:
        return checkpoint.open_checkpoint(note, remote.trust.vkeys())
    except VerificationFailed as error:
        what = f"a checkpoint kept elsewhere: {error.what}"
        raise VerificationFailed(error.verdict, what, got=error.got, expected=error.expected) from error


def _unsigned(note: bytes) -> Checkpoint:
    """What a checkpoint says. Raises VerificationFailed MALFORMED."""
    return checkpoint.parse(note.partition(b"\n\n")[0].decode("ascii", "replace") + "\n")


def _leaves(remote: Remote, number: int, size: int) -> list[bytes]:
    """The entries under a tile of level 0. Raises VerificationFailed where they are not as many, or not whole."""
    width = tiles.width_at(0, number, size)
    data = remote.entry_bundle(number, width)
    leaves, at = [], 0
    while at < len(data):
        length = int.from_bytes(data[at : at + 2], "big")
        leaf = data[at + 2 : at + 2 + length]
        if len(data) < at + 2 or len(leaf) != length:
            raise _broken(Broken.INCOMPLETE, f"the entries from {number * tiles.WIDTH} on break off", len(data))
        leaves.append(leaf)
        at += 2 + length
    if len(leaves) != width:
        raise _broken(Broken.INCOMPLETE, f"entries from {number * tiles.WIDTH} on are missing", len(leaves), str(width))
    return leaves


def _entry(index: int, leaf: bytes, origin: str) -> Entry:
    try:
        entry = Entry.from_bytes(leaf)
    except BadInput as error:
        raise _broken(Broken.MALFORMED, f"entry {index} cannot be read: {error.what}", error.got) from error
    if entry.origin != origin:
        raise _broken(Broken.TAMPERED, f"entry {index} is another log's", entry.origin, origin)
    return entry


def _grow(remote: Remote, levels: list[list[bytes]], level: int, item: bytes) -> None:
    if level == len(levels):
        levels.append([])
    hashes = levels[level]
    hashes.append(item)
    if len(hashes) == tiles.WIDTH:
        _same_tile(remote, level, _number(levels, level), hashes)
        root = merkle.root(hashes)
        hashes.clear()
        _grow(remote, levels, level + 1, root)


def _number(levels: list[list[bytes]], level: int) -> int:
    """Of the tile that a level is at: how many of it were filled."""
    return sum(len(hashes) * tiles.WIDTH**power for power, hashes in enumerate(levels[level + 1 :]))


def _same_tile(remote: Remote, level: int, number: int, hashes: list[bytes]) -> None:
    """Others prove from the tiles that entries are in the log."""
    path = tiles.path(level, number, len(hashes))
    got = tiles.split(remote.tile(level, number, len(hashes)), len(hashes), where=path)
    if got != hashes:
        raise _broken(Broken.TAMPERED, f"{path} is not the tile of its entries")


def _broken(verdict: Broken, what: str, got: object = "", expected: str = "") -> VerificationFailed:
    return VerificationFailed(verdict, what, got=str(got), expected=expected)
