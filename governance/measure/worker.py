"""What runs in the child: limits first, then open, predict, explain; each stage leaves one JSON document.

A failure of the model is an answer in words. A crash or a hang is for the parent to notice.
"""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from governance.canonical import Document, sha256
from governance.errors import BadInput
from governance.measure.messages import (
    BACKGROUND,
    EXPLAIN,
    EXPLAINED,
    FEATURES,
    LONGEST_TYPE,
    MOST_TYPES,
    OPENED,
    PREDICTED,
    PREDICTIONS,
    SCORES,
    Explained,
    Limits,
    Opened,
    Predicted,
    Task,
)

if TYPE_CHECKING:
    import pandas

    from governance.measure.models import Model


_PR_SET_PDEATHSIG = 1
"""`linux/prctl.h`; see prctl(2)."""


def main() -> None:
    """Read a Task from stdin; write OPENED, PREDICTED and EXPLAINED into the working folder."""
    task = Task.from_bytes(sys.stdin.buffer.read())
    limit(task.limits)
    model = _open(task)
    if model is None:
        return
    if task.predict:
        _leave(PREDICTED, _predict(task, model))
    if task.explain:
        _leave(EXPLAINED, _explain(task, model))


def limit(limits: Limits) -> None:
    """Only POSIX has these limits; elsewhere the import fails, and so no model is opened. On Linux this process also
    ends with the one that started it, however that ends."""
    import resource

    if sys.platform == "linux":
        import ctypes
        from signal import SIGKILL

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, SIGKILL)
    for kind, most in (
        (resource.RLIMIT_CPU, limits.cpu),
        (resource.RLIMIT_AS, limits.memory),
        (resource.RLIMIT_FSIZE, limits.file),
        (resource.RLIMIT_NOFILE, 256),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(kind)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (most, most))


def _leave(name: str, document: Document) -> None:
    Path(name).write_bytes(document.to_bytes())


def _said(error: BaseException) -> str:
    """An error in words fit for a document: one line, NFC, printable, at most 400 characters."""
    if isinstance(error, BadInput):
        got = f" (got {error.got})" if error.got else ""
        text = error.what + got + (f"; expected {error.expected}" if error.expected else "")
    else:
        text = f"{type(error).__name__}: {error}"
    return _one_line(text)


def _one_line(text: str) -> str:
    text = "".join(char if char.isprintable() else " " for char in text[:2000])
    return unicodedata.normalize("NFC", " ".join(text.split())[:400])


def _versions(names: tuple[str, ...]) -> Any:
    return {name: version("xgboost-cpu" if name == "xgboost" else name) for name in names}


def _open(task: Task) -> Model | None:
    try:
        from governance.measure.models import open_model

        data = Path(task.artifact).read_bytes()
        if sha256(data) != task.sha256:
            raise BadInput("the file changed while it was being measured", got=sha256(data), expected=task.sha256)
        model, untrusted = open_model(task.format, data, task.features)
    except Exception as error:
        _leave(OPENED, Opened(problem=_said(error), tools={}))
        return None
    untrusted = tuple(_one_line(name)[:LONGEST_TYPE] for name in untrusted[:MOST_TYPES])
    problem = None if model else "it holds types that are not on the allow-list: " + ", ".join(untrusted[:10])
    _leave(OPENED, Opened(problem=problem, untrusted_types=untrusted, tools=_versions(model.tools) if model else {}))
    return model


def _frame(name: str, model: Model) -> pandas.DataFrame:
    """A table as float64 columns, and object columns where the model takes text. Raises BadInput where it does not."""
    import numpy as np
    import pyarrow.ipc

    frame = pyarrow.ipc.open_file(name).read_all().to_pandas()
    for column in frame.columns:
        if frame[column].dtype == np.float64:
            continue
        values = frame[column].astype(object)
        values[values.isna()] = np.nan
        if not model.takes_text:
            numbers = values.map(_number)
            if len(bad := values[numbers.isna() & values.notna()]):
                raise BadInput(f"feature {column!r} holds text that is not a number", got=repr(bad.iloc[0])[:100])
            values = numbers.astype(np.float64)
        frame[column] = values
    return frame


def _number(value: Any) -> float:
    try:
        return float(value)
    except ValueError:
        return float("nan")


def _stage(work: Callable[[], Any]) -> tuple[Any, str | None]:
    try:
        return work(), None
    except Exception as error:
        return None, _said(error)


def _predict(task: Task, model: Model) -> Predicted:
    def work() -> Predicted:
        import numpy as np

        from governance.measure.models import coded

        frame = _frame(FEATURES, model)
        codes, classes = coded(model.labels(frame), len(frame))
        Path(PREDICTIONS).write_bytes(np.ascontiguousarray(codes, dtype="<i4").tobytes())
        unscored = _score(task, model, frame) if task.score else None
        return Predicted(failure=None, classes=classes, unscored=unscored, tools=_versions(("numpy", "pandas")))

    done, failure = _stage(work)
    return done or Predicted(failure=failure, tools={})


def _score(task: Task, model: Model, frame: pandas.DataFrame) -> str | None:
    """Leave the probability of a positive class for each row, or say why there is none."""
    import numpy as np

    from governance.measure.explain import positive_columns

    def work() -> str | None:
        outputs = model.outputs(frame)
        if outputs is None:
            return "the model gives no probabilities"
        positive = np.flatnonzero(positive_columns(model.classes(frame), task.sides))
        # A float32 sum may exceed 1 by its rounding.
        scores = np.clip(outputs[:, positive].astype(np.float64).sum(axis=1), 0.0, 1.0)
        if not np.isfinite(scores).all():
            return "the model gives probabilities that are not finite"
        Path(SCORES).write_bytes(np.ascontiguousarray(scores, dtype="<f8").tobytes())
        return None

    done, failure = _stage(work)
    return done or failure


def _explain(task: Task, model: Model) -> Explained:
    def work() -> Explained:
        from governance.measure.explain import attribute

        explained, background = _frame(EXPLAIN, model), _frame(BACKGROUND, model)
        attribution = attribute(model, explained, background, task.sides, task.seed, task.repeats)
        return Explained(failure=None, attribution=attribution, tools=_versions(("numpy", "pandas", "shap")))

    done, failure = _stage(work)
    return done or Explained(failure=failure, tools={})
