"""Acts as people type them: in which role, until which day."""

import json

import pytest

from governance.operations.initialise import add_person
from tests.cli.conftest import AS_ANN, AS_BO
from tests.cli.test_commands import MODEL, WAIVE
from tests.days import IN_TWO_MONTHS
from tests.operations.project import PASSWORD


def said_by(run):
    """The acts that `show` tells of."""
    text = run("show", MODEL).out
    return " ".join(text[text.index("WHAT PEOPLE SAID") :].split())


class TestRole:
    def test_a_comment_is_made_in_the_role_that_one_holds(self, audited, run):
        assert run("comment", MODEL, *AS_ANN, "--reason", "seen").code == 0
        assert "comment by local|ann (submitter)" in said_by(run)

    def test_who_holds_several_says_which(self, audited, run):
        add_person(audited.workspace, "cy", audited.PEOPLE["cy"], PASSWORD)
        argv = ("comment", MODEL, "--as", "cy", "--password-file", "pw", "--reason", "seen")
        before = audited.trail()
        ran = run(*argv)
        assert (ran.code, ran.out) == (2, "")
        assert "say in which role" in ran.err and "--role and one of: submitter, approver" in ran.err
        assert audited.trail() == before
        assert run(*argv, "--role", "approver").code == 0
        assert "comment by local|cy (approver)" in said_by(run)

    @pytest.mark.parametrize("kind", ["approve", "reject"])
    def test_what_only_an_approver_may_do_is_done_as_one(self, audited, run, kind):
        assert run(kind, MODEL, *AS_BO, "--reason", "looked").code == 0
        assert f"{kind} by local|bo (approver)" in said_by(run)
        ran = run(kind, MODEL, *AS_ANN, "--reason", "looked")
        assert ran.code == 2
        assert "acts as approver but holds the roles: submitter" in ran.err
        assert "expected: approver, to " in ran.err and "leave it to somebody who may" in ran.err

    def test_a_person_who_is_there_already(self, audited, run):
        ran = run("key", "new", "bo", "--role", "approver", "--password-file", "pw")
        assert (ran.code, ran.out) == (2, "")
        assert "bo has a key already" in ran.err


class TestDates:
    @pytest.mark.parametrize(
        "given, meant",
        [
            (IN_TWO_MONTHS, f"{IN_TWO_MONTHS}T00:00:00Z"),
            (f"{IN_TWO_MONTHS}T06:30:00Z", f"{IN_TWO_MONTHS}T06:30:00Z"),
        ],
    )
    def test_a_waiver_until_a_day_ends_as_it_begins(self, audited, run, given, meant):
        ran = run(*WAIVE, "--expires", given, "--not-before", "2026-01-02", "--format", "json")
        assert ran.code == 0
        (act,) = json.loads(ran.out)["decision"]["acts"]
        with audited.workspace.open_trail() as store, store.snapshot() as snapshot:
            waiver = json.loads(snapshot.document(act).data)["waiver"]
        assert (waiver["expires"], waiver["not_before"]) == (meant, "2026-01-02T00:00:00Z")

    @pytest.mark.parametrize("option", ["--expires", "--not-before"])
    @pytest.mark.parametrize("given", ["31.12.2099", "2099-13-01", "2099-12-31 10:00", "2099-02-30", ""])
    def test_what_is_no_date(self, audited, run, option, given):
        dates = {"--expires": IN_TWO_MONTHS, "--not-before": "2026-01-02"} | {option: given}
        before = audited.trail()
        ran = run(*WAIVE, *(word for pair in dates.items() for word in pair))
        assert (ran.code, ran.out) == (2, "")
        assert f"{option}: not a date" in ran.err and "2026-06-01T12:00:00Z" in ran.err
        assert audited.trail() == before

    @pytest.mark.parametrize("expires, code", [("2026-01-02", 2), ("2026-01-01", 2), (IN_TWO_MONTHS, 0)])
    def test_a_waiver_ends_after_it_begins(self, audited, run, expires, code):
        """`--expires` is named, and the time it has to be after."""
        ran = run(*WAIVE, "--expires", expires, "--not-before", "2026-01-02")
        assert ran.code == code
        if code:
            assert "--expires: a waiver must expire after it begins" in ran.err
            assert f"got: {expires}" in ran.err and "expected: later than 2026-01-02T00:00:00Z" in ran.err

    def test_one_reader_for_every_date(self, project, check):
        for given in ("2026-06-01", "2026-06-01T00:00:00Z"):
            assert "law as of 2026-06-01T00:00:00Z" in check("--as-of", given).out
        assert "--as-of: not a date" in check("--as-of", "June").err
