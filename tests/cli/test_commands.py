"""The commands as people type them: what they print, where, and with which exit code."""

import json

import pytest
from jsonschema import Draft202012Validator

from governance.canonical import sha256
from governance.cli.__main__ import main
from governance.cli.commands import build_parser
from governance.render.json import Check
from tests.cli.conftest import AS_ANN, AS_BO
from tests.days import IN_TWO_MONTHS
from tests.operations.project import MANIFEST, PASSWORD, POLICY

MODEL = "credit@1.10"


def _choices(parser, dest):
    return next(action for action in parser._actions if action.dest == dest).choices


# `policy` is one, and each of its actions is one too.
COMMANDS = sorted(_choices(build_parser(), "command"))
COMMANDS += [f"policy {name}" for name in _choices(_choices(build_parser(), "command")["policy"], "action")]
WAIVE = ("waive", MODEL, *AS_BO, "--reason", "pilot", "--finding", "small#floor", "--ticket", "RISK-7")


def test_the_whole_way(bare, run, check):
    """init, key, check, waive, approve, gate, verify, trail, report: each with its exit code, and quiet on stderr."""
    steps = [
        (0, ("init",)),
        (0, ("key", "new", "ann", "--role", "submitter", "--password-file", "pw")),
        (0, ("key", "new", "bo", "--role", "approver", "--password-file", "pw")),
        (11, ("check", "--policy", "./policy.yaml", *AS_ANN, "--bundle", "first.json")),
        (0, ("check", "--policy", "./policy.yaml", *AS_ANN, "--environment", "staging")),
        (11, ("gate", "--artifact", "model.onnx", "--environment", "prod")),
        (0, (*WAIVE, "--expires", IN_TWO_MONTHS)),
        (10, ("check", "--policy", "./policy.yaml", *AS_ANN)),
        (10, ("gate", "--artifact", "model.onnx", "--environment", "prod")),
        (0, ("comment", MODEL, *AS_ANN, "--role", "submitter", "--reason", "thank you")),
        (0, ("approve", MODEL, *AS_BO, "--reason", "fine", "--bundle", "second.json")),
        (0, ("show", MODEL)),
        (0, ("waivers",)),
        (0, ("waivers", "--model", "other", "--format", "json")),
        (0, ("gate", "--artifact", "model.onnx", "--environment", "prod")),
        (0, ("gate", "--artifact", "model.onnx", "--environment", "prod", "--bundle", "second.json")),
        (0, ("gate", "--artifact", "sha256:" + sha256(bytes(range(64))), "--environment", "prod")),
        (11, ("gate", "--artifact", "model.onnx", "--environment", "prod", "--bundle", "first.json")),
        (11, ("gate", "--artifact", "eval.parquet", "--environment", "prod")),
        (11, ("gate", "--artifact", "model.onnx", "--environment", "production")),
        (0, ("verify", "first.json", "--trust", ".governance/trust.json")),
        (0, ("verify", "second.json", "--trust", ".governance/trust.json")),
        (12, ("verify", "second.json")),
        (0, ("bundle", MODEL, "--out", "third.json")),
        (0, ("trail", "show")),
        (0, ("trail", "verify")),
        (0, ("report", MODEL, "--out", "report.pdf")),
        (0, ("report", "--bundle", "second.json", "--trust", ".governance/trust.json", "--out", "again.pdf")),
        (0, ("reject", MODEL, *AS_BO, "--reason", "found a fault")),
        (11, ("gate", "--artifact", "model.onnx", "--environment", "prod")),
        (0, ("trail", "verify")),
    ]
    for expected, argv in steps:
        ran = run(*argv)
        assert ran.code == expected, (argv, ran.out, ran.err)
        if expected != 12:
            assert ran.err in ("", "`governance trail verify` checks all of it\n"), argv
            assert ran.out
    assert (bare.root / "third.json").read_bytes() == (bare.root / "second.json").read_bytes()
    assert (bare.root / "report.pdf").read_bytes().startswith(b"%PDF")


def test_what_failed_is_said_first(project, check):
    ran = check(*AS_ANN)
    assert ran.code == 11
    text = ran.out
    assert text.index("DENY") < text.index("small#floor") < text.index("small#recorded")
    for word in ("0.8", "0.9", "fix", "accuracy"):
        assert word in text


class TestJson:
    def test_check_is_the_published_document(self, project, check, run):
        ran = check("--format", "json", *AS_ANN)
        assert (ran.code, ran.err) == (11, "")
        parsed = Check.model_validate_json(ran.out, strict=True, by_alias=True, by_name=False)
        assert json.loads(parsed.model_dump_json(by_alias=True)) == json.loads(ran.out)
        assert parsed.exit_code == 11
        assert parsed.sealed is not None
        assert sha256(parsed.decision.to_bytes()) == parsed.decision_sha256

    def test_check_fits_its_schema(self, project, check, run):
        schema = json.loads(run("schema", "check").out)
        value = json.loads(check("--format", "json", *AS_ANN).out)
        reader = Draft202012Validator(schema)
        reader.validate(value)
        for path, other in (("exit_code", "11"), ("sealed", []), ("decision_sha256", "x"), ("more", 1)):
            assert not reader.is_valid(value | {path: other}), path

    def test_dry_run_says_that_nothing_is_sealed(self, project, check):
        ran = check("--format", "json", "--dry-run")
        assert json.loads(ran.out)["sealed"] is None
        assert ran.err == "not sealed: a dry run, or a question about another day, leaves no trace\n"
        assert check("--format", "json", "--dry-run", "--quiet").err == ""

    @pytest.mark.parametrize("argv", [("trail", "verify"), ("trail", "show"), ("policy", "list"), ("policy", "rules")])
    def test_the_others(self, project, run, argv):
        ran = run(*argv, "--format", "json")
        assert ran.code == 0
        json.loads(ran.out)

    def test_verify_and_gate(self, project, check, run):
        check(*AS_ANN, "--bundle", "b.json")
        verified = json.loads(run("verify", "b.json", "--trust", ".governance/trust.json", "--format", "json").out)
        assert (verified["verdict"], verified["level"]) == ("VALID", 0)
        assert verified["outcomes"] == {"prod": "deny", "staging": "allow"}
        asked = ("gate", "--artifact", "model.onnx", "--environment", "prod", "--format", "json")
        one, two = json.loads(run(*asked).out), json.loads(run(*asked, "--bundle", "b.json").out)
        assert one | {"asked_at": ""} == two | {"asked_at": ""}
        assert one["answer"] == "deny"

    @pytest.mark.parametrize(
        "argv, code",
        [
            (("verify", "nowhere.json"), 2),
            (("check", "nowhere.yaml"), 2),
            (("check", "--environment", "moon"), 2),
            (("schema", "nonsense"), 2),
            (("trail", "burn"), 2),
            (("frobnicate",), 2),
            ((), 2),
        ],
    )
    def test_errors_too(self, project, run, argv, code):
        ran = run(*argv, "--format", "json")
        assert ran.code == code
        value = json.loads(ran.out)
        assert value["exit_code"] == code
        assert value["error"]
        assert ran.err.startswith("error: ")

    def test_a_verdict(self, project, check, run):
        check(*AS_ANN, "--bundle", "b.json")
        data = bytearray((project.root / "b.json").read_bytes())
        data[500] ^= 1
        project.write("b.json", bytes(data))
        ran = run("verify", "b.json", "--trust", ".governance/trust.json", "--format", "json")
        value = json.loads(ran.out)
        assert ran.code == value["exit_code"] == 12
        assert value["verdict"] in ("TAMPERED", "MALFORMED")
        assert value["verdict"] in ran.err


class TestHelp:
    @pytest.mark.parametrize("command", COMMANDS)
    def test_each_command(self, command, capsys):
        with pytest.raises(SystemExit) as caught:
            main([*command.split(), "--help"])
        assert caught.value.code == 0
        captured = capsys.readouterr()
        assert captured.out.startswith(f"usage: governance {command}")
        assert "exit codes: 0 allow" in captured.out
        assert captured.err == ""

    def test_all(self, capsys):
        with pytest.raises(SystemExit) as caught:
            main(["--help"])
        assert caught.value.code == 0
        out = capsys.readouterr().out
        assert all(f"    {command} " in out for command in COMMANDS if " " not in command)

    @pytest.mark.parametrize(
        "name", ["manifest", "policy", "baseline", "evidence", "decision", "act", "entry", "bundle", "trust", "check"]
    )
    def test_each_schema(self, run, name):
        ran = run("schema", name)
        assert ran.code == 0
        assert json.loads(ran.out)["$schema"].endswith("2020-12/schema")


class TestUsage:
    @pytest.mark.parametrize(
        "argv, said",
        [
            (("approve", MODEL, "--as", "bo"), "--reason"),
            (("approve", "credit", *AS_BO, "--reason", "x"), "NAME@VERSION"),
            (("approve", "@1", *AS_BO, "--reason", "x"), "NAME@VERSION"),
            (("approve", MODEL, *AS_BO, "--reason", "x", "--decision", "0" * 64), "no decision"),
            (("approve", MODEL, "--as", "bo", "--reason", "x"), "password"),
            (("approve", MODEL, "--as", "eve", "--password-file", "pw", "--reason", "x"), "nobody this project knows"),
            ((*WAIVE, "--expires", "tomorrow"), "UTC time"),
            ((*WAIVE, "--expires", IN_TWO_MONTHS, "--no-worse-than", "many"), "decimal"),
            ((*WAIVE, "--expires", "2020-01-01T00:00:00Z"), "expire after it begins"),
            (("check", "--dryrun"), "did you mean --dry-run? `governance check --help`"),
            (("check", "--enviroment=prod"), "did you mean --environment? `governance check --help`"),
            (("check", "--dry-run", "--zzz"), "fix: `governance check --help` shows how"),
            (("check", "--bundle", "b.json", "--dry-run"), "--dry-run seals nothing"),
            (("check", "--bundle", "b.json", "--as-of", "2026-06-01"), "--as-of seals nothing"),
            (("check", "--as-of", "yesterday"), "2026-06-01"),
            (("check", "--policy", "nonsense"), "nonsense"),
            (("check", "--policy", "./nowhere.yaml"), "nowhere.yaml"),
            (("check", "--allow-root", "nowhere"), "--allow-root"),
            (("check", "--project", "nowhere"), "no such folder"),
            (("gate", "--artifact", "nowhere.onnx", "--environment", "prod"), "no such artifact"),
            (("gate", "--artifact", "A" * 64, "--environment", "prod"), "no such artifact"),
            (("report", "--out", "r.pdf"), "say of what"),
            (("report", MODEL, "--bundle", "b.json", "--out", "r.pdf"), "say of what"),
            (("bundle", MODEL, "--out", "b.json"), "no decision about"),
            (("show", "other@1"), "no decision about"),
            (("key", "new", "bo", "--role", "approver", "--password-file", "pw"), "has a key already"),
            (("key", "new", "zoe", "--role", "king", "--password-file", "pw"), "unknown role"),
            (("key", "new", "zoe", "--role", "auditor"), "password"),
            (("init",), "already"),
            (("policy", "check"), "required: POLICY"),
            (("trail", "verify", "--trust", "pw"), "expected: a governance.trust/v1 document"),
            (("verify", "b.json", "--trust", "nowhere.json"), "nowhere.json"),
        ],
    )
    def test_said_and_nothing_written(self, project, run, argv, said):
        project.write("b.json", "{}")
        before = project.trail()
        ran = run(*argv)
        assert ran.code == 2, ran
        assert ran.out == ""
        assert ran.err.startswith("error: ")
        assert said in ran.err
        assert project.trail() == before

    def test_bytes_that_are_no_text(self, project, check, run):
        """What a shell may hand over, and no document can hold."""
        check(*AS_ANN)
        bad = b"x\xff".decode("utf-8", "surrogateescape")
        for argv in (
            ("approve", MODEL, *AS_BO, "--reason", bad),
            ("approve", MODEL, "--as", bad, "--password-file", "pw", "--reason", "x"),
            ("show", f"{bad}@1"),
            ("verify", bad),
            ("check", bad),
            ("gate", "--artifact", bad, "--environment", "prod"),
            ("schema", bad),
        ):
            assert run(*argv).code == 2, argv
        assert run("gate", "--artifact", "model.onnx", "--environment", bad).code == 11

    @pytest.mark.parametrize("reason, said", [("", "at least 1"), ("x" * 10_001, "at most 10000")])
    def test_a_reason_that_is_none(self, project, check, run, reason, said):
        check(*AS_ANN)
        before = project.trail()
        ran = run("approve", MODEL, *AS_BO, "--reason", reason)
        assert ran.code == 2
        assert said in ran.err
        assert project.trail() == before

    def test_a_password_file_that_is_no_text(self, project, run):
        project.write("pw", b"\xff\xfe" * 10)
        ran = run("approve", MODEL, *AS_BO, "--reason", "x")
        assert ran.code == 2
        assert "not UTF-8" in ran.err

    def test_a_wrong_password(self, project, check, run):
        check(*AS_ANN)
        project.write("wrong", "wrong horse battery")
        before = project.trail()
        for argv in (
            ("approve", MODEL, "--as", "bo", "--password-file", "wrong", "--reason", "x"),
            ("check", "--policy", "./policy.yaml", "--as", "ann", "--password-file", "wrong"),
        ):
            ran = run(*argv)
            assert ran.code == 2
            assert "wrong password" in ran.err
            assert "wrong horse" not in ran.err
        assert project.trail() == before


class TestCi:
    def test_no_key_is_made(self, bare, run, monkeypatch):
        monkeypatch.setenv("CI", "true")
        for argv in (("init",), ("key", "new", "ann", "--role", "submitter", "--password-file", "pw")):
            ran = run(*argv)
            assert ran.code == 2
        assert not (bare.root / ".governance").exists()
        assert not bare.settings.config.exists()

    def test_a_check_is_unsealed_and_says_so(self, project, check, monkeypatch, tmp_path):
        monkeypatch.setenv("CI", "1")
        monkeypatch.setenv("GOVERNANCE_CONFIG_DIR", str(tmp_path / "runner"))
        before = project.trail()
        ran = check()
        assert ran.code == 11
        assert ran.err.startswith("not sealed: this machine does not hold")
        ran = check("--bundle", "b.json")
        assert ran.code == 2
        assert not (project.root / "b.json").exists()
        assert project.trail() == before


def test_an_approver_does_not_submit(project, check):
    ran = check(*AS_BO)
    assert ran.code == 2
    assert "may not submit" in ran.err


def test_a_stale_decision(project, check, run):
    check(*AS_ANN)
    digest = json.loads(run("show", MODEL, "--format", "json").out)["decision_sha256"]
    assert run("approve", MODEL, *AS_BO, "--reason", "x", "--decision", digest).code == 0
    before = project.trail()
    ran = run("approve", MODEL, *AS_BO, "--reason", "x", "--decision", digest)
    assert ran.code == 2
    assert "changed since" in ran.err
    assert project.trail() == before


def test_the_environment_decides_the_exit_code(project, check):
    assert check("--environment", "staging").code == 0
    assert check("--environment", "prod").code == 11
    assert check().code == 11
    project.write("policy.yaml", POLICY.replace("{default: deny, staging: warn}", "{default: review}"))
    assert check().code == 10


def test_the_policy_of_the_environment_variable(project, run, monkeypatch):
    monkeypatch.setenv("GOVERNANCE_POLICY", str(project.root / "policy.yaml"))
    assert "small#floor" in run("check", "--dry-run").out


def test_the_manifest_does_not_pick_the_policy(project, check):
    project.write("governance.yaml", MANIFEST + "policy: mild\n")
    ran = check()
    assert ran.code == 2
    assert "unknown key 'policy'" in ran.err


def test_the_password_is_nowhere(project, check, run):
    check(*AS_ANN)
    run("approve", MODEL, *AS_BO, "--reason", "fine")
    for path in [*(project.root / ".governance").iterdir(), *project.settings.config.rglob("*")]:
        if path.is_file():
            assert PASSWORD.encode() not in path.read_bytes(), path
