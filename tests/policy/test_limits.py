"""Rules exactly at their limit: the limit itself is within it, one step beyond is not."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from governance.policy.finding import Verdict
from governance.policy.outcome import Outcome
from governance.policy.rules import CATALOGUE
from governance.policy.rules.documentation.present import _card as card
from governance.policy.rules.explainability.share import specimen as explained
from governance.policy.rules.lineage.forbidden_columns import _SOURCE, _reached
from governance.policy.rules.lineage.sources_approved import _sources as sources
from tests.policy.cases import right

PASS, FAIL, UNCLEAR = Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE
NOW = datetime(2026, 11, 21, tzinfo=UTC)
STEP = Decimal("1e-9")


def judged(name: str, facts: Any, now: datetime = NOW, **params: Any) -> Verdict:
    rule = CATALOGUE[f"{name}@1"]
    return rule.judge(facts, rule.params.model_validate(params), now)


def ends(verdict: Verdict) -> tuple[Decimal, Decimal]:
    looked = verdict.looked_at[0]
    return Decimal(looked.low or ""), Decimal(looked.high or "")


def test_floor() -> None:
    facts = right(800, 1000)
    low, high = ends(judged("performance.floor", facts, at_least="0.5"))
    for limit, outcome in ((low, PASS), (low + STEP, UNCLEAR), (high, UNCLEAR), (high + STEP, FAIL)):
        assert judged("performance.floor", facts, at_least=str(limit)).outcome is outcome


def test_floor_on_the_point() -> None:
    for limit, outcome in (("0.8", PASS), ("0.800000001", FAIL)):
        assert judged("performance.floor", right(800, 1000), at_least=limit, decide_on="point").outcome is outcome


def test_floor_on_the_fewest_rows() -> None:
    for rows, outcome in ((30, PASS), (29, UNCLEAR)):
        assert judged("performance.floor", right(rows, rows), at_least="0.5").outcome is outcome


def test_share() -> None:
    facts = explained("0.5", "0.02")
    low, high = ends(judged("explainability.share", facts, at_most="0.9"))
    for limit, outcome in ((high, PASS), (high - STEP, UNCLEAR), (low, UNCLEAR), (low - STEP, FAIL)):
        assert judged("explainability.share", facts, at_most=str(limit)).outcome is outcome


def test_share_on_the_fewest_rows() -> None:
    for rows, outcome in ((30, PASS), (29, UNCLEAR)):
        assert judged("explainability.share", explained("0.2", "0.01", rows=rows), at_most="0.9").outcome is outcome


@pytest.mark.parametrize("limit", ["0", "1", "60", "-0.1"])
def test_a_share_that_no_model_can_exceed_is_no_limit(limit: str) -> None:
    with pytest.raises(ValueError, match="than"):
        judged("explainability.share", explained("0.2", "0.01"), at_most=limit)


def test_additivity() -> None:
    for error, outcome in (("0.0001", PASS), ("0.000100001", FAIL)):
        assert judged("explainability.additivity", explained("0.4", "0.02", error=error)).outcome is outcome


def test_words_of_a_document() -> None:
    for words, outcome in ((50, PASS), (49, UNCLEAR)):
        assert judged("documentation.present", card(words)).outcome is outcome


def test_asking_for_no_document_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        judged("documentation.present", card(), kinds=[])


def test_a_source_expires_at_its_very_second() -> None:
    facts = sources(expires="2026-11-21T00:00:00Z")
    for now, outcome in ((NOW - timedelta(seconds=1), PASS), (NOW, FAIL), (NOW + timedelta(seconds=1), FAIL)):
        assert judged("lineage.sources_approved", facts, now).outcome is outcome


def test_nothing_forbidden_is_not_applicable_and_says_so() -> None:
    open_ = _SOURCE.model_copy(update={"forbidden": ()})
    verdict = judged("lineage.forbidden_columns", _reached("race").model_copy(update={"sources": (open_,)}))
    assert (verdict.outcome, verdict.why) == (Outcome.NOT_APPLICABLE, "no source forbids a column")


def test_what_is_forbidden_is_named_as_the_limit() -> None:
    verdict = judged("lineage.forbidden_columns", _reached("income"))
    assert verdict.limit is not None and verdict.limit.value == "people.race"
