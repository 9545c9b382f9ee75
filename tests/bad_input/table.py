"""The table of bad input: `table.yaml`, one row for each file that somebody will hand in one day.

A kind says what such a file is used as: where it is put in a sound project (files/sound/), which command reads it. A
row says what the file is, the exit code (2 where it does not say), and either the message (`says`) or the findings that
are no pass (`finds`). In both, `...` at a line's end stands for anything. Messages show no line of the file here.
`known`: the evidence is in the trail already, so that only a decision is added.
"""

from pathlib import Path
from typing import Any, NamedTuple

import yaml

FOLDER = Path(__file__).parent
FILES = FOLDER / "files"
SOUND = FILES / "sound"


class Row(NamedTuple):
    """`file` is a path below files/, or null where `made` names the function of made.py that makes it. `change`: texts
    replaced, by file of the project. `process`: also run as a process of its own."""

    name: str
    kind: str
    what: str
    file: str | None
    made: str | None
    put: str
    run: tuple[str, ...]
    change: dict[str, dict[str, str]]
    exit: int
    says: str
    finds: dict[str, str]
    process: bool
    known: bool


class Kind(NamedTuple):
    title: str
    about: str
    rows: tuple[Row, ...]


def kinds() -> tuple[Kind, ...]:
    """In the table's order."""
    table = yaml.safe_load((FOLDER / "table.yaml").read_text(encoding="utf-8"))
    return tuple(
        Kind(kind["title"], kind["about"].strip(), tuple(_row(name, kind, row) for row in kind["rows"]))
        for name, kind in table.items()
    )


def rows() -> tuple[Row, ...]:
    return tuple(row for kind in kinds() for row in kind.rows)


def _row(name: str, kind: dict[str, Any], row: dict[str, Any]) -> Row:
    (source, what), *_ = row.items()
    file = None if source == "made" else f"{name}/{source}"
    change: dict[str, dict[str, str]] = {}
    for changes in (kind.get("change", {}), row.get("change", {})):
        for path, texts in changes.items():
            change.setdefault(path, {}).update(texts)
    return Row(
        name=f"{name}/{what if file is None else source}",
        kind=name,
        what=row["is"] if file is None else what,
        file=file,
        made=what if file is None else None,
        put=row.get("put", kind["put"]),
        run=tuple(row.get("run", kind["run"]).split()),
        change=change,
        exit=row.get("exit", 2),
        says=row.get("says", "").strip(),
        finds=row.get("finds", {}),
        process=row.get("process", False),
        known=row.get("known", False),
    )
