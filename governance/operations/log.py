"""The log as others read it: checkpoint, tiles, entries and receipts, in C2SP formats."""

from governance.errors import NotThere
from governance.operations.workspace import Workspace
from governance.trail import tiles


def checkpoint(workspace: Workspace) -> bytes:
    """The newest signed checkpoint (C2SP tlog-checkpoint)."""
    with workspace.open_trail() as store, store.snapshot() as snapshot:
        return snapshot.checkpoint()


def confirm(workspace: Workspace) -> None:
    """Raises VerificationFailed where the log is not signed by its key, or does not continue what this process saw of
    it before."""
    with workspace.open_trail() as store, store.confirmed(workspace.trust().vkeys()):
        pass


def tile(workspace: Workspace, level: int, name: str) -> bytes:
    """A tile of hashes by its name under the level, as `x001/067.p/8` (C2SP tlog-tiles). Raises BadInput, NotThere."""
    number, width = tiles.parse(name)
    with workspace.open_trail() as store, store.snapshot() as snapshot:
        _there(tiles.width_at(level, number, snapshot.head().size) if level <= tiles.HIGHEST else 0, width)
        return snapshot.tile(level, number, width)


def entry_bundle(workspace: Workspace, name: str) -> bytes:
    """The leaves under a tile of level 0, each after its length in two bytes, big-endian (C2SP tlog-tiles, "Log
    entries"). Raises BadInput, NotThere."""
    number, width = tiles.parse(name)
    start = number * tiles.WIDTH
    with workspace.open_trail() as store, store.snapshot() as snapshot:
        _there(tiles.width_at(0, number, snapshot.head().size), width)
        leaves = [stored.data for stored in snapshot.entries(start, start + width)]
    return b"".join(len(leaf).to_bytes(2, "big") + leaf for leaf in leaves)


def _there(grown: int, width: int) -> None:
    """A tile that is full still has all its partial forms: they never change either."""
    if width > grown:
        raise NotThere("the log has no such tile yet", got=f"{width} hashes", expected=f"at most {grown}")


def entry(workspace: Workspace, index: int) -> bytes:
    """A leaf, byte for byte. Raises NotThere."""
    with workspace.open_trail() as store, store.snapshot() as snapshot:
        return snapshot.entry(index).data


def receipt(workspace: Workspace, index: int) -> str:
    """The proof that an entry is in the log under its newest checkpoint (C2SP tlog-proof). Raises NotThere."""
    with workspace.open_trail() as store, store.snapshot() as snapshot:
        return snapshot.receipt(index)
