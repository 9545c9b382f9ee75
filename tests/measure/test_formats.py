"""Model files: told by their bytes, checked before native code reads them, refused with the reason."""

import copy
import io
import json
import pickle
import random
import zipfile
from pathlib import Path
from typing import Any

import pytest

from governance.errors import BadInput
from governance.measure import onnx_structure, xgboost_json
from governance.measure.formats import found_format, why_closed
from governance.measure.models import coded, open_model, spelled

FEATURES = ("a", "b", "c", "d")


@pytest.fixture(scope="module")
def data() -> tuple[Any, Any]:
    import numpy as np
    import pandas as pd

    values = np.random.default_rng(0).normal(size=(300, 4)).astype("float32").astype("float64")
    return pd.DataFrame(values, columns=list(FEATURES)), (values[:, 0] + values[:, 1] ** 2 > 0.7).astype(int)


@pytest.fixture(scope="module")
def booster(data: tuple[Any, Any]) -> dict[str, Any]:
    """A sound xgboost model, parsed."""
    import xgboost

    model = xgboost.XGBClassifier(n_estimators=3, max_depth=3, n_jobs=1).fit(*data)
    return json.loads(bytes(model.get_booster().save_raw("json")))


@pytest.fixture(scope="module")
def onnx(data: tuple[Any, Any]) -> bytes:
    from skl2onnx import to_onnx
    from sklearn.linear_model import LogisticRegression

    frame, labels = data
    model = LogisticRegression().fit(frame.to_numpy(), labels)
    return to_onnx(model, frame.to_numpy()[:1].astype("float32")).SerializeToString()


def test_bytes_tell_the_format(tmp_path: Path, booster: dict[str, Any], onnx: bytes) -> None:
    import joblib
    import skops.io
    from sklearn.linear_model import LogisticRegression

    model, kept = LogisticRegression(), {}
    kept["skops"] = skops.io.dumps(model)
    kept["onnx"] = onnx
    kept["xgboost-json"] = json.dumps(booster).encode()
    kept["pickle"] = pickle.dumps(model)
    kept["pickle0"] = pickle.dumps(model, protocol=0)
    plain = io.BytesIO()
    with zipfile.ZipFile(plain, "w") as archive:
        archive.writestr("a", "b")
    kept |= {"zip": plain.getvalue(), "json": b'{"a": 1}', "empty": b"", "unknown": b"\x7fELF"}
    for name, content in kept.items():
        (tmp_path / name).write_bytes(content)
        assert found_format(tmp_path / name, "skops") == name.rstrip("0"), name
    for compress in (0, 3, ("gzip", 3)):
        joblib.dump(model, tmp_path / "j", compress=compress)
        assert found_format(tmp_path / "j", "joblib") == "joblib"
        assert found_format(tmp_path / "j", "skops") in ("pickle", "compressed")
    assert found_format(tmp_path, "skops") == "folder"


def test_why_a_file_stays_closed() -> None:
    assert why_closed("skops", "skops") is None
    assert "look like pickle, not skops" in str(why_closed("skops", "pickle"))
    assert "runs code" in str(why_closed("pickle", "pickle"))
    assert "skops.io.dump" in str(why_closed("joblib", "joblib"))
    assert "folder" in str(why_closed("onnx", "folder"))


def test_a_sound_booster_passes(booster: dict[str, Any]) -> None:
    xgboost_json.check(json.dumps(booster).encode(), FEATURES)


def _tree(model: dict[str, Any]) -> dict[str, Any]:
    return model["learner"]["gradient_booster"]["model"]["trees"][1]  # type: ignore[no-any-return]


def _cycle(model: dict[str, Any]) -> None:
    tree = _tree(model)
    inner = next(i for i, child in enumerate(tree["left_children"]) if child != -1 and i)
    tree["left_children"][inner], tree["parents"][0] = 0, inner


def _twice(model: dict[str, Any]) -> None:
    tree = _tree(model)
    tree["right_children"][0] = tree["left_children"][0]


def _orphans(model: dict[str, Any]) -> None:
    tree = _tree(model)
    tree["left_children"][0] = tree["right_children"][0] = -1


def _deep(model: dict[str, Any]) -> None:
    value: Any = 0
    for _ in range(100):
        value = [value]
    model["learner"]["attributes"]["x"] = value


def _set(*path: Any) -> Any:
    def change(model: dict[str, Any]) -> None:
        holder: Any = model
        for key in path[:-2]:
            holder = holder[key]
        holder[path[-2]] = path[-1]

    return change


TREE = ("learner", "gradient_booster", "model", "trees", 1)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (_set(*TREE, "left_children", 0, 10_000), "out of range"),
        (_set(*TREE, "left_children", 0, -2), "out of range"),
        (_set(*TREE, "left_children", 0, True), "out of range"),
        (_set(*TREE, "left_children", 0, -1), "one child"),
        (_cycle, "another parent|two parents"),
        (_twice, "two parents|another parent"),
        (_orphans, "hang on no other"),
        (_set(*TREE, "split_indices", 0, 99_999), "out of range"),
        (_set(*TREE, "split_indices", 0, 4), "out of range"),
        (_set(*TREE, "split_conditions", 0, "x"), "no finite number"),
        (_set(*TREE, "sum_hessian", []), "0 entries"),
        (_set(*TREE, "tree_param", "num_nodes", "1"), "entries"),
        (_set(*TREE, "tree_param", "num_nodes", "-5"), "contradicts"),
        (_set(*TREE, "tree_param", "num_feature", "9"), "contradicts"),
        (_set(*TREE, "split_type", 0, 1), "out of range"),
        (_set(*TREE, "categories", [1]), "categorical"),
        (_set(*TREE, 7), "not an object"),
        (_set("learner", "gradient_booster", "model", "tree_info", [0, 0, 5]), "out of range"),
        (_set("learner", "gradient_booster", "model", "gbtree_model_param", "num_trees", "9"), "number of trees"),
        (_set("learner", "gradient_booster", "model", "iteration_indptr", [0, 9, 3]), "out of range"),
        (_set("learner", "gradient_booster", "name", "dart"), "not supported"),
        (_set("learner", "learner_model_param", "num_feature", "5"), "expects 5 features"),
        (_set("learner", "learner_model_param", "num_class", "3"), "more than one output"),
        (_set("learner", "feature_names", ["b", "a", "c", "d"]), "features differ"),
        (_set("learner", "objective", "name", "reg:squarederror"), "not a binary classifier"),
        (_set("learner", []), "learner is missing"),
        (_deep, "nested too deeply"),
    ],
)
def test_a_hostile_booster_is_refused(booster: dict[str, Any], change: Any, says: str) -> None:
    model = copy.deepcopy(booster)
    change(model)
    with pytest.raises(BadInput) as raised:
        xgboost_json.check(json.dumps(model).encode(), FEATURES)
    assert any(part in str(raised.value) for part in says.split("|")), raised.value


@pytest.mark.parametrize("text", [b"[" * 10_000, b"{}", b"[]", b'{"learner": {}, "learner": {}}', b"\xff", b""])
def test_what_is_no_booster_is_refused(text: bytes) -> None:
    with pytest.raises(BadInput):
        xgboost_json.check(text, FEATURES)


def test_onnx_cut_anywhere_is_refused_or_whole(onnx: bytes) -> None:
    onnx_structure.check(onnx)
    for size in range(0, len(onnx), max(1, len(onnx) // 97)):
        with pytest.raises(BadInput):
            onnx_structure.check(onnx[:size])


def test_onnx_with_random_bytes_never_breaks_the_reader(onnx: bytes) -> None:
    chance, refused = random.Random(0), 0
    for _ in range(300):
        damaged = bytearray(onnx)
        for _ in range(chance.randint(1, 20)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        try:
            onnx_structure.check(bytes(damaged))
        except BadInput:
            refused += 1
    assert refused > 100


def test_onnx_that_reads_other_files_or_calls_others_code_is_refused() -> None:
    onnx = pytest.importorskip("onnx")
    from onnx import TensorProto, helper

    def model(domain: str = "", external: bool = False, nested: bool = False) -> bytes:
        tensor = helper.make_tensor("w", TensorProto.FLOAT, [1], [1.0])
        if external:
            tensor.ClearField("float_data")
            tensor.data_location = TensorProto.EXTERNAL
            tensor.external_data.add(key="location", value="../secret")
        given = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])
        node = helper.make_node("Identity", ["x"], ["y"], domain=domain)
        if nested:
            node.attribute.append(helper.make_attribute("t", tensor))
        graph = helper.make_graph([node], "g", [given], [given], [] if nested else [tensor])
        return bytes(helper.make_model(graph).SerializeToString())

    assert onnx.__version__
    onnx_structure.check(model())
    for hostile, says in (
        (model(external=True), "another file"),
        (model(external=True, nested=True), "another file"),
        (model(domain="evil.ops"), "evil.ops"),
    ):
        with pytest.raises(BadInput, match=says):
            onnx_structure.check(hostile)


class Evil:
    def __reduce__(self) -> tuple[Any, tuple[str]]:
        raise AssertionError


def test_skops_with_other_types_is_not_loaded(data: tuple[Any, Any]) -> None:
    import skops.io
    import xgboost
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer

    frame, labels = data
    from sklearn.linear_model import LogisticRegression

    hostile = make_pipeline(FunctionTransformer(exec), LogisticRegression())
    for model in (hostile, xgboost.XGBClassifier(n_estimators=1).fit(frame, labels)):
        opened, untrusted = open_model("skops", skops.io.dumps(model), FEATURES)
        assert opened is None
        assert untrusted
    assert open_model("skops", skops.io.dumps(hostile), FEATURES)[1] == ("builtins.exec",)


def test_skops_trees_are_checked(data: tuple[Any, Any]) -> None:
    """Each field that the native code trusts, changed in the file, is refused before anything is predicted."""
    import numpy as np
    import skops.io
    from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier

    frame, labels = data
    forest = RandomForestClassifier(3, max_depth=3, random_state=0, n_jobs=1).fit(frame, labels)
    boosted = HistGradientBoostingClassifier(max_iter=2).fit(frame, labels)
    for model in (forest, boosted):
        assert open_model("skops", skops.io.dumps(model), FEATURES)[0] is not None

    def refused(model: Any, says: str) -> None:
        with pytest.raises(BadInput, match=says):
            open_model("skops", skops.io.dumps(model), FEATURES)

    def changed(field: str, value: int) -> Any:
        bad = copy.deepcopy(forest)
        state = bad.estimators_[1].tree_.__getstate__()
        state["nodes"] = state["nodes"].copy()
        state["nodes"][field][0] = value
        bad.estimators_[1].tree_.__setstate__(state)
        return bad

    refused(changed("left_child", 10_000), "out of range")
    refused(changed("right_child", 0), "cycle")
    refused(changed("feature", 77), "feature that is not there")
    refused(changed("feature", -5), "feature that is not there")
    for field, value, says in (("left", 9999, "out of range"), ("right", 0, "cycle"), ("feature_idx", 50, "feature")):
        bad = copy.deepcopy(boosted)
        bad._predictors[1][0].nodes[field][0] = value
        refused(bad, says)
    wider = copy.deepcopy(forest)
    wider.estimators_[0].n_features_in_ = 9
    refused(wider, "another number of features")
    assert np.isfinite(forest.predict_proba(frame)).all()


@pytest.mark.parametrize(
    ("features", "says"), [(("b", "a", "c", "d"), "another order"), (("a", "b"), "other features")]
)
def test_other_features_are_refused(data: tuple[Any, Any], features: tuple[str, ...], says: str) -> None:
    import skops.io
    from sklearn.linear_model import LogisticRegression

    frame, labels = data
    with pytest.raises(BadInput, match=says):
        open_model("skops", skops.io.dumps(LogisticRegression().fit(frame, labels)), features)
    unnamed = skops.io.dumps(LogisticRegression().fit(frame.to_numpy(), labels))
    if len(features) == 2:
        with pytest.raises(BadInput, match="expects 4 features"):
            open_model("skops", unnamed, features)


def test_regressors_and_unfitted_models_are_refused(data: tuple[Any, Any]) -> None:
    import skops.io
    from sklearn.linear_model import LinearRegression, LogisticRegression

    for model in (LinearRegression().fit(*data), LogisticRegression()):
        with pytest.raises(BadInput, match="not a fitted classifier"):
            open_model("skops", skops.io.dumps(model), FEATURES)


def test_spellings_of_a_class() -> None:
    import numpy as np

    assert spelled("1") == ("1",)
    assert spelled(np.str_(">50K")) == (">50K",)
    assert spelled(np.int64(1)) == ("1", "1.0", "true", "True")
    assert spelled(0.0) == ("0", "0.0", "false", "False")
    assert spelled(np.bool_(True)) == ("1", "1.0", "true", "True")
    assert spelled(2.5) == ("2.5",)
    with pytest.raises(BadInput):
        spelled(None)


def test_predictions_are_checked() -> None:
    import numpy as np

    codes, classes = coded(np.array(["b", "a", "b"], dtype=object), 3)
    assert (codes.tolist(), classes) == ([1, 0, 1], (("a",), ("b",)))
    for labels, says in (
        (np.array([1.0, np.nan]), "NaN"),
        (np.array([1, 0, 1]), "another shape"),
        (np.zeros((2, 2)), "another shape"),
        (np.linspace(0, 1, 2), None),
    ):
        if says is None:
            continue
        with pytest.raises(BadInput, match=says):
            coded(labels, 2)
    with pytest.raises(BadInput, match="not classes"):
        coded(np.linspace(0, 1, 2000), 2000)
