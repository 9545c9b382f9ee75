"""`policy diff`, `replay` and `release` as commands: formats, exit codes, and what is refused in words."""

import json

import pytest

from governance.policy.difference import PolicyDiff
from governance.policy.release import ReleasedPolicy
from governance.render.replayed import Replay
from tests.cli.conftest import AS_ANN, AS_BO
from tests.operations.project import POLICY

LOOSER = POLICY.replace("at_least: 0.9", "at_least: 0.5").replace("1.0.0", "1.1.0")


@pytest.fixture
def drafts(project):
    project.write("looser.yaml", LOOSER)
    project.write("tighter.yaml", POLICY.replace("at_least: 0.9", "at_least: 0.95").replace("1.0.0", "1.1.0"))
    return project


@pytest.mark.parametrize("new, code", [("policy", 0), ("tighter", 0), ("looser", 10)])
def test_a_diff_exits_with_10_where_somebody_must_answer_for_it(drafts, run, new, code):
    ran = run("policy", "diff", "policy.yaml", f"{new}.yaml", "--format", "json")
    diff = PolicyDiff.model_validate_json(ran.out)
    assert ran.code == code and diff.safe is (code == 0)
    assert run("policy", "diff", "policy.yaml", f"{new}.yaml", "--format", "markdown").code == code


def test_a_diff_shows_the_lines_of_both_files(drafts, run):
    out = run("policy", "diff", "policy.yaml", "looser.yaml").out
    assert "loosened  floor: with.at_least: 0.9 -> 0.5" in out
    assert "policy.yaml:10:22" in out and "looser.yaml:10:22" in out and out.count("^") == 2


def test_a_replay_says_what_would_change_and_exits_with_0(drafts, check, run):
    check(*AS_ANN)
    ran = run("policy", "replay", "looser.yaml", "--format", "json")
    found = Replay.model_validate_json(ran.out)
    assert ran.code == 0 and found.counts.judged == 1 and [case.name for case in found.cases] == ["credit"]
    assert "1 decision judged again:" in run("policy", "replay", "looser.yaml", "--against", "policy.yaml").out
    assert "| credit 1.10 | prod |" in run("policy", "replay", "looser.yaml", "--format", "markdown").out
    assert "0 decisions judged again" in run("policy", "replay", "looser.yaml", "--model", "other").out
    assert "no draft knows" in run("policy", "replay", "looser.yaml", "--environment", "lab").err


def test_a_replay_of_bundles_takes_a_trust_file(drafts, check, run):
    check(*AS_ANN, "--bundle", "b.json")
    assert run("policy", "replay", "looser.yaml", "--against", "b.json").code == 0
    broken = (drafts.root / "b.json").read_text().replace("credit", "credits", 1)
    drafts.write("broken.json", broken)
    assert run("policy", "replay", "looser.yaml", "--against", "broken.json").code == 12


def test_a_service_is_not_replayed(drafts, run, monkeypatch):
    monkeypatch.setenv("GOVERNANCE_URL", "http://127.0.0.1:9")
    ran = run("policy", "replay", "looser.yaml")
    assert ran.code == 2 and "fetch every bundle" in ran.err
    assert run("policy", "release", "looser.yaml", "--as", "ann").code == 2


def test_a_release_takes_two_people_and_is_told_in_the_trail(drafts, run):
    first = run("policy", "release", "tighter.yaml", *AS_ANN, "--out", "r.json", "--format", "json")
    assert first.code == 0 and json.loads(first.out)["approved"] is False
    assert run("check", *AS_ANN, "--policy", "./r.json").code == 12
    assert run("policy", "release", "r.json", *AS_ANN).code == 2
    assert run("policy", "release", "r.json", *AS_BO).code == 0
    assert ReleasedPolicy.from_bytes((drafts.root / "r.json").read_bytes()).approval is not None
    assert run("check", *AS_ANN, "--policy", "./r.json").code in (10, 11)
    assert "trail:policies:released" in run("trail", "show").out
    pinned = run("policy", "pin", "r.json")
    assert pinned.code == 0
    (line,) = [line for line in run("policy", "pins").out.splitlines() if "policy small" in line]
    assert line in pinned.out.splitlines() and run("policy", "unpin", "r.json").code == 0
    again = run("policy", "release", "r.json", *AS_BO)
    assert again.code == 2 and "approved already" in again.err


def test_what_changes_is_shown_before_the_password_is_asked_for(drafts, run):
    """Here there is no way to ask for one: so what was said was said before."""
    for name, file in (("policy.yaml", "first.json"), ("looser.yaml", "next.json")):
        unsigned = run("policy", "release", name, "--as", "ann")
        assert unsigned.code == 2 and "no way to ask for the password of ann" in unsigned.err
        assert run("policy", "release", name, *AS_ANN, "--reason", "in haste", "--out", file).code == 0
        unread = run("policy", "release", file, "--as", "bo")
        assert unread.code == 2 and "no way to ask for the password of bo" in unread.err
        told = "the first release" if file == "first.json" else "loosened  floor: with.at_least: 0.9 -> 0.5"
        assert told in unsigned.out and told in unread.out and "  because: in haste" in unread.out
        as_json = run("policy", "release", file, "--as", "bo", "--format", "json")
        assert told in as_json.err and json.loads(as_json.out)["exit_code"] == 2
        if file == "first.json":
            assert run("policy", "release", file, *AS_BO).code == 0


def test_a_release_that_nobody_approved_is_not_pinned(drafts, run):
    run("policy", "release", "tighter.yaml", *AS_ANN, "--out", "r.json")
    for more in ((), ("--trust", ".governance/trust.json")):
        ran = run("policy", "pin", "r.json", *more)
        assert ran.code == 12 and "r.json: nobody has approved the release of small 1.1.0" in ran.err
    assert "pins nothing" in run("policy", "pins").out
    assert run("policy", "release", "r.json", *AS_BO).code == 0
    assert run("policy", "pin", "r.json").code == 0


@pytest.mark.parametrize(
    "argv, told",
    [
        (("diff", "policy.yaml"), "required: NEW"),
        (("replay",), "required: DRAFT"),
        (("replay", "looser.yaml", "--against", "trail", "b.json"), "either the trail or bundles"),
        (("release", "looser.yaml"), "required: --as"),
        (("release", "looser.yaml", "policy.yaml", "--as", "ann"), "unrecognized arguments: policy.yaml"),
        (("list", "--format", "markdown"), "invalid choice: 'markdown'"),
    ],
)
def test_what_is_refused(drafts, run, argv, told):
    ran = run("policy", *argv)
    assert ran.code == 2 and told in ran.err
