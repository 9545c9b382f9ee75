"""Finds and reads a manifest."""

from pathlib import Path
from typing import NamedTuple

from governance import strictyaml
from governance.collect.project import Project
from governance.errors import BadInput
from governance.evidence.manifest import Manifest
from governance.evidence.origin import Input
from governance.progress import Progress, silent

FILE_NAME = "governance.yaml"


class Loaded(NamedTuple):
    """A manifest, its bytes, where each of its values stands, and the project around it (the folder it lies in)."""

    manifest: Manifest
    data: bytes
    source: strictyaml.Source
    project: Project
    input: Input

    def placed(self, error: BadInput) -> BadInput:
        """The same, at the line where the manifest has the key that `error.where` names."""
        for name in error.where.split(", "):
            path = tuple(name.split("."))
            if path in self.source.keys:
                at, details = self.source.beside(path), dict(error.details())
                return self.source.error(at, f"{error.where}: {error.what}", **details)
        return error


def load(path: Path, allow_roots: tuple[Path, ...] = (), progress: Progress = silent) -> Loaded:
    """`path` is a manifest, or a folder with a `governance.yaml`. Raises BadInput."""
    file = path / FILE_NAME if path.is_dir() else path
    if not file.parent.is_dir() or not (file.exists() or file.is_symlink()):
        raise BadInput(
            "there is no manifest",
            got=str(file),
            expected=f"a file {FILE_NAME} that says where the model and its data are",
            fix="name the manifest or its folder: `governance check PATH`; `governance init PATH` writes one",
        )
    project = Project(file.parent, allow_roots, progress)
    data, record = project.read_input("manifest", file.name, strictyaml.MAX_BYTES)
    source = strictyaml.parse(data, str(file))
    return Loaded(strictyaml.validate(source, Manifest), data, source, project, record)
