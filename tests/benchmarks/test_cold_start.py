"""Cold start of the command line, as ratios to `python -c pass` in the same run."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy
import pyarrow
import pyarrow.parquet
import pytest

pytestmark = pytest.mark.bench

ROWS = 1_000_000
MANIFEST = """\
schema: governance.manifest/v1
model: {name: bench, version: 1.0.0, risk_tier: high}
artifact: {none: "outputs only"}
data:
  evaluation:
    path: eval.parquet
    label: {column: label, positive: ["1"], negative: ["0"]}
    prediction: {column: prediction, positive: ["1"], negative: ["0"]}
    sensitive: {group: {column: group}}
"""
POLICY = """\
schema: governance.policy/v1
id: bench
version: 1.0.0
in_force: {from: 2026-01-01T00:00:00Z}
environments: [prod]
rules:
  - id: selection
    uses: fairness.disparity@1
    with: {at_least: 0.8}
    enforcement: {default: deny}
  - id: accuracy
    uses: performance.floor@1
    with: {at_least: 0.5}
    enforcement: {default: deny}
"""


def _project(folder: Path) -> None:
    random = numpy.random.default_rng(0)
    label = random.random(ROWS) < 0.4
    table = pyarrow.table(
        {
            "label": label.astype(numpy.int8),
            "prediction": (label ^ (random.random(ROWS) < 0.2)).astype(numpy.int8),
            "group": pyarrow.array([f"g{i}" for i in random.integers(0, 6, ROWS)]),
        }
    )
    pyarrow.parquet.write_table(table, folder / "eval.parquet")
    (folder / "governance.yaml").write_text(MANIFEST)
    (folder / "policy.yaml").write_text(POLICY)


def test_cold_start(
    tmp_path: Path, python: str, clock_command: Callable[[Sequence[str], Path, int], float], root: Path
) -> None:
    _project(tmp_path)
    run = [str(Path(python).with_name("governance"))]
    clock_command([*run, "init"], tmp_path, 1)
    clock_command([*run, "check", "--policy", "./policy.yaml", "--bundle", "bundle.json"], tmp_path, 1)
    shutil.copy(tmp_path / ".governance" / "trust.json", tmp_path / "trust.json")
    clock_command([*run, "verify", "bundle.json", "--trust", "trust.json"], tmp_path, 1)
    bare = clock_command([python, "-c", "pass"], tmp_path, 15)
    check = [*run, "check", "--policy", "./policy.yaml", "--fresh"]
    rows = [
        ("python -c pass", bare, ""),
        ("governance --help", clock_command([*run, "--help"], tmp_path, 9), "3"),
        (
            "governance verify",
            clock_command([*run, "verify", "bundle.json", "--trust", "trust.json"], tmp_path, 9),
            "30",
        ),
        (f"governance check, {ROWS:,} rows, no model", clock_command(check, tmp_path, 3), ""),
    ]
    size = (tmp_path / "bundle.json").stat().st_size
    print(f"\n{'command':<44}{'seconds':>9}{'ratio':>8}{'target':>8}   (bundle: {size:,} bytes)")
    for name, seconds, target in rows:
        print(f"{name:<44}{seconds:>9.3f}{seconds / bare:>8.1f}{target:>8}")
