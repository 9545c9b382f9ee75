"""One copy of the sound project: what is put into it, what a command says there, and what it leaves."""

import contextlib
import faulthandler
import io
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from governance.cli.__main__ import main
from governance.store.trail import TrailStore
from tests.bad_input import made
from tests.bad_input.table import FILES, Row
from tests.conftest import ROOT

HANGS = 90
"""Seconds after which a command counts as hanging: the process is ended, with what it was doing."""


class Ran(NamedTuple):
    code: int
    out: str
    err: str


class Place:
    def __init__(self, root: Path, config: Path) -> None:
        self.root, self.config = root, config

    def put(self, row: Row) -> None:
        """What the row says, in the place of what is sound."""
        for name, texts in row.change.items():
            path = self.root / name
            content = path.read_text(encoding="utf-8")
            for old, new in texts.items():
                assert old in content, (name, old)
                content = content.replace(old, new)
            path.write_text(content, encoding="utf-8")
        if row.file is not None:
            shutil.copyfile(FILES / row.file, self.root / row.put)
        else:
            getattr(made, str(row.made))(self.root)

    def run(self, *argv: str) -> Ran:
        """In this process. A command that hangs ends it, so that the test fails and says where."""
        out, err = io.StringIO(), io.StringIO()
        with _ended_if_it_hangs(), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main(list(argv))
        return _sound_in_form(Ran(code, out.getvalue(), err.getvalue()))

    def process(self, *argv: str) -> Ran:
        """In a process of its own, as a shell would start it."""
        done = subprocess.run(
            [sys.executable, "-m", "governance", *argv],
            cwd=self.root,
            env={"PYTHONPATH": str(ROOT), "PATH": "", "GOVERNANCE_CONFIG_DIR": str(self.config), "NO_COLOR": "1"},
            capture_output=True,
            text=True,
            timeout=HANGS,
            check=False,
        )
        return _sound_in_form(Ran(done.returncode, done.stdout, done.stderr))

    def tree(self) -> dict[str, object]:
        """Everything in the folder and what it is, but for SQLite's own scratch files."""
        found: dict[str, object] = {}
        for path in self.root.rglob("*"):
            name = path.relative_to(self.root).as_posix()
            if path.is_symlink():
                found[name] = ("link", os.readlink(path))
            elif path.is_file() and path.suffix not in (".db-wal", ".db-shm"):
                found[name] = path.read_bytes()
            elif not path.is_file():
                found[name] = "folder, pipe or socket"
        return found

    def entries(self) -> list[str]:
        """The types of the trail's entries."""
        with TrailStore.open(self.root / ".governance/trail.db") as store, store.snapshot() as snapshot:
            return [str(stored.entry.type) for stored in snapshot.entries()]


@contextlib.contextmanager
def _ended_if_it_hangs() -> Iterator[None]:
    faulthandler.dump_traceback_later(HANGS, exit=True)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()


def _sound_in_form(ran: Ran) -> Ran:
    assert "Traceback" not in ran.out + ran.err, ran
    assert not re.search(r"[^\n -~\x85\xa0-\U0010ffff]", ran.out + ran.err), ran
    assert ran.code != 1, ran
    return ran


def without_excerpt(text: str) -> tuple[str, bool]:
    """A message without the line of the file that it shows, and whether it shows one with a caret below."""
    lines = text.rstrip("\n").split("\n")
    shown = [line for line in lines if line.startswith("  | ")]
    caret = len(shown) == 2 and shown[1].strip(" |") == "^"
    return "\n".join(line for line in lines if line not in shown), caret


def fits(text: str, expected: str) -> bool:
    """Line by line; `...` at the end of an expected line stands for anything on it."""
    lines, wanted = text.split("\n"), expected.split("\n")
    return len(lines) == len(wanted) and all(
        line.startswith(want.removesuffix("...")) if want.endswith("...") else line == want
        for line, want in zip(lines, wanted, strict=True)
    )
