"""Text tables of any common dialect, record by record, in bounded memory: nothing is guessed, nothing dropped unsaid.

What does not fit is refused with its line: a record that is wider or narrower, a quote that never closes, a NUL, a byte
that is no UTF-8. Quoting as in RFC 4180: a quote within quotes is doubled, line ends within quotes belong to the value,
and a value that is not quoted holds no quote.
"""

import csv
import hashlib
import re
from collections.abc import Iterator, Sequence
from typing import Annotated, BinaryIO, Self

from pydantic import Field

from governance.canonical import Document
from governance.collect.columns import nameable
from governance.errors import BadInput

MAX_LINE = 1 << 20
"""Bytes of one line."""
MAX_RECORD = 16 << 20
"""Bytes of one record, whose quoted values may go over many lines."""
MAX_COLUMNS = 10_000
_BOM = b"\xef\xbb\xbf"
_MARK = _BOM.decode()
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]*)?")


class Dialect(Document):
    """What a text table is like. `columns` are the names where the file has no header, `quote` is null where quotes are
    plain characters, `comment` begins a line that is no record, `trim` takes spaces and tabs off both ends of a value.
    """

    columns: tuple[str, ...] | None = None
    delimiter: str = ","
    quote: str | None = '"'
    skip_lines: Annotated[int, Field(ge=0, le=MAX_LINE)] = 0
    comment: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    trim: bool = False

    @property
    def blanks(self) -> str:
        """What is trimmed; perhaps nothing."""
        return " \t".replace(self.delimiter, "") if self.trim else ""

    def checked(self) -> Self:
        """The same. Raises BadInput for characters that cannot be told apart, naming the option."""
        for option, text in (("--delimiter", self.delimiter), ("--quote", self.quote)):
            if text is not None and (len(text) != 1 or text in "\r\n\0" or not text.isascii()):
                fix = "spaces around values go with --trim" if text.strip() != text else ""
                raise BadInput("not one character", got=repr(text), expected="one, in ASCII", fix=fix, where=option)
        if self.delimiter == self.quote:
            raise BadInput("values and quotes end alike", got=repr(self.quote), where="--delimiter")
        if self.trim and self.delimiter == " ":
            raise BadInput("spaces cannot both part values and be trimmed", fix="leave out --trim", where="--trim")
        if self.columns is not None:
            check_names(self.columns, "--columns")
        return self


class Records:
    """The records of one file. `names`: the columns, known at once. Iterating yields (line it begins on, its values),
    each as wide as `names` and as it stands: whoever makes columns of them takes `Dialect.blanks` off.
    `blank` and `comments` count the lines that were left out so far; `bytes` and `sha256` are
    of what was read so far, which at the end is the whole file."""

    def __init__(self, file: BinaryIO, dialect: Dialect, where: str) -> None:
        self._file, self._dialect, self._where = file, dialect, where
        self._line = self._begun = self.blank = self.comments = self.bytes = 0
        self._digest = hashlib.sha256()
        self._between, self._raw, self._ends_before = True, "", 0
        for _ in range(dialect.skip_lines):
            if not self._readline():
                raise BadInput(
                    "the file ends before its first record",
                    got=f"{self._line} lines",
                    expected=f"more than the {dialect.skip_lines} to skip",
                    where=where,
                )
        # The reader's own limit is one for the whole process; ours is looked at line by line and value by value.
        self._reader: Iterator[list[str]] = csv.reader(
            self._lines(),
            delimiter=dialect.delimiter,
            quotechar=dialect.quote,
            quoting=csv.QUOTE_NONE if dialect.quote is None else csv.QUOTE_MINIMAL,
            skipinitialspace=dialect.trim,
            strict=True,
        )
        self._pending: list[str] | None = None
        self.names = self._names()

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        width = len(self.names)
        while True:
            record = self._record()
            if record is None:
                return
            if len(record) != width:
                raise BadInput(
                    f"a record of {len(record)} values",
                    got=_shown(self._dialect.delimiter.join(record)),
                    expected=f"{width}, one for each column",
                    fix="quote values that hold the delimiter, or mend the line; say --comment or --skip-lines for a"
                    " line that is no record",
                    where=self._at(self._begun),
                )
            yield self._begun, record

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    def _at(self, line: int) -> str:
        return f"{self._where}, line {line}"

    def _readline(self) -> bytes:
        line = self._file.readline(MAX_LINE + 1)
        if len(line) > MAX_LINE:
            raise BadInput(
                "a line too long",
                got=f"more than {MAX_LINE} bytes",
                expected="a text table with line ends",
                where=self._at(self._line + 1),
            )
        self.bytes += len(line)
        self._digest.update(line)
        first, self._line = self._line == 0, self._line + bool(line)
        return line.removeprefix(_BOM) if first else line

    def _lines(self) -> Iterator[str]:
        """For the reader: lines that it may read. Within a record all of them; between two, no comment and no blank."""
        comment = self._dialect.comment
        while data := self._readline():
            try:
                line = data.decode("utf-8")
            except UnicodeDecodeError as error:
                raise BadInput(
                    "not UTF-8",
                    got=f"byte 0x{data[error.start]:02x} at byte {error.start + 1} of the line",
                    fix="convert the file first, for example: iconv -f LATIN1 -t UTF-8",
                    where=self._at(self._line),
                ) from error
            if "\0" in line:
                raise BadInput(
                    "a NUL in the text", got="byte 0x00", expected="a text table", where=self._at(self._line)
                )
            if self._between:
                if comment is not None and line.startswith(comment):
                    self.comments += 1
                    continue
                if not line.strip("\r\n" + self._dialect.blanks):
                    self.blank += 1
                    continue
                self._begun, self._between, self._raw, self._ends_before = self._line, False, "", self.bytes - len(data)
            elif self.bytes - self._ends_before > MAX_RECORD:
                raise BadInput(
                    "a record too long",
                    got=f"more than {MAX_RECORD} bytes, and a quote is still open on line {self._line}",
                    fix="find the quote that is not closed; or say `--quote none` where quotes are plain characters",
                    where=self._at(self._begun),
                )
            if self._raw or (self._dialect.quote and self._dialect.quote in line):
                self._raw += line
            yield line

    def _record(self) -> list[str] | None:
        record, self._pending = self._pending, None
        if record is not None:
            return record
        self._between = True
        try:
            record = next(self._reader, None)
        except csv.Error as error:
            raise self._not_csv(error) from error
        if self._raw:
            self._check_quotes()
        if record is not None and len(record) > MAX_COLUMNS:
            expected = f"at most {MAX_COLUMNS}"
            raise BadInput("too many values", got=str(len(record)), expected=expected, where=self._at(self._begun))
        return record

    def _check_quotes(self) -> None:
        """A quote opens a value where the value begins. The reader takes any other for a plain character, so that a
        delimiter behind it would part what the file holds together."""
        quote, delimiter = str(self._dialect.quote), self._dialect.delimiter
        outside = self._raw.split(quote)[:-1:2]
        for place, before in enumerate(outside):
            begins = before.rstrip(" ") if self._dialect.trim else before
            if not (begins.endswith(delimiter) or before == "" or (begins == "" and place == 0)):
                raise BadInput(
                    "a quote within a value that is not quoted",
                    got=_shown(before.rpartition(delimiter)[2] + quote),
                    expected=f"{quote} around the whole value, and {quote}{quote} for one within it",
                    fix="mend the line; say --trim for blanks before quotes, `--quote none` for plain characters",
                    where=self._at(self._begun),
                )

    def _not_csv(self, error: csv.Error) -> BadInput:
        quote, said = self._dialect.quote, str(error)
        if self._line > self._begun or "unexpected end" in said:
            return BadInput(
                "a quote is not closed",
                got=f"the record goes on to line {self._line}: {said}",
                expected=f"{quote} at the end of the value, and {quote}{quote} for one within it",
                fix="mend the line; or say `--quote none` where quotes are plain characters",
                where=self._at(self._begun),
            )
        fix = "mend the line; --delimiter, --quote and --trim say what the file is like"
        if "new-line" in said:
            said, fix = "a carriage return within a line", "convert line ends first, for example: tr '\\r' '\\n'"
        return BadInput("not in this dialect", got=said, fix=fix, where=self._at(self._begun))

    def _names(self) -> tuple[str, ...]:
        """The columns that were named, or the first record. BadInput for what cannot be names of columns."""
        first = self._record()
        if first is None:
            raise BadInput("the file is empty", expected="a table with at least one row", where=self._where)
        where = self._at(self._begun)
        names, given = [name.strip(self._dialect.blanks) for name in first], self._dialect.columns
        if given is not None:
            if names == list(given):
                fix = "leave --columns out, or skip the line with --skip-lines"
                raise BadInput("the first line is a header", got=_shown(", ".join(first)), fix=fix, where=where)
            self._pending, names, where = first, list(given), "--columns"
        else:
            for name in names:
                if not name or _NUMBER.fullmatch(name):
                    raise BadInput(
                        "the first line does not look like a header",
                        got=f"{name!r} as the name of a column",
                        fix="give the names: --columns a,b,c or --columns-file; with --skip-lines where it is one",
                        where=where,
                    )
        check_names(names, where)
        return tuple(names)


def check_names(names: Sequence[str], where: str) -> None:
    """Raises BadInput for a name that a document cannot hold, or that comes twice."""
    seen: set[str] = set()
    for name in names:
        if not nameable(name) or _MARK in name:
            expected = "1 to 200 characters, no control character or byte order mark, in Unicode normal form C"
            raise BadInput("not a name for a column", got=ascii(name[:100]), expected=expected, where=where)
        if name in seen:
            fix = "name them with --columns; with --skip-lines where the file has a header"
            raise BadInput("two columns of one name", got=repr(name), expected="each name once", fix=fix, where=where)
        seen.add(name)


def _shown(text: str) -> str:
    return repr(text if len(text) <= 100 else text[:100] + "...")
