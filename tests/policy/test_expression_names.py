"""What a condition may name: the evidence that its policy requires, and nothing else."""

import pytest

from governance.errors import BadInput
from governance.evidence.evidence import Facts
from governance.policy.expression import GROUPS, compile_condition
from governance.policy.outcome import Outcome
from governance.policy.rules.access.wildcards import _grant as grant
from tests.policy.conditions import FAIR, compiled, said

# Trap: names


@pytest.mark.parametrize(
    "text",
    ["fairnes.rows > 1", "evidence.fairness.rows > 1", "absent.size() == 0", "origin.by == 'x'", "foo(1)", "os.system"],
)
def test_undeclared_names_do_not_compile(text: str) -> None:
    with pytest.raises(BadInput, match="does not compile") as caught:
        compiled(text)
    assert "undeclared" in caught.value.got and "^" in caught.value.got
    assert caught.value.where == "policy.yaml:9:11"
    assert "requires" in caught.value.fix


@pytest.mark.parametrize(
    "text",
    [
        "fairness.rows >",
        "fairness.rows = 1",
        "",
        "   ",
        "fairness.rows > 1; true",
        "true && ",
        "1 > 'a'",
        "if true then",
    ],
)
def test_what_is_not_cel_does_not_compile(text: str) -> None:
    with pytest.raises(BadInput) as caught:
        compiled(text)
    assert not caught.value.fix, "more requirements would not mend it"


# Reading evidence that is not under `requires`: the engine does not know it, however it is spelled


@pytest.mark.parametrize(
    "text",
    [
        "fairness.rows > 0 || true",
        "fairness . rows > 0 || true",
        "fairness\n.\nrows > 0 || true",
        ".fairness.rows > 0 || true",
        " . fairness.rows > 0 || true",
        "fairness['rows'] > 0 || true",
        "fairness.`rows` > 0 || true",
        "has(fairness.rows) || true",
        "[fairness].size() == 1",
        "{'a': fairness}.a.rows > 0 || true",
        "access.grants.size() > 0 // it's\n || fairness.rows > 0 // '",
        "access.grants.size() > 0 || r\"\\'\" == '' || fairness.rows > 0 || '' == ''",
        "'''it's''' == '' || fairness.rows > 0 || '' == ''",
        "[1].exists(x, fairness.rows > 0) || true",
        "[1].exists(access, fairness.rows > 0) || true",
        "true ? true : fairness.rows > 0",
        "dyn(fairness) != null",
        "type(fairness) == map",
    ],
)
def test_evidence_that_is_not_required_cannot_be_read(text: str) -> None:
    with pytest.raises(BadInput) as caught:
        compiled(text, "access")
    # The backticks are the engine's own to refuse; a point before a name never reaches it.
    assert "undeclared" in caught.value.got or "`" in text or "begins with a point" in caught.value.what
    assert compiled("true || fairness.rows > 0", "access", "fairness").groups == ("access", "fairness")


@pytest.mark.parametrize(
    "text",
    [
        "access.grants.size() == 1 // fairness.rows",
        "access.grants[0].principal != 'fairness.rows'",
        'access.grants[0].principal != "fairness"',
        "[1, 2].exists(fairness, fairness > 1)",
        "access.grants.all(lineage, lineage.line > 0)",
        "{'fairness': 1}.fairness == 1",
    ],
)
def test_a_name_that_is_only_spelled_like_evidence_is_no_fault(text: str) -> None:
    assert said(text, "access", access=grant("ann", "train", "m")).outcome is Outcome.PASS


def test_what_the_policy_does_not_require_is_not_shown_as_looked_at() -> None:
    verdict = said(
        "access.grants.size() == 1 // fairness.rows", "access", access=grant("ann", "train", "m"), fairness=FAIR
    )
    assert [looked.path for looked in verdict.looked_at] == ["access.grants.size()", "access"]


@pytest.mark.parametrize(
    "path",
    [
        *("", "fairnes", "fairness.", ".fairness", "fairness.rowz", "fairness.rows.x", "fairness tables", "*"),
        *("fairness.tables.nothing", "facts.fairness", "explainability.importance"),
        *("subject", "risk_tier", "now", "absent"),
    ],
)
def test_requirements_that_no_evidence_can_meet_are_refused(path: str) -> None:
    with pytest.raises(BadInput, match="unknown evidence"):
        compiled("true", path)


@pytest.mark.parametrize(
    "path", [*GROUPS, "explainability.global", "explainability.global.top_share", "fairness.tables"]
)
def test_requirements_that_evidence_can_meet(path: str) -> None:
    assert compiled("true", path).requires == (path,)


def test_an_expression_over_nothing_is_refused() -> None:
    with pytest.raises(BadInput, match="requires no evidence"):
        compile_condition("true", (), "here")
    assert set(GROUPS) == set(Facts.model_fields) - {"absent"}
