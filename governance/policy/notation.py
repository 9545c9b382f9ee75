"""How single documents of evidence may be written short in the cases of a policy: by name, by their main field, and
without what nobody reads there. `written` sets it out.
"""

import re
from collections.abc import Callable, Mapping
from functools import cache
from types import UnionType
from typing import Any, NamedTuple, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel

from governance.canonical import real
from governance.evidence.access import Approval, Grant, Person
from governance.evidence.artifact import Pickle
from governance.evidence.documentation import DocumentFact, SectionFact
from governance.evidence.evidence import Absent, Facts
from governance.evidence.explainability import ExplainabilityFacts, FeatureShare, GlobalAttribution, Ranking
from governance.evidence.fairness import ALPHAS, Cell
from governance.evidence.licences import Component, Package
from governance.evidence.lineage import Ancestor, FeatureAncestry, Source, Table
from governance.evidence.operations import OperationsFacts, Watched
from governance.evidence.origin import Input
from governance.evidence.performance import MetricFact, PairedScore
from governance.evidence.plan import Comparison
from governance.evidence.reasons import Reason
from governance.evidence.reproducibility import Parameter
from governance.policy.comparison import undefined
from governance.policy.intervals import z_value
from governance.policy.specimen import evidence as specimen

_PLUS_MINUS = re.compile(r"(\S+) \+- (\S+)")


class Form(NamedTuple):
    """How one thing of a list is written: its name is the field `key`, a value that is no mapping the field `main`, and
    `rest` are fields that nobody needs to write, by name and place."""

    key: str
    main: str = ""
    rest: Callable[[str, int], Mapping[str, Any]] = lambda name, place: {}


def _ancestor(name: str, place: int) -> Mapping[str, Any]:
    dataset, _, column = name.rpartition(".")
    return {"dataset": dataset, "column": column, "influence": "direct", "path": [name], "jobs": []}


FORMS: dict[type[BaseModel], Form] = {
    Absent: Form("facts"),
    Ancestor: Form("name", "influence", _ancestor),
    Approval: Form("item"),
    Component: Form("name", "licence", lambda name, place: {"kind": "other"}),
    DocumentFact: Form("kind", "words", lambda name, place: {"path": f"docs/{name}.md", "sha256": name}),
    FeatureAncestry: Form("feature", "ancestors"),
    FeatureShare: Form("feature", "share"),
    Grant: Form("line"),
    Input: Form("role", "sha256", lambda name, place: {"path": name, "size": 1000}),
    MetricFact: Form("metric", "value", lambda name, place: {"seed": 1, "replicates": 10_000}),
    Package: Form("name", "licence", lambda name, place: {"version": "1.0", "said_by": "metadata"}),
    PairedScore: Form("metric", "better"),
    Parameter: Form("name", "value"),
    Person: Form("principal", "status", lambda name, place: {"line": place + 2}),
    Pickle: Form("member", "imports", lambda name, place: {"at": 0, "calls": 0}),
    Ranking: Form("seed", "features"),
    Reason: Form("feature", "text", lambda name, place: {"line": place + 2}),
    SectionFact: Form("heading", "words"),
    Source: Form("id"),
    Table: Form("role"),
    Watched: Form("name"),
}


def _shares(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """feature -> share, as an attribution that knows its largest."""
    if "features" in value:
        return value
    order = sorted(value, key=lambda name: _number(value[name]), reverse=True)
    shares = {name: value[name] for name in order}
    top = order[0] if order else ""
    return {"top_feature": top, "top_share": _share_of(value.get(top, "0")), "features": shares}


def _share_of(value: Any) -> str:
    """The share alone, of one that is written with its standard error or field by field."""
    return str(value.get("share") if isinstance(value, Mapping) else value).split(" ")[0]


def _number(value: Any) -> float:
    try:
        return float(_share_of(value))
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
    if not isinstance(columns, list) or not all(isinstance(column, str) for column in columns):
        return value
    return {**value, "ancestors": dict.fromkeys(columns, "direct")}


def _explained(value: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"seed": 1, "background_rows": 0, **value}


def _operated(value: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"version": specimen(Facts()).subject.version, **value}


REWRITE: dict[type[BaseModel], Callable[[Mapping[str, Any]], Mapping[str, Any]]] = {
    ExplainabilityFacts: _explained,
    FeatureAncestry: _traced,
    FeatureShare: _share,
    GlobalAttribution: _shares,
    MetricFact: _metric,
    OperationsFacts: _operated,
    PairedScore: _metric,
}


def critical_values(cells: list[Cell], comparison: Comparison) -> dict[str, Any]:
    """Critical values for all pairs of groups by Bonferroni's inequality. In large samples they are not below those
    of the max-t statistic that is measured: a case that fails here fails with measured ones too."""
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


@cache
def hints(model: type[BaseModel]) -> dict[str, Any]:
    """Names as they are written, and annotations with all they carry."""
    hints = get_type_hints(model, include_extras=True)
    return {field.alias or name: hints[name] for name, field in model.model_fields.items()}


def field_of(model: type[BaseModel], key: str) -> str:
    return next(name for name, field in model.model_fields.items() if (field.alias or name) == key)


def alternatives(kind: Any) -> tuple[Any, ...]:
    return get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)
