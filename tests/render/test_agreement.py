"""Every format tells the same case: the same findings in the same state, what follows in each environment, the waivers.

Each format is read back here by a reader of its own, from what it shows, and held against the decision.
"""

import html
import json
import re
from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple
from xml.etree import ElementTree

import pytest
from markdown_it import MarkdownIt

from governance.evidence.evidence import Absent
from governance.policy.document import LoadedPolicy
from governance.policy.outcome import Action, Outcome
from governance.render import wording
from governance.render.github import decision_github
from governance.render.json import decision_json
from governance.render.junit import decision_junit
from governance.render.markdown import decision_markdown
from governance.render.pipeline import CheckPage
from governance.render.sarif import decision_sarif
from governance.render.text import decision_text
from governance.render.visible import visible
from governance.render.wording import ACTION_WORDS, SETTLED, State
from governance.verification import Verified
from tests.render.conftest import UNFAIR
from tests.render.pages import HOSTILE, SEALED, page
from tests.render.test_known import written

CASES = (
    "denied", "needs_review", "approved", "clean", "absent", "erred", "broken_condition", "rejected", "hostile",
    "known", "no_policy",
)  # fmt: skip
WORDS = {words: action for action, words in ACTION_WORDS.items()}
VERBS = {"denies in": Action.DENY, "needs review in": Action.NEEDS_REVIEW, "shown in": Action.ALLOW}


class Told(NamedTuple):
    """What a format tells: outcome by environment; state by title; action by environment by title, of what is open. A
    format that merely counts what is settled names it None."""

    outcomes: dict[str, Action]
    states: dict[str, State | None]
    actions: dict[str, dict[str, Action]]


@pytest.fixture
def case(
    request: pytest.FixtureRequest,
    baseline: LoadedPolicy,
    make_evidence: Callable,
    make_verified: Callable,
    make_act: Any,
) -> Verified:
    """A case by its name: a fixture's, or one of those made here."""
    name = request.param
    absent = (Absent(facts="fairness", kind="missing", why="no sensitive column"),)
    failed = (Absent(facts="explainability", kind="failed", why="the child was stopped"),)
    if name in ("denied", "needs_review", "approved"):
        made: Verified = request.getfixturevalue(name)
    elif name == "clean":
        made = make_verified(make_evidence(), [request.getfixturevalue("many")(3)])
    elif name == "absent":
        made = make_verified(make_evidence(fairness=None, absent=absent), [baseline])
    elif name == "erred":
        made = make_verified(make_evidence(explainability=None, absent=failed), [baseline])
    elif name == "broken_condition":
        made = make_verified(make_evidence(), [request.getfixturevalue("broken"), baseline])
    elif name == "rejected":
        seen = request.getfixturevalue("needs_review")
        made = make_verified(seen.evidence, [baseline], [make_act("reject", seen.decision, "not with this data")])
    elif name == "hostile":
        facts = make_evidence(Outcome.FAIL, {HOSTILE: (100, 1000), "B": (500, 1000)}, name=HOSTILE)
        seen = make_verified(facts, [baseline])
        made = make_verified(facts, [baseline], [make_act("waive", seen.decision, HOSTILE, "baseline#model-card")])
    elif name == "known":
        facts = make_evidence(Outcome.FAIL, UNFAIR)
        made = make_verified(facts, [baseline], (), written(make_verified(facts, [baseline])))
    else:
        made = make_verified(make_evidence(), [])
    return made


@pytest.fixture
def shown(case: Verified) -> CheckPage:
    return page(case)


def _truth(case: Verified) -> Told:
    """What there is to tell."""
    decision = case.decision
    states = {finding.title: wording.state_of(finding) for finding in decision.findings}
    if len(states) != len(decision.findings):
        # Rules of one title are told apart by JUnit only; here they are all settled.
        assert set(states.values()) <= SETTLED
    actions = {
        finding.title: dict(finding.actions)
        for finding in decision.findings
        if wording.state_of(finding) not in SETTLED
    }
    return Told(dict(decision.outcomes), dict(states), actions)


def _pairs(text: str) -> dict[str, Action]:
    """ "prod: deny, staging: allow" """
    return {name: Action(action) for name, action in (part.split(": ") for part in text.split(", "))}


def _json(shown: CheckPage) -> Told:
    decision = json.loads(decision_json(shown.decision, shown.evidence, SEALED, 11))["decision"]
    states, actions = {}, {}
    for finding in decision["findings"]:
        plain = {"fail": "failed", "pass": "passed", "not_applicable": "not applicable"}
        state = State(plain.get(finding["outcome"], finding["outcome"].replace("_", " ")))
        state = State.KNOWN if finding["known"] else state
        states[finding["title"]] = State.WAIVED if finding["waiver"] else state
        if states[finding["title"]] not in SETTLED:
            actions[finding["title"]] = {name: Action(action) for name, action in finding["actions"].items()}
    return Told({name: Action(action) for name, action in decision["outcomes"].items()}, states, actions)


def _text(shown: CheckPage) -> Told:
    text = decision_text(
        shown.decision, shown.evidence, environment=None, colour=False, width=100_000, sealed=SEALED, acts=shown.acts
    )
    lines = text.splitlines()
    first = lines[0].removeprefix(visible(f"{shown.decision.subject.name} {shown.decision.subject.version}"))
    outcomes = {name: WORDS[words] for name, words in re.findall(r"  (\S+): (DENY|NEEDS REVIEW|ALLOW)", first)}
    sections = {state.value.upper(): state for state in State}
    states, actions, state, title = {}, {}, None, ""
    for line in lines[1:]:
        if not line.startswith((" ", "-")):
            state = sections.get(line)
        elif state and (item := re.match(r"- (.*)", line)):
            title = item[1].partition(": ")[0] if state in SETTLED else item[1].rpartition(" (")[0]
            states[title] = state
        elif state and (rule := re.match(r" +rule +\S+ \(\S+\); (.*)", line)):
            actions[title] = _pairs(rule[1])
    return Told(outcomes, states, actions)


def _cells(markdown: str) -> list[list[str]]:
    """Each row of each table as the source of its cells."""
    rows: list[list[str]] = []
    inside = False
    for token in MarkdownIt("commonmark", {"html": True}).enable("table").parse(markdown):
        if token.type == "tr_open":
            rows.append([])
        inside = token.type in ("td_open", "th_open") or (inside and token.type == "inline")
        if inside and token.type == "inline":
            rows[-1].append(html.unescape(token.content))
    return rows


def _markdown(shown: CheckPage) -> Told:
    outcomes, states, actions = {}, {}, {}
    signed = {state.value: state for state in State}
    for row in _cells(decision_markdown(shown)):
        _sign, _, words = row[0].partition("\xa0")
        state = signed.get(words.replace("\xa0", " "))
        if len(row) == 3 and (verdict := WORDS.get(row[1].partition("\xa0")[2].replace("\xa0", " "))):
            outcomes[row[0]] = verdict
        elif state in SETTLED:
            states[row[1]] = state
        elif state and (open_ := re.match(r"\*\*(.*?)\*\*<br>.*<sub>(.*)</sub>$", row[1])):
            states[open_[1]] = state
            parts = [part.partition(" in ") for part in open_[2].split("; ")]
            actions[open_[1]] = {
                name: VERBS[f"{verb} in"] for verb, there, names in parts if there for name in names.split(", ")
            }
    return Told(outcomes, states, actions)


def _sarif(shown: CheckPage) -> Told:
    (run,) = json.loads(decision_sarif(shown))["runs"]
    rules = {rule["id"]: rule["shortDescription"]["text"].removesuffix(".") for rule in run["tool"]["driver"]["rules"]}
    states: dict[str, State | None] = dict.fromkeys(rules.values())
    actions, plain = {}, {"fail": State.FAILED, "error": State.ERROR, "inconclusive": State.INCONCLUSIVE}
    for result in run["results"]:
        title = rules[result["ruleId"]]
        said = [one["justification"] for one in result["suppressions"]]
        states[title] = plain[result["properties"]["outcome"]]
        if said:
            states[title] = State.KNOWN if said[0].startswith("known since") else State.WAIVED
        actions[title] = {name: Action(action) for name, action in result["properties"]["actions"].items()}
        assert result["message"]["text"].startswith(f"{title}: {states[title].value}. ")
    counts = Counter(state.value for state in states.values() if state)
    told = run["properties"]["findings"]
    assert {name: count for name, count in told.items() if State(name) not in SETTLED and count} == counts
    assert sum(told.values()) == len(shown.decision.findings)
    return Told({name: Action(action) for name, action in run["properties"]["outcomes"].items()}, states, actions)


def _junit(shown: CheckPage) -> Told:
    suites = ElementTree.fromstring(decision_junit(shown))
    outcomes, states = {}, {}
    for item in suites.iter("property"):
        environment = item.attrib["name"].removeprefix("outcome.")
        if environment != item.attrib["name"]:
            outcomes[environment] = Action(item.attrib["value"])
    for case in suites.iter("testcase"):
        if case.attrib["classname"] == "decision":
            continue
        state = State.PASSED
        for child in case:
            if child.tag in ("failure", "error"):
                state = State(child.attrib["type"])
                assert child.attrib["message"].startswith(tuple(WORDS))
            elif child.tag == "skipped":
                state = State(re.match(r"[a-z ]+", child.attrib["message"])[0])  # type: ignore[index]
        states[re.sub(r" \(columns-\d\)$", "", case.attrib["name"])] = state
    return Told(outcomes, states, {})


READERS = {"json": _json, "text": _text, "markdown": _markdown, "sarif": _sarif, "junit": _junit}


@pytest.mark.parametrize("case", CASES, indirect=True)
@pytest.mark.parametrize("name", READERS)
def test_every_format_tells_the_same_case(name: str, case: Verified, shown: CheckPage) -> None:
    told, truth = READERS[name](shown), _truth(case)
    assert told.outcomes == truth.outcomes
    assert set(told.states) == set(truth.states)
    for title, state in truth.states.items():
        assert told.states[title] is (None if name == "sarif" and state in SETTLED else state), title
    if name != "junit":  # which says what follows where it was asked, as GitHub's annotations do
        assert told.actions == truth.actions


@pytest.mark.parametrize("case", CASES, indirect=True)
@pytest.mark.parametrize("environment", [None, "prod"])
def test_annotations_and_cases_tell_what_follows_where_it_was_asked(case: Verified, environment: str | None) -> None:
    shown = page(case, environment=environment if environment in case.decision.outcomes else None)
    open_ = [finding for finding in case.decision.findings if wording.state_of(finding) not in SETTLED]
    levels = {Action.DENY: "error", Action.NEEDS_REVIEW: "warning", Action.ALLOW: "notice"}
    wanted = Counter((finding.title.replace(",", "%2C"), levels[shown.asks(finding)]) for finding in open_)
    lines = decision_github(shown).splitlines()
    told = Counter(
        (match[2], match[1]) for line in lines if (match := re.match(r"::(\w+) .*line=\d+.*title=(.*?) \(", line))
    )
    assert told == wanted
    suites = ElementTree.fromstring(decision_junit(shown))
    red = {
        one.attrib["name"]
        for one in suites.iter("testcase")
        if one.attrib["classname"] != "decision" and (one.find("failure") is not None or one.find("error") is not None)
    }
    assert red == {finding.title for finding in open_ if shown.asks(finding) is not Action.ALLOW}


@pytest.mark.parametrize("case", ["approved", "hostile"], indirect=True)
def test_every_format_tells_why_something_is_waived_until_when_and_by_whom(case: Verified, shown: CheckPage) -> None:
    (act,) = [item.act for item in case.acts if item.act.waiver]
    reason = visible(act.reason).rstrip(". ")
    texts = {
        "text": decision_text(
            case.decision, case.evidence, environment=None, colour=False, width=100_000, sealed=None, acts=case.acts
        ),
        "markdown": html.unescape(decision_markdown(shown)).replace("<!-- -->", ""),
        "junit": html.unescape(decision_junit(shown)),
        "github": decision_github(shown).replace("%25", "%"),
        "sarif": decision_sarif(shown).encode().decode("unicode_escape").replace("{{", "{").replace("}}", "}"),
    }
    for name, text in texts.items():
        assert act.waiver.ticket in text and act.waiver.expires in text and act.actor in text, name  # type: ignore[union-attr]
        assert reason in text, name
    told = json.loads(decision_json(case.decision, case.evidence, None))["decision"]
    assert [item.sha256 for item in case.acts if item.act.waiver] == [
        finding["waiver"] for finding in told["findings"] if finding["waiver"]
    ]
