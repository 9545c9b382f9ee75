"""The demo, run once for all workers of a test session: what it printed, and the folder it left behind."""

import fcntl
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from governance.cli.__main__ import main


def demonstrate(out: Path) -> str:
    """Run the demo into `out`; what it says, with `build/demo` for `out`."""
    with pytest.MonkeyPatch.context() as patch:
        printed: list[str] = []
        patch.setenv("CI", "true")  # throw-away keys: the demo makes them on a CI machine too
        patch.setattr("governance.cli.context.Context.say", lambda _self, text: printed.append(text))
        assert main(["demo", "--out", str(out)]) == 0
    return "\n".join(printed).replace(str(out), "build/demo") + "\n"


def shared_demo(factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder and the text of the one demo of this session, whichever worker came first."""
    base = factory.getbasetemp()
    base = base.parent if base.name.startswith("popen-") else base
    out, text = base / "demo-once", base / "demo-once.txt"
    with (base / "demo-once.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not text.exists():
            shutil.rmtree(out, ignore_errors=True)
            said = demonstrate(out)
            # Tests copy the folder while others read it: nothing may wait in a second file for whoever closes last.
            with closing(sqlite3.connect(out / ".governance" / "trail.db")) as trail:
                assert trail.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
            text.write_text(said, encoding="utf-8")
    return out, text.read_text(encoding="utf-8")
