"""What the parts of a first manifest share: the folder, the answers, and a note of what was seen and what is open."""

from collections.abc import Callable
from typing import NamedTuple

from governance.collect.columns import nameable
from governance.operations.choices import Answers, Choices
from governance.operations.look import Seen
from governance.render.yaml import Comment, Value

BLANK = "..."
SHOWN = 12
"""Columns, values or names that a comment lists."""


class Gap(NamedTuple):
    """Something left open: where it belongs in the manifest, and why it is open or what to do."""

    key: str
    why: str


class Notes:
    """One pass over the manifest's keys. `seen` (what, how it was found) and `gaps` grow as it is written."""

    def __init__(self, folder: Seen, answers: Answers, chosen: Choices, progress: Callable[[str], None]) -> None:
        self.folder, self.found, self.answers, self.chosen = folder, folder.found, answers, chosen
        self._progress = progress
        self.seen: list[tuple[str, str]] = []
        self.gaps: list[Gap] = []

    def saw(self, what: str, how: str) -> None:
        self.seen.append((what, how))

    def open(self, key: str, why: str) -> Comment:
        """Notes that something is open, and says so in the manifest."""
        self.gaps.append(Gap(key, why))
        return Comment(f"Open: {why}.")

    def file(self, role: str, path: str) -> dict[str, Value]:
        """Its path and digest."""
        self._progress(f"digesting {path}")
        return {"path": path, "sha256": self.folder.project.input(role, path).sha256}


def default_name(folder: Seen) -> str:
    """The folder's name, where a manifest can hold it."""
    name = folder.project.root.name
    return name if nameable(name) else "model"


def listed(names: list[str], most: int = SHOWN) -> str:
    """The first few, with commas."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
