"""Evidence that was recorded, as the ground of a case: changed by the same short words as evidence that is made up.

What a case does not name stays as it was recorded, to the byte. What it names is written out short, changed, and read
again.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from governance.evidence.evidence import EvidenceSet, Facts
from governance.evidence.explainability import GlobalAttribution
from governance.evidence.fairness import Cell, FairnessFacts
from governance.evidence.lineage import Ancestor
from governance.evidence.plan import Comparison
from governance.policy.notation import FORMS, alternatives, critical_values, hints
from governance.policy.written import BESIDE, OWN, PREDICTED, Written, patched, read, written_out
from governance.strictyaml import Source

_UNKNOWN = "unknown"


def overlaid(
    source: Source, recorded: EvidenceSet, changes: Sequence[Written], comparisons: Iterable[Comparison]
) -> EvidenceSet:
    """Recorded evidence with merge patches (RFC 7396) laid over it one after the other, as if measured for these
    comparisons too. Raises BadInput at line and column for what is no evidence then."""
    asked = tuple(comparisons)
    whole = recorded.model_dump(mode="json", by_alias=True)
    named = list(dict.fromkeys(name for change in changes for name in change.tree))
    written = Written(_short(recorded, whole, named), {}, {})
    for change in changes:
        written = patched(source, written, change)
    taken, out = written_out(written.tree, asked)
    for name in OWN:
        if name in named:
            whole[name] = out[name]
    for name in named:
        if name not in (*BESIDE, "absent"):
            whole["facts"][name] = _regrouped(name, whole["facts"].get(name), out["facts"].get(name))
    if "absent" in named:
        whole["facts"]["absent"] = out["facts"].get("absent", [])
    _said_by(whole, written.tree, named)
    _compared(whole["facts"].get("fairness"), asked)
    return read(source, written, taken, whole)


def _short(recorded: EvidenceSet, whole: dict[str, Any], named: list[str]) -> dict[str, Any]:
    """The groups of facts (and what stands beside them) that some change names, as a person would write them."""
    found = {}
    facts, sides = hints(Facts), hints(EvidenceSet)
    for name in named:
        value, kind = (whole.get(name), sides[name]) if name in OWN else (whole["facts"].get(name), facts.get(name))
        if value is None or name in ("origins", "predictions"):
            continue
        if name != "fairness":
            found[name] = _shortened(value, kind)
        elif recorded.facts.fairness is not None:
            found[name] = _tables(recorded.facts.fairness, value)
    return found


def _tables(facts: FairnessFacts, value: dict[str, Any]) -> dict[str, Any]:
    """attribute -> group -> counts."""
    return {
        "*".join(table.attributes): {
            "*".join(_UNKNOWN if part is None else part for part in cell.group): _shortened(
                {key: inner for key, inner in written.items() if key != "group"}, Cell
            )
            for cell, written in zip(table.cells, row["cells"], strict=True)
        }
        for table, row in zip(facts.tables, value["tables"], strict=True)
    }


def _shortened(value: Any, kind: Any) -> Any:
    """A value as the text of YAML has it: lists of what has a name as mappings, everything else as text."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        for option in alternatives(kind):
            if isinstance(option, type) and issubclass(option, BaseModel):
                if option is GlobalAttribution:
                    return _shortened(value["features"], hints(option)["features"])
                # What nobody writes is not there: `null` in a patch would take it away.
                fields = hints(option)
                return {name: _shortened(one, fields[name]) for name, one in value.items() if name in fields}
            if get_origin(option) is dict:
                return {name: _shortened(one, get_args(option)[1]) for name, one in value.items()}
        return value
    if isinstance(value, list):
        inner = next((get_args(one)[0] for one in alternatives(kind) if get_origin(one) is tuple), None)
        if inner in FORMS:
            names = _names([_name(one, inner) for one in value])
            return {name: _shortened(one, inner) for name, one in zip(names, value, strict=True)}
        return [_shortened(one, inner) for one in value]
    return str(value)


def _names(names: list[str]) -> list[str]:
    """The second of one name is called `name#2`."""
    seen = Counter[str]()
    found = []
    for name in names:
        seen[name] += 1
        found.append(name if seen[name] == 1 else f"{name}#{seen[name]}")
    return found


def _name(value: dict[str, Any], model: type[BaseModel]) -> str:
    if model is Ancestor:
        return f"{value['dataset']}.{value['column']}"
    return str(value[FORMS[model].key])


def _regrouped(name: str, was: Any, now: Any) -> Any:
    """A group as it was changed, with what no change can name as it was: who says so, and of tables of counts that did
    not change what was computed from them."""
    if not isinstance(was, dict) or not isinstance(now, dict):
        return now
    now = {**now, "origin": was.get("origin")}
    if name != "fairness" or not isinstance(now.get("tables"), list):
        return now
    known = {tuple(table["attributes"]): table for table in was["tables"]}
    tables = []
    for table in now["tables"]:
        old = known.get(tuple(table["attributes"]))
        same = old is not None and _counts(old["cells"]) == _counts(table["cells"])
        tables.append({**old, "cells": table["cells"]} if old is not None and same else table)
    return {**was, "rows": was["rows"] if len(tables) == len(known) and tables == was["tables"] else now["rows"],
            "tables": tables}  # fmt: skip


def _counts(cells: Any) -> Any:
    try:
        return [(tuple(cell["group"]), *(int(cell[name]) for name in ("tn", "fp", "fn", "tp"))) for cell in cells]
    except (KeyError, TypeError, ValueError):
        return None


def _said_by(whole: dict[str, Any], tree: dict[str, Any], named: list[str]) -> None:
    """`origins` and `predictions`, where a change names them."""
    facts, usual = whole["facts"], whole["origin"]
    if "predictions" in named:
        usual["predictions"] = tree["predictions"]
        for name in PREDICTED:
            if isinstance(facts.get(name), dict) and facts[name].get("origin"):
                facts[name]["origin"]["predictions"] = tree["predictions"]
    origins = tree.get("origins", {}) if "origins" in named else {}
    for name, kind in origins.items() if isinstance(origins, dict) else ():
        if name == "inputs":
            usual["kind"] = kind
        elif isinstance(facts.setdefault(name, {}), dict):
            predictions = {"predictions": usual["predictions"]} if name in PREDICTED else {}
            facts[name]["origin"] = {"kind": kind, **predictions}


def _compared(fairness: Any, asked: tuple[Comparison, ...]) -> None:
    """Critical values for comparisons that were not recorded: those that evidence which is made up has."""
    for table in fairness["tables"] if isinstance(fairness, dict) else ():
        there = {(one["metric"], one["measure"], one["min_rows"]) for one in table["critical"]}
        missing = [one for one in asked if (one.metric, one.measure, one.min_rows) not in there]
        cells = [Cell.model_validate(cell) for cell in table["cells"]] if missing else []
        table["critical"] = [*table["critical"], *(critical_values(cells, one) for one in missing)]
