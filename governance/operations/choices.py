"""What somebody answered about a folder, held against what is in it: a name that is not there is refused, with the
nearest ones. What nobody answered stays open, unless there is only one thing it can be."""

import difflib
from collections.abc import Container, Iterable, Mapping
from typing import Literal, NamedTuple

from pydantic import ValidationError

from governance.collect.columns import LABEL, MAX_VALUES, PREDICTION, SENSITIVE, Column, Glimpse, nameable, words
from governance.collect.scan import TABLES, Model, model_at
from governance.errors import BadInput
from governance.evidence.manifest import FORMATS, Attribute, Labels
from governance.measure.formats import PICKLES, found_format
from governance.operations.look import Seen, classes, glimpse

RESCORE: Literal["rescore"] = "rescore"
_TRAINING = frozenset({"train", "training"})
# fmt: off
_EVALUATION = frozenset({
    "eval", "evaluation", "holdout", "outputs", "predictions", "scored", "scores", "test", "testing", "val", "valid",
    "validation",
})
# fmt: on


class Answers(NamedTuple):
    """What a person says, by flags or on a terminal. Empty or null: not said. Paths are relative to the folder."""

    name: str | None = None
    version: str | None = None
    owner: str | None = None
    risk_tier: str | None = None
    objective: str | None = None
    rollback: str | None = None
    contact: str | None = None
    artifact: str | None = None
    features: tuple[str, ...] = ()
    evaluation: str | None = None
    label: str | None = None
    positive: tuple[str, ...] = ()
    prediction: str | None = None
    sensitive: tuple[str, ...] = ()
    bins: Mapping[str, tuple[float, ...]] = {}


class Choices(NamedTuple):
    """Answers that hold. Null or empty: open. `asked` is the label's column where its sides are still open."""

    artifact: Model | None
    features: tuple[str, ...]
    evaluation: Glimpse | None
    training: Glimpse | None
    asked: str | None
    label: Labels | None
    prediction: Literal["rescore"] | Labels | None
    sensitive: dict[str, Attribute]


def choose(seen: Seen, answers: Answers) -> Choices:
    """Hold all answers against the folder. Raises BadInput, whose `where` is the option that it is about."""
    for option, text in (
        ("--name", answers.name), ("--version", answers.version), ("--owner", answers.owner),
        ("--objective", answers.objective), ("--rollback", answers.rollback), ("--contact", answers.contact),
    ):  # fmt: skip
        if text is not None and not nameable(text):
            raise BadInput("not a name", got=ascii(text)[:200], expected="a short line of plain text", where=option)
    if answers.contact and not answers.owner:
        raise BadInput("a contact of whom?", fix="name the owner with --owner", where="--contact")
    artifact, table = choose_artifact(seen, answers), choose_evaluation(seen, answers)
    features = _features(answers, artifact, table)
    if answers.label in features:
        raise BadInput(
            f"{answers.label!r} is a feature of the model, so it cannot be the label",
            expected="a column that the model does not see",
            where="--label",
        )
    label, prediction = _sides(seen, answers, artifact, features, table)
    return Choices(
        artifact=artifact,
        features=features,
        evaluation=table,
        training=_training(seen, table),
        asked=answers.label,
        label=label,
        prediction=prediction,
        sensitive=_sensitive(seen, answers, table),
    )


def choose_artifact(seen: Seen, answers: Answers) -> Model | None:
    """The model file that was named, or the only one there is."""
    path, models = answers.artifact, seen.found.models
    if path is None:
        return models[0] if len(models) == 1 else None
    if found := next((model for model in models if model.path == path), None):
        return found
    _exists(seen, path, (model.path for model in models), "--artifact")
    if seen.project.resolve(path, "--artifact").is_dir():
        raise BadInput("a folder, where one model file is expected", got=repr(path), where="--artifact")
    model = model_at(seen.project, path, found_format)
    if model is None:
        raise BadInput("not a model that we read", got=repr(path), expected=", ".join(FORMATS), where="--artifact")
    return model


def choose_evaluation(seen: Seen, answers: Answers) -> Glimpse | None:
    """The table that was named; or the only one that is called like one to evaluate on; or the only one there is."""
    path = answers.evaluation
    if path is not None:
        if found := next((table for table in seen.tables if table.path == path), None):
            return found
        _exists(seen, path, (table.path for table in seen.tables), "--evaluation")
        if not path.lower().endswith(TABLES):
            raise BadInput("not a table we read", got=repr(path), expected=" or ".join(TABLES), where="--evaluation")
        return glimpse(seen.project, path)
    others = [table for table in seen.tables if not _called(table, _TRAINING)]
    likely = [table for table in others if _called(table, _EVALUATION)] or others
    return likely[0] if len(likely) == 1 else None


def candidates(table: Glimpse, named: frozenset[str], without: Iterable[str] = ()) -> tuple[Column, ...]:
    """Columns whose name has one of these words."""
    left_out = set(without)
    return tuple(each for each in table.usable if words(each.name) & named and each.name not in left_out)


def looks_sensitive(table: Glimpse, answers: Answers) -> tuple[Column, ...]:
    """Columns that nobody called sensitive, and that sound as if they were."""
    return candidates(table, SENSITIVE, {answers.label or "", answers.prediction or "", *answers.sensitive})


def looks_like_label(table: Glimpse) -> tuple[Column, ...]:
    """Columns that sound like a label and have few values; where none does, all that have few and do not sound like
    something else."""
    few = tuple(each for each in table.usable if each.values is not None and len(each.values) > 1)
    said = tuple(each for each in few if words(each.name) & LABEL)
    return said or tuple(each for each in few if not words(each.name) & (SENSITIVE | PREDICTION))


def looks_like_prediction(table: Glimpse) -> tuple[Column, ...]:
    """Columns that sound like predicted classes and have few values."""
    return tuple(each for each in candidates(table, PREDICTION) if each.values is not None)


def attribute_name(column: str, taken: Container[str]) -> str:
    """What a sensitive attribute is called: as its column, save that `*` stands for intersections."""
    name = column.replace("*", "_")
    while name in taken:
        name += "_"
    return name


def nearest(name: str, known: Iterable[str]) -> str:
    """Of the known names those that resemble `name`, or else the first few."""
    names = list(dict.fromkeys(known))
    lower = {each.lower(): each for each in names}
    near = [lower[match] for match in difflib.get_close_matches(name.lower(), list(lower), n=5, cutoff=0.5)]
    shown = near or names[:10]
    return ", ".join(repr(each) for each in shown) + (", ..." if not near and len(names) > 10 else "")


def _called(table: Glimpse, named: frozenset[str]) -> bool:
    return bool(words(table.path.rpartition("/")[2].rpartition(".")[0]) & named)


def _training(seen: Seen, evaluation: Glimpse | None) -> Glimpse | None:
    found = [table for table in seen.tables if _called(table, _TRAINING) and table != evaluation]
    return found[0] if len(found) == 1 else None


def _exists(seen: Seen, path: str, known: Iterable[str], option: str) -> None:
    try:
        seen.project.resolve(path, "artifact" if option == "--artifact" else option)
    except BadInput as error:
        near = nearest(path, [*known, *seen.found.files])
        expected = f"one of {near}" if near else "a file in the folder"
        raise BadInput(error.what, got=error.got, expected=expected, where=option) from error


def _column(seen: Seen, table: Glimpse | None, name: str, option: str) -> Column:
    """The table's column of this name. Raises BadInput."""
    if table is None:
        known = ", ".join(repr(each.path) for each in seen.tables[:10])
        raise BadInput(
            "which table has this column?" if known else "there is no table here",
            got=repr(name),
            expected=f"--evaluation with one of {known}" if known else "a .parquet or .csv file in the folder",
            where=option,
        )
    if table.unread:
        raise BadInput("the table cannot be looked into", got=f"{table.path}: {table.unread}", where=option)
    if found := next((column for column in table.usable if column.name == name), None):
        return found
    count = sum(column.name == name for column in table.columns)
    raise BadInput(
        f"{count} columns are called {name!r}" if count > 1 else f"no column {name!r} in {table.path}",
        expected=f"one of {nearest(name, (column.name for column in table.usable))}",
        fix=_elsewhere(seen, table, name),
        where=option,
    )


def _elsewhere(seen: Seen, table: Glimpse, name: str) -> str:
    others = [other.path for other in seen.tables if other != table and other.column(name)]
    if not others:
        return ""
    return f"{others[0]} has one: name that table by --evaluation, or join it by hand (`join` in the manifest)"


def _features(answers: Answers, artifact: Model | None, table: Glimpse | None) -> tuple[str, ...]:
    if answers.features:
        if len(set(answers.features)) != len(answers.features):
            raise BadInput("a feature is named twice", got=", ".join(answers.features)[:200], where="--feature")
        for name in answers.features:
            if not nameable(name) or (table and table.columns and table.column(name) is None):
                known = nearest(name, (column.name for column in table.usable)) if table else "a column's name"
                raise BadInput("no such column", got=repr(name)[:200], expected=f"one of {known}", where="--feature")
        return answers.features
    named = (artifact.features if artifact else None) or ()
    return named if len(set(named)) == len(named) and all(nameable(name) for name in named) else ()


def _sides(
    seen: Seen, answers: Answers, artifact: Model | None, features: tuple[str, ...], table: Glimpse | None
) -> tuple[Labels | None, Literal["rescore"] | Labels | None]:
    """Which values of the label and of the prediction are positive. A positive value may be one of either column."""
    if answers.positive and answers.label is None:
        raise BadInput("positive values of which column?", fix="name it with --label", where="--positive")
    truth: tuple[str, ...] = ()
    output: tuple[str, ...] = ()
    if answers.label is not None:
        _column(seen, table, answers.label, "--label")
        truth = _classes(seen, table, answers.label, "--label")
    if answers.prediction == RESCORE:
        _must_rescore(artifact, features, table)
    elif answers.prediction is not None:
        _column(seen, table, answers.prediction, "--prediction")
        if answers.prediction == answers.label:
            raise BadInput("the label cannot be the prediction", got=repr(answers.label), where="--prediction")
        output = _classes(seen, table, answers.prediction, "--prediction")
    if answers.label is None or not answers.positive:
        return None, RESCORE if answers.prediction == RESCORE else None
    for value in answers.positive:
        if value not in truth and value not in output:
            expected = f"one of {nearest(value, (*truth, *output))}"
            what = f"{value!r} is no value of {answers.label!r}"
            raise BadInput(
                what + (f" or {answers.prediction!r}" if output else ""), expected=expected, where="--positive"
            )
    label = _labels(answers.label, truth, answers.positive)
    if answers.prediction is None or answers.prediction == RESCORE:
        return label, answers.prediction
    if set(output) <= set(truth):
        return label, label.model_copy(update={"column": answers.prediction})
    return label, _labels(answers.prediction, output, answers.positive)


def _classes(seen: Seen, table: Glimpse | None, column: str, option: str) -> tuple[str, ...]:
    if table is None:
        raise RuntimeError("a column of no table")
    try:
        return classes(seen.project, table, column)
    except BadInput as error:
        raise BadInput(error.what, got=error.got, expected=error.expected, fix=error.fix, where=option) from error


def _labels(column: str, values: tuple[str, ...], positive: tuple[str, ...]) -> Labels:
    sides = tuple(v for v in values if v in positive), tuple(v for v in values if v not in positive)
    if not all(sides):
        raise BadInput(
            f"{'no' if not sides[0] else 'every'} value of {column!r} is positive",
            got=", ".join(repr(value) for value in positive),
            expected=f"some, but not all of {', '.join(repr(value) for value in values[:10])}",
            fix="give the positive values of this column too" if not sides[0] else "",
            where="--positive",
        )
    return Labels(column=column, positive=sides[0], negative=sides[1])


def _must_rescore(artifact: Model | None, features: tuple[str, ...], table: Glimpse | None) -> None:
    where = "--prediction"
    if artifact is None:
        raise BadInput(
            "there is no model to run", fix="name it with --artifact, or a column of predictions", where=where
        )
    if artifact.format in PICKLES:
        raise BadInput(
            "a pickle is never opened, so it cannot be run",
            got=repr(artifact.path),
            fix='save the model once more, by `skops.io.dump(model, "model.skops")`, or name a column of predictions',
            where=where,
        )
    if not features:
        raise BadInput(
            "the model's file does not say what its features are called",
            fix="name them in the order that the model expects: --feature COLUMN, for each",
            where=where,
        )
    if table is None or table.unread:
        raise BadInput("there is no table to run the model on", fix="name it with --evaluation", where=where)
    for name in features:
        if table.column(name) is None:
            known = nearest(name, (column.name for column in table.usable))
            what = f"the model expects {name!r}, which is no column of {table.path}"
            raise BadInput(what, expected=f"one of {known}", where=where)


def _sensitive(seen: Seen, answers: Answers, table: Glimpse | None) -> dict[str, Attribute]:
    for name in answers.bins:
        if name not in answers.sensitive:
            fix = f"name it with --sensitive {name} too"
            raise BadInput(f"bins for {name!r}, which is not called sensitive", fix=fix, where="--bins")
    found: dict[str, Attribute] = {}
    for name in answers.sensitive:
        column, bins = _column(seen, table, name, "--sensitive"), answers.bins.get(name, ())
        if bins and not column.numeric:
            raise BadInput(f"{name!r} does not hold numbers, so it has no bins", where="--bins")
        if column.numeric and column.values is None and not bins:
            raise BadInput(
                f"{name!r} holds numbers, more than {MAX_VALUES} different ones",
                expected="a few groups",
                fix=f"say where to cut it: --bins {name}:40,60",
                where="--sensitive",
            )
        try:
            found[attribute_name(name, found)] = Attribute(column=name, bins=bins)
        except ValidationError as error:
            raise BadInput("bins must increase", got=repr(list(bins)), where="--bins") from error
    return found
