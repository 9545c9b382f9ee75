"""Every page of documentation is true: its files are written, its commands run, and they say what the page shows."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.docs import page as reading
from tests.docs.pages import ROOT, play_page, runs_the_demo

# Played in a repository with a remote, and its jobs run: test_pipelines.py.
PIPELINES = {"pipeline-keys.md", "github.md", "gitlab.md"}
EVERY = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
PAGES = [
    pytest.param(path, id=str(path.relative_to(ROOT)), marks=[pytest.mark.slow] if reading.read(path).slow else [])
    for path in EVERY
    if path.name not in PIPELINES
]


@pytest.mark.parametrize("path", PAGES)
def test_page(path: Path, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    page = reading.read(path)
    demo = request.getfixturevalue("demo") if page.starts_from is not None or runs_the_demo(path) else None
    data = [request.getfixturevalue("shared") / "data" / name for name in page.needs]
    server = request.getfixturevalue(page.server).environment() if page.server is not None else None
    play_page(path, tmp_path, demo, data, server)


def test_make_targets_that_pages_name_are_there(require_tool: Callable[[str], str]) -> None:
    targets = {
        target
        for path in EVERY
        for target in re.findall(r"(?:`|^\$ )make ([a-z-]+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert {"demo", "test"} <= targets
    for target in sorted(targets):
        done = subprocess.run([require_tool("make"), "-n", target], cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert target != "demo" or "governance demo --out build/demo" in done.stdout
