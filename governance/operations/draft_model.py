"""The first manifest's sections about the model itself: `model`, `artifact`, `features`."""

from governance.evidence.manifest import RISK_TIERS
from governance.measure.formats import PICKLES
from governance.operations.drafting import BLANK, SHOWN, Notes, default_name, listed
from governance.render.yaml import Comment, Item, Off, Pair, Value, scalar

UNVERSIONED = "unversioned"
_MOST_FEATURES = 200


def model(notes: Notes) -> list[Item]:
    answers = notes.answers
    items: list[Item] = [Pair("name", answers.name or default_name(notes.folder))]
    if answers.version is None:
        items.append(notes.open("model.version", "no version was given; a decision is about one version, so name it"))
    items.append(Pair("version", answers.version or UNVERSIONED))
    if answers.owner:
        items.append(Pair("owner", answers.owner))
    else:
        items += [notes.open("model.owner", "nobody is named as owner"), Off([Pair("owner", "team:name")])]
    if answers.risk_tier:
        items.append(Pair("risk_tier", answers.risk_tier))
    else:
        among = f"{', '.join(RISK_TIERS[:-1])} or {RISK_TIERS[-1]}. Unknown counts as {RISK_TIERS[-1]}."
        items += [Comment(among), Off([Pair("risk_tier", RISK_TIERS[-1])])]
    if notes.chosen.artifact:
        items += [
            Comment("When the training ended, such as 2026-01-31T12:00:00Z: older documents describe another model."),
            Off([Pair("trained_at", BLANK)]),
        ]
    return [Pair("model", [*items, *_purpose(notes)])]


def _purpose(notes: Notes) -> list[Item]:
    """What it is for, in words and in a number. `metric` is one that the audit measures itself."""
    kpi: dict[str, Value] = {"name": BLANK, "target": 0.8, "value": 0.83, "better": "higher", "metric": "recall"}
    rest: list[Item] = [Pair("kpi", kpi), Pair("intended", (BLANK,)), Pair("prohibited", (BLANK,))]
    if notes.answers.objective:
        why = "how its success is measured, and which uses are intended and prohibited, is not said"
        note = notes.open("model.purpose", why)
        return [Pair("purpose", [Pair("objective", notes.answers.objective), note, Off(rest)])]
    why = "what the model is for is not said: --objective, and its measure of success, its intended and prohibited uses"
    return [notes.open("model.purpose", why), Off([Pair("purpose", [Pair("objective", BLANK), *rest])])]


def artifact(notes: Notes) -> list[Item]:
    chosen, models = notes.chosen.artifact, notes.found.models
    if chosen is None:
        why = "no model file was found; name it with --artifact, or below"
        reason = "no model file was found"
        if models:
            why = f"which of {listed([scalar(each.path) for each in models])} is the model; --artifact names it"
            reason = f"open: {len(models)} model files were found"
        items: list[Item] = [
            notes.open("artifact", why),
            Comment("Without one a version can be audited, and no gate lets it run."),
        ]
        for each in models[:SHOWN]:
            items.append(Off([Pair("artifact", {"path": each.path, "format": each.format})]))
        return [*items, Pair("artifact", {"none": reason})]
    file = notes.file("artifact", chosen.path)
    names = f", names its {len(chosen.features)} features" if chosen.features else ""
    notes.saw("model", f"{chosen.path} ({chosen.format}{names})")
    section: dict[str, Value] = {"path": file["path"], "format": chosen.format, "sha256": file["sha256"]}
    warning: list[Item] = []
    if chosen.format in PICKLES:
        why = "a pickle runs code when it is opened, so it is never opened; export the model as skops"
        warning.append(notes.open("artifact.format", why))
    return [*warning, Pair("artifact", section)]


def features(notes: Notes) -> list[Item]:
    named, table = notes.chosen.features, notes.chosen.evaluation
    if named:
        missing = [name for name in named if table and table.columns and table.column(name) is None]
        items: list[Item] = []
        if missing and table:
            items.append(
                notes.open("features", f"{table.path} has no column for {listed([scalar(name) for name in missing])}")
            )
        by = "as you named them" if notes.answers.features else "as the model's file names them"
        return [Comment(f"In the order that the model expects, {by}."), *items, Pair("features", named)]
    if notes.chosen.artifact is None and not table:
        return []
    why = "the model's file does not say what its features are called"
    if notes.chosen.artifact is None:
        why = "what the features are is not known without a model"
    taken = {notes.answers.label, notes.answers.prediction}
    others = tuple(each.name for each in table.usable if each.name not in taken) if table else ()
    if notes.chosen.asked is None or not others or len(others) > _MOST_FEATURES:
        return [notes.open("features", why), Off([Pair("features", (BLANK,))])]
    note = notes.open("features", f"{why}; below are the other columns of the table, as a start")
    return [note, Off([Pair("features", others)])]
