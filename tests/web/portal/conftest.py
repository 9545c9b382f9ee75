import shutil

import httpx
import pytest

from governance import keys
from tests.operations.project import CHEAP_SCRYPT, PASSWORD, Clock, Project
from tests.web.portal.service import Server, application, project_with_accounts


@pytest.fixture(autouse=True)
def _cheap_passwords(monkeypatch):
    monkeypatch.setattr(keys, "_SCRYPT_N", CHEAP_SCRYPT)


@pytest.fixture(scope="session")
def _made(tmp_path_factory):
    """Keys take a while, so people get theirs once."""
    folder = tmp_path_factory.mktemp("portal")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keys, "_SCRYPT_N", CHEAP_SCRYPT)
        project_with_accounts(folder)
    return folder


@pytest.fixture
def project(_made, tmp_path):
    """A project with accounts, whose one version fails a floor in prod and needs a review for its digest."""
    shutil.copytree(_made, tmp_path, dirs_exist_ok=True)
    found = Project.there(tmp_path / "project", tmp_path / "config", clock=Clock())
    found.origin = found.workspace.trust().logs[0].origin
    return found


@pytest.fixture
def server(project):
    running = Server(application(project.workspace))
    yield running
    running.close()


@pytest.fixture
def visit(server):
    """`visit("bo")` is a client that has signed in, `visit()` one that has not. No redirect is followed."""
    made = []

    def client(name=None):
        client = httpx.Client(base_url=server.url)
        made.append(client)
        if name:
            answer = client.post("/login", data={"name": name, "password": PASSWORD})
            assert answer.status_code == 303
        return client

    yield client
    for each in made:
        each.close()
