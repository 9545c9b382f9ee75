"""The first manifest of a folder: what was seen and answered as YAML, what is open as comments with the reason."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from governance import strictyaml
from governance.canonical import schema_of
from governance.collect.columns import Column, Glimpse, nameable, words
from governance.collect.manifest import FILE_NAME
from governance.errors import BadInput, MachineFault
from governance.evidence.manifest import RISK_TIERS, Attribute, Labels, Manifest
from governance.measure.formats import PICKLES
from governance.operations.choices import (
    RESCORE,
    Answers,
    Choices,
    attribute_name,
    choose,
    looks_like_label,
    looks_like_prediction,
    looks_sensitive,
)
from governance.operations.look import Seen
from governance.render.yaml import Comment, Item, Off, Pair, Value, document, scalar, tree

UNVERSIONED = "unversioned"
_BLANK = "..."
_SHOWN = 12
"""Columns, values or names that a comment lists."""
_MOST_FEATURES = 200
_HEADER = (
    "What `governance check` audits: one version of one model. `governance init` wrote it from what it saw; every line "
    "is yours to change. What it could not see is open, in a comment with the reason. `governance schema manifest` "
    "prints every key there is."
)


class Gap(NamedTuple):
    """Something left open: where it belongs in the manifest, and why it is open or what to do."""

    key: str
    why: str


class Draft(NamedTuple):
    """`seen`: (what, how it was found), one for each thing that is in the manifest."""

    text: str
    manifest: Manifest
    seen: tuple[tuple[str, str], ...]
    gaps: tuple[Gap, ...]


def draft(folder: Seen, answers: Answers, progress: Callable[[str], None]) -> Draft:
    """Raises BadInput for an answer that does not fit the folder, or a file that changes meanwhile."""
    return _Writer(folder, answers, choose(folder, answers), progress).draft()


def write_new(path: Path, text: str) -> None:
    """Raises BadInput where there is something already (a link that leads nowhere, too), MachineFault for the disk."""
    try:
        with path.open("xb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError as error:
        raise BadInput("there is a manifest already", got=str(path), fix="it is never overwritten; edit it") from error
    except OSError as error:
        raise MachineFault("cannot write the manifest", got=str(error), where=str(path)) from error


class _Writer:
    """One pass over the manifest's keys. `seen` and `gaps` grow as it writes."""

    def __init__(self, folder: Seen, answers: Answers, chosen: Choices, progress: Callable[[str], None]) -> None:
        self.folder, self.found, self.answers, self.chosen = folder, folder.found, answers, chosen
        self.progress = progress
        self.seen: list[tuple[str, str]] = []
        self.gaps: list[Gap] = []

    def draft(self) -> Draft:
        items: list[Item] = [Comment(_HEADER), Pair("schema", schema_of(Manifest))]
        for section in (
            self._model, self._artifact, self._features, self._data, self._lineage, self._access, self._environment,
            self._documents,
        ):  # fmt: skip
            items += section()
        text = document(items)
        source = strictyaml.parse(text.encode(), FILE_NAME)
        if source.tree != tree(items):
            raise RuntimeError("the manifest reads back as something else than was written")
        try:
            manifest = strictyaml.validate(source, Manifest)
        except BadInput as error:
            what = error.what.partition("\n")[0]
            raise BadInput("what was found and answered makes no sound manifest", got=what) from error
        self.folder.project.assert_unchanged()
        return Draft(text, manifest, tuple(self.seen), tuple(self.gaps))

    def _open(self, key: str, why: str) -> Comment:
        """Notes that something is open, and says so in the manifest."""
        self.gaps.append(Gap(key, why))
        return Comment(f"Open: {why}.")

    def _file(self, role: str, path: str) -> dict[str, Value]:
        self.progress(f"digesting {path}")
        return {"path": path, "sha256": self.folder.project.input(role, path).sha256}

    def _model(self) -> list[Item]:
        answers = self.answers
        version = answers.version or UNVERSIONED
        items: list[Item] = [Pair("name", answers.name or default_name(self.folder))]
        if answers.version is None:
            items.append(
                self._open("model.version", "no version was given; a decision is about one version, so name it")
            )
        items.append(Pair("version", version))
        if answers.owner:
            items.append(Pair("owner", answers.owner))
        else:
            items += [self._open("model.owner", "nobody is named as owner"), Off([Pair("owner", "team:name")])]
        if answers.risk_tier:
            items.append(Pair("risk_tier", answers.risk_tier))
        else:
            among = f"{', '.join(RISK_TIERS[:-1])} or {RISK_TIERS[-1]}. Unknown counts as {RISK_TIERS[-1]}."
            items += [Comment(among), Off([Pair("risk_tier", RISK_TIERS[-1])])]
        purpose: dict[str, Value] = {"objective": _BLANK, "kpi": _BLANK, "intended": (_BLANK,), "prohibited": (_BLANK,)}
        return [Pair("model", [*items, Off([Pair("purpose", purpose)])])]

    def _artifact(self) -> list[Item]:
        chosen, models = self.chosen.artifact, self.found.models
        if chosen is None:
            how = "name it with --artifact, or below"
            why = f"{len(models)} model files were found; {how}" if models else f"no model file was found; {how}"
            reason = f"open: {len(models)} model files were found" if models else "no model file was found"
            items: list[Item] = [
                self._open("artifact", why),
                Comment("Without one a version can be audited, and no gate lets it run."),
            ]
            for model in models[:_SHOWN]:
                items.append(Off([Pair("artifact", {"path": model.path, "format": model.format})]))
            return [*items, Pair("artifact", {"none": reason})]
        file = self._file("artifact", chosen.path)
        names = f", names its {len(chosen.features)} features" if chosen.features else ""
        self.seen.append(("model", f"{chosen.path} ({chosen.format}{names})"))
        section: dict[str, Value] = {"path": file["path"], "format": chosen.format, "sha256": file["sha256"]}
        notes: list[Item] = []
        if chosen.format in PICKLES:
            why = "a pickle runs code when it is opened, so it is never opened; export the model as skops"
            notes.append(self._open("artifact.format", why))
        return [*notes, Pair("artifact", section)]

    def _features(self) -> list[Item]:
        features, table = self.chosen.features, self.chosen.evaluation
        if features:
            missing = [name for name in features if table and table.columns and table.column(name) is None]
            notes: list[Item] = []
            if missing and table:
                names = _listed([scalar(name) for name in missing])
                notes.append(self._open("features", f"{table.path} has no column for {names}"))
            by = "as you named them" if self.answers.features else "as the model's file names them"
            return [Comment(f"In the order that the model expects, {by}."), *notes, Pair("features", features)]
        if self.chosen.artifact is None and not table:
            return []
        why = "the model's file does not say what its features are called"
        if self.chosen.artifact is None:
            why = "what the features are is not known without a model"
        taken = {self.answers.label, self.answers.prediction}
        others = tuple(each.name for each in table.usable if each.name not in taken) if table else ()
        if self.chosen.asked is None or not others or len(others) > _MOST_FEATURES:
            return [self._open("features", why), Off([Pair("features", (_BLANK,))])]
        note = self._open("features", f"{why}; below are the other columns of the table, as a start")
        return [note, Off([Pair("features", others)])]

    def _data(self) -> list[Item]:
        training: list[Item] = []
        self._see_tables()
        if self.chosen.training:
            named = "`dataset: NAME` says what lineage events call it, where that is not its path."
            training = [Comment(named), Pair("training", self._file("data.training", self.chosen.training.path))]
        table = self.chosen.evaluation
        if table is None:
            known = _listed([scalar(each.path) for each in self.folder.tables])
            why = (
                f"which of {known} to measure on; --evaluation names it"
                if known
                else "no Parquet or CSV table was found"
            )
            note = self._open("data.evaluation", why)
            blank: list[Item] = [Pair("path", _BLANK), *self._columns(None)]
            return self._section("data", training, note, Pair("evaluation", blank))
        why = self._why_not_measurable(table)
        unready = self._open("data.evaluation", why) if why else None
        body: list[Item] = [Pair(key, value) for key, value in self._file("data.evaluation", table.path).items()]
        body += self._columns(table)
        if unready:
            return self._section("data", training, unready, Pair("evaluation", body))
        return [Pair("data", [Pair("evaluation", body), *training])]

    def _see_tables(self) -> None:
        evaluation, training = self.chosen.evaluation, self.chosen.training
        if evaluation:
            by_name = self.answers.evaluation is None and len(self.folder.tables) > 1
            self.seen.append(("evaluation", f"{_size(evaluation)}{'; taken for its name' if by_name else ''}"))
        if training:
            self.seen.append(("training", _size(training)))
        others = [each.path for each in self.folder.tables if each not in (evaluation, training)]
        if others:
            self.seen.append(("other tables", _listed(others)))

    @staticmethod
    def _section(key: str, there: list[Item], note: Item, pair: Pair) -> list[Item]:
        """A section with a key that is commented out; all of it is, where nothing else is there."""
        if there:
            return [Pair(key, [note, Off([pair]), *there])]
        return [note, Off([Pair(key, [pair])])]

    def _why_not_measurable(self, table: Glimpse) -> str:
        """Why there is no evaluation yet; empty where there is one. Candidates are named, and none is taken."""
        if table.unread:
            return f"{scalar(table.path)} was not looked into ({table.unread})"
        wanted = []
        if self.chosen.asked is None:
            wanted.append(f"the label's column (--label{_perhaps(looks_like_label(table))})")
        if self.chosen.label is None:
            column = table.column(self.chosen.asked or "")
            values = f" of {_listed([scalar(value) for value in column.values])}" if column and column.values else ""
            wanted.append(f"its positive values (--positive{values})")
        if self.answers.prediction is None:
            likely = _perhaps(looks_like_prediction(table))
            wanted.append(f"the prediction's column, or `rescore` to run the model (--prediction{likely})")
        return f"to be named: {', '.join(wanted)}" if wanted else ""

    def _columns(self, table: Glimpse | None) -> list[Item]:
        blank: dict[str, Value] = {"column": _BLANK, "positive": (_BLANK,), "negative": (_BLANK,)}
        label, prediction = self.chosen.label, self.chosen.prediction
        items: list[Item] = [
            Pair("label", _labels(label) if label else blank | {"column": self.chosen.asked or _BLANK})
        ]
        if prediction is None:
            said = self.answers.prediction
            items.append(Pair("prediction", said if said == RESCORE else blank | {"column": said or _BLANK}))
        elif isinstance(prediction, str):
            items += [Comment("The audit runs the model on this table itself."), Pair("prediction", prediction)]
        else:
            items.append(Pair("prediction", _labels(prediction)))
        return [*items, *([*self._sensitive(table), *self._elsewhere(table)] if table else [])]

    def _sensitive(self, table: Glimpse) -> list[Item]:
        named, likely = self.chosen.sensitive, looks_sensitive(table, self.answers)
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
            return [self._open("sensitive", why), Off([Pair("sensitive", {"group": {"column": _BLANK}})])]
        names = _listed([_described(column) for column in likely])
        one = len(likely) == 1
        so = "" if named else ", so fairness is not measured"
        why = f"{names} {'looks' if one else 'look'} sensitive, by name; nobody said so{so}. Uncomment what is"
        note = self._open("sensitive", why)
        if named:
            return [Pair("sensitive", [*there, note, off]), *intersections]
        return [note, Off([Pair("sensitive", list(off.items))])]

    def _elsewhere(self, table: Glimpse) -> list[Item]:
        """Columns that sound sensitive and are in another table than the one that is measured on."""
        items: list[Item] = []
        for other in self.folder.tables:
            likely = [each.name for each in looks_sensitive(other, self.answers) if table.column(each.name) is None]
            if likely and other not in (table, self.chosen.training) and not items:
                names = _listed([scalar(name) for name in likely])
                why = (
                    f"{scalar(other.path)} has {names}, sensitive by name; a join brings it in, by a key that both have"
                )
                items = [self._open("join", why), Off([Pair("join", {"path": other.path, "key": _BLANK})])]
        return items

    def _lineage(self) -> list[Item]:
        events, tables = self.found.events, self.folder.tables
        names = [name for name in self.found.sources[:_SHOWN] if nameable(name)]
        files = [name for name in names if name in self.found.files]
        here = tuple({"id": name, **self._file("lineage.source", name)} for name in files)
        one: dict[str, Value] = {"id": _BLANK, "owner": _BLANK, "licence": _BLANK}
        sources: tuple[Value, ...] = tuple(one | {"id": name} for name in names if name not in files)
        if events:
            self.seen.append(("lineage", f"{len(events)} file{'s' * (len(events) > 1)} of events"))
            from_ = f" (the events read {_listed([scalar(name) for name in names])} from elsewhere)" if names else ""
            note = self._open("lineage.sources", f"whose the data is and under which licence{from_}")
            if here:
                self.seen.append(("sources", _listed([scalar(name) for name in files])))
                add = Comment('Add to each of them: owner: "...", licence: "..."')
                more = [Off([Pair("sources", sources)])] if sources else []
                return [Pair("lineage", [Pair("events", events), note, add, Pair("sources", here), *more])]
            return [Pair("lineage", [Pair("events", events), note, Off([Pair("sources", sources or (one,))])])]
        what = "where the data comes from: its sources, and OpenLineage events of how it was made"
        if not tables:
            what = "where the data comes from"
        note = self._open("lineage", what)
        return [note, Off([Pair("lineage", [Pair("sources", (one,)), Pair("events", ("lineage/train.json",))])])]

    def _access(self) -> list[Item]:
        found = {"grants": self.found.grants, "approvals": self.found.approvals}
        headers = {"grants": "principal,permission,resource", "approvals": "item,principal,role,at"}
        there: list[Item] = []
        missing: list[Item] = []
        for key, path in found.items():
            if path:
                self.seen.append((key, path))
                there.append(Pair(key, path))
            else:
                note = self._open(f"access.{key}", f"no CSV file with the header {headers[key]} was found")
                missing += [note, Off([Pair(key, f"access/{key}.csv")])]
        if there:
            return [Pair("access", [*there, *missing])]
        section: dict[str, Value] = {key: f"access/{key}.csv" for key in found}
        return [*(item for item in missing if isinstance(item, Comment)), Off([Pair("access", section)])]

    def _environment(self) -> list[Item]:
        there: list[Item] = []
        missing: list[Item] = []
        off: dict[str, Value] = {}
        if self.found.lock:
            self.seen.append(("lock", self.found.lock))
            there.append(Pair("lock", self.found.lock))
        else:
            missing.append(self._open("environment.lock", "no requirements.lock or requirements.txt was found"))
            off["lock"] = "requirements.lock"
        checkout = self.found.checkout
        if checkout and checkout.above == 0:
            self.seen.append(("commit", f"{checkout.commit[:12]}, checked out here"))
            there += [Comment("What is checked out; changes that are not committed are not in it.")]
            there.append(Pair("commit", checkout.commit))
        else:
            why = "no git commit is checked out here"
            if checkout:
                where = "in the folder above" if checkout.above == 1 else f"{checkout.above} folders above"
                why = f"{checkout.commit[:12]} is checked out {where}; uncomment it if the model is from there"
            missing.append(self._open("environment.commit", why))
            off["commit"] = checkout.commit if checkout else _BLANK
        missing.append(self._open("environment.seeds", "the seeds of the training are not known"))
        off["seeds"] = (0,)
        if there:
            return [Pair("environment", [*there, *missing, Off([Pair(key, value) for key, value in off.items()])])]
        return [*missing, Off([Pair("environment", off)])]

    def _documents(self) -> list[Item]:
        found = self.found.documents
        self.seen += list(found.items())
        missing: list[Item] = []
        if "model_card" not in found:
            missing.append(
                self._open("documents.model_card", "no model card was found (a text with `card` in its name)")
            )
        off = Off([Pair("model_card", "docs/model-card.md")])
        if found:
            there: list[Item] = [Pair(kind, path) for kind, path in found.items()]
            return [Pair("documents", [*there, *missing, *([off] if missing else [])])]
        return [*missing, Off([Pair("documents", {"model_card": "docs/model-card.md"})])]


def default_name(folder: Seen) -> str:
    """The folder's name, where a manifest can hold it."""
    name = folder.project.root.name
    return name if nameable(name) else "model"


def _labels(labels: Labels) -> dict[str, Value]:
    return {"column": labels.column, "positive": labels.positive, "negative": labels.negative}


def _attribute(attribute: Attribute) -> dict[str, Value]:
    bins = tuple(int(limit) if limit == int(limit) else limit for limit in attribute.bins)
    return {"column": attribute.column, "bins": bins} if bins else {"column": attribute.column}


def _suggested(column: Column) -> Value:
    if column.numeric and column.values is None:
        return {"column": column.name, "bins": (40, 60) if "age" in words(column.name) else (_BLANK,)}
    return {"column": column.name}


def _described(column: Column) -> str:
    if column.numeric and column.values is None:
        return f"{scalar(column.name)} (numbers: wants bins)"
    if column.values is None:
        return scalar(column.name)
    return f"{scalar(column.name)} ({_listed([scalar(value) for value in column.values], 4)})"


def _perhaps(columns: tuple[Column, ...]) -> str:
    return f"; perhaps {_listed([_described(column) for column in columns], 6)}" if columns else ""


def _listed(names: list[str], most: int = _SHOWN) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def _size(table: Glimpse) -> str:
    if table.unread:
        return f"{table.path} (not looked into: {table.unread})"
    rows = f"{table.rows:,} rows" if table.rows is not None else "more rows than were counted"
    return f"{table.path}, {rows}, {len(table.columns)} columns"
