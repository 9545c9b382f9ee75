import pytest

from governance import keys
from tests.operations.project import CHEAP_SCRYPT, Project


@pytest.fixture(autouse=True)
def _cheap_passwords(monkeypatch):
    monkeypatch.setattr(keys, "_SCRYPT_N", CHEAP_SCRYPT)


@pytest.fixture
def bare(tmp_path):
    """A project without a trail."""
    return Project(tmp_path / "project", tmp_path / "config")


@pytest.fixture
def project(bare):
    """A project with a trail, with ann (submitter) and bo (approver)."""
    return bare.start("ann", "bo")
