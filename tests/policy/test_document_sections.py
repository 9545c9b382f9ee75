"""documentation.sections tells section by section what is missing, what is wrong first."""

from datetime import UTC, datetime

import pytest

from governance.policy.finding import Verdict
from governance.policy.outcome import Outcome
from governance.policy.rules.documentation.sections import SectionsParams, sections
from governance.policy.rules.documentation.sections import _papers as papers

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def judged(*words: int, names: tuple[str, ...], dated: str | None = "2026-11-01", after: bool = False) -> Verdict:
    asked = (("Purpose", "Use"), ("Data",), ("Limits",))
    params = SectionsParams(kind="technical", sections=asked, min_words=10, after_training=after)
    return sections.judge(papers(*words, names=names, dated=dated), params, NOW)


@pytest.mark.parametrize(
    "words, outcome",
    [((10, 10, 10), Outcome.PASS), ((10, 9, 10), Outcome.INCONCLUSIVE), ((10, 0, 9), Outcome.FAIL)],
)
def test_the_least_word_decides(words: tuple[int, ...], outcome: Outcome) -> None:
    assert judged(*words, names=("Purpose", "Data", "Limits")).outcome is outcome


def test_one_line_for_each_section_and_what_is_wrong_first() -> None:
    verdict = judged(30, 9, names=("2. Data", "use"))
    assert [(one.path, one.value, one.n) for one in verdict.looked_at] == [
        ("documents.technical.sections.Use", "9 words", 9),
        ("documents.technical.sections.Limits", "missing", None),
        ("documents.technical.sections.Data", "30 words", 30),
    ]
    assert verdict.outcome is Outcome.FAIL
    assert verdict.why == "technical has no section 'Limits'; section 'Use' of technical has 9 words, fewer than asked"


@pytest.mark.parametrize(
    "heading",
    ["Data", "DATA", "2. Data", "2.1 Data", "2(b) Data", "(b) Data", "Section 2: Data", "2 \u2013 Data", "2) Data"],
)
def test_a_number_before_a_heading_is_no_part_of_it(heading: str) -> None:
    assert judged(10, 10, 10, names=("Purpose", heading, "Limits")).outcome is Outcome.PASS


@pytest.mark.parametrize("heading", ["Data and more", "a data", "2Data", "Big data", "Dat"])
def test_another_heading_is_not_taken_for_it(heading: str) -> None:
    assert judged(10, 10, 10, names=("Purpose", heading, "Limits")).outcome is Outcome.FAIL


def test_the_day_stands_beside_the_sections() -> None:
    verdict = judged(10, 10, 10, names=("Purpose", "Data", "Limits"), dated="2026-10-30", after=True)
    assert verdict.outcome is Outcome.FAIL
    assert verdict.looked_at[-1].path == "documents.technical.dated"
    assert verdict.why == "technical is dated 2026-10-30, the model was trained on 2026-10-31"
