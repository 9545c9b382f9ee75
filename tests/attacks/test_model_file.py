"""Whoever writes the model file, or has taken over the process that opens it."""

import inspect
import json
import zipfile
from decimal import Decimal

import pytest
from pydantic import ValidationError

from governance.errors import BadInput
from governance.evidence.explainability import FeatureShare, GlobalAttribution
from governance.measure import formats
from governance.measure.messages import Attribution, Opened

pa = pytest.importorskip("pyarrow")


def test_a_file_that_is_onnx_and_onnxruntimes_own_format_is_opened_as_onnx():
    """Bytes 4 to 8 say ORTM to onnxruntime, and a producer's name to protobuf: the structure that was checked was not
    the one that was opened."""
    pytest.importorskip("onnxruntime")
    from governance.measure.models import OnnxModel

    data = bytes([8, 7, 0x12, 4]) + b"ORTM" + b"\0" * 200
    with pytest.raises(Exception, match=r"(?i)protobuf"):
        OnnxModel(data, ["a"])


def test_the_list_of_a_zip_is_not_parsed_outside_the_child(tmp_path, monkeypatch):
    path = tmp_path / "model.skops"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.npy", b"\0" * 10_000)
        archive.writestr("schema.json", json.dumps({}))
    monkeypatch.setattr(zipfile, "ZipFile", None)
    assert formats.found_format(path, "skops") == "skops"


def test_what_a_child_may_say_about_types_and_tools():
    Opened(problem="x", untrusted_types=("os.system",), tools={"skops": "1"})
    for wrong in (
        {"tools": {"governance": "99"}},
        {"tools": {}, "untrusted_types": ["a"] * 101},
        {"tools": {}, "untrusted_types": ["a" * 201]},
        {"tools": {}, "problem": "a" * 10**6},
    ):
        with pytest.raises(ValidationError):
            Opened.model_validate({"problem": None} | wrong)


def told(rows=3, error="0", top="b", **shares):
    features = tuple(
        FeatureShare(feature=name, mean_abs="1", share=share, share_se="0") for name, share in shares.items()
    )
    largest = max((one.share for one in features), key=Decimal)
    importance = GlobalAttribution(top_feature=top, top_share=largest, features=features)
    return Attribution(
        explainer="linear", unit="raw", rows=rows, background=True, additivity_error=error, importance=importance
    )


def test_what_a_child_may_say_about_shares():
    """Each is refused before anything else that was asked for is looked at."""
    from governance.measure import scoring

    table = pa.table({"a": [1.0, 2.0, 3.0], "b": [1.0, 2.0, 3.0]})
    unread = dict.fromkeys(inspect.signature(scoring._facts).parameters)

    def answer(found):
        return scoring._facts(**unread | {"found": found, "explained": table, "background": table})

    with pytest.raises((AttributeError, ValidationError)):  # a sound one is looked at further
        answer(told(b="0.75", a="0.25"))
    for wrong in (
        told(b="0.75", c="0.25"),
        told(b="1"),
        told(rows=2, b="0.75", a="0.25"),
        told(b="0.75", a="0.2"),
        told(b="1.5", a="-0.5"),
        told(error="-1", b="0.75", a="0.25"),
        told(top="a", b="0.75", a="0.25"),
        told(b="9e+999", a="0"),
    ):
        assert "the child process told" in str(answer(wrong))


def test_a_model_that_opens_files_is_refused(tmp_path):
    """skops trusts every estimator of scikit-learn; this one tells by its predictions what stands in a file."""
    skops = pytest.importorskip("skops.io")
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import Pipeline

    from governance.measure.models import open_model

    for name, text in (("x", "hello world"), ("y", "root daemon")):
        (tmp_path / name).write_text(text)
    model = Pipeline([("read", CountVectorizer(input="filename")), ("guess", LogisticRegression())])
    model.fit([str(tmp_path / "x"), str(tmp_path / "y")], [0, 1])
    with pytest.raises(BadInput, match="CountVectorizer opens files"):
        open_model("skops", skops.dumps(model), ["name"])


def test_a_model_gets_one_process():
    skops = pytest.importorskip("skops.io")
    import joblib
    import numpy as np
    from sklearn.ensemble import BaggingClassifier
    from sklearn.tree import DecisionTreeClassifier

    from governance.measure.models import open_model

    table = np.arange(20.0).reshape(10, 2)
    model = BaggingClassifier(DecisionTreeClassifier(), n_estimators=4).fit(table, [0, 1] * 5)
    model.n_jobs = 1000
    before = joblib.parallel.get_active_backend()[0]
    try:
        opened, _ = open_model("skops", skops.dumps(model), ["a", "b"])
        with joblib.Parallel(n_jobs=1000) as parallel:
            assert parallel._effective_n_jobs() == 1
        assert opened is not None
        assert len(opened.native.predict(table)) == 10
    finally:
        joblib.parallel_config(backend=before)
