"""A missing system tool is a skip with its reason on somebody's desk, and a failure where everything must be there."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TEST = """
def test_needs_a_tool(require_tool):
    require_tool("no-such-tool")

def test_has_its_own_environment():
    import os
    assert "CI" not in os.environ and "GOVERNANCE_URL" not in os.environ
    assert "user-config" in os.environ["GOVERNANCE_CONFIG_DIR"]
"""


@pytest.mark.parametrize(("strict", "summary"), [("0", "1 passed, 1 skipped"), ("1", "1 failed, 1 passed")])
def test_missing_tool(tmp_path: Path, root: Path, strict: str, summary: str) -> None:
    shutil.copy(root / "tests" / "conftest.py", tmp_path)
    (tmp_path / "test_one.py").write_text(TEST, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-ra", "-p", "no:cacheprovider", "--rootdir", tmp_path, tmp_path],
        cwd=tmp_path,
        env=dict(os.environ, CI="true", GOVERNANCE_URL="somewhere", GOVERNANCE_TESTS_STRICT=strict),
        capture_output=True,
        text=True,
        check=False,
    )
    assert summary in done.stdout, done.stdout + done.stderr
    assert "no-such-tool is not installed: run `make system`" in done.stdout
