"""The artifact as it lies there: what it is called, what its bytes look like, and whether it may be opened at all."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from governance.evidence.artifact import ArtifactFacts, PickleScan
from governance.evidence.manifest import Artifact
from governance.measure.formats import found_format, why_closed
from governance.measure.messages import Opened


class Held(NamedTuple):
    """`closed` says why no child is asked to open it; null where one may be."""

    path: Path
    section: Artifact
    sha256: str
    size: int
    found: str
    closed: str | None

    def facts(self, opened: Opened | None, died: str, pickles: bool = False) -> ArtifactFacts:
        """`opened` is the child's answer, null where it was not asked or did not answer: `died` then says why.
        `pickles`: whether to search for them."""
        if opened is None:
            problem = self.closed or died or None
        else:
            problem = opened.problem
        return ArtifactFacts(
            path=self.section.path or "",
            format=self.section.format or "",
            found_format=self.found,
            recorded=self.section.sha256,
            sha256=self.sha256,
            size=self.size,
            opened=opened is not None and opened.problem is None,
            problem=problem,
            untrusted_types=opened.untrusted_types if opened else (),
            scan=_scanned(self.path) if pickles else None,
        )


def _scanned(path: Path) -> PickleScan:
    from governance.measure.pickles import scan

    return scan(path)


def hold(section: Artifact, path: Path | None, sha256: str | None, size: int) -> Held | str:
    """The artifact, or why there is none. Raises BadInput where it cannot be read."""
    if section.path is None or section.format is None:
        return f"there is no artifact: {section.none}"
    if path is None or sha256 is None:
        return f"{section.path} is not there"
    found = found_format(path, section.format)
    return Held(path, section, sha256, size, found, why_closed(section.format, found))
