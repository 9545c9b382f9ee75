"""`governance policy lint`, `fmt` and `explain`: what they print, in which formats, and their exit codes."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from sarif_pydantic import Sarif

from governance.cli.__main__ import main
from governance.policy.lint import ALL

WRONG = Path(__file__).parents[1] / "policy" / "lint"
CAPTURED = pytest.CaptureFixture[str]
Said = Callable[..., tuple[int, str, str]]


@pytest.fixture
def said(capsys: CAPTURED, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Said:
    monkeypatch.chdir(tmp_path)

    def command(*argv: object) -> tuple[int, str, str]:
        code = main(["policy", *map(str, argv)])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return command


@pytest.mark.slow
def test_what_is_shipped_is_clean(said: Said) -> None:
    code, out, err = said("lint", "--strict")
    assert (code, err) == (0, "")
    assert f"baseline 1.0.0  (policies/baseline/policy.yaml): nothing found, by {len(ALL)} lints\n" in out


def test_a_remark_says_where_what_why_and_how(said: Said) -> None:
    file = WRONG / "duplicate.yaml"
    code, out, _ = said("lint", file)
    assert code == 0  # warnings
    flat = " ".join(out.split())
    assert f"{file}:13:9: warning duplicate: rule 'right-often-enough' asks exactly what" in flat
    assert "\n  |   - id: right-often-enough\n  |         ^\n" in out
    assert f"also: {file}:9:9 why: Of two rules with one body" in flat
    assert "fix: keep one of them" in flat
    assert out.endswith(f"house 1.0.0  ({file}): 2 warnings\n")
    assert said("lint", file, "--strict")[0] == 2
    assert said("lint", "--strict", file)[0] == 2


def test_an_error_fails_and_the_rest_is_still_looked_at(said: Said) -> None:
    code, out, _ = said("lint", WRONG / "limits-apart.yaml", "baseline", "--format", "json")
    assert code == 2
    first, second = json.loads(out)
    assert (second["policy"], second["remarks"]) == ("baseline", [])
    remark = next(one for one in first["remarks"] if one["level"] == "error")
    assert (remark["lint"], remark["line"], remark["column"]) == ("contradictory", 15, 45)
    assert remark["also"].endswith("limits-apart.yaml:11:46")
    assert remark["what"] and remark["why"] and remark["fix"]


def test_cases_that_lie_beside_are_read(said: Said) -> None:
    Path("policy.yaml").write_text((WRONG / "no-owner.yaml").read_text())
    assert "no-cases" in said("lint", "policy.yaml")[1]
    cases = """\
schema: governance.cases/v1
policy: house
now: 2026-11-21T00:00:00Z
sound:
  artifact: {path: m, format: onnx, found_format: onnx, recorded: a, sha256: a, size: 9, opened: true}
cases:
  - name: swapped
    change: {artifact: {recorded: b}}
    expect: {findings: {as-it-was-approved: fail}, outcomes: {staging: deny, prod: deny}}
"""
    Path("cases.yaml").write_text(cases)
    out = said("lint", ".")[1]
    assert out.endswith("house 1.0.0  (policy.yaml): 1 warning\n") and "warning no-owner" in out
    Path("cases.yaml").write_text(cases.replace("recorded: b", "recorded: null").replace(": fail}", ": inconclusive}"))
    assert "no-failing-case" in said("lint", ".")[1]
    Path("cases.yaml").write_text("cases: [")
    code, _, err = said("lint", ".")
    assert code == 2 and "cases.yaml" in err


def test_sarif(said: Said) -> None:
    code, out, _ = said("lint", WRONG / "mixed-scripts.yaml", WRONG / "odd-alpha.yaml", "--format", "sarif")
    assert code == 2 and out.isascii()
    (run,) = Sarif.model_validate_json(out).runs
    assert [rule.id for rule in run.tool.driver.rules or []] == [one.name for one in ALL]
    by_id = {result.rule_id: result for result in run.results or []}
    assert by_id["mixed-scripts"].level == "error" and by_id["alpha-unused"].level == "warning"
    (location,) = by_id["alpha-unused"].locations or []
    place = location.physical_location
    assert place is not None and place.region is not None
    assert (place.region.start_line, place.region.start_column) == (15, 47)
    prints = [one["partialFingerprints"]["policyAndLint/v1"] for one in json.loads(out)["runs"][0]["results"]]
    assert len(set(prints)) == len(prints) - 1  # both are called `house`, and have no cases


def test_fmt_shows_then_writes(said: Said) -> None:
    file = Path("policy.yaml")
    file.write_text("id: a  # the name\nschema: governance.policy/v1\n")
    code, out, _ = said("fmt", "--check", file)
    assert code == 2
    assert "--- policy.yaml\n+++ policy.yaml as it should be\n" in out and " id: a  # the name\n-schema" in out
    assert file.read_text().startswith("id: a")
    code, out, _ = said("fmt", file)
    assert code == 0 and out.startswith("policy.yaml: written, sha256 ")
    assert file.read_text() == "schema: governance.policy/v1\nid: a  # the name\n"
    assert said("fmt", file) == (0, "policy.yaml: as it should be\n", "")
    assert said("fmt", file, "--check")[:2] == (0, "policy.yaml: as it should be\n")
    (one,) = json.loads(said("fmt", file, "--format", "json")[1])
    assert one["was"] == one["sha256"] and one["difference"] == ""


def test_explain_says_what_a_policy_asks(said: Said) -> None:
    rule = "as-it-was-approved"
    Path("p.yaml").write_text((WRONG / "environment-never-reached.yaml").read_text())
    code, out, err = said("explain", f"./p.yaml#{rule}")
    assert (code, err) == (0, "")
    flat = " ".join(out.split())
    for part in (
        "THE RULE artifact.digest@1",
        "WHAT IS ASKED house 1.0.0",
        "reads artifact",
        "enforced prod: deny, staging: deny",
        "in force from 2026-01-01T00:00:00Z",
        'for models for which model.name != "demo" && environment == "prod"',
        "policy of team:risk",
        "ask team:risk",
    ):
        assert part in flat, part
    shown = json.loads(said("explain", f"p.yaml#{rule}", "--format", "json")[1])
    assert shown["asked"]["applies"] == 'model.name != "demo" && environment == "prod"'
    assert (shown["asked"]["reads"], shown["found"]) == (["artifact"], None)


def test_the_words_of_a_condition_are_the_policys(said: Said) -> None:
    code, out, _ = said("explain", "credit-high-risk#for-credit")
    flat = " ".join(out.split())
    assert code == 0 and "over purpose.category" in flat and "fix State `category` under" in flat
    assert said("explain", "for-credit")[1] == out


def test_a_rule_of_the_catalogue_and_one_that_is_not_there(said: Said) -> None:
    assert said("explain", "performance.floor")[1] == said("rules", "performance.floor")[1]
    for name, known in (("baseline#acuracy-floor", "accuracy-floor"), ("acuracy-floor", "accuracy-floor")):
        code, _, err = said("explain", name)
        assert code == 2 and "no such rule" in err and f"did you mean baseline#{known}" in err


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (("check", "baseline", "--strict"), "unrecognized arguments: --strict"),
        (("check", "baseline", "--format", "sarif"), "invalid choice: 'sarif'"),
        (("lint", "--check"), "unrecognized arguments: --check"),
        (("lint", "--format", "junit"), "invalid choice: 'junit'"),
        (("fmt",), "required: POLICY"),
        (("fmt", "nowhere.yaml"), "no policy there"),
        (("fmt", "."), "no policy there"),
        (("explain",), "required: RULE"),
        (("explain", "a", "b"), "unrecognized arguments: b"),
        (("explain", "nobody#knows"), "policies/NAME/policy.yaml#RULE"),
        (("explain", "./nowhere.yaml#a"), "no policy there"),
        (("lint", "nobody"), "no such policy"),
    ],
)
def test_what_is_not_understood_is_said(argv: tuple[str, ...], words: str, said: Said) -> None:
    code, out, err = said(*argv)
    assert (code, out) == (2, "") and words in err
