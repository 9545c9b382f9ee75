"""Put the model to work in the child: its prediction for each row, and its attributions for a sample of rows."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from governance.errors import BadInput
from governance.evidence.explainability import ExplainabilityFacts
from governance.evidence.manifest import Evaluation, Labels, Manifest
from governance.evidence.origin import FactOrigin
from governance.evidence.plan import Plan
from governance.measure import child
from governance.measure.artifact import Held
from governance.measure.child import Answers
from governance.measure.features import BACKGROUND_ROWS, digest, drawn, read
from governance.measure.messages import (
    BACKGROUND,
    EXPLAIN,
    FEATURES,
    MOST_REPEATS,
    Attribution,
    Limits,
    Opened,
    Sides,
    Task,
)
from governance.measure.table import Table
from governance.progress import Progress

if TYPE_CHECKING:
    import numpy
    import pyarrow
    from duckdb import DuckDBPyConnection

LIMITS = Limits()
_ROUNDED = Decimal("1e-6")
"""How far shares of 9 digits may be from summing to 1."""
_RELATION = "rescored"
PREDICTED = Labels(column=_RELATION, positive=("true",), negative=("false",))
"""How the predictions that were made here are labelled, in the column `predicted` of the rescored table."""


class Worked(NamedTuple):
    """`table` is the evaluation with a column `predicted`, or why there is none; the same for `explained`. Null where
    it was not asked for. `unscored` says why it has no column `scored` though one was asked for."""

    opened: Opened | None
    died: str
    unscored: str | None
    table: Table | str | None
    explained: ExplainabilityFacts | str | None
    tools: dict[str, str]


def work(
    connected: DuckDBPyConnection,
    table: Table,
    manifest: Manifest,
    evaluation: Evaluation,
    held: Held,
    predict: bool,
    plan: Plan,
    explain: bool,
    seed: int,
    progress: Progress,
) -> Worked:
    """Run the child once.

    Raises BadInput for a feature without a column, and for a predicted class that the manifest does not list.
    """
    named = [evaluation.label.column, *(each.column for each in evaluation.sensitive.values())]
    named += [evaluation.join.key] if evaluation.join else []
    if evaluation.champion and plan.champion:
        named += [
            evaluation.champion.column,
            *([evaluation.champion.score.column] if evaluation.champion.score else []),
        ]
    score = predict and plan.scored
    explain_rows = plan.explain_rows if explain else 0
    values, rest = read(connected, table, manifest.features, named if predict else ())
    tables = {FEATURES: values} if predict else {}
    if explain_rows:
        tables[EXPLAIN] = values.take(drawn(table.rows, explain_rows, seed, 1))
        tables[BACKGROUND] = values.take(drawn(table.rows, BACKGROUND_ROWS, seed, 2))
    task = Task.model_validate(
        {
            "artifact": str(held.path.absolute()),
            "sha256": held.sha256,
            "format": held.section.format,
            "features": manifest.features,
            "predict": predict,
            "explain": explain_rows > 0,
            "score": score,
            "repeats": min(plan.explain_repeats, MOST_REPEATS) if explain_rows else 0,
            "seed": seed % 2**32,
            "sides": _sides(evaluation),
            "limits": LIMITS,
        }
    )
    answers = child.ask(task, tables, progress=progress)
    unscored: str | None = None
    rescored: Table | str | None = None
    explained: ExplainabilityFacts | str | None = None
    if predict:
        predicted = answers.predicted
        if predicted is None or predicted.failure is not None or answers.codes is None:
            rescored = _why(answers, predicted.failure if predicted else None)
        else:
            positive = _positive(predicted.classes, evaluation.label)[answers.codes]
            rest = rest.append_column("predicted", [positive])
            if answers.scores is not None:
                rest = rest.append_column("scored", [answers.scores])
            elif score:
                unscored = predicted.unscored or answers.died
            connected.register(_RELATION, rest)
            rescored = table._replace(relation=_RELATION)
    if explain_rows:
        said = answers.explained
        if said is None or said.attribution is None:
            explained = _why(answers, said.failure if said else None)
        else:
            explained = _facts(said.attribution, tables[EXPLAIN], tables[BACKGROUND], evaluation, task, seed)
    said_by = (answers.opened, answers.predicted, answers.explained)
    tools: dict[str, str] = {name: version for one in said_by if one for name, version in one.tools.items()}
    return Worked(answers.opened, answers.died, unscored, rescored, explained, tools)


def _why(answers: Answers, failure: str | None) -> str:
    if answers.opened is not None and answers.opened.problem is not None:
        return f"the model was not opened: {answers.opened.problem}"
    return f"the model failed: {failure}" if failure else answers.died


def _sides(evaluation: Evaluation) -> tuple[Sides, ...]:
    lists = [evaluation.label] if evaluation.prediction == "rescore" else [evaluation.prediction, evaluation.label]
    return tuple(Sides(positive=labels.positive, negative=labels.negative) for labels in lists)


def _positive(classes: Sequence[Sequence[str]], label: Labels) -> numpy.ndarray:
    """For each predicted class whether it is positive, by the label's lists: the model was trained on these labels."""
    import numpy as np

    positive = []
    for texts in classes:
        places = any(text in label.positive for text in texts), any(text in label.negative for text in texts)
        if places[0] == places[1]:
            raise BadInput(
                f"the model predicts {texts[0]!r}, which is in {'both lists' if places[0] else 'neither list'}",
                got=" or ".join(repr(text) for text in texts),
                expected=f"positive {list(label.positive)} or negative {list(label.negative)}",
                fix="list each class that the model predicts, once",
                where="data.evaluation.label",
            )
        positive.append(places[0])
    return np.array(positive, dtype=bool)


def _facts(
    found: Attribution,
    explained: pyarrow.Table,
    background: pyarrow.Table,
    evaluation: Evaluation,
    task: Task,
    seed: int,
) -> ExplainabilityFacts | str:
    """What the child says of exactly the rows and features that it was given, or why it cannot be that."""
    told = [each.feature for each in found.importance.features]
    shares: list[Decimal] = [Decimal(each.share) for each in found.importance.features]
    numbers = [*shares, *(Decimal(each.share_se) for each in found.importance.features)]
    if sorted(told) != sorted(explained.column_names) or found.rows != len(explained):
        return "the child process told of other features or rows than it was given"
    if min(numbers) < 0 or abs(sum(shares, Decimal(-1))) > _ROUNDED or Decimal(found.additivity_error) < 0:
        return "the child process told of shares that are none"
    if (found.importance.top_feature, Decimal(found.importance.top_share)) != (told[0], max(shares)):
        return "the child process told of another top feature than its shares have"
    if len(found.repeats or ()) != task.repeats or any(
        sorted(one.features) != sorted(told) for one in found.repeats or ()
    ):
        return "the child process told of other rankings than it was asked for"
    return ExplainabilityFacts(
        origin=FactOrigin(kind="measured", predictions="rescored"),
        explainer=found.explainer,
        unit=found.unit,
        rows=found.rows,
        seed=seed,
        background_rows=len(background) if found.background else 0,
        background=digest(background) if found.background else None,
        additivity_error=found.additivity_error,
        importance=found.importance,
        sensitive=tuple(sorted({*evaluation.sensitive, *(one.column for one in evaluation.sensitive.values())})),
        repeats=found.repeats,
    )
