"""RFC 6962 section 2.1: the Merkle tree hash, audit paths and consistency proofs, over SHA-256.

Proofs are made from the hashes of complete subtrees, asked for one by one, so that
whoever keeps tiles reads few of them.
A complete subtree is named (level, index): it spans the leaves from `index << level` up to `(index + 1) << level`.
"""

from collections.abc import Callable, Sequence
from hashlib import sha256

from governance.errors import Broken, VerificationFailed

HASH_SIZE = 32
MAX_SIZE = 2**63 - 1
EMPTY_ROOT = sha256(b"").digest()

SubtreeReader = Callable[[int, int], bytes]
"""(level, index) -> the 32-byte hash of that complete subtree."""


def leaf_hash(data: bytes) -> bytes:
    """Hash of one leaf (RFC 6962 section 2.1): SHA-256(0x00 || data)."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node (RFC 6962 section 2.1): SHA-256(0x01 || left || right). Its prefix is not a leaf's."""
    return sha256(b"\x01" + left + right).digest()


class Frontier:
    """A tree that only grows: the hashes of its complete subtrees, largest first, from which its root follows."""

    def __init__(self) -> None:
        self.size = 0
        self._peaks: list[bytes] = []

    def copy(self) -> "Frontier":
        """The same tree, to grow on its own."""
        tree = Frontier()
        tree.size, tree._peaks = self.size, [*self._peaks]
        return tree

    def add(self, leaf: bytes) -> None:
        """Append one leaf hash."""
        self.size += 1
        node, count = leaf, self.size
        while count % 2 == 0:
            node, count = node_hash(self._peaks.pop(), node), count // 2
        self._peaks.append(node)

    def root(self) -> bytes:
        """Merkle tree hash of the leaves so far; of none, SHA-256 of nothing."""
        if not self._peaks:
            return EMPTY_ROOT
        *rest, top = self._peaks
        for peak in reversed(rest):
            top = node_hash(peak, top)
        return top


def root(leaf_hashes: Sequence[bytes]) -> bytes:
    """Merkle tree hash of these leaf hashes."""
    tree = Frontier()
    for leaf in leaf_hashes:
        tree.add(leaf)
    return tree.root()


def _split(count: int) -> int:
    """The largest power of two smaller than `count` (RFC 6962's k)."""
    return 1 << ((count - 1).bit_length() - 1)


def _range_hash(start: int, end: int, read: SubtreeReader) -> bytes:
    """MTH(D[start:end]) where `start` is a multiple of the range's width rounded up to a power of two."""
    count = end - start
    if count & (count - 1) == 0:
        level = count.bit_length() - 1
        return read(level, start >> level)
    middle = start + _split(count)
    return node_hash(_range_hash(start, middle, read), _range_hash(middle, end, read))


def root_at(size: int, read: SubtreeReader) -> bytes:
    """Root of the tree of the first `size` leaves."""
    return _range_hash(0, size, read) if size else EMPTY_ROOT


def inclusion_proof(index: int, size: int, read: SubtreeReader) -> list[bytes]:
    """Audit path PATH(index, D[size]) of RFC 6962 section 2.1.1, from the leaf's sibling upwards."""
    if not 0 <= index < size:
        raise RuntimeError(f"no leaf {index} in a tree of size {size}")
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_range_hash(middle, end, read))
            end = middle
        else:
            path.append(_range_hash(start, middle, read))
            start = middle
    return path[::-1]


def consistency_proof(old: int, new: int, read: SubtreeReader) -> list[bytes]:
    """PROOF(old, D[new]) of RFC 6962 section 2.1.2. Empty where both sizes are equal; `old` is at least 1."""
    if not 1 <= old <= new:
        raise RuntimeError(f"no consistency proof from size {old} to size {new}")
    proof: list[bytes] = []
    start, end = 0, new
    while end != old:
        middle = start + _split(end - start)
        if old <= middle:
            proof.append(_range_hash(middle, end, read))
            end = middle
        else:
            proof.append(_range_hash(start, middle, read))
            start = middle
    if start:  # the verifier knows the old root, but not this inner node of it
        proof.append(_range_hash(start, end, read))
    return proof[::-1]


def _malformed(what: str, got: object, expected: str) -> VerificationFailed:
    return VerificationFailed(Broken.MALFORMED, what, got=str(got), expected=expected)


def _check_hashes(hashes: Sequence[bytes]) -> None:
    for item in hashes:
        if len(item) != HASH_SIZE:
            raise _malformed("a hash has the wrong length", f"{len(item)} bytes", f"{HASH_SIZE} bytes")


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Check that the leaf hash is number `index` of the tree of `size` leaves with this root: RFC 9162 section 2.1.3.2.

    `size` and `root` must come from a signed checkpoint. Raises VerificationFailed: MALFORMED for an index or a number
    of hashes that no such tree has, TAMPERED where the path leads to another root.
    """
    if not 0 <= index < size <= MAX_SIZE:
        raise _malformed("the index is outside the tree", f"index {index}, size {size}", "0 <= index < size < 2**63")
    _check_hashes([leaf, root, *proof])
    node, place, last = leaf, index, size - 1
    for sibling in proof:
        if last == 0:
            raise _malformed("the inclusion proof is too long", f"{len(proof)} hashes", "one for each level")
        if place & 1 or place == last:
            node = node_hash(sibling, node)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            node = node_hash(node, sibling)
        place, last = place >> 1, last >> 1
    if last:
        raise _malformed("the inclusion proof is too short", f"{len(proof)} hashes", "one for each level")
    if node != root:
        raise VerificationFailed(
            Broken.TAMPERED,
            f"entry {index} is not in the tree",
            got=f"root {node.hex()}",
            expected=f"root {root.hex()}",
        )


def verify_consistency(old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> None:
    """Check that the tree of `new` leaves begins with the tree of `old` leaves (RFC 9162 section 2.1.4.2).

    From an empty tree nothing can be proved, so `old` is at least 1. Raises VerificationFailed: MALFORMED for sizes or
    a number of hashes that fit no two trees, TAMPERED where the path leads to another old or new root.
    """
    if not 1 <= old <= new <= MAX_SIZE:
        raise _malformed("the tree sizes are out of order", f"{old} and {new}", "1 <= old <= new < 2**63")
    _check_hashes([old_root, new_root, *proof])
    if old == new:
        if proof:
            raise _malformed("the consistency proof is too long", f"{len(proof)} hashes", "none between equal sizes")
        _same_root(old, old_root, new_root)
        return
    nodes = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not nodes:
        raise _malformed("the consistency proof is too short", "no hashes", "at least one")
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old_node = new_node = nodes[0]
    for sibling in nodes[1:]:
        if last == 0:
            raise _malformed("the consistency proof is too long", f"{len(proof)} hashes", "one for each level")
        if place & 1 or place == last:
            old_node = node_hash(sibling, old_node)
            new_node = node_hash(sibling, new_node)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            new_node = node_hash(new_node, sibling)
        place, last = place >> 1, last >> 1
    if last:
        raise _malformed("the consistency proof is too short", f"{len(proof)} hashes", "one for each level")
    _same_root(old, old_node, old_root)
    _same_root(new, new_node, new_root)


def _same_root(size: int, got: bytes, expected: bytes) -> None:
    if got != expected:
        raise VerificationFailed(
            Broken.TAMPERED,
            f"the two trees do not share their beginning (root at size {size})",
            got=got.hex(),
            expected=expected.hex(),
        )
