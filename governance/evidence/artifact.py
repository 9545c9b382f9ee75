"""Artifact facts: digest, format and what opening it in a limited child process showed."""

from governance.canonical import Count, Document, Sha256
from governance.evidence.origin import FactOrigin


class Pickle(Document):
    """A pickle found in the artifact: in the file itself (`member` empty), in a member of the archive that it is, or
    `at` a byte beyond its start. `imports` are the names that it would import ("?" where that depends on what runs),
    sorted; `calls` counts operations that call what was imported. `problem` says where reading broke off."""

    member: str
    at: Count
    imports: tuple[str, ...]
    calls: Count
    problem: str | None


class PickleScan(Document):
    """What was found without unpickling anything. `problem` says what could not be searched."""

    bytes: Count
    pickles: tuple[Pickle, ...]
    problem: str | None


class ArtifactFacts(Document):
    """`recorded` is the manifest's digest. `found_format` is what the bytes look like. `problem` says why it could not
    be opened, null when it was or nobody asked for it; `untrusted_types` are what skops would have to run. `scan` is
    null where nobody asked for it."""

    origin: FactOrigin | None = None
    path: str
    format: str
    found_format: str
    recorded: Sha256 | None
    sha256: Sha256
    size: Count
    opened: bool
    problem: str | None
    untrusted_types: tuple[str, ...]
    scan: PickleScan | None = None
