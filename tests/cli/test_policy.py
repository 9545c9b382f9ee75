"""`governance policy`: a rule can be read in full before it is used."""

import json

import pytest

from governance.cli.__main__ import main
from governance.policy.rules import ALL


@pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.name)
def test_a_rule_is_shown_with_every_option(rule, capsys):
    assert main(["policy", "rules", rule.id]) == 0
    text = capsys.readouterr().out
    assert text.startswith(f"{rule.name}  {rule.summary}\n")
    # A long list of values goes over several lines.
    shown = " ".join(text.split())
    for name, field in rule.params.model_fields.items():
        said = shown.split(f" with {name}: ")[1].split(" with ")[0]
        assert ("; required" in said, "; default " in said) == (field.is_required(), not field.is_required())
    assert main(["policy", "rules", rule.name, "--format", "json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert [one["with"] for one in shown] == [rule.params.model_json_schema()]


@pytest.mark.parametrize(
    "argv, said",
    [
        (("rules", "performance.flor"), "no such rule"),
        (("check",), "required: POLICY"),
        (("list", "policy.yaml"), "no policy there"),
        (("rules", "nyc-ll14"), "nyc-ll144"),
        (("frobnicate",), "choose from 'init', 'list'"),
    ],
)
def test_what_is_not_understood_is_said(argv, said, capsys):
    assert main(["policy", *argv]) == 2
    captured = capsys.readouterr()
    assert said in captured.err
    assert "None" not in captured.err
    assert captured.out == ""
