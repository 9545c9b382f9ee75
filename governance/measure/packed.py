"""What an artifact is packed of, layer by layer: the files of a folder, members of zip and tar archives, and what lies
behind zlib, gzip, bz2 and xz, one in another. Nothing is written to a disk, and all that is read is bounded."""

from __future__ import annotations

import bz2
import lzma
import os
import tarfile
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator
from io import BytesIO
from itertools import chain
from pathlib import Path
from typing import Any, TypeAlias

Part: TypeAlias = tuple[str, bytes]
"""(where it is in the artifact, its bytes); the name is empty for the artifact itself."""

MOST_BYTES = 256 * 2**20
"""Bytes of one part. All parts together may have twice as many."""
MOST_MEMBERS = 10_000
MOST_LAYERS = 8
_STEP = 1 << 16
_BROKEN = (
    zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, OSError, EOFError, RuntimeError, ValueError,
    OverflowError,
)  # fmt: skip
# RuntimeError: encrypted. NotImplementedError, one of its kind: an unknown method of compression.
_ZLIB = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")
_COMPRESSED: tuple[tuple[tuple[bytes, ...], Callable[[], Any]], ...] = (
    ((b"\x1f\x8b", *_ZLIB), lambda: zlib.decompressobj(wbits=47)),
    ((b"BZh",), bz2.BZ2Decompressor),
    ((b"\xfd7zXZ",), lambda: lzma.LZMADecompressor(memlimit=2**28)),
)
COMPRESSED = tuple(mark for marks, _ in _COMPRESSED for mark in marks)
"""What compressed bytes begin with."""
_CLOSED = (b"\x28\xb5\x2f\xfd", b"\x04\x22\x4d\x18")
"""zstd and lz4, which this Python cannot read."""


class Budget:
    """What may still be read. `problem` keeps the first thing that could not be searched."""

    def __init__(self) -> None:
        self.bytes, self.members, self.problem = 0, 0, ""

    def cannot(self, why: str) -> None:
        self.problem = self.problem or why

    def left(self) -> int:
        return min(MOST_BYTES, max(0, 2 * MOST_BYTES - self.bytes))

    def cut(self, data: bytes, what: str) -> bytes:
        """At most what is left of the budget, which it takes."""
        if len(data) > self.left():
            self.cannot(f"only the first {MOST_BYTES:,} bytes {what} were searched")
            data = data[: self.left()]
        self.bytes += len(data)
        return data

    def member(self) -> bool:
        """Whether one more may be looked at."""
        self.members += 1
        if self.members > MOST_MEMBERS:
            self.cannot(f"more than {MOST_MEMBERS:,} members")
        return self.members <= MOST_MEMBERS


def parts(path: Path, budget: Budget) -> Iterator[Part]:
    """Every part of a file or a folder, whatever it is packed in. Links are not followed. OSError where the artifact
    cannot be read; what is in it is never a reason to raise."""
    if not path.is_dir():
        with path.open("rb") as file:
            yield from _inside("", budget.cut(file.read(budget.left() + 1), "of the file"), budget, 0)
        return
    for folder, below, names in os.walk(path):
        below.sort()
        for name in sorted(names):
            file_path = Path(folder, name)
            shown = plain(file_path.relative_to(path).as_posix())
            if file_path.is_symlink() or not file_path.is_file():
                budget.cannot(f"{shown} is a link or no plain file, and was not searched")
                continue
            if not budget.member():
                return
            with file_path.open("rb") as file:
                data = budget.cut(file.read(budget.left() + 1), "of the folder")
            yield from _inside(shown, data, budget, 0)


def _inside(name: str, data: bytes, budget: Budget, layers: int) -> Iterator[Part]:
    """`data`, and what is packed in it. An archive that begins at the first byte is nothing but its members."""
    packed = _opened(name, data, budget, layers)
    if packed is None or not data.startswith(b"PK"):
        yield name, data
    if packed is None:
        return
    if layers == MOST_LAYERS:
        budget.cannot(f"{name} is packed more than {MOST_LAYERS} times over, and was not searched further")
        return
    for inner, content in packed:
        yield from _inside(f"{name} > {inner}" if name else inner, content, budget, layers + 1)


def _opened(name: str, data: bytes, budget: Budget, layers: int) -> Iterator[Part] | None:
    """What is packed in some bytes, to be read one by one; None where that is nothing."""
    if data.startswith(_CLOSED):
        budget.cannot(f"{name or 'it'} is compressed by zstd or lz4, and was not searched")
        return None
    for marks, decompressor in _COMPRESSED:
        if data.startswith(marks):
            return _unpacked(name, data, decompressor, marks, budget, layers)
    # One file may be both: each reader finds its own.
    tar = _entries(data, name, budget) if data[257:262] == b"ustar" else None
    if not data.startswith(b"PK\x03\x04") and not zipfile.is_zipfile(BytesIO(data)):
        return tar
    try:
        members = _members(zipfile.ZipFile(BytesIO(data)), name, budget)
    except _BROKEN as error:
        budget.cannot(f"the archive {name}".rstrip() + f" cannot be read: {plain(str(error))}")
        return tar
    return chain(tar or (), members)


def _members(archive: zipfile.ZipFile, name: str, budget: Budget) -> Iterator[Part]:
    with archive:
        for info in archive.infolist():
            if info.is_dir() and not info.file_size:
                continue
            if not budget.member():
                return
            inner = plain(info.filename)
            try:
                with archive.open(info) as member:
                    data = member.read(budget.left() + 1)
            except _BROKEN as error:
                budget.cannot(f"{f'{name} > {inner}' if name else inner} cannot be read: {plain(str(error))}")
                continue
            yield inner, budget.cut(data, "of what was unpacked")


def _entries(data: bytes, name: str, budget: Budget) -> Iterator[Part]:
    try:
        with tarfile.open(fileobj=BytesIO(data), mode="r:") as archive:
            for entry in archive:
                if not budget.member():
                    return
                if entry.isfile() and (file := archive.extractfile(entry)) is not None:
                    yield plain(entry.name), budget.cut(file.read(budget.left() + 1), "of what was unpacked")
                elif not entry.isdir():
                    budget.cannot(f"{plain(entry.name)} is a link or no plain file, and was not searched")
    except _BROKEN as error:
        budget.cannot(f"the archive {name}".rstrip() + f" cannot be read: {plain(str(error))}")


def _unpacked(
    name: str, data: bytes, decompressor: Callable[[], Any], marks: tuple[bytes, ...], budget: Budget, layers: int
) -> Iterator[Part]:
    """All streams, one behind the other, as Python's own readers go through them. What was read before a stream breaks
    is searched: whoever unpickles it would have run it by then."""
    found, most = bytearray(), budget.left()
    try:
        while data.startswith(marks) and len(found) <= most:
            stream = decompressor()
            source = BytesIO(data)
            while not stream.eof and len(found) <= most and (block := source.read(_STEP)):
                found += stream.decompress(block, most + 1 - len(found))
                while getattr(stream, "unconsumed_tail", b"") and len(found) <= most:
                    found += stream.decompress(stream.unconsumed_tail, most + 1 - len(found))
            if not stream.eof and len(found) <= most:
                raise EOFError("it ends too early")
            data = stream.unused_data + source.read()
    except _BROKEN as error:
        if not found and layers and data.startswith(_ZLIB):
            return  # two bytes like any other: no reader would get anything out of it
        budget.cannot(f"{name or 'it'} cannot be unpacked: {plain(str(error))}")
    if found:
        yield "(unpacked)", budget.cut(bytes(found), "of what was unpacked")


def plain(text: str) -> str:
    """Fit for a document: printable, one line, NFC, at most 200 characters; what was changed shows as an escape."""
    cut = text if len(text) <= 200 else text[:200] + "..."
    shown = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in cut)
    return unicodedata.normalize("NFC", shown.encode("utf-8", "backslashreplace").decode("utf-8"))
