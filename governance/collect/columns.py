"""What a table's columns look like: names, numbers or not, and the values of those that have few. Nothing is judged.

CSV is read here, a bounded part of it, by the rules of RFC 4180 that measuring holds it to as well.
"""

import csv
import io
import re
from pathlib import Path
from typing import NamedTuple

from governance import canonical
from governance.errors import BadInput

MAX_VALUES = 20
MAX_VALUE = 200
MAX_NAME = 200
MAX_HEAD = 16 << 20
"""Bytes of a CSV file that are looked at."""
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

# By name only: it finds candidates to ask about, and never decides.
# fmt: off
SENSITIVE = frozenset({
    "age", "ages", "birth", "birthdate", "birthday", "born", "caste", "citizen", "citizenship", "disabilities",
    "disability", "disabled", "dob", "ethnic", "ethnicity", "female", "gender", "genders", "handicap", "indigenous",
    "male", "marital", "married", "nationality", "orientation", "origin", "pregnancy", "pregnant", "race", "races",
    "racial", "religion", "religious", "sex", "sexual", "veteran", "yob",
})
# fmt: on
LABEL = frozenset({"actual", "class", "default", "label", "labels", "outcome", "target", "truth", "y"})
PREDICTION = frozenset({"decision", "pred", "predicted", "prediction", "predictions", "yhat"})


class Column(NamedTuple):
    """`values` in sorted order, of the rows that were looked at; null where there are more than MAX_VALUES."""

    name: str
    numeric: bool
    values: tuple[str, ...] | None


class Glimpse(NamedTuple):
    """A table. `rows` is null where they were not all counted, `whole` says whether `values` come from every row, and
    `unread`, where it is not empty, why the table was not looked into."""

    path: str
    rows: int | None = None
    columns: tuple[Column, ...] = ()
    whole: bool = False
    unread: str = ""

    def column(self, name: str) -> Column | None:
        """The column of exactly this name; null where there is none, or more than one."""
        found = [column for column in self.columns if column.name == name]
        return found[0] if len(found) == 1 else None

    @property
    def usable(self) -> tuple[Column, ...]:
        """The columns that a manifest can name: there is one of that name, and a document can hold it."""
        names = [column.name for column in self.columns]
        return tuple(column for column in self.columns if names.count(column.name) == 1 and nameable(column.name))


def nameable(name: str) -> bool:
    """Whether a manifest can hold this name."""
    # A key of YAML has at most 1024 characters (YAML 1.2, 7.4.2), however it is escaped.
    if not 0 < len(name) <= MAX_NAME or len(ascii(name)) > 1000 or _CONTROL.search(name):
        return False
    try:
        canonical.dumps(name)
    except BadInput:
        return False
    return True


def words(name: str) -> frozenset[str]:
    """The words of a name, in small letters: `ageBand`, `age_band` and `AGE band` are age and band."""
    return frozenset(word.lower() for word in _WORD.findall(name))


def glimpse_csv(path: Path, shown: str) -> Glimpse:
    """The columns of a CSV file, from its first MAX_HEAD bytes. A file that is none says why in `unread`."""
    try:
        with path.open("rb") as file:
            head = file.read(MAX_HEAD + 1)
    except OSError as error:
        return Glimpse(shown, unread=error.strerror or "it cannot be read")
    whole = len(head) <= MAX_HEAD
    if not whole:
        head = head[:MAX_HEAD]
        head = head[: head.rfind(b"\n") + 1]
    try:
        text = head.decode("utf-8-sig")
    except UnicodeDecodeError:
        return Glimpse(shown, unread="it is not UTF-8")
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows = 0
    try:
        header = next(reader, [])
        seen = [_Values() for _ in header]
        for record in reader:
            if not record:
                continue
            if len(record) != len(header):
                expected = f"{len(header)} as in the header"
                return Glimpse(shown, unread=f"line {reader.line_num} has {len(record)} fields, not {expected}")
            rows += 1
            for value, column in zip(record, seen, strict=True):
                column.add(value)
    except csv.Error as error:
        # A record that the limit cut in two is no fault of the file.
        if whole or rows == 0:
            return Glimpse(shown, unread=f"line {reader.line_num} is not CSV: {error}")
    if rows == 0:
        return Glimpse(shown, unread="it has no rows")
    columns = (Column(name, each.numeric, each.few) for name, each in zip(header, seen, strict=True))
    return Glimpse(shown, rows if whole else None, tuple(columns), whole)


class _Values:
    """What is worth remembering of a column while its rows go by."""

    def __init__(self) -> None:
        self._different: set[str] | None = set()
        self._numbers = True
        self._any = False

    def add(self, value: str) -> None:
        if not value:
            return
        self._any = True
        if self._different is not None:
            self._different.add(value)
            if len(self._different) > MAX_VALUES or len(value) > MAX_VALUE:
                self._different = None
        if self._numbers:
            try:
                float(value)
            except ValueError:
                self._numbers = False

    @property
    def numeric(self) -> bool:
        return self._any and self._numbers

    @property
    def few(self) -> tuple[str, ...] | None:
        return None if self._different is None else tuple(sorted(self._different))
