import re
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pypdf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.canonical import sha256
from governance.errors import BadInput
from governance.evidence.evidence import EvidenceSet
from governance.policy.document import LoadedPolicy, load_policy
from governance.render.definition import load_report
from governance.render.pdf import render_pdf, style
from governance.render.pdf.blocks import cell, labelled, paragraph, verbatim
from governance.verification import Verified
from tests.render.law import law

MADE = ("2026-11-21T10:00:00Z", "governance 0.1.0")
Verify = Callable[..., Verified]


@pytest.fixture(scope="session")
def definition(root: Path) -> bytes:
    return (root / "reports/audit/report.yaml").read_bytes()


@pytest.fixture
def read(definition: bytes) -> Callable[[Verified], list[str]]:
    """The text of each page, white space as single spaces."""

    def pages(case: Verified) -> list[str]:
        reader = pypdf.PdfReader(BytesIO(render_pdf(case, *MADE, definition)))
        return [" ".join(page.extract_text().split()) for page in reader.pages]

    return pages


def test_page_one_says_what_was_decided_and_why(denied: Verified, read: Callable[[Verified], list[str]]) -> None:
    first = read(denied)[0]
    for said in (
        "adult-income 1.10",
        "prod DENY staging DENY",
        "13 rules judged: 4 failed, 1 inconclusive, 8 passed.",
        "race: selection_rate ratio Black to Other is 0.4533",
        "0.4533 [0.3957, 0.551] Black to Other limit: at least 0.8",
        "To fix: take one of the two permissions away",
        "lineage: data sources, and the columns that reach the features; access: grants and upstream approvals",
        "submitted by local|ann",
        "level of proof 0, self-signed: the log vouches for itself, nobody else has seen it",
        "valid until 2027-02-19T09:30:00Z",
        denied.decision_sha256,
        denied.evidence_sha256,
        denied.decision.policies[0].sha256,
        str(denied.decision.subject.artifact),
    ):
        assert said in first
    assert first.index("No forbidden column") < first.index("Selection rates") < first.index("A model card")


def test_needs_review_is_no_denial(needs_review: Verified, read: Callable[[Verified], list[str]]) -> None:
    first = read(needs_review)[0]
    assert "prod NEEDS REVIEW staging ALLOW" in first and "DENY" not in first
    assert "a projection: about 109 rows in the smaller group" in first


def test_who_approved_and_waived_is_on_page_one(approved: Verified, read: Callable[[Verified], list[str]]) -> None:
    pages = read(approved)
    assert "prod ALLOW staging ALLOW" in pages[0]
    assert "prod is allowed after review: the approver answers for what is listed below" in pages[0]
    assert "Approved by local|bo (approver) on 2026-11-21T08:30:00Z : More rows" in pages[0].replace("Z:", "Z :")
    assert "Waived baseline#model-card until 2026-12-21T09:30:00Z by local|bo" in pages[0]
    whole = " ".join(pages)
    assert "ticket RISK-12" in whole and "compensating every rejection is read by a person" in whole
    assert "counted in use" in whole


def test_every_finding_stands_in_table_and_details(denied: Verified, read: Callable[[Verified], list[str]]) -> None:
    pages = read(denied)
    whole = " ".join(pages)
    details = whole.index("Each finding in detail")
    for finding in denied.decision.findings:
        at = [found.start() for found in re.finditer(re.escape(finding.key) + r"\b(?!-)", whole)]
        assert any(place < details for place in at) and any(place > details for place in at), finding.key
    assert "fairness.race.selection_rate Other 0.45 400" in whole
    assert "prod: needs review (enforced as review); staging: allow (enforced as warn)" in whole


def test_receipt_is_complete_and_the_note_verbatim(denied: Verified, definition: bytes) -> None:
    reader = pypdf.PdfReader(BytesIO(render_pdf(denied, *MADE, definition)))
    text = "\n".join(page.extract_text() for page in reader.pages)
    for line in denied.checkpoint_note.splitlines():
        assert line in text.splitlines() or not line
    for said in (denied.root, denied.origin, *(entry.id for _, entry in denied.entries), *denied.not_checked):
        assert said in text
    assert "governance verify BUNDLE --trust trust.json" in text and "legal advice" in text


def test_every_page_says_what_it_is_part_of(denied: Verified, read: Callable[[Verified], list[str]]) -> None:
    pages = read(denied)
    for number, page in enumerate(pages, 1):
        assert f"Report of adult-income 1.10 \u2022 decision {denied.decision_sha256[:16]}" in page
        assert f"page {number} of {len(pages)}" in page


def test_same_input_same_bytes(denied: Verified, definition: bytes) -> None:
    one = render_pdf(denied, *MADE, definition)
    assert one == render_pdf(denied, *MADE, definition)
    assert one != render_pdf(denied, "2026-11-21T10:00:01Z", MADE[1], definition)


def test_sections_follow_the_definition(denied: Verified, definition: bytes) -> None:
    short = definition[: definition.index(b"  - id: findings")]
    short += b"  - {id: notice, title: Last words, intro: No advice.}\n  - {id: findings, title: All of them}\n"
    reader = pypdf.PdfReader(BytesIO(render_pdf(denied, *MADE, short)))
    assert [item.title for item in reader.outline if not isinstance(item, list)] == ["Last words", "All of them"]
    text = " ".join(page.extract_text() for page in reader.pages)
    assert "Signatures and receipt" not in text and "No advice." in text


_MANY = """schema: governance.policy/v1
id: many
version: 1.0.0
in_force: {from: 2026-01-01T00:00:00Z}
environments: [prod, staging]
rules:
"""


def _rules(count: int) -> LoadedPolicy:
    """So many rules, half of which fail."""
    text = _MANY + "".join(
        f"  - id: rule-{n:02d}\n    title: Rule number {n:02d}\n    uses: performance.floor@1\n"
        f"    with: {{at_least: {0.5 if n % 2 else 0.95}}}\n    enforcement: {{default: deny, staging: audit}}\n"
        for n in range(count)
    )
    return load_policy(text.encode(), "many.yaml")


@pytest.fixture(scope="session")
def many() -> LoadedPolicy:
    return _rules(60)


def test_sixty_findings_with_the_head_on_every_page(
    many: LoadedPolicy,
    make_evidence: Callable[..., EvidenceSet],
    make_verified: Verify,
    read: Callable[[Verified], list[str]],
) -> None:
    pages = read(make_verified(make_evidence(), [many]))
    first = next(n for n, page in enumerate(pages) if "Findings, worst first" in page)
    last = next(n for n, page in enumerate(pages) if "Each finding in detail" in page)
    assert first == 1 and last > 3
    assert all("Outcome Rule Value [bounds] Limit Rows" in page for page in pages[first:last])
    table = " ".join(pages[first:last])
    assert all(f"Rule number {n:02d}" in table for n in range(60))
    assert table.rindex("FAILED") < table.index("PASSED")
    more = re.search(r"and (\d+) more: see the table of findings", pages[0])
    assert more and pages[0].count("FAILED") + int(more[1]) == 30


def test_what_the_font_lacks_or_nobody_sees_is_spelled_out(
    baseline: LoadedPolicy,
    make_evidence: Callable[..., EvidenceSet],
    make_verified: Verify,
    make_act: Callable[..., Any],
    read: Callable[[Verified], list[str]],
) -> None:
    groups = {"女性": (200, 1000), "Müller & Söhne <i>": (500, 1000), "\u202egnp": (480, 1000), "W" * 500: (400, 1000)}
    groups |= {"Łódź, Việt Nam": (450, 1000), "Αθήνα": (460, 1000), "Київ": (470, 1000)}
    facts = make_evidence(name="m\x1b[2J " + "女" * 150, groups=groups)
    seen = make_verified(facts, [baseline]).decision
    acts = [
        make_act("comment", seen, "q" * 10_000),
        make_act("comment", seen, "first line\n</para><b>bold & \u202e" + "女\n" * 400),
    ]
    pages = read(make_verified(facts, [baseline], acts))
    whole = " ".join(pages)
    assert "<U+5973 6027> to" in whole and "Müller & Söhne <i>" in whole and "<U+202E>gnp" in whole
    assert "m<U+001B>[2J <U+5973 5973" in pages[0] and "</para><b>bold & <U+202E 5973>" in whole
    assert sum(map(len, re.findall("q{30,}", whole[whole.index("What people decided") :]))) >= 9_900
    assert all(name in whole for name in ("Łódź, Việt Nam", "Αθήνα", "Київ"))
    assert not set(whole) & set("\x1b\u202e女")
    assert "Findings, worst first" in pages[1]


def test_a_decision_over_nothing_denies_in_words(
    make_evidence: Callable[..., EvidenceSet], make_verified: Verify, read: Callable[[Verified], list[str]]
) -> None:
    first = read(make_verified(make_evidence(), []))[0]
    assert "everywhere DENY" in first and "what was not checked is denied" in first


def test_every_font_is_embedded_as_a_part_of_itself(denied: Verified, definition: bytes) -> None:
    reader = pypdf.PdfReader(BytesIO(render_pdf(denied, *MADE, definition)))
    fonts = [font.get_object() for page in reader.pages for font in page["/Resources"]["/Font"].values()]
    names = {re.fullmatch(r"/[A-Z]{6}\+(.+)", str(font["/BaseFont"]))[1] for font in fonts}
    assert names == {style.REGULAR, style.BOLD, style.FIXED}
    assert all("/FontFile2" in font["/FontDescriptor"] for font in fonts)
    assert reader.trailer["/Root"]["/Lang"] == "en"


def test_the_fonts_are_those_whose_source_is_named(root: Path) -> None:
    theme = root / "reports/theme"
    said = (theme / "README.md").read_text(encoding="utf-8")
    for path in theme.glob("*.ttf"):
        assert f"| `{path.name}` | `{sha256(path.read_bytes())}` |" in said
    assert sum(path.stat().st_size for path in theme.iterdir()) < 400_000


@given(st.text(max_size=300))
def test_no_text_breaks_a_paragraph(text: str) -> None:
    for flowable in (paragraph(text), cell(text), labelled([(text[:20], text)], 300), verbatim(text, 300)):
        assert flowable.wrap(300, 10_000)[0] <= 300


def test_white_on_each_colour_and_each_colour_on_white_can_be_read() -> None:
    """WCAG 2.2, 1.4.3: relative luminance, contrast of at least 4.5 to 1."""

    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        r, g, b = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    for colour in {*style.ACTION_COLOURS.values(), *style.STATE_COLOURS.values(), style.MUTED, style.ACCENT, style.INK}:
        assert 1.05 / (luminance(colour) + 0.05) >= 4.5, colour


def test_without_the_library_it_says_what_to_install(
    denied: Verified, definition: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in list(sys.modules):
        if name.startswith(("reportlab", "governance.render.pdf.")):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "reportlab", None)
    with pytest.raises(BadInput) as refused:
        render_pdf(denied, *MADE, definition)
    assert "governance[pdf]" in str(refused.value)


@pytest.mark.parametrize("rules", range(8, 14))
def test_no_section_begins_at_the_foot_of_a_page(
    rules: int,
    make_verified: Verify,
    make_evidence: Callable[..., EvidenceSet],
    read: Callable[[Verified], list[str]],
    definition: bytes,
) -> None:
    """Under every length of what stands before it, an introduction is followed by what it introduces."""
    *sections, notice = load_report(definition, "report.yaml").sections
    assert notice.id == "notice"  # an introduction and nothing else
    pages = read(make_verified(make_evidence(), [_rules(rules), law()]))
    for section in sections:
        if not section.intro:
            continue
        end = " ".join(section.intro.split())[-60:]
        after = next(page.split(end)[1] for page in pages if end in page)
        assert after.strip(), section.title
