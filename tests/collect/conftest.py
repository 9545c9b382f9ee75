"""A small project with everything a manifest can name."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from governance.collect.manifest import Loaded, load

MANIFEST = """\
schema: governance.manifest/v1
model: {name: loans, version: 1.10, trained_at: 2026-01-31T12:00:00Z, \
purpose: {objective: decide about loans, category: credit-scoring, kpi: losses}}
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
  sources: [{id: bank, path: data/bank.csv, owner: o, licence: l, forbidden: [race], purposes: [credit-scoring]}]
  events: [lineage/train.json]
access: {grants: access/grants.csv, approvals: access/approvals.csv, people: access/people.csv}
environment: {lock: requirements.lock, commit: 4e1d00000000000000000000000000000000aaaa, seeds: [0, 7]}
documents: {model_card: docs/card.md}
operations: {rollback: 1.9, monitoring: docs/monitoring.md, on_call: team credit}
bias_audit: {date: 2026-03-02, auditor: Bee and Co}
reasons: {catalogue: reasons.csv, most: 4, compared_with: [all-applicants]}
"""


EVENT = {
    "eventType": "COMPLETE",
    "job": {"namespace": "jobs", "name": "prepare"},
    "outputs": [
        {
            "namespace": "ns",
            "name": "train",
            "facets": {
                "columnLineage": {
                    "fields": {
                        name: {"inputFields": [{"namespace": "ns", "name": "bank", "field": name}]}
                        for name in ("income", "age")
                    }
                }
            },
        }
    ],
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Every file that `MANIFEST` names."""
    files = {
        "governance.yaml": MANIFEST,
        "model.skops": "model",
        "reasons.csv": "feature,code,text,barred\nincome,R1,Income too low for the amount,\nage,,,the law bars it\n",
        "data/eval.csv": "y,p\na,b\n",
        "data/people.csv": "id\n1\n",
        "data/train.csv": "income,age\n1,2\n",
        "data/bank.csv": "income,age,race\n1,2,3\n",
        "lineage/train.json": json.dumps(EVENT),
        "access/grants.csv": "principal,permission,resource\nann,train,model:loans\n",
        "access/approvals.csv": "item,principal,role,at\ndata:bank,bo,owner,2026-01-01T00:00:00Z\n",
        "access/people.csv": "principal,status,team\nann,active,credit\n",
        "requirements.lock": "numpy==2.1.0 \\\n    --hash=sha256:" + "a" * 64 + "\n",
        "docs/card.md": "# Loans\n\n## Intended use\n\nTo decide about loans.\n\nDate: 2026-02-01\n",
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
