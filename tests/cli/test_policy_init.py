"""`governance policy init`: what it writes is a policy that holds from the first moment."""

import json

import pytest

from governance import strictyaml
from governance.cli.__main__ import main
from governance.operations.begin_policy import begun
from governance.policy.cases import load_cases
from governance.policy.document import load_policy
from governance.policy.examination import examine
from governance.policy.outcome import Outcome
from governance.policy.rules import ALL
from governance.policy.shorthand import is_evidence, merge_patch
from governance.render.layout import laid_out
from governance.render.plain_yaml import entry, flow


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


SIGNED = [rule for rule in ALL if not is_evidence(rule.examples[0].evidence)]


@pytest.mark.parametrize("rule", [rule for rule in ALL if rule not in SIGNED], ids=lambda rule: rule.name)
def test_every_rule_can_be_begun_with(rule):
    policy, cases = begun("mine", [rule], "team:risk")
    assert laid_out(policy, "policy.yaml") == policy
    loaded = load_policy(policy, "policy.yaml")
    found = examine(loaded, load_cases(cases, "cases.yaml", loaded), mutate=True)
    assert found.holds and found.mutants
    (own, expr) = loaded.rules
    assert own.section.uses == rule.name and expr.section.expr
    # What no example can tell of its parameters is left to do; the three outcomes are there.
    for table in found.table.values():
        assert all(table[one] for one in (Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE))
    assert all(name.startswith(f"{own.section.id}.") for name in found.cases.document.uncovered)


@pytest.mark.parametrize("rules", [(), ("fairness.disparity@1", "performance.floor"), ("lineage.freshness@1",)])
def test_what_is_written_passes_every_check(rules, here, capsys):
    assert main(["policy", "init", "mine", *(word for rule in rules for word in ("--rule", rule))]) == 0
    assert "Wrote policies/mine/policy.yaml\nWrote policies/mine/cases.yaml\n" in capsys.readouterr().out
    for argv in (["check"], ["lint", "--strict"], ["fmt", "--check"], ["test", "--mutate"], ["list"]):
        assert main(["policy", argv[0], "policies/mine", *argv[1:]]) == 0, argv
    assert "owner team:name" in capsys.readouterr().out
    text = (here / "policies/mine/policy.yaml").read_text()
    assert "# your limits" in text or rules == ("lineage.freshness@1",)
    assert max(map(len, text.splitlines())) <= 120


def test_nothing_is_written_over(here, capsys):
    assert main(["policy", "init", "mine", "--owner", 'ann "the" risk: #1', "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["written"][0] == "policies/mine/policy.yaml"
    policy, cases = (here / "policies/mine" / name for name in ("policy.yaml", "cases.yaml"))
    assert load_policy(policy.read_bytes(), "p").document.owner == 'ann "the" risk: #1'
    cases.write_text("mine")
    policy.unlink()
    assert main(["policy", "init", "mine"]) == 2
    assert "there is a file already" in capsys.readouterr().err
    assert cases.read_text() == "mine" and not policy.exists()


def test_who_names_it_without_its_folder_is_told_where_it_is(here, capsys):
    assert main(["policy", "init", "mine"]) == 0
    assert main(["policy", "check", "mine"]) == 2
    assert "did you mean policies/mine?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("../mine",), "not a name for a policy"),
        (("Mine",), "not a name for a policy"),
        (("mine", "--rule", "nobody.knows"), "no such rule"),
        (("mine", "--rule", "fairness.disparity", "--rule", "fairness.reference"), "do not tell them apart"),
    ],
)
def test_what_is_refused_leaves_nothing(argv, said, here, capsys):
    assert main(["policy", "init", *argv]) == 2
    assert said in capsys.readouterr().err
    assert not [*here.iterdir()]


@pytest.mark.parametrize("rule", SIGNED, ids=lambda rule: rule.name)
def test_a_rule_about_what_people_sign_is_not_begun_with(rule, here, capsys):
    assert main(["policy", "init", "mine", "--rule", rule.name]) == 2
    assert "cases that have `acts`" in capsys.readouterr().err and not [*here.iterdir()]


def test_a_patch_makes_the_one_of_the_other():
    old, new = {"a": {"b": 1, "c": 2}, "d": 3, "e": 4}, {"a": {"b": 1, "f": [5]}, "d": 6, "g": None}
    assert merge_patch(old, new) == {"a": {"c": None, "f": [5]}, "d": 6, "e": None}
    assert merge_patch(old, old) == {}


@pytest.mark.parametrize(
    "text",
    [
        "a b",
        "a: b",
        "a #b",
        "- a",
        "null",
        "",
        "*",
        "team:x",
        "2026-01-01T00:00:00Z",
        "Every group's",
        "[a]",
        "'",
        "a:",
    ],
)
def test_text_is_read_back(text):
    written = "\n".join([*entry("x", {"y": [text] * 40, "z": {text or "t": text}}), f"w: {flow(text)}"])
    tree = strictyaml.parse(written.encode(), "x").tree
    assert tree["w"] == text and tree["x"]["y"] == [text] * 40 and tree["x"]["z"] == {text or "t": text}
