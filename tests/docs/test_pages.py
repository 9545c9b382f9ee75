"""Every page of documentation is true: its files are written, its commands run, and they say what the page shows."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.docs import page as pages
from tests.docs.player import Untrue, play

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    pytest.param(path, id=str(path.relative_to(ROOT)), marks=[pytest.mark.slow] if pages.read(path).slow else [])
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
]


@pytest.mark.parametrize("path", PAGES)
def test_page(path: Path, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    page, folder = pages.read(path), tmp_path / "work"
    folder.mkdir()
    recorded: dict[str, str] = {}
    text = path.read_text(encoding="utf-8")
    if "$ make demo" in text:
        recorded = _made(request.getfixturevalue("demo"), folder)
    if page.starts_from is not None:
        _start(request.getfixturevalue("demo")[0], page.starts_from, folder)
    if page.needs is not None:
        shutil.copytree(request.getfixturevalue("shared") / "data" / page.needs, folder / "raw")
    try:
        play(path, str(path.relative_to(ROOT)), folder, tmp_path / "home", recorded)
    except Untrue as untrue:
        pytest.fail(str(untrue), pytrace=False)


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


def test_make_targets_that_pages_name_are_there(require_tool: Callable[[str], str]) -> None:
    targets = {
        target
        for path in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md"))
        for target in re.findall(r"(?:`|^\$ )make ([a-z-]+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert {"demo", "test"} <= targets
    for target in sorted(targets):
        done = subprocess.run([require_tool("make"), "-n", target], cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert target != "demo" or "governance demo --out build/demo" in done.stdout
