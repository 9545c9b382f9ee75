"""Plays a page of this checkout, in `work` below a test's folder, with what the page says it starts from."""

import shutil
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from tests.docs import page as reading
from tests.docs.player import Untrue, play

ROOT = Path(__file__).resolve().parents[2]


def play_page(
    path: Path,
    base: Path,
    demo: tuple[Path, str] | None,
    data: Iterable[Path],
    server: Mapping[str, str] | None = None,
) -> None:
    """Fails the test with the page's line where the page is not true."""
    page, folder = reading.read(path), base / "work"
    folder.mkdir(exist_ok=True)
    recorded: dict[str, str] = {}
    if demo and runs_the_demo(path):
        recorded = _made(demo, folder)
    if demo and page.starts_from is not None:
        _start(demo[0], page.starts_from, folder)
    for one in data:
        shutil.copytree(one, folder / "raw", dirs_exist_ok=True)
    problem = ""
    try:
        play(path, str(path.relative_to(ROOT)), folder, base / "home", recorded, server)
    except Untrue as untrue:
        problem = str(untrue)
    if problem:
        pytest.fail(problem, pytrace=False)


def runs_the_demo(path: Path) -> bool:
    return "$ make demo" in path.read_text(encoding="utf-8")


def _made(demo: tuple[Path, str], folder: Path) -> dict[str, str]:
    """What `make demo` leaves behind and says: it ran once for all tests. `make test` is what runs just now."""
    shutil.copytree(demo[0], folder / "build" / "demo")
    binaries = folder / ".venv" / "bin"
    binaries.mkdir(parents=True)
    (binaries / "governance").symlink_to(Path(sys.executable).parent / "governance")
    return {"make demo": demo[1], "make test": ""}


def _start(demo: Path, name: str, folder: Path) -> None:
    """A folder of the demo's, without what the demo itself wrote into it afterwards."""
    whole, _, part = name.partition("/")
    assert whole == "demo" and (demo / part).is_dir(), f"there is no {name!r} to start from"
    left = shutil.ignore_patterns("check.txt", "model-changed.skops")
    shutil.copytree(demo / part, folder, ignore=left, dirs_exist_ok=True)
