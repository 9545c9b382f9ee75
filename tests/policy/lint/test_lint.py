"""Lints: wrong policies, each with the lints and the places that must be named; and what is right, left alone."""

import json
import re
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance import bundled
from governance.canonical import sha256
from governance.operations.lint import known_laws, lint_policies
from governance.policy.document import load_placed
from governance.policy.expression import compile_condition
from governance.policy.lint import ALL, Lint, Remark, Shown, Subject, remarks
from governance.policy.lint.domain import Domain, Read, read, tried
from governance.policy.outcome import Outcome

HERE = Path(__file__).parent
TODAY = datetime(2026, 11, 21, tzinfo=UTC)
LAWS = known_laws()
CASES = {"no-cases", "no-failing-case"}
"""Lints that look at cases; they have tests of their own."""
WRONG = sorted(HERE.glob("*.yaml"))
SOUND = {
    "schema": "schema: governance.policy/v1",
    "id": "id: house",
    "version": "version: 1.0.0",
    "owner": "owner: risk",
    "in_force": "in_force: {from: 2026-01-01T00:00:00Z}",
    "environments": "environments: [staging, prod]",
    "rules": "rules:\n  - {id: as-it-was-approved, uses: artifact.digest@1, enforcement: {default: deny}}",
}
FAILS: dict[Outcome, list[str]] = {Outcome.PASS: ["sound"], Outcome.FAIL: ["swapped"], Outcome.INCONCLUSIVE: []}


def found(text: str, shown: Shown | None = None, as_of: datetime = TODAY) -> list[Remark]:
    policy, positions = load_placed(text.encode(), "policy.yaml")
    return remarks(Subject(policy, positions, shown, as_of, LAWS))


def names(text: str, shown: Shown | None = None) -> set[str]:
    return {remark.lint.name for remark in found(text, shown)} - (CASES if shown is None else set())


def with_parts(fragment: str, sound: dict[str, str] = SOUND) -> str:
    """A sound policy in which whole keys are replaced."""
    parts = re.split(r"^(?=\w)", fragment, flags=re.MULTILINE)[1:]
    return "\n".join({**sound, **{part.partition(":")[0]: part.rstrip() for part in parts}}.values()) + "\n"


def rules(*sections: str) -> str:
    return with_parts(
        "rules:\n" + "".join(f"  - {{{section}, enforcement: {{default: deny}}}}\n" for section in sections)
    )


@pytest.mark.parametrize("file", WRONG, ids=lambda file: file.stem)
def test_a_wrong_policy_is_caught_where_it_is_wrong(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    expected = re.findall(r"^# expect: (\S+) (\d+):(\d+)$", text, re.MULTILINE)
    said = [remark for remark in found(text) if remark.lint.name not in CASES]
    assert [(one.lint.name, str(one.line), str(one.column)) for one in said] == expected != []
    for one in said:
        line = text.splitlines()[one.line - 1]
        assert one.caret == f"\n  | {line}\n  | {' ' * (one.column - 1)}^"
        assert one.what and one.fix and one.lint.why
        assert not one.fix.endswith(".")


def test_every_lint_catches_something() -> None:
    assert len(WRONG) >= 20
    caught = {name for file in WRONG for name in re.findall(r"^# expect: (\S+)", file.read_text(), re.MULTILINE)}
    assert caught == {one.name for one in ALL} - CASES
    assert len({one.name for one in ALL}) == len(ALL)


@pytest.mark.parametrize("one", [one for one in ALL if one.name not in CASES], ids=lambda one: one.name)
def test_examples_of_a_lint_are_its_tests(one: Lint) -> None:
    alone = {key: line for key, line in SOUND.items() if key != "owner"}
    assert one.name in names(with_parts(one.bad, alone))
    assert one.name not in names(with_parts(one.good, alone))
    assert one.summary.endswith(".") and one.why.endswith(".")


def test_nothing_is_said_of_a_sound_policy() -> None:
    assert found(with_parts(""), Shown({"as-it-was-approved": FAILS}, {})) == []


def test_what_is_shipped_is_clean() -> None:
    linted = lint_policies([], as_of=TODAY)
    assert [one.policy.document.id for one in linted] == bundled.policy_names()
    assert [remark for one in linted for remark in one.remarks] == []


def test_cases_are_there_and_show_each_rule_to_fail() -> None:
    text, never = with_parts(""), FAILS | {Outcome.FAIL: []}
    assert {remark.lint.name for remark in found(text)} == {"no-cases"}
    assert names(text, Shown({"as-it-was-approved": never}, {})) == {"no-failing-case"}
    assert names(text, Shown({"as-it-was-approved": never}, {"as-it-was-approved": "no such bytes"})) == set()


def test_the_day_comes_from_outside() -> None:
    text = (HERE / "expired.yaml").read_text()
    assert "expired" in {one.lint.name for one in found(text)}
    assert "expired" not in {one.lint.name for one in found(text, as_of=datetime(2024, 12, 31, tzinfo=UTC))}
    assert "expired" in {one.lint.name for one in found(text, as_of=datetime(2025, 1, 1, tzinfo=UTC))}


def test_of_a_merged_policy_the_file_that_says_it_is_named() -> None:
    parent = (HERE / "waivable-critical.yaml").read_bytes()
    child = f"""\
schema: governance.policy/v1
id: clinic
version: 1.0.0
extends: {{policy: house, version: 1.0.0, sha256: {sha256(parent)}}}
in_force: {{from: 2026-01-01T00:00:00Z}}
environments: [staging, prod]
rules:
  - id: enough-rows
    requires: [fairness.rows]
    expr: fairness.rows >= 0
    enforcement: {{default: review}}
    why: Fewer say nothing.
"""
    policy, positions = load_placed(child.encode(), "child.yaml", parents=lambda: [("parent.yaml", parent)])
    said = remarks(
        Subject(policy, positions, Shown({"enough-rows": FAILS, "as-it-was-approved": FAILS}, {}), TODAY, LAWS)
    )
    assert [(one.file, one.lint.name) for one in said] == [
        ("child.yaml", "always-true"),
        ("parent.yaml", "waivable-critical"),
    ]


LIMIT = st.decimals("0.01", "0.99", places=2)
ROWS = st.integers(0, 50)
WORDS = {"why": "x", "fix": "x"}


@settings(max_examples=30, deadline=None)
@given(LIMIT, LIMIT)
def test_two_sides_contradict_where_no_number_is_between(least: Decimal, most: Decimal) -> None:
    one = "uses: performance.slice_floor@1, with: {metric: selection_rate, %s}"
    text = rules(f"id: a, {one % f'at_least: {least}'}", f"id: b, {one % f'at_most: {most}'}")
    assert ("contradictory" in names(text)) is (least > most)


@settings(max_examples=30, deadline=None)
@given(ROWS, ROWS)
def test_conditions_contradict_where_no_count_satisfies_both(least: int, below: int) -> None:
    one = "requires: [fairness.rows], why: x, fix: x"
    text = rules(f"id: a, {one}, expr: fairness.rows >= {least}", f"id: b, {one}, expr: fairness.rows < {below}")
    both = {"contradictory"} if least >= below > 0 else set()
    alone = ({"always-true"} if least == 0 else set()) | ({"always-false"} if below == 0 else set())
    assert names(text) == both | alone
    whole = rules(f"id: a, {one}, expr: fairness.rows >= {least} && fairness.rows < {below}")
    assert ("always-false" in names(whole)) is (least >= below)


@settings(max_examples=30, deadline=None)
@given(LIMIT, LIMIT, st.sampled_from(["deny", "review", "warn"]), st.sampled_from(["deny", "review", "warn"]))
def test_a_rule_is_shadowed_by_a_stricter_and_not_milder_one(
    one: Decimal, other: Decimal, hard: str, mild: str
) -> None:
    floor = "uses: performance.floor@1, with: {metric: accuracy, at_least: %s}, enforcement: {default: %s}"
    sections = f"  - {{id: a, {floor % (one, hard)}}}\n  - {{id: b, {floor % (other, mild)}}}\n"
    words = ["warn", "review", "deny"]
    shadows = [
        strong > weak and words.index(how) >= words.index(other_how)
        for strong, weak, how, other_how in ((one, other, hard, mild), (other, one, mild, hard))
    ]
    said = names(with_parts(f"rules:\n{sections}"))
    assert ("shadowed" in said) is any(shadows)
    assert ("duplicate" in said) is (one == other)


@pytest.mark.parametrize(
    "text",
    [
        'lineage.sources.all(s, s.licence != "")',
        "size(artifact.path) >= 0",
        'artifact.path.startsWith("")',
        "fairness.tables[0].unknown >= 0",
        'now != ""',
        "has(artifact.scan)",
        'artifact.path != "\\u0061"',
        "artifact.size >= 0 && artifact.sha256 == artifact.recorded && artifact.path != purpose.objective"
        " && fairness.rows + fairness.unmatched + reproducibility.pinned + reproducibility.hashed > 0",
    ],
)
def test_of_what_cannot_be_tried_nothing_is_said(text: str) -> None:
    groups = ("lineage", "artifact", "fairness", "purpose", "reproducibility")
    assert Domain.of(compile_condition(text, groups, "here")) is None


def test_what_may_be_null_is_tried_as_null() -> None:
    condition = compile_condition("purpose.objective != null", ("purpose",), "here")
    domain = Domain.of(condition)
    assert domain is not None and set(tried(condition, domain)) == {True, False}


@pytest.mark.parametrize(
    "text",
    [
        "fairness.rows > 99 && fairness.rows < 101",
        "fairness.rows >= 10 && fairness.rows <= 20 && !(fairness.rows in [10, 20])",
        "explainability.additivity_error > 0.1 && explainability.additivity_error < 0.2",
        'explainability.unit == "raw" || artifact.format == "on" + "nx"',
        "[fairness.rows][0] > 7",
    ],
)
def test_a_condition_that_some_value_decides_is_left_alone(text: str) -> None:
    one = "requires: [fairness, explainability, artifact], why: x, fix: x"
    assert names(rules(f"id: a, {one}, expr: {json.dumps(text)}")) == set()


def test_comments_and_texts_are_not_read() -> None:
    found = read('a.b == "c.d && 7" // e.f 8\n && g.h > 9')
    assert found == Read(("a.b", "g.h"), (Decimal(9),), ("c.d && 7",))


def test_a_place_that_some_model_reaches_is_reached() -> None:
    for applies in (
        'has(model.purpose) && model.purpose == "credit" && environment == "staging" || environment == "prod"',
        'model.risk_tier == "low" || environment == "prod"',
        'model.name.startsWith("x") || environment == "prod"',
        '"audited" in model.tags || environment == "prod"',
        "!has(model.owner) || environment == 'prod'",
    ):
        assert names(with_parts(f"applies: |-\n  {applies}")) == set(), applies
    said = found(with_parts('applies: has(model.owner) && model.owner == "a" && environment == "prod"'))
    assert "for each of the 4 models that were tried" in said[0].what + said[1].what


@pytest.mark.parametrize(
    ("strong", "weak", "shadowed"),
    [
        ("", "", True),
        (", accept: {kind: [declared]}", "", False),
        (", waivable_to: allow", "", False),
        ("", ", waivable_to: allow", True),
        (", severity: low", ", severity: critical", True),
    ],
)
def test_a_rule_that_takes_other_evidence_or_is_waived_harder_is_not_shadowed(
    strong: str, weak: str, shadowed: bool
) -> None:
    one = "uses: performance.floor@1, with: {metric: accuracy, at_least: %s}"
    assert ("shadowed" in names(rules(f"id: a, {one % 0.8}{strong}", f"id: b, {one % 0.6}{weak}"))) is shadowed
    assert ("duplicate" in names(rules(f"id: a, {one % 0.8}{strong}", f"id: b, {one % 0.8}"))) is (
        "accept" not in strong
    )


@pytest.mark.parametrize(
    ("applies", "places", "how"),
    [
        ('model.name.startsWith("x") && environment == "prod"', ["staging"], "whatever a manifest says"),
        ('"x" in model.tags && environment == "prod"', ["staging"], "whatever a manifest says"),
        ('!(model.risk_tier in ["low", "medium", "high"])', ["staging", "prod"], "for each of the 3 models"),
        ('"owner" in model && environment == "prod"', [], ""),
        ("has(model.owner) && model.name.startsWith('x') && environment == 'prod'", [], ""),
    ],
)
def test_how_far_a_place_is_out_of_reach_is_said(applies: str, places: list[str], how: str) -> None:
    said = [one for one in found(with_parts(f"applies: |-\n  {applies}")) if one.lint.name not in CASES]
    assert [one.what.split()[4].rstrip(",") for one in said] == places
    assert all(how in one.what for one in said)


@pytest.mark.parametrize(
    "how",
    ["{warn: now, deny: 2028-01-01T00:00:00Z}", "{deny: now, warn: 2025-01-01T00:00:00Z}"],
    ids=["after", "before"],
)
def test_a_word_that_never_counts_does_not_bite(how: str) -> None:
    rule = f"rules:\n  - {{id: a, uses: artifact.digest@1, enforcement: {{default: {how}}}}}\n"
    time = "in_force: {from: 2026-01-01T00:00:00Z, until: 2027-06-01T00:00:00Z}\n"
    assert names(with_parts(time + rule)) == {"announced-never", "nothing-bites"}


@pytest.mark.parametrize(
    "sections",
    [
        # Of two alphas neither is the usual one.
        ("id: a, uses: performance.floor@1, with: {metric: tpr, at_least: 0.8, alpha: 0.1}",
         "id: b, uses: performance.floor@1, with: {metric: tnr, at_least: 0.8}"),
        # Its target is only ever declared, so it cannot ask for measured facts alone.
        ("id: a, uses: purpose.kpi_measured@1, accept: {kind: [measured, declared]}",),
    ],
)  # fmt: skip
def test_what_cannot_be_otherwise_is_left_alone(sections: tuple[str, ...]) -> None:
    assert names(rules(*sections)) == set()
