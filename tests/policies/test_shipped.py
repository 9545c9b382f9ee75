"""Every policy that is shipped does what its cases say, and its cases notice when it would not."""

import re

import pytest

from governance import bundled
from governance.operations.examine import examine_policies
from governance.policy.document import LoadedPolicy, load_policy
from governance.policy.outcome import Outcome
from governance.render.examined import missing_of, told

NAMES = bundled.policy_names()
LAWS = {"eu-ai-act", "gdpr", "iso-42001", "nist-ai-rmf", "us-ecoa-reg-b", "us-eeoc", "us-sr-26-2"}

UPCOMING = {"co-sb26-189"}


def policy(name: str) -> LoadedPolicy:
    shown, data = bundled.policy(name)
    return load_policy(data, shown)


@pytest.mark.parametrize("name", NAMES)
def test_its_cases_hold_and_notice_every_mutant(name: str) -> None:
    (examined,) = examine_policies([name], mutate=True, strict=True)
    assert [f"{ran.name}: {told(one)}" for ran in examined.failed for one in ran.differences] == []
    assert missing_of(examined) == []
    assert examined.mutants is not None
    assert examined.mutants > 4 * len(examined.policy.rules)


@pytest.mark.parametrize("name", NAMES)
def test_some_case_of_every_rule_shows_what_it_is_there_for(name: str) -> None:
    (examined,) = examine_policies([name], mutate=False)
    for rule, cases in examined.table.items():
        assert cases[Outcome.FAIL], rule


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
