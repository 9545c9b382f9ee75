"""A person at a browser: with JavaScript and without, in the light and in the dark, on a desk, on a phone, on paper and
with nothing but keys; on both databases."""

from pathlib import Path

import pytest

from tests.operations.project import NAME, PASSWORD, VERSION
from tests.web.portal.test_portal import CASE, decisions, gate

AXE = next((Path(__file__).parent / "axe").glob("*.js"))
WIDTHS = (360, 640, 768, 1280)
"""A phone; a desk at 200 %; a tablet; a desk."""
BO = "/people/local%7Cbo"
EVERY = (
    "/",
    "/?show=denied",
    CASE,
    f"{CASE}?waive=small%23floor",
    "/models",
    f"/models/{NAME}",
    "/trail",
    "/account",
    "/people",
    "/people/invite",
    BO,
    f"{BO}/link",
    f"{BO}/disable",
    f"{BO}/grant?role=auditor",
    "/none",
)


def log_in(page, name, at="/"):
    page.goto(at)
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Log in").click()
    page.wait_for_load_state()


def signed_in(page, house, name):
    """Without the way there."""
    page.context.add_cookies(
        [{"name": "governance", "value": house.sessions[name], "domain": "127.0.0.1", "path": "/", "httpOnly": True}]
    )
    return page


def sign(page, reason, kind=None, password=PASSWORD):
    if kind:
        page.get_by_role("radio", name=kind).check()
    page.locator("#reason").fill(reason)
    page.locator("#password").fill(password)
    page.locator("#act").get_by_role("button").first.click()
    page.wait_for_load_state()


@pytest.mark.parametrize("project", ["sqlite", "postgresql"], indirect=True)
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_from_the_login_to_an_allowed_model(project, opened, scripts):
    project.check()
    assert gate(project).value == "deny"
    officer, other = opened(java_script_enabled=scripts), opened(java_script_enabled=scripts)
    log_in(officer, "bo", "/?show=denied")
    officer.locator(f'main a[href="{CASE}"]').first.click()
    officer.wait_for_url(f"**{CASE}")
    assert officer.get_by_role("heading", level=1).inner_text() == f"{NAME} {VERSION}"
    assert officer.get_by_text("prod DENY").first.is_visible()
    log_in(other, "ed", CASE)

    project.clock.tick()
    officer.get_by_role("link", name="Waive A performance metric").click()
    officer.get_by_label("Ticket").fill("RISK-7")
    officer.get_by_label("Ends on").fill("2027-02-01")
    sign(officer, "a pilot with forty users", password="not mine")
    assert officer.get_by_text("Nothing was signed").is_visible()
    assert officer.locator("#reason").input_value() == "a pilot with forty users"
    assert len(decisions(project)) == 1
    sign(officer, "a pilot with forty users")
    assert officer.get_by_role("status").get_by_text("Signed and sealed").is_visible()
    assert decisions(project)[-1] in officer.get_by_role("status").inner_text()
    assert gate(project).value == "needs review"

    # Somebody else still looks at the decision of before.
    project.clock.tick()
    sign(other, "I read the old one", "Reject")
    assert other.get_by_role("heading", name="The case has changed").is_visible()
    assert other.locator("#reason").input_value() == "I read the old one"
    assert len(decisions(project)) == 2
    sign(other, "I have read it now", "Comment")
    assert (len(decisions(project)), gate(project).value) == (3, "needs review")

    project.clock.tick()
    officer.goto(CASE)
    assert officer.get_by_text("I have read it now").first.is_visible()
    sign(officer, "the digest is on the ticket", "Approve")
    assert officer.get_by_role("status").get_by_text("Signed and sealed").is_visible()
    assert gate(project).value == "allow"

    project.clock.tick()
    other.goto(CASE)
    sign(other, "second thoughts", "Reject")
    assert gate(project).value == "deny"

    officer.goto("/trail")
    officer.get_by_role("button", name="Verify every entry").click()
    officer.get_by_text("Every entry holds").wait_for()
    officer.goto(CASE)
    officer.get_by_role("button", name="Log out").click()
    officer.wait_for_url("**/login")
    officer.go_back()
    officer.wait_for_load_state()
    assert "/login" in officer.url or NAME not in officer.get_by_role("main").inner_text()
    officer.goto(CASE)
    assert "/login" in officer.url


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_runs_out_of_the_page(project, house, opened, colours):
    project.check()
    page = opened(color_scheme=colours)
    # Each width with axe in one of the two, for it takes long.
    looked = WIDTHS[::2] if colours == "light" else WIDTHS[1::2]
    page.goto("/login")
    found = [("/login", fault) for fault in violations(page)]
    signed_in(page, house("sqlite"), "ed")
    for path in EVERY:
        page.goto(path)
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            wide = page.evaluate("document.documentElement.scrollWidth")
            found += [(path, f"{wide} px in a window of {width}")] if wide > width else []
            found += [(path, width, fault) for fault in (violations(page) if width in looked else ())]
    assert not found


def violations(page):
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    answer = page.evaluate("axe.run()")
    assert len(answer["passes"]) > 10
    return [(one["id"], [node["target"] for node in one["nodes"]][:3]) for one in answer["violations"]]


FOCUSED = """() => {
    const one = document.activeElement, box = one.getBoundingClientRect();
    const drawn = getComputedStyle(one);
    one.dataset.number ??= String(document.querySelectorAll('[data-number]').length);
    const all = [...document.querySelectorAll('*')];
    return {
        what: one.outerHTML.slice(0, 120), at: all.indexOf(one), body: one === document.body,
        shown: box.width > 0 && box.height > 0 && box.top >= 0 && box.bottom <= innerHeight + 1,
        marked: drawn.outlineStyle !== 'none' && parseFloat(drawn.outlineWidth) > 0 || drawn.boxShadow !== 'none',
    };
}"""


def tabbed(page):
    """What Tab leads to, from the top of the page until it leaves it."""
    found = []
    for _ in range(150):
        page.keyboard.press("Tab")
        one = page.evaluate(FOCUSED)
        if one["body"] or (found and one["at"] == found[0]["at"]):
            return found
        found.append(one)
    raise AssertionError("Tab does not come to an end")


def test_keys_are_enough(project, house, opened):
    project.check()
    page = opened(reduced_motion="reduce")  # else the page is still on its way to what has the focus
    page.goto("/login")
    page.get_by_label("Name").focus()
    page.keyboard.type("bo")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/")
    for path in ("/", CASE, "/account", "/trail"):
        page.goto(path)
        found = tabbed(page)
        assert "Skip to the content" in found[0]["what"]
        assert [one["at"] for one in found] == sorted(one["at"] for one in found), path
        assert not [one["what"] for one in found if not one["shown"]], path
        assert not [one["what"] for one in found if not one["marked"]], path

    page.goto(CASE)
    page.get_by_role("radio", name="Comment").focus()
    page.keyboard.press("Space")
    page.locator("#reason").focus()
    page.keyboard.type("with keys only")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    project.clock.tick()
    page.keyboard.press("Enter")
    page.get_by_text("Signed and sealed").wait_for()
    assert len(decisions(project)) == 2


def test_on_paper_there_is_nothing_to_press_and_nothing_is_cut_off(project, house, opened):
    project.check()
    page = signed_in(opened(color_scheme="dark", viewport={"width": 794, "height": 1123}), house("sqlite"), "ed")
    for path in ("/", "/?show=denied", CASE, "/models", f"/models/{NAME}", "/trail", "/account", "/people"):
        page.goto(path)
        page.emulate_media(media="print")
        pressed = page.locator("nav:visible, button:visible, input:visible, textarea:visible").all()
        assert not [one.evaluate("one => one.outerHTML")[:100] for one in pressed], path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        paper = page.evaluate("[document.body, document.querySelector('h1')].map(one => getComputedStyle(one))"
                              ".map(drawn => [drawn.backgroundColor, drawn.color])")  # fmt: skip
        assert paper[0][0] in ("rgb(255, 255, 255)", "rgba(0, 0, 0, 0)"), (path, paper)
        assert sum(map(int, paper[1][1].strip("rgb()").split(",")[:3])) < 200, (path, paper)


def test_colours_are_picked_without_scripts(project, opened):
    page = opened(java_script_enabled=False, color_scheme="light")
    page.goto("/login")
    page.get_by_role("button", name="Dark").click()
    page.wait_for_load_state()
    assert page.locator("html").get_attribute("data-theme") == "dark"
