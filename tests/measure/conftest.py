"""Tables and manifests to measure, made small."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from governance.evidence.manifest import Manifest
from governance.evidence.plan import Comparison, FairnessRequest, Plan
from governance.measure.run import Measured, measure

# As in the child process. Read when numba is first imported.
os.environ.setdefault("NUMBA_DISABLE_JIT", "1")

FACTS = ("artifact", "explainability", "fairness", "performance")


@pytest.fixture
def manifest() -> Callable[..., Manifest]:
    """A manifest for a table with columns y, p and sex; keywords replace parts of `data.evaluation`."""

    def build(
        path: Path | str = "e.csv",
        artifact: dict[str, str] | None = None,
        features: tuple[str, ...] = (),
        **changes: Any,
    ) -> Manifest:
        evaluation = {
            "path": str(path),
            "label": {"column": "y", "positive": ["1"], "negative": ["0"]},
            "prediction": {"column": "p", "positive": ["1"], "negative": ["0"]},
            "sensitive": {"sex": {"column": "sex"}},
        }
        return Manifest.model_validate(
            {
                "schema": "governance.manifest/v1",
                "model": {"name": "specimen", "version": "1"},
                "artifact": artifact or {"none": "outputs only"},
                "features": features,
                "data": {"evaluation": evaluation | changes},
            }
        )

    return build


@pytest.fixture
def run() -> Callable[..., Measured]:
    """Measure a manifest whose evaluation is at `table`; by default all facts, by every sensitive attribute."""

    def go(
        manifest: Manifest,
        table: Path | None = None,
        artifact: Path | None = None,
        join: Path | None = None,
        facts: tuple[str, ...] = FACTS,
        comparisons: tuple[Comparison, ...] = (),
        explain_rows: int = 20,
        seed: int = 7,
    ) -> Measured:
        evaluation = manifest.data.evaluation
        sets = [*((name,) for name in evaluation.sensitive), *evaluation.intersections] if evaluation else []
        plan = Plan(
            facts=facts,
            fairness=tuple(FairnessRequest(attributes=each, comparisons=comparisons) for each in sets),
            explain_rows=explain_rows,
        )
        paths = {"evaluation": table, "artifact": artifact, "join": join}
        data = artifact.read_bytes() if artifact and artifact.is_file() else None
        return measure(
            manifest,
            plan,
            {role: path for role, path in paths.items() if path is not None},
            hashlib.sha256(data).hexdigest() if data is not None else None,
            len(data) if data is not None else 0,
            seed,
            lambda *_: None,
        )

    return go
