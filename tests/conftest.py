"""What every test starts from: a clean environment, no real configuration folder, and a word on what it needs."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest

if TYPE_CHECKING:
    from governance.settings import DatabaseUrl
    from tests.postgresql import Server

# Two workers on two cores: a thread pool in each would only get in the other's way. Read when numpy is first imported.
for _threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_threads, "1")

STRICT = os.environ.get("GOVERNANCE_TESTS_STRICT", "") not in ("", "0")
ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"

# A deadline in milliseconds says more about the machine's other work than about the code.
hypothesis.settings.register_profile("governance", deadline=None)
hypothesis.settings.load_profile("governance")


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of the developer's or the runner's environment decides a test; a test sets what it means to test."""
    for name in list(os.environ):
        if name == "CI" or name.startswith("GOVERNANCE_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("GOVERNANCE_CONFIG_DIR", str(tmp_path / "user-config"))
    monkeypatch.setenv("NO_COLOR", "1")


@pytest.fixture(scope="session")
def require_tool() -> Callable[[str], str]:
    """`require_tool("pdftoppm")` is its path. Missing: the test skips and says so, or fails if testing is strict."""

    def path_of(name: str) -> str:
        found = shutil.which(name)
        if found is None:
            reason = f"{name} is not installed: run `make system`"
            (pytest.fail if STRICT else pytest.skip)(reason)
            raise AssertionError("unreachable")
        return found

    return path_of


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of published data beside the checkout. Not everybody has it: the test skips with the reason."""
    if not SHARED.is_dir():
        pytest.skip(f"no published data beside the checkout ({SHARED.name}/)")
    return SHARED


@pytest.fixture(scope="session")
def root() -> Path:
    """The root of the checkout."""
    return ROOT


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder that one run of the demo left behind, not to be written to, and what it said."""
    from tests.demonstration import shared_demo

    return shared_demo(tmp_path_factory)


@pytest.fixture(scope="session")
def postgresql() -> "Iterator[Server]":
    """A server of PostgreSQL for this worker, as long as it runs."""
    from tests.postgresql import Server

    server = Server()
    yield server
    server.close()


@pytest.fixture
def database(postgresql: "Server") -> "Iterator[DatabaseUrl]":
    """An empty database of PostgreSQL."""
    name = postgresql.new()
    yield postgresql.url(name)
    postgresql.drop(name)
