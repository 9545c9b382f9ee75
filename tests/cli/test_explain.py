"""`governance explain` as people type it: which decision it takes, what it calls the finding, and what comes next."""

import json
import re
import shlex

import pytest
from jsonschema import Draft202012Validator

from governance.render.explain import Explanation
from governance.render.explain_picture import DRAWN, PLAIN
from tests.cli.conftest import AS_ANN, AS_BO
from tests.cli.test_commands import MODEL, WAIVE
from tests.days import IN_TWO_MONTHS

FLOOR = "small#floor"


@pytest.mark.parametrize("name", [FLOOR, "floor"])
@pytest.mark.parametrize("model", [(), (MODEL,)])
def test_the_latest_decision_explained(audited, run, name, model):
    ran = run("explain", name, *model)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("A performance metric is at least the floor: FAILED\nsmall#floor of credit 1.10, judged")
    for said in ("at least 0.9", "accuracy", "governance.yaml:", "prod: deny, staging: allow", "small 1.0.0"):
        assert said in ran.out, said
    # It explains; the verdict is not its answer.
    assert run("explain", "recorded").code == 0


def test_the_latest_of_the_model_version_that_is_asked_for(audited, check, run):
    manifest = (audited.root / "governance.yaml").read_text()
    audited.write("governance.yaml", manifest.replace("1.10", "1.11"))
    assert check(*AS_ANN).code == 11
    assert f"{FLOOR} of credit 1.11" in run("explain", "floor").out
    old = run("explain", "floor", MODEL).out
    assert f"{FLOOR} of credit 1.10" in old
    # The manifest here is no longer the one that was judged then.
    assert "of the manifest that was judged" in old


def test_a_bundle_explained(audited, run, tmp_path, monkeypatch):
    assert run("bundle", MODEL, "--out", "b.json").code == 0
    inside = run("explain", FLOOR, "--bundle", "b.json")
    assert (inside.code, inside.out) == (0, run("explain", FLOOR).out)
    (tmp_path / "elsewhere").mkdir()
    trust = audited.workspace.trust_path
    monkeypatch.chdir(tmp_path / "elsewhere")
    bundle = audited.root / "b.json"
    assert run("explain", FLOOR, "--bundle", bundle, "--trust", trust).code == 0
    # A stranger's word is not explained: nobody vouches for it.
    ran = run("explain", FLOOR, "--bundle", bundle)
    assert (ran.code, ran.out) == (12, "")
    assert ran.err.startswith("NO_TRUST")


def test_without_a_decision_the_rule_is_explained_as_it_is_asked(bare, run, monkeypatch):
    monkeypatch.setenv("GOVERNANCE_POLICY", "./policy.yaml")
    ran = run("explain", "floor")
    assert (ran.code, ran.err) == (0, "")
    assert f"{FLOOR}: no decision was looked at" in ran.out
    assert "at_least: 0.9" in ran.out and "WHAT WAS FOUND" not in ran.out
    monkeypatch.delenv("GOVERNANCE_POLICY")
    assert "baseline#model-card: no decision was looked at" in run("explain", "baseline#model-card").out


@pytest.mark.parametrize("name", ["fairness.disparity@1", "fairness.disparity"])
def test_a_rule_of_the_catalogue_is_explained_as_policy_rules_does(audited, run, name):
    assert run("explain", name).out == run("policy", "rules", name).out


class TestNoSuch:
    @pytest.mark.parametrize("where", ["trail", "policies"])
    def test_finding(self, request, run, where):
        request.getfixturevalue("audited" if where == "trail" else "bare")
        ran = run("explain", "flor" if where == "trail" else "baseline#model-crad")
        assert (ran.code, ran.out) == (2, "")
        near, other = (FLOOR, "small#recorded") if where == "trail" else ("baseline#model-card", "baseline#")
        assert f"did you mean {near}" in ran.err
        assert near in ran.err.split("expected: ")[1].split("\n")[0] and other in ran.err

    def test_finding_that_two_policies_have(self, project, run):
        from tests.operations.project import POLICY

        project.write("other.yaml", POLICY.replace("id: small", "id: other"))
        assert run("check", "--policy", "./policy.yaml", "--policy", "./other.yaml", *AS_ANN).code == 11
        ran = run("explain", "floor")
        assert ran.code == 2
        assert "several policies" in ran.err and "other#floor" in ran.err and FLOOR in ran.err
        assert run("explain", "other#floor").code == 0

    @pytest.mark.parametrize(
        "argv, said",
        [
            ((FLOOR, "credit"), "NAME@VERSION"),
            ((FLOOR, "other@1"), "no decision about"),
            ((FLOOR, MODEL, "--bundle", "b.json"), "one decision at a time"),
            ((FLOOR, "--trust", "t.json"), "a trail answers for itself"),
            ((FLOOR, "--bundle", "nowhere.json"), "nowhere.json"),
            ((b"x\xff".decode("utf-8", "surrogateescape"),), "no such finding"),
        ],
    )
    def test_decision(self, audited, run, argv, said):
        ran = run("explain", *argv)
        assert (ran.code, ran.out) == (2, "")
        assert said in ran.err


def test_json_is_the_published_document(audited, run):
    reader = Draft202012Validator(json.loads(run("schema", "explanation").out))
    for argv in (("floor",), ("recorded",), ("fairness.disparity@1",)):
        ran = run("explain", *argv, "--format", "json")
        assert (ran.code, ran.err) == (0, "")
        Explanation.model_validate_json(ran.out, strict=True)
        assert list(reader.iter_errors(json.loads(ran.out))) == []
    assert list(reader.iter_errors({}))


def test_the_waiver_that_it_prints_covers_the_finding(audited, check, run):
    """The commands under NEXT, as they stand but for the words in capitals."""
    check_again, waive = json.loads(run("explain", "floor", "--format", "json").out)["next"]
    assert all(f"\n    {command}\n" in run("explain", "floor").out for command in (check_again, waive))
    own = {"NAME": "bo", "TICKET": "RISK-7", "DATE": IN_TWO_MONTHS, "REASON": "pilot"}
    argv = [own.get(word, word) for word in shlex.split(waive)[1:]]
    assert run(*argv, "--password-file", "pw").code == 0
    explained = run("explain", "floor")
    assert "A performance metric is at least the floor: WAIVED" in explained.out
    assert "waiver    in use: waive by local|bo (approver)" in explained.out
    assert "--no-worse-than=0.8" in waive and "no worse than 0.8" in " ".join(explained.out.split())
    assert not any("governance waive" in line for line in explained.out.splitlines())
    # What is left asks for a review, and says of which decision.
    approve = next(line.strip() for line in run("explain", "recorded").out.splitlines() if "governance approve" in line)
    argv = [own.get(word, word) for word in shlex.split(approve)[1:]]
    assert run(*argv, "--password-file", "pw").code == 0
    own["NAME"], own["SMALL.yaml"] = "ann", "./policy.yaml"
    again = run(*[own.get(word, word) for word in shlex.split(check_again)[1:]], "--password-file", "pw")
    assert (again.code, "prod: ALLOW" in again.out) == (0, True)


def test_a_group_that_no_command_line_can_name_is_waived_with_all(audited, run):
    from governance.cli.explain import _waiver
    from governance.policy.finding import Limit, Looked
    from tests.render.test_explain import _finding

    def waiver(*groups):
        looked = tuple(Looked(path="p", group=group, reference=("r",), value="0.5") for group in groups)
        return _waiver(_finding(looked, Limit(op="at_least", value="0.8")))

    assert "--group=a --group='b c,d'" in waiver(("a",), ("b c", "d"))
    assert "--group=unknown" in waiver(("a",), (None,))
    assert all("--group" not in waiver(("a",), group) for group in ((), ("x,y",)))


def test_a_terminal_without_the_drawings_gets_plain_ones(audited, process):
    fairness = """\
schema: governance.policy/v1
id: f
version: 1.0.0
in_force: {from: 2026-01-01T00:00:00Z}
environments: [prod]
rules:
  - {id: pairs, uses: fairness.disparity@1, with: {at_least: 0.8}, enforcement: {default: deny}}
"""
    audited.write("policy.yaml", fairness)
    ran = process("check", "--policy", "./policy.yaml", *AS_ANN, cwd=audited.root)
    assert ran.code == 10, ran
    for encoding, glyphs, other in (("utf-8", DRAWN, PLAIN), ("ascii", PLAIN, DRAWN)):
        said = process(
            "explain", "pairs", cwd=audited.root, env={"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}.items()
        )
        assert (said.code, said.err) == (0, "")
        assert re.search(rf"^ +.*{re.escape(glyphs.low + glyphs.line)}", said.out, re.MULTILINE), encoding
        assert other.low + other.line not in said.out


def test_show_after_a_waiver_says_who_and_why(audited, run):
    assert run(*WAIVE, "--expires", IN_TWO_MONTHS).code == 0
    assert run("comment", MODEL, *AS_ANN, "--reason", "seen").code == 0
    shown = " ".join(run("show", MODEL).out.split())
    assert (
        f"waiver pilot (ticket RISK-7, until {IN_TWO_MONTHS}T00:00:00Z, by local|bo, asked for by local|ann); was fail"
        in shown
    )
    said = shown[shown.index("WHAT PEOPLE SAID") :]
    assert re.search(
        r"- waive by local\|bo \(approver\) at \S+: pilot \[small#floor: ticket RISK-7; "
        rf"from \S+ until {IN_TWO_MONTHS}T00:00:00Z; asked for by local\|ann\]",
        said,
    )
    assert "- comment by local|ann (submitter) at" in said
    assert run("approve", MODEL, *AS_BO, "--reason", "fine").out.count("WHAT PEOPLE SAID") == 1
