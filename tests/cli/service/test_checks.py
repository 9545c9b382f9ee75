"""A check against a service: whose policies count, who hands in what, and what is used again."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from governance.permissions import Scope
from governance.trail.trust import load_trust
from tests.cli.conftest import AS_BO
from tests.cli.service.conftest import sqlite

pytestmark = sqlite


def checked(there, *argv):
    return json.loads(there(11, "check", "--format", "json", *argv).out)


def test_the_token_is_the_identity(there):
    there.speak("cy")
    body = checked(there)
    assert body["decision"]["submitter"] == body["evidence"]["origin"]["by"] == "local|cy"
    assert body["evidence"]["origin"]["where"] == "local"
    assert not (there.root / "c").exists()  # where a key would be
    assert there(11, "check", "--as", "cy", "--format", "json").err == ""
    ran = there(2, "check", "--as", "ann")
    assert "the token is not ann's" in ran.err and "got: local|cy" in ran.err


@pytest.mark.parametrize("ci, place, said", [("1", "ci", ""), ("1", "local", "local"), ("", "ci", "ci")])
def test_evidence_says_what_the_token_says(there, monkeypatch, ci, place, said):
    monkeypatch.setenv("CI", ci)
    there.speak("ann", place=place)
    ran = there(11, "check", "--format", "json")
    assert json.loads(ran.out)["evidence"]["origin"]["where"] == place
    assert ran.err == (f"the token is for {said}, so the evidence says {said}; this looks like "
                       f"{'ci' if ci else 'local'}\n" if said else "")  # fmt: skip


def test_evidence_is_used_again_and_so_are_approvals(there):
    first = checked(there)
    there.speak("bo")
    there(0, "comment", there.model, *AS_BO, "--role", "approver", "--reason", "seen")
    there.speak("ann")
    ran = there(11, "check", "--format", "json", "--verbose")
    again = json.loads(ran.out)
    assert "used again" in ran.err and f"service {there.serving.url}" in ran.err
    assert again["decision"]["evidence"] == first["decision"]["evidence"]
    assert len(again["decision"]["acts"]) == 1
    ran = there(11, "check", "--fresh", "--verbose")
    assert "measured anew: it was asked for" in ran.err
    there.project.table(90, 100)
    assert "other inputs: eval.parquet" in there(10, "check", "--verbose").err


def test_it_says_where_the_case_is_until_it_is_allowed(there):
    name, _, version = there.model.partition("@")
    at = f"the case: {there.serving.url}/cases/{name}/{version}\n"
    assert at in there(11, "check").err
    assert "the case:" not in there(11, "check", "--dry-run").err
    there.project.table(95, 100)
    assert at in there(10, "check").err
    there.speak("bo")
    there(0, "approve", there.model, *AS_BO, "--reason", "seen")
    there.speak("ann")
    assert "the case:" not in there(0, "check").err


def test_nobody_hands_in_what_somebody_else_measured(there):
    there(11, "check")
    there.speak("cy")
    ran = there(11, "check", "--verbose", "--format", "json")
    assert "measured anew: it was measured by local|ann" in ran.err
    assert json.loads(ran.out)["evidence"]["origin"]["by"] == "local|cy"


class TestPolicies:
    def test_those_of_the_service_count(self, there):
        for option in ("--policy", "--baseline"):
            ran = there(2, "check", option, "baseline")
            assert f"{option} does not count here: the service judges by its own" in ran.err
            assert "--dry-run" in ran.err

    def test_a_dry_run_may_try_another_and_sends_nothing(self, there):
        mild = there.project.write("mild.yaml", there.serving.policies[0].text.replace(b"0.9", b"0.7"))
        ran = there(10, "check", "--dry-run", "--policy", str(mild), "--format", "json")
        assert json.loads(ran.out)["sealed"] is None
        assert "not sealed" in ran.err
        assert "no decision about credit" in there(2, "show", there.model).err

    def test_a_setting_of_this_machine_does_not_count_silently(self, there, monkeypatch):
        monkeypatch.setenv("GOVERNANCE_POLICY", "credit-high-risk")
        ran = there(11, "check")
        assert ran.err.startswith("GOVERNANCE_POLICY does not count here: the service judges by its own\nthe case: ")

    def test_an_environment_that_no_policy_of_the_service_knows(self, there):
        ran = there(2, "check", "--environment", "production")
        assert "no policy knows this environment" in ran.err and "prod, staging" in ran.err

    def test_they_are_listed(self, there):
        rows = json.loads(there(0, "policy", "list", "--format", "json").out)
        assert [(row["id"], row["sha256"]) for row in rows] == [("small", there.serving.policies[0].sha256)]

    def test_what_the_trust_file_does_not_pin_is_said(self, there):
        trust = load_trust(there.trust.read_bytes(), "trust")
        there.trust.write_bytes(trust.model_copy(update={"policies": ("0" * 64,)}).to_json())
        assert "does not pin small 1.0.0, so that no gate accepts this decision" in there(11, "check").err
        assert there(0, "show", there.model).err == ""
        ran = there(12, "gate", "--artifact", "model.onnx", "--environment", "prod")
        assert ran.err.startswith("UNTRUSTED_POLICY")


class TestRefused:
    def test_before_anything_is_measured(self, there):
        there.project.write("eval.parquet", b"nothing to measure")
        there.speak("bo")
        ran = there(2, "check")
        assert "this token may not submit" in ran.err and "approver" in ran.err
        there.speak("ann", (Scope.READ,))
        assert "takes a token with the scope submit" in there(2, "check").err
        there.speak("ann", (Scope.SUBMIT,))
        assert "scope read" in there(2, "check").err

    def test_a_token_that_nobody_has(self, there, monkeypatch):
        monkeypatch.setenv("GOVERNANCE_TOKEN", "gvt_" + "a" * 43)
        ran = there(2, "check", "--format", "json")
        body = json.loads(ran.out)
        assert "token" in body["error"] and body["exit_code"] == 2
        assert f"{there.serving.url}/account" in body["fix"]

    def test_no_token(self, there, monkeypatch):
        monkeypatch.delenv("GOVERNANCE_TOKEN")
        ran = there(2, "show", there.model)
        assert "no token" in ran.err and "GOVERNANCE_TOKEN" in ran.err

    @pytest.mark.parametrize("argv", [("init",), ("key", "new", "bo", "--role", "approver", "--password-file", "pw")])
    def test_keys_of_a_project(self, there, argv, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        Path("pw").write_text("correct horse battery\n")
        assert "GOVERNANCE_URL is" in there(2, *argv).err
        assert not (tmp_path / ".governance").exists()


class TestWithoutTrust:
    def test_it_is_said(self, there):
        there.trust.unlink()
        for argv in (("check",), ("show", there.model), ("bundle", there.model, "--out", "b.json")):
            ran = there(11 if argv == ("check",) else 0, *argv)
            assert ran.err.startswith(
                "only integrity was checked, no signature: give --trust FILE, got on a way of your own\n"
            )

    def test_no_gate_says_yes(self, there):
        there(11, "check")
        there.trust.unlink()
        ran = there(12, "gate", "--artifact", "model.onnx", "--environment", "prod")
        assert ran.err.startswith("NO_TRUST") and ran.out == ""

    def test_a_file_may_be_named(self, there):
        kept = there.trust.rename(there.root / "kept.json")
        there(11, "check", "--trust", kept)
        assert there(0, "show", there.model, "--trust", kept).err == ""


def test_whom_the_trust_file_does_not_know(there):
    """Of another log: nothing is shown."""
    there(11, "check")
    trust = load_trust(there.trust.read_bytes(), "trust")
    there.trust.write_bytes(trust.model_copy(update={"issuers": ()}).to_json())
    ran = there(12, "show", there.model)
    assert ran.err.startswith("UNTRUSTED_KEY") and ran.out == ""


def test_a_bundle_that_cannot_be_written(there):
    (there.root / "taken").write_text("a file, no folder")
    ran = there(1, "check", "--bundle", "taken/b.json")
    assert "but decision " in ran.err and "(prod: deny, staging: allow) is sealed" in ran.err
    assert "DENY" in ran.out
    there(0, "show", there.model)


BASE = """
import sys
from governance.cli.extras import MEASURE, PDF, SERVER
for name in (*MEASURE, *PDF, *SERVER):
    sys.modules[name] = None
from governance.cli.__main__ import main
raise SystemExit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize("command", ["show", "bundle", "gate", "trail"])
def test_the_base_install_is_enough(there, command):
    """For all but measuring."""
    there(11, "check")
    argv = {
        "show": ("show", there.model),
        "bundle": ("bundle", there.model, "--out", "b.json"),
        "gate": ("gate", "--artifact", "model.onnx", "--environment", "prod"),
        "trail": ("trail", "verify"),
    }[command]
    done = subprocess.run([sys.executable, "-c", BASE, *argv], capture_output=True, text=True, check=False)
    assert done.returncode == (11 if command == "gate" else 0), done
    assert done.stderr == ""
