"""The commit of a working tree, read from its files.

Git itself is not run: the configuration of a repository can make it run anything.
"""

import os
import re
from pathlib import Path
from typing import NamedTuple

_HEX = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?", re.ASCII)
_REF = re.compile(r"ref: (refs/[A-Za-z0-9._/+@-]{1,200})", re.ASCII)
_MOST_BYTES = 16 << 20


class Checkout(NamedTuple):
    """A commit, and how many folders above the one that was asked about its repository lies."""

    commit: str
    above: int


def checked_out(folder: Path) -> Checkout | None:
    """The commit that is checked out in the nearest repository from `folder` upwards; null where it cannot be told."""
    for above, place in enumerate((folder, *folder.parents)):
        if os.path.lexists(place / ".git"):
            commit = _head(place / ".git")
            return Checkout(commit, above) if commit else None
    return None


def _head(home: Path) -> str | None:
    """gitrepository-layout(5): HEAD holds a commit or names a ref, which is a file or a line of packed-refs."""
    if home.is_symlink() or not home.is_dir():
        return None  # a working tree whose repository is elsewhere
    head = _line(home, "HEAD")
    named = _REF.fullmatch(head)
    if named is None:
        return head if _HEX.fullmatch(head) else None
    loose = _line(home, named[1])
    return loose if _HEX.fullmatch(loose) else _packed(home, named[1])


def _line(home: Path, name: str) -> str:
    """The first line of a small file in a repository; empty where there is none, or a link leads there."""
    path = home / name
    try:
        if os.path.realpath(path) != os.path.join(os.path.realpath(home), name) or not path.is_file():
            return ""
        with path.open("rb") as file:
            return file.readline(300).decode("ascii", "replace").rstrip("\r\n")
    except OSError:
        return ""


def _packed(home: Path, ref: str) -> str | None:
    path = home / "packed-refs"
    if path.is_symlink() or not path.is_file():
        return None
    try:
        with path.open("rb") as file:
            text = file.read(_MOST_BYTES).decode("ascii", "replace")
    except OSError:
        return None
    for line in text.splitlines():
        commit, _, name = line.partition(" ")
        if name == ref and _HEX.fullmatch(commit):
            return commit
    return None
