"""A finding explained: what the demo's findings look like in full, and that no drawing puts a number on the wrong side.

`python -m tests.render.test_explain build/demo` writes the snapshots anew, after `make demo`.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.evidence.evidence import EvidenceSet
from governance.policy.document import LoadedPolicy, load_policy
from governance.policy.finding import Finding, Limit, Looked
from governance.policy.outcome import Action, Outcome, Severity
from governance.policy.rules import ALL
from governance.render import wording
from governance.render.explain import Case, Explanation, explain_asked, explain_finding, explain_rule
from governance.render.explain_picture import DRAWN, PLAIN, Glyphs, Picture, drawable
from governance.render.explain_text import explanation_text, rule_lines
from governance.render.pipeline import CheckPage
from governance.strictyaml import parse
from governance.verification import Verified

SNAPSHOTS = Path(__file__).parent / "explained"
SHOWN = {
    "failed": ("selection-four-fifths", "1"),
    "inconclusive": ("selection-four-fifths", "2"),
    "passed": ("artifact-safe-format", "1"),
}
MANIFEST = b"schema: x\nmodel: {name: adult-income}\ndata:\n  evaluation:\n    sensitive: {race: {column: race}}\n"


def told(demo: Path, finding: str, version: str) -> str:
    """What `governance explain` prints in the demo's folder, without what differs from run to run. Sentences of the
    rule are named and not shown: the layout is held here, and each rule holds its own words."""
    ran = subprocess.run(
        [sys.executable, "-m", "governance", "explain", finding, f"diabetes-progression@{version}", "--format", "json"],
        cwd=demo,
        env={"PYTHONPATH": str(Path(__file__).resolve().parents[2]), "PATH": "", "HOME": str(demo)},
        capture_output=True,
        text=True,
        check=True,
    )
    explanation = Explanation.model_validate_json(ran.stdout, strict=True)
    rule, found = explanation.rule, explanation.found
    assert rule and found and found.finding.why
    shown = rule.model_copy(update={"checks": "(what it checks)", "matters": "(why it matters)"})
    verdict = found.finding.model_copy(update={"why": "(why)", "fix": "(how to fix it)"})
    updated = explanation.model_copy(update={"rule": shown, "found": found.model_copy(update={"finding": verdict})})
    said = explanation_text(updated, colour=False, width=100, drawn=True)
    said = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME", said)
    return re.sub(r"\b[0-9a-f]{64}\b", "DIGEST", said)


@pytest.mark.parametrize("name", SHOWN)
def test_the_demo_explained(demo: tuple[Path, str], name: str) -> None:
    assert told(demo[0], *SHOWN[name]) == (SNAPSHOTS / f"{name}.txt").read_text(encoding="utf-8")


def explained(case: Verified, key: str, file: str | None = "governance.yaml") -> Explanation:
    page = CheckPage(
        decision=case.decision,
        evidence=case.evidence,
        policies=case.policies,
        baseline=None,
        acts=case.acts,
        precedents={},
        source=parse(MANIFEST, "governance.yaml"),
        uri="governance.yaml",
        environment=None,
        sealed=None,
    )
    finding = next(one for one in case.decision.findings if one.key == key)
    return explain_finding(Case(page, case.decision_sha256, file), finding, ("governance check",))


def text(explanation: Explanation, width: int = 120, drawn: bool = True) -> str:
    return explanation_text(explanation, colour=False, width=width, drawn=drawn)


FAIRNESS = "baseline#selection-four-fifths"


def test_a_failure_says_all_there_is(denied: Verified) -> None:
    explanation = explained(denied, FAIRNESS)
    said = text(explanation, width=500)
    finding = explanation.found and explanation.found.finding
    assert explanation.rule and explanation.asked and explanation.found and finding
    for fact in (
        explanation.rule.checks,
        explanation.rule.matters,
        finding.why,
        finding.fix,
        wording.origin_of(finding),
        "at_least: 0.8",
        "prod: deny, staging: warn",
        "prod: deny, staging: allow",
        "us-eeoc/ugesp-1607.4d",
        "fairness.race.selection_rate.ratio",
        "governance.yaml:5: `data.evaluation.sensitive`",
        "a waiver  would lead to prod: needs review, staging: allow",
        "\n    governance check\n",
    ):
        assert fact in said, fact
    for looked in finding.looked_at:
        assert f"{wording.who(looked)}: {wording.value_of(looked, finding.limit)}" in said
    assert explanation.found.groups == (("Black",), ("White",))
    assert explanation.found.worst == "0.453333333"


def test_what_is_inconclusive_says_what_would_settle_it(needs_review: Verified) -> None:
    explanation = explained(needs_review, FAIRNESS)
    assert explanation.found
    (settles,) = explanation.found.settle
    assert re.fullmatch(r"race: a projection: about [0-9,]+ rows in the smaller group would settle it .*", settles)
    assert f"to settle {settles}" in text(explanation, width=500)


def test_missing_evidence_says_what_to_give_and_where(needs_review: Verified) -> None:
    explanation = explained(needs_review, "baseline#model-card", file=None)
    said = text(explanation)
    assert explanation.found and not explanation.found.place.there
    assert "fix       give the manifest `documents`" in said
    assert "look      `documents` is not in the manifest; nearest to it: line 1 of the manifest that was judged" in said
    assert "evidence  nothing was looked at" in said


def test_a_pass_has_nothing_to_do(needs_review: Verified) -> None:
    assert "WHAT TO DO" not in text(explained(needs_review, "baseline#no-forbidden-column"))


def test_a_waiver_is_told_in_words(approved: Verified) -> None:
    explanation = explained(approved, "baseline#model-card")
    assert explanation.found and [excuse.used for excuse in explanation.found.excuses] == [True]
    said = text(explanation, width=500)
    assert "waiver    in use: waive by local|bo (approver) at 2026-11-21T08:30:00Z: The card is with the" in said
    assert "[baseline#model-card: ticket RISK-12; from 2026-11-20T09:30:00Z until 2026-12-21T09:30:00Z; " in said
    assert explanation.found.if_waived == {}
    assert explained(approved, FAIRNESS).found.excuses == ()  # type: ignore[union-attr]


def test_a_waiver_that_does_not_cover_says_why(
    baseline: LoadedPolicy, make_evidence: Callable[..., EvidenceSet], make_verified: Callable[..., Verified],
    make_act: Callable[..., object],
) -> None:  # fmt: skip
    facts = make_evidence(Outcome.FAIL)
    seen = make_verified(facts, [baseline]).decision
    own = make_act("waive", seen, "I need it.", "baseline#separate-duties", actor="local|ann")
    explanation = explained(make_verified(facts, [baseline], [own]), "baseline#separate-duties")
    assert explanation.found and [excuse.used for excuse in explanation.found.excuses] == [False]
    said = text(explanation, width=500)
    assert (
        "waiver    not in use, it is not by an approver who is somebody other than the submitter: waive by local|ann"
        in said
    )
    assert "note      waiver RISK-12 for baseline#separate-duties is not by an approver who is somebody other" in said


def test_a_key_that_begins_like_another_is_another(
    many: Callable[[int], LoadedPolicy], make_evidence: Callable[..., EvidenceSet],
    make_verified: Callable[..., Verified], make_act: Callable[..., object],
) -> None:  # fmt: skip
    facts, policy = make_evidence(Outcome.FAIL), many(11)
    seen = make_verified(facts, [policy]).decision
    own = make_act("waive", seen, "I need it.", "many#columns-10", actor="local|ann")
    case = make_verified(facts, [policy], [own])
    remarks = {key: explained(case, f"many#columns-{key}").found.remarks for key in (1, 10)}  # type: ignore[union-attr]
    assert remarks[1] == () and len(remarks[10]) == 1


def test_a_condition_is_explained_by_itself(
    broken: LoadedPolicy, make_evidence: Callable[..., EvidenceSet], make_verified: Callable[..., Verified]
) -> None:
    said = text(explained(make_verified(make_evidence(), [broken]), "broken#no-such-table"))
    assert "THE RULE" not in said
    assert "holds     fairness.tables[7].unknown == 0" in said and "over      fairness" in said
    assert "a waiver  cannot excuse what is error" in said


def test_it_is_one_document(denied: Verified) -> None:
    explanation = explained(denied, FAIRNESS)
    assert Explanation.model_validate_json(explanation.to_json(), strict=True) == explanation
    assert json.loads(explanation.to_json())["schema"] == "governance.explanation/v1"


def test_nothing_from_outside_reaches_the_terminal(
    baseline: LoadedPolicy, make_evidence: Callable[..., EvidenceSet], make_verified: Callable[..., Verified]
) -> None:
    facts = make_evidence(name="m\x1b[2J", groups={"A\u202e": (100, 1000), "B\n prod: ALLOW": (500, 1000)})
    said = text(explained(make_verified(facts, [baseline]), FAIRNESS, file="x\x1b.yaml"))
    assert "\x1b" not in said and "\u202e" not in said and "\n prod" not in said


@pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.name)
def test_every_rule_of_the_catalogue_is_explained(rule) -> None:
    said = text(explain_rule(rule), width=4000)
    assert said == rule_lines(explain_rule(rule).rule, 4000) + "\n"  # type: ignore[arg-type]
    for part in (rule.name, rule.summary, rule.part("What it checks:"), *rule.controls):
        assert part in said
    for option in rule.params.model_fields:
        assert f"  {option.rstrip('_')}: " in said


def test_every_rule_of_the_shipped_policies_is_explained(root: Path) -> None:
    for path in sorted(root.glob("policies/*/policy.yaml")):
        policy = load_policy(path.read_bytes(), str(path))
        for selected in policy.rules:
            said = text(explain_asked(policy, selected), width=2000)
            for name, value in selected.section.with_.items():
                assert f"{name}: " in said, (selected.key, name, value)


@pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.name)
def test_every_example_can_be_drawn(rule) -> None:
    """Whatever a rule looks at: an undefined value, a digest for a limit, an open end."""
    from datetime import UTC, datetime

    for example in rule.examples:
        params = rule.params.model_validate(example.params)
        verdict = rule.judge(example.evidence, params, datetime(2026, 11, 21, tzinfo=UTC))
        finding = _finding(verdict.looked_at, verdict.limit)
        if shown := drawable(finding):
            picture = Picture(finding, shown, 40, PLAIN)
            for looked in shown:
                assert PLAIN.value in picture.row(looked)


def _finding(looked: tuple[Looked, ...], limit: Limit | None) -> Finding:
    return Finding(
        outcome=Outcome.FAIL,
        why="",
        looked_at=looked,
        limit=limit,
        key="p#r",
        uses="x@1",
        title="t",
        origin=None,
        controls=(),
        severity=Severity.LOW,
        actions={"prod": Action.DENY},
    )


numbers = st.decimals(min_value=-1000, max_value=1000, places=4).map(lambda value: str(value.normalize() + Decimal(0)))
reals = numbers.filter(wording.is_real)


@given(
    st.lists(st.tuples(st.lists(reals, min_size=3, max_size=3), st.booleans(), st.booleans()), min_size=1, max_size=5),
    reals,
    st.integers(12, 80),
    st.sampled_from([DRAWN, PLAIN]),
)
def test_a_drawing_is_true_to_the_side_of_the_limit(
    rows: list[tuple[list[str], bool, bool]], limit: str, width: int, glyphs: Glyphs
) -> None:
    looked = []
    for three, low, high in rows:
        least, value, most = sorted(three, key=Decimal)
        looked.append(Looked(path="p", value=value, low=least if low else None, high=most if high else None))
    finding = _finding(tuple(looked), Limit(op="at_least", value=limit))
    shown = drawable(finding)
    picture = Picture(finding, shown, width, glyphs)
    for one in shown:
        drawn = picture.row(one)
        assert len(drawn) <= width
        assert one.value is not None
        at, bound = drawn.index(glyphs.value), picture.column(Decimal(limit))
        assert (at < bound, at > bound) == (Decimal(one.value) < Decimal(limit), Decimal(one.value) > Decimal(limit))
        assert drawn[bound] == (glyphs.value if at == bound else glyphs.limit) if bound < len(drawn) else False
        for end, column in ((one.low, glyphs.low), (one.high, glyphs.high)):
            if end is not None and column in drawn:
                where = drawn.index(column)
                assert (where < bound) == (Decimal(end) < Decimal(limit))
                assert (where > bound) == (Decimal(end) > Decimal(limit))
        if one.low is None and one.high is not None:
            assert drawn.startswith((glyphs.less, glyphs.value, glyphs.limit))


if __name__ == "__main__":
    for name, (finding, version) in SHOWN.items():
        (SNAPSHOTS / f"{name}.txt").write_text(told(Path(os.path.abspath(sys.argv[1])), finding, version), "utf-8")
