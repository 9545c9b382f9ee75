"""A small project with everything a manifest can name."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from governance.collect.manifest import Loaded, load

MANIFEST = """\
schema: governance.manifest/v1
model: {name: loans, version: 1.10}
artifact: {path: model.skops, format: skops}
features: [income, age]
data:
  evaluation:
    path: data/eval.csv
    label: {column: y, positive: [a], negative: [b]}
    prediction: {column: p, positive: [a], negative: [b]}
    join: {path: data/people.csv, key: id}
  training: {path: data/train.csv, dataset: train}
lineage:
  sources: [{id: bank, path: data/bank.csv, owner: o, licence: l, forbidden: [race]}]
  events: [lineage/train.json]
access: {grants: access/grants.csv, approvals: access/approvals.csv}
environment: {lock: requirements.lock, commit: 4e1d00000000000000000000000000000000aaaa, seeds: [0, 7]}
documents: {model_card: docs/card.md}
"""


def field(*inputs: tuple[str, ...], namespace: str = "ns") -> dict[str, Any]:
    """Column lineage of one field: inputs are (dataset, column) or (dataset, column, transformation type)."""
    return {"inputFields": [input_field(*one, namespace=namespace) for one in inputs]}


def input_field(dataset: str, column: str, *kinds: str, namespace: str = "ns") -> dict[str, Any]:
    found: dict[str, Any] = {"namespace": namespace, "name": dataset, "field": column}
    if kinds:
        found["transformations"] = [{"type": kind, "subtype": "X"} for kind in kinds]
    return found


def event(
    output: str,
    fields: dict[str, Any] | None,
    *,
    job: str = "prepare",
    whole: list[dict[str, Any]] | None = None,
    kind: str | None = "COMPLETE",
    namespace: str = "ns",
) -> dict[str, Any]:
    """One run event that writes `output`; without column lineage where `fields` is none."""
    facet: dict[str, Any] = {"_schemaURL": "https://example.org/1", "fields": fields}
    if whole is not None:
        facet["dataset"] = whole
    facets = {} if fields is None else {"columnLineage": facet}
    found = {
        "eventTime": "2026-01-01T00:00:00Z",
        "run": {"runId": "0"},
        "job": {"namespace": "jobs", "name": job},
        "inputs": [],
        "outputs": [{"namespace": namespace, "name": output, "facets": facets}],
    }
    return found if kind is None else {"eventType": kind, **found}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Every file that `MANIFEST` names."""
    files = {
        "governance.yaml": MANIFEST,
        "model.skops": "model",
        "data/eval.csv": "y,p\na,b\n",
        "data/people.csv": "id\n1\n",
        "data/train.csv": "income,age\n1,2\n",
        "data/bank.csv": "income,age,race\n1,2,3\n",
        "lineage/train.json": json.dumps(
            event("train", {"income": field(("bank", "income")), "age": field(("bank", "age"))})
        ),
        "access/grants.csv": "principal,permission,resource\nann,train,model:loans\n",
        "access/approvals.csv": "item,principal,role,at\ndata:bank,bo,owner,2026-01-01T00:00:00Z\n",
        "requirements.lock": "numpy==2.1.0 \\\n    --hash=sha256:" + "a" * 64 + "\n",
        "docs/card.md": "# Loans\n\n## Intended use\n\nTo decide about loans.\n",
    }
    for name, text in files.items():
        path = tmp_path / "model" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path / "model"


@pytest.fixture
def loaded(project: Path) -> Callable[..., Loaded]:
    """`loaded(("old", "new"), ...)` is the project's manifest after these replacements."""

    def make(*changes: tuple[str, str]) -> Loaded:
        text = MANIFEST
        for old, new in changes:
            assert text.count(old) == 1
            text = text.replace(old, new)
        (project / "governance.yaml").write_text(text, encoding="utf-8")
        return load(project)

    return make
