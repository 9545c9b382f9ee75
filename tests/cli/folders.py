"""Folders as people have them, made small: none has a manifest, and each holds other things."""

import json
import re
from pathlib import Path
from typing import Any

from governance.collect.manifest import load
from governance.evidence.manifest import Manifest

_COMMENTED_KEY = re.compile(r"^(\s*)# ((?:  |# )*[a-z_]+: ?.*)$")
COMMIT = "4e1d" + "0" * 36
_CARD = "# Loans\n\n## Intended use\n\nTo decide about loans.\n\n## Limits\n\nNone known.\n"
_EVENT = {
    "eventType": "COMPLETE",
    "job": {"namespace": "jobs", "name": "prepare"},
    "inputs": [{"namespace": "ns", "name": "bank.people"}],
    "outputs": [{"namespace": "ns", "name": "train"}],
}


def people(rows: int = 400) -> dict[str, list[Any]]:
    """A label that follows income, with noise; two columns that sound sensitive."""
    numbers = range(rows)
    return {
        "age": [20 + (7 * i) % 50 for i in numbers],
        "income": [(13 * i) % 100 for i in numbers],
        "sex": ["Female" if i % 2 else "Male" for i in numbers],
        "repaid": ["yes" if ((13 * i) % 100 > 45) != (i % 11 == 0) else "no" for i in numbers],
    }


def write(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def parquet(path: Path, columns: dict[str, list[Any]]) -> None:
    import pyarrow
    import pyarrow.parquet

    path.parent.mkdir(parents=True, exist_ok=True)
    pyarrow.parquet.write_table(pyarrow.table(columns), path)


def sklearn_folder(folder: Path) -> Path:
    """A skops model that names its features, an evaluation and a training table in Parquet, a model card, a lock."""
    import pandas
    import skops.io
    from sklearn.linear_model import LogisticRegression

    columns = people()
    model = LogisticRegression()
    model.fit(pandas.DataFrame(columns)[["age", "income"]], columns["repaid"])
    write(folder / "model.skops", skops.io.dumps(model))
    parquet(folder / "data/eval.parquet", columns)
    parquet(folder / "data/train.parquet", columns)
    write(folder / "docs/model-card.md", _CARD)
    write(folder / "README.md", "# Loans\n")
    write(folder / "requirements.lock", "scikit-learn==1.7.2 \\\n    --hash=sha256:" + "a" * 64 + "\n")
    return folder


def vendor_folder(folder: Path) -> Path:
    """What a vendor sends: outputs in CSV, no model; and who may do what."""
    columns = people() | {"decision": ["1" if i % 3 else "0" for i in range(400)]}
    rows = zip(*columns.values(), strict=True)
    lines = [",".join(columns), *(",".join(str(value) for value in row) for row in rows)]
    write(folder / "scores.csv", "\n".join(lines) + "\n")
    write(folder / "access/grants.csv", "principal,permission,resource\nann,train,model:loans\n")
    write(folder / "access/approvals.csv", "item,principal,role,at\ndata:bank,bo,owner,2026-01-01T00:00:00Z\n")
    return folder


def xgboost_folder(folder: Path) -> Path:
    """An xgboost model as JSON, several tables, a git repository, a lock, lineage events, a notebook's leftovers."""
    trained = {"learner": {"feature_names": ["age", "income"], "objective": {"name": "binary:logistic"}}}
    write(folder / "models/booster.json", json.dumps(trained | {"version": [3, 2, 0]}))
    parquet(folder / "data/train.parquet", people())
    parquet(folder / "data/test.parquet", people(100))
    parquet(folder / "data/customers.parquet", {"id": [1, 2], "gender": ["f", "m"]})
    write(folder / "lineage/prepare.json", json.dumps(_EVENT))
    write(folder / "package.json", json.dumps({"name": "x", "version": "1.0.0"}))
    write(folder / "uv.lock", "version = 1\n")
    write(folder / "requirements.txt", "xgboost==3.2.0\n")
    write(folder / ".git/HEAD", "ref: refs/heads/main\n")
    write(folder / ".git/packed-refs", f"# pack-refs with: peeled fully-peeled sorted\n{COMMIT} refs/heads/main\n")
    write(folder / ".venv/lib/model.pkl", b"\x80\x04.")
    write(folder / "node_modules/a/test.csv", "a,b\n1,2\n")
    return folder


def onnx_folder(folder: Path) -> Path:
    """Somebody else's network with what it said about a table, and a dated model card."""
    columns = people(60)
    columns |= {"decision": ["approve" if income > 45 else "decline" for income in columns["income"]]}
    rows = zip(*columns.values(), strict=True)
    write(folder / "model.onnx", b"\x08\x08\x12\x07pytorch")
    write(folder / "scored.csv", "\n".join(",".join(map(str, row)) for row in (tuple(columns), *rows)) + "\n")
    write(folder / "MODEL_CARD.md", "Date: 2026-01-31\n\n" + _CARD)
    return folder


def crowded_folder(folder: Path) -> Path:
    """Two models, a table for each month, one of persons, and the directory of who works here."""
    write(folder / "models/a.pkl", b"\x80\x04N.")
    write(folder / "models/b.joblib", b"\x80\x04N.")
    for month in ("jan", "feb", "mar"):
        parquet(folder / f"data/{month}.parquet", people(20))
    parquet(folder / "data/persons.parquet", {"id": [1, 2], "gender": ["f", "m"], "religion": ["a", "b"]})
    write(folder / "access/people.csv", "principal,status,team\nann,active,credit\n")
    grants = "principal,permission,resource,granted_at,last_used\nann,train,m,,2026-01-01T00:00:00Z\n"
    write(folder / "access/grants.csv", grants)
    return folder


def messy_folder(folder: Path) -> Path:
    """Notebooks, leftovers of runs, data that DVC or a link keeps elsewhere, locks of other tools, a repository."""
    for path in ("notebooks/explore.ipynb", "notebooks/train.ipynb", "mlruns/0/meta.yaml", "src/train.py"):
        write(folder / path, "{}")
    for path in ("model.joblib", "old/model_v1.pkl"):
        write(folder / path, b"\x80\x04N.")
    write(folder / "data/raw.csv.dvc", "outs:\n- md5: abc\n  path: raw.csv\n")
    write(folder / "params.yaml", "seed: 3\ntrain:\n  depth: 4\n  columns: [a, b]\n")
    write(folder / "data/sheet.xlsx", b"PK\x03\x04")
    for path in ("poetry.lock", "environment.yml"):
        write(folder / path, "x\n")
    (folder / "data/warehouse").symlink_to("/mnt")
    write(folder / "README.md", "# Messy\n")
    write(folder / ".git/HEAD", "ref: refs/heads/main\n")
    write(folder / ".git/refs/heads/main", f"{COMMIT}\n")
    return folder


def empty_folder(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


def manifest_of(folder: Path) -> Manifest:
    return load(folder).manifest


def uncommented(text: str) -> str:
    """As an editor does it: the first mark of each line goes, where a key follows."""
    lines = (_COMMENTED_KEY.sub(r"\1\2", line) for line in text.splitlines())
    return "\n".join(lines) + "\n"
