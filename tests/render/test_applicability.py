"""A statement of applicability as a table: each control a row, and nothing in it is a formula."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.policy.applicability import Case, load_applicability, statement
from governance.policy.outcome import Outcome
from governance.render.applicability import COLUMNS, cell, statement_csv, statement_text
from tests.policy.cases import NOW
from tests.render.conftest import UNFAIR, evidence, verified
from tests.render.law import LAW, law

SAID = """\
schema: governance.applicability/v1
law: house-law
owner: "=team"
controls: [{control: sec-5, applicable: false, why: '=HYPERLINK("https://example.org";"we, \\"alone\\"")'}]
"""


@pytest.fixture
def stated(baseline):
    policy = law(LAW.replace("asks: A model is right often enough.", 'asks: "@SUM(1+1), and a line"'))
    assert policy.document.law is not None
    decision = verified(evidence(Outcome.FAIL, UNFAIR), [baseline, policy]).decision
    word = load_applicability(SAID.encode(), "soa.yaml", policy.document.law)
    return statement(policy, policy.document.law, NOW, word, Case(decision, "d" * 64))


def test_each_control_is_a_row_with_where_its_outcome_is_from(stated):
    rows = list(csv.DictReader(io.StringIO(statement_csv(stated)), strict=True))
    assert [row["control"] for row in rows] == ["sec-1", "sec-2", "sec-3", "sec-4", "sec-5"]
    assert [row["met"] for row in rows] == ["met", "not met", "open", "open", ""]
    assert [row["applicable"] for row in rows] == ["yes", "yes", "yes", "yes", "no"]
    assert {row["decision"] for row in rows} == {"d" * 64}
    assert rows[1]["rules"] == "alike (fairness.disparity@1, checked): fail"
    assert rows[4]["rules"] == "a duty of the management"
    assert rows[2]["status"] == "upcoming" and tuple(rows[0]) == COLUMNS
    assert rows[0]["evidence"] == " ".join(stated.decided.evidence) != ""


def test_what_would_begin_a_formula_does_not(stated):
    text = statement_csv(stated)
    rows = list(csv.DictReader(io.StringIO(text), strict=True))
    assert rows[0]["asks"] == "'@SUM(1+1), and a line" and rows[4]["because"].startswith("'=HYPERLINK(")
    assert '"=' not in text.replace('""', "") and '"@' not in text


@given(st.text())
def test_no_text_is_a_formula_and_nothing_of_it_is_lost(text):
    made = cell(text)
    assert made.lstrip()[:1] not in ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
    assert not set(made) & {"\t", "\r", "\n", "\0"}
    (row,) = csv.reader(io.StringIO(f'"{made.replace(chr(34), chr(34) * 2)}"'), strict=True)
    assert row == [made]


@pytest.mark.parametrize("begin", ["=1", " =1", "+1", "-1", "@A", "\uff1d1"])
def test_how_formulas_begin(begin):
    assert cell(begin) == f"'{begin}"


def test_in_words(stated):
    said = " ".join(statement_text(stated, 100).split())
    assert "house-law/sec-2 checked, not met" in said and "house-law/sec-5 not applicable" in said
    assert "as =team says, sha256" in said and "decision dddd" in said
    assert said.endswith("5 controls: 4 apply, 1 do not; 1 met, 1 not met, 2 open")


def test_parts_stand_before_the_whole():
    policy = law(LAW.replace("sec-5", "board-1"))
    assert policy.document.law is not None
    said = statement_text(statement(policy, policy.document.law, NOW), 100).splitlines()
    assert said[-3:] == [
        "sec            4 controls: 4 apply", "board          1 control: 1 apply", "5 controls: 5 apply, 0 do not",
    ]  # fmt: skip
