"""Trains one model of the demonstration on scikit-learn's diabetes set.

Every demonstration project holds a copy of this file beside its recipe, and runs without us: `python code/train.py`
makes the project's tables and its model again, byte for byte where library versions are the same.
"""

import io
import json
import re
import zipfile
from pathlib import Path
from typing import NamedTuple

import pandas
import skops.io
from sklearn.datasets import load_diabetes
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

SOURCE, PREPARED = "data/source.parquet", "data/prepared.parquet"
TRAIN, EVALUATION, MODEL = "data/train.parquet", "data/eval.parquet", "model.skops"
LABEL = "progression"


class Recipe(NamedTuple):
    """What a training run depends on, beside this file. `c` is the inverse strength of the L2 penalty; `held_out` the
    share of rows that are kept for evaluation."""

    features: tuple[str, ...]
    c: float
    seed: int
    held_out: float


def run(folder: Path, recipe: Recipe) -> None:
    """Write the tables and the model below `folder`."""
    (folder / "data").mkdir(parents=True, exist_ok=True)
    patients = source()
    table = prepare(patients, recipe)
    train, evaluation = train_test_split(table, test_size=recipe.held_out, random_state=recipe.seed)
    # The model may not see what it is not made from; the audit must see whom it decides about.
    train = train[[*recipe.features, LABEL]]
    for path, frame in ((SOURCE, patients), (PREPARED, table), (TRAIN, train), (EVALUATION, evaluation)):
        write_table(frame, folder / path)
    model = LogisticRegression(C=recipe.c, max_iter=1000)
    model.fit(train[list(recipe.features)], train[LABEL].to_numpy(dtype=str))
    save(model, folder / MODEL)


def source() -> pandas.DataFrame:
    """442 patients as scikit-learn distributes them: ten measurements, and `progression` after one year."""
    data = load_diabetes(as_frame=True, scaled=False)
    return data.data.assign(progression=data.target)


def prepare(patients: pandas.DataFrame, recipe: Recipe) -> pandas.DataFrame:
    """Features, sensitive attributes, and the label: high where progression is above its median."""
    median = patients["progression"].median()
    table = patients.assign(
        progression=["high" if value > median else "low" for value in patients["progression"]],
        sex=[str(int(code)) for code in patients["sex"]],
    )
    if "bp_by_sex" in recipe.features:
        same_sex = patients.groupby("sex")["bp"]
        table["bp_by_sex"] = (patients["bp"] - same_sex.transform("mean")) / same_sex.transform("std")
    return table[list(dict.fromkeys([*recipe.features, "age", "sex", LABEL]))]


def write_table(table: pandas.DataFrame, path: Path) -> None:
    table.to_parquet(path, index=False)


def save(model: LogisticRegression, path: Path) -> None:
    """As skops, with the same bytes for the same model: skops calls the parts of a model by where they lay in memory
    and the archive notes the time, so parts are numbered instead and the time is left out."""
    with zipfile.ZipFile(io.BytesIO(skops.io.dumps(model))) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    schema = parts.pop("schema.json").decode()
    address = re.compile(r'(?<="__id__": )\d+|(?<="file": ")\d+')
    numbers = {found: str(number) for number, found in enumerate(dict.fromkeys(address.findall(schema)), 1)}
    parts = {f"{numbers[Path(name).stem]}.npy": data for name, data in parts.items()}
    with zipfile.ZipFile(path, "w") as archive:
        for name in sorted(parts):
            archive.writestr(zipfile.ZipInfo(name), parts[name])
        archive.writestr(zipfile.ZipInfo("schema.json"), address.sub(lambda found: numbers[found[0]], schema))


if __name__ == "__main__":
    here = Path(__file__).resolve().parent
    run(here.parent, Recipe(**json.loads((here / "recipe.json").read_text(encoding="utf-8"))))
