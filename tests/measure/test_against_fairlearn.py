"""Every rate from the counts equals fairlearn's, to the last bit, wherever it is defined."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from governance.evidence.counts import RATES
from governance.evidence.manifest import Manifest
from governance.measure.run import Measured

pytest.importorskip("fairlearn", reason="fairlearn is the oracle here")
Build = Callable[..., Manifest]
Run = Callable[..., Measured]
ROWS = st.lists(
    st.tuples(st.booleans(), st.booleans(), st.sampled_from(["F", "M", "x y", "É"]), st.sampled_from([1, 2])),
    min_size=1,
    max_size=60,
)


def oracles() -> dict[str, Any]:
    import fairlearn.metrics as fl
    from sklearn.metrics import accuracy_score

    def mean(values: Any) -> float:
        return float(values.mean())

    return {
        "selection_rate": fl.selection_rate,
        "prevalence": lambda truth, predicted: mean(truth),
        "accuracy": accuracy_score,
        "tpr": fl.true_positive_rate,
        "fpr": fl.false_positive_rate,
        "tnr": fl.true_negative_rate,
        "fnr": fl.false_negative_rate,
        "ppv": lambda truth, predicted: mean(truth[predicted == 1]),
        "npv": lambda truth, predicted: mean(1 - truth[predicted == 0]),
    }


def assert_equal(frame: Any, measured: Measured, sets: list[tuple[str, ...]]) -> int:
    """Compare each table with a MetricFrame over `frame` (y and p are 0 and 1). The number of values compared."""
    import warnings

    from fairlearn.metrics import MetricFrame

    assert measured.fairness is not None
    compared = 0
    for attributes, table in zip(sets, measured.fairness.tables, strict=True):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # means of nothing, in groups that we do not compare
            oracle = MetricFrame(
                metrics=oracles(), y_true=frame["y"], y_pred=frame["p"], sensitive_features=frame[list(attributes)]
            ).by_group
        assert {cell.group for cell in table.cells} <= {
            key if isinstance(key, tuple) else (key,) for key in map(_text, oracle.index)
        }
        for cell in table.cells:
            for rate in RATES:
                above, below = cell.proportion(rate)
                if below:
                    index = _find(oracle, cell.group)
                    assert above / below == oracle.loc[index, rate], (cell, rate)
                    compared += 1
    return compared


def _text(key: Any) -> Any:
    return tuple(str(part) for part in key) if isinstance(key, tuple) else str(key)


def _find(oracle: Any, group: tuple[str | None, ...]) -> Any:
    return next(key for key in oracle.index if _text(key) in (group, group[0]))


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS)
def test_any_table(manifest: Build, run: Run, tmp_path: Path, rows: list[tuple[bool, bool, str, int]]) -> None:
    import pandas as pd

    frame = pd.DataFrame(rows, columns=["y", "p", "sex", "site"]).astype({"y": int, "p": int})
    frame.to_parquet(tmp_path / "e.parquet")
    built = manifest(sensitive={"sex": {"column": "sex"}, "site": {"column": "site"}}, intersections=[["sex", "site"]])
    measured = run(built, tmp_path / "e.parquet", facts=("fairness",))
    assert assert_equal(frame, measured, [("sex",), ("site",), ("sex", "site")]) > 0


def test_compas(manifest: Build, run: Run, shared: Path, tmp_path: Path) -> None:
    import pandas as pd

    path = shared / "data" / "compas" / "compas-scores-two-years.csv"
    if not path.exists():
        pytest.skip("ProPublica's table is not beside the checkout")
    built = manifest(
        label={"column": "two_year_recid", "positive": ["1"], "negative": ["0"]},
        prediction={"column": "score_text", "positive": ["High", "Medium"], "negative": ["Low"]},
        sensitive={"race": {"column": "race"}, "sex": {"column": "sex"}},
        intersections=[["race", "sex"]],
    )
    frame = pd.read_csv(path).assign(
        y=lambda t: t["two_year_recid"], p=lambda t: (t["score_text"] != "Low").astype(int)
    )
    measured = run(built, path, facts=("fairness",))
    assert assert_equal(frame, measured, [("race",), ("sex",), ("race", "sex")]) > 150


def test_adult(manifest: Build, run: Run, shared: Path, tmp_path: Path) -> None:
    import pandas as pd

    path = shared / "data" / "adult" / "adult.test"
    if not path.exists():
        pytest.skip("the Adult table is not beside the checkout")
    names = "age work weight school years marital job relation race sex gain loss hours country income"
    frame = pd.read_csv(path, names=names.split(), skiprows=1, skipinitialspace=True)
    frame = frame.assign(y=(frame["income"] == ">50K.").astype(int), p=(frame["years"] >= 13).astype(int))
    frame.to_parquet(tmp_path / "adult.parquet")
    built = manifest(
        label={"column": "income", "positive": [">50K."], "negative": ["<=50K."]},
        sensitive={name: {"column": name} for name in ("race", "sex", "school")},
        intersections=[["race", "sex"]],
    )
    measured = run(built, tmp_path / "adult.parquet", facts=("fairness",))
    assert assert_equal(frame, measured, [("race",), ("sex",), ("school",), ("race", "sex")]) > 250
