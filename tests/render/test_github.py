import re
from collections.abc import Callable

import pytest

from governance.evidence.evidence import EvidenceSet
from governance.policy.decision import Recorded
from governance.policy.document import LoadedPolicy, load_policy
from governance.policy.outcome import Outcome
from governance.render.github import MOST_OF_A_KIND, decision_github
from governance.render.visible import visible
from governance.verification import Verified
from tests.render.pages import HOSTILE, page


def _read(line: str) -> tuple[str, dict[str, str], str]:
    """Command, properties and message, as the runner splits and unescapes them."""
    assert line.startswith("::")
    info, message = line[2:].split("::", 1)
    name, _, said = info.partition(" ")
    properties = dict(part.split("=", 1) for part in said.split(","))
    for old, new in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        properties = {key: value.replace(old, new) for key, value in properties.items()}
    for old, new in (("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
        message = message.replace(old, new)
    return name, properties, message


def test_level_place_title_and_message(denied: Verified) -> None:
    lines = [_read(line) for line in decision_github(page(denied)).splitlines()]
    assert lines[0] == (
        "error",
        {"file": "models/adult income/governance.yaml", "title": "adult-income 1.10"},
        "prod: DENY, staging: DENY",
    )
    name, properties, message = next(line for line in lines if "four fifths" in line[1]["title"])
    assert name == "error"
    assert (properties["line"], properties["col"]) == ("9", "5")
    assert re.search(
        r"Found: Black to Other 0\.4533 \[0\.39\d+, 0\.55\d*\]; limit: at least 0\.8\.\nHow to fix: ", message
    )


def test_levels_follow_the_environment_that_was_asked_about(needs_review: Verified) -> None:
    def levels(environment: str | None) -> set[str]:
        return {_read(line)[0] for line in decision_github(page(needs_review, environment=environment)).splitlines()}

    assert levels(None) == levels("prod") == {"warning"}
    assert levels("staging") == {"notice"}


def test_what_a_reviewer_answers_for_is_a_notice(approved: Verified) -> None:
    assert {_read(line)[0] for line in decision_github(page(approved)).splitlines()} == {"notice"}


def test_nothing_but_our_own_commands_however_things_are_named(
    baseline: LoadedPolicy, make_evidence: Callable[..., EvidenceSet], make_verified: Callable[..., Verified]
) -> None:
    facts = make_evidence(name=HOSTILE, groups={HOSTILE: (100, 1000), "B": (500, 1000)})
    text = decision_github(page(make_verified(facts, [baseline]), uri=f"a/{HOSTILE}/governance.yaml"))
    lines = text.split("\n")
    assert lines.pop() == "" and len(lines) == len(text.splitlines())
    read = [_read(line) for line in lines]
    assert {name for name, _, _ in read} <= {"error", "warning", "notice"}
    assert {key for _, properties, _ in read for key in properties} == {"file", "line", "col", "title"}
    group = next(message for _, properties, message in read if "four fifths" in properties["title"])
    assert visible(HOSTILE) in group
    assert all(properties["file"] == f"a/{visible(HOSTILE)}/governance.yaml" for _, properties, _ in read)


@pytest.mark.parametrize("rules", [9, 10, 40])
def test_at_most_ten_of_a_kind_and_the_rest_is_counted(
    rules: int, make_evidence: Callable[..., EvidenceSet], make_verified: Callable[..., Verified], many: Callable
) -> None:
    lines = decision_github(page(make_verified(make_evidence(Outcome.FAIL), [many(rules)]))).splitlines()
    assert len(lines) == MOST_OF_A_KIND
    # The verdict takes one of them.
    more = rules + 1 - (MOST_OF_A_KIND - 1)
    assert (_read(lines[-1])[2] == f"and {more} more") == (more > 1)


def test_a_rejection_is_said_though_no_finding_denies(
    needs_review: Verified, make_act: Callable[..., Recorded], make_verified: Callable[..., Verified]
) -> None:
    rejected = make_act("reject", needs_review.decision, "not with this data")
    case = make_verified(needs_review.evidence, needs_review.policies, [rejected])
    name, _, message = _read(decision_github(page(case)).splitlines()[0])
    assert name == "error" and "rejected: not with this data" in message


def test_what_is_left_out_is_the_least_important(
    make_evidence: Callable[..., EvidenceSet], make_verified: Callable[..., Verified]
) -> None:
    head = "schema: governance.policy/v1\nid: mixed\nversion: 1.0.0\nin_force: {from: 2026-01-01T00:00:00Z}\n"
    uses = "uses: lineage.forbidden_columns@1, accept: {kind: [declared]}, enforcement: {default: deny}"
    severities = ["low"] * 15 + ["critical"] * 3 + ["medium"] * 4
    rules = "".join(
        f"  - {{id: rule-{number}, title: {severity} {number}, severity: {severity}, {uses}}}\n"
        for number, severity in enumerate(severities)
    )
    policy = load_policy(f"{head}environments: [prod]\nrules:\n{rules}".encode(), "mixed.yaml")
    lines = decision_github(page(make_verified(make_evidence(Outcome.FAIL), [policy]))).splitlines()
    titles = [_read(line)[1]["title"].split(" ")[0] for line in lines[1:-1]]
    assert titles == ["critical"] * 3 + ["medium"] * 4 + ["low"]
    assert _read(lines[-1])[2] == "and 14 more"
