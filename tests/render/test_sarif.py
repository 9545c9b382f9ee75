import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from pydantic import BaseModel
from sarif_pydantic import Sarif

from governance.evidence.evidence import EvidenceSet
from governance.policy.decision import Recorded
from governance.policy.document import LoadedPolicy, load_policy
from governance.policy.outcome import Outcome
from governance.render import sarif
from governance.render.pipeline import CheckPage
from governance.render.sarif import decision_sarif
from governance.render.visible import visible
from governance.verification import Verified
from tests.render.pages import HOSTILE, page

# In the standard (3.14.17, 3.20.21, 3.27.23), and not in the model that reads it here.
_NOT_MODELLED = {"columnKind", "toolExecutionNotifications", "suppressions"}


@cache
def _schema() -> Draft202012Validator:
    text = (Path(__file__).parent / "others/sarif-2.1.0.json").read_text(encoding="utf-8")
    return Draft202012Validator(json.loads(text), format_checker=FormatChecker())


def _unknown(model: Any) -> Iterator[str]:
    if isinstance(model, BaseModel):
        yield from model.model_extra or {}
        for name in type(model).model_fields:
            yield from _unknown(getattr(model, name))
    elif isinstance(model, list):
        for item in model:
            yield from _unknown(item)


def _as_github_takes_it(run: dict[str, Any]) -> None:
    """What its documentation of code scanning asks for beside the standard."""
    rules = run["tool"]["driver"]["rules"]
    assert run["tool"]["driver"]["name"] and run["automationDetails"]["id"].startswith("governance/")
    assert len(run["results"]) <= 25_000 and len(rules) <= 25_000
    for rule in rules:
        assert 0 < len(rule["name"]) <= 255 and 0 < len(rule["id"]) <= 255
        for part in ("shortDescription", "fullDescription"):
            assert 0 < len(rule[part]["text"]) <= 1024
        assert rule["help"]["text"] and len(rule["properties"]["tags"]) <= 10
        # A number nobody worked out would rank a document that is missing above a vulnerability.
        assert "security" not in rule["properties"]["tags"] and "security-severity" not in rule["properties"]
    for result in run["results"]:
        assert result["message"]["text"].strip() and result["level"] in ("error", "warning", "note")
        assert result["partialFingerprints"]["primaryLocationLineHash"]
        (location,) = result["locations"]
        place = location["physicalLocation"]
        assert not re.match(r"[a-z][a-z0-9+.-]*:|/|\.\./", place["artifactLocation"]["uri"])
        assert place["region"]["startLine"] >= 1 and place["region"]["startColumn"] >= 1


def _run(shown: CheckPage) -> dict[str, Any]:
    text = decision_sarif(shown)
    assert text.isascii()
    assert set(_unknown(Sarif.model_validate_json(text))) <= _NOT_MODELLED
    log = json.loads(text)
    _schema().validate(log)
    assert log["version"] == "2.1.0" and "2.1.0" in log["$schema"]
    (run,) = log["runs"]
    _as_github_takes_it(run)
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["kind"] == "fail"  # a level goes with no other kind (3.27.10)
    # On all results or on none (3.27.23).
    assert len({"suppressions" in result for result in run["results"]}) <= 1
    return run


def _result(run: dict[str, Any], rule: str) -> dict[str, Any]:
    (found,) = [result for result in run["results"] if result["ruleId"] == f"baseline#{rule}"]
    return found


def test_what_did_not_pass_is_a_result_on_its_line(denied: Verified) -> None:
    run = _run(page(denied))
    open_ = [f.key for f in denied.decision.findings if f.outcome not in (Outcome.PASS, Outcome.NOT_APPLICABLE)]
    assert [result["ruleId"] for result in run["results"]] == open_ and len(open_) < len(denied.decision.findings)
    result = _result(run, "selection-four-fifths")
    assert result["level"] == "error" and result["properties"]["outcome"] == "fail"
    assert re.search(
        r"Found: Black to Other 0\.4533 \[0\.39\d+, 0\.55\d*\]; limit: at least 0\.8\.\nHow to fix: ",
        result["message"]["text"],
    )
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "models/adult%20income/governance.yaml"
    assert place["region"] == {"startLine": 9, "startColumn": 5}
    assert run["artifacts"][0]["hashes"]["sha-256"] == denied.evidence.manifest
    assert run["properties"]["findings"]["failed"] == sum(f.outcome is Outcome.FAIL for f in denied.decision.findings)


def test_what_was_looked_at_names_the_line_where_it_can(denied: Verified) -> None:
    region = _result(_run(page(denied)), "separate-duties")["locations"][0]["physicalLocation"]["region"]
    assert region == {"startLine": 14, "startColumn": 3}


def test_a_section_that_is_not_there_is_the_first_line(denied: Verified) -> None:
    region = _result(_run(page(denied)), "model-card")["locations"][0]["physicalLocation"]["region"]
    assert region == {"startLine": 1, "startColumn": 1}


def test_every_rule_says_what_it_checks_why_and_how_to_fix(needs_review: Verified, baseline: LoadedPolicy) -> None:
    rules = _run(page(needs_review))["tool"]["driver"]["rules"]
    assert {rule["id"] for rule in rules} == {selected.key for selected in baseline.rules}
    for rule in rules:
        assert rule["name"].isidentifier() and rule["shortDescription"]["text"].endswith(".")
        assert len(rule["fullDescription"]["text"]) > 40 and len(rule["help"]["text"]) > 20
    rule = next(rule for rule in rules if rule["id"] == "baseline#selection-four-fifths")
    assert rule["properties"]["controls"] == ["us-eeoc/ugesp-1607.4d"] and rule["properties"]["severity"] == "high"


def test_levels_are_actions_where_it_was_asked(needs_review: Verified, approved: Verified) -> None:
    levels = {
        name: {result["level"] for result in _run(page(needs_review, environment=name))["results"]}
        for name in (None, "prod", "staging")
    }
    assert levels == {None: {"warning"}, "prod": {"warning"}, "staging": {"note"}}
    assert {result["level"] for result in _run(page(approved))["results"]} == {"note"}


def test_a_waiver_is_an_accepted_suppression(approved: Verified) -> None:
    run = _run(page(approved))
    (suppression,) = _result(run, "model-card")["suppressions"]
    assert (suppression["kind"], suppression["status"]) == ("external", "accepted")
    assert suppression["justification"] == (
        "The card is with the translators (ticket RISK-12, until 2026-12-21T09:30:00Z, by local|bo); "
        "instead: every rejection is read by a person"
    )
    # A review is no waiver: the finding stays as it is.
    assert _result(run, "selection-four-fifths")["suppressions"] == []


def test_fingerprints_depend_on_model_and_rule_alone(
    denied: Verified, needs_review: Verified, baseline: LoadedPolicy, make_evidence: Callable, make_verified: Callable
) -> None:
    def prints(case: Verified, **changed: Any) -> dict[str, str]:
        run = _run(page(case, **changed))
        return {one["ruleId"]: one["partialFingerprints"]["primaryLocationLineHash"] for one in run["results"]}

    first, second = prints(denied), prints(needs_review, uri="elsewhere.yaml")
    assert set(second) < set(first) and all(first[key] == second[key] for key in second)
    assert len(set(first.values())) == len(first)
    other = prints(make_verified(make_evidence(Outcome.FAIL, name="other"), [baseline]))
    assert not set(other.values()) & set(first.values())


def test_two_models_do_not_share_a_category(denied: Verified, make_evidence: Callable, make_verified: Callable) -> None:
    def category(case: Verified) -> str:
        return _run(page(case))["automationDetails"]["id"].rpartition("/")[0]

    assert category(denied) == "governance/adult-income"
    assert category(make_verified(make_evidence(name="a/b c"), [])) == "governance/a%2Fb%20c"


def test_a_verdict_that_no_finding_explains_is_a_notification(
    needs_review: Verified, make_act: Callable[..., Recorded], make_verified: Callable[..., Verified]
) -> None:
    assert _run(page(needs_review))["invocations"][0]["toolExecutionNotifications"] == []
    rejected = make_act("reject", needs_review.decision, "not {0} this data")
    case = make_verified(needs_review.evidence, needs_review.policies, [rejected])
    (said,) = _run(page(case))["invocations"][0]["toolExecutionNotifications"]
    assert said == {"level": "error", "message": {"text": "DENY: rejected: not {{0}} this data"}}


def test_a_condition_of_the_policy_is_a_rule_too(
    make_evidence: Callable, make_verified: Callable[..., Verified], broken: LoadedPolicy
) -> None:
    run = _run(page(make_verified(make_evidence(), [broken])))
    (rule,) = run["tool"]["driver"]["rules"]
    assert "Condition: " in rule["fullDescription"]["text"] and rule["properties"]["tags"] == ["expr", "governance"]


def test_hostile_names_stay_text(
    baseline: LoadedPolicy, make_evidence: Callable[..., EvidenceSet], make_verified: Callable[..., Verified]
) -> None:
    facts = make_evidence(name=HOSTILE, groups={HOSTILE: (100, 1000), "B": (500, 1000)})
    run = _run(page(make_verified(facts, [baseline]), uri=HOSTILE))
    text = _result(run, "selection-four-fifths")["message"]["text"]
    # No link, no placeholder; a reader that undoes the braces has the name again.
    assert "](" not in text and "{0}" not in text.replace("{{0}}", "")
    assert visible(HOSTILE).replace("](", "] (") in text.replace("{{", "{").replace("}}", "}")
    assert "\u202e" not in text
    uri = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert not set(uri) & set(" \n\r<>|`[]{}\\")


def test_what_is_more_than_github_takes_is_cut_and_counted(
    make_evidence: Callable, make_verified: Callable[..., Verified], many: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sarif, "MOST_RESULTS", 5)
    run = _run(page(make_verified(make_evidence(Outcome.FAIL), [many(12)])))
    assert len(run["results"]) == 5 and run["properties"]["findings"]["failed"] == 12
    (said,) = run["invocations"][0]["toolExecutionNotifications"]
    assert said["message"]["text"] == "and 7 more results, which are in the JSON"


def test_long_texts_of_a_policy_are_cut_where_github_would_refuse_them(
    make_evidence: Callable, make_verified: Callable[..., Verified]
) -> None:
    text = f"""\
schema: governance.policy/v1
id: wordy
version: 1.0.0
in_force: {{from: 2026-01-01T00:00:00Z}}
environments: [prod]
rules:
  - {{id: rows, title: "{"{" * 3_000}", why: "{"} ](" * 2_000}", fix: "{"x" * 9_000}", requires: [fairness],
     expr: fairness.rows < 0, enforcement: {{default: deny}}}}
"""
    run = _run(page(make_verified(make_evidence(), [load_policy(text.encode(), "wordy.yaml")])))
    (rule,) = run["tool"]["driver"]["rules"]
    assert rule["shortDescription"]["text"] == "{{" * 509 + "..."
    assert len(run["results"][0]["message"]["text"]) < 20_000
