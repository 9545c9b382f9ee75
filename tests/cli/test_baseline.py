"""Adopting a model with the failures it has: write a baseline, check with it, and see only new failures deny."""

import json
import os
import re
from contextlib import nullcontext
from datetime import timedelta

import pytest

from governance.errors import BadInput
from governance.policy.baseline import load_baseline
from tests.cli.conftest import AS_ANN, AS_BO, now
from tests.operations.project import MANIFEST, POLICY

MODEL = "credit@1.10"
UNTIL = "2099-03-01T00:00:00Z"
TERMS = ("--expires", "2099-03-01", "--reason", "Legacy: replaced in March")
WRITE = ("--write-baseline", "known.yaml", *TERMS)
USE = ("--baseline", "known.yaml")


def text(
    model="credit",
    known=f'{{finding: "small#floor", values: [{{path: performance.accuracy, at_least: 0.8}}], expires: {UNTIL}}}',
):
    return (
        f"schema: governance.baseline/v1\nmodel: {model}\nreason: from before\nsince: 2026-01-01T00:00:00Z\n"
        f"known: [{known}]\n"
    )


@pytest.fixture
def adopted(project, check):
    """A project with a baseline of what fails in it."""
    assert check(*AS_ANN, *WRITE).code == 11
    return project


def decision(ran):
    return json.loads(ran.out)["decision"]


class TestWriting:
    def test_what_is_written_is_what_fails_and_denies(self, project, check):
        plain = check(*AS_ANN)
        ran = check(*AS_ANN, *WRITE)
        assert ran.code == plain.code == 11
        assert ran.err == (
            "known.yaml: 1 known failure. With `governance check --baseline known.yaml` they need a review, and only "
            "new failures deny\n"
        )
        loaded = load_baseline((project.root / "known.yaml").read_bytes(), "known.yaml").document
        assert (loaded.model, loaded.reason) == ("credit", "Legacy: replaced in March")
        (entry,) = loaded.known
        assert (entry.finding, entry.values[0].at_least, entry.expires) == ("small#floor", "0.8", UNTIL)

    def test_it_changes_nothing_about_that_run(self, project, check):
        ran = check(*AS_ANN, *WRITE, "--format", "json")
        assert decision(ran)["baseline"] is None
        assert decision(ran)["outcomes"] == {"prod": "deny", "staging": "allow"}
        assert decision(ran)["notes"] == []

    def test_in_a_dry_run_too_and_nothing_is_sealed(self, project, check):
        before = project.trail()
        assert check("--dry-run", *WRITE).code == 11
        assert (project.root / "known.yaml").is_file()
        assert project.trail() == before

    @pytest.mark.parametrize("there", ["file", "folder", "link"])
    def test_never_over_something_else(self, project, check, there):
        path = project.root / "known.yaml"
        {"file": path.touch, "folder": path.mkdir, "link": lambda: path.symlink_to("nowhere")}[there]()
        before = project.trail()
        ran = check(*AS_ANN, *WRITE)
        assert (ran.code, ran.out) == (2, "")
        assert "there is a file already" in ran.err
        assert project.trail() == before
        assert os.path.lexists(path) and (there != "file" or path.read_bytes() == b"")

    def test_not_even_over_one_that_came_meanwhile(self, project, check, monkeypatch):
        from governance.operations import adopt

        path = project.root / "known.yaml"
        written_down = adopt.written_down
        monkeypatch.setattr(adopt, "written_down", lambda *a, **k: (path.write_text("mine"), written_down(*a, **k))[1])
        ran = check(*AS_ANN, *WRITE)
        assert ran.code == 2
        assert "DENY" in ran.out and "there is a file already" in ran.err
        assert path.read_text() == "mine"

    def test_nothing_where_nothing_denies_by_failing(self, project, check):
        project.table(100, 100)
        ran = check(*AS_ANN, *WRITE)
        assert ran.code == 10
        assert ran.err == "nothing that fails denies, so there is no baseline to write\n"
        assert not (project.root / "known.yaml").exists()

    def test_with_a_baseline_in_use_it_is_written_anew(self, adopted, check):
        ran = check(*AS_ANN, *USE, "--write-baseline", "next.yaml", "--expires", "2099-06-01", "--reason", "still")
        assert ran.code == 10
        (entry,) = load_baseline((adopted.root / "next.yaml").read_bytes(), "next.yaml").document.known
        assert (entry.finding, entry.expires) == ("small#floor", "2099-06-01T00:00:00Z")

    def test_a_reason_that_yaml_would_read_otherwise(self, project, check):
        reason = "yes: # [x] \"y\" 'z' \\ 1.10 \u00e9 \U0001f600"
        assert check("--dry-run", "--write-baseline", "known.yaml", *TERMS[:3], reason).code == 11
        assert load_baseline((project.root / "known.yaml").read_bytes(), "known.yaml").document.reason == reason

    @pytest.mark.parametrize("seconds, over", [(-1, True), (0, True), (1, False)])
    def test_nothing_is_known_until_now(self, tmp_path, seconds, over):
        from governance.operations.adopt import adoption

        expires = now() + timedelta(seconds=seconds)
        with pytest.raises(BadInput, match="this is over") if over else nullcontext():
            adoption(tmp_path / "k.yaml", "x", expires, expires - timedelta(seconds=seconds))

    @pytest.mark.parametrize(
        "argv, said",
        [
            (("--write-baseline", "k.yaml"), "--expires DATE and --reason TEXT"),
            (("--write-baseline", "k.yaml", *TERMS[:2]), "--expires DATE and --reason TEXT"),
            (("--write-baseline", "k.yaml", *TERMS[2:]), "--expires DATE and --reason TEXT"),
            (TERMS[:2], "--expires goes with --write-baseline"),
            (TERMS[2:], "--reason goes with --write-baseline"),
            (("--write-baseline", "k.yaml", *TERMS, "--as-of", "2026-06-01"), "--as-of asks about another day"),
            (("--write-baseline", "k.yaml", "--expires", "2020-01-01", *TERMS[2:]), "this is over"),
            (("--write-baseline", "k.yaml", "--expires", "soon", *TERMS[2:]), "not a date"),
            (("--write-baseline", "k.yaml", *TERMS[:3], " "), "not a reason"),
            (("--write-baseline", "k.yaml", *TERMS[:3], "x" * 2001), "not a reason"),
            (("--write-baseline", "k.yaml", *TERMS[:3], "e\u0301"), "normal form C"),
            (("--write-baseline", "k.yaml", *TERMS, "--also", "text=k.yaml"), "used for something else"),
        ],
    )
    def test_said_before_anything_is_measured(self, project, check, argv, said):
        before = project.trail()
        ran = check(*AS_ANN, *argv)
        assert (ran.code, ran.out) == (2, "")
        assert said in ran.err
        assert project.trail() == before
        assert not (project.root / "k.yaml").exists()


class TestUsing:
    def test_what_was_known_needs_a_review(self, adopted, check, run):
        ran = check(*AS_ANN, *USE, "--bundle", "b.json")
        assert (ran.code, ran.err) == (10, "")
        assert f"1 known failure is in a baseline until {UNTIL}: Legacy: replaced in March" in " ".join(ran.out.split())
        assert run("verify", "b.json", "--trust", ".governance/trust.json").code == 0
        assert run("approve", MODEL, *AS_BO, "--reason", "until March").code == 0
        asked = run("gate", "--artifact", "model.onnx", "--environment", "prod")
        assert asked.code == 0
        assert "1 known failure is in a baseline" in asked.out
        assert check(*AS_ANN, *USE).code == 0, "the approval holds while evidence, policy and baseline are the same"
        assert check(*AS_ANN).code == 11, "and is no licence to go without"

    def test_worse_denies_and_says_so(self, adopted, check):
        adopted.table(79, 100)
        ran = check(*AS_ANN, *USE)
        assert ran.code == 11
        assert "the baseline does not cover small#floor: performance.accuracy is 0.79, worse than 0.8" in ran.out

    def test_better_does_not(self, adopted, check):
        adopted.table(81, 100)
        assert check(*AS_ANN, *USE).code == 10

    def test_a_new_failure_denies(self, adopted, check):
        rule = "{id: new, uses: performance.floor@1, with: {at_least: 0.95}, enforcement: {default: deny}}"
        adopted.write("policy.yaml", f"{POLICY}  - {rule}\n")
        ran = check(*AS_ANN, *USE, "--format", "json")
        assert ran.code == 11
        known = {one["key"]: one["known"] for one in decision(ran)["findings"]}
        assert known["small#floor"] is not None and known["small#new"] is None

    def test_another_version_of_the_model_is_covered(self, adopted, check, run):
        assert check(*AS_ANN, *USE).code == 10
        adopted.write("governance.yaml", MANIFEST.replace("1.10", "1.11"))
        adopted.write("model.onnx", bytes(range(1, 65)))
        assert check(*AS_ANN, *USE, "--bundle", "b.json").code == 10
        assert run("verify", "b.json", "--trust", ".governance/trust.json").code == 0
        assert run("trail", "verify").code == 0

    def test_expired(self, project, check):
        project.write("known.yaml", text().replace(UNTIL, "2026-02-01T00:00:00Z"))
        ran = check(*AS_ANN, *USE)
        assert ran.code == 11
        assert "its entry expired on 2026-02-01T00:00:00Z" in ran.out

    def test_another_models_before_anything_is_measured(self, project, check, monkeypatch):
        from governance.measure import run as measuring

        monkeypatch.setattr(measuring, "measure", None)
        project.write("known.yaml", text("loans"))
        before = project.trail()
        ran = check(*AS_ANN, *USE)
        assert (ran.code, ran.out) == (2, "")
        for said in ("the baseline is for another model", "got: loans", "expected: credit", "known.yaml:2:1"):
            assert said in ran.err
        assert project.trail() == before

    def test_a_rule_that_no_policy_has_is_said(self, project, check):
        project.write("known.yaml", text(known=f'{{finding: "small#flor", expires: {UNTIL}}}'))
        ran = check(*AS_ANN, *USE)
        assert ran.code == 11
        assert "the baseline names small#flor, which no policy here has" in " ".join(ran.out.split())

    @pytest.mark.parametrize(
        "data, where, said",
        [
            (text(known='{finding: floor, expires: "2099-01-01"}'), "5:", "then see to 1 more"),
            (text(known='{finding: "a#b", expires: "2099-01-01"}'), "5:35", "UTC time"),
            ("known: []\n", "1:1", "required key"),
            (POLICY, "1:9", "governance.baseline/v1"),
        ],
    )
    def test_what_is_no_baseline(self, project, check, data, where, said):
        project.write("known.yaml", data)
        ran = check(*AS_ANN, *USE)
        assert ran.code == 2
        assert f"known.yaml:{where}" in ran.err and said in ran.err

    def test_nowhere(self, project, check):
        ran = check("--baseline", "nowhere.yaml")
        assert ran.code == 2
        assert "no baseline there" in ran.err

    def test_as_a_question_about_another_day(self, adopted, check):
        assert check(*USE, "--as-of", "2026-06-01").code == 10
        assert check(*USE, "--dry-run").code == 10

    def test_of_the_environment_variable(self, adopted, check, monkeypatch):
        monkeypatch.setenv("GOVERNANCE_BASELINE", str(adopted.root / "known.yaml"))
        assert check("--dry-run").code == 10
        adopted.write("empty.yaml", text(known=""))
        assert check("--dry-run", "--baseline", "empty.yaml").code == 11

    def test_the_manifest_does_not_pick_it(self, adopted, check):
        adopted.write("governance.yaml", MANIFEST + "baseline: known.yaml\n")
        ran = check()
        assert ran.code == 2
        assert "unknown key 'baseline'" in ran.err

    def test_pinned_or_refused_at_the_gate(self, adopted, check, run):
        from governance.canonical import sha256

        check(*AS_ANN, *USE, "--bundle", "b.json")
        trust = json.loads((adopted.root / ".governance/trust.json").read_text())
        policy, baseline = (sha256((adopted.root / name).read_bytes()) for name in ("policy.yaml", "known.yaml"))
        gate = ("gate", "--artifact", "model.onnx", "--environment", "prod", "--bundle", "b.json", "--trust", "t.json")
        for pinned, code in (([], 10), ([policy], 12), ([policy, baseline], 10), ([baseline], 12)):
            adopted.write("t.json", json.dumps(trust | {"policies": pinned}))
            ran = run(*gate)
            assert ran.code == code, pinned
            assert (code == 12) == ("UNTRUSTED_POLICY" in ran.err)
        assert re.search("under a policy", ran.err)


def test_a_policy_check_is_about_policies(adopted, run, monkeypatch):
    monkeypatch.setenv("GOVERNANCE_BASELINE", "nowhere.yaml")
    assert run("policy", "check", "./policy.yaml").code == 0
    assert run("policy", "check", "known.yaml").code == 2


class TestTheVerdictFirst:
    """What was sealed is said, whatever becomes of the files that were to be written beside it."""

    @pytest.fixture
    def nowhere(self, project):
        """A file in the place of a folder: nothing can be written below it."""
        return project.write("taken", "") / "b.json"

    def test_a_bundle_that_cannot_be_written(self, project, check, nowhere):
        ran = check(*AS_ANN, "--bundle", nowhere)
        assert ran.code == 1
        assert ran.out.startswith("credit 1.10  prod: DENY")
        digest = re.search("decision  ([0-9a-f]{64})", ran.out)[1]
        assert f"decision {digest} (prod: deny, staging: allow) is sealed" in ran.err
        assert f"governance bundle {MODEL}" in ran.err
        assert project.trail().size == 3

    def test_as_json_one_document_names_what_is_sealed(self, project, check, run, nowhere):
        ran = check(*AS_ANN, "--bundle", nowhere, "--format", "json")
        assert ran.code == 1
        error = json.loads(ran.out)
        assert error["exit_code"] == 1
        digest = json.loads(run("show", MODEL, "--format", "json").out)["decision_sha256"]
        assert f"decision {digest} (prod: deny, staging: allow) is sealed" in error["error"]

    def test_unsealed_there_is_nothing_to_name(self, project, check, nowhere, monkeypatch):
        from governance.errors import MachineFault
        from governance.operations import files

        def full(path, data):
            raise MachineFault("cannot write the file", got="No space left on device")

        monkeypatch.setattr(files, "write_whole", full)
        ran = check("--dry-run", "--also", "markdown=m.md")
        assert ran.code == 1
        assert ran.out.startswith("credit 1.10  prod: DENY")
        assert "No space left" in ran.err and "is sealed" not in ran.err

    def test_the_files_are_written_even_if_nobody_reads(self, project, monkeypatch):
        from governance.cli.check import run
        from governance.cli.commands import build_parser
        from governance.cli.context import Context

        def gone(self, text):
            raise BrokenPipeError

        monkeypatch.setattr(Context, "say", gone)
        argv = ["check", "--policy", "./policy.yaml", *AS_ANN, "--bundle", "b.json", *WRITE]
        with pytest.raises(BrokenPipeError):
            run(Context(build_parser().parse_args(argv)))
        assert (project.root / "b.json").is_file() and (project.root / "known.yaml").is_file()
