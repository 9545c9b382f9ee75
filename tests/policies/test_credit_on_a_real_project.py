"""What the credit policy says about a model that was never meant for credit: honest, and in words one can act on."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from governance.cli.demo.material import build
from governance.operations.evaluate import Checked, check, load_policies
from governance.operations.workspace import Workspace
from governance.policy.outcome import Action, Outcome
from governance.settings import load_settings

LOCK = Path(__file__).resolve().parents[2] / "requirements.lock"


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Checked:
    manifest = build(tmp_path_factory.mktemp("v2"), "2", LOCK.read_text(encoding="utf-8"))
    workspace = Workspace(manifest.parent, load_settings(), lambda: datetime(2026, 11, 1, tzinfo=UTC), bytes)
    return check(workspace, manifest, load_policies(["credit-high-risk"]), submitter="local|ann", dry_run=True)


def test_it_is_denied_in_prod_and_waits_in_staging(checked: Checked, require_tool: Callable[[str], str]) -> None:
    require_tool("git")  # without it the project has no commit that could be approved
    assert checked.decision.outcomes == {"prod": Action.DENY, "staging": Action.NEEDS_REVIEW}
    denying = {f.key.split("#")[1] for f in checked.decision.findings if f.actions["prod"] is Action.DENY}
    assert denying == {
        "impact-assessed", "not-judged-on-training-rows", "sources-approved", "validated-by-somebody-else",
    }  # fmt: skip


def test_nothing_is_an_error_and_what_is_good_about_it_passes(checked: Checked) -> None:
    outcomes = {finding.key.split("#")[1]: finding.outcome for finding in checked.decision.findings}
    assert Outcome.ERROR not in outcomes.values()
    for rule in (
        "data-as-recorded",
        "no-forbidden-column",
        "no-forbidden-feature",
        "explanations-add-up",
        "ranks-well",
    ):
        assert outcomes[rule] is Outcome.PASS
    # The demonstration's people are few: what cannot be known is not passed.
    assert outcomes["creditworthy-treated-alike"] is Outcome.INCONCLUSIVE


@pytest.mark.parametrize(
    "rule, said",
    [
        ("for-credit", "purpose.category"),
        ("impact-assessed", "dpia"),
        ("groups-large-enough", "101 rows"),
        ("not-judged-on-training-rows", "4 of 177"),
        ("watched-weekly", "how the model is run"),
        ("reasons-stable", "2 feature"),
    ],
)
def test_it_says_what_is_missing_and_what_to_do(checked: Checked, rule: str, said: str) -> None:
    finding = next(one for one in checked.decision.findings if one.key == f"credit-high-risk#{rule}")
    assert said in finding.why
    assert finding.fix
    assert finding.controls
