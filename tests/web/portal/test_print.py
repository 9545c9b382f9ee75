"""What a judge is handed: the case on paper, all of it."""

import shutil
import subprocess

import pytest

from tests.web.portal.browser import chromium
from tests.web.portal.clinic import DENIED
from tests.web.portal.test_case_page import decided


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


def printed(browser, running, clinic, path, folder):
    """Pages of text, as `pdftotext` reads them."""
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed: run `make system`")
    with running.of(clinic.workspace):
        context = browser.new_context(base_url=running.url, java_script_enabled=False, color_scheme="dark")
        context.add_cookies([{"name": "governance", "value": clinic.session, "url": running.url}])
        page = context.new_page()
        page.goto(path)
        page.pdf(path=folder / "page.pdf", prefer_css_page_size=True)
        context.close()
    text = subprocess.run(["pdftotext", "-layout", folder / "page.pdf", "-"], capture_output=True, check=True).stdout
    size = subprocess.run(["pdfinfo", folder / "page.pdf"], capture_output=True, check=True).stdout.decode()
    return size, [" ".join(page.split()) for page in text.decode().split("\f") if page.strip()]


def test_a_case_on_paper_has_everything_and_nothing_to_press(browser, running, clinic, tmp_path):
    size, pages = printed(browser, running, clinic, DENIED, tmp_path)
    assert "A4" in size
    issued, decision = decided(clinic, "1")
    first, whole = pages[0], " ".join(pages)
    assert "diabetes-progression 1" in first and "prod DENY" in first
    assert issued.sha256 in first and f"entry {issued.index}" in first and decision.now[:10] in first
    # What is folded on a screen is open here: law, fix, origin and digests of every finding, passing ones too.
    squeezed = whole.replace(" ", "")
    for finding in decision.findings:
        for part in (finding.title, finding.key, *finding.controls, finding.why):
            assert "".join(part.split()) in squeezed, (finding.key, part)
    assert decision.evidence[0] in whole and decision.policies[0].sha256 in squeezed
    for gone in ("Log out", "Sign", "Your password", "Waive…", "Waiting", "Download the bundle", "PDF report of"):
        assert gone not in whole, gone
    assert f"/decisions/{issued.sha256}/bundle" in squeezed and "governance verify" in whole
    assert "Lineage: source columns" in whole and "Share of each feature" in whole
    assert f"page 1 of {len(pages)}" in first and f"page {len(pages)} of {len(pages)}" in pages[-1]


def test_no_picture_is_cut_in_two(browser, running, clinic):
    """Each picture, and each strip, asks not to be broken, and nothing around it forbids that."""
    with running.of(clinic.workspace):
        context = browser.new_context(base_url=running.url, java_script_enabled=True)
        context.add_cookies([{"name": "governance", "value": clinic.session, "url": running.url}])
        page = context.new_page()
        page.goto(DENIED)
        page.emulate_media(media="print")
        rooms = page.locator(".chart-room, .strips tr").evaluate_all(
            "all => all.map(one => [getComputedStyle(one).breakInside, getComputedStyle(one).overflowX])"
        )
        tall = page.locator(".chart-room").evaluate_all("all => all.map(one => one.getBoundingClientRect().height)")
        scheme = page.evaluate("getComputedStyle(document.documentElement).colorScheme")
        context.close()
    assert len(rooms) > 5 and {one[0] for one in rooms} == {"avoid"} and "auto" not in {one[1] for one in rooms}
    assert max(tall) < 900  # points of a page of A4 that can be printed on, at 96 to the inch
    assert scheme == "light"
