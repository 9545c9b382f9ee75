"""Three folders as people have them, made small: none has a manifest, and each holds other things."""

import json
from pathlib import Path
from typing import Any

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
