"""The site builds without a warning and without a network, and what it shows is fetched from nowhere."""

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Attributes that a browser follows by itself. A link in prose is followed by a person.
_FETCHED = {
    "script": ("src",),
    "link": ("href",),
    "img": ("src", "srcset"),
    "iframe": ("src",),
    "source": ("src", "srcset"),
    "image": ("href", "xlink:href"),
    "use": ("href", "xlink:href"),
    "object": ("data",),
    "form": ("action",),
}
_ELSEWHERE = re.compile(r"\s*(https?:)?//", re.IGNORECASE)


class _Fetches(HTMLParser):
    """Collects what a page fetches from elsewhere, and diagrams that a script would have to be fetched for."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        # Where a page lives is no asset: nothing is fetched for it.
        if tag == "link" and given.get("rel") in ("canonical", "prev", "next"):
            return
        self.found += [given[name] for name in _FETCHED.get(tag, ()) if _ELSEWHERE.match(given.get(name, ""))]
        if "mermaid" in given.get("class", "").split():
            self.found.append("mermaid")


def fetched(html: str) -> list[str]:
    reader = _Fetches()
    reader.feed(html)
    styles = re.findall(r"(?:url\(|@import\s+)[\"']?(https?:)?//[^\"')]+", html)
    return reader.found + styles


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site. Every address that a build would open is one that nobody answers at."""
    target = tmp_path_factory.mktemp("site")
    nobody = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(target)],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "HOME": str(target), "NO_MKDOCS_2_WARNING": "1", **nobody},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return target


def test_every_page_is_there(site: Path) -> None:
    pages = {path.relative_to(ROOT / "docs").with_suffix(".html") for path in (ROOT / "docs").rglob("*.md")}
    assert pages <= {path.relative_to(site) for path in site.rglob("*.html")}
    assert not list(site.rglob("*.py")), "what makes the pages is no page"


def test_nothing_is_fetched_from_elsewhere(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    assert len(pages) > 30
    faults = {str(page.relative_to(site)): fetched(page.read_text(encoding="utf-8")) for page in pages}
    assert not {name: found for name, found in faults.items() if found}
    for sheet in site.rglob("*.css"):
        assert not re.findall(r"(?:url\(|@import\s+)[\"']?(?:https?:)?//", sheet.read_text(encoding="utf-8")), sheet


@pytest.mark.parametrize(
    "html",
    [
        '<script src="https://cdn.example/x.js"></script>',
        '<link rel="stylesheet" href="//fonts.example/x.css">',
        '<img src="HTTPS://x.example/badge.svg">',
        '<div class="mermaid">graph</div>',
        "<style>@import 'https://x.example/a.css'</style>",
    ],
)
def test_what_is_planted_is_found(html: str) -> None:
    assert fetched(html)
    assert not fetched('<a href="https://example.org">x</a><img src="assets/a.svg"><script src="a.js"></script>')


def test_pictures_carry_no_address(site: Path) -> None:
    for picture in (ROOT / "docs").rglob("*.svg"):
        text = picture.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert "http" not in text and "<script" not in text, picture


def test_readme_links_lead_somewhere() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)#]+)[^)]*\)", text) if "://" not in link]
    assert len(links) > 5
    assert not [link for link in links if not (ROOT / link).exists()]
