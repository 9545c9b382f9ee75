"""A form with files (RFC 7578), sent as it is read: however large a file is, little of it is in memory."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from governance.errors import BadInput, MachineFault

BINARY = "application/octet-stream"
_CHUNK = 1 << 16
_PLAIN = re.compile(r'[^"\\\x00-\x1f\x7f\ud800-\udfff]+')


class Part(NamedTuple):
    """A field of a form. `content`: its bytes, or the file that holds them. `filename`: what the service is told that
    it is called, the field's own name where empty: where a file lies is nobody's business unless somebody says so."""

    name: str
    content: bytes | Path
    media_type: str = BINARY
    filename: str = ""


class Form:
    """`length`: bytes that `chunks` yields, each time it is asked anew."""

    def __init__(self, parts: Sequence[Part], boundary: str) -> None:
        """`boundary` is chance, so that no content holds it. Raises BadInput for a file that is not there, or
        whose name cannot be sent."""
        self.media_type = f"multipart/form-data; boundary={boundary}"
        self._end = f"\r\n--{boundary}--\r\n".encode()
        self._parts = [
            (_head(part, boundary, first=not number), part.content, _size(part.content))
            for number, part in enumerate(parts)
        ]
        self.length = sum(len(head) + size for head, _, size in self._parts) + len(self._end)

    def chunks(self) -> Iterator[bytes]:
        """Raises BadInput where a file is not as long any more as it was, MachineFault where it cannot be read."""
        for head, content, size in self._parts:
            yield head
            if isinstance(content, bytes):
                yield content
            else:
                yield from _read(content, size)
        yield self._end


def _head(part: Part, boundary: str, *, first: bool) -> bytes:
    filename = part.filename or part.name
    # RFC 7578 section 4.2 leaves open how these are escaped, and readers differ.
    if not _PLAIN.fullmatch(filename):
        raise BadInput(
            "a file's name that no form can hold",
            got=ascii(filename)[:200],
            expected='no ", no \\ and no control character',
        )
    named = f'form-data; name="{part.name}"; filename="{filename}"'
    text = f"--{boundary}\r\nContent-Disposition: {named}\r\nContent-Type: {part.media_type}\r\n\r\n"
    return text.encode() if first else b"\r\n" + text.encode()


def _size(content: bytes | Path) -> int:
    if isinstance(content, bytes):
        return len(content)
    try:
        return content.stat().st_size
    except FileNotFoundError as error:
        raise BadInput("there is no such file", got=str(content)) from error
    except OSError as error:
        raise MachineFault("the file cannot be read", got=str(error), where=str(content)) from error


def _read(path: Path, size: int) -> Iterator[bytes]:
    left = size
    try:
        with path.open("rb") as file:
            while left and (chunk := file.read(min(_CHUNK, left))):
                left -= len(chunk)
                yield chunk
            more = file.read(1)
    except OSError as error:
        raise MachineFault("the file cannot be read", got=str(error), where=str(path)) from error
    if left or more:
        raise BadInput(
            "the file was changed while it was sent", expected=f"{size} bytes", fix="send it again", where=str(path)
        )
