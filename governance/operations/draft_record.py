"""The first manifest's sections about everything beside model and tables: where the data comes from, who may do what,
how the model was built, under which terms, how it is run, and what was written about it."""

from governance.collect import access as lists
from governance.collect.columns import nameable
from governance.operations.drafting import BLANK, SHOWN, Notes, listed
from governance.render.yaml import Comment, Item, Off, Pair, Value, scalar


def lineage(notes: Notes) -> list[Item]:
    events = notes.found.events
    names = [name for name in notes.found.sources[:SHOWN] if nameable(name)]
    files = [name for name in names if name in notes.found.files]
    blank: dict[str, Value] = {"id": BLANK, "owner": BLANK, "licence": BLANK}
    if not events:
        what = "where the data comes from"
        if notes.folder.tables:
            what += ": its sources, and OpenLineage events of how it was made"
        example: list[Item] = [Pair("sources", (blank,)), Pair("events", ("lineage/train.json",))]
        return [notes.open("lineage", what), Off([Pair("lineage", example)])]
    notes.saw("lineage", f"{len(events)} file{'s' * (len(events) > 1)} of events")
    elsewhere = [scalar(name) for name in names if name not in files]
    from_ = f" (the events read {listed(elsewhere)} from elsewhere)" if elsewhere else ""
    note = notes.open("lineage.sources", f"whose the data is and under which licence{from_}")
    others = tuple(blank | {"id": name} for name in names if name not in files)
    if not files:
        return [Pair("lineage", [Pair("events", events), note, Off([Pair("sources", others or (blank,))])])]
    notes.saw("sources", listed([scalar(name) for name in files]))
    add = 'Add to each of them: owner: "...", licence: "..."'
    if others:
        add += f", and to the list: {listed([scalar(str(one['id'])) for one in others])}"
    here: tuple[Value, ...] = tuple({"id": name, **notes.file("lineage.source", name)} for name in files)
    return [Pair("lineage", [Pair("events", events), note, Comment(add), Pair("sources", here)])]


def access(notes: Notes) -> list[Item]:
    found = {"grants": notes.found.grants, "approvals": notes.found.approvals, "people": notes.found.people}
    headers = {"grants": lists.GRANTS, "approvals": lists.APPROVALS, "people": lists.PEOPLE}
    there: list[Item] = []
    missing: list[Item] = []
    for key, path in found.items():
        if path:
            notes.saw(key, path)
            there.append(Pair(key, path))
        else:
            note = notes.open(f"access.{key}", f"no CSV file with the header {','.join(headers[key])} was found")
            missing += [note, Off([Pair(key, f"access/{key}.csv")])]
    if there:
        return [Pair("access", [*there, *missing])]
    section: dict[str, Value] = {key: f"access/{key}.csv" for key in found}
    return [*(item for item in missing if isinstance(item, Comment)), Off([Pair("access", section)])]


def environment(notes: Notes) -> list[Item]:
    there: list[Item] = []
    missing: list[Item] = []
    off: list[Item] = []
    if notes.found.lock:
        notes.saw("lock", notes.found.lock)
        there.append(Pair("lock", notes.found.lock))
    else:
        missing.append(notes.open("environment.lock", "no requirements.lock or requirements.txt was found"))
        off.append(Pair("lock", "requirements.lock"))
    checkout = notes.found.checkout
    if checkout and checkout.above == 0:
        notes.saw("commit", f"{checkout.commit[:12]}, checked out here")
        there += [Comment("What is checked out; changes that are not committed are not in it.")]
        there.append(Pair("commit", checkout.commit))
    else:
        why = "no git commit is checked out here"
        if checkout:
            where = "in the folder above" if checkout.above == 1 else f"{checkout.above} folders above"
            why = f"{checkout.commit[:12]} is checked out {where}; uncomment it if the model is from there"
        missing.append(notes.open("environment.commit", why))
        off.append(Pair("commit", checkout.commit if checkout else BLANK))
    parameters = notes.found.parameters
    seeds = tuple(int(value) for name, value in parameters.items() if "seed" in name.lower() and value.isdecimal())
    why = "the seeds of the training are not known, nor its `parameters` (name: value)"
    if parameters:
        why = "params.yaml has parameters; uncomment them if the model was trained with these"
    missing.append(notes.open("environment.seeds", why))
    off.append(Pair("seeds", seeds or (0,)))
    off += [Pair("parameters", dict(parameters))] if parameters else []
    if there:
        return [Pair("environment", [*there, *missing, Off(off)])]
    return [*missing, Off([Pair("environment", off)])]


def licences(notes: Notes) -> list[Item]:
    if notes.chosen.artifact is None:
        return []
    why = (
        "under which licence the model is (such as Apache-2.0) and what it was built from is not said; "
        "`components: []` says that it was trained from nothing else"
    )
    note = notes.open("licences", why)
    component: dict[str, Value] = {"name": BLANK, "kind": "base-model", "licence": BLANK}
    section: list[Item] = [Pair("model", BLANK), Pair("components", (component,))]
    return [note, Off([Pair("licences", section)])]


def operations(notes: Notes) -> list[Item]:
    answers = notes.answers
    watched: dict[str, Value] = {"name": BLANK, "at_least": 0.2, "at_most": 0.6}
    monitoring = Pair("monitoring", {"interval": "1d", "metrics": (watched,)})
    there: list[Item] = []
    missing: list[Item] = []
    off: list[Item] = []
    if answers.rollback:
        there.append(Pair("rollback", answers.rollback))
    else:
        why = "which version to go back to is not said (--rollback); a first one says by `none` what happens then"
        missing.append(notes.open("operations.rollback", why))
        off.append(Pair("rollback", {"none": BLANK}))
    missing.append(notes.open("operations.monitoring", "what is watched once it runs, within which limits, how often"))
    off.append(monitoring)
    if answers.contact:
        there.append(Pair("on_call", {"owner": str(answers.owner), "contact": answers.contact}))
    else:
        missing.append(notes.open("operations.on_call", "who is called when it misbehaves (--contact)"))
        off.append(Pair("on_call", {"owner": answers.owner or BLANK, "contact": BLANK}))
    if there:
        return [Pair("operations", [*there, *missing, Off(off)])]
    return [*missing, Off([Pair("operations", off)])]


def documents(notes: Notes) -> list[Item]:
    found = notes.found.documents
    for kind, path in found.items():
        notes.saw(kind, path)
    missing: list[Item] = []
    if "model_card" not in found:
        why = "no model card was found (a text with `card` in its name)"
        missing.append(notes.open("documents.model_card", why))
    off = Off([Pair("model_card", "docs/model-card.md")])
    if found:
        there: list[Item] = [Pair(kind, path) for kind, path in found.items()]
        return [Pair("documents", [*there, *missing, *([off] if missing else [])])]
    return [*missing, Off([Pair("documents", {"model_card": "docs/model-card.md"})])]
