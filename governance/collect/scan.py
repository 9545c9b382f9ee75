"""What lies in a folder that nobody described yet, told from names and bytes.

The folder may be anybody's: nothing in it is run or imported, no link is followed, no model is opened, and all that is
read, listed or descended into is bounded. What was seen and cannot be used is said, with the reason.
"""

import itertools
import os
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from governance import canonical
from governance.collect import access, beside
from governance.collect.git import Checkout, checked_out
from governance.collect.project import Project
from governance.collect.texts import first_json
from governance.errors import BadInput
from governance.evidence.manifest import FORMATS

MAX_FILES = 2000
MAX_DEPTH = 4
MAX_ENTRIES = 20_000
MAX_MODEL_JSON = 64 << 20
"""Bytes of an xgboost model, or of the description inside a skops file, that are parsed for names of features."""
SKIPPED = frozenset({"__pycache__", "build", "dist", "node_modules", "site-packages", "venv"})
TABLES = (".parquet", ".csv")
OTHER_TABLES = (".tsv", ".xlsx", ".xls", ".feather", ".arrow", ".orc", ".avro", ".data")
OTHER_MODELS = (".ubj", ".pt", ".pth", ".h5", ".keras", ".safetensors", ".pb", ".tflite", ".cbm", ".mlmodel", ".gguf")
# A pickle may have any name; text, tables and programs are not asked.
_NO_MODEL = frozenset(
    {*TABLES, *OTHER_TABLES, *OTHER_MODELS, ".md", ".txt", ".rst", ".lock", ".yaml", ".yml", ".toml", ".py", ".jsonl"}
)


class Model(NamedTuple):
    """A model file. `features` is null where its file does not say what they are called."""

    path: str
    format: str
    features: tuple[str, ...] | None


class Found(NamedTuple):
    """Paths are relative to the folder. `sources`: datasets that the events read and none of them writes. `odd`: what
    was seen and is not used, in words, with `repr` around names."""

    files: tuple[str, ...]
    tables: tuple[str, ...]
    models: tuple[Model, ...]
    grants: str | None
    approvals: str | None
    people: str | None
    events: tuple[str, ...]
    sources: tuple[str, ...]
    documents: dict[str, str]
    lock: str | None
    parameters: dict[str, str]
    checkout: Checkout | None
    odd: tuple[str, ...]


def scan(project: Project, format_of: Callable[[Path, str], str]) -> Found:
    """`format_of(path, declared)` tells a model's format from its bytes, as `measure.formats.found_format` does.
    Raises BadInput where a file changes meanwhile, MachineFault where the disk fails."""
    odd: list[str] = []
    files = tuple(sorted(_walk(project.root, odd)))
    models = _models(project, files, format_of, odd)
    taken = {model.path for model in models}
    grants = beside.csv_list(project, files, access.GRANTS, access.TIMES, access.grants, "grants", odd)
    approvals = beside.csv_list(project, files, access.APPROVALS, (), access.approvals, "approvals", odd)
    people = beside.csv_list(project, files, access.PEOPLE, (), access.people, "people", odd)
    events, sources = beside.events(project, [path for path in files if path not in taken], odd)
    beside.elsewhere(files, odd)
    odd += [
        f"{path!r} looks like a table; tables we read are Parquet and CSV with a header: `governance prepare` makes one"
        for path in files
        if path.lower().endswith(OTHER_TABLES) and path not in sources
    ]
    return Found(
        files=files,
        tables=tuple(
            path for path in files if path.lower().endswith(TABLES) and path not in (grants, approvals, people)
        ),
        models=models,
        grants=grants,
        approvals=approvals,
        people=people,
        events=events,
        sources=sources,
        documents=beside.documents(project, files, odd),
        lock=beside.lock(project, files, odd),
        parameters=beside.parameters(project, files, odd),
        checkout=checked_out(project.root),
        odd=tuple(odd),
    )


def _walk(root: Path, odd: list[str]) -> Iterator[str]:
    """Relative paths of plain files, folder by folder from the top, so that a limit cuts the deepest."""
    folders, count = [""], 0
    for _ in range(MAX_DEPTH + 1):
        below: list[str] = []
        for folder in folders:
            try:
                with os.scandir(root / folder) as entries:
                    listed = sorted(itertools.islice(entries, MAX_ENTRIES), key=lambda entry: entry.name)
            except OSError as error:
                odd.append(f"{folder or '.'!r} cannot be listed: {error.strerror}")
                continue
            for entry in listed:
                path = f"{folder}{entry.name}"
                if entry.name.startswith(".") or entry.name in SKIPPED:
                    continue
                if entry.is_symlink():
                    odd.append(f"{path!r} is a link; links are not followed, and --allow-root of `check` lets one in")
                elif entry.is_dir(follow_symlinks=False):
                    below.append(f"{path}/")
                elif entry.is_file(follow_symlinks=False):
                    if not _storable(path):
                        odd.append(f"{path!r} has a name that no manifest can hold; rename it")
                        continue
                    if not os.access(root / path, os.R_OK):
                        odd.append(f"{path!r} may not be read")
                        continue
                    count += 1
                    if count > MAX_FILES:
                        odd.append(f"only the first {MAX_FILES:,} files were looked at")
                        return
                    yield path
        folders = below
    if folders:
        odd.append(f"folders below {folders[0]!r} and others are too deep to be looked at ({MAX_DEPTH} levels are)")


def _storable(path: str) -> bool:
    try:
        canonical.dumps(path)
    except BadInput:
        return False
    return True


def _models(
    project: Project, files: tuple[str, ...], format_of: Callable[[Path, str], str], odd: list[str]
) -> tuple[Model, ...]:
    found = []
    for path in files:
        suffix = os.path.splitext(path)[1].lower()
        if suffix in OTHER_MODELS:
            odd.append(f"{path!r} looks like a model; formats we read are {', '.join(FORMATS)}")
        if suffix not in _NO_MODEL:
            model = model_at(project, path, format_of)
            if model is not None:
                found.append(model)
    return tuple(found)


def model_at(project: Project, path: str, format_of: Callable[[Path, str], str]) -> Model | None:
    """The model in this file, null where its bytes are none that we know. Raises BadInput where it cannot be read."""
    real = project.resolve(path, "artifact")
    suffix = real.suffix.lower()
    seen = format_of(real, "joblib" if suffix == ".joblib" else "pickle")
    if seen == "compressed" and suffix in (".pkl", ".pickle", ".joblib"):
        seen = "joblib" if suffix == ".joblib" else "pickle"
    if seen == "onnx" and suffix != ".onnx":
        return None  # two small bytes are all that tells, and many a file begins with them
    if seen == "xgboost-json":
        learner = _learner(project, path)
        return None if learner is None else Model(path, seen, _texts(learner.get("feature_names")))
    if seen == "skops":
        return Model(path, seen, _skops_features(real))
    return Model(path, seen, None) if seen in FORMATS else None


def _learner(project: Project, path: str) -> dict[str, Any] | None:
    """xgboost's own part of a JSON file ("Introduction to Model IO"); empty where the file is too large to parse."""
    if project.resolve(path, "artifact").stat().st_size > MAX_MODEL_JSON:
        return {}
    value = first_json(project.read(path, "artifact", MAX_MODEL_JSON))
    learner = value.get("learner") if isinstance(value, dict) else None
    return learner if isinstance(learner, dict) else None


def _skops_features(path: Path) -> tuple[str, ...] | None:
    """`feature_names_in_` of the estimator, or of the first step of a pipeline, as the file's own description (JSON in
    a zip) has it. Nothing is built from it; `check` compares the names with what the model says when it is opened."""
    try:
        with zipfile.ZipFile(path) as archive, archive.open("schema.json") as member:
            data = member.read(MAX_MODEL_JSON + 1)
    except (zipfile.BadZipFile, OSError, ValueError, KeyError, NotImplementedError, RuntimeError):
        return None
    node: Any = first_json(data) if len(data) <= MAX_MODEL_JSON else None
    try:
        while node["__class__"] == "Pipeline":
            node = node["content"]["content"]["steps"]["content"][0]["content"][1]
        cells = node["content"]["content"]["feature_names_in_"]["content"]
        return _texts([first_json(cell["content"].encode()) for cell in cells])
    except (KeyError, IndexError, TypeError, AttributeError):
        return None


def _texts(value: Any) -> tuple[str, ...] | None:
    texts = isinstance(value, list) and value and all(isinstance(each, str) for each in value)
    return tuple(value) if texts else None
