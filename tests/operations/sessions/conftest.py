import pytest

from tests.operations.service import Service


@pytest.fixture(params=["sqlite", "postgresql"])
def service(request, bare):
    made = Service(bare, None if request.param == "sqlite" else request.getfixturevalue("database"))
    made.join("bo", "approver")
    return made


@pytest.fixture
def small(bare):
    made = Service(bare)
    made.join("bo", "approver")
    return made
