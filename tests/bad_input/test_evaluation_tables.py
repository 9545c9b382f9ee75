"""Laws over whatever table comes in: refused where the data says so, else counted as in plain Python, which shares
nothing with what is under test; and no pass that the counts do not carry."""

import csv
import io
import math
from collections import Counter
from fractions import Fraction
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest
from hypothesis import strategies as st

from tests.bad_input.laws import check, few, law, many, outcomes
from tests.bad_input.place import Place
from tests.bad_input.table import SOUND

MIN_ROWS = 30
"""As in the sound policy and by default in its rules."""
Row = tuple[Any, Any, Any, Any]
"""Label, prediction, group and score, as they are in the table; None where there is nothing."""


def positive(value: Any) -> bool | None:
    """In plain Python, what the manifest's lists say of a value; null where they do not list it."""
    text = {True: "true", False: "false"}.get(value, str(value)) if isinstance(value, bool) else str(value)
    return True if text in ("yes", "1", "1.0", "true") else False if text in ("no", "0", "0.0", "false") else None


def known(group: Any) -> bool:
    return group is not None and group == group


def finite(score: Any) -> bool:
    try:
        return math.isfinite(float(score))
    except (TypeError, ValueError):
        return False


def counted(rows: list[Row]) -> tuple[Counter[str], dict[Any, Counter[str]]]:
    """(all rows, rows of each group) by cell of the confusion matrix. Null and NaN are one group, None."""
    groups: dict[Any, Counter[str]] = {}
    for label, prediction, group, _ in rows:
        hit = positive(label) == positive(prediction)
        cell = ("t" if hit else "f") + ("p" if positive(prediction) else "n")
        groups.setdefault(group if known(group) else None, Counter())[cell] += 1
    return sum(groups.values(), Counter()), groups


def table_law(here: Place, name: str, content: bytes, rows: list[Row]) -> None:
    code, page = check(here, governance_yaml=manifest_for(name.replace("_", ".")), **{name: content})
    refused = not rows or any(
        positive(row[0]) is None or positive(row[1]) is None or not finite(row[3]) for row in rows
    )
    assert (code == 2) == refused, page
    if refused:
        return
    overall, groups = counted(rows)
    facts, found = page["evidence"]["facts"], outcomes(page)
    assert facts["performance"]["counts"] == {cell: overall[cell] for cell in ("fn", "fp", "tn", "tp")}
    cells = next(table["cells"] for table in facts["fairness"]["tables"] if table["attributes"] == ["sex"])
    measured = Counter((one["group"] == [None], one["tn"], one["fp"], one["fn"], one["tp"]) for one in cells)
    assert measured == Counter(
        (group is None, one["tn"], one["fp"], one["fn"], one["tp"]) for group, one in groups.items()
    )
    no_wrong_pass(found, overall, groups)


def no_wrong_pass(found: dict[str, str], overall: Counter[str], groups: dict[Any, Counter[str]]) -> None:
    n, right = overall.total(), overall["tp"] + overall["tn"]
    if found["accuracy"] == "pass":
        assert n >= MIN_ROWS
        assert Fraction(right, n) >= Fraction("0.7")
    if found["ranking"] == "pass":
        assert n >= MIN_ROWS
        assert overall["tp"] + overall["fn"] > 0 < overall["tn"] + overall["fp"]
    if found["equal-rates"] == "pass":
        judged = {group: one for group, one in groups.items() if group is not None}
        assert len(judged) > 1
        assert all(one.total() >= MIN_ROWS for one in judged.values())
        assert groups.get(None, Counter()).total() <= Fraction("0.05") * n
        rates = [Fraction(one["tp"] + one["fp"], one.total()) for one in judged.values()]
        assert min(rates) >= Fraction("0.5") * max(rates) > 0


def repeated(row: st.SearchStrategy[Row]) -> st.SearchStrategy[list[Row]]:
    """Few different rows, each up to 60 times: some tables are large enough to pass."""
    runs = st.lists(st.tuples(row, st.integers(1, 60)), max_size=8)
    return runs.map(lambda runs: [row for row, times in runs for _ in range(times)])


def mostly(sound: list[Any], odd: list[Any]) -> st.SearchStrategy[Any]:
    return st.integers(0, 59).flatmap(lambda at: st.sampled_from(odd if at == 59 else sound))


def manifest_for(name: str) -> bytes:
    """The sound one, for tables whose labels are text, numbers or truth values."""
    text = (SOUND / "governance.yaml").read_text(encoding="utf-8").replace("eval.csv", name)
    sound = "positive: [yes], negative: [no]"
    assert text.count(sound) == 2
    return text.replace(sound, "positive: [yes, '1', '1.0', true], negative: [no, '0', '0.0', false]").encode()


def csv_law(here: Place, rows: list[Row]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("repaid", "predicted", "sex", "score", "age", "income"))
    writer.writerows([*("" if cell is None else cell for cell in row), "30", "51000"] for row in rows)
    table_law(here, "eval_csv", text.getvalue().encode(), rows)


CSV_ROWS = repeated(
    st.tuples(
        mostly(["yes", "no", "1", "0.0", "true"], [None, "Yes", " yes", "maybe", "nan", "2"]),
        mostly(["yes", "no", "1", "0.0", "true"], [None, "YES", "no ", "-", "NaN"]),
        st.sampled_from(["f", "m", "m", "x", None, "a,b", 'q"q', "l\nl", "ü"]),
        mostly(["0.1", "0.9", "1", "5e-1"], [None, "nan", "inf", "-inf", "high", "0,5"]),
    )
)


COLUMNS = {
    "text": ("yes", "no", pyarrow.string()),
    "large text": ("yes", "no", pyarrow.large_string()),
    "truth": (True, False, pyarrow.bool_()),
    "byte": (1, 0, pyarrow.int8()),
    "unsigned": (1, 0, pyarrow.uint64()),
    "float": (1.0, 0.0, pyarrow.float32()),
    "double": (1.0, 0.0, pyarrow.float64()),
    "category": ("yes", "no", pyarrow.dictionary(pyarrow.int32(), pyarrow.string())),
}
GROUPS = {
    "text": (["f", "m", "x", None], pyarrow.string()),
    "number": ([1, 2, 3, None], pyarrow.int16()),
    "double": ([0.5, 1.0, float("nan"), None], pyarrow.float64()),
    "truth": ([True, False, None], pyarrow.bool_()),
    "date": ([0, 1, None], pyarrow.date32()),
    "time": ([0, 10**6, None], pyarrow.timestamp("us", tz="UTC")),
    "decimal": ([1, 2, None], pyarrow.decimal128(9, 2)),
    "category": (["f", "m", None], pyarrow.dictionary(pyarrow.int8(), pyarrow.string())),
    "nothing": ([None], pyarrow.null()),
}
Arrow = tuple[list[Row], list[pyarrow.DataType]]


@st.composite
def arrow_tables(draw: st.DrawFn) -> Arrow:
    kinds = [COLUMNS[draw(st.sampled_from(sorted(COLUMNS)))] for _ in range(2)]
    groups, group = GROUPS[draw(st.sampled_from(sorted(GROUPS)))]
    odd: list[list[Any]] = [
        [None, float("nan"), 2.0] if pyarrow.types.is_floating(kind[2]) else [None] for kind in kinds
    ]
    answers = [mostly(list(kind[:2]), wrong) for kind, wrong in zip(kinds, odd, strict=True)]
    score = mostly([0.1, 0.5, 0.9], [None, float("nan"), float("inf"), float("-inf")])
    rows = draw(repeated(st.tuples(*answers, st.sampled_from(groups), score)))
    return rows, [kinds[0][2], kinds[1][2], group, pyarrow.float64()]


def arrow_law(here: Place, table: Arrow) -> None:
    rows, kinds = table
    columns = list(zip(*rows, strict=True)) if rows else [(), (), (), ()]
    names = ("repaid", "predicted", "sex", "score")
    arrays = [pyarrow.array(list(column), kind) for column, kind in zip(columns, kinds, strict=True)]
    arrays += [pyarrow.array([value] * len(rows), pyarrow.int64()) for value in (30, 51000)]
    sink = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.Table.from_arrays(arrays, names=[*names, "age", "income"]), sink)
    table_law(here, "eval_parquet", sink.getvalue(), rows)


test_csv_tables = law(csv_law, CSV_ROWS, few)
test_arrow_tables = law(arrow_law, arrow_tables(), few)
test_many_csv_tables = pytest.mark.slow(law(csv_law, CSV_ROWS, many))
test_many_arrow_tables = pytest.mark.slow(law(arrow_law, arrow_tables(), many))
