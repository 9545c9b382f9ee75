"""Models as the child sees them: the same few questions to a skops estimator, an ONNX session, an xgboost booster.

`labels`: one predicted class for each row. `outputs`: rows x classes in the order of `classes`, probabilities, or None
where the model gives none. `takes_text`: whether it may be given text columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from governance.errors import BadInput
from governance.measure import onnx_structure, xgboost_json

if TYPE_CHECKING:
    import numpy
    import pandas

# skops trusts estimators by default, but not these parts of them. Each is plain data once its structure was checked.
TRUSTED = frozenset(
    {
        "numpy.dtype",
        "sklearn.calibration._CalibratedClassifier",
        "sklearn.calibration._SigmoidCalibration",
        "sklearn.compose._column_transformer._RemainderColsList",
        "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
        "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
        "sklearn.neural_network._stochastic_optimizers.SGDOptimizer",
        "sklearn.tree._tree.Tree",
        "sklearn.utils._bunch.Bunch",
    }
)
MOST_CLASSES = 1_000
MOST_UNPACKED = 4 << 30
"""Bytes of all members of an archive, as it declares them: less than the child's address space."""


def open_model(format: str, data: bytes, features: Sequence[str]) -> tuple[Model | None, tuple[str, ...]]:
    """(model, ()) or (None, types that would have to be trusted). Raises BadInput, or what the library raises."""
    if format == "skops":
        return _open_skops(data, features)
    if format == "onnx":
        onnx_structure.check(data)
        return OnnxModel(data, features), ()
    xgboost_json.check(data, features)
    return XgboostModel(data, features), ()


def spelled(value: Any) -> tuple[str, ...]:
    """All the ways in which a class may be written in the manifest's lists: text as it stands; a number as DuckDB
    writes an integer or a double; 0 and 1 also as truth values."""
    import numpy as np

    if isinstance(value, str | bytes):
        return (value if isinstance(value, str) else value.decode("utf-8"),)
    if isinstance(value, bool | np.bool_ | int | np.integer | float | np.floating):
        number = float(value)
        if number != number:
            raise BadInput("the model predicts NaN")
        texts = [str(int(number)), f"{number:.1f}"] if number == int(number) else [repr(number)]
        if number in (0.0, 1.0):
            texts += ["true", "True"] if number else ["false", "False"]
        return tuple(texts)
    raise BadInput(
        f"the model predicts values of type {type(value).__name__}", expected="text, numbers or truth values"
    )


def coded(labels: Any, rows: int) -> tuple[numpy.ndarray, tuple[tuple[str, ...], ...]]:
    """(int32 codes of `rows` labels, the classes they stand for). BadInput for NaN, another shape, too many classes."""
    import numpy as np

    labels = np.asarray(labels)
    if labels.shape not in ((rows,), (rows, 1)):
        raise BadInput("the model gave predictions of another shape", got=str(labels.shape), expected=f"({rows},)")
    labels = labels.reshape(rows)
    if labels.dtype.kind == "f" and np.isnan(labels).any():
        raise BadInput("the model predicts NaN", got=f"{int(np.isnan(labels).sum())} of {rows} rows")
    if labels.dtype.kind == "O":
        labels = np.array([each if isinstance(each, str) else spelled(each)[0] for each in labels], dtype=str)
    values, codes = np.unique(labels, return_inverse=True)
    if len(values) > MOST_CLASSES:
        raise BadInput("the model predicts numbers, not classes", got=f"{len(values)} different values")
    return codes.astype(np.int32), tuple(spelled(value) for value in values)


def _open_skops(data: bytes, features: Sequence[str]) -> tuple[Model | None, tuple[str, ...]]:
    _check_archive(data)
    import skops.io

    found = set(skops.io.get_untrusted_types(data=data))
    if untrusted := sorted(found - TRUSTED):
        return None, tuple(untrusted)
    import joblib

    # A model may ask for any number of processes, each with limits of its own; it gets this one.
    joblib.parallel_config(backend="sequential")
    estimator = skops.io.loads(data, trusted=sorted(found))
    from governance.measure.sklearn_trees import check_trees

    check_trees(estimator)
    if not hasattr(estimator, "predict") or not hasattr(estimator, "classes_"):
        raise BadInput(f"{type(estimator).__name__} is not a fitted classifier")
    _check_features(estimator, list(features))
    return SklearnModel(estimator), ()


def _check_archive(data: bytes) -> None:
    """A zip archive as skops writes it: each member once, below the folder it is unpacked in, of a size that fits."""
    import io
    import zipfile

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = archive.namelist()
        size = sum(member.file_size for member in archive.infolist())
    if len(set(names)) != len(names):
        raise BadInput("the archive has a member twice", got=ascii(max(names, key=names.count))[:100])
    for name in names:
        if name.startswith("/") or ".." in name.split("/") or "\\" in name or ":" in name:
            raise BadInput("a member of the archive would be unpacked outside of its folder", got=ascii(name[:100]))
    if size > MOST_UNPACKED:
        raise BadInput("the archive is too large when unpacked", got=f"{size} bytes", expected=f"{MOST_UNPACKED}")


def _check_features(estimator: Any, features: list[str]) -> None:
    names = getattr(estimator, "feature_names_in_", None)
    if names is not None and (expected := [str(name) for name in names]) != features:
        if sorted(expected) == sorted(features):
            raise BadInput(
                "the model expects the same features in another order",
                got=f"{features}"[:150],
                expected=f"{expected}"[:150],
            )
        raise BadInput("the model expects other features", got=f"{features}"[:150], expected=f"{expected}"[:150])
    count = getattr(estimator, "n_features_in_", len(features))
    if count != len(features):
        raise BadInput(f"the model expects {count} features", expected=f"{len(features)}, as the manifest names")


class SklearnModel:
    """A fitted classifier of scikit-learn, or a pipeline that ends in one."""

    tools = ("skops", "scikit-learn")

    def __init__(self, estimator: Any) -> None:
        from sklearn.pipeline import Pipeline

        self.native = estimator
        self.takes_text = isinstance(estimator, Pipeline)
        self._named = getattr(estimator, "feature_names_in_", None) is not None

    def given(self, frame: pandas.DataFrame) -> Any:
        """The frame as the estimator was fitted: with names, or as an array."""
        return frame if self._named else frame.to_numpy()

    def labels(self, frame: pandas.DataFrame) -> numpy.ndarray:
        return self.native.predict(self.given(frame))

    def classes(self, frame: pandas.DataFrame) -> list[Any]:
        return list(self.native.classes_)

    def outputs(self, frame: pandas.DataFrame) -> numpy.ndarray | None:
        return self.native.predict_proba(self.given(frame)) if hasattr(self.native, "predict_proba") else None


class XgboostModel:
    """Boosted trees for one binary class: positive where the probability is at least one half."""

    tools = ("xgboost",)
    takes_text = False

    def __init__(self, data: bytes, features: Sequence[str]) -> None:
        import xgboost

        self.native = xgboost.Booster({"nthread": 1})
        self.native.load_model(bytearray(data))
        self._names = list(features) if self.native.feature_names else None

    def matrix(self, frame: pandas.DataFrame) -> Any:
        import xgboost

        return xgboost.DMatrix(frame.to_numpy(), feature_names=self._names, nthread=1)

    def _probability(self, frame: pandas.DataFrame) -> numpy.ndarray:
        import numpy as np

        values = self.native.predict(self.matrix(frame)).astype(np.float64)
        if not np.isfinite(values).all():
            raise BadInput("the model predicts NaN")
        return values

    def labels(self, frame: pandas.DataFrame) -> numpy.ndarray:
        return (self._probability(frame) >= 0.5).astype("int64")

    def classes(self, frame: pandas.DataFrame) -> list[Any]:
        return [0, 1]

    def outputs(self, frame: pandas.DataFrame) -> numpy.ndarray:
        import numpy as np

        positive = self._probability(frame)
        return np.column_stack([1.0 - positive, positive])


class OnnxModel:
    """An ONNX classifier: one matrix or one column for each feature goes in; labels come out, or one probability."""

    tools = ("onnxruntime",)
    takes_text = False

    def __init__(self, data: bytes, features: Sequence[str]) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4
        # A file that is sound ONNX can be a file in onnxruntime's own format as well, which nobody checked.
        options.add_session_config_entry("session.load_model_format", "ONNX")
        self.native = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        self._inputs = self.native.get_inputs()
        names = [each.name for each in self._inputs]
        if len(names) == 1 and len(features) != 1:
            width = self._inputs[0].shape[-1]
            if isinstance(width, int) and width != len(features):
                raise BadInput(
                    f"the model expects {width} features", expected=f"{len(features)}, as the manifest names"
                )
        elif sorted(names) != sorted(features) and len(names) != 1:
            raise BadInput("the model's inputs are not the manifest's features", got=repr(names)[:200])
        self.takes_text = any(each.type == "tensor(string)" for each in self._inputs)

    def _run(self, frame: pandas.DataFrame) -> list[Any]:
        if len(self._inputs) == 1:
            return self.native.run(None, {self._inputs[0].name: _tensor(frame.to_numpy(), self._inputs[0].type)})
        fed = {each.name: _tensor(frame[[each.name]].to_numpy(), each.type) for each in self._inputs}
        return self.native.run(None, fed)

    def labels(self, frame: pandas.DataFrame) -> numpy.ndarray:
        import numpy as np

        first = np.asarray(self._run(frame)[0])
        if first.dtype.kind != "f":
            return first
        if np.isnan(first).any():
            raise BadInput("the model predicts NaN")
        if first.ndim == 2 and first.shape[1] == 2:
            return first.argmax(axis=1)
        return (first >= 0.5).astype("int64")

    def classes(self, frame: pandas.DataFrame) -> list[Any]:
        import numpy as np

        outputs = self._run(frame)
        if np.asarray(outputs[0]).dtype.kind == "f":
            return [0, 1]
        if len(outputs) > 1 and isinstance(outputs[1], list):
            return sorted(outputs[1][0])
        # The file does not say which column is which class: the column of the largest value is the predicted class.
        labels, best = np.asarray(outputs[0]).reshape(-1), np.asarray(outputs[1]).argmax(axis=1)
        found = {column: set(labels[best == column]) for column in range(np.asarray(outputs[1]).shape[1])}
        if any(len(names) != 1 for names in found.values()) or len(set().union(*found.values())) != len(found):
            raise BadInput("which probability belongs to which class cannot be told from these rows")
        return [next(iter(found[column])) for column in range(len(found))]

    def outputs(self, frame: pandas.DataFrame) -> numpy.ndarray | None:
        import numpy as np

        outputs = self._run(frame)
        first = np.asarray(outputs[0])
        if first.dtype.kind == "f":
            positive = first[:, 1] if first.ndim == 2 and first.shape[1] == 2 else first.reshape(len(frame))
            return np.column_stack([1.0 - positive, positive])
        if len(outputs) < 2:
            return None
        if isinstance(outputs[1], list):
            keys = sorted(outputs[1][0])
            return np.array([[row[key] for key in keys] for row in outputs[1]], dtype=np.float64)
        return np.asarray(outputs[1], dtype=np.float64)


_TENSORS = {
    "tensor(float)": "float32",
    "tensor(double)": "float64",
    "tensor(int64)": "int64",
    "tensor(string)": "object",
}


def _tensor(values: numpy.ndarray, kind: str) -> numpy.ndarray:
    if kind not in _TENSORS:
        raise BadInput(f"an input of type {kind}", expected=", ".join(_TENSORS))
    return values.astype(str).astype(object) if kind == "tensor(string)" else values.astype(_TENSORS[kind])


Model: TypeAlias = SklearnModel | OnnxModel | XgboostModel
