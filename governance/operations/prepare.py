"""Prepare a text table to Parquet with a recorded lineage step; and do a recorded step again."""

import os
import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from governance.canonical import MAX_INTEGER, instant
from governance.collect import openlineage
from governance.collect.preparation_event import Record, Written, event, to_bytes, told, tools
from governance.collect.prepared import Preparation, Surveyed, survey, write
from governance.collect.project import Project
from governance.errors import BadInput, Broken, VerificationFailed
from governance.operations.files import write_whole, writing_whole
from governance.progress import Progress
from governance.trail.entry import UUID_RANDOM_SIZE, uuid7

if TYPE_CHECKING:
    import pyarrow.parquet as pq

_OUT, _EVENT = ".parquet", ".json"


class Prepared(NamedTuple):
    """`lineage`: where the event is, from the project's folder. `record` tells the rest."""

    record: Record
    surveyed: Surveyed
    lineage: str


class Repeated(NamedTuple):
    """A recorded step that was done again and gave the same rows. `same_bytes` is false where another version of
    pyarrow wrote them otherwise; `there` says whether the table is where it was written."""

    record: Record
    surveyed: Surveyed
    same_bytes: bool
    there: bool


def prepare(
    project: Project,
    preparation: Preparation,
    lineage: str | None,
    *,
    force: bool,
    now: datetime,
    entropy: Callable[[int], bytes],
    progress: Progress,
) -> Prepared:
    """Write the table, then the event that tells how it was made; each appears whole or not at all. `lineage`: where
    the event goes, by default `lineage/<name of the table>.json`. Raises BadInput, MachineFault."""
    preparation = preparation.checked()
    lineage = lineage or f"lineage/{Path(preparation.out).stem}{_EVENT}"
    out = _target(project, preparation.out, _OUT, "--out", force)
    beside = _target(project, lineage, _EVENT, "--lineage", force)
    source = project.resolve(preparation.source, "SOURCE")
    if os.path.realpath(out) == os.path.realpath(source):
        raise BadInput("the table would take the place of its source", got=preparation.out, where="--out")
    if force:
        _must_be_ours(project, preparation.out, out, lineage, beside)
    surveyed = _survey(project, preparation, progress)
    record = Record(
        run=uuid7(now, entropy(UUID_RANDOM_SIZE)),
        at=instant(now),
        tools=tools(),
        preparation=preparation,
        source=Written(sha256=surveyed.sha256, size=surveyed.size),
        out=Written(sha256="0" * 64, size=MAX_INTEGER),  # not known yet, and as long
    )
    if (size := len(to_bytes(event(record, surveyed)))) > openlineage.MAX_BYTES:
        got, expected = (
            f"{len(surveyed.columns)} columns",
            f"an event of at most {openlineage.MAX_BYTES} bytes, not {size}",
        )
        raise BadInput("too many columns to record", got=got, expected=expected, fix="--keep those that are used")
    with writing_whole(out) as file:
        _write(project, preparation, surveyed, file, progress)
        if not force:
            _must_be_new(out, preparation.out, "--out")
    record = record.model_copy(update={"out": _written(project, preparation.out, "--out")})
    # The table is there now. Should this be the end, it lacks its event, and the next run says that it is there.
    write_whole(beside, to_bytes(event(record, surveyed)))
    return Prepared(record, surveyed, lineage)


def repeat(project: Project, lineage: str, progress: Progress) -> Repeated:
    """Do the step of an event again, beside what is there: nothing in the project is written.

    Raises BadInput where the event or the source cannot be read; VerificationFailed where the source is another, the
    rows or the event's words about them are, the table that is there is another, or the versions that are installed
    here leave it open.
    """
    recorded, original = told(project.read(lineage, "--repeat", openlineage.MAX_BYTES), lineage)
    preparation = recorded.preparation
    progress(f"digesting {preparation.source}")
    source = _written(project, preparation.source, "SOURCE")
    if source != recorded.source:
        raise _other("the source is not the file that was prepared", recorded.source, source, preparation.source)
    there = os.path.lexists(project.root / preparation.out)
    present = _written(project, preparation.out, "--out") if there else None
    if present and present != recorded.out:
        raise _other("the table is not the one that was written", recorded.out, present, preparation.out)
    surveyed = _survey(project, preparation, progress)
    with tempfile.TemporaryDirectory(prefix="governance-") as folder:
        again = Path(folder).resolve() / f"again{_OUT}"
        with again.open("wb") as file:
            _write(project, preparation, surveyed, file, progress)
        made = _written(Project(again.parent), again.name, "--repeat")
        same = made.sha256 == recorded.out.sha256
        if not same:
            _same_rows(project, recorded, present is not None, again)
    expected = event(recorded, surveyed)
    if expected != original:
        part = next(key for key in (*expected, *original) if expected.get(key) != original.get(key))
        raise VerificationFailed(
            Broken.TAMPERED,
            "the event tells something else than comes out",
            got=f"other {part!r} than `governance prepare` writes for this step",
            fix=f"prepare {preparation.source} again, or ask who wrote this event",
            where=lineage,
        )
    return Repeated(recorded, surveyed, same, there)


def _same_rows(project: Project, recorded: Record, there: bool, again: Path) -> None:
    """The bytes differ. Under the versions that wrote them that is the end; else the rows are compared."""
    here = tools()
    if here == recorded.tools:
        raise VerificationFailed(
            Broken.TAMPERED,
            "other bytes come out than the event records",
            expected=f"SHA-256 {recorded.out.sha256}",
            fix="prepare the table again, and find out who changed it or the event",
            where=recorded.preparation.out,
        )
    import pyarrow.parquet as pq

    if there:
        kept = project.resolve(recorded.preparation.out, "--out")
        with pq.ParquetFile(kept) as old, pq.ParquetFile(again) as new:
            if _equal(old, new):
                return
    raise VerificationFailed(
        Broken.NOT_REPERFORMABLE,
        "other bytes come out, under other versions than those that were recorded",
        got=f"governance {here.governance}, pyarrow {here.pyarrow}",
        expected=f"governance {recorded.tools.governance}, pyarrow {recorded.tools.pyarrow}",
        fix="install these and do it again" + ("" if there else ", or put the table back so that rows can be compared"),
        where=recorded.preparation.out,
    )


def _equal(old: "pq.ParquetFile", new: "pq.ParquetFile") -> bool:
    """The same columns and the same rows in the same order. Both are in the row groups of one preparation."""
    if old.schema_arrow != new.schema_arrow or old.num_row_groups != new.num_row_groups:
        return False
    return all(old.read_row_group(n).equals(new.read_row_group(n)) for n in range(old.num_row_groups))


def _survey(project: Project, preparation: Preparation, progress: Progress) -> Surveyed:
    name, source = preparation.source, project.resolve(preparation.source, "SOURCE")
    with source.open("rb") as file:
        surveyed = survey(file, preparation, name, _tick(progress, f"reading {name}", source))
    if surveyed.rows == 0:
        raise BadInput("the table has no rows", expected="at least one row", where=name)
    return surveyed


def _write(project: Project, preparation: Preparation, surveyed: Surveyed, out: BinaryIO, progress: Progress) -> None:
    name, source = preparation.source, project.resolve(preparation.source, "SOURCE")
    with source.open("rb") as file:
        write(file, preparation, surveyed, out, name, _tick(progress, f"writing {preparation.out}", source))


def _tick(progress: Progress, what: str, source: Path) -> Callable[[int], None]:
    size = max(source.stat().st_size, 1)
    return lambda read: progress(what, read, size)


def _target(project: Project, relative: str, suffix: str, option: str, force: bool) -> Path:
    """Where a file is to be written: below the project's folder, with no link in its place. Raises BadInput."""
    path = project.root / relative
    folder = Path(os.path.realpath(path.parent))
    if "\0" in relative or not folder.is_relative_to(project.root):
        raise BadInput(
            "the path leaves the project", got=repr(relative), expected="a file in the project's folder", where=option
        )
    if path.suffix.lower() != suffix:
        raise BadInput(
            "not a name for this file", got=repr(relative), expected=f"one that ends in {suffix}", where=option
        )
    if path.is_symlink() or path.is_dir():
        raise BadInput("there is a link or a folder in its place", got=repr(relative), where=option)
    if not force:
        _must_be_new(path, relative, option)
    return folder / path.name


def _must_be_new(path: Path, relative: str, option: str) -> None:
    if os.path.lexists(path):
        fix = "--force writes both the table and its event anew; --repeat compares without writing"
        raise BadInput("there is such a file already", got=repr(relative), fix=fix, where=option)


def _must_be_ours(project: Project, out: str, table: Path, lineage: str, beside: Path) -> None:
    """What --force takes the place of is what a preparation of this very table left: the event says so."""
    if not os.path.lexists(beside):
        if os.path.lexists(table):
            fix = "move it away, or say --lineage where its event is"
            raise BadInput("no event tells that this table was prepared", got=repr(out), fix=fix, where="--out")
        return
    try:
        other = told(project.read(lineage, "--lineage", openlineage.MAX_BYTES), lineage).record.preparation.out
    except BadInput as error:
        raise BadInput(
            "what stands there was not written by `governance prepare`",
            got=f"{lineage}: {error.what}",
            fix="name another file: --force writes over a table and its event, and nothing else",
            where="--lineage",
        ) from error
    if other != out:
        fix = "say --lineage FILE: each table keeps an event of its own"
        raise BadInput("the event of another table stands there", got=other, expected=out, fix=fix, where="--lineage")


def _written(project: Project, relative: str, role: str) -> Written:
    found = project.input(role, relative)
    return Written(sha256=found.sha256, size=found.size)


def _other(what: str, recorded: Written, found: Written, where: str) -> VerificationFailed:
    return VerificationFailed(
        Broken.TAMPERED,
        what,
        got=f"SHA-256 {found.sha256}",
        expected=f"SHA-256 {recorded.sha256}",
        fix="bring the recorded file back, or prepare the table anew with --force",
        where=where,
    )
