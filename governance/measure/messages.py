"""What the parent asks the child that opens a model, and what the child may answer: closed, canonical documents."""

from typing import Literal

from governance.canonical import Count, Document, Real, Sha256
from governance.evidence.explainability import GlobalAttribution

FEATURES, EXPLAIN, BACKGROUND, PREDICTIONS = "features.arrow", "explain.arrow", "background.arrow", "predictions.i32"
OPENED, PREDICTED, EXPLAINED = "opened.json", "predicted.json", "explained.json"


class Sides(Document):
    """Which class names count as positive and which as negative."""

    positive: tuple[str, ...]
    negative: tuple[str, ...]


class Limits(Document):
    """Seconds of wall clock and of one CPU, bytes of address space and of any file written."""

    wall: Count = 900
    cpu: Count = 900
    memory: Count = 6 * 2**30
    file: Count = 2**30


class Task(Document):
    """`predict` and `explain` say which tables lie in the working folder. `sides` are tried in order until one knows
    every class of the model."""

    artifact: str
    sha256: Sha256
    format: Literal["skops", "onnx", "xgboost-json"]
    features: tuple[str, ...]
    predict: bool
    explain: bool
    seed: Count
    sides: tuple[Sides, ...]
    limits: Limits


class Opened(Document):
    """`problem` is null where the model was opened. `tools` maps each library that was used to its version."""

    problem: str | None
    untrusted_types: tuple[str, ...] = ()
    tools: dict[str, str]


class Predicted(Document):
    """PREDICTIONS holds one little-endian int32 for each row, an index into `classes`; a class is all its spellings."""

    failure: str | None
    classes: tuple[tuple[str, ...], ...] = ()
    tools: dict[str, str]


class Attribution(Document):
    """As in ExplainabilityFacts. `background` says whether the explainer needed the background rows."""

    explainer: Literal["tree_path_dependent", "linear", "permutation"]
    unit: Literal["probability", "log_odds", "raw"]
    rows: Count
    background: bool
    additivity_error: Real
    importance: GlobalAttribution


class Explained(Document):
    failure: str | None
    attribution: Attribution | None = None
    tools: dict[str, str]
