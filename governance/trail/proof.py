"""C2SP tlog-proof: one text that shows, without a network, that an entry is in a log under a signed checkpoint."""

from collections.abc import Sequence
from dataclasses import dataclass

from governance.errors import Broken, VerificationFailed
from governance.trail import checkpoint, note
from governance.trail.merkle import leaf_hash, verify_inclusion

HEADER = "c2sp.org/tlog-proof@v1"
MAX_HASHES = 63


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a verified receipt says: entry number `index` of the log as `checkpoint` describes it."""

    index: int
    checkpoint: checkpoint.Checkpoint


@dataclass(frozen=True, slots=True)
class Parsed:
    """A receipt that has the right form; nothing in it is verified yet."""

    index: int
    hashes: list[bytes]
    note: bytes


def to_text(index: int, hashes: Sequence[bytes], signed_checkpoint: bytes) -> str:
    """The receipt as text: index, audit path from the leaf's sibling upwards, and the signed checkpoint verbatim."""
    lines = [
        HEADER,
        f"index {index}",
        *(note.encode_base64(item) for item in hashes),
        "",
        signed_checkpoint.decode("utf-8"),
    ]
    return "\n".join(lines)


def parse(text: str) -> Parsed:
    """Read a receipt strictly. Raises VerificationFailed MALFORMED.

    The format's optional `extra` line is refused: nothing signs it, and we keep nothing that nobody signed.
    """
    try:
        data = text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise _malformed("not text", ascii(text[:80]), "UTF-8 text") from error
    if len(data) > note.MAX_NOTE:
        raise _malformed("too large", f"{len(data)} bytes", f"at most {note.MAX_NOTE}")
    head, blank, signed = text.partition("\n\n")
    lines = head.split("\n")
    if not blank or len(lines) < 2:
        raise _malformed("wrong form", repr(text[:120]), "a header, an index, hashes, an empty line, a checkpoint")
    if lines[0] != HEADER:
        raise _malformed("wrong first line", repr(lines[0][:80]), HEADER)
    index = checkpoint.decimal(lines[1].removeprefix("index ")) if lines[1].startswith("index ") else None
    if index is None:
        raise _malformed(
            "wrong second line", repr(lines[1][:80]), "`index` and a decimal number; extra data is refused"
        )
    if len(lines) - 2 > MAX_HASHES:
        raise _malformed("too many hashes", f"{len(lines) - 2} lines", f"at most {MAX_HASHES}")
    hashes: list[bytes] = []
    for line in lines[2:]:
        item = checkpoint.sha256_line(line)
        if item is None:
            raise _malformed("a hash has the wrong form", repr(line[:60]), "32 bytes in canonical base64")
        hashes.append(item)
    return Parsed(index, hashes, signed.encode("utf-8"))


def verify(receipt: str, entry: bytes, vkeys: Sequence[str], *, only_known: bool = True) -> Receipt:
    """Check that the entry's bytes are in the log that one of the verifier keys signs for.

    Size and root are taken from the signed checkpoint only. Raises VerificationFailed: MALFORMED, TAMPERED or
    UNTRUSTED_KEY. With `only_known` (the default) every signature line must be by one of the keys given.
    """
    parsed = parse(receipt)
    signed = checkpoint.open_checkpoint(parsed.note, vkeys, only_known=only_known)
    verify_inclusion(leaf_hash(entry), parsed.index, signed.size, parsed.hashes, signed.root)
    return Receipt(parsed.index, signed)


def _malformed(what: str, got: str, expected: str) -> VerificationFailed:
    return VerificationFailed(Broken.MALFORMED, f"not a receipt: {what}", got=got, expected=expected)
