from collections.abc import Iterator

import pytest

from governance import keys
from tests.operations.project import CHEAP_SCRYPT
from tests.web.api.serving import Serving


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def serving(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """One service on each database for all tests of this folder: each makes a version of its own."""
    database = None
    if request.param == "postgresql":
        server = request.getfixturevalue("postgresql")
        database = server.url(server.new())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keys, "_SCRYPT_N", CHEAP_SCRYPT)
        made = Serving(tmp_path_factory.mktemp("serving"), database)
    yield made
    made.close()
