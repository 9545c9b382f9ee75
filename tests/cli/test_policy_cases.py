"""`governance policy test`: what it prints, in which formats, and its exit codes."""

import json
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from jsonschema import Draft202012Validator

from governance.cli.__main__ import main
from governance.render.policy_test import PolicyTest
from tests.policy.test_cases import CASES, POLICY
from tests.policy.test_mutants import LEFT, SHARP, WAIVED

Write = Callable[[str, str | None], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """A policy, and its cases beside it unless they are None, in a folder of their own."""

    def written(policy: str = POLICY, cases: str | None = CASES + SHARP) -> Path:
        folder = tmp_path / "house"
        folder.mkdir()
        (folder / "policy.yaml").write_text(policy)
        if cases is not None:
            (folder / "cases.yaml").write_text(cases)
        return folder

    return written


def test_cases_that_hold(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write(POLICY, CASES + SHARP)
    for name in (folder, folder / "policy.yaml", folder.parent):
        assert main(["policy", "test", str(name), "--mutate"]) == 0
        text = capsys.readouterr().out
        assert "    1  pass  wrong too often\n" in text
        row = next(line for line in text.splitlines() if line.startswith("  floor  "))
        assert " ".join(row.split()) == "floor 0, 3, 5, 6 +4 1, 4 2, 9, 10"
        # What the policy leaves to its rules is named, and fails nothing.
        assert "  note  no case notices a change of valid_for, waivers.horizon.medium, " in text
        assert "FAIL" not in text
        assert text.endswith(
            "  3 rules, 14 cases, none of which fail\n"
            "  71 mutants, 29 of which no case notices (29 minor); mutation score 59%\n"
        )


def test_strict_asks_for_what_the_policy_does_not_write(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write(POLICY, CASES + SHARP)
    assert main(["policy", "test", str(folder), "--mutate", "--strict"]) == 2
    text = capsys.readouterr().out
    assert "  FAIL  floor.alpha: no case notices 0.05 -> 0.1\n" in text
    assert "minor)" not in text
    (folder / "cases.yaml").write_text(CASES + SHARP + f"uncovered: {{{LEFT}}}\n")
    assert main(["policy", "test", str(folder), "--mutate", "--strict"]) == 0
    assert "(29 excused)" in capsys.readouterr().out


def test_a_case_that_does_not_hold(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write(
        POLICY.replace("at_least: 0.8}, enforcement: {default: deny", "at_least: 0.7}, enforcement: {default: deny"),
        CASES + SHARP,
    )
    assert main(["policy", "test", str(folder)]) == 2
    text = capsys.readouterr().out
    assert "    1  FAIL  wrong too often\n             floor: expected fail, got pass: accuracy is 0.75" in text
    assert "             prod: expected deny, got allow\n" in text
    assert "3 rules, 14 cases, 3 of which fail" in text
    # They are not run against mutants: nothing could be told.
    assert "mutant" not in text


def test_what_no_case_shows_fails(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write(POLICY, CASES)
    assert main(["policy", "test", str(folder), "--mutate"]) == 2
    text = capsys.readouterr().out
    assert "  FAIL  rates: no case shows it as fail or inconclusive\n" in text
    assert "  FAIL  rates.at_least: no case notices 0.8 -> 0.84\n" in text


def test_json(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write(POLICY.replace("default: deny, staging: warn", "default: review, staging: warn"), CASES + SHARP)
    assert main(["policy", "test", str(folder), "--mutate", "--format", "json"]) == 2
    document = json.loads(capsys.readouterr().out)
    assert (document["schema"], document["holds"]) == ("governance.policy-test/v1", False)
    (shown,) = document["policies"]
    assert (shown["policy"], shown["holds"], shown["mutants"], shown["survivors"]) == ("house", False, None, [])
    failed = [case for case in shown["cases"] if not case["holds"]]
    assert [case["name"] for case in failed] == ["wrong too often", "just too often wrong"]
    assert failed[0]["differences"] == [
        {"of": "prod", "expected": "deny", "got": "needs review", "why": "asked for by floor"}
    ]
    assert shown["rules"]["floor"]["fail"] == ["wrong too often", "just too often wrong"]


@pytest.mark.parametrize(
    ("policy", "cases"),
    [
        (POLICY, CASES),
        (POLICY.replace("default: deny, staging: warn", "default: review, staging: warn"), CASES + SHARP),
        (POLICY, CASES + SHARP + "uncovered: {floor.min_rows: {30 -> 32: large tables}, floor.alpha: x, floor: y}\n"),
        (POLICY, CASES + SHARP + WAIVED),
    ],
    ids=["gaps", "differences", "excuses", "acts"],
)
@pytest.mark.parametrize("flags", [[], ["--mutate"], ["--mutate", "--strict"]], ids=" ".join)
def test_the_document_meets_its_published_schema(
    write: Write, capsys: pytest.CaptureFixture[str], policy: str, cases: str, flags: list[str]
) -> None:
    folder = write(policy, cases)
    main(["policy", "test", str(folder), *flags, "--format", "json"])
    document = json.loads(capsys.readouterr().out)
    main(["schema", "policy-test"])
    schema = json.loads(capsys.readouterr().out)
    assert list(Draft202012Validator(schema).iter_errors(document)) == []
    assert not Draft202012Validator(schema).is_valid({**document, "more": 1})
    PolicyTest.model_validate(document, by_alias=True, by_name=False)


def test_junit(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write(POLICY, CASES)
    assert main(["policy", "test", str(folder), "--mutate", "--format", "junit"]) == 2
    suites = ElementTree.fromstring(capsys.readouterr().out)
    suite = suites[0]
    assert (suite.get("name"), suite.get("tests"), suite.get("failures")) == ("house", "7", "3")
    assert (suites.get("tests"), suites.get("failures"), suites.get("errors")) == ("7", "3", "0")
    red = {f"{case.get('classname')}/{case.get('name')}" for case in suite if case.find("failure") is not None}
    assert red == {"house.coverage/rates", "house.coverage/enough-rows", "house.mutants/every mutant is told"}


@pytest.mark.slow
def test_every_shipped_policy_is_tested_by_default(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "test"]) == 0
    text = capsys.readouterr().out
    assert "baseline 1." in text
    assert "credit-high-risk 1." in text


@pytest.mark.parametrize(
    "argv, said",
    [
        (("test", "nobody"), "no such policy"),
        (("test", "./nowhere/policy.yaml"), "no policy there"),
        (("list", "--format", "junit"), "invalid choice: 'junit'"),
        (("test", "baseline", "--strict"), "goes with `policy test --mutate`"),
        (("check", "baseline", "--mutate"), "unrecognized arguments: --mutate"),
        (("check", "baseline", "other"), "unrecognized arguments: other"),
    ],
)
def test_what_is_not_understood_is_said(argv: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", *argv]) == 2
    captured = capsys.readouterr()
    assert said in captured.err
    assert captured.out == ""


def test_a_policy_without_cases_and_a_folder_without_a_policy(
    write: Write, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = write(POLICY, None)
    assert main(["policy", "test", str(folder)]) == 2
    error = capsys.readouterr().err
    assert "has no cases, so nothing shows what it does" in error
    assert "cases.yaml" in error
    assert "governance schema cases" in error
    (tmp_path / "empty").mkdir()
    assert main(["policy", "test", str(tmp_path / "empty")]) == 2
    assert "no policy there" in capsys.readouterr().err


def test_the_schema_of_cases(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", "cases"]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert {"fairness", "access", "predictions", "origins"} <= set(schema["properties"]["sound"]["properties"])
    assert schema["properties"]["sound"]["additionalProperties"] is False
