"""Small CSV files with a fixed header, read strictly: a line that does not fit is refused with its number."""

import csv
import difflib
import io
from collections.abc import Iterator

from governance import canonical
from governance.errors import BadInput

MAX_BYTES = 8 << 20


def rows(
    data: bytes, header: tuple[str, ...], name: str, optional: tuple[str, ...] = ()
) -> Iterator[tuple[int, dict[str, str]]]:
    """(line, cell by column) for each row; columns may stand in any order, white space around a cell does not count,
    lines without anything are skipped. `optional` columns may be missing, and a cell of theirs may be empty. Raises
    BadInput. RFC 4180, in UTF-8, with or without a byte order mark."""
    if len(data) > MAX_BYTES:
        raise BadInput("file too large", got=f"{len(data)} bytes", expected=f"at most {MAX_BYTES}", where=name)
    reader = csv.reader(io.StringIO(canonical.text(data, name), newline=""), strict=True)
    columns: list[str] | None = None
    line = 1
    try:
        for cells in reader:
            where, line = f"{name}:{reader.line_num}", reader.line_num + 1
            cells = [_cell(cell, where) for cell in cells]
            if not cells:
                continue
            if columns is None:
                columns = _header(cells, header, optional, where)
                continue
            if len(cells) != len(columns):
                expected = f"{len(columns)}: {','.join(columns)}"
                raise BadInput("wrong number of cells", got=str(len(cells)), expected=expected, where=where)
            for column, cell in zip(columns, cells, strict=True):
                if not cell and column not in optional:
                    raise BadInput(f"the cell {column!r} is empty", expected="a value", where=where)
            yield reader.line_num, dict(zip(columns, cells, strict=True))
    except csv.Error as error:
        # A quote that never closes is told of at the end of the file; its row begins where the last one ended.
        fix = "close the quote, and double a quote inside quotes"
        raise BadInput(f"not CSV: {error}", fix=fix, where=f"{name}:{line}") from error
    if columns is None:
        raise BadInput("the file is empty", expected=f"the header {','.join(header)}", where=name)


def _cell(cell: str, where: str) -> str:
    if any(ord(character) < 32 or ord(character) == 127 for character in cell.strip()):
        raise BadInput("a control character in a cell", got=ascii(cell[:100]), expected="plain text", where=where)
    try:
        canonical.dumps(cell)
    except BadInput as error:
        raise BadInput(error.what, got=error.got, expected=error.expected, fix=error.fix, where=where) from error
    return cell.strip()


def _header(cells: list[str], header: tuple[str, ...], optional: tuple[str, ...], where: str) -> list[str]:
    expected = f"the header {','.join(header)}" + (f" and perhaps {', '.join(optional)}" if optional else "")
    for cell in cells:
        if cell not in (*header, *optional):
            near = difflib.get_close_matches(cell, (*header, *optional), n=1)
            fix = (
                f"did you mean {near[0]!r}?"
                if near
                else "separate cells with commas; the first line names these columns only"
            )
            raise BadInput("unknown column", got=repr(cell[:100]), expected=expected, fix=fix, where=where)
        if cells.count(cell) > 1:
            raise BadInput("a column comes twice", got=repr(cell), expected=expected, where=where)
    if missing := [column for column in header if column not in cells]:
        raise BadInput(f"the column {missing[0]!r} is missing", got=",".join(cells), expected=expected, where=where)
    return cells
