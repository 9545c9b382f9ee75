"""Artifact facts: digest, format and what opening it in a limited child process showed."""

from governance.canonical import Count, Document, Sha256
from governance.evidence.origin import FactOrigin


class ArtifactFacts(Document):
    """`recorded` is the manifest's digest. `found_format` is what the bytes look like. `problem` says why it could not
    be opened, null when it was or nobody asked for it; `untrusted_types` are what skops would have to run."""

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
