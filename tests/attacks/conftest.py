import pytest

from governance import keys
from tests.operations.project import CHEAP_SCRYPT, Project
from tests.verification.conftest import case  # noqa: F401


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project with a trail, with ann (submitter) and bo (approver)."""
    monkeypatch.setattr(keys, "_SCRYPT_N", CHEAP_SCRYPT)
    return Project(tmp_path / "project", tmp_path / "config").start("ann", "bo")
