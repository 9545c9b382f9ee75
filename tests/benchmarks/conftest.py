"""Ratios within one run: a table on standard output, no assertion on time."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest


@pytest.fixture
def clock_command(tmp_path: Path) -> Callable[[Sequence[str], Path, int], float]:
    """Median wall-clock seconds of a command in a fresh process. Run it once before, so that bytecode is compiled."""
    environment = {**os.environ, "GOVERNANCE_CONFIG_DIR": str(tmp_path / "keys"), "NO_COLOR": "1"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # with it every run compiles anew what has changed since

    def measure(command: Sequence[str], folder: Path, times: int) -> float:
        seconds = []
        for _ in range(times):
            start = time.perf_counter()
            done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False)
            seconds.append(time.perf_counter() - start)
            assert done.returncode in (0, 10, 11), done.stderr.decode()
        return statistics.median(seconds)

    return measure


@pytest.fixture
def python() -> str:
    return sys.executable
