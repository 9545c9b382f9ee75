"""What `governance init` asks on a terminal: only what it could not see and no flag said. Enter leaves a thing open."""

import csv
import sys

from governance.collect.columns import Column, Glimpse
from governance.errors import BadInput
from governance.measure.formats import PICKLES
from governance.operations.choices import (
    RESCORE,
    Answers,
    choose,
    choose_artifact,
    choose_evaluation,
    looks_like_label,
    looks_like_prediction,
    looks_sensitive,
)
from governance.operations.drafting import default_name
from governance.operations.look import Seen, classes
from governance.render.visible import clip, visible

_MOST = 30
"""Columns, values or files that a question lists."""


def on_a_terminal() -> bool:
    """Whether somebody can be asked. Questions go to standard error, the result to standard output."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def ask(seen: Seen, answers: Answers) -> Answers:
    """The answers with those of a person. What does not fit is asked again. Raises BadInput for a flag that does not
    fit, before anything is asked."""
    choose(seen, answers)
    _say("Enter takes what stands in brackets, or leaves the question open.")
    if answers.name is None:
        answers = answers._replace(name=_line("Name of the model", default_name(seen)))
    if answers.version is None:
        answers = _until(seen, answers, "version", "Its version")
    if answers.owner is None:
        answers = _until(seen, answers, "owner", "Who owns it, a team or a person")
    if answers.objective is None:
        answers = _until(seen, answers, "objective", "What is it for, in one sentence")
    if choose_artifact(seen, answers) is None and seen.found.models:
        paths = [model.path for model in seen.found.models]
        _list([f"{model.path} ({model.format})" for model in seen.found.models])
        answers = _until(seen, answers, "artifact", "Which file is the model", paths)
    if choose_evaluation(seen, answers) is None and seen.tables:
        paths = [table.path for table in seen.tables]
        _list(paths)
        answers = _until(seen, answers, "evaluation", "Which table is it to be measured on", paths)
    table = choose_evaluation(seen, answers)
    if table is not None and not table.unread:
        answers = _about_columns(seen, answers, table)
    return _about_running(seen, answers)


def _about_running(seen: Seen, answers: Answers) -> Answers:
    if answers.rollback is None:
        answers = _until(seen, answers, "rollback", "Which version would you go back to, if there is one")
    if answers.contact is None and answers.owner:
        answers = _until(seen, answers, "contact", f"How is {visible(answers.owner)} called when it misbehaves")
    return answers


def _about_columns(seen: Seen, answers: Answers, table: Glimpse) -> Answers:
    _say(f"\nColumns of {visible(table.path)}:")
    _list([_shown(column) for column in table.usable])
    names = [column.name for column in table.usable]
    if answers.label is None:
        answers = _until(
            seen, answers, "label", f"Which column is the true label{_likely(looks_like_label(table))}", names
        )
    if answers.label is not None and not answers.positive:
        values = _values(seen, table, answers.label)
        answers = _until(seen, answers, "positive", "Which of them are positive (commas between)", values, several=True)
    if answers.prediction is None:
        answers = _prediction(seen, answers, table, names)
    return answers if answers.sensitive else _sensitive(seen, answers, table, names)


def _values(seen: Seen, table: Glimpse, column: str) -> list[str]:
    values = classes(seen.project, table, column)
    _say(f"  {visible(column)} has the values {clip(visible(', '.join(values)), 200)}")
    return list(values)


def _prediction(seen: Seen, answers: Answers, table: Glimpse, names: list[str]) -> Answers:
    artifact = choose_artifact(seen, answers)
    text = f"Which column is the prediction{_likely(looks_like_prediction(table))}"
    if artifact and artifact.format not in PICKLES:
        text += f", or {RESCORE} to run the model"
    while said := _one(text, names):
        tried = answers._replace(prediction=said)
        if said == RESCORE and not choose(seen, answers).features:
            others = [name for name in names if name != answers.label]
            _say("  The model's file does not say what its features are called.")
            features = _several("  Name them in its order, commas between, or * for all columns but the label", names)
            tried = tried._replace(features=tuple(others) if features == ("*",) else features)
        if _fits(seen, tried._replace(positive=())) and _spelled_apart(seen, tried, table):
            more = _several("  Which of them are positive (commas between)", _values(seen, table, said))
            tried = tried._replace(positive=(*answers.positive, *more))
        if _fits(seen, tried):
            return tried
    return answers


def _spelled_apart(seen: Seen, tried: Answers, table: Glimpse) -> bool:
    """Whether the prediction's classes are called otherwise than the label's."""
    if not (tried.label and tried.positive and tried.prediction) or tried.prediction == RESCORE:
        return False
    return not set(classes(seen.project, table, tried.prediction)) <= set(classes(seen.project, table, tried.label))


def _sensitive(seen: Seen, answers: Answers, table: Glimpse, names: list[str]) -> Answers:
    text = f"Which columns are sensitive{_likely(looks_sensitive(table, answers))} (commas between)"
    while True:
        chosen = _several(text, names)
        bins = {name: _limits(name) for name in chosen if _wants_bins(table, name)}
        tried = answers._replace(sensitive=chosen, bins={name: cut for name, cut in bins.items() if cut})
        if _fits(seen, tried):
            return tried


def _wants_bins(table: Glimpse, name: str) -> bool:
    column = table.column(name)
    return bool(column and column.numeric and column.values is None)


def _limits(name: str) -> tuple[float, ...]:
    while text := _line(f"Where to cut {visible(name)} into groups (such as 40,60)"):
        try:
            return tuple(float(limit) for limit in text.split(","))
        except ValueError:
            _say("  numbers with commas between them, such as 40,60")
    return ()


def _until(
    seen: Seen, answers: Answers, field: str, text: str, known: list[str] | None = None, several: bool = False
) -> Answers:
    """The answers with one more that fits, or as they were."""
    while True:
        said: str | tuple[str, ...] | None = _several(text, known or []) if several else _one(text, known or [])
        if not said:
            return answers
        tried = Answers(**(answers._asdict() | {field: said}))
        if _fits(seen, tried):
            return tried


def _fits(seen: Seen, tried: Answers) -> bool:
    try:
        choose(seen, tried)
    except BadInput as error:
        for line in (error.what, *(f"{label}: {text}" for label, text in error.details() if text)):
            _say(f"  {visible(line)}")
        return False
    return True


def _one(text: str, known: list[str]) -> str | None:
    """A name, or the number of one in the list."""
    return _meant(_line(text), known) or None


def _several(text: str, known: list[str]) -> tuple[str, ...]:
    said = _line(text)
    cells = next(csv.reader([said], skipinitialspace=True), []) if said else []
    return tuple(dict.fromkeys(_meant(cell.strip(), known) for cell in cells if cell.strip()))


def _meant(said: str, known: list[str]) -> str:
    """What was typed, or what it is the number of, where nothing is called so."""
    number = said.removesuffix(".")
    if said in known or not (number.isascii() and number.isdecimal()) or not 1 <= int(number[:9]) <= len(known):
        return said
    return known[int(number) - 1]


def _line(text: str, default: str = "") -> str:
    _say(f"{text}{f' [{visible(default)}]' if default else ''}: ", end="")
    try:
        return input().strip() or default
    except EOFError:
        _say("")
        return default


def _list(names: list[str]) -> None:
    for number, name in enumerate(names[:_MOST], 1):
        _say(f"  {number:>2}. {clip(visible(name), 100)}")
    if len(names) > _MOST:
        _say(f"      and {len(names) - _MOST} more; any name can be given")


def _shown(column: Column) -> str:
    if column.values is None:
        return f"{column.name}   {'numbers' if column.numeric else 'many values'}"
    return f"{column.name}   {', '.join(column.values[:6])}{', ...' if len(column.values) > 6 else ''}"


def _likely(columns: tuple[Column, ...]) -> str:
    return f" (perhaps {', '.join(visible(column.name) for column in columns[:6])})" if columns else ""


def _say(text: str, end: str = "\n") -> None:
    sys.stderr.write(text + end)
    sys.stderr.flush()
