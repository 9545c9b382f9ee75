import httpx
import pytest

from tests.operations.project import PASSWORD


@pytest.fixture
def project(request, house, tmp_path):
    """A project with accounts, whose one version fails a floor in prod and needs a review for its digest."""
    with house(getattr(request, "param", "sqlite")).copy(tmp_path) as found:
        yield found


@pytest.fixture
def server(running, project):
    with running.of(project.workspace):
        yield running


@pytest.fixture
def visit(server, house, project):
    """`visit("bo")` is a client of somebody who has signed in, `visit()` one of who has not; `visit("bo", anew=True)`
    signs in for a session of its own. No redirect is followed."""
    made = []
    sessions = house("sqlite").sessions if project.settings.database is None else house("postgresql").sessions

    def client(name=None, anew=False):
        client = httpx.Client(base_url=server.url, verify=False)
        made.append(client)
        if name in sessions and not anew:
            client.cookies.set("governance", sessions[name])
        elif name:
            answer = client.post("/login", data={"name": name, "password": PASSWORD})
            assert answer.status_code == 303
        return client

    yield client
    for each in made:
        each.close()
