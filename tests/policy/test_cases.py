"""Cases of a policy: how they are written, what a change is, and what is said where they differ."""

import copy
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance import bundled, strictyaml
from governance.canonical import sha256
from governance.errors import BadInput
from governance.evidence.evidence import EvidenceSet
from governance.policy.bench import Bench
from governance.policy.cases import LoadedCases, comparisons, load_cases, situation
from governance.policy.document import LoadedPolicy, load_policy
from governance.policy.examination import examine
from governance.policy.outcome import Action, Outcome
from governance.policy.written import evidence, part

POLICY = """\
schema: governance.policy/v1
id: house
version: 1.0.0
in_force: {from: 2026-01-01T00:00:00Z}
environments: [staging, prod]
rules:
  - {id: floor, uses: performance.floor@1, with: {at_least: 0.8}, enforcement: {default: deny, staging: warn}}
  - {id: rates, uses: fairness.disparity@1, with: {at_least: 0.8}, enforcement: {default: review}}
  - id: enough-rows
    requires: [fairness]
    expr: fairness.rows >= 2000  // not 5000
    enforcement: {default: review, staging: warn}
"""
CASES = """\
schema: governance.cases/v1
policy: house
now: 2026-11-21T00:00:00Z
sound:
  performance: {counts: {tp: 4500, tn: 4500, fp: 500, fn: 500}}
  fairness:
    sex:
      f: {tp: 400, fn: 100, fp: 100, tn: 400}
      m: {tp: 400, fn: 100, fp: 100, tn: 400}
cases:
  - name: wrong too often
    change: {performance: {counts: {tp: 3000, fn: 2000}}}
    expect: {findings: {floor: fail}, outcomes: {prod: deny}}
  - name: perhaps right often enough
    change: {performance: {counts: {tp: 4000, tn: 4000, fp: 1000, fn: 1000}}}
    expect: {findings: {floor: inconclusive}, outcomes: {prod: needs review}}
"""


def house(policy: str = POLICY, cases: str = CASES) -> tuple[LoadedPolicy, LoadedCases]:
    loaded = load_policy(policy.encode(), "policy.yaml")
    return loaded, load_cases(cases.encode(), "cases.yaml", loaded)


def refused(cases: str) -> str:
    with pytest.raises(BadInput) as caught:
        house(cases=cases)
    return str(caught.value)


def sound(text: str) -> EvidenceSet:
    source = strictyaml.parse(text.encode(), "sound.yaml")
    return evidence(source, part(source, ()), ())


class TestRunning:
    def test_a_case_that_holds_has_no_difference(self) -> None:
        policy, cases = house()
        ran = Bench(cases, policy).run()
        assert [(one.name, one.differences) for one in ran] == [
            ("sound", ()), ("wrong too often", ()), ("perhaps right often enough", ()),
        ]  # fmt: skip

    def test_a_difference_says_what_was_expected_and_what_the_finding_says(self) -> None:
        policy, cases = house(cases=CASES.replace("{floor: fail}, outcomes: {prod: deny}", "{floor: pass}"))
        found, prod = Bench(cases, policy).ran(0).differences
        assert (found.of, found.expected, found.got) == ("floor", Outcome.PASS, Outcome.FAIL)
        assert found.why.startswith("accuracy is 0.75 ")
        assert (prod.of, prod.expected, prod.got) == ("prod", Action.ALLOW, Action.DENY)
        assert prod.why == "asked for by floor"

    def test_what_a_case_does_not_name_is_as_in_the_sound_case(self) -> None:
        """The change has a side effect on another rule, and it is seen."""
        change = "{performance: {counts: {tp: 3000, fn: 2000}}, fairness: null}"
        policy, cases = house(cases=CASES.replace("{performance: {counts: {tp: 3000, fn: 2000}}}", change))
        differences = Bench(cases, policy).ran(0).differences
        assert {(one.of, one.got) for one in differences} == {
            ("rates", Outcome.INCONCLUSIVE),
            ("enough-rows", Outcome.INCONCLUSIVE),
            ("staging", Action.NEEDS_REVIEW),
        }

    def test_the_sound_case_must_allow_everywhere(self) -> None:
        policy, cases = house(cases=CASES.replace("fp: 500, fn: 500", "fp: 3000, fn: 3000"))
        differences = Bench(cases, policy).ran(None).differences
        assert [(one.of, one.got) for one in differences] == [("prod", Action.DENY)]

    def test_a_day_on_which_the_policy_was_not_in_force(self) -> None:
        case = (
            "  - name: long ago\n    as_of: 2025-12-31T00:00:00Z\n    expect: {outcomes: {staging: deny, prod: deny}}\n"
        )
        policy, cases = house(cases=CASES + case)
        assert Bench(cases, policy).ran(2).differences == ()
        policy, cases = house(cases=CASES + case.replace("{outcomes: {staging: deny, prod: deny}}", "{}"))
        assert {one.of for one in Bench(cases, policy).ran(2).differences} == {"staging", "prod"}

    def test_every_shipped_case_differs_from_the_sound_one_or_says_that_it_does_not(self) -> None:
        for name in bundled.policy_names():
            policy = load_policy(bundled.policy(name)[1], name)
            data = bundled.cases(name)[1]
            assert data is not None
            cases = load_cases(data, name, policy)
            base = situation(cases, None, ())
            for index, case in enumerate(cases.document.cases):
                assert not case.change or situation(cases, index, ()) != base, case.name


class TestCoverage:
    def test_what_no_case_shows_is_named(self) -> None:
        policy, cases = house()
        examined = examine(policy, cases, mutate=False)
        assert [(gap.rule, gap.why) for gap in examined.gaps] == [
            ("rates", "no case shows it as fail or inconclusive"),
            ("enough-rows", "no case shows it as fail or inconclusive"),
        ]
        assert examined.table["floor"][Outcome.FAIL] == ["wrong too often"]
        assert not examined.holds

    def test_an_excuse_is_for_what_is_not_shown(self) -> None:
        excuses = "uncovered: {rates: judged elsewhere, enough-rows: the same, floor: no reason}\n"
        policy, cases = house(cases=CASES + excuses)
        assert [(gap.rule, gap.why) for gap in examine(policy, cases, mutate=False).gaps] == [
            ("floor", "is excused under `uncovered`, and is covered")
        ]


class TestLoading:
    @pytest.mark.parametrize(
        "old, new, said",
        [
            ("policy: house", "policy: hous", "cases.yaml:2:9: these are cases of hous"),
            ("{floor: fail}", "{flor: fail}", "cases.yaml:13:25: the policy has no rule 'flor'"),
            ("{floor: fail}", "{floor: failed}", "cases.yaml:13:32: "),
            ("{prod: deny}}", "{pord: deny}}", "did you mean 'prod'?"),
            (
                "tp: 400, fn: 100, fp: 100, tn: 400}\n      m",
                "tp: 400, fm: 100}\n      m",
                "cases.yaml:8:20: unknown key 'fm'",
            ),
            ("{tp: 3000, fn: 2000}", "{tp: 3000, fn: many}", "cases.yaml:12:51: "),
            ("fairness:", "fairnes:", "cases.yaml:6:3: unknown key 'fairnes'"),
            ("{performance: {counts: {tp: 3000, fn: 2000}}}", "{fairnes: null}", "did you mean 'fairness'?"),
            ("{performance: {counts: {tp: 3000, fn: 2000}}}", "{}", "changes nothing"),
            ("perhaps right often enough", "wrong too often", "two cases called 'wrong too often'"),
            ("perhaps right often enough", "sound", "two cases called 'sound'"),
            ("cases:\n", "uncovered: {floor.at_most: x}\ncases:\n", "rule or parameter of a rule 'floor.at_most'"),
            ("sound:\n", "sound:\n  origins: {fairnes: declared}\n", "cases.yaml:5:13: unknown key 'fairnes'"),
            ("sound:\n", "sound:\n  origins: {fairness: rumour}\n", "cases.yaml:5:"),
            ("sound:\n", "sound:\n  predictions: guessed\n", "cases.yaml:5:"),
        ],
    )
    def test_a_slip_of_the_pen_is_refused_where_it_stands(self, old: str, new: str, said: str) -> None:
        assert old in CASES
        assert said in refused(CASES.replace(old, new, 1))

    def test_no_case_at_all_is_refused(self) -> None:
        assert "cases" in refused(CASES[: CASES.index("cases:")] + "cases: []\n")

    def test_a_wrong_type_shows_the_line(self) -> None:
        assert "| " in refused(CASES.replace("m: {tp: 400", "m: {tp: -1"))


class TestNotation:
    """Short and long ways to write the same evidence."""

    def test_a_word_stands_for_its_digest_and_a_digest_for_itself(self) -> None:
        found = sound("inputs: {a: {sha256: rows, recorded: " + "b" * 64 + "}}").inputs[0]
        assert (found.role, found.sha256, found.recorded) == ("a", sha256(b"rows"), "b" * 64)

    def test_what_is_left_out_is_null_or_empty(self) -> None:
        source = sound("lineage: {sources: {bank: {}}}").facts.lineage
        assert source is not None
        assert (source.sources[0].owner, source.sources[0].forbidden, source.features) == (None, (), ())

    def test_null_is_null(self) -> None:
        facts = sound("lineage: {sources: {bank: {owner: null, licence: 'null'}}}").facts.lineage
        assert facts is not None
        assert (facts.sources[0].owner, facts.sources[0].licence) == (None, None)

    def test_ancestors_by_name(self) -> None:
        texts = ("income: bank.pay", "income: [bank.pay]", "income: {ancestors: {bank.pay: direct}}")
        found = [sound(f"lineage: {{features: {{{text}}}}}").facts.lineage for text in texts]
        assert found[0] is not None
        assert found[0] == found[1] == found[2]
        ancestor = found[0].features[0].ancestors[0]
        assert (ancestor.dataset, ancestor.column, ancestor.influence) == ("bank", "pay", "direct")

    def test_shares_are_in_order_with_their_errors(self) -> None:
        shares = "{a: 0.2 +- 0.01, b: 0.8 +- 0.02}"
        text = f"explainability: {{explainer: linear, unit: raw, rows: 9, additivity_error: 0, global: {shares}}}"
        facts = sound(text).facts.explainability
        assert facts is not None
        top = facts.importance
        assert (top.top_feature, top.top_share) == ("b", "0.8")
        assert [(one.feature, one.share, one.share_se) for one in top.features] == [
            ("b", "0.8", "0.02"),
            ("a", "0.2", "0.01"),
        ]

    def test_one_end_for_every_alpha(self) -> None:
        text = "{roc_auc: {value: 0.8, low: 0.7, high: {'0.05': 0.9}, rows: 9}}"
        facts = sound(f"performance: {{counts: {{tp: 1, fn: 0, fp: 0, tn: 0}}, metrics: {text}}}").facts.performance
        assert facts is not None
        assert facts.metrics[0].low == {"0.1": "0.7", "0.05": "0.7", "0.01": "0.7"}
        assert facts.metrics[0].high == {"0.05": "0.9"}

    def test_unknown_groups_are_counted_as_unknown(self) -> None:
        text = "fairness: {sex*age: {f*old: {tp: 1, fn: 2, fp: 3, tn: 4}, f*unknown: {tp: 1, fn: 0, fp: 0, tn: 0}}}"
        facts = sound(text).facts.fairness
        assert facts is not None
        assert facts.tables[0].attributes == ("sex", "age")
        assert [cell.group for cell in facts.tables[0].cells] == [("f", "old"), ("f", None)]
        assert (facts.tables[0].unknown, facts.rows) == (1, 11)

    def test_critical_values_are_those_that_the_policy_asks_for(self) -> None:
        policy, cases = house()
        facts = situation(cases, None, comparisons(policy)).facts.fairness
        assert facts is not None
        (critical,) = facts.tables[0].critical
        assert (critical.metric, critical.measure, critical.min_rows, critical.groups) == (
            "selection_rate",
            "ratio",
            30,
            2,
        )
        # One pair: Bonferroni is the normal's own two-sided quantile.
        assert critical.values == {"0.1": "1.64485363", "0.05": "1.95996398", "0.01": "2.5758293"}

    def test_what_was_declared_is_declared(self) -> None:
        found = sound("origins: {fairness: declared, inputs: declared}\nfairness: {}\naccess: {}\npurpose: {}\n")
        assert found.origin_of("fairness").kind == "declared"
        assert found.origin.kind == "declared"
        assert sound("access: {}").origin_of("access").kind == "declared"
        assert sound("fairness: {}").origin_of("fairness").kind == "measured"
        assert sound("predictions: supplied\nfairness: {}").origin_of("fairness").predictions == "supplied"

    def test_whatever_is_written_is_evidence_or_refused(self) -> None:
        """No text leads to a crash."""
        shown, data = bundled.cases("credit-high-risk")
        assert data is not None
        source = strictyaml.parse(data, shown)
        whole = part(source, ("sound",))
        paths = list(_paths(whole.tree))
        junk = st.sampled_from(
            ["null", "", "x", "-1", "1e999", [], ["x"], [["x"]], {}, {"x": "y"}, {"x": {}}, [{"x": []}]]
        )

        @settings(max_examples=150, deadline=None)
        @given(st.lists(st.tuples(st.sampled_from(paths), junk), min_size=1, max_size=3))
        def run(changes: list[tuple[tuple[Any, ...], Any]]) -> None:
            tree = copy.deepcopy(whole.tree)
            for path, value in changes:
                _put(tree, path, value)
            with suppress(BadInput):
                assert isinstance(evidence(source, whole._replace(tree=tree), ()), EvidenceSet)

        run()


def _paths(tree: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ():
        yield (*at, key)
        yield from _paths(value, (*at, key))


def _put(tree: Any, path: tuple[Any, ...], value: Any) -> None:
    for step in path[:-1]:
        try:
            tree = tree[step]
        except (KeyError, IndexError, TypeError):
            return
    if isinstance(tree, dict) or (isinstance(tree, list) and path[-1] in range(len(tree))):
        tree[path[-1]] = copy.deepcopy(value)
