"""What waits, the account and the people in a real browser: nothing for axe to find, nothing out of the page, and all
of it without scripts."""

from pathlib import Path

import pytest

from tests.operations.project import PASSWORD
from tests.web.portal.browser import chromium
from tests.web.portal.cases import Cases

AXE = next((Path(__file__).parent / "axe").glob("*.js"))
LONG = "a-model-name-that-a-platform-made-of-project-region-and-purpose-" * 3
EVERY = (
    "/",
    "/?show=others",
    "/?q=nothing-is-called-this",
    "/account",
    "/people",
    "/people/invite",
    "/people/local%7Cbo",
    "/people/local%7Ced",
    "/people/local%7Cbo/disable",
    "/people/local%7Ced/disable",
    "/people/local%7Cgus/link",
)


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


@pytest.fixture
def opened(browser, server, visit):
    """`opened("bo")` is a page of a browser in which somebody has signed in."""
    contexts = []

    def page(name, **options):
        context = browser.new_context(base_url=server.url, **options)
        contexts.append(context)
        session = visit(name).cookies["governance"]
        context.add_cookies([{"name": "governance", "value": session, "url": server.url}])
        return context.new_page()

    yield page
    for context in contexts:
        context.close()


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_runs_out_of_the_page(project, opened, colours):
    put, page, found = Cases(project).put, opened("ed", color_scheme=colours), []
    page.goto("/")
    assert page.get_by_text("What happens next").is_visible()
    put(LONG, "2026.11.21-build.4711+sha.abcdef")
    put("نموذج-الائتمان", "٢٫١", right=80)
    for path in EVERY:
        page.goto(path)
        for details in page.locator("details").all():
            details.evaluate("one => one.open = true")
        page.evaluate(AXE.read_text(encoding="utf-8"))
        answer = page.evaluate("axe.run()")
        assert len(answer["passes"]) > 10
        found += [(path, one["id"], one["nodes"][0]["target"]) for one in answer["violations"]]
        for width in (390, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (path, width)
    assert not found


def test_an_admins_morning_without_scripts_and_with_the_keyboard_alone(project, opened):
    page = opened("al", java_script_enabled=False)
    page.goto("/people")
    page.get_by_role("link", name="Invite somebody").press("Enter")
    page.get_by_label("Name").fill("fay")
    page.get_by_role("checkbox", name="reviewer").press("Space")
    page.get_by_label("Your own password").fill(PASSWORD)
    page.get_by_label("Your own password").press("Enter")
    assert "/invitation/" in page.locator("#link").inner_text()
    page.goto("/people")
    page.get_by_label("Name or role").fill("fay")
    page.get_by_label("Name or role").press("Enter")
    assert page.get_by_role("row").count() == 2
    page.get_by_role("link", name="fay").press("Enter")
    assert page.get_by_text("invited", exact=True).is_visible()


def test_an_officer_narrows_the_list_and_opens_the_first_case(project, opened):
    put = Cases(project).put
    put("churn", tier="low")
    put("credit", tier="high")
    page = opened("bo", java_script_enabled=False)
    page.goto("/")
    page.get_by_label("Risk").select_option("low")
    page.get_by_role("button", name="Show").press("Enter")
    assert page.url.endswith("tier=low&environment=")
    page.get_by_role("link", name="churn 1.10").press("Enter")
    assert page.get_by_role("heading", level=1).inner_text() == "churn 1.10"
