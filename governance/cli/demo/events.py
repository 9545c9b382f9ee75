"""The lineage of a demonstration model: what the runs of `training.py` would report, as OpenLineage run events.

Shapes: OpenLineage 2-0-2 (RunEvent) with the column lineage facet 1-2-0.
"""

import json
import uuid
from collections.abc import Mapping
from typing import Any

from governance.cli.demo.training import LABEL, Recipe

NAMESPACE = "demo"
SOURCE, PREPARED = "diabetes.source", "diabetes.prepared"
TRAIN, EVALUATION = "diabetes.train", "diabetes.eval"
_PRODUCER = "https://example.org/diabetes-progression/code/train.py"
_SPEC = "https://openlineage.io/spec"

# A column, and what became of it: (type, subtype) in the words of the facet.
_Step = tuple[str, tuple[str, str]]
_AS_IT_IS, _CHANGED = ("DIRECT", "IDENTITY"), ("DIRECT", "TRANSFORMATION")
_AGGREGATED, _WINDOW = ("DIRECT", "AGGREGATION"), ("INDIRECT", "WINDOW")


def events(recipe: Recipe, day: str) -> dict[str, bytes]:
    """File name -> event, one for each step of the training run on `day` (such as 2026-03-02)."""
    prepared: dict[str, list[_Step]] = {name: [(name, _AS_IT_IS)] for name in (*recipe.features, "age")}
    prepared |= {"sex": [("sex", _CHANGED)], LABEL: [(LABEL, _CHANGED), (LABEL, _AGGREGATED)]}
    if "bp_by_sex" in recipe.features:
        # Mean and standard deviation are taken over the patients of the same sex, so sex shapes every value.
        prepared["bp_by_sex"] = [("bp", _CHANGED), ("bp", _AGGREGATED), ("sex", _WINDOW)]
    kept: dict[str, list[_Step]] = {name: [(name, _AS_IT_IS)] for name in prepared}
    train = {name: kept[name] for name in (*recipe.features, LABEL)}
    return {
        "prepare.json": _event("prepare", f"{day}T09:00:00Z", SOURCE, {PREPARED: prepared}),
        "split.json": _event("split", f"{day}T09:01:00Z", PREPARED, {TRAIN: train, EVALUATION: kept}),
    }


def _event(job: str, at: str, source: str, outputs: Mapping[str, Mapping[str, list[_Step]]]) -> bytes:
    event = {
        "eventTime": at,
        "eventType": "COMPLETE",
        "producer": _PRODUCER,
        "schemaURL": f"{_SPEC}/2-0-2/OpenLineage.json#/$defs/RunEvent",
        "run": {"runId": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{_PRODUCER}#{job}@{at}"))},
        "job": {"namespace": NAMESPACE, "name": job},
        "inputs": [{"namespace": NAMESPACE, "name": source}],
        "outputs": [
            {"namespace": NAMESPACE, "name": name, "facets": {"columnLineage": _facet(source, columns)}}
            for name, columns in outputs.items()
        ],
    }
    return json.dumps(event, indent=2).encode() + b"\n"


def _facet(source: str, columns: Mapping[str, list[_Step]]) -> dict[str, Any]:
    fields = {}
    for column, steps in columns.items():
        by_field: dict[str, list[dict[str, Any]]] = {}
        for field, (kind, subtype) in steps:
            by_field.setdefault(field, []).append({"type": kind, "subtype": subtype, "masking": False})
        fields[column] = {
            "inputFields": [
                {"namespace": NAMESPACE, "name": source, "field": field, "transformations": transformations}
                for field, transformations in by_field.items()
            ]
        }
    return {
        "_producer": _PRODUCER,
        "_schemaURL": f"{_SPEC}/facets/1-2-0/ColumnLineageDatasetFacet.json#/$defs/ColumnLineageDatasetFacet",
        "fields": fields,
    }
