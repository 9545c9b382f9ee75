from collections.abc import Callable, Iterator
from functools import cache

import pytest

from governance import keys
from governance.web.app import create_app
from governance.web.portal import add_portal
from governance.web.served import Served
from tests.operations.project import CHEAP_SCRYPT
from tests.web.house import House
from tests.web.server import Server


@pytest.fixture(autouse=True)
def _cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "_SCRYPT_N", CHEAP_SCRYPT)


@pytest.fixture(scope="session")
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], House]:
    """`house("sqlite")`, `house("postgresql")`: made when it is first asked for."""

    @cache
    def made(database: str) -> House:
        databases = request.getfixturevalue("postgresql") if database == "postgresql" else None
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(keys, "_SCRYPT_N", CHEAP_SCRYPT)
            return House(tmp_path_factory.mktemp("house"), databases)

    return made


@pytest.fixture(scope="session")
def running(house: Callable[[str], House], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """API and portal on a port; what they serve is each test's own, see `Server.of`."""
    with house("sqlite").copy(tmp_path_factory.mktemp("running")) as project:
        served = Served(project.workspace, None, ())  # type: ignore[arg-type]
        server = Server(create_app(served, add_portal), lifespan="off")
        yield server
        server.close()
