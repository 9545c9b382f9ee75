"""Every policy that is shipped does what its cases say, and its cases notice when it would not."""

import re
from functools import cache
from pathlib import Path

import pytest

from governance import bundled
from governance.operations.examine import examine_policies
from governance.policy.document import LoadedPolicy, load_policy
from governance.policy.examination import SHOWN, Examined
from governance.render.examined import missing_of, told

OF_ACTS = ("valid_for", "waivers.covers", "*.waivable", "*.waivable_to", "*.severity")
NAMES = bundled.policy_names()
LAWS = {"eu-ai-act", "gdpr", "iso-42001", "nist-ai-rmf", "nyc-ll144", "us-ecoa-reg-b", "us-eeoc", "us-sr-26-2"}

UPCOMING = {"co-sb26-189"}


def policy(name: str) -> LoadedPolicy:
    shown, data = bundled.policy(name)
    return load_policy(data, shown)


@cache
def whole(name: str) -> Examined:
    """A shipped policy with its cases and its mutants."""
    (examined,) = examine_policies([name], mutate=True, strict=True)
    return examined


@pytest.mark.parametrize("name", NAMES)
def test_its_cases_hold_and_notice_every_mutant(name: str) -> None:
    examined = whole(name)
    assert [f"{ran.name}: {told(one)}" for ran in examined.failed for one in ran.differences] == []
    assert missing_of(examined) == []
    assert examined.mutants is not None
    assert examined.mutants > 10 * len(examined.policy.rules)
    # An excuse is for what no verdict can show, and there is little of that.
    assert len(examined.excused) <= 0.02 * examined.mutants
    assert not {excuse.at for _, excuse in examined.excused} & {*examined.table, *OF_ACTS}


@pytest.mark.parametrize("name", NAMES)
def test_each_rule_is_shown_to_pass_to_fail_and_to_be_inconclusive(name: str) -> None:
    assert [(rule, one) for rule, cases in whole(name).table.items() for one in SHOWN if not cases[one]] == []


@pytest.mark.parametrize("name", ["baseline", "credit-high-risk"])
def test_some_case_of_each_rule_says_words_of_its_reason(name: str) -> None:
    examined = whole(name)
    cases = examined.cases.document.cases
    spoken = {rule for case in cases for rule, expected in case.expect.by_rule.items() if expected.says}
    assert {*examined.table} - spoken == set()


def changed(tmp_path: Path, file: str, old: str, new: str, *, mutate: bool = False) -> Examined:
    """The baseline policy with one thing changed in one of its files."""
    for name, (_, data) in {"policy.yaml": bundled.policy("baseline"), "cases.yaml": bundled.cases("baseline")}.items():
        assert data is not None
        text = data.decode()
        assert name != file or text.count(old) == 1, text.count(old)
        (tmp_path / name).write_text(text.replace(old, new) if name == file else text)
    (examined,) = examine_policies([str(tmp_path)], mutate=mutate, strict=True)
    return examined


@pytest.mark.parametrize(
    "old, new",
    [
        ("at_least: 0.8,", "at_least: 0.79,"),
        ("at_least: 0.66}", "at_least: 0.665}"),
        ("{at_most: 0.8}", "{at_most: 0.81}"),
        ("min_words: 50", "min_words: 49"),
        ("valid_for: 90", "valid_for: 100"),
        ("valid_for: 90", "valid_for: 90\nwaivers: {horizon: {critical: 15}}"),
        ("valid_for: 90", "valid_for: 90\nwaivers: {covers: patch}"),
        ("with: {at_most: 0.8}", "waivable: false\n    with: {at_most: 0.8}"),
        ("with: {at_most: 0.8}\n    severity: medium", "with: {at_most: 0.8}\n    severity: low"),
        ("with: {metric: accuracy,", "waivable_to: allow\n    with: {metric: accuracy,"),
        ("from: 2026-01-01T00:00:00Z", "from: 2025-12-31T00:00:00Z"),
    ],
)
def test_a_shipped_limit_that_slips_fails_a_case(tmp_path: Path, old: str, new: str) -> None:
    assert changed(tmp_path, "policy.yaml", old, new).failed


@pytest.mark.parametrize(
    "name, said",
    [
        ("no commit", "can-be-rebuilt.commit: no case notices true -> false"),
        ("attributions do not add up", "explanations-add-up: no case shows it as fail"),
        ("30 rows, all right", "accuracy-floor.min_rows: no case notices 30 -> 32"),
        ("approved 89 days ago", "valid_for: no case notices 90 days -> 86"),
    ],
)
def test_a_case_that_is_deleted_is_missed(tmp_path: Path, name: str, said: str) -> None:
    _, data = bundled.cases("baseline")
    assert data is not None
    found = re.search(rf"^  - name: {re.escape(name)}\n(?:    .*\n)+", data.decode(), re.MULTILINE)
    assert found
    assert said in missing_of(changed(tmp_path, "cases.yaml", found[0], "", mutate=True))


@pytest.mark.parametrize("name", NAMES)
def test_controls_are_of_laws_that_stand(name: str) -> None:
    document = policy(name).document
    cited = {control.partition("/")[0] for rule in document.rules for control in rule.controls}
    if (law := document.law) is None:
        assert cited <= LAWS
    else:
        assert cited - {law.id} <= LAWS
        assert law.superseded_by is None or law.superseded_by in {*LAWS, *UPCOMING}


class TestCredit:
    """`credit-high-risk`, which other policies will be copied from."""

    document = policy("credit-high-risk").document
    text = bundled.policy("credit-high-risk")[1].decode()

    def test_every_rule_says_why_and_whom_it_serves(self) -> None:
        assert [rule.id for rule in self.document.rules if not (rule.why and rule.controls and rule.title)] == []

    def test_it_covers_every_family(self) -> None:
        used = {rule.uses.split("@")[0] for rule in self.document.rules if rule.uses}
        families = {name.split(".")[0] for name in used}
        assert families == {
            "access", "artifact", "documentation", "explainability", "fairness", "lineage", "operations",
            "performance", "purpose", "reproducibility",
        }  # fmt: skip
        assert any(rule.expr for rule in self.document.rules)

    def test_group_rates_do_not_cite_the_effects_test_that_was_deleted(self) -> None:
        rates = [rule for rule in self.document.rules if rule.uses == "fairness.disparity@1"]
        assert len(rates) == 3
        assert not [control for rule in rates for control in rule.controls if control.startswith("us-ecoa-reg-b")]

    def test_it_says_what_it_is_not(self) -> None:
        assert "Not legal advice" in self.text
        assert "2027-12-02" in (self.document.title or "")
        assert not re.search(r"sr-11-7/", self.text)

    def test_what_denies_in_prod_is_no_question_for_a_person(self) -> None:
        """The screen that no credit law sets asks a person; the harm that nothing explains does not."""
        enforced = {rule.id: rule.enforcement["default"].value for rule in self.document.rules}
        assert enforced["acceptance-four-fifths"] == "review"
        assert enforced["creditworthy-treated-alike"] == "deny"
        assert enforced["no-forbidden-feature"] == "deny"
