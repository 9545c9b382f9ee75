from collections.abc import Callable
from pathlib import Path

import pytest

from governance.trail import merkle
from tests.signer import MemorySigner


@pytest.fixture
def signer() -> Callable[[int], MemorySigner]:
    return MemorySigner


@pytest.fixture
def leaf_reader() -> Callable[[list[bytes]], merkle.SubtreeReader]:
    """Subtree hashes straight from leaf hashes, without tiles."""

    def make(leaves: list[bytes]) -> merkle.SubtreeReader:
        return lambda level, index: merkle.root(leaves[index << level : (index + 1) << level])

    return make


@pytest.fixture(scope="session")
def vectors(shared: Path) -> Path:
    """Published test vectors of other implementations."""
    return shared / "vectors"
