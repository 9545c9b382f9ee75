import httpx
import pytest

from governance import keys
from tests.operations.project import CHEAP_SCRYPT, PASSWORD
from tests.web.portal.browser import chromium
from tests.web.portal.clinic import Clinic


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
        client = httpx.Client(base_url=server.url, timeout=60, verify=False)
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


@pytest.fixture(scope="session")
def clinic(demo, running, tmp_path_factory):
    """The demonstration, with what `eve` did since."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keys, "_SCRYPT_N", CHEAP_SCRYPT)
        return Clinic.of(demo[0], tmp_path_factory.mktemp("clinic"), running)


@pytest.fixture
def eve(clinic, running):
    """A client that has signed in at the clinic."""
    with clinic.visited(running) as client:
        yield client


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


@pytest.fixture
def opened(browser, server):
    """`opened(java_script_enabled=...)` is a page of a fresh browser. What its console complained about, or a dialog it
    showed, fails in the end."""
    contexts, said = [], []

    def dialog(shown):
        said.append(f"a dialog: {shown.message}")
        shown.dismiss()

    def page(**options):
        context = browser.new_context(base_url=server.url, **options)
        contexts.append(context)
        made = context.new_page()
        made.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
        made.on("pageerror", lambda error: said.append(str(error)))
        made.on("dialog", dialog)
        return made

    yield page
    for context in contexts:
        context.close()
    # A browser reports each answer above 399 that it was given; nothing else may be there.
    assert not [text for text in said if "the server responded with a status of 4" not in text]
