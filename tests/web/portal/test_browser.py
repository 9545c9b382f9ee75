"""A person at a browser: with JavaScript and without, in the light and in the dark, on a desk and on a phone."""

from pathlib import Path

import pytest

from tests.operations.project import NAME, PASSWORD, VERSION
from tests.web.portal.browser import chromium
from tests.web.portal.test_portal import CASE, decisions, gate

AXE = next((Path(__file__).parent / "axe").glob("*.js"))
EVERY = (
    "/",
    "/?show=denied",
    CASE,
    f"{CASE}?waive=small%23floor",
    "/models",
    f"/models/{NAME}",
    "/trail",
    "/account",
    "/none",
)


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


@pytest.fixture
def opened(browser, server):
    """`opened(scripts=...)` is a page of a fresh browser; what its console complained about is looked at in the end."""
    contexts, said = [], []

    def page(**options):
        context = browser.new_context(base_url=server.url, **options)
        contexts.append(context)
        made = context.new_page()
        made.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
        made.on("pageerror", lambda error: said.append(str(error)))
        return made

    yield page
    for context in contexts:
        context.close()
    # A browser reports each answer above 399 that it was given; nothing else may be there.
    assert not [text for text in said if "the server responded with a status of 4" not in text]


def log_in(page, name, at="/"):
    page.goto(at)
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Log in").click()
    page.wait_for_load_state()


def sign(page, reason, kind=None):
    if kind:
        page.get_by_role("radio", name=kind).check()
    page.locator("#reason").fill(reason)
    page.locator("#password").fill(PASSWORD)
    page.locator("#act").get_by_role("button").first.click()
    page.wait_for_load_state()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_from_the_login_to_an_allowed_model(project, opened, scripts):
    project.check()
    assert gate(project).value == "deny"
    officer, other = opened(java_script_enabled=scripts), opened(java_script_enabled=scripts)
    log_in(officer, "bo", CASE)
    assert officer.get_by_role("heading", level=1).inner_text() == f"{NAME} {VERSION}"
    assert officer.get_by_text("prod DENY").first.is_visible()
    log_in(other, "ed", CASE)

    project.clock.tick()
    officer.get_by_role("link", name="Waive A performance metric").click()
    officer.get_by_label("Ticket").fill("RISK-7")
    officer.get_by_label("Ends on").fill("2027-02-01")
    sign(officer, "a pilot with forty users")
    assert officer.get_by_role("status").get_by_text("Signed and sealed").is_visible()
    assert decisions(project)[-1] in officer.get_by_role("status").inner_text()

    # Somebody else still looks at the decision of before.
    project.clock.tick()
    sign(other, "I read the old one", "Reject")
    assert other.get_by_role("heading", name="The case has changed").is_visible()
    assert other.locator("#reason").input_value() == "I read the old one"
    assert len(decisions(project)) == 2

    sign(officer, "the digest is on the ticket", "Approve")
    assert officer.get_by_text("Nothing waits for a review").is_visible()
    assert gate(project).value == "allow"

    project.clock.tick()
    other.goto(CASE)
    sign(other, "second thoughts", "Reject")
    assert gate(project).value == "deny"

    officer.goto("/trail")
    officer.get_by_role("button", name="Verify every entry").click()
    officer.get_by_text("Every entry holds").wait_for()
    officer.get_by_role("button", name="Log out").click()
    officer.wait_for_url("**/login")
    officer.goto(CASE)
    assert "/login" in officer.url


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_runs_out_of_the_page(project, opened, colours):
    project.check()
    page = opened(color_scheme=colours)
    page.goto("/login")
    found = [(path, fault) for path in ["/login"] for fault in violations(page)]
    log_in(page, "bo")
    for path in EVERY:
        page.goto(path)
        for details in page.locator("details").all():
            details.evaluate("one => one.open = true")
        found += [(path, fault) for fault in violations(page)]
        for width in (400, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (path, width)
    assert not found


def violations(page):
    page.evaluate(AXE.read_text(encoding="utf-8"))
    answer = page.evaluate("axe.run()")
    assert len(answer["passes"]) > 10
    return [(one["id"], [node["target"] for node in one["nodes"]][:3]) for one in answer["violations"]]


def test_colours_are_picked_without_scripts(project, opened):
    page = opened(java_script_enabled=False, color_scheme="light")
    page.goto("/login")
    page.get_by_role("button", name="Dark").click()
    page.wait_for_load_state()
    assert page.locator("html").get_attribute("data-theme") == "dark"
