"""`policy coverage`, `calendar` and `portfolio` as commands: formats, exit codes, and what is refused in words."""

import json
from datetime import timedelta

import pytest

from governance.policy.applicability import StatementOfApplicability
from governance.policy.calendar import LawCalendar
from governance.policy.clauses import LawCoverage
from governance.render.replayed import Replay
from tests.cli.conftest import AS_ANN, now
from tests.operations.project import POLICY
from tests.render.law import LAW


def day(days):
    return (now() + timedelta(days=days)).strftime("%Y-%m-%d")


SOON, LATER = day(200), day(400)
STEPPED = f"""\
law:
  id: small-law
  title: A small law
  citation: Small laws, section 1
  jurisdictions: [us-co]
  status: in-force
  effective: {{from: 2026-01-01T00:00:00Z, until: {LATER}T00:00:00Z}}
  superseded_by: small-law-2
  clauses:
    - {{id: a, asks: It is right nine times of ten., citation: section 1(a)}}
    - id: b
      asks: Its bytes are recorded.
      citation: section 1(b)
      effective: {{from: {SOON}T00:00:00Z, until: {LATER}T00:00:00Z}}
in_force: {{from: 2026-01-01T00:00:00Z, until: {LATER}T00:00:00Z}}
"""
SMALL = POLICY.replace("in_force: {from: 2026-01-01T00:00:00Z}\n", STEPPED)
SMALL = SMALL.replace("    waivable_to: allow\n", "    waivable_to: allow\n    controls: [small-law/a]\n")
SMALL = SMALL.replace("uses: artifact.digest@1\n", "uses: artifact.digest@1\n    controls: [small-law/b]\n")


@pytest.fixture
def laws(project):
    project.table(990, 1000)
    project.write("policy.yaml", SMALL)
    (project.root / "house").mkdir()
    project.write("house/policy.yaml", LAW)
    return project


def test_coverage_in_each_format(laws, run):
    said = run("policy", "coverage", "house")
    assert said.code == 0 and "house-law/sec-5  not covered" in said.out and "3 checked (60 %)" in said.out
    assert run("policy", "coverage", "house", "--format", "markdown").out.startswith("## What the house asks of models")
    ran = run("policy", "coverage", "house", "policy.yaml", "--as-of", "2029-01-01", "--format", "json")
    found = [LawCoverage.model_validate(one) for one in json.loads(ran.out)]
    assert [(one.law, one.status.value, one.as_of) for one in found] == [
        ("house-law", "superseded", "2029-01-01T00:00:00Z"), ("small-law", "superseded", "2029-01-01T00:00:00Z"),
    ]  # fmt: skip


def test_oscal_is_of_one_law(laws, run):
    said = run("policy", "coverage", "house", "--as-of", "2026-11-21", "--format", "oscal-catalog")
    tree = json.loads(said.out)["catalog"]
    assert said.code == 0 and tree["controls"][0]["id"] == "house-law_sec-1"
    assert tree["metadata"]["last-modified"] == "2026-11-21T00:00:00Z"
    chosen = json.loads(run("policy", "coverage", "house", "--format", "oscal-profile").out)["profile"]
    (file,) = chosen["back-matter"]["resources"]
    assert file["rlinks"][0]["href"] == "house-law.oscal-catalog.json"
    for names in (["house", "policy.yaml"], []):
        ran = run("policy", "coverage", *names, "--format", "oscal-profile")
        assert ran.code == 2 and "writes one policy" in ran.err


def test_shipped_laws_are_covered_where_none_is_named_and_what_has_no_law_is_refused(laws, run):
    shipped = json.loads(run("policy", "coverage", "--format", "json").out)
    assert {"us-sr-11-7", "co-sb24-205"} <= {one["law"] for one in shipped}
    ran = run("policy", "coverage", "baseline")
    assert ran.code == 2 and "about no law" in ran.err and "baseline" in ran.err
    assert run("policy", "coverage", "house", "--as-of", "soon").code == 2


def test_the_calendar_begins_today_and_ends_before_until(laws, run):
    ran = run("policy", "calendar", "policy.yaml", "--format", "json")
    found = LawCalendar.model_validate_json(ran.out)
    assert found.from_ == f"{day(0)}T00:00:00Z" and found.until is None
    assert [(one.day[:10], one.subject, one.what.value) for one in found.changes] == [
        (SOON, "small-law/b", "comes into force"), (LATER, "small-law", "is superseded"),
    ]  # fmt: skip
    text = run("policy", "calendar", "policy.yaml", "--from", "2026-01-01", "--until", LATER).out
    assert "small-law comes into force: A small law" in text and "is superseded" not in text
    assert (
        run("policy", "calendar", "house", "--from", "2031-01-01").out.rstrip().endswith("nothing that is known here")
    )
    ran = run("policy", "calendar", "--from", "2027-01-01", "--until", "2027-01-01")
    assert ran.code == 2 and "--until is not after --from" in ran.err


def test_a_portfolio_says_who_would_change_on_which_ground(laws, check, run):
    check(*AS_ANN)
    before = laws.trail().size
    ran = run("policy", "portfolio", "--as-of", SOON, "--format", "json")
    found = Replay.model_validate_json(ran.out)
    (case,) = found.cases
    assert ran.code == 0 and case.model == "credit 1.10" and found.drafts == ()
    told = {one.key: one for one in case.findings}["small#recorded"]
    assert told.was.outcome.value == "not applicable" and told.now.outcome.value == "inconclusive"
    assert case.as_of == f"{SOON}T00:00:00Z"
    text = run("policy", "portfolio", "--as-of", SOON).out
    assert f"as the law stands on {SOON}, each by the policies that it was judged by" in " ".join(text.split())
    assert "small#recorded" in text
    assert laws.trail().size == before


def test_a_bundle_of_a_law_is_judged_again_and_outlives_no_day(laws, check, run):
    check(*AS_ANN, "--bundle", "b.json")
    ran = run("verify", "b.json", "--trust", ".governance/trust.json")
    assert ran.code == 0 and "VALID" in ran.out
    said = " ".join(run("explain", "small#recorded", "--bundle", "b.json").out.split())
    assert f"counts from {SOON} until {LATER}" in said
    assert f"small-law/b (section 1(b); upcoming, from {SOON} until {LATER}" in said


def test_a_portfolio_of_today_stays_and_after_the_law_nothing_is_in_force(laws, check, run):
    check(*AS_ANN)
    assert Replay.model_validate_json(run("policy", "portfolio", "--as-of", day(0), "--format", "json").out).cases == ()
    ran = run("policy", "portfolio", "--as-of", LATER)
    assert "-> deny" in ran.out and "no policy is in force" in ran.out
    table = run("policy", "portfolio", "--as-of", LATER, "--format", "markdown").out
    assert table.startswith("### Portfolio as the law stands on") and "| credit 1.10 | prod |" in table


def test_a_portfolio_by_other_policies(laws, check, run):
    check(*AS_ANN)
    laws.write("tight.yaml", POLICY.replace("id: small", "id: tight").replace("default: review", "default: deny"))
    ran = run("policy", "portfolio", "tight.yaml", "--as-of", SOON)
    assert ran.code == 0 and "by tight 1.0.0" in ran.out and "tight#" in ran.out
    assert "0 decisions judged again" in run("policy", "portfolio", "--as-of", SOON, "--model", "other").out
    assert run("policy", "portfolio").code == 2
    assert run("policy", "portfolio", "--as-of", "2027-13-01").code == 2


def test_a_services_portfolio_is_not_judged_from_here(laws, run, monkeypatch):
    monkeypatch.setenv("GOVERNANCE_URL", "http://127.0.0.1:9")
    assert run("policy", "portfolio", "--as-of", SOON).code == 2


def test_a_statement_of_applicability_says_what_was_found_and_whose_word_it_is(laws, check, run):
    check(*AS_ANN)
    laws.write(
        "applies.yaml",
        "schema: governance.applicability/v1\nlaw: small-law\nowner: risk\n"
        "controls: [{control: b, applicable: false, why: Bytes are recorded elsewhere.}]\n",
    )
    ran = run("policy", "soa", "policy.yaml", "--model", "credit@1.10", "--applicability", "applies.yaml",
              "--format", "json")  # fmt: skip
    found = StatementOfApplicability.model_validate_json(ran.out)
    assert ran.code == 0 and found.decided is not None and found.decided.subject.name == "credit"
    assert [(one.control, one.applicable, one.met) for one in found.controls] == [
        ("a", True, "met"), ("b", False, None),
    ]  # fmt: skip
    shown = run("show", "credit@1.10", "--format", "json").out
    assert found.decided.evidence[0] in shown
    table = run("policy", "soa", "policy.yaml", "--format", "csv").out
    assert table.startswith('"law","control",') and table.count("\n") == 3
    assert "2 controls: 2 apply, 0 do not" in run("policy", "soa", "policy.yaml").out


def test_a_statement_of_applicability_is_refused(laws, check, run):
    check(*AS_ANN)
    for told, *argv in (
        ("about no law", "baseline"),
        ("--as-of does not go with --model", "policy.yaml", "--model", "credit@1.10", "--as-of", LATER),
        ("the decision was made under other policies", "house", "--model", "credit@1.10"),
        ("not a model version", "policy.yaml", "--model", "credit"),
        ("no statement of what applies there", "policy.yaml", "--applicability", "nowhere.yaml"),
        ("it is about another law", "house", "--applicability", "applies.yaml"),
        ("about one policy", "many"),
    ):
        laws.write("applies.yaml", "schema: governance.applicability/v1\nlaw: small-law\nowner: risk\n")
        for folder in ("many/a", "many/b"):
            (laws.root / folder).mkdir(parents=True, exist_ok=True)
            laws.write(f"{folder}/policy.yaml", LAW)
        ran = run("policy", "soa", *argv)
        assert ran.code == 2 and told in ran.err and ran.out == "", (argv, ran)
