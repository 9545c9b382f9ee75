"""The law that a policy is about: its days, those of its clauses and rules, and what is refused."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.canonical import instant, parse_instant, sha256
from governance.errors import BadInput
from governance.policy.cases import load_cases
from governance.policy.clauses import Kind, coverage
from governance.policy.difference import difference
from governance.policy.document import LoadedPolicy, load_placed, load_policy
from governance.policy.examination import examine
from governance.policy.inheritance import written
from governance.policy.law import Status
from governance.policy.lint import Subject, remarks
from governance.policy.mutants import mutants
from governance.policy.outcome import Action, Outcome
from governance.policy.period import InForce
from governance.policy.timeliness import as_long, counts, meet
from tests.policy.cases import NOW, TEST_CATALOGUE, evidence, judge, policy, section

TEXT = """\
schema: governance.policy/v1
id: house
version: 1.0.0
law:
  id: house-law
  title: What the house asks of models
  citation: House rules of 2026
  jurisdictions: [international, us-ny-nyc]
  status: in-force
  effective: {from: 2026-01-01T00:00:00Z, until: 2028-01-01T00:00:00Z}
  superseded_by: house-law-2
  clauses:
    - {id: sec-1, asks: The first thing., citation: section 1}
    - id: sec-2
      asks: The second thing.
      citation: section 2
      effective: {from: 2027-01-01T00:00:00Z, until: 2027-07-01T00:00:00Z}
      superseded_by: house-law/sec-3
    - {id: sec-3, asks: The third thing., citation: section 3, effective: {from: 2027-10-01T00:00:00Z, until: 2028-01-01T00:00:00Z}}
    - {id: sec-4, asks: The board is told., citation: section 4, not_covered: a duty of the management}
in_force: {from: 2026-01-01T00:00:00Z, until: 2028-01-01T00:00:00Z}
environments: [staging, prod]
rules:
  - {id: first, uses: test.says@1, with: {outcome: pass}, controls: [house-law/sec-1], enforcement: {default: deny}}
  - {id: second, uses: test.says@1, with: {outcome: fail}, controls: [house-law/sec-2, house-law/sec-3], enforcement: {default: deny, staging: review}}
"""  # noqa: E501


def load(text: str, *parents: tuple[str, bytes]) -> LoadedPolicy:
    return load_policy(text.encode(), "policy.yaml", TEST_CATALOGUE, lambda: parents)


def changed(*changes: tuple[str, str]) -> str:
    text = TEXT
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return text


def on(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(tzinfo=UTC)


SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    "day, applies, said",
    [
        ("2026-11-21", False, "house-law/sec-2, house-law/sec-3 begin on 2027-01-01"),
        ("2027-01-01", True, ""),
        ("2027-06-30", True, ""),
        ("2027-07-01", False, "house-law/sec-2, house-law/sec-3 ended on 2027-07-01 and begin again on 2027-10-01"),
        ("2027-10-01", True, ""),
        ("2027-12-31", True, ""),
    ],
)
def test_a_rule_counts_while_one_of_its_clauses_does_and_is_never_silent(day: str, applies: bool, said: str) -> None:
    decision = judge(evidence(), [load(TEXT)], as_of=on(day))
    assert len(decision.findings) == 2
    (second,) = (one for one in decision.findings if one.key == "house#second")
    assert second.outcome is (Outcome.FAIL if applies else Outcome.NOT_APPLICABLE)
    assert applies or second.why == said
    assert decision.outcomes["prod"] is (Action.DENY if applies else Action.ALLOW)


def test_the_very_second_counts() -> None:
    begins = on("2027-01-01")
    assert judge(evidence(), [load(TEXT)], as_of=begins - SECOND).outcomes["prod"] is Action.ALLOW
    assert judge(evidence(), [load(TEXT)], as_of=begins).outcomes["prod"] is Action.DENY
    ends = on("2027-07-01")
    assert judge(evidence(), [load(TEXT)], as_of=ends - SECOND).outcomes["prod"] is Action.DENY
    assert judge(evidence(), [load(TEXT)], as_of=ends).outcomes["prod"] is Action.ALLOW


def test_what_begins_later_is_announced_and_no_decision_outlives_it() -> None:
    long = load(changed(("environments: [staging", "valid_for: 3000\nenvironments: [staging")))
    decision = judge(evidence(), [long])
    (second,) = (one for one in decision.findings if one.key == "house#second")
    assert sorted((one.from_[:10], one.place, one.action.value) for one in second.announced) == [
        ("2027-01-01", "prod", "deny"),
        ("2027-01-01", "staging", "needs review"),
        ("2027-07-01", "prod", "allow"),
        ("2027-07-01", "staging", "allow"),
        ("2027-10-01", "prod", "deny"),
        ("2027-10-01", "staging", "needs review"),
        ("2028-01-01", "prod", "allow"),
        ("2028-01-01", "staging", "allow"),
    ]
    assert decision.valid_until == "2027-01-01T00:00:00Z"


def test_no_decision_outlives_the_day_of_a_clause_that_will_pass() -> None:
    """Which announces nothing: what is asked stays allowed, and yet another law is judged by."""
    sound = load(
        changed(
            ("outcome: fail", "outcome: pass"), ("environments: [staging", "valid_for: 3000\nenvironments: [staging")
        )
    )
    decision = judge(evidence(), [sound])
    assert all(not one.announced for one in decision.findings)
    assert decision.valid_until == "2027-01-01T00:00:00Z"


def test_to_ask_about_a_day_on_which_other_clauses_count_opens_no_gate() -> None:
    later = on("2027-01-01")
    back = judge(evidence(), [load(TEXT)], now=later, as_of=on("2026-06-01"))
    assert back.outcomes["prod"] is Action.ALLOW and back.valid_until == back.now
    assert any("this opens no gate" in note for note in back.notes)
    same = judge(evidence(), [load(TEXT)], now=later, as_of=on("2027-06-01"))
    assert not any("opens no gate" in note for note in same.notes)


def test_before_and_after_the_law_nothing_is_in_force_and_that_denies() -> None:
    for day in ("2025-12-31", "2028-01-01", "2031-01-01"):
        decision = judge(evidence(), [load(TEXT)], as_of=on(day))
        assert set(decision.outcomes.values()) == {Action.DENY} and decision.findings == ()
        assert [ref.in_force for ref in decision.policies] == [False]


def test_a_rule_with_days_of_its_own_counts_then_whatever_its_clauses_say() -> None:
    own = changed(("outcome: fail}, ", "outcome: fail}, in_force: {from: 2026-11-01T00:00:00Z}, "))
    assert judge(evidence(), [load(own)]).outcomes["prod"] is Action.DENY
    before = judge(evidence(), [load(own)], as_of=on("2026-10-31"))
    assert before.outcomes["prod"] is Action.ALLOW
    (found,) = (one for one in before.findings if one.outcome is Outcome.NOT_APPLICABLE and "2026-11-01" in one.why)
    assert found.why == f"rule {found.key.partition('#')[2]} begins on 2026-11-01"
    bare = policy("{id: a, uses: test.says@1, with: {outcome: fail}, in_force: {from: 2027-01-01T00:00:00Z},"
                  " enforcement: {default: deny}}", section("b"))  # fmt: skip
    (found,) = (one for one in judge(evidence(), [bare]).findings if one.key == "house#a")
    assert (found.outcome, found.why) == (Outcome.NOT_APPLICABLE, "rule a begins on 2027-01-01")


def test_a_rule_of_a_clause_without_days_counts_as_long_as_the_law() -> None:
    both = changed(("[house-law/sec-2, ", "[house-law/sec-1, house-law/sec-2, "))
    assert judge(evidence(), [load(both)]).outcomes["prod"] is Action.DENY


def test_nothing_but_the_days_keeps_a_rule_silent() -> None:
    """The same policy without its law judges as ever."""
    bare = re.sub(r"law:\n(?:  .*\n)+", "", TEXT, count=1)
    for day in ("2026-06-01", "2027-08-01"):
        assert judge(evidence(), [load(bare)], as_of=on(day)).outcomes["prod"] is Action.DENY


class TestRefused:
    @pytest.mark.parametrize(
        "old, new, line, said",
        [
            ("2028-01-01T00:00:00Z}\n  superseded", "2025-01-01T00:00:00Z}\n  superseded", 10, "not after `from`"),
            ("us-ny-nyc", "us-nn", 8, "unknown jurisdiction 'us-nn'"),
            ("[international, us-ny-nyc]", "[]", 8, "at least 1"),
            ("us-ny-nyc", "atlantis", 8, "unknown jurisdiction 'atlantis'"),
            ("us-ny-nyc", "us-NY", 8, "did you mean 'us-ny'"),
            ("status: in-force", "status: inforce", 9, "in-force"),
            ("status: in-force", "status: repealed", 9, "superseded"),
            ("superseded_by: house-law-2", "superseded_by: house-law", 11, "superseded by itself"),
            ("superseded_by: house-law-2", "superseded_by: a law", 11, "us-sr-26-2"),
            (", until: 2028-01-01T00:00:00Z}\n  superseded", "}\n  superseded", 11, "does not say `until` when"),
            ("id: sec-4", "id: sec-1", 20, "used twice"),
            ("{from: 2027-01-01T", "{from: 2025-01-01T", 17, "its law from 2026-01-01 until 2028-01-01"),
            ("id: sec-4", "id: sec 4", 20, "art-10.2.f"),
            ("  effective: {from: 2026-01-01T00:00:00Z, until: 2028-01-01T00:00:00Z}\n", "", 4, "only a draft"),
            ("citation: section 4", "cites: section 4", 20, "unknown key 'cites'"),
        ],
    )
    def test_what_cannot_be_is_refused_at_its_line(self, old: str, new: str, line: int, said: str) -> None:
        with pytest.raises(BadInput) as caught:
            load(changed((old, new)))
        assert said in str(caught.value)
        assert f"policy.yaml:{line}:" in str(caught.value)

    @pytest.mark.parametrize(
        "old, new, lines, said",
        [
            ("in_force: {from: 2026-01-01", "in_force: {from: 2025-01-01", (21, 10), "before its law begins"),
            ("until: 2028-01-01T00:00:00Z}\nenv", "until: 2028-01-02T00:00:00Z}\nenv", (21, 10), "has ended"),
            (", until: 2028-01-01T00:00:00Z}\nenv", "}\nenv", (21, 10), "has ended"),
        ],
    )
    def test_a_policy_outside_of_its_law_is_refused_with_both_lines(
        self, old: str, new: str, lines: tuple[int, int], said: str
    ) -> None:
        with pytest.raises(BadInput) as caught:
            load(changed((old, new)))
        assert said in str(caught.value)
        for line in lines:
            assert f"policy.yaml:{line}:" in str(caught.value)

    def test_a_draft_may_have_no_days_and_a_part_of_the_law_is_in_force_is_enough(self) -> None:
        draft = changed(
            ("status: in-force", "status: draft"),
            ("  effective: {from: 2026-01-01T00:00:00Z, until: 2028-01-01T00:00:00Z}\n", ""),
        )
        law = load(draft).document.law
        assert law is not None and law.status_on(NOW) is Status.DRAFT
        load(changed(("in_force: {from: 2026-01-01", "in_force: {from: 2026-06-01")))


@pytest.mark.parametrize(
    "day, law, second",
    [
        ("2025-12-31", Status.UPCOMING, Status.UPCOMING),
        ("2026-01-01", Status.IN_FORCE, Status.UPCOMING),
        ("2027-01-01", Status.IN_FORCE, Status.IN_FORCE),
        ("2027-07-01", Status.IN_FORCE, Status.SUPERSEDED),
        ("2028-01-01", Status.SUPERSEDED, Status.SUPERSEDED),
    ],
)
def test_where_a_law_stands_follows_from_the_day(day: str, law: Status, second: Status) -> None:
    found = load(TEXT).document.law
    assert found is not None
    assert (found.status_on(on(day)), found.status_on(on(day), found.clauses[1])) == (law, second)
    voluntary = load(changed(("status: in-force", "status: voluntary"))).document.law
    assert voluntary is not None
    assert voluntary.status_on(on(day)) is (Status.VOLUNTARY if law is Status.IN_FORCE else law)


class TestChildren:
    def child(self, *rules: str, more: str = "") -> str:
        head = TEXT[: TEXT.index("law:")].replace("id: house", "id: clinic")
        extends = f"extends: {{policy: house, version: 1.0.0, sha256: {sha256(TEXT.encode())}}}\n"
        rest = TEXT[TEXT.index("in_force:") : TEXT.index("rules:")]
        return f"{head}{extends}{more}{rest}rules: [{', '.join(rules)}]\n"

    def load(self, *rules: str, more: str = "") -> LoadedPolicy:
        return load(self.child(*rules, more=more), ("house.yaml", TEXT.encode()))

    def test_a_child_has_the_law_and_the_days_of_its_parent(self) -> None:
        child = self.load("{id: own, uses: test.says@1, with: {outcome: pass}, enforcement: {default: deny}}")
        assert child.document.law == load(TEXT).document.law
        assert [rule.times for rule in child.rules][1] == load(TEXT).rules[1].times
        assert load_policy(written(child.document), "merged", TEST_CATALOGUE).rules[1].times == child.rules[1].times

    def test_a_rule_of_a_child_may_cover_what_its_parent_does_not(self) -> None:
        extra = "controls: [house-law/sec-4], enforcement: {default: deny}}"
        child = self.load(f"{{id: own, uses: test.says@1, with: {{outcome: pass}}, {extra}")
        assert child.document.law is not None
        found = coverage(child, child.document.law, NOW).clauses[3]
        assert (found.kind, found.why, [one.rule for one in found.rules]) == (Kind.CHECKED, None, ["own"])

    def test_a_child_states_no_law(self) -> None:
        law = TEXT[TEXT.index("law:") : TEXT.index("in_force:")]
        with pytest.raises(BadInput, match="has the law of that one"):
            self.load(more=law)

    @pytest.mark.parametrize("from_, until", [("2027-02-01", "2028-01-01"), ("2026-06-01", "2028-01-01")])
    def test_a_child_changes_no_rules_time(self, from_: str, until: str) -> None:
        with pytest.raises(BadInput, match=r"at another time than in the parent(?s:.)*house\.yaml:25"):
            self.load(f"{{id: second, in_force: {{from: {from_}T00:00:00Z, until: {until}T00:00:00Z}}}}")
        with pytest.raises(BadInput, match="as long as the policy is in force"):
            self.load("{id: first, in_force: {from: 2026-01-01T00:00:00Z}}")

    def test_a_control_with_days_of_its_own_does_not_shorten_a_rule(self) -> None:
        child = self.load("{id: first, controls: [house-law/sec-2]}")
        assert child.rules[0].times == ()
        free = changed(("controls: [house-law/sec-1], ", "controls: [gdpr/art-32], "))
        text = self.child("{id: first, controls: [house-law/sec-2]}")
        text = text.replace(sha256(TEXT.encode()), sha256(free.encode()))
        with pytest.raises(BadInput, match="another time than in the parent"):
            load(text, ("house.yaml", free.encode()))


class TestDifference:
    def kinds(self, new: str) -> list[tuple[str, str | None, str]]:
        one, one_at = load_placed(TEXT.encode(), "old.yaml", TEST_CATALOGUE)
        other, other_at = load_placed(new.encode(), "new.yaml", TEST_CATALOGUE)
        found = difference(one, other, one_at, other_at).changes
        return [(change.kind.value, change.rule, change.part) for change in found]

    def test_longer_is_tighter_and_shorter_is_looser(self) -> None:
        longer = changed(("{from: 2027-01-01T", "{from: 2026-12-01T"))
        assert self.kinds(longer) == [("reworded", None, "law.clauses"), ("tightened", "second", "in_force")]
        shorter = changed(("{from: 2027-01-01T", "{from: 2027-02-01T"))
        assert ("loosened", "second", "in_force") in self.kinds(shorter)
        moved = changed(
            ("{from: 2027-01-01T00:00:00Z, until: 2027-07-01", "{from: 2027-02-01T00:00:00Z, until: 2027-08-01")
        )
        assert ("changed", "second", "in_force") in self.kinds(moved)

    def test_words_about_the_law_are_words(self) -> None:
        said = changed(("What the house asks of models", "What is asked"), ("a duty of the management", "theirs"))
        assert {kind for kind, _, _ in self.kinds(said)} == {"reworded"}
        assert [part for _, _, part in self.kinds(said)] == ["law.title", "law.clauses"]


def test_the_cases_must_notice_that_a_rule_counts_for_a_time_only() -> None:
    found = [(one.at, one.what) for one in mutants(load(TEXT)) if one.at.endswith(".in_force")]
    days = "from 2027-01-01 until 2027-07-01 and from 2027-10-01 until 2028-01-01"
    assert found == [("second.in_force", f"{days} -> always")]
    cases = """\
schema: governance.cases/v1
policy: house
now: 2026-11-21T00:00:00Z
sound: {performance: {counts: {tn: 1, fp: 1, fn: 1, tp: 1}}}
cases:
  - {name: in time, as_of: 2027-02-01T00:00:00Z, expect: {findings: {second: fail}, outcomes: {staging: needs review, prod: deny}}}
"""  # noqa: E501
    examined = examine(load(TEXT), load_cases(cases.encode(), "cases.yaml", load(TEXT)), mutate=True)
    assert not examined.failed and "second.in_force" not in {one.at for one in examined.survivors}


MOMENTS = st.integers(0, 3650 * 86_400).map(lambda seconds: on("2020-01-01") + timedelta(seconds=seconds))


@st.composite
def spans(draw: st.DrawFn) -> InForce:
    begin, end = sorted((draw(MOMENTS), draw(MOMENTS)))
    until = instant(end + SECOND) if draw(st.booleans()) else None
    return InForce.model_validate({"from": instant(begin), "until": until})


@given(st.lists(spans(), max_size=3), st.lists(spans(), max_size=3), MOMENTS)
def test_as_long_means_that_it_counts_whenever_it_did(now: list[InForce], was: list[InForce], moment: datetime) -> None:
    if as_long(tuple(now), tuple(was)) and counts(tuple(was), moment):
        assert counts(tuple(now), moment)


@given(st.lists(spans(), max_size=2), st.lists(spans(), max_size=2), MOMENTS)
def test_what_counts_at_one_moment_meets(one: list[InForce], other: list[InForce], moment: datetime) -> None:
    if counts(tuple(one), moment) and counts(tuple(other), moment):
        assert meet(tuple(one), tuple(other))


def test_what_ends_when_the_other_begins_does_not_meet() -> None:
    one = InForce.model_validate({"from": "2026-01-01T00:00:00Z", "until": "2026-06-01T00:00:00Z"})
    other = InForce.model_validate({"from": "2026-06-01T00:00:00Z"})
    assert not meet((one,), (other,)) and not meet((other,), (one,))
    assert meet((one,), (one,)) and meet((one,), ()) and meet((), (other,))


@given(spans(), spans())
def test_one_time_holds_another_where_it_has_both_its_ends(one: InForce, other: InForce) -> None:
    inside = one.covers(parse_instant(other.from_)) and (
        one.until is None or (other.until is not None and one.covers(parse_instant(other.until) - SECOND))
    )
    assert one.holds(other) is inside


@pytest.mark.parametrize(
    "weak, strong, shadowed",
    [
        ("", "", True),
        ("sec-2", "sec-2", True),
        ("sec-1", "sec-2", False),
        ("sec-2", "sec-1", True),
        ("sec-3", "sec-2", False),
    ],
)
def test_a_rule_decides_while_the_stricter_one_does_not_count(weak: str, strong: str, shadowed: bool) -> None:
    rules = "".join(
        f"  - {{id: {name}, uses: performance.floor@1, with: {{at_least: {limit}}}, enforcement: {{default: deny}},"
        f" controls: [{f'house-law/{clause}' if clause else ''}]}}\n"
        for name, limit, clause in (("weak", "0.5", weak), ("strong", "0.9", strong))
    )
    text = TEXT[: TEXT.index("rules:")] + "rules:\n" + rules
    loaded, positions = load_placed(text.encode(), "policy.yaml")
    found = {one.lint.name for one in remarks(Subject(loaded, positions, None, NOW, frozenset()))}
    assert ("shadowed" in found) is shadowed
