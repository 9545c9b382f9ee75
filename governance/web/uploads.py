"""Files as they come in a form: from the wire to the disk, part by part, whatever their size."""

import re

from fastapi import Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.concurrency import run_in_threadpool

from governance.operations.uploads import Incoming, Upload
from governance.web.problems import Kind, WebError
from governance.web.requests import MULTIPART, assert_type, limited

MOST_HEADERS, LONGEST_HEADER = 8, 4096
"""Headers of a part, and bytes of one."""
BESIDE = 16 << 20
"""Bytes of a form that are no file: the manifest, boundaries, headers."""
_BATCH = 1 << 20
"""Bytes that are handed to the disk at once."""
# RFC 7578 section 4.2, without what would allow two readings: escapes, and the `filename*` that it forbids.
_FIELD = re.compile(rb'\s*form-data\s*((?:;\s*(?:name|filename)="[^"\\\x00-\x1f\x7f]*"\s*)+)', re.IGNORECASE)
_PARAMETER = re.compile(rb';\s*(name|filename)="([^"]*)"', re.IGNORECASE)


class Form:
    """A multipart/form-data body (RFC 7578), fed as it comes. It keeps nothing but the headers of the part at hand.

    Raises WebError for what is no such form, and what `Incoming` says of the parts.
    """

    def __init__(self, content_type: str, incoming: Incoming) -> None:
        boundary = parse_options_header(content_type)[1].get(b"boundary", b"")
        if not 1 <= len(boundary) <= 70:  # RFC 2046 section 5.1.1
            raise _unreadable("no boundary that a form may have")
        self._incoming, self._ended = incoming, False
        self._name = self._value = b""
        self._headers: dict[bytes, bytes] = {}
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._headers.clear,
                "on_header_field": self._on_name,
                "on_header_value": self._on_value,
                "on_header_end": self._on_header,
                "on_headers_finished": self._on_headers,
                "on_part_data": lambda data, start, end: incoming.write(data[start:end]),
                "on_part_end": incoming.end,
                "on_end": self._on_end,
            },
            max_header_count=MOST_HEADERS,
            max_header_size=LONGEST_HEADER,
        )

    def feed(self, data: bytes) -> None:
        try:
            self._parser.write(data)
        except FormParserError as error:
            raise _unreadable(str(error)) from error

    def end(self) -> Upload:
        """Nothing more comes. What came, where it is whole."""
        if not self._ended:
            raise _unreadable("it breaks off before its closing boundary")
        return self._incoming.whole()

    def _on_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _on_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header(self) -> None:
        name = self._name.lower()
        if name in self._headers or name in (b"content-transfer-encoding", b"content-encoding"):
            raise _unreadable(f"a part with {ascii(name.decode('latin-1'))[1:-1]}, or with a header twice")
        self._headers[name] = self._value
        self._name = self._value = b""

    def _on_headers(self) -> None:
        field = _FIELD.fullmatch(self._headers.get(b"content-disposition", b""))
        found = _PARAMETER.findall(field[1]) if field else []
        said = {name.lower(): value for name, value in found}
        try:
            named = {name: value.decode() for name, value in said.items()}
        except UnicodeDecodeError as error:
            raise _unreadable("the name of a part is not UTF-8") from error
        if b"name" not in named or len(found) != len(said):
            raise _unreadable('a part without form-data; name="..."; filename="..."')
        self._incoming.begin(named[b"name"], named.get(b"filename"))

    def _on_end(self) -> None:
        self._ended = True


def _unreadable(got: str) -> WebError:
    return WebError(Kind.BAD_REQUEST, "the form cannot be read", got=got[:200], expected=MULTIPART)


async def receive(request: Request, incoming: Incoming, most: int) -> Upload:
    """The files of a form, kept by `incoming`; `most` bytes of them. Raises WebError, what `Incoming` says,
    ClientDisconnect."""
    assert_type(request, MULTIPART)
    form = Form(request.headers.get("content-type", ""), incoming)
    try:
        waiting, size = [], 0
        async for chunk in limited(request, most + BESIDE):
            waiting.append(chunk)
            size += len(chunk)
            if size >= _BATCH:
                await run_in_threadpool(form.feed, b"".join(waiting))
                waiting, size = [], 0
        await run_in_threadpool(form.feed, b"".join(waiting))
        return form.end()
    finally:
        incoming.abandon()
