"""Canonical bytes, digests, decimal numbers and UTC time: one spelling for each value.

Bytes follow a restricted RFC 8785 (JCS) profile: ASCII keys, no floats, integers below 2**53 in magnitude, NFC strings
without lone surrogates, no duplicate keys. In that profile `json.dumps(sort_keys=True)` equals JCS byte for byte.
"""

import hashlib
import json
import math
import re
import unicodedata
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Self, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ValidationError,
)
from pydantic_core import CoreSchema, core_schema

from governance.errors import BadInput

MAX_INTEGER = 2**53 - 1
MAX_DEPTH = 64
MAX_MEMBERS = 10_000
"""Of one object. A model reports each member that it does not know, so that many would fill the memory."""
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_REAL = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:e[+-][0-9]{2,3})?", re.ASCII)


def _check(value: Any, path: str, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise BadInput(f"nested deeper than {MAX_DEPTH} levels", where=path)
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, int):
        if abs(value) > MAX_INTEGER:
            raise BadInput(
                "integer too large", got=f"{value.bit_length()} bits", expected="magnitude below 2**53", where=path
            )
    elif isinstance(value, str):
        if not value.isascii():
            _check_text(value, path)
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            _check(item, f"{path}[{index}]", depth + 1)
    elif isinstance(value, dict):
        if len(value) > MAX_MEMBERS:
            raise BadInput("too many members in an object", got=str(len(value)), expected=f"{MAX_MEMBERS}", where=path)
        for key, item in value.items():
            if not isinstance(key, str) or not key.isascii():
                raise BadInput("object key is not ASCII text", got=repr(key)[:200], where=path)
            _check(item, f"{path}.{key}", depth + 1)
    elif isinstance(value, float):
        raise BadInput("floating-point number in a document", got=repr(value), expected="a decimal string", where=path)
    else:
        raise RuntimeError(f"{path}: {type(value).__name__} has no canonical form")


def _check_text(value: str, path: str) -> None:
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise BadInput("text holds a lone surrogate", got=ascii(value)[:200], where=path) from error
    if not unicodedata.is_normalized("NFC", value):
        raise BadInput(
            "text is not in Unicode normal form C",
            got=ascii(value)[:200],
            # Composing takes the square of the length of a run of marks, and this text may be a stranger's.
            expected=ascii(unicodedata.normalize("NFC", value[:100]))[:200],
            fix="write the composed form, so that two spellings of one name cannot pass for two names",
            where=path,
        )


def dumps(value: Any) -> bytes:
    """Canonical bytes of a JSON value. Raises BadInput for anything outside the profile."""
    _check(value, "$", 0)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode("utf-8")


def no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """For `json`'s object_pairs_hook: the object. Raises BadInput where a key comes twice."""
    result = dict(pairs)
    if len(result) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise BadInput("duplicate key in JSON", got=repr(key)[:200], expected="each key once")
            seen.add(key)
    return result


def _no_float(text: str) -> Any:
    raise BadInput("floating-point number in a document", got=text, expected="a decimal string")


def _bounded_int(text: str) -> int:
    if len(text) > 17:
        raise BadInput("integer too large", got=f"{text[:20]}...", expected="magnitude below 2**53")
    return int(text)


def loads(data: bytes) -> Any:
    """Parse bytes that must be in canonical form, to the byte. Raises BadInput otherwise."""
    try:
        value = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=no_duplicates,
            parse_float=_no_float,
            parse_int=_bounded_int,
            parse_constant=_no_float,
        )
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise BadInput("not JSON in UTF-8", got=str(error), expected="a canonical JSON document") from error
    except RecursionError as error:
        raise BadInput("nested too deeply", expected=f"at most {MAX_DEPTH} levels") from error
    if dumps(value) != data:
        raise BadInput(
            "JSON is not in canonical form",
            got="bytes that change when written again",
            expected="sorted keys, no white space, no escapes that are not needed (RFC 8785)",
        )
    return value


def other_version(data: bytes, schema: str) -> bool:
    """Whether canonical bytes name another version of this schema: of a release to come, say, not broken."""
    # Most documents are of this version: to see that needs no second reading of a stranger's many megabytes.
    if f'"schema":"{schema}"'.encode() in data:
        return False
    try:
        value = loads(data)
    except BadInput:
        return False
    named = value.get("schema") if isinstance(value, dict) else None
    return isinstance(named, str) and named != schema and named.rpartition("/")[0] == schema.rpartition("/")[0]


def schema_of(document: "type[Document]") -> str:
    """The versioned type that a kind of document names in its `schema`, as `governance.act/v1`: written there only."""
    named: tuple[str, ...] = get_args(document.model_fields["schema_"].annotation)
    return named[0]


# How files begin that are handed in for text, what they are, and what to do about it.
_NO_TEXT = (
    (b"\xff\xfe", "UTF-16", "save the file as UTF-8"),
    (b"\xfe\xff", "UTF-16", "save the file as UTF-8"),
    (b"\x1f\x8b", "gzip", "unpack it first"),
    (b"PK\x03\x04", "a zip archive, as Excel files are", "export it as text"),
    (b"%PDF", "PDF", "export it as text"),
    (b"PAR1", "Parquet", "name the file *.parquet, or give another one"),
)


def text(data: bytes, where: str) -> str:
    """The text of UTF-8 bytes, without a byte order mark. Raises BadInput: which byte, on which line, and what the file
    looks like instead."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        found = next((row for row in _NO_TEXT if data.startswith(row[0])), None)
        _, looks, fix = found or (b"", "Latin-1 or Windows-1252", "save the file as UTF-8")
        raise BadInput(
            "not UTF-8 text",
            got=f"byte 0x{data[error.start]:02x} on line {line} (it looks like {looks})",
            expected="UTF-8",
            fix=fix,
            where=where,
        ) from error


def sha256(data: bytes) -> str:
    """Lower-case hex SHA-256."""
    return hashlib.sha256(data).hexdigest()


def real(value: float) -> str:
    """A finite real as a decimal string of 9 significant digits. NaN and infinity are a caller's bug: use null."""
    if not math.isfinite(value):
        raise RuntimeError(f"{value!r} has no place in a document: undefined is null with a reason")
    text = format(value, ".9g")
    return "0" if text in ("-0", "0") else text


def instant(moment: datetime) -> str:
    """RFC 3339 in UTC, whole seconds. A naive datetime is a caller's bug."""
    if moment.tzinfo is None:
        raise RuntimeError("naive datetime: time always carries its zone")
    # Not strftime: it writes years before 1000 with fewer digits on some platforms.
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def parse_instant(text: str) -> datetime:
    """The inverse of `instant`. Raises BadInput."""
    formed = _INSTANT.fullmatch(text)
    try:
        # Python 3.14 would take 24:00:00 for the next day, and then one moment had two spellings.
        if not formed or text[11:13] == "24":
            raise ValueError(text)
        return datetime.fromisoformat(text)
    except ValueError as error:
        what = "not a UTC time" + (" that exists" if formed else "")
        raise BadInput(what, got=repr(text), expected="2026-01-31T12:00:00Z") from error


def _real_text(text: str) -> str:
    if not _REAL.fullmatch(text) or len(text) > 40:
        raise ValueError("expected a decimal number such as 0.8, written out in plain digits")
    return text


def _instant_text(text: str) -> str:
    try:
        parse_instant(text)
    except BadInput as error:
        raise ValueError(f"{error.what}, expected one such as {error.expected}") from error
    return text


class Spelled:
    """An annotation of text: it matches `pattern` as a whole, or the message says in `words` what was expected."""

    def __init__(self, pattern: str, words: str) -> None:
        self._pattern, self._words = re.compile(pattern, re.ASCII), words

    def _check(self, text: str) -> str:
        if not self._pattern.fullmatch(text):
            raise ValueError(f"expected {self._words}")
        return text

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return handler(schema) | {"pattern": f"^{self._pattern.pattern}$"}


def _published(pattern: re.Pattern[str]) -> Any:
    """What validates is a function; whoever reads the JSON Schema sees the form."""
    return Field(json_schema_extra={"pattern": f"^{pattern.pattern}$"})


Real = Annotated[str, AfterValidator(_real_text), _published(_REAL)]
"""A real number in a document: a decimal string. `Decimal(x)` compares, `float(x)` computes."""
Instant = Annotated[str, AfterValidator(_instant_text), _published(_INSTANT)]
Sha256 = Annotated[str, Spelled(r"[0-9a-f]{64}", "a SHA-256 in hex: 64 digits 0-9 and a-f")]
Count = Annotated[int, Field(ge=0, le=MAX_INTEGER)]
Threshold = Annotated[Decimal, Field(allow_inf_nan=False, max_digits=18)]
"""A limit in a policy: an exact decimal, written as text."""


def _fail_fast(schema: Any) -> None:
    """Let sequences and mappings report their first bad item only: a report of each takes 200 times the memory of the
    item, which a stranger's file of a few megabytes would turn into all there is."""
    if isinstance(schema, dict):
        if schema.get("type") in ("tuple", "list", "dict"):
            schema["fail_fast"] = True
        for inner in schema.values():
            _fail_fast(inner)
    elif isinstance(schema, list | tuple):
        for inner in schema:
            _fail_fast(inner)


class Document(BaseModel):
    """A frozen, closed document. What is submitted is what is signed, stored and returned."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        populate_by_name=True,
        validate_default=True,
        # A document is written whole, also where a field holds its default.
        json_schema_serialization_defaults_required=True,
    )

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        schema = handler(source)
        _fail_fast(schema)
        return schema

    def to_bytes(self) -> bytes:
        return dumps(self.model_dump(mode="json", by_alias=True))

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Parse canonical bytes strictly (no coercion; a document that has a schema names it). Raises BadInput."""
        value = loads(data)
        if "schema_" in cls.model_fields and not (isinstance(value, dict) and "schema" in value):
            raise BadInput(f"not a {cls.__name__} document: it names no schema", where="schema")
        try:
            return cls.model_validate_json(data, strict=True, by_alias=True, by_name=False)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            raise BadInput(
                f"not a {cls.__name__} document: {first['msg']}",
                got=repr(first["input"])[:200],
                where=".".join(str(part) for part in first["loc"]) or "$",
            ) from error
