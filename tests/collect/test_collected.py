"""One call reads what a manifest names, and says what it does not name."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from governance import canonical
from governance.collect.collected import GROUPS, collect
from governance.collect.manifest import Loaded, load
from governance.errors import BadInput
from governance.evidence.evidence import Facts

Load = Callable[..., Loaded]
ALWAYS = ["manifest", "artifact", "data.evaluation", "data.join", "data.training", "lineage.source:bank"]


def test_everything(loaded: Load, project: Path) -> None:
    found = collect(loaded(), GROUPS)
    assert found.absent == ()
    assert [item.role for item in found.inputs] == [
        *ALWAYS, "access.approvals", "lineage.event", "access.grants", "access.people", "environment.lock",
        "documents.model_card", "reasons.catalogue",
    ]  # fmt: skip
    for item in found.inputs:
        data = (project / item.path).read_bytes()
        assert (item.sha256, item.size, item.recorded) == (canonical.sha256(data), len(data), None)
    assert found.lineage is not None
    assert [(f.feature, f.gap, [a.column for a in f.ancestors]) for f in found.lineage.features] == [
        ("income", None, ["income"]),
        ("age", None, ["age"]),
    ]
    assert found.lineage.sources[0].approved_by == ("bo",)
    assert found.access is not None
    assert [grant.principal for grant in found.access.grants] == ["ann"]
    assert [approval.item for approval in found.access.approvals] == ["data:bank"]
    assert found.reproducibility is not None
    assert found.reproducibility.lock == canonical.sha256((project / "requirements.lock").read_bytes())
    assert (found.reproducibility.requirements, found.reproducibility.hashed) == (1, 1)
    assert found.reproducibility.seeds == (0, 7)
    assert found.documents is not None
    assert found.documents.documents[0].headings == ("Loans", "Intended use")
    assert (found.documents.documents[0].dated, found.documents.trained_at) == ("2026-02-01", "2026-01-31T12:00:00Z")
    assert (found.lineage.purpose, found.lineage.sources[0].purposes) == ("credit-scoring", ("credit-scoring",))
    assert (found.access.people or ())[0].principal == "ann"
    assert found.purpose is not None
    assert found.purpose.category == "credit-scoring"
    assert found.operations is not None
    assert found.operations.rollback == "1.9"
    assert found.bias_audit is not None
    assert (found.bias_audit.date, found.bias_audit.auditor) == ("2026-03-02", "Bee and Co")
    assert found.reasons is not None
    assert [one.text for one in found.reasons.catalogue] == ["Income too low for the amount", None]
    assert (found.reasons.features, found.reasons.most) == (("income", "age"), 4)
    assert found.licences is not None
    assert len(found.licences.packages or ()) == found.reproducibility.requirements
    facts = Facts(**{name: getattr(found, name) for name in GROUPS})
    assert Facts.from_bytes(facts.to_bytes()) == facts


@pytest.mark.parametrize("group", sorted(GROUPS))
def test_only_what_is_wanted_is_read(loaded: Load, project: Path, group: str) -> None:
    needs = {
        "lineage": {"lineage/train.json", "access/approvals.csv"},
        "access": {"access/grants.csv", "access/approvals.csv", "access/people.csv"},
        "reproducibility": {"requirements.lock"},
        "documents": {"docs/card.md"},
        "purpose": set(),
        "operations": set(),
        "licences": {"requirements.lock"},
        "bias_audit": set(),
        "reasons": {"reasons.csv"},
    }
    found = collect(loaded(), frozenset({group, "fairness"}))
    assert {item.path for item in found.inputs[len(ALWAYS) :]} == needs[group]
    assert [name for name in sorted(GROUPS) if getattr(found, name) is not None] == [group]
    for path in set().union(*needs.values()) - needs[group]:
        (project / path).unlink()
    assert collect(loaded(), frozenset({group})) == found


def test_nothing_named_is_missing_and_not_failed(tmp_path: Path) -> None:
    (tmp_path / "governance.yaml").write_text(
        "schema: governance.manifest/v1\nmodel: {name: m, version: 1}\nartifact: {none: outputs only}\n"
    )
    found = collect(load(tmp_path), GROUPS)
    assert [(item.facts, item.kind) for item in found.absent] == [
        (name, "missing")
        for name in (
            "lineage",
            "access",
            "reproducibility",
            "documents",
            "purpose",
            "operations",
            "licences",
            "bias_audit",
            "reasons",
        )
    ]
    assert [getattr(found, name) for name in GROUPS] == [None] * len(GROUPS)
    assert [item.role for item in found.inputs] == ["manifest"]
    assert collect(load(tmp_path), frozenset()).absent == ()


@pytest.mark.parametrize("seeds", [", seeds: [0, 7]", ""])
def test_no_lock_is_a_fact(loaded: Load, seeds: str) -> None:
    found = collect(loaded(("lock: requirements.lock, ", ""), (", seeds: [0, 7]", seeds)), GROUPS)
    assert found.reproducibility is not None
    assert found.reproducibility.lock is None
    assert found.reproducibility.commit


def test_approvals_without_grants_and_grants_without_approvals(loaded: Load) -> None:
    only = collect(loaded(("grants: access/grants.csv, ", ""), (", people: access/people.csv", "")), GROUPS).access
    assert only is not None
    assert (len(only.grants), len(only.approvals), only.people) == (0, 1, None)
    found = collect(loaded((", approvals: access/approvals.csv", "")), GROUPS)
    assert found.access is not None
    assert (len(found.access.grants), len(found.access.approvals)) == (1, 0)
    assert found.lineage is not None
    assert found.lineage.sources[0].approved_by == ()


def test_recorded_digests_stand_beside_what_was_found(loaded: Load) -> None:
    (recorded,) = {"b" * 64}
    changes = (
        ("format: skops", f"format: skops, sha256: {recorded}"),
        ("path: data/eval.csv", f"path: data/eval.csv\n    sha256: {recorded}"),
        ("path: data/people.csv", f"path: data/people.csv, sha256: {recorded}"),
        ("dataset: train", f"dataset: train, sha256: {recorded}"),
        ("path: data/bank.csv", f"path: data/bank.csv, sha256: {recorded}"),
    )
    found = {item.role: item for item in collect(loaded(*changes), GROUPS).inputs}
    for role in ("artifact", "data.evaluation", "data.join", "data.training", "lineage.source:bank"):
        assert found[role].recorded == recorded
        assert found[role].sha256 != recorded


@pytest.mark.parametrize(
    "old, new, where",
    [
        ("model.skops", "model.skop", "artifact"),
        ("data/eval.csv", "data/evl.csv", "data.evaluation"),
        ("data/people.csv", "../people.csv", "data.join"),
        ("data/train.csv", "data", "data.training"),
        ("data/bank.csv", "/etc/hostname", "lineage.source:bank"),
        ("lineage/train.json", "lineage/tran.json", "lineage.event"),
        ("access/grants.csv", "access", "access.grants"),
        ("access/approvals.csv", "access/grants.csv", "access/grants.csv:1"),
        ("access/people.csv", "access/nobody.csv", "access.people"),
        ("access/people.csv", "access/grants.csv", "access/grants.csv:1"),
        ("requirements.lock", "lineage/train.json", "lineage/train.json:1"),
        ("docs/card.md", "docs/cart.md", "documents.model_card"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(loaded: Load, project: Path, old: str, new: str, where: str) -> None:
    with pytest.raises(BadInput) as caught:
        collect(loaded((old, new)), GROUPS)
    # Where the manifest names it, or where in the file itself.
    assert f"{caught.value.where}: {caught.value.what}".replace(f"{project}/", "").startswith(where) or (
        ".yaml:" in caught.value.where and caught.value.what.startswith(f"{where}: ")
    )


@pytest.mark.parametrize(
    "path", ["model.skops", "data/train.csv", "lineage/train.json", "docs/card.md", "governance.yaml"]
)
def test_a_file_that_changes_afterwards_is_seen(loaded: Load, project: Path, path: str) -> None:
    about = loaded()
    collect(about, GROUPS)
    about.project.assert_unchanged()
    with (project / path).open("ab") as file:
        file.write(b" ")
    with pytest.raises(BadInput, match="changed while it was measured"):
        about.project.assert_unchanged()


def test_lineage_events_are_bounded_together(loaded: Load, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    size = (project / "lineage" / "train.json").stat().st_size
    twice = ("lineage/train.json", "lineage/train.json, lineage/train.json")
    monkeypatch.setattr("governance.collect.openlineage.MAX_BYTES_IN_ALL", 2 * size)
    once, both = collect(loaded(), GROUPS).lineage, collect(loaded(twice), GROUPS).lineage
    assert once and both and both.features == once.features
    assert (once.events, both.events) == (1, 2)
    monkeypatch.setattr("governance.collect.openlineage.MAX_BYTES_IN_ALL", 2 * size - 1)
    with pytest.raises(BadInput, match="too many lineage events"):
        collect(loaded(twice), GROUPS)


def test_a_malformed_event_is_told_with_its_file(loaded: Load, project: Path) -> None:
    (project / "lineage" / "train.json").write_text(json.dumps({"eventType": "COMPLETE", "job": 7}))
    with pytest.raises(BadInput, match=r"^lineage/train\.json: \$\.job: "):
        collect(loaded(), GROUPS)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes here")
def test_a_pipe_does_not_hold_us(loaded: Load, project: Path) -> None:
    (project / "docs" / "card.md").unlink()
    os.mkfifo(project / "docs" / "card.md")
    with pytest.raises(BadInput, match="not a regular file"):
        collect(loaded(), GROUPS)
