"""Metrics against scikit-learn, their intervals against simulation and against arithmetic that can be done by hand."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn import metrics as sk

from governance.errors import BadInput
from governance.evidence.counts import Counts
from governance.evidence.evidence import Facts
from governance.evidence.manifest import Manifest
from governance.evidence.performance import COUNT_METRICS, SCORE_METRICS, Paired
from governance.evidence.plan import Plan
from governance.measure import metrics
from governance.measure.metrics import Scored, bca, measured
from governance.measure.run import Measured, measure


def plain_calibration_error(positive: np.ndarray, score: np.ndarray) -> float:
    """Bin by bin; scikit-learn draws the curve and has no number for it."""
    total = 0.0
    for low in range(20):
        here = (score >= low / 20) & ((score < (low + 1) / 20) | (low == 19))
        if here.any():
            total += here.sum() * abs(score[here].mean() - positive[here].mean())
    return total / len(score)


BY_SCORES: dict[str, Callable[..., float]] = {
    "roc_auc": sk.roc_auc_score,
    "average_precision": sk.average_precision_score,
    "brier": sk.brier_score_loss,
    "log_loss": sk.log_loss,
    "calibration_error": plain_calibration_error,
}


def test_every_metric_is_compared() -> None:
    assert set(BY_SCORES) == set(SCORE_METRICS)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 60), min_size=4, max_size=4))
def test_metrics_of_labels_are_those_of_scikit_learn(cells: list[int]) -> None:
    tn, fp, fn, tp = cells
    truth = np.repeat([0, 0, 1, 1], cells)
    predicted = np.repeat([0, 1, 0, 1], cells)
    found = measured(["f1"], Counts(tn=tn, fp=fp, fn=fn, tp=tp), None, 1)[0]
    assert found.value is not None and float(found.value) == pytest.approx(sk.f1_score(truth, predicted), rel=1e-8)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.integers(20, 600), st.sampled_from([1, 2, 8]))
def test_metrics_of_scores_are_those_of_scikit_learn(seed: int, rows: int, digits: int) -> None:
    random = np.random.default_rng(seed)
    positive = random.random(rows) < 0.4
    positive[:2] = [True, False]
    score = np.round(np.clip(random.random(rows) * 0.7 + positive * 0.3, 0, 1), digits)
    for metric, definition in BY_SCORES.items():
        found = metrics._of_scores(metric, Scored(positive, score), 1)
        assert found.value == pytest.approx(definition(positive, score), rel=1e-9, abs=1e-12)


def test_what_is_undefined_is_null_with_its_reason() -> None:
    nobody = Counts(tn=50, fp=0, fn=0, tp=0)
    for fact in measured(["f1", "precision", "balanced_accuracy", "matthews_corrcoef", "cohen_kappa"], nobody, None, 1):
        assert fact.value is None and fact.low == fact.high == dict.fromkeys(("0.1", "0.05", "0.01"))
        assert "not defined" in str(fact.reason)
    one_label = Scored(np.zeros(50, dtype=bool), np.linspace(0, 1, 50))
    for metric in ("roc_auc", "average_precision"):
        assert "same label" in str(measured([metric], nobody, one_label, 1)[0].reason)
    margins = Scored(np.arange(50) % 2 == 0, np.linspace(-1, 1, 50))
    for metric in ("brier", "log_loss", "calibration_error"):
        assert "no probabilities" in str(measured([metric], nobody, margins, 1)[0].reason)
    assert measured(["roc_auc"], nobody, margins, 1)[0].value is not None
    assert measured(["roc_auc"], nobody, "none were given", 1)[0].reason == "none were given"
    with pytest.raises(RuntimeError, match="unknown metric"):
        measured(["r2"], nobody, None, 1)


def test_without_an_error_there_is_no_interval() -> None:
    perfect = measured(["f1", "accuracy"], Counts(tn=50, fp=0, fn=0, tp=50), None, 1)
    assert [fact.value for fact in perfect] == ["1", "1"]
    assert all(set(fact.low.values()) == {None} and "no error" in str(fact.reason) for fact in perfect)
    apart = Scored(np.arange(60) < 30, np.linspace(1, 0, 60))
    fact = measured(["roc_auc"], Counts(tn=30, fp=0, fn=0, tp=30), apart, 1)[0]
    assert (fact.value, fact.high["0.05"]) == ("1", None)


def test_replicates_where_it_is_undefined_stand_beyond_both_ends() -> None:
    """Two predicted positives: in one replicate of eight there is none, and precision has no value."""
    fact = measured(["precision"], Counts(tn=500, fp=1, fn=10, tp=1), None, 1)[0]
    assert fact.value == "0.5"
    assert (fact.low["0.05"], fact.high["0.05"]) == (None, None)
    assert fact.reason


def test_the_interval_of_scipy() -> None:
    """BCa of a mean against scipy's, which jackknifes and redraws rows one by one."""
    random = np.random.default_rng(3)
    rows = random.integers(0, 6, size=80) ** 2
    values, counts = np.unique(rows, return_counts=True)
    found = bca(counts.astype(float), lambda tables: tables @ values / tables.sum(axis=1), 1)
    expected = stats.bootstrap((rows,), np.mean, confidence_level=0.9, n_resamples=20_000, method="BCa", rng=random)
    low, high = found.ends["0.05"]
    assert low is not None and high is not None
    width = expected.confidence_interval.high - expected.confidence_interval.low
    assert (low, high) == pytest.approx(tuple(expected.confidence_interval), abs=0.03 * width)
    assert found.value == pytest.approx(rows.mean())
    assert found == bca(counts.astype(float), lambda tables: tables @ values / tables.sum(axis=1), 1)


def test_ends_are_in_order_and_one_sided() -> None:
    for fact in measured(list(COUNT_METRICS), Counts(tn=300, fp=40, fn=30, tp=90), None, 5):
        lows = [float(fact.low[alpha] or "nan") for alpha in ("0.01", "0.05", "0.1")]
        highs = [float(fact.high[alpha] or "nan") for alpha in ("0.1", "0.05", "0.01")]
        assert [*lows, float(fact.value or "nan"), *highs] == sorted([*lows, float(fact.value or "nan"), *highs])
        assert len({*lows, *highs}) == 6


@pytest.mark.parametrize("metric", ["f1", "matthews_corrcoef", "roc_auc", "brier"])
def test_simulated_coverage(metric: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each end, one-sided at 0.05, misses the truth in about 5 % of 200 data sets of 300 rows (s.d. 1.5 %)."""
    monkeypatch.setattr(metrics, "REPLICATES", 1000)
    monkeypatch.setattr(metrics, "_FEWEST", 1000)
    random, runs, rows = np.random.default_rng(11), 200, 300

    def data(size: int) -> tuple[Any, Any]:
        # Scores that are calibrated, on a grid, so that their table is small.
        score = random.integers(1, 40, size=size) / 40
        return random.random(size) < score, score

    positive, score = data(2_000_000)
    if metric in SCORE_METRICS:
        truth = BY_SCORES[metric](positive, score)
    else:
        truth = getattr(sk, {"f1": "f1_score"}.get(metric, metric))(positive, score > 0.5)
    above = below = 0
    for run in range(runs):
        positive, score = data(rows)
        table = sk.confusion_matrix(positive, score > 0.5).ravel().astype(float)
        found = (
            metrics._of_scores(metric, Scored(positive, score), run)
            if metric in SCORE_METRICS
            else bca(table, partial(metrics._of_counts, metric), run)
        )
        low, high = found.ends["0.05"]
        assert low is not None and high is not None
        above, below = above + (low > truth), below + (high < truth)
    assert 0.01 <= above / runs <= 0.1
    assert 0.01 <= below / runs <= 0.1


def test_bins_take_the_spread_and_not_the_value(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(2)
    positive = random.random(3000) < 0.3
    scored = Scored(positive, 1 / (1 + np.exp(-random.normal(size=3000) - positive)))
    few = metrics._of_scores("roc_auc", scored, 1)
    monkeypatch.setattr(metrics, "MOST_BINS", 5000)
    each = metrics._of_scores("roc_auc", scored, 1)
    assert few.value == each.value
    widths = [(one.ends["0.05"][1] or 0) - (one.ends["0.05"][0] or 0) for one in (few, each)]
    assert widths[0] == pytest.approx(widths[1], rel=0.08)


def build(**evaluation: Any) -> Manifest:
    base = {
        "path": "e",
        "label": {"column": "y", "positive": ["1"], "negative": ["0"]},
        "prediction": {"column": "p", "positive": ["1"], "negative": ["0"]},
    }
    return Manifest.model_validate(
        {
            "schema": "governance.manifest/v1",
            "model": {"name": "m", "version": "1"},
            "artifact": {"path": "model", "format": "skops"} if "features" in evaluation else {"none": "-"},
            "features": evaluation.pop("features", ()),
            "data": {"evaluation": base | evaluation},
        }
    )


def run(manifest: Manifest, table: Path, artifact: Path | None = None, **asked: Any) -> Measured:
    from governance.canonical import sha256

    plan = Plan(facts=("performance",), fairness=(), explain_rows=0, **asked)
    paths = {"evaluation": table} | ({"artifact": artifact} if artifact else {})
    data = artifact.read_bytes() if artifact else None
    return measure(manifest, plan, paths, sha256(data) if data else None, len(data or b""), 7, lambda *_: None)


@pytest.fixture
def frame(tmp_path: Path) -> pd.DataFrame:
    random = np.random.default_rng(5)
    y = (random.random(400) < 0.4).astype(int)
    score = np.round(1 / (1 + np.exp(-random.normal(size=400) - 1.5 * y + 1)), 3)
    old = np.where(random.random(400) < 0.8, y, 1 - y)
    return pd.DataFrame(
        {"a": random.normal(size=400) + y, "y": y, "p": (score > 0.5).astype(int), "s": score, "c": old}
    )


def test_supplied_scores_and_a_champion(frame: pd.DataFrame, tmp_path: Path) -> None:
    champion = {"column": "c", "positive": ["1"], "negative": ["0"]}
    frame.to_parquet(tmp_path / "e.parquet")
    frame.to_csv(tmp_path / "e.csv", index=False)
    manifest = build(score={"column": "s"}, champion=champion)
    found = run(manifest, tmp_path / "e.parquet", metrics=("brier", "f1", "roc_auc"), champion=True).performance
    assert found is not None
    assert found == run(manifest, tmp_path / "e.csv", metrics=("brier", "f1", "roc_auc"), champion=True).performance
    assert Facts.from_bytes(Facts(performance=found).to_bytes()).performance == found
    values = {fact.metric: float(fact.value or "nan") for fact in found.metrics}
    assert values["roc_auc"] == pytest.approx(sk.roc_auc_score(frame.y, frame.s), abs=1e-8)
    assert values["brier"] == pytest.approx(sk.brier_score_loss(frame.y, frame.s), abs=1e-8)
    assert values["f1"] == pytest.approx(sk.f1_score(frame.y, frame.p), abs=1e-8)
    right, old = frame.p == frame.y, frame.c == frame.y
    for label, pairs in (
        (1, found.champion and found.champion.positives),
        (0, found.champion and found.champion.negatives),
    ):
        at = frame.y == label
        assert pairs == Paired(
            both=int((at & right & old).sum()),
            model=int((at & right & ~old).sum()),
            champion=int((at & ~right & old).sum()),
            neither=int((at & ~right & ~old).sum()),
        )


def test_nothing_more_is_measured_than_was_asked_for(frame: pd.DataFrame, tmp_path: Path) -> None:
    frame.to_parquet(tmp_path / "e.parquet")
    found = run(build(score={"column": "s"}), tmp_path / "e.parquet").performance
    assert found is not None
    assert (found.metrics, found.champion) == ((), None)
    asked = run(build(), tmp_path / "e.parquet", metrics=("roc_auc",), champion=True).performance
    assert asked is not None and asked.champion is not None
    assert "names no column of scores" in str(asked.metrics[0].reason)
    assert "names no column with the champion's" in str(asked.champion.reason)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"s": None}, "scores that are no finite numbers"),
        ({"s": float("inf")}, "scores that are no finite numbers"),
        ({"s": "high"}, "scores that are no finite numbers"),
        ({"c": 2}, "not listed in the champion's column"),
        ({"c": None}, "not listed in the champion's column"),
    ],
)
def test_bad_columns_are_refused(frame: pd.DataFrame, tmp_path: Path, change: dict[str, Any], says: str) -> None:
    changed = frame.astype(object)
    changed.loc[3, list(change)] = list(change.values())
    changed.to_csv(tmp_path / "e.csv", index=False)
    champion = {"column": "c", "positive": ["1"], "negative": ["0"]}
    with pytest.raises(BadInput, match=says):
        run(build(score={"column": "s"}, champion=champion), tmp_path / "e.csv", metrics=("roc_auc",), champion=True)
    missing = build(score={"column": "nowhere"}, champion=champion | {"column": "elsewhere"})
    with pytest.raises(BadInput, match="no column 'nowhere'"):
        run(missing, tmp_path / "e.csv", metrics=("roc_auc",))
    with pytest.raises(BadInput, match="no column 'elsewhere'"):
        run(missing, tmp_path / "e.csv", champion=True)


def test_scores_of_a_model_that_was_run_are_its_own(frame: pd.DataFrame, tmp_path: Path) -> None:
    import skops.io
    from sklearn.linear_model import LogisticRegression
    from sklearn.svm import LinearSVC

    frame.to_parquet(tmp_path / "e.parquet")
    native = LogisticRegression().fit(frame[["a"]], frame.y)
    (tmp_path / "model").write_bytes(skops.io.dumps(native))
    champion = {"column": "c", "positive": ["1"], "negative": ["0"]}
    manifest = build(features=("a",), prediction="rescore", score={"column": "s"}, champion=champion)
    found = run(manifest, tmp_path / "e.parquet", tmp_path / "model", metrics=("roc_auc",), champion=True).performance
    assert found is not None and found.champion is not None and found.champion.positives is not None
    expected = sk.roc_auc_score(frame.y, native.predict_proba(frame[["a"]])[:, 1])
    assert float(found.metrics[0].value or "nan") == pytest.approx(expected, abs=1e-8)
    right, old = native.predict(frame[["a"]]) == frame.y, frame.c == frame.y
    assert found.champion.positives.model == int(((frame.y == 1) & right & ~old).sum())
    (tmp_path / "model").write_bytes(skops.io.dumps(LinearSVC().fit(frame[["a"]], frame.y)))
    found = run(manifest, tmp_path / "e.parquet", tmp_path / "model", metrics=("f1", "roc_auc")).performance
    assert found is not None
    assert [fact.reason for fact in found.metrics] == [None, "the model gives no probabilities"]


def test_the_calibration_error_errs_on_the_safe_side() -> None:
    """Scores that are a tenth too high: the upper end is seldom below the truth, and nor is the lower one above it."""
    random, truth, misses = np.random.default_rng(4), 0.05, np.zeros(2)
    for run in range(40):
        score = random.beta(2, 2, 1500)
        found = metrics._calibration_error(random.random(1500) < 0.9 * score, score, run)
        low, high = found.ends["0.05"]
        assert found.value is not None and low is not None and high is not None and 0 <= low <= found.value <= high
        misses += low > truth, high < truth
    assert misses[0] <= 8 and misses[1] <= 2
    certain = metrics._calibration_error(np.ones(50, dtype=bool), np.full(50, 0.4), 1)
    assert (certain.value, certain.ends) == (pytest.approx(0.6), {}) and certain.reason
