"""Where a parent is found: among what is given, shipped, or lies beside; and never by its name alone."""

from pathlib import Path

import pytest

from governance import bundled
from governance.canonical import sha256
from governance.errors import BadInput
from governance.operations.evaluate import load_policies
from governance.operations.examine import examine_policies
from governance.operations.in_force import of_policy
from governance.policy.document import load_policy
from tests.policy.test_inheritance import PARENT, child

CASES = """\
schema: governance.cases/v1
policy: team
now: 2026-11-21T00:00:00Z
sound:
  model: {owner: "team:credit", purpose: null, tags: [pii]}
  risk_tier: high
  performance: {counts: {tp: 450, fn: 20, fp: 20, tn: 450}}
  documents: {documents: {model_card: {path: card.md, words: 200}}, origin: {kind: declared}}
cases:
  - name: another tier
    change: {risk_tier: low}
    expect: {outcomes: {prod: deny}}
"""


def put(folder: Path, name: str, text: str) -> str:
    path = folder / "policies" / name / "policy.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    return str(path)


def test_a_parent_that_lies_beside_is_found(tmp_path: Path) -> None:
    put(tmp_path, "house", PARENT)
    (loaded,) = load_policies([put(tmp_path, "team", child())])
    assert [layer.policy for layer in loaded.document.merged] == ["team", "house"]


def test_a_parent_that_is_given_is_found_and_judged_too(tmp_path: Path) -> None:
    given = put(tmp_path / "elsewhere", "house", PARENT)
    own = put(tmp_path / "here", "team", child())
    with pytest.raises(BadInput, match="not here"):
        load_policies([own])
    assert [policy.document.id for policy in load_policies([own, given])] == ["team", "house"]


def test_a_shipped_parent_is_found(tmp_path: Path) -> None:
    shown, data = bundled.policy("baseline")
    shipped = load_policy(data, shown)
    text = child().replace("policy: house, version: 1.2.0", f"policy: baseline, version: {shipped.document.version}")
    text = text.replace(sha256(PARENT.encode()), shipped.sha256)
    (loaded,) = load_policies([put(tmp_path, "team", text)])
    assert [section.id for section in loaded.document.rules] == [section.id for section in shipped.document.rules]


def test_what_lies_beside_and_cannot_be_read_is_no_parent(tmp_path: Path) -> None:
    (tmp_path / "policies" / "broken").mkdir(parents=True)
    (tmp_path / "policies" / "broken" / "policy.yaml").write_bytes(b"\xff")
    (tmp_path / "policies" / "folder" / "policy.yaml").mkdir(parents=True)
    put(tmp_path, "house", PARENT)
    assert load_policies([put(tmp_path, "team", child())])


def test_what_is_pinned_is_what_was_merged(tmp_path: Path) -> None:
    put(tmp_path, "house", PARENT)
    own = put(tmp_path, "team", child())
    (loaded,) = load_policies([own])
    assert of_policy(loaded).sha256 == loaded.sha256 == sha256(loaded.text) != sha256(Path(own).read_bytes())


def test_cases_of_a_child_are_run_against_what_was_merged(tmp_path: Path) -> None:
    put(tmp_path, "house", PARENT)
    own = Path(put(tmp_path, "team", child()))
    (own.parent / "cases.yaml").write_text(CASES)
    (examined,) = examine_policies([str(own)], mutate=False)
    assert not examined.failed, [one.differences for one in examined.failed]
    assert {gap.rule for gap in examined.gaps} <= {"floor", "right", "present"}


def test_cases_that_show_no_other_model_do_not_notice_a_policy_for_all(tmp_path: Path) -> None:
    put(tmp_path, "house", PARENT)
    own = Path(put(tmp_path, "team", child()))
    for cases, noticed in ((CASES, True), (CASES.replace("{risk_tier: low}", "{risk_tier: odd}"), False)):
        text = cases if noticed else cases.replace("outcomes: {prod: deny}", "outcomes: {}")
        (own.parent / "cases.yaml").write_text(text.replace("odd", "high") if not noticed else text)
        (examined,) = examine_policies([str(own)], mutate=True)
        assert ("applies" in {mutant.at for mutant in examined.survivors}) is not noticed
