"""Pickles in an artifact, read operation by operation with pickletools. Nothing is ever unpickled.

What is searched: the file itself (also compressed by zlib, gzip, bz2 or xz, as joblib does), each member of a zip
archive, object arrays in .npy members, and pickles of protocol 4 and 5 anywhere inside, by their PROTO and FRAME.
"""

from __future__ import annotations

import bz2
import lzma
import pickletools
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from governance.evidence.artifact import Pickle, PickleScan

MOST_BYTES = 256 * 2**20
"""Bytes searched in one artifact, after decompression."""
MOST_OPERATIONS = 2_000_000
MOST_MEMBERS = 10_000
MOST_PICKLES = 1_000
MOST_IMPORTS = 200
UNKNOWN = "?"
"""An import whose name depends on what runs before it."""
_PROTO = re.compile(rb"\x80[\x02-\x05]")
_FRAMED = re.compile(rb"\x80[\x04\x05]\x95.{5}\x00{3}", re.DOTALL)
# What Python 2 and `pickle.dumps(protocol=0)` write first for most objects: a pickle even where it breaks off.
_OLD = (b"ccopy_reg\n", b"c__builtin__\n", b"cbuiltins\n", b"(dp", b"(lp", b"(i", b"cos\n", b"cposix\n", b"cnt\n")
_PICKLED_NAMES = (".pkl", ".pickle", ".joblib", ".p")
_MAKES_CALLS = ("REDUCE", "BUILD", "INST", "OBJ", "NEWOBJ", "NEWOBJ_EX")
_TEXTS = frozenset(
    ("SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8", "UNICODE", "SHORT_BINSTRING", "BINSTRING", "STRING")
)
_PUTS = frozenset(("PUT", "BINPUT", "LONG_BINPUT"))
_GETS = frozenset(("GET", "BINGET", "LONG_BINGET"))


class _Budget:
    """What may still be read. `problem` keeps the first thing that could not be searched."""

    def __init__(self) -> None:
        self.bytes, self.operations, self.problem = 0, MOST_OPERATIONS, ""

    def cannot(self, why: str) -> None:
        self.problem = self.problem or why

    def take(self, size: int) -> None:
        self.bytes += size


def scan(path: Path) -> PickleScan:
    """Search the file. Never raises for what is in it; OSError where it cannot be read."""
    budget, found = _Budget(), list[Pickle]()
    if path.is_dir():
        return PickleScan(bytes=0, pickles=(), problem="a folder is not searched")
    for member, data in _parts(path, budget):
        for start in _starts(member, data, budget):
            if len(found) == MOST_PICKLES:
                budget.cannot(f"more than {MOST_PICKLES:,} pickles")
                break
            found.append(_read(member, data, start, budget))
    return PickleScan(bytes=budget.bytes, pickles=tuple(found), problem=budget.problem or None)


def _parts(path: Path, budget: _Budget) -> Iterator[tuple[str, bytes]]:
    """(member, bytes): the file itself, then what is packed in it."""
    with path.open("rb") as file:
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        budget.cannot(f"only the first {MOST_BYTES:,} bytes were searched")
        data = data[:MOST_BYTES]
    budget.take(len(data))
    if not data.startswith(b"PK") and not zipfile.is_zipfile(path):
        yield "", data
        unpacked = _unpacked(data, budget)
        if unpacked is not None:
            yield "(unpacked)", unpacked
        return
    try:
        with zipfile.ZipFile(path) as archive:
            yield from _members(archive, budget)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        budget.cannot(f"the archive cannot be read: {_plain(str(error))}")
        yield "", data


def _members(archive: zipfile.ZipFile, budget: _Budget) -> Iterator[tuple[str, bytes]]:
    for number, info in enumerate(archive.infolist()):
        if number == MOST_MEMBERS:
            return budget.cannot(f"more than {MOST_MEMBERS:,} members in the archive")
        left, name = max(0, 2 * MOST_BYTES - budget.bytes), _plain(info.filename)
        try:
            with archive.open(info) as member:
                data = member.read(left + 1)
        except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, EOFError, RuntimeError, ValueError) as error:
            # RuntimeError: encrypted. NotImplementedError, one of its kind: an unknown method of compression.
            budget.cannot(f"{name} cannot be read: {_plain(str(error))}")
            continue
        if len(data) > left:
            budget.cannot(f"more than {MOST_BYTES:,} bytes when unpacked")
            data = data[:left]
        budget.take(len(data))
        if data.startswith(b"PK\x03\x04"):
            budget.cannot(f"{name} is an archive in the archive and was not searched")
        yield name, data


def _unpacked(data: bytes, budget: _Budget) -> bytes | None:
    """The bytes behind one layer of compression; None where there is none."""
    try:
        if data.startswith((b"\x1f\x8b", b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")):
            unpacked = zlib.decompressobj(wbits=47).decompress(data, MOST_BYTES + 1)
        elif data.startswith(b"BZh"):
            unpacked = bz2.BZ2Decompressor().decompress(data, MOST_BYTES + 1)
        elif data.startswith(b"\xfd7zXZ"):
            unpacked = lzma.LZMADecompressor(memlimit=2**28).decompress(data, MOST_BYTES + 1)
        elif data.startswith((b"\x28\xb5\x2f\xfd", b"\x04\x22\x4d\x18")):
            budget.cannot("it is compressed by zstd or lz4, and was not searched")
            return None
        else:
            return None
    except (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError) as error:
        budget.cannot(f"it cannot be unpacked: {_plain(str(error))}")
        return None
    if len(unpacked) > MOST_BYTES:
        budget.cannot(f"more than {MOST_BYTES:,} bytes when unpacked")
        unpacked = unpacked[:MOST_BYTES]
    budget.take(len(unpacked))
    return unpacked


def _starts(member: str, data: bytes, budget: _Budget) -> list[int]:
    """Where pickles begin. Protocols 0 and 1 have no mark: what reads as one to its end, and imports, is one."""
    starts = {match.start() for match in _FRAMED.finditer(data)}
    marked = _PROTO.match(data) or data.startswith(_OLD) or member.lower().endswith(_PICKLED_NAMES)
    if marked or ((old := _read(member, data, 0, budget)).imports and not old.problem):
        starts.add(0)
    if data.startswith(b"\x93NUMPY") and len(data) > 12:
        wide = data[6] >= 2
        end = (12 + int.from_bytes(data[8:12], "little")) if wide else (10 + int.from_bytes(data[8:10], "little"))
        # An array of objects is stored as a pickle behind the header.
        if re.search(rb"'descr':\s*[^,]*O", data[:end]):
            starts.add(min(end, len(data)))
    return sorted(starts)


def _read(member: str, data: bytes, start: int, budget: _Budget) -> Pickle:
    imports: set[str] = set()
    calls, problem = 0, ""
    try:
        for name, imported in _operations(data, start, budget):
            calls += name in _MAKES_CALLS
            if imported is not None:
                imports.add(imported)
    except (ValueError, UnicodeError, OverflowError, MemoryError, IndexError, EOFError, AttributeError) as error:
        problem = _plain(str(error)) or type(error).__name__
    if len(imports) > MOST_IMPORTS:
        problem = problem or f"more than {MOST_IMPORTS} imports"
    # Unknown first: what is cut off at the end must not be what is worst.
    shown = sorted(imports, key=lambda one: (one != UNKNOWN, one))[:MOST_IMPORTS]
    return Pickle(member=member, at=start, imports=tuple(sorted(shown)), calls=calls, problem=problem or None)


def _operations(data: bytes, start: int, budget: _Budget) -> Iterator[tuple[str, str | None]]:
    """(operation, what it imports). STACK_GLOBAL takes its two names from the stack: they are known where two texts
    were put there just before, as plain texts or from the memo; everything else is UNKNOWN."""
    file = BytesIO(data)
    file.seek(start)
    memo: dict[int, str | None] = {}
    texts: list[str] = []
    for operation, argument, _ in pickletools.genops(file):
        name = operation.name
        budget.operations -= 1
        if budget.operations < 0:
            raise ValueError(f"more than {MOST_OPERATIONS:,} operations")
        if name in _TEXTS:
            texts.append(_text(argument))
        elif name in _GETS:
            text = memo.get(int(argument or 0))
            texts = [*texts, text] if text is not None else []
        elif name == "MEMOIZE" or name in _PUTS:
            memo[len(memo) if name == "MEMOIZE" else int(argument or 0)] = texts[-1] if texts else None
        elif name == "STACK_GLOBAL":
            module, attribute = texts[-2:] if len(texts) >= 2 else ("", "")
            yield name, _imported(module, attribute) if module and attribute else UNKNOWN
            texts = []
        elif name in ("GLOBAL", "INST"):
            module, _, attribute = _text(argument).partition(" ")
            yield name, _imported(module, attribute)
            texts = []
        elif name in ("EXT1", "EXT2", "EXT4"):
            yield name, UNKNOWN
            texts = []
        elif name != "FRAME":
            yield name, None
            texts = []


def _text(argument: object) -> str:
    return argument.decode("latin-1") if isinstance(argument, bytes) else str(argument)


def _imported(module: str, attribute: str) -> str:
    """module.name, or module:a.b for an attribute of an attribute, so that one cannot pass for the other."""
    return _plain(module) + (":" if "." in attribute else ".") + _plain(attribute)


def _plain(text: str) -> str:
    """Fit for a document: printable, one line, NFC, at most 200 characters; what was changed shows as an escape."""
    cut = text if len(text) <= 200 else text[:200] + "..."
    shown = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in cut)
    return unicodedata.normalize("NFC", shown.encode("utf-8", "backslashreplace").decode("utf-8"))
