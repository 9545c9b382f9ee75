"""A plan executed from files to facts, through the real child process."""

import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from governance.errors import BadInput
from governance.evidence.evidence import Absent, Facts
from governance.evidence.manifest import Manifest
from governance.evidence.plan import Comparison, FairnessRequest, Plan
from governance.measure import child, scoring
from governance.measure.messages import Limits
from governance.measure.run import Measured, measure

Build = Callable[..., Manifest]
Run = Callable[..., Measured]
FEATURES = ("a", "b", "c", "d")
ALL = ("artifact", "explainability", "fairness", "performance")
RATIO = (Comparison(metric="selection_rate", measure="ratio", min_rows=50),)


class Site:
    """A folder with one table, as Parquet and as CSV, and models fitted on it."""

    def __init__(self, folder: Path) -> None:
        import numpy as np
        import pandas as pd

        random = np.random.default_rng(0)
        values = random.normal(size=(400, 4)).astype("float32").astype("float64")
        self.folder, self.frame = folder, pd.DataFrame(values, columns=list(FEATURES))
        self.labels = (values[:, 0] + values[:, 1] / 2 + random.normal(size=400) > 0).astype(int)
        table = self.frame.assign(y=self.labels, p=1 - self.labels, sex=np.where(random.random(400) < 0.5, "F", "M"))
        table["town"] = np.where(random.random(400) < 0.5, "x", "y")
        table.loc[:3, "sex"] = None
        self.table = table
        table.to_parquet(folder / "e.parquet")
        table.to_csv(folder / "e.csv", index=False)

    def skops(self, native: Any, name: str = "model.skops", features: Any = None) -> Path:
        import skops.io

        frame = self.frame if features is None else self.table[list(features)]
        (self.folder / name).write_bytes(skops.io.dumps(native.fit(frame, self.labels)))
        return self.folder / name

    def expected(self, predicted: Any) -> dict[str, int]:
        truth, predicted = self.labels == 1, predicted == 1
        return {
            "tn": int((~truth & ~predicted).sum()),
            "fp": int((~truth & predicted).sum()),
            "fn": int((truth & ~predicted).sum()),
            "tp": int((truth & predicted).sum()),
        }


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Site(tmp_path_factory.mktemp("site"))


@pytest.fixture
def rescore(manifest: Build) -> Build:
    def build(format: str = "skops", features: Any = FEATURES, prediction: Any = "rescore", **changes: Any) -> Manifest:
        artifact = {"path": "model", "format": format}
        return manifest(artifact=artifact, features=features, prediction=prediction, **changes)

    return build


def why(measured: Measured, facts: str) -> Absent:
    return next(absent for absent in measured.absent if absent.facts == facts)


def test_skops_is_rescored_and_explained(rescore: Build, run: Run, site: Site) -> None:
    from sklearn.ensemble import RandomForestClassifier

    native = RandomForestClassifier(5, max_depth=3, random_state=0)
    path = site.skops(native)
    found = run(rescore(), site.folder / "e.parquet", path, comparisons=RATIO)
    assert found.absent == ()
    again = run(rescore(), site.folder / "e.csv", path, comparisons=RATIO, facts=("fairness",))
    assert again.fairness == found.fairness
    assert found.performance is not None
    assert found.performance.counts.model_dump() == site.expected(native.predict(site.frame))
    assert found.fairness is not None
    assert found.fairness.tables[0].unknown == 4
    assert found.fairness.tables[0].replicates == 10_000
    assert found.fairness.tables[0].critical[0].reason is None
    assert found.artifact is not None
    assert (found.artifact.opened, found.artifact.problem, found.artifact.found_format) == (True, None, "skops")
    assert found.explainability is not None
    assert (found.explainability.explainer, found.explainability.rows) == ("tree_path_dependent", 20)
    assert (found.explainability.background, found.explainability.background_rows) == (None, 0)
    assert found.predictions == "rescored"
    origins = {facts.origin for facts in (found.performance, found.fairness, found.explainability)}
    assert [origin and origin.predictions for origin in origins] == ["rescored"]
    assert {"duckdb", "numpy", "pandas", "scikit-learn", "shap", "skops"} <= set(found.tools)
    kept = Facts(fairness=found.fairness, performance=found.performance, explainability=found.explainability)
    assert Facts.from_bytes(kept.to_bytes()) == kept


def test_xgboost_is_rescored(rescore: Build, run: Run, site: Site) -> None:
    import xgboost

    native = xgboost.XGBClassifier(n_estimators=5, max_depth=3, n_jobs=1).fit(site.frame, site.labels)
    native.get_booster().save_model(site.folder / "model.json")
    found = run(rescore("xgboost-json"), site.folder / "e.parquet", site.folder / "model.json")
    assert found.absent == ()
    assert found.performance is not None
    assert found.performance.counts.model_dump() == site.expected(native.predict(site.frame))
    model = json.loads((site.folder / "model.json").read_text())
    model["learner"]["gradient_booster"]["model"]["trees"][0]["left_children"][0] = 123_456
    (site.folder / "bad.json").write_text(json.dumps(model))
    found = run(rescore("xgboost-json"), site.folder / "e.parquet", site.folder / "bad.json")
    assert found.artifact is not None
    assert not found.artifact.opened
    assert "out of range" in str(found.artifact.problem)
    assert {absent.facts: absent.kind for absent in found.absent} == dict.fromkeys(
        ("explainability", "fairness", "performance"), "failed"
    )


def test_onnx_is_rescored(rescore: Build, run: Run, site: Site) -> None:
    from skl2onnx import to_onnx
    from sklearn.linear_model import LogisticRegression

    native = LogisticRegression().fit(site.frame.to_numpy(), site.labels)
    data = to_onnx(native, site.frame.to_numpy()[:1].astype("float32")).SerializeToString()
    (site.folder / "model.onnx").write_bytes(data)
    found = run(rescore("onnx"), site.folder / "e.csv", site.folder / "model.onnx", facts=("fairness", "performance"))
    assert found.performance is not None
    assert found.performance.counts.model_dump() == site.expected(native.predict(site.frame.to_numpy()))
    assert found.artifact is None
    (site.folder / "cut.onnx").write_bytes(data[:-30])
    found = run(rescore("onnx"), site.folder / "e.csv", site.folder / "cut.onnx")
    assert "cut short" in why(found, "fairness").why


def test_supplied_predictions_and_an_explained_pipeline(rescore: Build, run: Run, site: Site) -> None:
    from sklearn.compose import make_column_transformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    features = (*FEATURES, "town")
    coding = make_column_transformer((OneHotEncoder(), ["town"]), remainder="passthrough")
    path = site.skops(make_pipeline(coding, LogisticRegression()), features=features)
    built = rescore(features=features, prediction={"column": "p", "positive": ["1"], "negative": ["0"]})
    found = run(built, site.folder / "e.csv", path, explain_rows=4, seed=4)
    assert found.absent == ()
    assert found.performance is not None
    assert found.performance.counts.model_dump() == site.expected(1 - site.labels)
    assert found.performance.origin is not None
    assert found.performance.origin.predictions == "supplied"
    assert found.explainability is not None
    assert found.explainability.background is not None
    assert (found.explainability.background_rows, found.explainability.rows) == (100, 4)
    assert {each.feature for each in found.explainability.importance.features} == set(features)


@pytest.mark.parametrize("format", ["pickle", "joblib"])
def test_a_pickle_is_never_opened(rescore: Build, run: Run, site: Site, tmp_path: Path, format: str) -> None:
    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps({}))
    with pytest.raises(BadInput, match=r"a pickle runs code when it is opened.*skops.io.dump"):
        run(rescore(format), site.folder / "e.csv", path)
    found = run(
        rescore(format, prediction={"column": "p", "positive": ["1"], "negative": ["0"]}), site.folder / "e.csv", path
    )
    assert found.performance is not None
    assert why(found, "explainability").kind == "missing"
    assert found.artifact is not None
    assert found.artifact.found_format == format
    assert "runs code" in str(found.artifact.problem)


def test_a_pickle_called_skops_is_found_out(rescore: Build, run: Run, site: Site, tmp_path: Path) -> None:
    path = tmp_path / "model.skops"
    path.write_bytes(pickle.dumps({}))
    found = run(rescore(), site.folder / "e.csv", path)
    assert found.artifact is not None
    assert (found.artifact.found_format, found.artifact.opened) == ("pickle", False)
    assert found.artifact.problem.startswith("its bytes look like pickle, not skops; a pickle runs code")
    assert {each.facts: each.kind for each in found.absent} == {
        "explainability": "missing",
        "fairness": "failed",
        "performance": "failed",
    }


def test_untrusted_types_are_listed(rescore: Build, run: Run, site: Site) -> None:
    import skops.io
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer

    native = make_pipeline(FunctionTransformer(eval), LogisticRegression())
    (site.folder / "evil.skops").write_bytes(skops.io.dumps(native))
    found = run(rescore(), site.folder / "e.csv", site.folder / "evil.skops", facts=("artifact", "performance"))
    assert found.artifact is not None
    assert found.artifact.untrusted_types == ("builtins.eval",)
    assert not found.artifact.opened
    assert "not on the allow-list: builtins.eval" in why(found, "performance").why


def test_features_that_do_not_fit_the_model(rescore: Build, run: Run, site: Site) -> None:
    from sklearn.linear_model import LogisticRegression

    path = site.skops(LogisticRegression())
    found = run(rescore(features=("b", "a", "c", "d")), site.folder / "e.csv", path, facts=("performance",))
    assert "another order" in why(found, "performance").why


def test_text_where_the_model_wants_numbers(rescore: Build, run: Run, site: Site) -> None:
    from sklearn.linear_model import LogisticRegression

    path = site.skops(LogisticRegression())
    table = site.table.assign(a="tall")
    table.to_csv(site.folder / "text.csv", index=False)
    found = run(rescore(), site.folder / "text.csv", path, facts=("performance",))
    assert "feature 'a' holds text that is not a number (got 'tall')" in why(found, "performance").why
    site.table.assign(a=float("nan")).to_parquet(site.folder / "nan.parquet")
    found = run(rescore(), site.folder / "nan.parquet", path, facts=("performance",))
    assert "contains NaN" in why(found, "performance").why
    with pytest.raises(BadInput, match=r"features: no column 'aa'\n  expected: one of 'a'"):
        run(rescore(features=("aa",)), site.folder / "e.csv", path, facts=("performance",))


def test_a_class_that_the_manifest_does_not_list(rescore: Build, run: Run, site: Site) -> None:
    from sklearn.linear_model import LogisticRegression

    path = site.skops(LogisticRegression())
    built = rescore(label={"column": "town", "positive": ["x"], "negative": ["y"]})
    with pytest.raises(BadInput, match="predicts '0', which is in neither list"):
        run(built, site.folder / "e.csv", path, facts=("performance",))


def test_a_child_that_hangs_or_dies(
    rescore: Build, run: Run, site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sklearn.linear_model import LogisticRegression

    path = site.skops(LogisticRegression())
    monkeypatch.setattr(scoring, "LIMITS", Limits(wall=1))
    for code, says in (("import time; time.sleep(30)", "within 1 s"), ("import os; os.abort()", "SIGABRT")):
        monkeypatch.setattr(child.ask, "__defaults__", (code, *child.ask.__defaults__[1:]))
        found = run(rescore(), site.folder / "e.csv", path)
        assert {each.facts for each in found.absent} == {"explainability", "fairness", "performance"}
        assert all(says in each.why and each.kind == "failed" for each in found.absent)
        assert found.artifact is not None
        assert says in str(found.artifact.problem)


def test_a_file_that_changed_meanwhile_is_not_opened(rescore: Build, site: Site) -> None:
    from sklearn.linear_model import LogisticRegression

    path = site.skops(LogisticRegression())
    plan = Plan(facts=("artifact", "performance"), fairness=(), explain_rows=0)
    paths = {"evaluation": site.folder / "e.csv", "artifact": path}
    found = measure(rescore(), plan, paths, "0" * 64, 1, 0, lambda *_: None)
    assert "changed while it was being measured" in why(found, "performance").why


def test_only_what_the_plan_names_is_measured(manifest: Build, run: Run, site: Site) -> None:
    table = site.folder / "e.csv"
    found = run(manifest(), table, facts=("lineage",))
    assert found == Measured(None, None, None, None, (), {}, None, {})
    found = run(manifest(), table, facts=("performance",))
    assert found.performance is not None
    assert (found.fairness, found.absent, set(found.tools)) == (None, (), {"duckdb"})


def test_a_plan_of_another_manifest_is_a_bug(manifest: Build, site: Site) -> None:
    asked = FairnessRequest(attributes=("race",), comparisons=())
    plan = Plan(facts=("fairness",), fairness=(asked,), explain_rows=0)
    with pytest.raises(RuntimeError, match="'race'"):
        measure(manifest(), plan, {"evaluation": site.folder / "e.csv"}, None, 0, 0, lambda *_: None)


def test_features_keep_the_order_of_the_rows(tmp_path: Path) -> None:
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    from governance.measure.features import digest, drawn, read
    from governance.measure.table import connection, open_table

    path = tmp_path / "e.parquet"
    pq.write_table(pa.table({"a": range(300_000), "y": [i % 3 for i in range(300_000)]}), path, row_group_size=5_000)
    with connection([path]) as connected:
        values, beside = read(connected, open_table(connected, path), ["a"], ["y"])
    assert (values.column("a").to_numpy() == np.arange(300_000)).all()
    assert (beside.column("c1").to_numpy() == np.arange(300_000) % 3).all()
    first, other = drawn(300_000, 50, 1, 1), drawn(300_000, 50, 1, 2)
    assert (len(set(first.tolist())), sorted(first.tolist())) == (50, first.tolist())
    assert (drawn(300_000, 50, 1, 1) == first).all()
    assert set(first.tolist()) != set(other.tolist())
    assert drawn(3, 50, 1, 1).tolist() == [0, 1, 2]
    assert digest(values.take(first)) == digest(values.take(first)) != digest(values.take(other))


def test_what_is_not_there_is_missing(manifest: Build, run: Run, site: Site, tmp_path: Path) -> None:
    table = site.folder / "e.csv"
    found = run(manifest(), table)
    assert [(each.facts, each.kind) for each in found.absent] == [
        ("artifact", "missing"),
        ("explainability", "missing"),
    ]
    assert why(found, "artifact").why == "there is no artifact: outputs only"
    found = run(manifest(), None)
    assert {each.facts: each.why for each in found.absent if each.facts != "artifact"} == dict.fromkeys(
        ("explainability", "fairness", "performance"), "e.csv is not there"
    )
    found = run(manifest(sensitive={}), table, facts=("fairness", "performance"))
    assert (why(found, "fairness").kind, found.performance is not None) == ("missing", True)
    path = tmp_path / "model.skops"
    path.write_bytes(b"PK")
    found = run(manifest(artifact={"path": "model.skops", "format": "skops"}), table, path)
    assert why(found, "explainability").why in ("its bytes are not skops", "the manifest names no features")
    found = run(manifest(artifact={"path": "model.skops", "format": "skops"}), table, tmp_path)
    assert why(found, "artifact").why == "model.skops is not there"


def test_supplied_predictions_need_no_heavy_library(site: Site, root: Path) -> None:
    """A cold process that counts Parquet imports DuckDB and numpy, and none of the libraries that open models."""
    import subprocess
    import sys

    code = f"""
import sys
sys.path.insert(0, {str(root)!r})
from pathlib import Path
from governance.evidence.manifest import Manifest
from governance.evidence.plan import *
from governance.measure.run import measure
evaluation = {{"path": "e", "label": {{"column": "y", "positive": ["1"], "negative": ["0"]}},
    "prediction": {{"column": "p", "positive": ["1"], "negative": ["0"]}}, "sensitive": {{"sex": {{"column": "sex"}}}}}}
manifest = Manifest.model_validate({{"schema": "governance.manifest/v1", "model": {{"name": "m", "version": "1"}},
    "artifact": {{"none": "-"}}, "data": {{"evaluation": evaluation}}}})
asked = (Comparison(metric="selection_rate", measure="ratio", min_rows=50),)
plan = Plan(facts=("fairness",), fairness=(FairnessRequest(attributes=("sex",), comparisons=asked),), explain_rows=0)
found = measure(manifest, plan, {{"evaluation": Path({str(site.folder / "e.parquet")!r})}}, None, 0, 1, lambda *_: None)
assert found.fairness.tables[0].critical[0].reason is None
print(sorted(set(sys.modules) & {{"duckdb", "numpy", "pandas", "pyarrow", "sklearn", "shap", "scipy", "xgboost"}}))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "['duckdb', 'numpy']\n"


def test_rankings_and_sensitive_columns_reach_the_evidence(rescore: Build, site: Site) -> None:
    from sklearn.linear_model import LogisticRegression

    from governance.canonical import sha256

    path = site.skops(LogisticRegression())
    plan = Plan(facts=("artifact", "explainability"), fairness=(), explain_rows=100, explain_repeats=3, pickles=True)
    paths, data = {"evaluation": site.folder / "e.csv", "artifact": path}, path.read_bytes()
    built = rescore(sensitive={"gender": {"column": "sex"}})
    found = measure(built, plan, paths, sha256(data), len(data), 7, lambda *_: None)
    assert found.explainability is not None and found.explainability.repeats is not None
    assert found.explainability.sensitive == ("gender", "sex")
    assert [(one.rows, set(one.features)) for one in found.explainability.repeats] == [(50, set(FEATURES))] * 3
    assert found.artifact is not None and found.artifact.scan is not None
    assert (found.artifact.scan.pickles, found.artifact.scan.problem) == ((), None)
