"""The first manifest's section about tables: what is measured on, what the model was trained on, and who is in them."""

from governance.collect.columns import Column, Glimpse, words
from governance.evidence.manifest import Attribute, Labels
from governance.operations.choices import (
    RESCORE,
    attribute_name,
    looks_like_label,
    looks_like_prediction,
    looks_sensitive,
)
from governance.operations.drafting import BLANK, Notes, listed
from governance.render.yaml import Comment, Item, Off, Pair, Value, scalar


def data(notes: Notes) -> list[Item]:
    training: list[Item] = []
    _see_tables(notes)
    if notes.chosen.training:
        named = "`dataset: NAME` says what lineage events call it, where that is not its path."
        training = [Comment(named), Pair("training", notes.file("data.training", notes.chosen.training.path))]
    table = notes.chosen.evaluation
    if table is None:
        known = listed([scalar(each.path) for each in notes.folder.tables])
        why = f"which of {known} to measure on; --evaluation names it" if known else "no Parquet or CSV table was found"
        note = notes.open("data.evaluation", why)
        blank: list[Item] = [Pair("path", BLANK), *_columns(notes, None), *_anywhere(notes)]
        return _section("data", training, note, Pair("evaluation", blank))
    why = _why_not_measurable(notes, table)
    unready = notes.open("data.evaluation", why) if why else None
    body: list[Item] = [Pair(key, value) for key, value in notes.file("data.evaluation", table.path).items()]
    body += _columns(notes, table)
    if unready:
        return _section("data", training, unready, Pair("evaluation", body))
    return [Pair("data", [Pair("evaluation", body), *training])]


def _see_tables(notes: Notes) -> None:
    evaluation, training = notes.chosen.evaluation, notes.chosen.training
    if evaluation:
        by_name = notes.answers.evaluation is None and len(notes.folder.tables) > 1
        notes.saw("evaluation", f"{_size(evaluation)}{'; taken for its name' if by_name else ''}")
    if training:
        notes.saw("training", _size(training))
    others = [each.path for each in notes.folder.tables if each not in (evaluation, training)]
    if others:
        notes.saw("other tables", listed(others))


def _section(key: str, there: list[Item], note: Item, pair: Pair) -> list[Item]:
    """A section with a key that is commented out; all of it is, where nothing else is there."""
    if there:
        return [Pair(key, [note, Off([pair]), *there])]
    return [note, Off([Pair(key, [pair])])]


def _why_not_measurable(notes: Notes, table: Glimpse) -> str:
    """Why there is no evaluation yet; empty where there is one. Candidates are named, and none is taken."""
    if table.unread:
        return f"{scalar(table.path)} was not looked into ({table.unread})"
    wanted = []
    if notes.chosen.asked is None:
        wanted.append(f"the label's column (--label{_perhaps(looks_like_label(table))})")
    if notes.chosen.label is None:
        column = table.column(notes.chosen.asked or "")
        values = f" of {listed([scalar(value) for value in column.values])}" if column and column.values else ""
        wanted.append(f"its positive values (--positive{values})")
    if notes.answers.prediction is None:
        likely = _perhaps(looks_like_prediction(table))
        wanted.append(f"the prediction's column, or `rescore` to run the model (--prediction{likely})")
    return f"to be named: {', '.join(wanted)}" if wanted else ""


def _columns(notes: Notes, table: Glimpse | None) -> list[Item]:
    blank: dict[str, Value] = {"column": BLANK, "positive": (BLANK,), "negative": (BLANK,)}
    label, prediction = notes.chosen.label, notes.chosen.prediction
    items: list[Item] = [Pair("label", _labels(label) if label else blank | {"column": notes.chosen.asked or BLANK})]
    if prediction is None:
        said = notes.answers.prediction
        items.append(Pair("prediction", said if said == RESCORE else blank | {"column": said or BLANK}))
    elif isinstance(prediction, str):
        items += [Comment("The audit runs the model on this table itself."), Pair("prediction", prediction)]
    else:
        items.append(Pair("prediction", _labels(prediction)))
    return [*items, *([*_sensitive(notes, table), *_elsewhere(notes, table)] if table else [])]


def _sensitive(notes: Notes, table: Glimpse) -> list[Item]:
    named, likely = notes.chosen.sensitive, looks_sensitive(table, notes.answers)
    there: list[Item] = [Pair(name, _attribute(attribute)) for name, attribute in named.items()]
    suggested: dict[str, Value] = {}
    for column in likely:
        suggested[attribute_name(column.name, {*named, *suggested})] = _suggested(column)
    off = Off([Pair(name, value) for name, value in suggested.items()])
    intersections: list[Item] = []
    if len(named) > 1:
        intersections = [Off([Pair("intersections", (tuple(named)[:2],))])]
    if not likely:
        if named:
            return [Pair("sensitive", there), *intersections]
        why = "no column is named as sensitive, and none is called like one, so fairness is not measured"
        return [notes.open("sensitive", why), Off([Pair("sensitive", {"group": {"column": BLANK}})])]
    names = listed([_described(column) for column in likely])
    one = len(likely) == 1
    so = "" if named else ", so fairness is not measured"
    why = f"{names} {'looks' if one else 'look'} sensitive, by name; nobody said so{so}. Uncomment what is"
    note = notes.open("also sensitive" if named else "sensitive", why)
    if named:
        return [Pair("sensitive", [*there, note, off]), *intersections]
    return [note, Off([Pair("sensitive", list(off.items))])]


def _anywhere(notes: Notes) -> list[Item]:
    """Where columns that sound sensitive are, while nobody has said which table is measured on."""
    likely = {
        table.path: [scalar(each.name) for each in found]
        for table in notes.folder.tables
        if (found := looks_sensitive(table, notes.answers))
    }
    if not likely:
        return []
    told = "; ".join(f"{scalar(path)} has {listed(names, 6)}" for path, names in list(likely.items())[:6])
    return [notes.open("sensitive", f"sensitive by name, and nobody said so: {told}")]


def _elsewhere(notes: Notes, table: Glimpse) -> list[Item]:
    """Columns that sound sensitive and are in another table than the one that is measured on."""
    items: list[Item] = []
    for other in notes.folder.tables:
        likely = [each.name for each in looks_sensitive(other, notes.answers) if table.column(each.name) is None]
        if likely and other not in (table, notes.chosen.training) and not items:
            names = listed([scalar(name) for name in likely])
            why = f"{scalar(other.path)} has {names}, sensitive by name; a join brings it in, by a key that both have"
            items = [
                notes.open("join", why),
                Off([Pair("join", {**notes.file("data.join", other.path), "key": BLANK})]),
            ]
    return items


def _labels(labels: Labels) -> dict[str, Value]:
    return {"column": labels.column, "positive": labels.positive, "negative": labels.negative}


def _attribute(attribute: Attribute) -> dict[str, Value]:
    bins = tuple(int(limit) if limit == int(limit) else limit for limit in attribute.bins)
    return {"column": attribute.column, "bins": bins} if bins else {"column": attribute.column}


def _suggested(column: Column) -> Value:
    if column.numeric and column.values is None:
        return {"column": column.name, "bins": (40, 60) if "age" in words(column.name) else (BLANK,)}
    return {"column": column.name}


def _described(column: Column) -> str:
    if column.numeric and column.values is None:
        return f"{scalar(column.name)} (numbers: wants bins)"
    if column.values is None:
        return scalar(column.name)
    return f"{scalar(column.name)} ({listed([scalar(value) for value in column.values], 4)})"


def _perhaps(columns: tuple[Column, ...]) -> str:
    return f"; perhaps {listed([_described(column) for column in columns], 6)}" if columns else ""


def _size(table: Glimpse) -> str:
    if table.unread:
        return f"{table.path} (not looked into: {table.unread})"
    rows = f"{table.rows:,} rows" if table.rows is not None else "more rows than were counted"
    return f"{table.path}, {rows}, {len(table.columns)} columns"
