"""Evidence as a person writes it, in the cases of a policy: short, and one line for each thing that can change.

The documents of evidence say what there is; this says how it may be written. What has a name stands under its name
instead of in a list, so that a change touches it alone. A word where a digest belongs stands for the digest of that
word. `null` is null, and what is left out is null or empty wherever the document lets it be.
"""

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from types import NoneType, UnionType
from typing import Any, NamedTuple, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ValidationError

from governance.canonical import Sha256, real, sha256
from governance.evidence.access import Approval, Grant, Person
from governance.evidence.artifact import Pickle
from governance.evidence.documentation import DocumentFact
from governance.evidence.evidence import Absent, EvidenceSet, Facts
from governance.evidence.explainability import ExplainabilityFacts, FeatureShare, GlobalAttribution, Ranking
from governance.evidence.fairness import ALPHAS, Cell
from governance.evidence.licences import Component, Package
from governance.evidence.lineage import Ancestor, FeatureAncestry, Source, Table
from governance.evidence.operations import OperationsFacts, Watched
from governance.evidence.origin import Input
from governance.evidence.performance import MetricFact
from governance.evidence.plan import Comparison
from governance.evidence.reproducibility import Parameter
from governance.policy.comparison import undefined
from governance.policy.intervals import z_value
from governance.policy.specimen import evidence as specimen
from governance.strictyaml import Path, Position, explain
from governance.strictyaml import Source as Text

DECLARED = ("lineage", "access", "reproducibility", "documents", "purpose", "operations", "licences")
"""Groups of facts that are always taken from a document."""
_OWN = ("subject", "risk_tier", "inputs")
BESIDE = (*_OWN, "predictions", "origins")
"""What may be written beside the groups of facts. `predictions` are rescored or supplied; `origins` says which groups
(or `inputs`) are measured and which declared, where that is not as usual."""
_PREDICTED = ("fairness", "performance", "explainability")
_HEX = re.compile(r"[0-9a-f]{64}")
_PLUS_MINUS = re.compile(r"(\S+) \+- (\S+)")


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
                what = f"null removes {key!r}, which the sound facts do not have"
                raise source.error(change.keys[(*at, key)], what, fix=fix)
        return result

    return Written(merged(base.tree, change.tree, ()), base.keys | change.keys, base.values | change.values)


def evidence(source: Text, written: Written, comparisons: Iterable[Comparison]) -> EvidenceSet:
    """The evidence set that `written` says, as if measured for these comparisons of groups.

    Raises BadInput at line and column for whatever is not evidence.
    """
    spelling = _Spelling()
    tree = spelling.set_out(written.tree, tuple(comparisons))
    out = Text(source.name, "")
    out.lines, out.tree = source.lines, tree
    for new, old in spelling.taken.items():
        for there, here in ((out.keys, written.keys), (out.values, written.values)):
            if old in here:
                there[new] = here[old]
    try:
        return EvidenceSet.model_validate(tree, by_alias=True, by_name=False)
    except ValidationError as error:
        raise explain(out, EvidenceSet, error) from error


class _Form(NamedTuple):
    """How one thing of a list is written: its name is the field `key`, a value that is no mapping the field `main`, and
    `rest` are fields that nobody needs to write, by name and place."""

    key: str
    main: str = ""
    rest: Callable[[str, int], Mapping[str, Any]] = lambda name, place: {}


def _ancestor(name: str, place: int) -> Mapping[str, Any]:
    dataset, _, column = name.rpartition(".")
    return {"dataset": dataset, "column": column, "influence": "direct", "path": [name], "jobs": []}


_FORMS: dict[type[BaseModel], _Form] = {
    Absent: _Form("facts"),
    Ancestor: _Form("name", "influence", _ancestor),
    Approval: _Form("item"),
    Component: _Form("name", "licence", lambda name, place: {"kind": "other"}),
    DocumentFact: _Form("kind", "words", lambda name, place: {"path": f"docs/{name}.md", "sha256": name}),
    FeatureAncestry: _Form("feature", "ancestors"),
    FeatureShare: _Form("feature", "share"),
    Grant: _Form("line"),
    Input: _Form("role", "sha256", lambda name, place: {"path": name, "size": 1000}),
    MetricFact: _Form("metric", "value", lambda name, place: {"seed": 1, "replicates": 10_000}),
    Package: _Form("name", "licence", lambda name, place: {"version": "1.0", "said_by": "metadata"}),
    Parameter: _Form("name", "value"),
    Person: _Form("principal", "status", lambda name, place: {"line": place + 2}),
    Pickle: _Form("member", "imports", lambda name, place: {"at": 0, "calls": 0}),
    Ranking: _Form("seed", "features"),
    Source: _Form("id"),
    Table: _Form("role"),
    Watched: _Form("name"),
}


class _Spelling:
    """Writes out what was written short. `taken` maps each path written out to the path it was taken from."""

    def __init__(self) -> None:
        self.taken: dict[Path, Path] = {}

    def set_out(self, tree: dict[str, Any], comparisons: tuple[Comparison, ...]) -> dict[str, Any]:
        """A whole evidence set. What does not say what is measured or declared is filled in."""
        own = {name: tree[name] for name in _OWN if name in tree}
        result = specimen(Facts()).model_dump(mode="json", by_alias=True)
        result |= {
            name: self._any(own[name], kind, (name,), (name,))
            for name, kind in _hints(EvidenceSet).items()
            if name in own
        }
        predictions, kinds = tree.get("predictions", "rescored"), tree.get("origins", {})
        self.taken[("origin", "predictions")] = ("predictions",)
        result["origin"] = result["origin"] | {"predictions": predictions, "kind": kinds.get("inputs", "measured")}
        self.taken[("origin", "kind")] = ("origins", "inputs")
        groups = {name: value for name, value in tree.items() if name not in BESIDE}
        facts = result["facts"] = {name: value for name, value in groups.items() if name not in Facts.model_fields}
        for name in facts:
            self.taken[("facts", name)] = (name,)
        for name, kind in _hints(Facts).items():
            if name not in groups:
                continue
            new: Path = ("facts", name)
            if name == "fairness" and isinstance(groups[name], dict):
                facts[name] = self._fairness(groups[name], comparisons, new)
            else:
                facts[name] = self._any(groups[name], kind, (name,), new)
            if name != "absent" and isinstance(facts[name], dict):
                said = kinds.get(name, "declared" if name in DECLARED else "measured")
                facts[name]["origin"] = {"kind": said} | ({"predictions": predictions} if name in _PREDICTED else {})
                self.taken[(*new, "origin")] = ("origins", name)
        if isinstance(kinds, dict) and (odd := sorted(set(kinds) - {*groups, "inputs"})):
            # Says so at its place: an origin of facts that are not there is a slip of the pen.
            facts[odd[0]] = {"origin": kinds[odd[0]]}
            self.taken[("facts", odd[0])] = ("origins", odd[0])
        return result

    def _any(self, value: Any, kind: Any, old: Path, new: Path) -> Any:
        self.taken[new] = old
        options = _options(kind)
        if value == "null" and NoneType in options:
            return None
        for option in options:
            if option == Sha256 and isinstance(value, str):
                return value if _HEX.fullmatch(value) else sha256(value.encode())
            if isinstance(value, dict) and isinstance(option, type) and issubclass(option, BaseModel):
                return self._document(value, option, old, new)
            if get_origin(option) is tuple:
                inner = get_args(option)[0]
                if isinstance(value, dict) and inner in _FORMS:
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
        form = _FORMS[model]
        if not isinstance(value, dict):
            value = {form.main: value}
            self.taken[(*new, form.main)] = old
        named = {} if form.key not in model.model_fields else {form.key: name}
        return self._document({**form.rest(name, place), **named, **value}, model, old, new)

    def _document(self, value: Mapping[str, Any], model: type[BaseModel], old: Path, new: Path) -> dict[str, Any]:
        value = _REWRITE[model](value) if model in _REWRITE else value
        self.taken[new] = old
        result: dict[str, Any] = {}
        for key, kind in _hints(model).items():
            if key in value:
                # A field that was written without its name stands where the thing itself stands.
                result[key] = self._any(value[key], kind, self.taken.get((*new, key), (*old, key)), (*new, key))
            elif model.model_fields[_field(model, key)].is_required():
                options = _options(kind)
                if NoneType in options:
                    result[key] = None
                elif any(get_origin(option) is tuple for option in options):
                    result[key] = []
        for key in value:
            if key not in result:
                result[key] = value[key]
                self.taken[(*new, key)] = (*old, key)
        return result

    def _fairness(self, value: dict[str, Any], comparisons: tuple[Comparison, ...], new: Path) -> dict[str, Any]:
        """attribute -> group -> counts, as tables."""
        self.taken[new] = ("fairness",)
        tables = []
        for at, (title, groups) in enumerate(value.items()):
            path: Path = (*new, "tables", at)
            self.taken[path] = self.taken[(*path, "cells")] = ("fairness", title)
            cells: Any = groups
            if isinstance(groups, dict):
                cells = []
                for place, (name, counts) in enumerate(groups.items()):
                    here: Path = (*path, "cells", place)
                    cell = self._any(counts, Cell, ("fairness", title, name), here)
                    group = [None if member == "unknown" else member for member in name.split("*")]
                    cells.append({**cell, "group": group} if isinstance(cell, dict) else cell)
            tables.append({"attributes": title.split("*"), "cells": cells, "seed": 1, "replicates": 10_000})
            counted = _counted(cells)
            tables[-1] |= {
                "unknown": sum(cell.rows for cell in counted if None in cell.group),
                "critical": [_critical(counted, comparison) for comparison in comparisons],
            }
        rows = max((sum(cell.rows for cell in _counted(table["cells"])) for table in tables), default=0)
        return {"rows": rows, "tables": tables}


def _counted(cells: Any) -> list[Cell]:
    """What can be counted of cells that may be wrong: the documents themselves will say what is."""
    found = []
    for cell in cells if isinstance(cells, list) else []:
        try:
            found.append(Cell.model_validate(cell))
        except ValidationError:
            continue
    return found


def _critical(cells: list[Cell], comparison: Comparison) -> dict[str, Any]:
    """Critical values for all pairs of groups by Bonferroni's inequality, which are never below those of the max-t
    statistic that is measured: so a case that fails here fails with measured ones too."""
    metric, measure, least = comparison.metric, comparison.measure, comparison.min_rows
    judged = [
        cell
        for cell in cells
        if None not in cell.group and cell.rows >= least and not undefined(cell, metric, measure, least)
    ]
    pairs = len(judged) * (len(judged) - 1) // 2
    values = {alpha: real(z_value(float(alpha) / (2 * pairs))) if pairs else None for alpha in ALPHAS}
    reason = None if pairs else "fewer than two groups can be compared"
    said = {"metric": metric, "measure": measure, "min_rows": least, "groups": len(judged)}
    return {**said, "values": values, "reason": reason}


def _shares(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """feature -> share, as an attribution that knows its largest."""
    if "features" in value:
        return value
    order = sorted(value, key=lambda name: _number(value[name]), reverse=True)
    shares = {name: value[name] for name in order}
    top = order[0] if order else ""
    return {"top_feature": top, "top_share": str(value.get(top, "0")).split(" ")[0], "features": shares}


def _number(text: Any) -> float:
    try:
        return float(str(text).split(" ")[0])
    except ValueError:
        return 0.0


def _share(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """`0.25 +- 0.01` is a share with its standard error."""
    found = _PLUS_MINUS.fullmatch(str(value.get("share")))
    share = {"share": found[1], "share_se": found[2]} if found else {}
    said = {**value, **share}
    return {"mean_abs": said.get("share"), **said}


def _metric(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """One end for every alpha where one is written."""
    ends = {end: dict.fromkeys(ALPHAS, value.get(end, "null")) for end in ("low", "high")}
    return {**value, **{end: ends[end] for end in ends if not isinstance(value.get(end), dict)}}


def _traced(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """One source column or several, by name."""
    found = value.get("ancestors")
    columns = [found] if isinstance(found, str) else found
    return {**value, "ancestors": dict.fromkeys(columns, "direct")} if isinstance(columns, list) else value


def _explained(value: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"seed": 1, "background_rows": 0, **value}


def _operated(value: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"version": specimen(Facts()).subject.version, **value}


_REWRITE: dict[type[BaseModel], Callable[[Mapping[str, Any]], Mapping[str, Any]]] = {
    ExplainabilityFacts: _explained,
    FeatureAncestry: _traced,
    FeatureShare: _share,
    GlobalAttribution: _shares,
    MetricFact: _metric,
    OperationsFacts: _operated,
}


@cache
def _hints(model: type[BaseModel]) -> dict[str, Any]:
    """Names as they are written, and annotations with all they carry."""
    hints = get_type_hints(model, include_extras=True)
    return {field.alias or name: hints[name] for name, field in model.model_fields.items()}


def _field(model: type[BaseModel], key: str) -> str:
    return next(name for name, field in model.model_fields.items() if (field.alias or name) == key)


def _options(kind: Any) -> tuple[Any, ...]:
    return get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)
