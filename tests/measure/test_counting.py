"""Counting: every row is counted once, under the right group and labels, or the table is refused with a reason."""

import csv
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from governance.errors import BadInput
from governance.evidence.manifest import Manifest
from governance.measure.counting import bin_names
from governance.measure.run import Measured

Build = Callable[..., Manifest]
Run = Callable[..., Measured]
COUNTED = ("fairness", "performance")
GOOD = "y,p,sex,age\n1,1,F,39\n0,1,F,40\n1,0,M,60\n0,0,M,59\n1,1,,\n"


def write(folder: Path, text: str | bytes, name: str = "e.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def parquet(folder: Path, columns: dict[str, Any], name: str = "e.parquet", **options: Any) -> Path:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table(columns), folder / name, **options)
    return folder / name


def cells(measured: Measured, table: int = 0) -> dict[tuple[str | None, ...], tuple[int, int, int, int]]:
    assert measured.fairness is not None
    return {cell.group: (cell.tn, cell.fp, cell.fn, cell.tp) for cell in measured.fairness.tables[table].cells}


def test_counts_by_group_with_unknown_last(manifest: Build, run: Run, tmp_path: Path) -> None:
    measured = run(manifest(), write(tmp_path, GOOD), facts=COUNTED)
    assert cells(measured) == {("F",): (0, 1, 0, 1), ("M",): (1, 0, 1, 0), (None,): (0, 0, 0, 1)}
    assert measured.fairness is not None
    assert measured.performance is not None
    assert [cell.group for cell in measured.fairness.tables[0].cells][-1] == (None,)
    assert (measured.fairness.tables[0].unknown, measured.fairness.rows, measured.fairness.unmatched) == (1, 5, 0)
    assert measured.performance.counts.model_dump() == {"tn": 1, "fp": 1, "fn": 1, "tp": 2}
    assert (measured.rows, measured.predictions, measured.absent) == ({"evaluation": 5}, "supplied", ())
    assert measured.fairness.origin == measured.performance.origin
    assert measured.fairness.origin is not None
    assert measured.fairness.origin.predictions == "supplied"
    assert set(measured.tools) == {"duckdb"}


def test_a_lower_limit_belongs_to_its_bin(manifest: Build, run: Run, tmp_path: Path) -> None:
    built = manifest(sensitive={"age": {"column": "age", "bins": [40, 60]}})
    expected = {("40-60",): (1, 1, 0, 0), ("<40",): (0, 0, 0, 1), (">=60",): (0, 0, 1, 0), (None,): (0, 0, 0, 1)}
    assert cells(run(built, write(tmp_path, GOOD), facts=COUNTED)) == expected
    ages = parquet(
        tmp_path, {"y": [1, 0, 1, 0, 1], "p": [1, 1, 0, 0, 1], "age": [39.9, 40.0, 60.0, 59.9, float("nan")]}
    )
    assert cells(run(built, ages, facts=COUNTED)) == expected
    assert bin_names([0.5, 40, 1234567]) == ("<0.5", "0.5-40", "40-1234567", ">=1234567")


def test_intersection_keeps_partly_unknown_groups(manifest: Build, run: Run, tmp_path: Path) -> None:
    built = manifest(
        sensitive={"sex": {"column": "sex"}, "age": {"column": "age", "bins": [40]}}, intersections=[["sex", "age"]]
    )
    text = "y,p,sex,age\n1,1,F,39\n1,0,F,\n0,0,,50\n0,1,,\n1,1,F,39\n"
    measured = run(built, write(tmp_path, text), facts=COUNTED)
    assert cells(measured, 2) == {
        ("F", "<40"): (0, 0, 0, 2),
        ("F", None): (0, 0, 1, 0),
        (None, ">=40"): (1, 0, 0, 0),
        (None, None): (0, 1, 0, 0),
    }
    assert measured.fairness is not None
    assert measured.fairness.tables[2].unknown == 3


def test_types_are_compared_as_text(manifest: Build, run: Run, tmp_path: Path) -> None:
    path = parquet(tmp_path, {"y": [True, False, True], "p": [1.0, 0.0, 0.0], "sex": [1, 2, None]})
    built = manifest(
        label={"column": "y", "positive": ["true"], "negative": ["false"]},
        prediction={"column": "p", "positive": ["1.0"], "negative": ["0.0"]},
    )
    assert cells(run(built, path, facts=COUNTED)) == {("1",): (0, 0, 0, 1), ("2",): (1, 0, 0, 0), (None,): (0, 0, 1, 0)}


def test_nan_in_a_float_column_is_unknown(manifest: Build, run: Run, tmp_path: Path) -> None:
    path = parquet(tmp_path, {"y": [1, 0, 1], "p": [1, 0, 0], "sex": [1.0, float("nan"), None]})
    assert cells(run(manifest(), path, facts=COUNTED)) == {("1.0",): (0, 0, 0, 1), (None,): (1, 0, 1, 0)}


def test_names_that_look_like_missing_are_groups(manifest: Build, run: Run, tmp_path: Path) -> None:
    text = "y,p,sex\n1,1,NA\n1,1,None\n1,1,nan\n1,1,null\n1,1, \n"
    groups = cells(run(manifest(), write(tmp_path, text), facts=COUNTED))
    assert set(groups) == {("NA",), ("None",), ("nan",), ("null",), (" ",)}


def test_order_and_threads_do_not_change_counts(manifest: Build, run: Run, tmp_path: Path) -> None:
    rows = [(random.Random(i).randint(0, 1), i % 2, f"g{i % 7}") for i in range(30_000)]
    want = Counter((y, p, sex) for y, p, sex in rows)
    seen = []
    for name in ("a", "b"):
        columns = {key: [row[at] for row in rows] for at, key in enumerate(("y", "p", "sex"))}
        path = parquet(tmp_path, columns, f"{name}.parquet", row_group_size=3_000)
        seen.append(run(manifest(path), path, facts=COUNTED).fairness)
        random.Random(1).shuffle(rows)
    assert seen[0] is not None
    assert seen[0] == seen[1]
    got = {cell.group[0]: (cell.tn, cell.tp) for cell in seen[0].tables[0].cells}
    assert got == {f"g{i}": (want[0, 0, f"g{i}"], want[1, 1, f"g{i}"]) for i in range(7)}


JOINED = "key,sex\na,F\nb,M\nc,\nz,F\n"


def test_join_counts_rows_without_a_partner(manifest: Build, run: Run, tmp_path: Path) -> None:
    table = write(tmp_path, "key,y,p\na,1,1\nb,0,0\nc,1,0\nd,1,1\n,0,1\na,1,0\n")
    people = write(tmp_path, JOINED, "people.csv")
    measured = run(manifest(join={"path": "people.csv", "key": "key"}), table, join=people, facts=COUNTED)
    assert cells(measured) == {("F",): (0, 0, 1, 1), ("M",): (1, 0, 0, 0), (None,): (0, 1, 1, 1)}
    assert measured.fairness is not None
    assert (measured.fairness.unmatched, measured.rows) == (2, {"evaluation": 6, "join": 4})


@pytest.mark.parametrize(
    ("people", "says"),
    [
        ("key,sex\na,F\na,M\n", "key 'key' is not unique"),
        ("id,sex\na,F\n", "no column 'key'"),
        ("key,sex,y\na,F,1\n", None),
        ("key,gender\na,F\n", "no column 'sex'"),
        ("key,sex,p\n", "no rows"),
    ],
)
def test_bad_join_is_refused(manifest: Build, run: Run, tmp_path: Path, people: str, says: str | None) -> None:
    table, other = write(tmp_path, "key,y,p\na,1,1\n"), write(tmp_path, people, "people.csv")
    built = manifest(join={"path": "people.csv", "key": "key"})
    if says is None:
        assert cells(run(built, table, join=other, facts=COUNTED)) == {("F",): (0, 0, 0, 1)}
        return
    with pytest.raises(BadInput, match=says):
        run(built, table, join=other, facts=COUNTED)


def test_attribute_in_both_tables_is_refused(manifest: Build, run: Run, tmp_path: Path) -> None:
    table = write(tmp_path, "key,y,p,sex\na,1,1,F\n")
    with pytest.raises(BadInput, match="in both joined tables"):
        run(manifest(join={"path": "j", "key": "key"}), table, join=write(tmp_path, JOINED, "j.csv"), facts=COUNTED)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        ("y,p,sex\n", "no rows"),
        ("y,p,sex\n1,1,F\n0,1\n", ":3: a record of 2 fields"),
        ("y,p,sex\n1,1,F,\n", ":2: a record of 4 fields"),
        ('y,p,sex\n1,1,F\n0,1,"M\n', "not CSV"),
        ('y,p,sex\n0,1,"M\n1,1,F\n1,1,F\n', "not CSV"),
        ('y,p,sex\n0,1,"M"x\n', "not CSV"),
        (b"y,p,sex\n1,1,\xff\n", "not UTF-8"),
        ("y;p;sex\n1;1;F\n", "the first line has one name"),
        ("y,p,sex\n1,1,F\n1,1,M\0\n", ":3: a NUL byte"),
        ("y,p,sex\r\n1,1,F\n1,1,M\r\n", "different ways\n  got: CRLF, LF"),
        ("y,p,Sex\n1,1,F\n", r"data.evaluation.sensitive.sex.column: no column 'sex'\n  expected: one of 'Sex'"),
        ("y,p,sex,p\n1,1,F,0\n", "2 columns are called 'p'"),
        ("y,p,sex\n1,1,F\n2,1,F\n2,1,F\n", "not listed in column 'y'\n  got: '2' in 2 rows"),
        ("y,p,sex\n1,1,F\nTOTAL,,\n", "'TOTAL' in 1 row"),
        ("y,p,sex\n1,,F\n", "missing values in column 'p'\n  got: null in 1 row"),
        ("y,p,sex\n1,nan,F\n", "NaN in column 'p'"),
        ("y,p,sex\n1,1 ,F\n", "'1 ' in 1 row"),
        ("y,p,sex\n1,1,Jose\u0301\n", r"normal form C\n  got: 'Jose\\u0301'\n  expected: 'Jos\\xe9'"),
        ("y,p,sex\n" + "".join(f"1,1,{i}\n" for i in range(1001)), "more than 1,000 values"),
    ],
)
def test_bad_csv_is_refused(manifest: Build, run: Run, tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        run(manifest(), write(tmp_path, text), facts=COUNTED)


def test_a_thousand_groups_are_counted(manifest: Build, run: Run, tmp_path: Path) -> None:
    text = "y,p,sex\n" + "".join(f"1,1,{i}\n" for i in range(1000))
    assert len(cells(run(manifest(), write(tmp_path, text), facts=COUNTED))) == 1000


@pytest.mark.parametrize(
    "text",
    [
        '\ufeffy,p,sex\n1,1,F\n0,0,"M"\n',
        "y,p,sex\r\n1,1,F\r\n0,0,M\r\n",
        "y,p,sex\n1,1,F\n\n0,0,M",
        'y,p,"sex"\n1,1,F\n"0","0",M\n\n',
    ],
)
def test_harmless_csv_variants_count_the_same(manifest: Build, run: Run, tmp_path: Path, text: str) -> None:
    assert cells(run(manifest(), write(tmp_path, text), facts=COUNTED)) == {("F",): (0, 0, 0, 1), ("M",): (1, 0, 0, 0)}


def test_quoted_commas_and_line_ends_stay_inside_a_value(manifest: Build, run: Run, tmp_path: Path) -> None:
    text = 'y,p,sex\n1,1,"a,b"\n0,0,"c\nd"\n0,1,"e""f"\n'
    groups = cells(run(manifest(), write(tmp_path, text), facts=COUNTED))
    assert set(groups) == {("a,b",), ("c\nd",), ('e"f',)}


def test_text_in_a_column_with_bins_is_refused(manifest: Build, run: Run, tmp_path: Path) -> None:
    built = manifest(sensitive={"age": {"column": "age", "bins": [40]}})
    with pytest.raises(BadInput, match="not a number\n  got: 'old' in 2 rows"):
        run(built, write(tmp_path, "y,p,age\n1,1,old\n1,1,old\n1,1,3\n"), facts=COUNTED)
    with pytest.raises(BadInput, match="holds no numbers\n  got: BOOLEAN"):
        run(built, parquet(tmp_path, {"y": [1], "p": [1], "age": [True]}), facts=COUNTED)


def test_bad_parquet_is_refused(manifest: Build, run: Run, tmp_path: Path) -> None:
    good = parquet(tmp_path, {"y": [1] * 5000, "p": [1] * 5000, "sex": [str(i % 50) for i in range(5000)]})
    data = good.read_bytes()
    for name, damaged in (("cut", data[:-20]), ("half", data[: len(data) // 2]), ("text", b"y,p,sex\n1,1,F\n")):
        with pytest.raises(BadInput, match=r"ot Parquet|broken Parquet"):
            run(manifest(), write(tmp_path, damaged, f"{name}.parquet"), facts=COUNTED)
    empty = parquet(tmp_path, {"y": [], "p": [], "sex": []}, "none.parquet")
    with pytest.raises(BadInput, match="no rows"):
        run(manifest(), empty, facts=COUNTED)
    floats = parquet(tmp_path, {"y": [1, 0], "p": [1.0, float("nan")], "sex": ["F", "M"]})
    built = manifest(prediction={"column": "p", "positive": ["1.0"], "negative": ["0.0"]})
    with pytest.raises(BadInput, match="NaN in column 'p'\n  got: 'nan' in 1 row"):
        run(built, floats, facts=COUNTED)


def test_parquet_names_are_the_files_own(manifest: Build, run: Run, tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    nested = pa.array([{"y": 1, "p": {"q": 2}}, None])
    arrays = [nested, pa.array([1, 0]), pa.array([0, 1]), pa.array([1, 0]), pa.array(["F", "M"])]
    pq.write_table(pa.Table.from_arrays(arrays, ["n", "y", "P", "p", "sex"]), tmp_path / "e.parquet")
    assert cells(run(manifest(), tmp_path / "e.parquet", facts=COUNTED)) == {
        ("F",): (0, 0, 0, 1),
        ("M",): (1, 0, 0, 0),
    }


def test_other_suffixes_and_patterns_are_refused(manifest: Build, run: Run, tmp_path: Path) -> None:
    for name, says in (("e.xlsx", "not a table we read"), ("e*.csv", "pattern")):
        with pytest.raises(BadInput, match=says):
            run(manifest(), write(tmp_path, GOOD, name), facts=COUNTED)


def test_column_names_cannot_carry_sql(manifest: Build, run: Run, tmp_path: Path) -> None:
    name = """a"; DROP TABLE fine; --'"""
    text = 'y,p,"' + name.replace('"', '""') + "\"\n1,1,O'Hara\n"
    built = manifest(
        sensitive={"x": {"column": name}}, label={"column": "y", "positive": ["1", "'"], "negative": ["0"]}
    )
    assert cells(run(built, write(tmp_path, text), facts=COUNTED)) == {("O'Hara",): (0, 0, 0, 1)}


PUBLISHED = {
    ("Medium", "High"): {
        None: (2681, 1282, 1216, 2035),
        "African-American": (990, 805, 532, 1369),
        "Caucasian": (1139, 349, 461, 505),
    },
    ("High",): {"African-American": (1511, 284, 1160, 741), "Caucasian": (1407, 81, 771, 195)},
}


@pytest.mark.parametrize("positive", list(PUBLISHED))
def test_compas_as_published(manifest: Build, run: Run, shared: Path, positive: tuple[str, ...]) -> None:
    """ProPublica's own table: https://github.com/propublica/compas-analysis, cells 71 to 84 of the notebook."""
    path = shared / "data" / "compas" / "compas-scores-two-years.csv"
    if not path.exists():
        pytest.skip("ProPublica's table is not beside the checkout")
    built = manifest(
        label={"column": "two_year_recid", "positive": ["1"], "negative": ["0"]},
        prediction={
            "column": "score_text",
            "positive": positive,
            "negative": [text for text in ("Low", "Medium", "High") if text not in positive],
        },
        sensitive={"race": {"column": "race"}},
    )
    measured = run(built, path, facts=COUNTED)
    groups = cells(measured)
    assert measured.performance is not None
    counts = measured.performance.counts
    for group, expected in PUBLISHED[positive].items():
        assert (groups[(group,)] if group else (counts.tn, counts.fp, counts.fn, counts.tp)) == expected
    assert measured.rows == {"evaluation": 7214}


def test_compas_column_named_twice_is_refused_only_when_used(manifest: Build, run: Run, shared: Path) -> None:
    path = shared / "data" / "compas" / "compas-scores-two-years.csv"
    if not path.exists():
        pytest.skip("ProPublica's table is not beside the checkout")
    built = manifest(
        label={"column": "two_year_recid", "positive": ["1"], "negative": ["0"]},
        prediction={"column": "is_recid", "positive": ["1"], "negative": ["0"]},
        sensitive={"prior": {"column": "priors_count", "bins": [1]}},
    )
    with pytest.raises(BadInput, match="2 columns are called 'priors_count'"):
        run(built, path, facts=COUNTED)
    with path.open(newline="") as file:
        assert sum(1 for _ in csv.reader(file)) == 7215
