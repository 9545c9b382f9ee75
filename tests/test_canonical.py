"""Canonical bytes against an independent RFC 8785 implementation, published vectors, and everything that is refused."""

import json
import unicodedata
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from hypothesis import assume, example, given
from hypothesis import strategies as st
from pydantic import Field

from governance import canonical
from governance.errors import BadInput

TEXT = st.text(max_size=12).map(lambda text: unicodedata.normalize("NFC", text)).filter(canonical.dumps)
KEYS = st.text(st.characters(max_codepoint=127), max_size=8)
INTEGERS = st.integers(-canonical.MAX_INTEGER, canonical.MAX_INTEGER)
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | INTEGERS | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)


@given(DOCUMENTS)
@example({"\x7f": "\x7f\u2028", "\x00": '\x1f"\\/\b\f\n\r\t', "": "€😀"})
@example(canonical.MAX_INTEGER)
def test_bytes_are_those_of_rfc_8785(document: Any) -> None:
    data = canonical.dumps(document)
    assert data == rfc8785.dumps(document)
    assert canonical.loads(data) == document


@given(DOCUMENTS, st.data())
def test_every_other_spelling_is_refused(document: Any, data: st.DataObject) -> None:
    right = canonical.dumps(document)
    other = data.draw(
        st.sampled_from(
            [
                json.dumps(document, sort_keys=True, ensure_ascii=False).encode(),
                json.dumps(document, separators=(",", ":"), sort_keys=True).encode(),
                json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode(),
                json.dumps(document, separators=(",", ":"), ensure_ascii=False, indent=1).encode(),
                right + b" ",
                b"\n" + right,
                b"\xef\xbb\xbf" + right,
                right + b"\0",
                right + right,
                right[:-1],
                right.decode().encode("utf-16"),
            ]
        )
    )
    assume(other != right)
    try:
        value = canonical.loads(other)
    except BadInput:
        return
    # What is left is another document, in its own canonical form ("12" cut to "1").
    assert canonical.dumps(value) == other
    assert value != document


@given(st.binary(max_size=60))
@example(b"[" * 5000)
@example(b'{"a":' * 5000)
@example(b"[" * 65 + b"]" * 65)
@example(b"1" * 5000)
@example(b"-0")
def test_bytes_are_canonical_or_refused(data: bytes) -> None:
    try:
        value = canonical.loads(data)
    except BadInput:
        return
    assert canonical.dumps(value) == data


@pytest.mark.parametrize(
    "data",
    [
        b'{"a":1,"a":1}',
        b'{"a":1,"a":2}',
        b'{"b":1,"a":2}',
        b'{"a":{"x":1,"x":1}}',
        b"1.0",
        b"1e3",
        b"NaN",
        b"Infinity",
        b"-0",
        b"01",
        b"+1",
        b"9007199254740992",
        b"-9007199254740992",
        b"123456789012345678",
        b'"\\u0041"',
        b'"\\/"',
        b'"\\u000A"',
        b'"\\ud800"',
        b'"e\\u0301"',
        '"e\u0301"'.encode(),
        '{"é":1}'.encode(),
        b'"\xff"',
        b'"\xed\xa0\x80"',
        b"[1, 2]",
        b"[1,]",
        b"",
        b"'a'",
        b"true ",
        b'{"a":1',
        b"// x\n1",
    ],
)
def test_refused(data: bytes) -> None:
    with pytest.raises(BadInput):
        canonical.loads(data)


def test_a_duplicate_key_is_named() -> None:
    with pytest.raises(BadInput, match="duplicate key in JSON\n  got: 'b'"):
        canonical.loads(b'{"a":1,"b":{"a":1},"b":2}')


@pytest.mark.parametrize("depth, fits", [(canonical.MAX_DEPTH, True), (canonical.MAX_DEPTH + 1, False)])
def test_depth_is_bounded(depth: int, fits: bool) -> None:
    data = b"[" * depth + b"1" + b"]" * depth
    if fits:
        assert canonical.dumps(canonical.loads(data)) == data
    else:
        with pytest.raises(BadInput, match="nested"):
            canonical.loads(data)


@pytest.mark.parametrize(
    "value, words",
    [
        (1.5, "floating-point"),
        ({"a": [1.0]}, r"\$\.a\[0\]"),
        (2**53, "integer too large"),
        (-(2**53), "integer too large"),
        pytest.param(10**5000, "integer too large", id="5000 digits"),
        ({"é": 1}, "not ASCII"),
        ({1: 1}, "not ASCII"),
        ("\ud800", "surrogate"),
        ("e\u0301", "normal form"),
    ],
)
def test_values_outside_the_profile(value: Any, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        canonical.dumps(value)


def test_a_message_stays_short() -> None:
    with pytest.raises(BadInput) as caught:
        canonical.dumps("e\u0301" * 100_000)
    assert len(str(caught.value)) < 1000


def test_what_is_no_json_value_is_a_bug_of_the_caller() -> None:
    with pytest.raises(RuntimeError):
        canonical.dumps({"a": object()})
    with pytest.raises(RuntimeError):
        canonical.dumps(b"bytes")


def test_published_vectors(shared: Path) -> None:
    """Inputs of RFC 8785's reference test data: equal bytes inside our profile, refused outside of it."""
    inside = []
    folder = shared / "vectors" / "jcs"
    for path in sorted((folder / "input").glob("*.json")):
        value = json.loads(path.read_bytes())
        expected = bytes.fromhex((folder / "outhex" / f"{path.stem}.txt").read_text())
        try:
            data = canonical.dumps(value)
        except BadInput:
            continue
        assert data == expected
        inside.append(path.stem)
    # The others hold fractions, keys that are not ASCII, or text that is not in normal form C.
    assert inside == ["arrays"]


@given(st.floats(allow_nan=False, allow_infinity=False))
@example(-0.0)
@example(5e-324)
@example(1.7976931348623157e308)
@example(-1e-300)
def test_reals_keep_nine_digits(value: float) -> None:
    text = canonical.real(value)
    assert canonical._REAL.fullmatch(text)
    assert float(text) == pytest.approx(value, rel=1e-8, abs=0)
    assert canonical.real(float(text)) == text
    Decimal(text)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_undefined_reals_are_a_bug_of_the_caller(value: float) -> None:
    with pytest.raises(RuntimeError):
        canonical.real(value)


@given(st.datetimes(timezones=st.just(UTC)))
@example(datetime(1, 1, 2, tzinfo=UTC))
def test_instants_come_back(moment: datetime) -> None:
    assert canonical.parse_instant(canonical.instant(moment)) == moment.replace(microsecond=0)


def test_instants_are_utc() -> None:
    berlin = timezone(timedelta(hours=2))
    assert canonical.instant(datetime(2026, 6, 1, 1, 30, tzinfo=berlin)) == "2026-05-31T23:30:00Z"
    with pytest.raises(RuntimeError):
        canonical.instant(datetime(2026, 6, 1))  # noqa: DTZ001 - that it is naive is the point


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-30T00:00:00Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01T00:00:60Z",
        "2026-01-01T00:00:00",
        "2026-01-01T00:00:00+00:00",
        "2026-01-01T00:00:00.5Z",
        "2026-01-01t00:00:00z",
        "2026-01-01 00:00:00Z",
        "2026-1-1T00:00:00Z",
        "٢٠٢٦-01-01T00:00:00Z",
        "2026-01-01T00:00:00Z\n",
        "",
    ],
)
def test_times_in_another_form(text: str) -> None:
    with pytest.raises(BadInput):
        canonical.parse_instant(text)


class Sample(canonical.Document):
    """A document with an alias, for the tests below."""

    schema_: str = Field(alias="schema")
    size: canonical.Count
    when: canonical.Instant | None = None


def test_documents_come_back() -> None:
    document = Sample(schema="s", size=3, when="2026-01-01T00:00:00Z")
    data = document.to_bytes()
    assert data == b'{"schema":"s","size":3,"when":"2026-01-01T00:00:00Z"}'
    assert Sample.from_bytes(data) == document


@pytest.mark.parametrize(
    "data, words",
    [
        (b'{"schema":"s"}', "size"),
        (b'{"schema":"s","size":"3"}', "size"),
        (b'{"schema":"s","size":-1}', "size"),
        (b'{"schema":"s","size":true}', "size"),
        (b'{"extra":1,"schema":"s","size":3}', "extra"),
        (b'{"schema_":"s","size":3}', "schema"),
        (b'{"schema":"s","size":3,"when":"soon"}', "when"),
        (b"[]", "Sample"),
        (b'{"size":3,"schema":"s"}', "canonical form"),
    ],
)
def test_documents_are_closed_and_typed(data: bytes, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        Sample.from_bytes(data)
