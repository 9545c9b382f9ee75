"""This model against the champion by scores: values against scikit-learn, errors against slow ways to have them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from governance.errors import BadInput
from governance.evidence.counts import Counts
from governance.evidence.manifest import Manifest
from governance.evidence.performance import LOSSES, SCORE_METRICS, PairedScore
from governance.evidence.plan import Plan
from governance.measure.metrics import _calibration_error
from governance.measure.paired import paired
from governance.measure.run import Measured, measure
from governance.measure.scores import Scored


def error_of(positive: np.ndarray, score: np.ndarray) -> float:
    return float(_calibration_error(positive, score, 1).value or 0)


DEFINITIONS: dict[str, Callable[..., float]] = {
    "roc_auc": sk.roc_auc_score,
    "average_precision": sk.average_precision_score,
    "brier": sk.brier_score_loss,
    "log_loss": sk.log_loss,
    "calibration_error": error_of,
}


def compare(metric: str, positive: np.ndarray, ours: np.ndarray, theirs: np.ndarray) -> PairedScore:
    positives = int(positive.sum())
    counts = Counts(tn=len(positive) - positives, fp=0, fn=0, tp=positives)
    return paired([metric], Scored(positive, ours), Scored(positive, theirs), counts)[0]


def number(text: str | None) -> float:
    assert text is not None
    return float(text)


def se(fact: PairedScore) -> float:
    """From the two ends at 0.05; what each is moved further cancels for metrics that are not moved."""
    return (number(fact.high["0.05"]) - number(fact.low["0.05"])) / 2 / 1.6448536269514722


def two(seed: int, rows: int, digits: int = 8) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two models that see much the same."""
    random = np.random.default_rng(seed)
    positive = random.random(rows) < 0.4
    positive[:4] = [True, True, False, False]
    seen = random.normal(size=rows) + positive
    ours, theirs = (1 / (1 + np.exp(-(seen + noise * random.normal(size=rows) - 0.9))) for noise in (0.4, 0.6))
    return positive, np.round(ours, digits), np.round(theirs, digits)


def test_every_metric_of_scores_is_compared() -> None:
    assert set(DEFINITIONS) == set(SCORE_METRICS)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.integers(20, 400), st.sampled_from([1, 2, 8]))
def test_values_are_those_of_scikit_learn(seed: int, rows: int, digits: int) -> None:
    positive, ours, theirs = two(seed, rows, digits)
    for metric, definition in DEFINITIONS.items():
        fact = compare(metric, positive, ours, theirs)
        one, other = definition(positive, ours), definition(positive, theirs)
        assert number(fact.model) == pytest.approx(one, abs=2e-9, rel=5e-9)
        assert number(fact.champion) == pytest.approx(other, abs=2e-9, rel=5e-9)
        better = (other - one) if metric in LOSSES else (one - other)
        assert number(fact.better) == pytest.approx(better, abs=2e-9, rel=5e-9)
        turned = compare(metric, positive, theirs, ours)
        assert number(turned.better) == pytest.approx(-better, abs=2e-9, rel=5e-9)
        if fact.low["0.05"] is not None:
            assert number(turned.high["0.05"]) == pytest.approx(-number(fact.low["0.05"]), abs=3e-9, rel=3e-9)
            ends = [number(fact.low[alpha]) for alpha in ("0.01", "0.05", "0.1")]
            ends += [number(fact.better), *(number(fact.high[alpha]) for alpha in ("0.1", "0.05", "0.01"))]
            assert ends == sorted(ends)


def test_delong_by_the_double_sum() -> None:
    """Every pair of a positive and a negative, as the paper has it."""
    positive, ours, theirs = two(3, 120, 1)
    places = []
    for score in (ours, theirs):
        apart = score[positive][:, None] - score[~positive][None, :]
        kernel = (apart > 0) + (apart == 0) / 2
        places.append((kernel.mean(axis=1), kernel.mean(axis=0)))
    v10, v01 = (np.cov([places[0][side], places[1][side]], ddof=1) for side in (0, 1))
    covariance = v10 / positive.sum() + v01 / (~positive).sum()
    expected = np.sqrt(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    assert se(compare("roc_auc", positive, ours, theirs)) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("metric", ["average_precision", "brier", "log_loss"])
@pytest.mark.parametrize("digits", [1, 8])
def test_errors_are_those_of_the_jackknife(metric: str, digits: int) -> None:
    """One row left out after the other; the two agree to the order of 1/n."""
    positive, ours, theirs = two(5, 400, digits)
    kept: np.ndarray = ~np.eye(400, dtype=bool)
    definition = DEFINITIONS[metric]
    without = np.array([definition(positive[k], ours[k]) - definition(positive[k], theirs[k]) for k in kept])
    expected = np.sqrt(399 / 400 * np.square(without - without.mean()).sum())
    assert se(compare(metric, positive, ours, theirs)) == pytest.approx(expected, rel=0.03)


def test_the_calibration_error_is_moved_outwards() -> None:
    positive, ours, theirs = two(6, 400)
    fact = compare("calibration_error", positive, ours, theirs)
    widths = [number(fact.high[alpha]) - number(fact.low[alpha]) for alpha in ("0.05", "0.01")]
    # Twice (z * se + moved) at two alphas gives both; ~20 bins of 20 rows err by 0.4 / sqrt(20) * 0.8 each.
    error = (widths[1] - widths[0]) / 2 / (2.3263478740408408 - 1.6448536269514722)
    moved = widths[0] / 2 - 1.6448536269514722 * error
    assert 0.005 < error < 0.05
    assert 0.02 < moved < 0.12


def test_order_does_not_matter() -> None:
    positive, ours, theirs = two(7, 500, 2)
    order = np.random.default_rng(1).permutation(500)
    for metric in SCORE_METRICS:
        assert compare(metric, positive, ours, theirs) == compare(metric, positive[order], ours[order], theirs[order])


def test_what_cannot_be_told_is_null() -> None:
    positive = np.arange(100) < 40
    score = np.linspace(1, 0, 100)
    same = compare("roc_auc", positive, score, score)
    assert (same.better, same.low["0.05"], same.high["0.05"], same.reason) == ("0", "0", "0", None)
    perfect = compare("roc_auc", positive, score, score**2)
    assert (perfect.better, perfect.low["0.05"]) == ("0", None) and "no row tells the two apart" in str(perfect.reason)
    margins = compare("brier", positive, score, score * 3)
    assert margins.better is None and "the champion are no probabilities" in str(margins.reason)
    assert "this model are no prob" in str(compare("brier", positive, score * 3, score).reason)
    one_label = compare("roc_auc", np.ones(100, dtype=bool), score, score**2)
    assert one_label.better is None and "same label" in str(one_label.reason)
    lonely = compare("roc_auc", np.arange(100) == 50, score, np.abs(score - 0.5))
    assert lonely.better is None and "one row" in str(lonely.reason)
    counts = Counts(tn=60, fp=0, fn=0, tp=40)
    assert paired(["brier"], "no scores", Scored(positive, score), counts)[0].reason == "no scores"
    assert paired(["brier"], Scored(positive, score), "nothing", counts)[0].reason == "nothing"
    with pytest.raises(RuntimeError, match="unknown metric"):
        paired(["r2"], "a", "b", counts)


def build(**champion: Any) -> Manifest:
    sides = {"positive": ["1"], "negative": ["0"]}
    evaluation = {
        "path": "e",
        "label": {"column": "y"} | sides,
        "prediction": {"column": "p"} | sides,
        "score": {"column": "s"},
        "champion": {"column": "c"} | sides | champion,
    }
    return Manifest.model_validate(
        {
            "schema": "governance.manifest/v1",
            "model": {"name": "m", "version": "1"},
            "artifact": {"none": "-"},
            "data": {"evaluation": evaluation},
        }
    )


def run(manifest: Manifest, table: Path, *metrics: str) -> Measured:
    plan = Plan(facts=("performance",), fairness=(), explain_rows=0, champion=True, champion_scores=metrics)
    return measure(manifest, plan, {"evaluation": table}, None, 0, 7, lambda *_: None)


def test_the_champions_scores_are_a_column(tmp_path: Path) -> None:
    positive, ours, theirs = two(8, 300, 3)
    data = pd.DataFrame(
        {
            "y": positive.astype(int),
            "p": (ours > 0.5).astype(int),
            "c": (theirs > 0.5).astype(int),
            "s": ours,
            "t": theirs,
        }
    )
    data.to_parquet(tmp_path / "e.parquet")
    measured = run(build(score={"column": "t"}), tmp_path / "e.parquet", "brier", "roc_auc").performance
    assert measured is not None and measured.champion is not None
    assert measured.champion.scores == tuple(compare(metric, positive, ours, theirs) for metric in ("brier", "roc_auc"))
    assert measured.metrics == ()
    without = run(build(), tmp_path / "e.parquet", "roc_auc").performance
    assert without is not None and without.champion is not None
    assert "data.evaluation.champion.score" in str(without.champion.scores[0].reason)
    with pytest.raises(BadInput, match="no column 'nowhere'"):
        run(build(score={"column": "nowhere"}), tmp_path / "e.parquet", "roc_auc")
    with pytest.raises(ValueError, match="are one column"):
        build(score={"column": "s"})
    data["t"] = data["t"].astype(object)
    data.loc[3, "t"] = "high"
    data.to_csv(tmp_path / "e.csv", index=False)
    with pytest.raises(BadInput, match="no finite numbers") as refused:
        run(build(score={"column": "t"}), tmp_path / "e.csv", "roc_auc")
    assert "row 4" in str(refused.value) and "data.evaluation.champion.score" in str(refused.value)


def test_a_model_that_was_run_is_compared_by_its_own_scores(tmp_path: Path) -> None:
    import skops.io
    from sklearn.linear_model import LogisticRegression

    from governance.canonical import sha256

    positive, _, theirs = two(9, 300, 3)
    random = np.random.default_rng(2)
    data = pd.DataFrame({"a": random.normal(size=300) + positive, "y": positive.astype(int), "t": theirs})
    data["c"] = (theirs > 0.5).astype(int)
    data.to_parquet(tmp_path / "e.parquet")
    native = LogisticRegression().fit(data[["a"]], data.y)
    stored = skops.io.dumps(native)
    (tmp_path / "model").write_bytes(stored)
    raw = build(score={"column": "t"}).model_dump(mode="json", by_alias=True)
    raw |= {"artifact": {"path": "model", "format": "skops"}, "features": ["a"]}
    raw["data"]["evaluation"] |= {"prediction": "rescore", "score": None}
    plan = Plan(facts=("performance",), fairness=(), explain_rows=0, champion=True, champion_scores=("roc_auc",))
    paths = {"evaluation": tmp_path / "e.parquet", "artifact": tmp_path / "model"}
    found = measure(
        Manifest.model_validate(raw), plan, paths, sha256(stored), len(stored), 7, lambda *_: None
    ).performance
    assert found is not None and found.champion is not None
    expected = compare("roc_auc", positive, native.predict_proba(data[["a"]])[:, 1], theirs)
    assert found.champion.scores == (expected,)


@pytest.mark.slow
@pytest.mark.parametrize("metric", ["roc_auc", "average_precision", "brier", "log_loss"])
@pytest.mark.parametrize("rows", [150, 600])
def test_simulated_coverage(metric: str, rows: int) -> None:
    """Each end, one-sided at 0.05, misses the truth in about 5 % of 1,000 data sets (s.d. 0.7 %)."""
    positive, ours, theirs = two(1, 2_000_000)
    sign = -1 if metric in LOSSES else 1
    truth = sign * (DEFINITIONS[metric](positive, ours) - DEFINITIONS[metric](positive, theirs))
    misses = np.zeros(2)
    for run in range(1000):
        fact = compare(metric, *two(run + 10, rows))
        misses += number(fact.low["0.05"]) > truth, number(fact.high["0.05"]) < truth
    assert (misses / 1000 >= 0.02).all() and (misses / 1000 <= 0.085).all(), misses


@pytest.mark.slow
@pytest.mark.parametrize("ours", [1.0, 0.8])
def test_the_calibration_error_covers_the_truth(ours: float) -> None:
    """Scores that are true, or a fifth too low, against such as are a tenth too low."""
    truth = 0.05 - abs(1 - ours) * 0.5
    misses = np.zeros(2)
    for run in range(300):
        random = np.random.default_rng(run)
        chance = random.beta(2, 2, 1000)
        fact = compare("calibration_error", random.random(1000) < chance, chance * ours, chance * 0.9)
        misses += number(fact.low["0.05"]) > truth, number(fact.high["0.05"]) < truth
    assert (misses / 300 <= 0.07).all(), misses
