"""governance prepare"""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from governance.cli.context import Context
from governance.errors import BadInput, ExitCode

if TYPE_CHECKING:
    from governance.collect.prepared import Kind, Preparation
    from governance.operations.prepare import Prepared, Repeated


def run(context: Context) -> int:
    from governance.collect.project import Project
    from governance.operations.prepare import prepare, repeat

    args = context.args
    folder: Path = args.project or Path.cwd()
    project = Project(folder, tuple(args.allow_root))
    if args.repeat is not None:
        given = [option for option, value in vars(args).items() if option in _OF_A_PREPARATION and value]
        if given:
            option = "SOURCE" if given[0] == "source" else f"--{given[0].replace('_', '-')}"
            raise BadInput(f"--repeat takes all from the event, so {option} says nothing", fix=f"leave out {option}")
        repeated = repeat(project, _inside(project.root, args.repeat), context.progress)
        context.done()
        context.say(_json(repeated) if context.as_json else _again(repeated))
        return ExitCode.ALLOW
    if args.source is None or args.out is None:
        raise BadInput(
            "say what to prepare",
            expected="SOURCE --out TABLE.parquet, or --repeat EVENT",
            fix="`governance prepare --help` shows how",
        )
    lineage = _inside(project.root, args.lineage) if args.lineage else None
    prepared = prepare(
        project,
        _preparation(context, project.root),
        lineage,
        force=args.force,
        now=context.now(),
        entropy=os.urandom,
        progress=context.progress,
    )
    context.done()
    context.say(_json(prepared) if context.as_json else _text(prepared))
    return ExitCode.ALLOW


_OF_A_PREPARATION = frozenset(
    {
        "source", "out", "lineage", "columns", "columns_file", "delimiter", "quote", "skip_lines", "comment", "trim",
        "missing", "replace", "type", "drop", "keep", "force",
    }
)  # fmt: skip


def _inside(root: Path, path: Path) -> str:
    """A path as the event has it, from the project's folder; it is given from where the caller stands."""
    path = Path(os.path.normpath(Path.cwd() / path))
    for real in (path, Path(os.path.realpath(path.parent)) / path.name):
        if real.is_relative_to(root):
            return real.relative_to(root).as_posix()
    return Path(os.path.relpath(path, root)).as_posix()


def _preparation(context: Context, root: Path) -> "Preparation":
    from governance.collect.dialect import Dialect
    from governance.collect.prepared import Preparation, Replacement

    args = context.args
    dialect: dict[str, object] = {"trim": args.trim, "columns": _columns(args.columns, args.columns_file)}
    if args.delimiter is not None:
        dialect["delimiter"] = "\t" if args.delimiter == "tab" else args.delimiter
    if args.quote is not None:
        dialect["quote"] = None if args.quote == "none" else args.quote
    if args.skip_lines is not None:
        dialect["skip_lines"] = args.skip_lines
    if args.comment is not None:
        dialect["comment"] = args.comment
    replaced = tuple(Replacement(column=column, value=value, by=by) for column, value, by in args.replace)
    try:
        return Preparation(
            source=_inside(root, args.source),
            out=_inside(root, args.out),
            dialect=Dialect.model_validate(dialect),
            missing=tuple(dict.fromkeys(args.missing)),
            replace=replaced,
            types=dict(_kind(text) for text in args.type),
            drop=tuple(dict.fromkeys(args.drop)),
            keep=tuple(dict.fromkeys(args.keep)),
        )
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        option = "--" + str(first["loc"][-1]).replace("_", "-") if first["loc"] else ""
        raise BadInput(str(first["msg"]), got=repr(first["input"])[:100], where=option) from error


def _columns(text: str | None, file: Path | None) -> tuple[str, ...] | None:
    from governance.operations.files import read_whole

    if text is not None and file is not None:
        raise BadInput("two lists of columns", fix="leave out --columns or --columns-file", where="--columns-file")
    if text is not None:
        return tuple(name.strip() for name in text.split(","))
    if file is None:
        return None
    try:
        lines = read_whole(file, "list of columns").decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise BadInput("not UTF-8", got=str(error), fix="one name a line, in UTF-8", where=str(file)) from error
    return tuple(line.strip() for line in lines if line.strip())


def _kind(text: str) -> "tuple[str, Kind]":
    from governance.collect.prepared import KINDS

    column, _, said = text.rpartition(":")
    for kind in KINDS:
        if column and said == kind:
            return column, kind
    expected = f"COLUMN:{'|'.join(KINDS)}"
    raise BadInput("not a type for a column", got=repr(text)[:200], expected=expected, where="--type")


def _text(prepared: "Prepared") -> str:
    from governance.render.visible import visible
    from governance.render.yaml import scalar

    record, surveyed = prepared.record, prepared.surveyed
    done, written = record.preparation, surveyed.columns
    left = [
        f"{what} {count:,}" for count, what in (
            (done.dialect.skip_lines, "skipped"), (surveyed.comments, "comment"), (surveyed.blank, "blank")
        ) if count
    ]  # fmt: skip
    lines = [
        f"Read     {done.source}: {surveyed.rows:,} rows, {len(surveyed.names)} columns"
        + (f"; lines left out: {', '.join(left)}" if left else ""),
        f"Wrote    {done.out}: {surveyed.rows:,} rows, {len(written)} columns",
        f"Lineage  {prepared.lineage}",
        "",
    ]
    wide = min(max(len(column.name) for column in written), 40)
    for column in written:
        swaps = [each for each in done.replace if each.column == column.name]
        notes = [f"{column.missing:,} missing"] if column.missing else []
        notes += [
            f"{count:,} of {each.value!r} became {each.by!r}"
            for each, count in zip(swaps, column.replaced, strict=True)
        ]
        lines.append(f"  {column.name:<{wide}}  {column.kind:<8} {'; '.join(notes)}".rstrip())
    role = "training or data.evaluation"
    lines += [
        "",
        f"For governance.yaml (`governance init` finds them by itself); under data.{role}:",
        f"  path: {scalar(done.out)}",
        f"  sha256: {record.out.sha256}",
        "under lineage:",
        "  sources:",
        f"    - id: {scalar(done.source)}",
        f"      path: {scalar(done.source)}",
        f"      sha256: {record.source.sha256}",
        f"  events: [{scalar(prepared.lineage)}]",
    ]
    return "\n".join(visible(line) for line in lines)


def _again(repeated: "Repeated") -> str:
    from governance.render.visible import visible

    record, rows = repeated.record, repeated.surveyed.rows
    out = record.preparation.out
    said = f"The same bytes come out: {out}, {rows:,} rows, SHA-256 {record.out.sha256}"
    if not repeated.same_bytes:
        said = (
            f"The same {rows:,} rows come out as in {out}, in other bytes:"
            f" it was written by pyarrow {record.tools.pyarrow}"
        )
    lines = [said, f"Made from {record.preparation.source}, SHA-256 {record.source.sha256}"]
    if not repeated.there:
        lines.append(f"{out} itself is not here, so it was not compared")
    return "\n".join(visible(line) for line in lines)


def _json(done: "Prepared | Repeated") -> str:
    record, surveyed = done.record, done.surveyed
    swaps = record.preparation.replace
    body = {
        "schema": "governance.prepare/v1",
        "rows": surveyed.rows,
        "blank_lines": surveyed.blank,
        "comment_lines": surveyed.comments,
        "columns": [
            {
                "name": column.name,
                "type": column.kind,
                "asked": column.asked,
                "missing": column.missing,
                "replaced": [
                    {"value": each.value, "by": each.by, "count": count}
                    for each, count in zip([s for s in swaps if s.column == column.name], column.replaced, strict=True)
                ],
            }
            for column in surveyed.columns
        ],
        "record": record.model_dump(mode="json"),
        **{name: value for name, value in done._asdict().items() if name not in ("record", "surveyed")},
    }
    return json.dumps(body, indent=2)
