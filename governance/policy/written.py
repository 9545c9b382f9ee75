"""Evidence as a person writes it, in the cases of a policy: short, and one line for each thing that can change.

The documents of evidence say what there is; this says how it may be written. What has a name stands under its name
instead of in a list, so that a change touches it alone. A word where a digest belongs stands for the digest of that
word. `null` is null, and what is left out is null or empty wherever the document lets it be.
"""

import difflib
import re
from collections.abc import Iterable, Mapping
from types import NoneType
from typing import Any, NamedTuple, get_args, get_origin

from pydantic import BaseModel, ValidationError

from governance.canonical import Sha256, sha256
from governance.evidence.evidence import EvidenceSet, Facts
from governance.evidence.fairness import Cell
from governance.evidence.plan import Comparison
from governance.policy.notation import FORMS, REWRITE, alternatives, critical_values, field_of, hints
from governance.policy.specimen import evidence as specimen
from governance.strictyaml import Path, Position, explain
from governance.strictyaml import Source as Text

DECLARED = (
    "lineage",
    "access",
    "reproducibility",
    "documents",
    "purpose",
    "operations",
    "licences",
    "bias_audit",
    "reasons",
)
"""Groups of facts that are always taken from a document."""
OWN = ("subject", "risk_tier", "model", "inputs")
BESIDE = (*OWN, "predictions", "origins")
"""What may be written beside the groups of facts. `predictions` are rescored or supplied; `origins` says which groups
(or `inputs`) are measured and which declared, where that is not as usual."""
PREDICTED = ("fairness", "performance", "explainability")
_HEX = re.compile(r"[0-9a-f]{64}")


class Written(NamedTuple):
    """A part of a YAML text as nested dict, list and str, and where its keys and values stand."""

    tree: dict[str, Any]
    keys: dict[Path, Position]
    values: dict[Path, Position]


def part(source: Text, at: Path) -> Written:
    """The mapping at `at`, or an empty one where there is none."""
    tree: Any = source.tree
    for step in at:
        tree = tree.get(step, {}) if isinstance(tree, dict) else tree[step]

    def below(positions: dict[Path, Position]) -> dict[Path, Position]:
        return {path[len(at) :]: found for path, found in positions.items() if path[: len(at)] == at}

    return Written(tree, below(source.keys), below(source.values))


def patched(source: Text, base: Written, change: Written) -> Written:
    """`base` with a JSON merge patch applied (RFC 7396): null removes. Raises BadInput for removing what is not
    there, which would be a change that changes nothing."""

    def merged(target: Any, patch: Any, at: Path) -> Any:
        if not isinstance(patch, dict):
            return patch
        result = dict(target) if isinstance(target, dict) else {}
        for key, value in patch.items():
            if value != "null":
                result[key] = merged(result.get(key), value, (*at, key))
            elif key in result:
                del result[key]
            else:
                near = difflib.get_close_matches(key, list(result), n=1)
                fix = f"did you mean {near[0]!r}?" if near else ""
                what = f"null removes {key!r}, which is not there"
                raise source.error(change.keys[(*at, key)], what, fix=fix)
        return result

    return Written(merged(base.tree, change.tree, ()), base.keys | change.keys, base.values | change.values)


def evidence(source: Text, written: Written, comparisons: Iterable[Comparison]) -> EvidenceSet:
    """The evidence set that `written` says, as if measured for these comparisons of groups.

    Raises BadInput at line and column for whatever is not evidence.
    """
    return read(source, written, *written_out(written.tree, tuple(comparisons)))


def written_out(tree: dict[str, Any], comparisons: tuple[Comparison, ...]) -> "tuple[dict[Path, Path], dict[str, Any]]":
    """What was written short as the document has it, and for each path there from which it was taken."""
    spelling = _Spelling()
    out = spelling.set_out(tree, comparisons)
    return spelling.taken, out


def read(source: Text, written: Written, taken: Mapping[Path, Path], tree: dict[str, Any]) -> EvidenceSet:
    """The evidence set of a tree that is written out. Raises BadInput where that which it was taken from stands."""
    out = Text(source.name, "")
    out.lines, out.tree = source.lines, tree
    for new, old in taken.items():
        for there, here in ((out.keys, written.keys), (out.values, written.values)):
            if old in here:
                there[new] = here[old]
    try:
        return EvidenceSet.model_validate(tree, by_alias=True, by_name=False)
    except ValidationError as error:
        raise explain(out, EvidenceSet, error) from error


class _Spelling:
    """Writes out what was written short. `taken` maps each path written out to the path it was taken from."""

    def __init__(self) -> None:
        self.taken: dict[Path, Path] = {("facts",): (), ("origin",): (), ("facts", "fairness", "tables"): ("fairness",)}

    def set_out(self, tree: dict[str, Any], comparisons: tuple[Comparison, ...]) -> dict[str, Any]:
        """A whole evidence set, about a model that does not exist."""
        result = specimen(Facts()).model_dump(mode="json", by_alias=True)
        kinds = hints(EvidenceSet)
        result |= {name: self._any(tree[name], kinds[name], (name,), (name,)) for name in OWN if name in tree}
        predictions = tree.get("predictions", "rescored")
        self.taken[("origin", "predictions")] = ("predictions",)
        groups = {name: value for name, value in tree.items() if name not in BESIDE}
        for name in groups:
            self.taken[("facts", name)] = (name,)
        kinds = hints(Facts)
        facts = {
            name: self._fairness(value, comparisons)
            if name == "fairness" and isinstance(value, dict)
            else self._any(value, kinds.get(name, Any), (name,), ("facts", name))
            for name, value in groups.items()
        }
        origins = tree.get("origins", {})
        for name in {**origins, **facts} if isinstance(origins, dict) else ():
            kind = origins.get(name, "declared" if name in DECLARED else "measured")
            if name == "inputs":
                result["origin"]["kind"] = kind
                self.taken[("origin", "kind")] = ("origins", name)
            elif name != "absent" and isinstance(facts.setdefault(name, {}), dict):
                self.taken.setdefault(("facts", name), ("origins", name))
                facts[name]["origin"] = {"kind": kind} | ({"predictions": predictions} if name in PREDICTED else {})
                said = ("origins", name) if name in origins else ("predictions",)
                self.taken |= {
                    ("facts", name, "origin"): said,
                    ("facts", name, "origin", "predictions"): ("predictions",),
                }
        return result | {"facts": facts, "origin": result["origin"] | {"predictions": predictions}}

    def _any(self, value: Any, kind: Any, old: Path, new: Path) -> Any:
        self.taken[new] = old
        options = alternatives(kind)
        if value == "null" and NoneType in options:
            return None
        for option in options:
            if option == Sha256 and isinstance(value, str):
                return value if _HEX.fullmatch(value) else sha256(value.encode())
            if isinstance(value, dict) and isinstance(option, type) and issubclass(option, BaseModel):
                return self._document(value, option, old, new)
            if get_origin(option) is tuple:
                inner = get_args(option)[0]
                if isinstance(value, dict) and inner in FORMS:
                    return [
                        self._named(inner, i, *one, (*old, one[0]), (*new, i)) for i, one in enumerate(value.items())
                    ]
                if isinstance(value, list):
                    return [self._any(one, inner, (*old, i), (*new, i)) for i, one in enumerate(value)]
            if get_origin(option) is dict and isinstance(value, dict):
                inner = get_args(option)[1]
                return {key: self._any(one, inner, (*old, key), (*new, key)) for key, one in value.items()}
        return value

    def _named(self, model: type[BaseModel], place: int, name: str, value: Any, old: Path, new: Path) -> Any:
        form = FORMS[model]
        if not isinstance(value, dict):
            value = {form.main: value}
            self.taken[(*new, form.main)] = old
        named = {} if form.key not in model.model_fields else {form.key: name}
        return self._document({**form.rest(name, place), **named, **value}, model, old, new)

    def _document(self, value: Mapping[str, Any], model: type[BaseModel], old: Path, new: Path) -> dict[str, Any]:
        value = REWRITE[model](value) if model in REWRITE else value
        self.taken[new] = old
        result: dict[str, Any] = {}
        for key, kind in hints(model).items():
            if key in value:
                # A field that was written without its name stands where the thing itself stands.
                result[key] = self._any(value[key], kind, self.taken.get((*new, key), (*old, key)), (*new, key))
            elif model.model_fields[field_of(model, key)].is_required():
                options = alternatives(kind)
                if NoneType in options:
                    result[key] = None
                elif any(get_origin(option) is tuple for option in options):
                    result[key] = []
        for key in value:
            if key not in result:
                result[key] = value[key]
                self.taken[(*new, key)] = (*old, key)
        return result

    def _fairness(self, value: dict[str, Any], comparisons: tuple[Comparison, ...]) -> dict[str, Any]:
        """attribute -> group -> counts, as tables over the same rows."""
        tables = []
        for at, (title, groups) in enumerate(value.items()):
            new: Path = ("facts", "fairness", "tables", at)
            self.taken[new] = self.taken[(*new, "cells")] = ("fairness", title)
            cells: Any = groups
            if isinstance(groups, dict):
                cells = []
                for place, (name, counts) in enumerate(groups.items()):
                    cell = self._any(counts, Cell, ("fairness", title, name), (*new, "cells", place))
                    group = [None if member == "unknown" else member for member in name.split("*")]
                    cells.append({**cell, "group": group} if isinstance(cell, dict) else cell)
            table = {"attributes": title.split("*"), "cells": cells, "seed": 1, "replicates": 10_000}
            counted = _counted(cells)
            unknown = sum(cell.rows for cell in counted if None in cell.group)
            critical = [critical_values(counted, comparison) for comparison in comparisons]
            tables.append(table | {"unknown": unknown, "critical": critical})
        rows = max((sum(cell.rows for cell in _counted(table["cells"])) for table in tables), default=0)
        scored = any(isinstance(cell, dict) and "above" in cell for table in tables for cell in table["cells"])
        return {"rows": rows, "tables": tables, "median": "0.5" if scored else None}


def _counted(cells: Any) -> list[Cell]:
    """What can be counted of cells that may be wrong: the documents themselves will say what is."""
    found = []
    for cell in cells if isinstance(cells, list) else []:
        try:
            found.append(Cell.model_validate(cell))
        except ValidationError:
            continue
    return found
