"""Which files a manifest names: each with its role, and how it may travel to whoever measures elsewhere. Pure."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple
from unicodedata import normalize

from governance import canonical
from governance.errors import BadInput
from governance.evidence.manifest import Manifest

MOST_FILES = 1000
"""That one manifest may have travel."""
LONGEST = 1000
"""Bytes of a path in UTF-8; of one name in it, 255."""


class NamedFile(NamedTuple):
    """`recorded` is the digest that the manifest states for it, null where it states none."""

    role: str
    path: str
    recorded: str | None = None


def digested(manifest: Manifest) -> Iterator[NamedFile]:
    """The artifact, the tables and the sources that are at hand: what is digested for any plan."""
    artifact, data = manifest.artifact, manifest.data
    if artifact.path is not None:
        yield NamedFile("artifact", artifact.path, artifact.sha256)
    if data.evaluation:
        yield NamedFile("data.evaluation", data.evaluation.path, data.evaluation.sha256)
        if data.evaluation.join:
            yield NamedFile("data.join", data.evaluation.join.path, data.evaluation.join.sha256)
    if data.training:
        yield NamedFile("data.training", data.training.path, data.training.sha256)
    for source in manifest.lineage.sources:
        if source.path is not None:
            yield NamedFile(f"lineage.source:{source.id}", source.path, source.sha256)


# Which groups of facts read it; the files of each are listed in `_read`.
_READ_FOR = {
    "access.approvals": {"access", "lineage"},
    "lineage.event": {"lineage"},
    "access.grants": {"access"},
    "access.people": {"access"},
    "environment.lock": {"reproducibility", "licences"},
    "reasons.catalogue": {"reasons"},
    "documents": {"documents"},
}


def _read(manifest: Manifest) -> Iterator[tuple[str, NamedFile]]:
    access = manifest.access
    for role, path in (
        ("access.approvals", access.approvals),
        *(("lineage.event", path) for path in manifest.lineage.events),
        ("access.grants", access.grants),
        ("access.people", access.people),
        ("environment.lock", manifest.environment.lock),
        ("reasons.catalogue", manifest.reasons.catalogue if manifest.reasons else None),
    ):
        if path is not None:
            yield role, NamedFile(role, path)
    for kind, path in manifest.documents.items():
        yield "documents", NamedFile(f"documents.{kind}", path)


def named_files(manifest: Manifest, wanted: Collection[str] | None = None) -> tuple[NamedFile, ...]:
    """What `collect` reads for these groups of facts, beside the manifest; all that is named where None. A file of two
    roles comes twice."""
    read = (file for group, file in _read(manifest) if wanted is None or not _READ_FOR[group].isdisjoint(wanted))
    return (*digested(manifest), *read)


def travelling(files: Iterable[NamedFile], manifest_name: str) -> Mapping[str, tuple[NamedFile, ...]]:
    """The files by their path, which is the name that each travels under, below the folder of the manifest. Raises
    BadInput where one cannot: it leaves that folder, is spelled so that two machines could read it differently, or
    could be taken for another one."""
    found: dict[str, tuple[NamedFile, ...]] = {}
    for file in files:
        _assert_travels(file.path, file.role)
        found[file.path] = (*found.get(file.path, ()), file)
    if len(found) > MOST_FILES:
        raise BadInput("the manifest names too many files", got=str(len(found)), expected=f"at most {MOST_FILES}")
    _assert_travels(manifest_name, "manifest")
    if "/" in manifest_name:
        raise BadInput("the manifest is in a folder", got=manifest_name, expected="its own name", where="manifest")
    known: dict[str, str] = {}
    for path in (manifest_name, *found):
        if _key(path) in known:
            raise _alike(path, known[_key(path)])
        known[_key(path)] = path
    for path in found:
        above = _key(path)
        while above := above.rpartition("/")[0]:
            if above in known:
                raise _alike(path, known[above])
    return found


def _assert_travels(path: str, role: str) -> None:
    try:
        canonical.dumps(path)
    except BadInput as error:
        raise BadInput(error.what, got=error.got, expected=error.expected, fix=error.fix, where=role) from error
    parts = path.split("/")
    plain = path.isprintable() and not any(mark in path for mark in '"\\')
    short = len(path.encode()) <= LONGEST and all(len(part.encode()) <= 255 for part in parts)
    if not (plain and short) or any(part in ("", ".", "..") for part in parts):
        raise BadInput(
            "a path that cannot travel",
            got=ascii(path)[:200],
            expected="a path below the manifest's folder such as data/eval.parquet, without . and .., \" and \\",
            fix="copy the file there and name it so; or measure where the files are",
            where=role,
        )


def _key(path: str) -> str:
    """Equal for paths that somebody, or some file system, could take for one."""
    return normalize("NFKC", normalize("NFKC", path).casefold())


def _alike(path: str, other: str) -> BadInput:
    return BadInput(
        "two files whose names could be taken for each other",
        got=f"{path!r} and {other!r}",
        fix="rename one of them",
    )
