"""The form: read to its end or refused, however it is cut and wherever it breaks off."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.canonical import sha256
from governance.errors import GovernanceError
from governance.operations.uploads import FILES, Incoming, Limits, Upload, fresh_folder, upload_folder
from governance.web.problems import Kind, WebError
from governance.web.uploads import LONGEST_HEADER, MOST_HEADERS, Form
from tests.web.api.measuring import BOUNDARY, closed, part

TYPE = f"multipart/form-data; boundary={BOUNDARY}"
MANIFEST = b"schema: governance.manifest/v1\nmodel: {name: m, version: 1}\nartifact: {path: a/b, format: onnx}\n"
# What looks like the beginning of a boundary, and like its end.
MODEL = b"\r\n--the-bound\r\n--\r\n\r\n--the-boundaryx--\0" * 2
PARTS = part("manifest", MANIFEST), part("file", MODEL, "a/b")
BODY = closed(*PARTS)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory):
    with upload_folder(tmp_path_factory.mktemp("form")) as folder:
        yield folder


def read(own: Path, *chunks: bytes, content_type: str = TYPE) -> tuple[Upload, dict[str, bytes]]:
    """What came, and the bytes of its files."""
    with fresh_folder(own) as folder:
        incoming = Incoming(folder, Limits(10_000, 10_000))
        try:
            form = Form(content_type, incoming)
            for chunk in chunks:
                form.feed(chunk)
            upload = form.end()
        finally:
            incoming.abandon()
        return upload, {name: (folder / FILES / name).read_bytes() for name in upload.files}


def refused(own: Path, *chunks: bytes, content_type: str = TYPE) -> GovernanceError:
    with pytest.raises(GovernanceError) as caught:
        read(own, *chunks, content_type=content_type)
    assert not list(own.iterdir())
    return caught.value


@given(cuts=st.lists(st.integers(0, len(BODY)), max_size=8))
def test_however_it_is_cut(own: Path, cuts: list[int]) -> None:
    places = sorted({0, *cuts, len(BODY)})
    upload, files = read(own, *(BODY[start:end] for start, end in pairwise(places)))
    assert (upload.data, files, upload.files) == (MANIFEST, {"a/b": MODEL}, {"a/b": sha256(MODEL)})


def test_byte_by_byte(own: Path) -> None:
    assert read(own, *(BODY[place : place + 1] for place in range(len(BODY))))[1] == {"a/b": MODEL}


def test_wherever_it_breaks_off(own: Path) -> None:
    """Whole but for the line end after the closing boundary is whole (RFC 2046 section 5.1.1)."""
    for length in range(len(BODY)):
        if length >= len(BODY) - len(b"\r\n"):
            assert read(own, BODY[:length])[1] == {"a/b": MODEL}
        else:
            refused(own, BODY[:length])


@given(place=st.integers(0, len(BODY) - 1), byte=st.integers(0, 255))
def test_whatever_is_flipped_nothing_breaks(own: Path, place: int, byte: int) -> None:
    body = BODY[:place] + bytes([byte]) + BODY[place + 1 :]
    try:
        upload, files = read(own, body)
    except GovernanceError:
        assert body != BODY
    else:
        assert set(upload.files) <= {"a/b"}
        assert all(sha256(data) == upload.files[name] for name, data in files.items())
    assert not list(own.iterdir())


@given(body=st.binary(max_size=300))
def test_whatever_comes(own: Path, body: bytes) -> None:
    refused(own, body)


def head(*lines: bytes) -> bytes:
    return b"--the-boundary\r\n" + b"".join(line + b"\r\n" for line in lines) + b"\r\n" + MANIFEST + b"\r\n"


NAMED = b'Content-Disposition: form-data; name="manifest"'


@pytest.mark.parametrize(
    "lines",
    [
        [NAMED],
        [b'content-disposition:form-data;filename="m.yaml";name="manifest"'],
        [b'CONTENT-DISPOSITION: Form-Data ; NAME="manifest" ; FILENAME="m.yaml"', b"Content-Type: application/yaml"],
        [NAMED, *(b"X-%d: y" % number for number in range(MOST_HEADERS - 1))],
    ],
)
def test_heads_that_are_read(own: Path, lines: list[bytes]) -> None:
    assert read(own, closed(head(*lines), PARTS[1]))[0].data == MANIFEST


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [b"Content-Type: text/plain"],
        [b"Content-Disposition: form-data"],
        [b"Content-Disposition: form-data; name=manifest"],
        [b'Content-Disposition: attachment; name="manifest"'],
        [b'Content-Disposition: form-data; filename="m.yaml"'],
        [NAMED + b'; name="manifest"'],
        [NAMED + b'; filename="a"; filename="b"'],
        [NAMED + b"; filename*=utf-8''m.yaml"],
        [NAMED + b'; filename="a\\"b"'],
        [NAMED + b'; filename="m.yaml'],
        [NAMED + b'; filename="\xff"'],
        [NAMED + b'; filename="a\0b"'],
        [NAMED, NAMED],
        [NAMED, b"Content-Transfer-Encoding: base64"],
        [NAMED, b"Content-Encoding: gzip"],
        [NAMED, *(b"X-%d: y" % number for number in range(MOST_HEADERS))],
        [NAMED, b"X: " + b"y" * LONGEST_HEADER],
        [b"no header"],
    ],
)
def test_heads_that_are_not(own: Path, lines: list[bytes]) -> None:
    error = refused(own, closed(head(*lines), PARTS[1]))
    assert isinstance(error, WebError)
    assert error.kind is Kind.BAD_REQUEST


@pytest.mark.parametrize(
    "content_type",
    [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        f"multipart/form-data; boundary={'x' * 71}",
        "text/plain",
    ],
)
def test_without_a_boundary(own: Path, content_type: str) -> None:
    error = refused(own, BODY, content_type=content_type)
    assert isinstance(error, WebError)
    assert error.kind is Kind.BAD_REQUEST


def test_under_another_boundary(own: Path) -> None:
    refused(own, closed(*PARTS, boundary="another"))
