"""A text table made into Parquet: which values are missing, replaced, numbers, and which columns are left out.

Two passes over the file, each in bounded memory: the first counts and finds out which columns hold nothing but numbers,
the second writes. The same file, the same preparation and the same version of pyarrow give the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, Literal, NamedTuple, Self, get_args

from pydantic import Field

from governance.canonical import Document
from governance.collect.dialect import Dialect, Records
from governance.errors import BadInput

if TYPE_CHECKING:
    import pyarrow as pa

Kind = Literal["integer", "decimal", "text"]
KINDS: tuple[Kind, ...] = get_args(Kind)
"""The narrowest first, and at last the one that everything fits."""
MOST_CELLS = 500_000
MOST_BYTES = 64 << 20
"""Of one batch, which is also a row group of the Parquet file."""
MOST_DIGITS = 18
"""Of an integer: 64 bits hold all numbers of so many."""

# Without being asked, only what is written back the same is taken for a number: 007, +5, 1e999, NaN and digits beyond
# those that a 64-bit number holds stay text.
_PLAIN_INTEGER = "^(0|-?[1-9][0-9]{0,17})$"
_PLAIN_DECIMAL = r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$"
_SIGNIFICANT = "^[0-9]{0,17}$"
# Not every whole number of more digits is one of those that a 64-bit float holds.
_WHOLE_IN_FLOAT = r"^-?[0-9]{1,15}$|[.eE]"
_ASKED_INTEGER = "^[+-]?[0-9]+$"
_ASKED_DECIMAL = r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?$"


class Replacement(Document):
    """In this column, a value that is `value` becomes `by`."""

    column: str
    value: str
    by: str


class Preparation(Document):
    """What is done to which file. Paths are relative to the project. Each value is trimmed, then replaced, then held
    against `missing`; an empty one is always missing. `types`: what was asked for, by column; a column that nobody
    asked about is a number where every value of it is one, else text. `keep` empty: all columns but `drop`."""

    source: Annotated[str, Field(min_length=1, max_length=4096)]
    out: Annotated[str, Field(min_length=1, max_length=4096)]
    dialect: Dialect = Dialect()
    missing: tuple[str, ...] = ()
    replace: tuple[Replacement, ...] = ()
    types: dict[str, Kind] = {}
    drop: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()

    def checked(self) -> Self:
        """The same. Raises BadInput for what contradicts itself, naming the option."""
        self.dialect.checked()
        if self.drop and self.keep:
            raise BadInput("both what to keep and what to drop", expected="one of them", where="--keep")
        seen = set()
        for each in self.replace:
            got = f"{each.value!r} in {each.column!r}"
            if (each.column, each.value) in seen:
                raise BadInput("replaced twice", got=got, expected="each value once", where="--replace")
            if each.value == each.by:
                raise BadInput("replaced by itself", got=got, where="--replace")
            seen.add((each.column, each.value))
        for text in (*self.missing, *(part for each in self.replace for part in (each.value, each.by))):
            if any("\ud800" <= character <= "\udfff" for character in text):
                raise BadInput("not text", got=ascii(text)[:100], expected="UTF-8")
        return self


class Column(NamedTuple):
    """A column of the table that is written. `at`: which column of the source it is. `replaced`: how often, for each
    replacement of this column in order. `asked`: whether somebody said what kind it is."""

    name: str
    at: int
    kind: Kind
    asked: bool
    missing: int
    replaced: tuple[int, ...]


class Surveyed(NamedTuple):
    """What the first pass found. `names`: columns of the source; `blank` and `comments`: lines that are no records;
    `sha256` and `size`: of the source."""

    sha256: str
    size: int
    rows: int
    names: tuple[str, ...]
    columns: tuple[Column, ...]
    blank: int
    comments: int


Tick = Callable[[int], None]
"""Is told how many bytes of the source have been read."""


def survey(file: BinaryIO, preparation: Preparation, where: str, tick: Tick) -> Surveyed:
    """The first pass. Raises BadInput with the line."""
    records = Records(file, preparation.dialect, where)
    columns = _chosen(records.names, preparation)
    cleaners = [_Cleaner(name, at, preparation) for name, at in columns]
    rows = 0
    for lines, values in _batches(records):
        rows += len(lines)
        for cleaner in cleaners:
            cleaner.count(values[cleaner.at], lines, where)
        tick(records.bytes)
    return Surveyed(
        records.sha256,
        records.bytes,
        rows,
        records.names,
        tuple(cleaner.column() for cleaner in cleaners),
        records.blank,
        records.comments,
    )


def write(file: BinaryIO, preparation: Preparation, surveyed: Surveyed, out: BinaryIO, where: str, tick: Tick) -> None:
    """The second pass: Parquet into `out`. Raises BadInput."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    arrow = {"integer": pa.int64(), "decimal": pa.float64(), "text": pa.string()}
    schema = pa.schema([(column.name, arrow[column.kind]) for column in surveyed.columns])
    cleaners = [_Cleaner(column.name, column.at, preparation) for column in surveyed.columns]
    records = Records(file, preparation.dialect, where)
    # Everything that the bytes depend on is said here rather than left to what a version has for its default.
    with pq.ParquetWriter(
        out, schema, version="2.6", compression="zstd", compression_level=3, use_dictionary=True,
        write_statistics=True, store_schema=False, data_page_size=1 << 20,
    ) as writer:  # fmt: skip
        for _, values in _batches(records):
            arrays = [
                _typed(cleaner.clean(values[cleaner.at])[0], column.kind)
                for cleaner, column in zip(cleaners, surveyed.columns, strict=True)
            ]
            writer.write_batch(pa.record_batch(arrays, schema=schema))
            tick(records.bytes)
    if records.sha256 != surveyed.sha256:
        raise BadInput("the file changed while it was prepared", fix="let nothing write to it meanwhile", where=where)


def _chosen(names: tuple[str, ...], preparation: Preparation) -> list[tuple[str, int]]:
    """(name, number) of the columns that are written, in the source's order. Raises BadInput for one that is not
    there."""
    asked = [
        *(("--drop", name) for name in preparation.drop),
        *(("--keep", name) for name in preparation.keep),
        *(("--type", name) for name in preparation.types),
        *(("--replace", each.column) for each in preparation.replace),
    ]
    for option, name in asked:
        if name not in names:
            near = get_close_matches(name, names, n=3) or names[:10]
            expected = f"one of {', '.join(map(repr, near))}"
            raise BadInput("no such column", got=repr(name)[:200], expected=expected, where=option)
    kept = preparation.keep or tuple(name for name in names if name not in preparation.drop)
    for option, name in asked:
        if option in ("--type", "--replace") and name not in kept:
            raise BadInput("a column that is left out", got=repr(name), expected="one that is kept", where=option)
    if not kept:
        raise BadInput("no column is left", fix="drop fewer", where="--drop")
    return [(name, at) for at, name in enumerate(names) if name in kept]


def _batches(records: Records) -> Iterator[tuple[list[int], list[list[str]]]]:
    """(lines, values by column) of some rows at a time. Which rows, depends on the file alone."""
    width, begun = len(records.names), records.bytes
    lines: list[int] = []
    cells: list[str] = []  # row after row: no list of each row stays for the collector to go through
    for line, row in records:
        lines.append(line)
        cells += row
        if len(cells) + width > MOST_CELLS or records.bytes - begun > MOST_BYTES:
            yield lines, [cells[at::width] for at in range(width)]
            lines, cells, begun = [], [], records.bytes
    if lines:
        yield lines, [cells[at::width] for at in range(width)]


class _Cleaner:
    """One column: its values made ready, and what was seen of them."""

    def __init__(self, name: str, at: int, preparation: Preparation) -> None:
        self.name, self.at = name, at
        self._blanks = preparation.dialect.blanks
        self._asked = preparation.types.get(name)
        self._replace = [(each.value, each.by) for each in preparation.replace if each.column == name]
        self._missing = ("", *preparation.missing)
        self._fits: dict[Kind, bool] = dict.fromkeys(KINDS, True)
        self._replaced = [0] * len(self._replace)
        self._absent = self._present = 0

    def clean(self, values: list[str]) -> tuple[pa.Array, list[int]]:
        """The values, missing ones null, and how often each replacement was made."""
        import pyarrow as pa
        import pyarrow.compute as pc

        before = pa.array(values, pa.string())
        if self._blanks:
            before = pc.utf8_trim(before, characters=self._blanks)
        after = before
        counts = []
        for value, by in self._replace:
            same = pc.equal(before, value)
            counts.append(pc.sum(same).as_py() or 0)
            after = pc.if_else(same, by, after)
        absent = pc.is_in(after, value_set=pa.array(self._missing, pa.string()))
        return pc.if_else(absent, pa.scalar(None, pa.string()), after), counts

    def count(self, values: list[str], lines: list[int], where: str) -> None:
        """Raises BadInput for a value that is not of the kind that was asked for."""
        cleaned, counts = self.clean(values)
        self._replaced = [old + new for old, new in zip(self._replaced, counts, strict=True)]
        self._absent += cleaned.null_count
        self._present += len(cleaned) - cleaned.null_count
        if self._asked is not None and self._asked != "text":
            fits = _fits(cleaned, self._asked, asked=True)
            if (first := fits.index(False).as_py()) >= 0:
                raise BadInput(
                    f"a value of {self.name!r} that is no {self._asked}",
                    got=repr(values[first])[:100],
                    expected=f"a whole number of at most {MOST_DIGITS} digits"
                    if self._asked == "integer"
                    else "a decimal number",
                    fix=f"say --missing for a mark of what is not known, or --type {self.name}:text",
                    where=f"{where}, line {lines[first]}",
                )
        elif self._asked is None:
            for kind in KINDS[:-1]:
                self._fits[kind] = self._fits[kind] and _fits(cleaned, kind, asked=False).index(False).as_py() < 0

    def column(self) -> Column:
        kind: Kind = "text"
        if self._asked is not None:
            kind = self._asked
        elif self._present:
            kind = next(each for each in KINDS if self._fits[each])
        return Column(self.name, self.at, kind, self._asked is not None, self._absent, tuple(self._replaced))


def _fits(values: pa.Array, kind: Kind, *, asked: bool) -> pa.Array:
    """For each value whether it is of this kind; null where it is missing."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if kind == "integer":
        if not asked:
            return pc.match_substring_regex(values, _PLAIN_INTEGER)
        digits = pc.utf8_length(pc.utf8_ltrim(values, characters="+-0"))
        return pc.and_(pc.match_substring_regex(values, _ASKED_INTEGER), pc.less_equal(digits, MOST_DIGITS))
    shape = pc.match_substring_regex(values, _ASKED_DECIMAL if asked else _PLAIN_DECIMAL)
    numbers = pc.cast(pc.if_else(shape, values, "0"), pa.float64())
    fits = pc.and_(shape, pc.is_finite(numbers))
    if asked:
        return fits
    digits = pc.replace_substring_regex(values, r"[eE].*|[^0-9]", "")
    fits = pc.and_(fits, pc.match_substring_regex(pc.utf8_ltrim(digits, characters="0"), _SIGNIFICANT))
    return pc.and_(fits, pc.match_substring_regex(values, _WHOLE_IN_FLOAT))


def _typed(values: pa.Array, kind: Kind) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    if kind == "text":
        return values
    return pc.cast(pc.utf8_ltrim(values, characters="+"), pa.int64() if kind == "integer" else pa.float64())
