"""Selected minus judged is empty before anything is signed: whoever takes that out of `decide` hears of it here."""

from typing import Any

import pytest

from governance.policy import decision
from governance.policy.finding import Finding
from tests.operations.project import Project
from tests.policy.cases import evidence, judge, policy, section


def under_another_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug that judges one rule and calls it another."""
    made = decision._finding

    def wrong(*args: Any) -> Finding:
        return made(*args).model_copy(update={"key": "house#another"})

    monkeypatch.setattr(decision, "_finding", wrong)


def test_no_decision_comes_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert judge(evidence(), [policy(section("a"))]).findings
    under_another_name(monkeypatch)
    with pytest.raises(RuntimeError, match="selected rules and findings differ"):
        judge(evidence(), [policy(section("a"))])


def test_nothing_is_signed_or_recorded(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def entries() -> int:
        with project.workspace.open_trail() as store, store.snapshot() as snapshot:
            return len(list(snapshot.entries()))

    before = entries()
    under_another_name(monkeypatch)
    with pytest.raises(RuntimeError, match="selected rules and findings differ"):
        project.check()
    assert entries() == before
