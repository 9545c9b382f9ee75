"""Reasons that people are given: each feature has words, and each text says something."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.evidence.reasons import Reason, ReasonFacts
from governance.policy.finding import Verdict
from governance.policy.outcome import Outcome
from governance.policy.rules.explainability.reasons_mapped import MappedParams, reasons_mapped
from governance.policy.rules.explainability.reasons_specific import PHRASES, SpecificParams, reasons_specific

PASS, FAIL, UNCLEAR = Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE
GOOD = "Income too low for the amount"


def facts(features: tuple[str, ...], *catalogue: tuple[str, str | None, str | None, str | None]) -> ReasonFacts:
    """Lines of (feature, code, text, barred)."""
    found = tuple(
        Reason(line=at, feature=name, code=code, text=text, barred=barred)
        for at, (name, code, text, barred) in enumerate(catalogue, 2)
    )
    return ReasonFacts(catalogue=found, features=features)


def mapped(features: tuple[str, ...], *catalogue: Any, **params: str) -> Verdict:
    return reasons_mapped.function(facts(features, *catalogue), MappedParams.model_validate(params))


def told(text: str | None, name: str = "income", code: str | None = "R1", **params: Any) -> Verdict:
    barred = None if text else "not for people"
    return reasons_specific.function(facts((name,), (name, code, text, barred)), SpecificParams.model_validate(params))


INCOME, AGE = ("income", "R1", GOOD, None), ("age", None, None, "the law bars it")


def test_names_are_compared_to_the_letter() -> None:
    assert mapped(("income", "age"), INCOME, AGE).outcome is PASS
    found = mapped(("Income", "age"), INCOME, AGE)
    assert found.outcome is FAIL and "no line in the catalogue for Income" in found.why
    assert "lines about what the model does not read: income" in found.why


def test_what_is_wrong_is_named_and_what_is_barred_is_said() -> None:
    assert "2 features, of which 1 barred from reasons: age" in mapped(("income", "age"), INCOME, AGE).why
    found = mapped(("income", "age", "debt"), INCOME, ("age", None, None, None))
    assert found.outcome is FAIL
    assert (
        "no line in the catalogue for debt" in found.why and "neither a text nor why there is none for age" in found.why
    )
    assert [one.value for one in found.looked_at] == ["debt", "age"]


def test_lines_for_other_models_are_listed_where_the_policy_lets_them_stand() -> None:
    assert mapped(("age",), INCOME, AGE).outcome is FAIL
    found = mapped(("age",), INCOME, AGE, others="listed")
    assert found.outcome is PASS and "income" in found.why


def test_one_code_stands_for_one_text() -> None:
    other = ("debt", "R1", "Debts too high for the amount", None)
    assert "one code for several texts: R1" in mapped(("income", "debt"), INCOME, other).why
    same = ("debt", "R1", GOOD, None)
    assert mapped(("income", "debt"), INCOME, same).outcome is PASS
    barred = ("debt", "R1", None, "nobody can change it")
    assert mapped(("income", "debt"), INCOME, barred).outcome is PASS


def test_many_faults_are_cut_and_told_apart() -> None:
    one, other = (mapped(tuple(f"{stem}{at}" for at in range(500)), INCOME) for stem in "ab")
    assert len(one.why) < 2000 and "480 more" in one.why and one.why != other.why
    assert len(one.looked_at) == 20


@pytest.mark.parametrize("phrase", PHRASES)
@pytest.mark.parametrize("form", ["{}", "You missed {}.", "Because of: {}; sorry", "our «{}» say so"])
def test_each_phrase_is_found_wherever_it_stands(phrase: str, form: str) -> None:
    for said in (phrase, phrase.upper(), phrase.replace(" ", "-"), phrase.replace(" ", "\u00a0 ")):
        found = told(form.format(said), min_words="1")
        assert found.outcome is FAIL and f"“{phrase}”" in found.why


@pytest.mark.parametrize(
    "text", [GOOD, "Standards that are internal", "A score that is low", "Your minimum scoreboard", "Other reason s"]
)  # fmt: skip
def test_words_that_only_look_like_a_phrase(text: str) -> None:
    assert told(text, min_words="1").outcome is PASS


@pytest.mark.parametrize("text", ["Total income", "total_income", "TOTAL-INCOME", "R 17"])
def test_the_name_of_a_column_or_its_code_is_no_reason(text: str) -> None:
    found = told(text, "total_income", "R-17", min_words="1")
    assert found.outcome is FAIL and "by the name of its column" in found.why
    assert told(text, "total_income", "R-17", forbidden=[], min_words="1").outcome is FAIL


@pytest.mark.parametrize(("words", "outcome"), [(3, PASS), (2, FAIL)])
def test_so_many_words_at_least(words: int, outcome: Outcome) -> None:
    assert told(" ".join(["word"] * words)).outcome is outcome
    assert told(" ".join(["word"] * words) + " - !").outcome is outcome


def test_a_text_of_signs_alone_says_nothing() -> None:
    found = told("... !!", code=None, min_words="1")
    assert found.outcome is FAIL and "in 0 words" in found.why


def test_without_a_text_there_is_nothing_to_judge() -> None:
    assert told(None).outcome is UNCLEAR


@given(st.text(min_size=1, max_size=60), st.text(min_size=1, max_size=60))
def test_any_text_is_judged_the_same_beside_others(text: str, other: str) -> None:
    one, two = told(text, "a", None).outcome, told(other, "b", None).outcome
    both = facts(("a", "b"), ("a", None, text, None), ("b", None, other, None))
    found = reasons_specific.function(both, SpecificParams()).outcome
    assert (found is FAIL) == (FAIL in (one, two))
