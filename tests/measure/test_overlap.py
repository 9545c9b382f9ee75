"""Rows that training and evaluation have in common, counted by digest whatever the format of the two files."""

import time
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.errors import BadInput
from governance.evidence.evidence import Facts
from governance.evidence.manifest import Manifest
from governance.evidence.overlap import OverlapFacts
from governance.evidence.plan import Plan
from governance.measure.overlap import overlap
from governance.measure.run import Measured, measure
from governance.measure.table import connection, open_table

COLUMNS = ["a", "b", "y"]


def compare(folder: Path, evaluation: pd.DataFrame, training: pd.DataFrame, kinds: str = "parquet csv") -> OverlapFacts:
    paths = []
    for frame, name, kind in zip((evaluation, training), ("e", "t"), kinds.split(), strict=True):
        paths.append(folder / f"{name}.{kind}")
        frame.to_parquet(paths[-1]) if kind == "parquet" else frame.to_csv(paths[-1], index=False)
    with connection(paths) as connected:
        found = overlap(connected, *(open_table(connected, path) for path in paths), COLUMNS)
    assert isinstance(found, OverlapFacts), found
    return found


def rows(*values: tuple[Any, ...]) -> pd.DataFrame:
    return pd.DataFrame(list(values), columns=COLUMNS)


@pytest.mark.parametrize("kinds", ["parquet parquet", "parquet csv", "csv parquet", "csv csv"])
def test_counts_are_those_of_a_set(tmp_path: Path, kinds: str) -> None:
    evaluation = rows((1, "x", 0), (1, "x", 0), (2, "x", 1), (3, None, 1), (4, "z", 0))
    training = rows((1, "x", 0), (3, None, 1), (2, "x", 0), (9, "z", 0), (9, "z", 0))
    found = compare(tmp_path, evaluation, training, kinds)
    assert (found.found, found.repeated) == (3, 1)
    assert (found.evaluation_rows, found.training_rows, found.columns) == (5, 5, tuple(COLUMNS))


@pytest.mark.parametrize("kinds", ["parquet parquet", "parquet csv", "csv parquet"])
def test_a_number_is_one_however_it_is_written(tmp_path: Path, kinds: str) -> None:
    evaluation = rows((1, 0.1, 0), (2, -0.0, 1), (3, 1e22, 1))
    training = rows((1.0, 0.1, 0), (2.0, 0.0, 1), (3.0, 1e22, 1))
    assert compare(tmp_path, evaluation, training, kinds).found == 3


def test_rows_that_only_look_alike_are_apart(tmp_path: Path) -> None:
    evaluation = rows(("ab", "c", 0), ("", "x", 0), ("1:x", "y", 0), (None, "1:a", 0))
    training = rows(("a", "bc", 0), ("x", "", 0), ("1", "x:y", 0), ("1:a", None, 0))
    assert compare(tmp_path, evaluation, training, "parquet parquet").found == 0
    dates = rows((pd.Timestamp("2026-01-01"), [1, 2], True), (pd.Timestamp("2026-01-02"), [1], False))
    assert compare(tmp_path, dates, dates.iloc[:1], "parquet parquet").found == 1


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["x", "y"]), st.booleans()), min_size=1, max_size=20),
    st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["x", "y"]), st.booleans()), min_size=1, max_size=20),
)
def test_any_two_tables(tmp_path_factory: pytest.TempPathFactory, here: list[Any], there: list[Any]) -> None:
    found = compare(tmp_path_factory.getbasetemp(), rows(*here), rows(*there), "parquet parquet")
    assert found.found == sum(row in set(there) for row in here)
    assert found.repeated == len(here) - len(set(here))


def run(folder: Path, features: tuple[str, ...] = ("a", "b"), training: bool = True) -> Measured:
    manifest = Manifest.model_validate(
        {
            "schema": "governance.manifest/v1",
            "model": {"name": "m", "version": "1"},
            "artifact": {"none": "-"},
            "features": features,
            "data": {
                "evaluation": {
                    "path": "e.parquet",
                    "label": {"column": "y", "positive": ["1"], "negative": ["0"]},
                    "prediction": {"column": "p", "positive": ["1"], "negative": ["0"]},
                },
            }
            | ({"training": {"path": "t.parquet"}} if training else {}),
        }
    )
    paths = {"evaluation": folder / "e.parquet"} | ({"training": folder / "t.parquet"} if training else {})
    plan = Plan(facts=("overlap",), fairness=(), explain_rows=0)
    return measure(manifest, plan, paths, None, 0, 7, lambda *_: None)


def test_a_plan_is_executed(tmp_path: Path) -> None:
    evaluation, training = rows((1, "x", 0), (2, "y", 1)), rows((1, "x", 0))
    evaluation.assign(p=0, b=evaluation.b).to_parquet(tmp_path / "e.parquet")
    training.to_parquet(tmp_path / "t.parquet")
    found = run(tmp_path)
    assert found.overlap is not None
    assert (found.overlap.found, found.rows, found.absent) == (1, {"evaluation": 2, "training": 1}, ())
    assert found.performance is None
    assert Facts.from_bytes(Facts(overlap=found.overlap).to_bytes()).overlap == found.overlap
    assert "no features" in run(tmp_path, features=()).absent[0].why
    assert "beside a training table" in run(tmp_path, training=False).absent[0].why
    training.drop(columns="b").to_parquet(tmp_path / "t.parquet")
    assert "no column 'b'" in run(tmp_path).absent[0].why
    training.assign(zz=1).to_parquet(tmp_path / "t.parquet")
    with pytest.raises(BadInput, match="no column 'zz'"):
        run(tmp_path, features=("a", "zz"))


@pytest.mark.slow
def test_a_million_rows_of_ten_columns(tmp_path: Path) -> None:
    import numpy as np

    values = np.random.default_rng(1).normal(size=(1_000_000, 3))
    frame = pd.DataFrame(values, columns=COLUMNS)
    started = time.perf_counter()
    found = compare(tmp_path, frame, frame.iloc[::2], "parquet parquet")
    assert (found.found, found.repeated) == (500_000, 0)
    assert time.perf_counter() - started < 30
