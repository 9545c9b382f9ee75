"""Whoever submits a model and wants it allowed: what manifest, table, grants and disk can be made to say."""

import os
from datetime import UTC, datetime

import pytest

from governance import strictyaml
from governance.collect.project import Project
from governance.errors import BadInput
from governance.evidence.access import AccessFacts, Approval, Grant
from governance.evidence.manifest import Attribute, Labels, Manifest
from governance.operations.ask import ask_bundle, ask_trail
from governance.operations.evaluate import check, load_policies
from governance.policy.outcome import Action, Outcome
from governance.policy.rules.access.segregation_of_duties import SegregationParams, segregation_of_duties
from tests.operations.project import MANIFEST, NAME, POLICY, VERSION

MILD = """\
schema: governance.policy/v1
id: mild
version: 1.0.0
in_force: {from: 2000-01-01T00:00:00Z}
environments: [prod]
rules:
  - id: some
    uses: performance.floor@1
    with: {at_least: 0.1}
    enforcement: {default: deny}
"""
MANY = ", ".join(f"a{number}: {{column: s}}" for number in range(51))


def manifest(*changes: tuple[str, str]) -> Manifest:
    text = MANIFEST
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return strictyaml.load(text.encode(), Manifest, "governance.yaml")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("prediction: {column: p", "prediction: {column: y"), "right every time"),
        (("data:\n", "features: [age, y]\ndata:\n"), "told the answer"),
        (("sensitive: {sex:", 'sensitive: {"sex*race":'), "stands for intersections"),
        (
            ("sensitive: {sex: {column: sex}}", f"sensitive: {{{MANY}}}"),
            "at most 50",
        ),
    ],
)  # fmt: skip
def test_a_manifest_that_answers_for_itself(change, says):
    """The attribute `sex*race` was looked at in place of the intersection that the policy asked for."""
    assert manifest()
    with pytest.raises(BadInput, match=says):
        manifest(change)


def test_evaluated_on_the_training_data(project):
    """Through all of it: the same bytes under two names deny."""
    project.write("train.parquet", (project.root / "eval.parquet").read_bytes())
    text = (project.root / "governance.yaml").read_text() + "  training: {path: train.parquet}\n"
    project.write("governance.yaml", text)
    policy = (project.root / "policy.yaml").read_text()
    rule = "  - id: data\n    uses: lineage.digests_match@1\n    enforcement: {default: deny}\n"
    project.write("policy.yaml", policy + rule)
    findings = {finding.key: finding for finding in project.check().decision.findings}
    assert findings["small#data"].outcome is Outcome.FAIL
    assert "training table" in findings["small#data"].why


def test_a_day_before_the_strict_policy_was_law(project):
    """Whoever checks picks the legal date. By the gate's own date the strict policy counts, and nobody judged by it."""
    strict = project.write("strict.yaml", POLICY.replace("id: small", "id: strict"))
    mild = project.write("mild.yaml", MILD)

    def ask(as_of):
        policies = load_policies([str(strict), str(mild)])
        manifest = project.root / "governance.yaml"
        checked = check(project.workspace, manifest, policies, submitter="local|ann", as_of=as_of)
        now, trust = project.clock.now, project.workspace.trust()
        asked = ask_bundle(project.bundle(checked), trust, project.artifact(), "prod", now)
        return checked.decision.outcomes["prod"], asked.answer

    before = ask(datetime(2020, 1, 1, tzinfo=UTC))
    assert (before[0], before[1].action) == (Action.ALLOW, Action.DENY)
    project.clock.tick()
    assert ask(None)[1].action is Action.DENY
    strict.write_text(strict.read_text().replace("2026-01-01", "2099-01-01"))
    project.clock.tick()
    assert ask(None)[1].action is Action.ALLOW


@pytest.mark.skipif(os.name != "posix", reason="the change time of a folder")
def test_a_folder_swapped_while_it_was_read_and_put_back(tmp_path):
    """No file changes by this: the digest is of one table, and what is measured by its path is another."""
    for name, text in (("data", "a\n1\n"), ("evil", "a\n2\n")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "e.csv").write_text(text)
    project = Project(tmp_path)
    project.input("data.evaluation", "data/e.csv")
    path = project.resolve("data/e.csv", "data.evaluation")
    project.assert_unchanged()
    for old, new in (("data", "kept"), ("evil", "data")):
        (tmp_path / old).rename(tmp_path / new)
    assert path.read_text() == "a\n2\n"
    for old, new in (("data", "evil"), ("kept", "data")):
        (tmp_path / old).rename(tmp_path / new)
    assert path.read_text() == "a\n1\n"
    with pytest.raises(BadInput, match="changed while it was measured"):
        project.assert_unchanged()


def judged(*grants, approver="cy"):
    facts = AccessFacts(
        grants=tuple(Grant(line=at, principal=p, permission=q, resource="m") for at, (p, q) in enumerate(grants, 2)),
        approvals=(Approval(item="data:x", principal=approver, role="owner", at="2026-01-01T00:00:00Z"),),
    )
    return segregation_of_duties.judge(facts, SegregationParams(), None).outcome


def test_one_person_in_many_spellings():
    assert judged(("ann", "train"), ("bo", "approve")) is Outcome.PASS
    for grants in (
        [("Ann", "train"), ("ann", "approve")],
        [("ann", "TRAIN"), ("ann", "Deploy")],
        [("local|*", "train"), ("local|ann", "deploy")],
        [("ann", "tr*"), ("bo", "read")],
        [("ann", "train"), ("*", "approve")],
    ):
        assert judged(*grants) is Outcome.FAIL, grants
    assert judged(("ann", "train"), approver="ANN") is Outcome.FAIL
    # Words that the policy does not know prove nothing about duties.
    assert judged(("ann", "model.write"), ("ann", "promote")) is Outcome.INCONCLUSIVE


def counted(tmp_path, sensitive, requests, **columns):
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    from governance.measure.counting import tally
    from governance.measure.table import connection, open_table

    path = tmp_path / "it's {e}.parquet"
    parquet.write_table(pyarrow.table(columns), path)
    sides = {"positive": ("1",), "negative": ("0", "') OR ('1'='1")}
    with connection([path]) as connected:
        table = open_table(connected, path)
        label, prediction = Labels(column="y", **sides), Labels(column="p", **sides)
        attributes = {name: Attribute(column=column) for name, column in sensitive.items()}
        return tally(connected, table, label, prediction, attributes, requests)


def test_names_are_never_read_as_sql(tmp_path):
    hostile = "s\"x'); DROP TABLE fine; --"
    groups = ["a'; DROP TABLE fine; --", 'b" OR 1=1 --', "unknown", None]
    found = counted(tmp_path, {"s": hostile}, [("s",)], y=["1", "0"] * 2, p=["1", "0"] * 2, **{hostile: groups})
    assert [(cell.group[0], cell.rows) for cell in found.cells[0]] == [(group, 1) for group in sorted(groups[:3])] + [
        (None, 1)
    ]


def test_more_groups_than_can_be_compared(tmp_path):
    """Every two are: a table of a megabyte kept the judge busy for hours."""
    n = 40 * 40
    columns = {"a": [str(i % 40) for i in range(n)], "b": [str(i // 40) for i in range(n)]}
    sides = {"y": ["1", "0"] * (n // 2), "p": ["1", "0"] * (n // 2)}
    assert len(counted(tmp_path, {"a": "a", "b": "b"}, [("a",), ("b",)], **sides, **columns).cells[0]) == 40
    with pytest.raises(BadInput, match=r"a\*b has more than 1,000 groups"):
        counted(tmp_path, {"a": "a", "b": "b"}, [("a", "b")], **sides, **columns)
    with pytest.raises(BadInput, match="5,000 characters"):
        counted(tmp_path, {"a": "a"}, [("a",)], y=["1", "0"], p=["1", "0"], a=["x" * 5000, "b"])


@pytest.mark.parametrize("renamed", [("name", NAME), ("version", VERSION)], ids=["name", "version"])
def test_a_rejected_artifact_under_a_new_name(project, renamed):
    """Before: the same bytes were allowed as soon as somebody called them something else."""
    field, old = renamed
    project.check()
    project.act("reject")
    manifest = (project.root / "governance.yaml").read_text()
    (project.root / "governance.yaml").write_text(manifest.replace(f"{field}: {old}", f"{field}: new"))
    assert project.check().decision.outcomes["staging"] is Action.ALLOW

    def ask():
        return ask_trail(project.workspace, project.workspace.trust(), project.artifact(), "staging").answer

    assert (ask().action, "stands rejected: " in ask().why[0]) == (Action.DENY, True)
    (project.root / "governance.yaml").write_text(manifest)
    project.act("approve")  # under the old name, with the rejection in sight
    (project.root / "governance.yaml").write_text(manifest.replace(f"{field}: {old}", f"{field}: new"))
    project.check()
    assert ask().action is Action.ALLOW
