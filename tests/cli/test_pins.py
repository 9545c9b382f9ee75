"""Which policies and baselines count is said in the trust file, by a command."""

import json

import pytest

from governance.bundled import policy as shipped
from governance.canonical import sha256
from tests.cli.conftest import AS_ANN, AS_BO
from tests.operations.project import POLICY

GATE = ("gate", "--artifact", "model.onnx", "--environment", "prod")
PIN = ("policy", "pin")


@pytest.fixture
def pinned(project):
    def read(name=".governance/trust.json"):
        return json.loads((project.root / name).read_text())["policies"]

    return read


@pytest.fixture
def digest(project):
    return lambda name: sha256((project.root / name).read_bytes())


def test_a_milder_policy_opens_the_gate_until_one_is_pinned(project, check, run, pinned, digest):
    """Whoever submits picks the policy of the check; only who answers for the trust file says which counts."""
    project.write("mild.yaml", POLICY.replace("default: deny", "default: audit").replace("review", "audit"))
    assert run("check", *AS_ANN, "--policy", "./mild.yaml").code == 0
    opened = run(*GATE)
    assert opened.code == 0 and "which the trust file does not pin" in opened.out
    ran = run(*PIN, "./policy.yaml")
    assert ran.code == 0 and pinned() == [digest("policy.yaml")]
    assert f"{digest('policy.yaml')}  policy small 1.0.0" in ran.out and "nothing else counts" in ran.out
    refused = run(*GATE)
    assert refused.code == 12 and "UNTRUSTED_POLICY" in refused.err
    again = run("check", *AS_ANN, "--policy", "./mild.yaml")
    assert "does not pin small 1.0.0, so that no gate accepts this decision" in again.err
    assert "does not pin" not in check(*AS_ANN).err
    assert run(*GATE).code == 11


def test_a_baseline_is_pinned_beside_its_policy(project, check, run, pinned, digest):
    check(*AS_ANN, "--write-baseline", "known.yaml", "--expires", "2099-03-01", "--reason", "Legacy")
    assert run(*PIN, "./policy.yaml").code == 0
    ran = check(*AS_ANN, "--baseline", "known.yaml")
    assert "does not pin the baseline of known failures, so that" in ran.err
    run("approve", "credit@1.10", *AS_BO, "--reason", "Read it all.")
    assert run(*GATE).code == 12
    said = run(*PIN, "known.yaml")
    assert pinned() == [digest("policy.yaml"), digest("known.yaml")]
    assert f"{digest('known.yaml')}  baseline of known failures of credit" in said.out
    assert run(*GATE).code == 0
    assert "does not pin" not in check(*AS_ANN, "--baseline", "known.yaml").err


def test_pins_are_added_once_listed_and_taken_away(project, run, pinned, digest):
    assert run("policy", "pins").out.endswith("trust.json pins nothing: a decision under any policy counts\n")
    house, base = digest("policy.yaml"), sha256(shipped("baseline")[1])
    assert run(*PIN, "baseline", "./policy.yaml", "baseline").code == 0
    assert pinned() == [base, house]
    ran = run(*PIN, "./policy.yaml", "--format", "json")
    told = json.loads(ran.out)
    assert (told["changed"], [one["sha256"] for one in told["pinned"]]) == (False, [base, house])
    listed = run("policy", "pins").out
    assert f"{base}  policy baseline 1" in listed and f"{house}  neither shipped nor released here" in listed
    assert run("policy", "unpin", house).code == 0 and pinned() == [base]
    ran = run("policy", "unpin", house)
    assert ran.code == 2 and "not pinned" in ran.err and pinned() == [base]
    assert run("policy", "unpin", "baseline").out.endswith("now pins nothing: a decision under any policy counts\n")
    assert pinned() == []


def test_the_trust_file_of_whoever_verifies(project, run, pinned, digest):
    project.write("mine.json", (project.root / ".governance/trust.json").read_text())
    assert run(*PIN, "./policy.yaml", "--trust", "mine.json").code == 0
    assert pinned("mine.json") == [digest("policy.yaml")] and pinned() == []
    assert str(run("policy", "pins", "--trust", "mine.json").out).startswith("mine.json pins these")
    assert run("policy", "unpin", "./policy.yaml", "--trust", "mine.json").code == 0
    assert pinned("mine.json") == []


@pytest.mark.parametrize(
    "argv, said",
    [
        (PIN, "`policy pin` takes names, or a key"),
        (("policy", "unpin"), "`policy unpin` takes names, or a key"),
        (("policy", "pins", "baseline"), "unrecognized arguments: baseline"),
        ((*PIN, "basline"), "no such policy"),
        ((*PIN, "a" * 64), "no such policy"),
        ((*PIN, "./nowhere.yaml"), "no policy or baseline there"),
        ((*PIN, "governance.yaml"), "governance.policy/v1"),
        ((*PIN, "baseline", "./broken.yaml"), "unknown rule"),
        ((*PIN, "baseline", "--trust", "nowhere.json"), "no trust file there"),
        ((*PIN, "baseline", "--key", "bo"), "got: both"),
        (("policy", "list", "--trust", "mine.json"), "unrecognized arguments: --trust"),
    ],
)
def test_what_cannot_be_pinned(project, run, pinned, argv, said):
    project.write("broken.yaml", POLICY.replace("performance.floor@1", "performance.flor@1"))
    ran = run(*argv)
    assert ran.code == 2 and said in ran.err
    assert pinned() == []


def test_without_a_trail_there_is_nothing_to_pin_in(bare, run):
    ran = run(*PIN, "baseline")
    assert ran.code == 2 and "there is no trail here" in ran.err


def test_titles_of_policies_hold_no_commands_for_a_terminal(project, run):
    project.write("policy.yaml", POLICY.replace("version: 1.0.0", 'version: 1.0.0\ntitle: "a\\u001b]0;x\\u0007"'))
    ran = run("policy", "check", "./policy.yaml")
    assert ran.code == 2
    assert "control character U+001B in the text" in ran.err and "\x1b" not in ran.out + ran.err
