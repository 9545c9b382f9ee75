"""What the parent asks the child that opens a model, and what the child may answer: closed, canonical documents."""

from typing import Annotated, Literal

from pydantic import Field

from governance.canonical import Count, Document, Real, Sha256
from governance.evidence.explainability import GlobalAttribution, Ranking

FEATURES, EXPLAIN, BACKGROUND, PREDICTIONS = "features.arrow", "explain.arrow", "background.arrow", "predictions.i32"
SCORES = "scores.f64"
OPENED, PREDICTED, EXPLAINED = "opened.json", "predicted.json", "explained.json"


MOST_REPEATS = 20
MOST_TYPES, LONGEST_TYPE = 100, 200
"""Of the types in a file that are told: its author writes their names."""
Tools = dict[
    Literal["numpy", "onnxruntime", "pandas", "scikit-learn", "shap", "skops", "xgboost"],
    Annotated[str, Field(max_length=50)],
]
"""Libraries that the child may have used, with their versions. It has no say about anything else that was used."""
_Said = Annotated[str, Field(max_length=LONGEST_TYPE * (MOST_TYPES + 1))]


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
    """`predict` and `explain` say which tables lie in the working folder; `score` asks for the probability of
    a positive class beside each prediction, `repeats` for so many further rankings of the features. `sides` are
    tried in order until one knows every class of the model."""

    artifact: str
    sha256: Sha256
    format: Literal["skops", "onnx", "xgboost-json"]
    features: tuple[str, ...]
    predict: bool
    explain: bool
    score: bool = False
    repeats: Annotated[int, Field(ge=0, le=MOST_REPEATS)] = 0
    seed: Count
    sides: tuple[Sides, ...]
    limits: Limits


class Opened(Document):
    """`problem` is null where the model was opened. `tools` maps each library that was used to its version."""

    problem: _Said | None
    untrusted_types: tuple[Annotated[str, Field(max_length=LONGEST_TYPE)], ...] = Field((), max_length=MOST_TYPES)
    tools: Tools


class Predicted(Document):
    """PREDICTIONS holds one little-endian int32 for each row, an index into `classes`; a class is all its spellings.
    SCORES holds one little-endian float64 for each row where they were asked for, unless `unscored` says why not."""

    failure: _Said | None
    classes: tuple[tuple[str, ...], ...] = ()
    unscored: _Said | None = None
    tools: Tools


class Attribution(Document):
    """As in ExplainabilityFacts. `background` says whether the explainer needed the background rows."""

    explainer: Literal["tree_path_dependent", "linear", "permutation"]
    unit: Literal["probability", "log_odds", "raw"]
    rows: Count
    background: bool
    additivity_error: Real
    importance: GlobalAttribution
    repeats: tuple[Ranking, ...] | None = None


class Explained(Document):
    failure: _Said | None
    attribution: Attribution | None = None
    tools: Tools
