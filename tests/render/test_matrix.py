"""The regulation matrix: clause by clause in text, Markdown and PDF, and where nothing was judged."""

import re
from io import BytesIO
from pathlib import Path
from typing import Any

import pypdf
import pytest

from governance import strictyaml
from governance.policy.calendar import LawCalendar, LawChange, What
from governance.policy.clauses import coverage
from governance.policy.outcome import Outcome
from governance.render.explain import Case as Shown
from governance.render.explain import explain_finding
from governance.render.explain_text import explanation_text
from governance.render.law import calendar_text, coverage_markdown, coverage_text
from governance.render.markdown import decision_markdown
from governance.render.matrix import NOT_JUDGED, matrix
from governance.render.pdf import render_pdf
from governance.render.text import decision_text
from governance.verification import Verified
from tests.policy.cases import NOW
from tests.render.conftest import UNFAIR, evidence, verified
from tests.render.law import LAW, law
from tests.render.pages import page

AHEAD = "upcoming, from 2027-01-01 until 2028-01-01, then house-law-2"
LATER = LAW.replace("in_force: {from: 2026-01-01", "in_force: {from: 2027-06-01")


@pytest.fixture
def judged(baseline: Any) -> Verified:
    return verified(evidence(Outcome.FAIL, UNFAIR), [baseline, law()])


def text_of(case: Verified) -> str:
    said = decision_text(
        case.decision, case.evidence, environment=None, colour=False, width=100, sealed=None, policies=case.policies
    )
    return " ".join(said.split())


def test_each_clause_stands_once_for_each_rule_with_value_limit_and_evidence(judged: Verified) -> None:
    (found,) = matrix(judged.decision, judged.policies)
    assert [(row.control, row.outcome, row.rests_on, row.status) for row in found.rows] == [
        ("house-law/sec-1", "passed", "checked", "in-force"),
        ("house-law/sec-2", "failed", "checked", "in-force"),
        (
            "house-law/sec-3",
            "not applicable",
            "checked",
            "upcoming, from 2027-01-01 until 2028-01-01, then house-law-2",
        ),
        ("house-law/sec-4", "inconclusive", "declared", "in-force"),
        ("house-law/sec-5", "not covered", "not covered", "in-force"),
    ]
    alike = found.rows[1]
    assert alike.key == "house-law#alike" and alike.limit == "at least 0.8" and alike.value.startswith("0.4533 [")
    assert [row.evidence for row in found.rows] == [judged.evidence_sha256] * 4 + [""]
    assert found.rows[4].why == "a duty of the management"
    assert found.status == "in-force, from 2026-01-01 until 2028-01-01, then house-law-2"
    assert found.shares.startswith(
        "5 clauses: 3 checked (60 %), 0 checked in part (0 %), 1 declared (20 %), 0 attested (0 %), 1 not covered"
    )


def test_bare_controls_have_no_matrix(denied: Verified) -> None:
    assert matrix(denied.decision, denied.policies) == ()
    assert "AS OF" not in text_of(denied)


def test_what_was_not_in_force_is_said_and_not_judged(baseline: Any) -> None:
    case = verified(evidence(), [baseline, law(LATER)])
    (found,) = matrix(case.decision, case.policies)
    assert found.remark == "not in force"
    assert {row.outcome for row in found.rows} == {NOT_JUDGED, "not covered"}
    assert all(row.evidence == "" and row.why for row in found.rows)
    assert "house-law 1.0.0: not in force; nothing of it was judged" in text_of(case)


def test_the_text_has_it_all(judged: Verified) -> None:
    said = text_of(judged)
    for part in (
        "WHAT THE HOUSE ASKS OF MODELS (house-law), AS OF 2026-11-21",
        "House rules of 2026; in-force, from 2026-01-01 until 2028-01-01, then house-law-2. 5 clauses: 3 checked",
        "In doubt: The committee has not signed <b>them</b>.",
        judged.evidence_sha256,
        "house-law/sec-2 (section 2; in-force): failed by house-law#alike [checked]: 0.4533 [",
        f"house-law/sec-3 (section 3; {AHEAD}): not applicable by house-law#right-always",
        "house-law/sec-3 begins on 2027-01-01; in doubt: The day may be put off.",
        "house-law/sec-5 (section 5; in-force): not covered: a duty of the management",
    ):
        assert part in said, part


def test_which_law_decided_stands_once_and_above(judged: Verified) -> None:
    said = text_of(judged)
    (note,) = (one for one in judged.decision.notes if one.startswith("prod: deny by "))
    assert said.count(note) == 1 and said.index(note) < said.index("FAILED")
    assert any(one.startswith("staging: ") and f"Note: {one}" in said for one in judged.decision.notes)


def test_what_nobody_could_judge_names_its_clause_too(judged: Verified) -> None:
    (finding,) = (one for one in judged.decision.findings if "house-law/sec-4" in one.controls)
    assert finding.outcome is Outcome.INCONCLUSIVE and not finding.looked_at
    said = text_of(judged).split("INCONCLUSIVE")[1]
    assert re.search(rf"law +house-law/sec-4 rule +{finding.key} ", said)


def test_a_calendar_tells_a_doubt_once_a_day_and_calls_a_rule_a_rule() -> None:
    doubts = ("The day may be put off.",)
    day, later = "2027-01-01T00:00:00Z", "2027-02-01T00:00:00Z"
    changes = [
        LawChange(day=day, policy="house", what=What.BEGINS, subject="house-law/a", says="A", doubts=doubts),
        LawChange(day=day, policy="house", what=What.BEGINS, subject="house-law/b", says="B", doubts=doubts),
        LawChange(day=day, policy="house", what=What.BEGINS, subject="house#c", says="C"),
        LawChange(day=later, policy="house", what=What.ENDS, subject="house-law/a", says="A", doubts=doubts),
    ]
    found = LawCalendar.model_validate({"from": None, "until": None, "changes": changes})
    assert calendar_text(found, 100).splitlines()[2:] == [
        "2027-01-01",
        "  house-law/a comes into force: A",
        "    in doubt: The day may be put off.",
        "  house-law/b comes into force: B (in doubt, as above)",
        "  rule house#c counts from now on: C",
        "",
        "2027-02-01",
        "  house-law/a lapses: A",
        "    in doubt: The day may be put off.",
    ]


def test_markdown_has_a_row_for_each_clause_and_keeps_text_text(judged: Verified) -> None:
    said = decision_markdown(page(judged))
    table = said[said.index("What the house asks of models") :]
    rows = re.findall(r"^\| house-law/sec-.*$", table, re.MULTILINE)
    assert len(rows) == 5 and all(row.count(" | ") == 3 for row in rows)
    assert "a duty of the management" in rows[4] and "not covered" in rows[4]
    assert "<b>them" not in said and "in doubt: The committee has not signed" in said


def test_the_pdf_has_a_section_only_where_there_is_a_law(judged: Verified, denied: Verified, root: Path) -> None:
    report = (root / "reports/audit/report.yaml").read_bytes()
    made = ("2026-11-21T10:00:00Z", "governance 0.1.0", report)

    def read(case: Verified) -> str:
        pages = pypdf.PdfReader(BytesIO(render_pdf(case, *made))).pages
        return " ".join(" ".join(one.extract_text() for one in pages).split())

    said, without = read(judged), read(denied)
    assert "Law, clause by clause" in said and "Law, clause by clause" not in without
    for part in (
        "What the house asks of models (house-law)", "A model is right nearly always.", "NOT COVERED", "UPCOMING",
        "a duty of the management", "In doubt: The day may be put off.", judged.evidence_sha256[:16],
        "3 checked (60 %)", "house-law#alike",
    ):  # fmt: skip
        assert part.casefold() in said.casefold(), part


def test_an_explanation_says_which_clause_asks_and_where_it_stands(judged: Verified) -> None:
    finding = next(one for one in judged.decision.findings if one.key == "house-law#right-always")
    shown = page(judged, source=strictyaml.parse(b"schema: governance.manifest/v1\n", "governance.yaml"))
    found = explain_finding(Shown(shown, judged.decision_sha256, None), finding, ())
    said = " ".join(explanation_text(found, colour=False, width=100, drawn=False).split())
    assert "house-law/sec-3 (section 3; upcoming, from 2027-01-01 until 2028-01-01, then house-law-2)" in said
    assert "in doubt: The day may be put off." in said


def test_coverage_is_told_clause_by_clause() -> None:
    policy = law()
    assert policy.document.law is not None
    found = [coverage(policy, policy.document.law, NOW)]
    said = " ".join(coverage_text(found, 100).split())
    for part in (
        "house-law 1.0.0: What the house asks of models", "in doubt The committee has not signed",
        "to read https://example.org/rules", "house-law/sec-4 declared", "by card (documentation.present@1)",
        "house-law/sec-5 not covered", "why a duty of the management", "stands upcoming, from 2027-01-01",
        "5 clauses: 3 checked (60 %), 0 checked in part (0 %), 1 declared (20 %), 0 attested (0 %),",
        "1 not covered (20 %)",
    ):  # fmt: skip
        assert part in said, part
    table = coverage_markdown(found)
    assert len(re.findall(r"^\| sec-", table, re.MULTILINE)) == 5 and "<b>them" not in table
