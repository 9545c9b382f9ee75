import re
from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from governance.evidence.evidence import EvidenceSet
from governance.policy.act import UNVERIFIED
from governance.policy.decision import Recorded
from governance.policy.document import LoadedPolicy
from governance.policy.outcome import Outcome
from governance.render.markdown import MOST, decision_markdown, escaped
from governance.render.pipeline import Precedent, found
from governance.render.visible import clip, visible
from governance.verification import Verified
from tests.render.pages import HOSTILE, page

_READER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
_OURS = {
    "h2",
    "h3",
    "p",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "strong",
    "code",
    "br",
    "hr",
    "details",
    "summary",
}
_OURS |= {"blockquote", "pre", "ul", "li", "sub"}


class _Html(HTMLParser):
    """The tags of a page, and its texts apart from each other, as GitHub's filters see them after rendering. They do
    not look into `pre`."""

    def __init__(self, markdown: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.looked_through: list[str] = []
        self.typed = False
        self.feed(_READER.render(markdown))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.typed = tag == "pre" or (self.typed and tag == "code")
        assert not attrs, f"<{tag} {attrs}>"

    def handle_data(self, data: str) -> None:
        self.texts.append(data)
        if not self.typed:
            self.looked_through.append(data)

    def handle_endtag(self, tag: str) -> None:
        self.typed = self.typed and tag != "pre"

    @property
    def text(self) -> str:
        return "".join(self.texts).replace("\xa0", " ")


def _html(markdown: str) -> _Html:
    assert len(markdown) <= MOST
    found = _Html(markdown)
    assert set(found.tags) <= _OURS
    for text in found.looked_through:
        assert not re.search(r"(?i)@\w|[#!$%&~^]\w|://|\bwww\.|\bGH-\d", text), text
    return found


def test_the_verdict_of_each_environment_comes_first(needs_review: Verified) -> None:
    lines = decision_markdown(page(needs_review)).splitlines()
    assert lines[0] == "## ⚠️ adult-income 1.10: NEEDS REVIEW"
    assert lines[4].startswith(
        "| prod | ⚠️&nbsp;NEEDS&nbsp;REVIEW | **2 inconclusive:** Selection rates within four fifths; A model card is"
    )
    assert lines[5].startswith("| staging | ✅&nbsp;ALLOW | allowed: what is listed below is shown there")
    asked = decision_markdown(page(needs_review, environment="staging")).splitlines()
    assert asked[0] == "## ✅ adult-income 1.10: ALLOW" and asked[4].startswith("| staging |")


def test_a_failed_finding_shows_group_number_interval_limit_and_fix(denied: Verified) -> None:
    markdown = decision_markdown(page(denied))
    text = _html(markdown).text
    assert re.search(r"Black to Other 0\.4533 \[0\.39\d+, 0\.55\d*\], n=1,400", text)
    assert re.search(r"look at which group.*Numbers, limits and laws.*at least 0\.8us-eeoc/ugesp", text, re.DOTALL)
    assert "high; denies in prod; shown in staging" in text
    # Not folded away, and before what passed.
    assert markdown.rindex("Selection rates within four fifths") < markdown.index("<details>")


def test_what_was_held_against_the_limit_comes_first(denied: Verified) -> None:
    rates = next(finding for finding in denied.decision.findings if finding.key.endswith("four-fifths"))
    turned = rates.model_copy(update={"looked_at": rates.looked_at[::-1]})
    assert rates.looked_at[-1].low is None
    assert [" [" in said for said in found(turned)][:2] == [True, True]
    assert sorted(found(turned)) == sorted(found(rates))


def test_what_passed_is_folded_away(needs_review: Verified) -> None:
    markdown = decision_markdown(page(needs_review))
    folded = next(part for part in markdown.split("<details>") if "passed</summary>" in part).split("</details>")[0]
    assert "<summary>11 passed</summary>" in folded and "Explanations add up" in folded
    assert "four fifths" not in folded


def test_waiver_with_reason_ticket_and_expiry(approved: Verified) -> None:
    text = _html(decision_markdown(page(approved))).text
    assert "✍️ waived" in text
    assert "Waived: The card is with the translators (ticket RISK-12, until 2026-12-21T09:30:00Z, by local|bo)" in text
    assert "allowed after review: the approver answers for what is listed below" in text


def test_declared_facts_digest_and_how_to_verify(denied: Verified) -> None:
    text = _html(decision_markdown(page(denied))).text
    assert "Not measured, taken on somebody's word: manifest (name, version, purpose and risk tier (high)); " in text
    assert f"Decision {denied.decision_sha256}" in text
    assert "governance verify 'build/adult bundle.json' --trust trust.json" in text
    unsealed = _html(decision_markdown(page(denied, sealed=None))).text
    assert "Not sealed: nobody can verify this later" in unsealed and "governance verify" not in unsealed


def test_without_a_bundle_it_says_how_to_get_one(denied: Verified) -> None:
    shown = page(denied)
    assert shown.sealed is not None
    text = _html(decision_markdown(shown._replace(sealed=shown.sealed.model_copy(update={"bundle": None})))).text
    assert "governance bundle adult-income@1.10 --out bundle.json\ngovernance verify bundle.json --trust" in text


def test_what_changed_and_where_there_is_nothing_to_compare_with(denied: Verified, approved: Verified) -> None:
    first = _html(decision_markdown(page(denied))).text
    assert "prod, staging: no version of this model was approved there before, so there is nothing to compare" in first
    before = {"staging": Precedent(approved.decision, approved.evidence)}
    text = _html(decision_markdown(page(denied, precedents=before))).text
    # What was excused before and is not now is otherwise the same.
    assert "Since this very version, allowed in staging on 2026-11-21T09:30:00Z: ⬇️ 4 worse; ↔️ 1 other." in text
    assert "worse\nNo forbidden column reaches a feature\npassed\nfailed" in text
    assert "prod: no version of this model was approved there before" in text
    same = {"prod": Precedent(denied.decision, denied.evidence)}
    assert "nothing changed." in decision_markdown(page(denied, precedents=same))


def test_notes_are_shown(
    needs_review: Verified, make_act: Callable[..., Recorded], make_verified: Callable[..., Verified]
) -> None:
    rejected = make_act("reject", needs_review.decision, "not with this data")
    text = _html(decision_markdown(page(make_verified(needs_review.evidence, needs_review.policies, [rejected])))).text
    assert "Note: rejected: not with this data" in text and "❌ adult-income 1.10: DENY" in text


def test_no_policy_at_all(make_evidence: Callable[..., EvidenceSet], make_verified: Callable[..., Verified]) -> None:
    text = _html(decision_markdown(page(make_verified(make_evidence(), [])))).text
    assert "❌ adult-income 1.10: DENY" in text and "no policy was given" in text


def test_hostile_names_stay_text_and_ping_nobody(
    baseline: LoadedPolicy,
    make_evidence: Callable[..., EvidenceSet],
    make_verified: Callable[..., Verified],
    make_act: Callable[..., Recorded],
) -> None:
    facts = make_evidence(name=HOSTILE, groups={HOSTILE: (100, 1000), "B": (500, 1000)})
    seen = make_verified(facts, [baseline])
    waived = make_act("waive", seen.decision, HOSTILE, "baseline#selection-four-fifths")
    case = make_verified(facts, [baseline], [waived])
    shown = page(case, precedents={"prod": Precedent(seen.decision, seen.evidence)})
    assert shown.sealed is not None
    sealed = shown.sealed.model_copy(update={"bundle": HOSTILE, "trail": HOSTILE})
    markdown = decision_markdown(shown._replace(sealed=sealed))
    assert _html(markdown).text.count(visible(HOSTILE).strip()) >= 4
    assert "\u202e" not in markdown
    assert not [line for line in markdown.splitlines() if line.startswith(("/", "::", "    @"))]


@given(st.text(max_size=80))
def test_escaped_text_is_one_text_in_one_cell(text: str) -> None:
    found = _html(f"| a | b |\n|---|---|\n| x{escaped(text)}x | y |\n")
    assert found.tags == ["table", "thead", "tr", "th", "th", "tbody", "tr", "td", "td"]
    assert f"x{visible(text)}x" in found.text


def test_a_long_text_is_clipped_before_it_grows() -> None:
    assert _html(escaped("@" * 5_000, 40)).text.strip() == clip("@" * 5_000, 40)


@pytest.mark.parametrize("rules", [100, 2_000])
def test_whatever_there_is_it_fits_and_says_what_has_no_room(
    rules: int, make_evidence: Callable[..., EvidenceSet], make_verified: Callable[..., Verified], many: Callable
) -> None:
    bad, good = (make_verified(make_evidence(outcome), [many(rules)]) for outcome in (Outcome.FAIL, Outcome.PASS))
    markdown = decision_markdown(page(bad, precedents={"prod": Precedent(good.decision, good.evidence)}))
    assert len(markdown) <= MOST and "which have no room here" in markdown
    assert markdown.count("<details>") == markdown.count("</details>")
    assert bad.decision_sha256 in markdown and "taken on somebody's word" in markdown
    assert len(decision_markdown(page(good))) <= MOST


def test_huge_hostile_texts_fit_too(
    baseline: LoadedPolicy, make_evidence: Callable[..., EvidenceSet], make_verified: Callable[..., Verified]
) -> None:
    facts = make_evidence(name="@" * 5_000, groups={"#1" * 3_000: (100, 1000), "B": (500, 1000)})
    case = make_verified(facts, [baseline])
    case = case._replace(decision=case.decision.model_copy(update={"notes": ("@" * 9_000,) * 50}))
    assert case.decision.submitter != UNVERIFIED
    _html(decision_markdown(page(case)))
