"""What lies beside a model in a folder that nobody described yet: who may do what, lineage events, documents, a lock
file, parameters, and pointers to what is kept elsewhere. All of it is read as data; what cannot be used is said."""

import os
from collections.abc import Callable, Iterator
from typing import Any

from governance import strictyaml
from governance.collect import documentation, openlineage, reproducibility, tabular
from governance.collect.columns import nameable, words
from governance.collect.project import Project
from governance.collect.texts import first_json
from governance.errors import BadInput

_EVENTS = (".json", ".jsonl", ".ndjson")
_LOCKS = ("requirements.lock", "requirements.txt")
_OTHER_LOCKS = {
    "uv.lock": "uv export --format requirements-txt -o requirements.lock",
    "poetry.lock": "poetry export --format requirements.txt --output requirements.lock",
    "conda-lock.yml": "pip freeze > requirements.lock",
    "environment.yml": "pip freeze > requirements.lock",
}
_DOCUMENTS = {"model_card": {"card"}, "dpia": {"dpia"}, "datasheet": {"datasheet"}, "monitoring": {"monitoring"}}


PARAMETERS = "params.yaml"
MAX_PARAMETERS = 1 << 20
MOST_PARAMETERS = 50
MOST_TOLD = 5


def csv_list(
    project: Project,
    files: tuple[str, ...],
    header: tuple[str, ...],
    optional: tuple[str, ...],
    parse: Callable[[bytes, str], object],
    kind: str,
    odd: list[str],
) -> str | None:
    """The CSV file with this header, if `parse` takes it."""
    chosen = None
    for path in files:
        if not path.lower().endswith(".csv"):
            continue
        with project.resolve(path, kind).open("rb") as file:
            first = file.readline(1000).decode("utf-8-sig", "replace")
        cells = [cell.strip() for cell in first.split(",")]
        if len(set(cells)) < len(cells) or not {*header} <= {*cells} <= {*header, *optional}:
            continue
        if chosen:
            odd.append(f"{path!r} are {kind} as well as {chosen!r}")
            continue
        try:
            parse(project.read(path, kind, tabular.MAX_BYTES), path)
            chosen = path
        except BadInput as error:
            odd.append(f"{path!r} has the header of {kind}, but {_short(error)}")
    return chosen


def events(project: Project, files: list[str], odd: list[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Files of lineage events, and the names of the datasets that come from elsewhere."""
    found, left = [], openlineage.MAX_BYTES_IN_ALL
    read: set[str] = set()
    written: set[str] = set()
    for path in files:
        if not path.lower().endswith(_EVENTS):
            continue
        size = project.resolve(path, "event").stat().st_size
        if size > openlineage.MAX_BYTES or (left := left - size) < 0:
            continue
        data = project.read(path, "event", openlineage.MAX_BYTES)
        if b'"eventType"' not in data or b'"job"' not in data:
            continue
        first = first_json(data)
        first = first[0] if isinstance(first, list) and first else first
        if not isinstance(first, dict) or not {"eventType", "job"} <= first.keys():
            continue
        try:
            parsed = openlineage.parse(data, path)
        except BadInput as error:
            odd.append(f"{path!r} looks like lineage events, but {_short(error)}")
            continue
        found.append(path)
        read.update(dataset.name for event in parsed for dataset in event.inputs)
        written.update(output.dataset.name for event in parsed for output in event.outputs)
    return tuple(found), tuple(sorted(read - written))


def documents(project: Project, files: tuple[str, ...], odd: list[str]) -> dict[str, str]:
    """The document of each kind, the one nearest to the top."""
    found: dict[str, str] = {}
    for path in sorted(files, key=lambda path: (path.count("/"), path)):
        stem, suffix = os.path.splitext(os.path.basename(path))
        if suffix.lower() not in (".md", ".txt"):
            continue
        said = words(stem)
        kinds = [kind for kind, named in _DOCUMENTS.items() if named & said]
        if stem.lower() == "readme" and "/" not in path:
            kinds = ["readme"]
        for kind in kinds:
            if kind in found:
                odd.append(f"{path!r} is a {kind} as well as {found[kind]!r}")
                continue
            try:
                documentation.document(kind, path, project.read(path, kind, documentation.MAX_BYTES))
                found[kind] = path
            except BadInput as error:
                odd.append(f"{path!r} looks like a {kind}, but {_short(error)}")
    return found


def lock(project: Project, files: tuple[str, ...], odd: list[str]) -> str | None:
    """The lock file at the top that we can read."""
    for name in (name for name in _LOCKS if name in files):
        try:
            reproducibility.lock(project.read(name, "lock", reproducibility.MAX_BYTES), name)
            return name
        except BadInput as error:
            odd.append(f"{name!r} looks like a lock file, but {_short(error)}")
    odd += [
        f"{name!r} is no lock file we read; export it: {how}" for name, how in _OTHER_LOCKS.items() if name in files
    ]
    return None


def parameters(project: Project, files: tuple[str, ...], odd: list[str]) -> dict[str, str]:
    """The parameters in params.yaml at the top, where DVC and others keep them; nested ones as a.b. What is no plain
    YAML has none."""
    if PARAMETERS not in files:
        return {}
    try:
        tree = strictyaml.parse(project.read(PARAMETERS, "parameters", MAX_PARAMETERS), PARAMETERS).tree
    except BadInput as error:
        odd.append(f"{PARAMETERS!r} was not read: {_short(error)}")
        return {}
    found = {name: value for name, value in _flat("", tree) if nameable(name) and nameable(value)}
    return dict(list(found.items())[:MOST_PARAMETERS])


def _flat(prefix: str, tree: Any) -> Iterator[tuple[str, str]]:
    if isinstance(tree, str):
        yield prefix, tree
    elif isinstance(tree, dict):
        for key, value in tree.items():
            yield from _flat(f"{prefix}.{key}" if prefix else key, value)


def elsewhere(files: tuple[str, ...], odd: list[str]) -> None:
    """Says what stands for a file that is not here, and what could be read only by running it."""
    kept = [path.removesuffix(".dvc") for path in files if path.endswith(".dvc")]
    for path in [path for path in kept if path not in files][:MOST_TOLD]:
        odd.append(f"{path!r} is kept elsewhere by DVC: `dvc pull` brings it here, then run this again")
    books = [path for path in files if path.endswith(".ipynb")]
    if books:
        more = f" and {len(books) - 1} more" if len(books) > 1 else ""
        odd.append(f"{books[0]!r}{more}: notebooks are not looked into; what they write counts, as files")


def _short(error: BadInput) -> str:
    return f"{error.what}{f' ({error.where})' if error.where else ''}"
