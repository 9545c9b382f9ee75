"""Lay out policy files: each is written whole or not at all, and only where something changes."""

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from governance.canonical import Sha256, sha256
from governance.errors import BadInput
from governance.operations.files import read_written, write_whole
from governance.operations.parents import POLICY
from governance.render.layout import laid_out


class LaidOut(NamedTuple):
    """A file with its digest before (`was`) and after; `difference` is what changes, as a unified diff, empty where
    nothing does."""

    file: str
    was: Sha256
    sha256: Sha256
    difference: str


def lay_out(names: Sequence[str], *, write: bool) -> list[LaidOut]:
    """Files, or folders with a policy. All are read before the first is written. Raises BadInput, MachineFault."""
    found = []
    for name in names:
        path = _file(name)
        shown = str(path) if Path(name).is_dir() else name
        old = read_written(path, "policy")
        new = laid_out(old, shown)
        was, now = (data.decode("utf-8").splitlines(keepends=True) for data in (old, new))
        difference = "".join(difflib.unified_diff(was, now, shown, f"{shown} as it should be"))
        if old != new and not difference.endswith("\n"):
            difference += "\n"
        found.append((path, new, LaidOut(shown, sha256(old), sha256(new), difference)))
    for path, new, one in found:
        if write and one.sha256 != one.was:
            write_whole(path.resolve(), new)  # a link stays one
    return [one for _, _, one in found]


def _file(name: str) -> Path:
    path = Path(name)
    if not path.is_dir():
        return path
    if not (path / POLICY).is_file():
        raise BadInput("no policy there", got=name, expected=f"a file, or a folder with a {POLICY}")
    return path / POLICY
