"""One scan of the evaluation table becomes integer counts: groups x true label x predicted label."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from governance.errors import BadInput
from governance.evidence.counts import Counts
from governance.evidence.fairness import Cell
from governance.evidence.manifest import Attribute, Labels
from governance.measure.table import Table, quoted

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MOST_GROUPS = 1_000
"""Distinct values of one sensitive attribute, or of an intersection; more is an identifier or a number that wants bins.
Every two groups are compared, so time and memory grow with the square."""
LONGEST_NAME = 200
"""Characters of a group's name: it stands in every finding about the group."""
_NUMERIC = re.compile(r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|DECIMAL\(.*\)|FLOAT|DOUBLE|VARCHAR")
_NOT_A_NUMBER = -1


class Joined(NamedTuple):
    """A table that holds sensitive attributes, one row for each key."""

    table: Table
    key: str


class Tally(NamedTuple):
    """Counts of the whole table, of each requested set of attributes, and rows that found no partner in the join."""

    overall: Counts
    cells: tuple[tuple[Cell, ...], ...]
    unmatched: int


class _Member(NamedTuple):
    """A sensitive attribute as SQL: `value` yields NULL for unknown, `bins` names what its numbers stand for."""

    name: str
    value: str
    raw: str
    bins: tuple[str, ...]
    where: str


def bin_names(bins: Sequence[float]) -> tuple[str, ...]:
    """[40, 60] -> ("<40", "40-60", ">=60"): each bin holds its lower limit, not its upper."""
    limits = [str(int(limit)) if limit == int(limit) else repr(limit) for limit in bins]
    between = [f"{low}-{high}" for low, high in pairwise(limits)]
    return (f"<{limits[0]}", *between, f">={limits[-1]}")


def tally(
    connected: DuckDBPyConnection,
    table: Table,
    label: Labels,
    prediction: Labels,
    sensitive: Mapping[str, Attribute],
    requests: Sequence[Sequence[str]],
    joined: Joined | None = None,
    predicted: str | None = None,
) -> Tally:
    """Count rows. `requests` are sets of attributes, each a key of `sensitive`; one scan serves them all.

    `predicted` is an SQL column of `table.relation` that replaces the prediction's own column (the model was run).
    Values are compared as DuckDB writes them (CAST AS VARCHAR). Raises BadInput for a label that is in neither list, a
    missing or ambiguous column, a number that is none, a group name not in NFC, and more than MOST_GROUPS groups.
    """
    attributes = sorted({name for request in requests for name in request})
    members = [_member(name, sensitive[name], table, joined) for name in attributes]
    truth = f"e.c{table.column(label.column, 'data.evaluation.label.column')}"
    output = predicted or f"e.c{table.column(prediction.column, 'data.evaluation.prediction.column')}"
    columns = [f"{truth} AS truth", f"{output} AS output"]
    columns += [f"{member.value} AS g{index}" for index, member in enumerate(members)]
    columns.append(f"{'r.k IS NULL' if joined else 'false'} AS unmatched")
    rows = _from(connected, table, joined)
    connected.execute(
        f"CREATE OR REPLACE TEMP TABLE fine AS SELECT {', '.join(columns)}, count(*) AS n FROM {rows} GROUP BY ALL"
    )
    _check_labels(connected, "truth", label, table, "data.evaluation.label")
    _check_labels(connected, "output", prediction, table, "data.evaluation.prediction")
    for index, member in enumerate(members):
        (_check_numbers if member.bins else _check_groups)(connected, index, member, rows)
    sides = f"{_among('truth', label.positive)} AS y, {_among('output', prediction.positive)} AS z"
    unmatched = connected.execute("SELECT coalesce(sum(n), 0)::BIGINT FROM fine WHERE unmatched").fetchall()[0][0]
    everyone = _cells(connected, sides, [])[0]
    if everyone.rows != table.rows:
        raise BadInput(
            "the file contradicts itself on its number of rows",
            got=f"{everyone.rows} rows read",
            expected=f"{table.rows}, as it says",
            where=table.where,
        )
    by_name = dict(zip(attributes, enumerate(members), strict=True))
    cells = tuple(_cells(connected, sides, [by_name[name] for name in request]) for request in requests)
    counts = Counts(tn=everyone.tn, fp=everyone.fp, fn=everyone.fn, tp=everyone.tp)
    return Tally(overall=counts, cells=cells, unmatched=unmatched)


def grouped(
    connected: DuckDBPyConnection,
    table: Table,
    label: Labels,
    score: str,
    sensitive: Mapping[str, Attribute],
    groups: Mapping[str, Sequence[str]],
    joined: Joined | None,
) -> dict[str, Any]:
    """Arrays with one entry for each row, in no order: `y` whether the true label is positive, `s` the score (SQL over
    `e`), and by attribute the place of the row's group in `groups[attribute]`, from 1; 0 is unknown. Labels, scores and
    groups were checked before."""
    truth = f"e.c{table.column(label.column, 'data.evaluation.label.column')}"
    columns = [f"{_among(truth, label.positive)} AS y", f"CAST({score} AS DOUBLE) AS s"]
    for index, (name, values) in enumerate(groups.items()):
        member = _member(name, sensitive[name], table, joined)
        place = f"list_position([{', '.join(map(quoted, values))}], CAST({member.value} AS VARCHAR))"
        if member.bins:
            places = "".join(
                f" WHEN {at} THEN {values.index(one) + 1}" for at, one in enumerate(member.bins) if one in values
            )
            place = f"CASE {member.value}{places} ELSE 0 END" if places else "0"
        columns.append(f"coalesce({place}, 0)::INTEGER AS g{index}")
    found = connected.execute(f"SELECT {', '.join(columns)} FROM {_from(connected, table, joined)}").fetchnumpy()
    return {"y": found["y"], "s": found["s"], **{name: found[f"g{index}"] for index, name in enumerate(groups)}}


def _from(connected: DuckDBPyConnection, table: Table, joined: Joined | None) -> str:
    names = ", ".join(f"c{index}" for index in range(len(table.names)))
    # A relation made by us may carry the predictions as one more column, behind those that the file has.
    evaluation = f"(SELECT * FROM {table.relation}) AS e({names})"
    if joined is None:
        return evaluation
    here = table.column(joined.key, "data.evaluation.join.key")
    there = joined.table.column(joined.key, "data.evaluation.join.key")
    people = f"(SELECT *, CAST(c{there} AS VARCHAR) AS k FROM {joined.table.source})"
    twice = connected.execute(
        f"SELECT k, count(*) AS n FROM {people} WHERE k IS NOT NULL GROUP BY k HAVING n > 1 ORDER BY n DESC, k LIMIT 1"
    ).fetchall()
    if twice:
        raise BadInput(
            f"key {joined.key!r} is not unique",
            got=f"{twice[0][0]!r} in {twice[0][1]} rows",
            expected="each key once: a person has one set of attributes",
            where=joined.table.where,
        )
    return f"{evaluation} LEFT JOIN {people} AS r ON CAST(e.c{here} AS VARCHAR) = r.k"


def _member(name: str, attribute: Attribute, table: Table, joined: Joined | None) -> _Member:
    key = f"data.evaluation.sensitive.{name}.column"
    where, home, prefix = f"data.evaluation.sensitive.{name}", table, "e"
    if joined is not None and attribute.column in joined.table.names:
        if attribute.column in table.names:
            raise BadInput(
                f"column {attribute.column!r} is in both joined tables",
                expected="it in one of them, so that there is one answer",
                fix=f"rename one of the two and mend {key}",
                where=table.where,
            )
        home, prefix = joined.table, "r"
    number = home.column(attribute.column, key)
    raw, kind = f"{prefix}.c{number}", home.types[number].upper()
    if not attribute.bins:
        floating = kind in ("FLOAT", "DOUBLE")
        value = f"CASE WHEN isnan({raw}) THEN NULL ELSE {raw} END" if floating else raw
        return _Member(name, value, raw, (), f"{home.where}, {where}")
    if not _NUMERIC.fullmatch(kind):
        raise BadInput(
            f"column {attribute.column!r} has bins but holds no numbers",
            got=home.types[number],
            expected="a numeric column",
            fix=f"remove data.evaluation.sensitive.{name}.bins",
            where=f"{home.where}, {where}.bins",
        )
    number_sql = f"TRY_CAST({raw} AS DOUBLE)"
    cuts = " ".join(f"WHEN {number_sql} < {limit!r}::DOUBLE THEN {at}" for at, limit in enumerate(attribute.bins))
    value = (
        f"CASE WHEN {raw} IS NULL OR isnan({number_sql}) THEN NULL WHEN {number_sql} IS NULL THEN {_NOT_A_NUMBER} "
        f"{cuts} ELSE {len(attribute.bins)} END"
    )
    return _Member(name, value, raw, bin_names(attribute.bins), f"{home.where}, {where}")


def _among(column: str, values: Sequence[str]) -> str:
    return f"(CAST({column} AS VARCHAR) IN ({', '.join(quoted(value) for value in values)}))"


def _check_labels(connected: DuckDBPyConnection, column: str, labels: Labels, table: Table, key: str) -> None:
    listed = (*labels.positive, *labels.negative)
    others = connected.execute(
        f"SELECT CAST({column} AS VARCHAR) AS value, sum(n)::BIGINT AS n FROM fine "
        f"WHERE {column} IS NULL OR NOT {_among(column, listed)} GROUP BY value "
        "ORDER BY n DESC, value NULLS LAST LIMIT 6"
    ).fetchall()
    if not others:
        return
    what = f"label values not listed in column {labels.column!r}"
    fix = f"list each under {key}.positive or {key}.negative (text is compared as it stands, with case and spaces)"
    if any(value is None for value, _ in others):
        what, fix = f"missing values in column {labels.column!r}", "remove these rows, or give them a value"
    elif any(value == "nan" for value, _ in others):
        what, fix = f"NaN in column {labels.column!r}", "remove these rows, or give them a value"
    told = ", ".join(
        f"{'null' if value is None else repr(value)} in {n} row{'s' * (n != 1)}" for value, n in others[:5]
    )
    raise BadInput(
        what,
        got=told + (", and more" if len(others) > 5 else ""),
        expected=f"positive {list(labels.positive)} or negative {list(labels.negative)}",
        fix=fix,
        where=f"{table.where}, {key}",
    )


def _check_numbers(connected: DuckDBPyConnection, index: int, member: _Member, rows: str) -> None:
    if not connected.execute(f"SELECT 1 FROM fine WHERE g{index} = {_NOT_A_NUMBER} LIMIT 1").fetchall():
        return
    bad = connected.execute(
        f"SELECT {member.raw} AS value, count(*) AS n FROM {rows} "
        f"WHERE value IS NOT NULL AND TRY_CAST(value AS DOUBLE) IS NULL GROUP BY value ORDER BY n DESC, value LIMIT 5"
    ).fetchall()
    raise BadInput(
        f"attribute {member.name!r} has bins but its column holds text that is not a number",
        got=", ".join(f"{value!r} in {n} row{'s' * (n != 1)}" for value, n in bad),
        expected="numbers, or nothing where it is unknown",
        fix=f"mend the column, or remove data.evaluation.sensitive.{member.name}.bins",
        where=member.where,
    )


def _check_groups(connected: DuckDBPyConnection, index: int, member: _Member, rows: str) -> None:
    longest = connected.execute(f"SELECT max(length(CAST(g{index} AS VARCHAR))) FROM fine").fetchall()[0][0]
    if longest is not None and longest > LONGEST_NAME:
        raise BadInput(
            f"a group of attribute {member.name!r} has a name of {longest:,} characters",
            expected=f"at most {LONGEST_NAME}",
            fix="choose another column: this one holds texts, not groups",
            where=member.where,
        )
    values = connected.execute(
        f"SELECT DISTINCT CAST(g{index} AS VARCHAR) FROM fine WHERE g{index} IS NOT NULL LIMIT {MOST_GROUPS + 1}"
    ).fetchall()
    if len(values) > MOST_GROUPS:
        raise BadInput(
            f"attribute {member.name!r} has more than {MOST_GROUPS:,} values",
            expected="groups of people, not an identifier",
            fix=f"choose another column, or give data.evaluation.sensitive.{member.name}.bins",
            where=member.where,
        )
    for (value,) in values:
        if not unicodedata.is_normalized("NFC", value):
            raise BadInput(
                f"a group of attribute {member.name!r} is not in Unicode normal form C",
                got=ascii(value[:100]),
                expected=ascii(unicodedata.normalize("NFC", value[:100])),
                fix="write one spelling everywhere: two spellings of one name would be two groups",
                where=member.where,
            )


def _cells(connected: DuckDBPyConnection, sides: str, members: Sequence[tuple[int, _Member]]) -> tuple[Cell, ...]:
    """Cells sorted by group, unknown last. Sums of integers: neither threads nor the order of rows can change them."""
    groups = "".join(f", {f'g{i}' if m.bins else f'CAST(g{i} AS VARCHAR)'} AS k{i}" for i, m in members)
    rows = connected.execute(f"SELECT {sides}{groups}, sum(n)::BIGINT FROM fine GROUP BY ALL").fetchall()
    counts: dict[tuple[str | None, ...], dict[str, Any]] = {}
    for positive, predicted, *keys, n in rows:
        group = tuple(
            member.bins[key] if member.bins and key is not None else key
            for key, (_, member) in zip(keys, members, strict=True)
        )
        name = ("tp" if predicted else "fn") if positive else ("fp" if predicted else "tn")
        counts.setdefault(group, dict.fromkeys(("tn", "fp", "fn", "tp"), 0))[name] += n
    if len(counts) > MOST_GROUPS and members:
        raise BadInput(
            f"the intersection {'*'.join(member.name for _, member in members)} has more than {MOST_GROUPS:,} groups",
            got=f"{len(counts):,}",
            expected="groups of people that can be compared with each other",
            fix="intersect fewer attributes, or ones with fewer values",
            where="data.evaluation.intersections",
        )
    ordered = sorted(counts, key=lambda group: [(part is None, part or "") for part in group])
    return tuple(Cell(group=group, **counts[group]) for group in ordered)
