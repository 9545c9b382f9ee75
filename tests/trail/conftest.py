from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from governance.trail import merkle


class MemorySigner:
    """A key made from a seed; `public_key` is 32 raw bytes."""

    def __init__(self, seed: int) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)

    @property
    def public_key(self) -> bytes:
        return self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message)


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
