"""C2SP tlog-checkpoint: a signed note that says "the log of this origin has this size and this root"."""

import binascii
import re
from collections.abc import Sequence
from typing import NamedTuple

from governance.errors import Broken, VerificationFailed
from governance.signing.keys import Signer
from governance.trail import note
from governance.trail.merkle import EMPTY_ROOT, HASH_SIZE, MAX_SIZE

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


class Checkpoint(NamedTuple):
    """A log's state: its origin, how many entries it has, and their Merkle root (32 bytes)."""

    origin: str
    size: int
    root: bytes

    def to_text(self) -> str:
        """The three lines that are signed."""
        return f"{self.origin}\n{self.size}\n{note.encode_base64(self.root)}\n"


def decimal(text: str) -> int | None:
    """A count below 2**63 in its one ASCII spelling, or None."""
    if not _SIZE.fullmatch(text):
        return None
    number = int(text)
    return number if number <= MAX_SIZE else None


def sha256_line(text: str) -> bytes | None:
    """A 32-byte hash in its one base64 spelling, or None."""
    try:
        data = note.strict_base64(text)
    except (ValueError, binascii.Error):
        return None
    return data if len(data) == HASH_SIZE else None


def parse(text: str) -> Checkpoint:
    """A checkpoint's text, strictly: three lines, no extension lines. Raises VerificationFailed MALFORMED."""
    lines = text.split("\n")
    if not text.isascii() or len(lines) != 4 or lines[3] or not lines[0]:
        raise _malformed("wrong form", repr(text[:120]), "three ASCII lines and no extension: origin, size, root")
    size, root = decimal(lines[1]), sha256_line(lines[2])
    if size is None:
        raise _malformed("wrong size", repr(lines[1][:40]), "a decimal number below 2**63 without leading zeroes")
    if root is None:
        raise _malformed("wrong root", repr(lines[2][:60]), "32 bytes in canonical base64")
    if size == 0 and root != EMPTY_ROOT:
        raise _malformed("wrong root", root.hex(), f"{EMPTY_ROOT.hex()}, the root of an empty tree")
    return Checkpoint(lines[0], size, root)


def sign(checkpoint: Checkpoint, signer: Signer) -> bytes:
    """The signed note of a checkpoint. The log's key signs under the origin's name."""
    return note.sign(checkpoint.to_text(), checkpoint.origin, signer)


def open_checkpoint(data: bytes, vkeys: Sequence[str], *, only_known: bool = True) -> Checkpoint:
    """A checkpoint whose signature holds under a verifier key of its own origin.

    A key speaks for the log it is named after and for no other, so a receipt of one log is no receipt of another.
    Raises VerificationFailed (MALFORMED, TAMPERED, UNTRUSTED_KEY), BadInput for a verifier key that is none.
    """
    text, names = note.open_note(data, [note.parse_vkey(vkey) for vkey in vkeys], only_known=only_known)
    checkpoint = parse(text)
    if checkpoint.origin not in names:
        raise VerificationFailed(
            Broken.UNTRUSTED_KEY,
            "no key of this log signed the checkpoint",
            got=", ".join(names),
            expected=checkpoint.origin,
        )
    return checkpoint


def _malformed(what: str, got: str, expected: str) -> VerificationFailed:
    return VerificationFailed(Broken.MALFORMED, f"not a checkpoint: {what}", got=got, expected=expected)
