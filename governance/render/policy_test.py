"""What the cases of policies showed, for machines: the document that `policy test --format json` prints."""

import json
from collections.abc import Sequence
from typing import Any, Literal

from pydantic import Field

from governance.canonical import Count, Document, Sha256
from governance.policy.examination import Examined
from governance.policy.mutants import Mutant
from governance.policy.outcome import Outcome


class DifferenceFound(Document):
    """Where a case came out otherwise. `of`: a rule's id, an environment, one in the other, or a waiver. `expected`:
    what the case says. `got`: what came, null where the rule was not judged. `why`: what the finding says."""

    of: str
    expected: str
    got: str | None
    why: str


class CaseRun(Document):
    """One case. `holds`: whether it came out as it expects."""

    name: str
    holds: bool
    differences: tuple[DifferenceFound, ...]


class NotShown(Document):
    """What the cases do not show. `rule`: of which rule, or where the excuse stands. `lacks`: outcomes that no case
    shows of it; empty where an excuse excuses nothing. `why`: the same in words."""

    rule: str
    lacks: tuple[Outcome, ...]
    why: str


class Changed(Document):
    """A mutant that no case notices. `at`: the rule, its parameter, or a part of the policy. `what`: what was changed
    into what. `unwritten`: the policy says nothing of it, so that a default counts."""

    at: str
    what: str
    unwritten: bool


class ChangedExcused(Changed):
    """The same with the reason why none can. `excuse`: where that stands under `uncovered`. `why`: the reason."""

    excuse: str
    why: str


class RecordedEvidence(Document):
    """Evidence that was recorded. `file`: by its name in the cases. `model` and `version`: whose it is. `sha256`: its
    digest, which a decision about it names."""

    file: str
    model: str
    version: str
    sha256: Sha256


class PolicyTested(Document):
    """One policy with its cases. `policy` and `version`: which. `sha256`: of what was judged by. `cases_file`: where
    the cases are. `holds`: whether all is as it should be. `recorded`: evidence that the cases start from. `cases`: the
    sound one first. `rules`: by rule and outcome, the cases that show it. `gaps`: what none shows. `mutants`: how many
    were made, null where that was not asked for, or where the cases do not hold. `noticed`: how many some case notices.
    `survivors`: of those none notices, the ones that fail the test; `excused` ones have a reason, and `minor` ones fail
    only with `--strict`."""

    policy: str
    version: str
    sha256: Sha256
    cases_file: str
    holds: bool
    recorded: tuple[RecordedEvidence, ...]
    cases: tuple[CaseRun, ...]
    rules: dict[str, dict[str, tuple[str, ...]]]
    gaps: tuple[NotShown, ...]
    mutants: Count | None
    noticed: Count | None
    survivors: tuple[Changed, ...]
    excused: tuple[ChangedExcused, ...]
    minor: tuple[Changed, ...]


class PolicyTest(Document):
    """What `governance policy test` found. `schema`: the type of this document. `holds`: whether all policies do what
    their cases say. `policies`: one by one."""

    schema_: Literal["governance.policy-test/v1"] = Field("governance.policy-test/v1", alias="schema")
    holds: bool
    policies: tuple[PolicyTested, ...]


def examined_json(found: Sequence[Examined]) -> str:
    """A PolicyTest."""
    document = PolicyTest(holds=all(one.holds for one in found), policies=tuple(map(_tested, found)))
    return json.dumps(document.model_dump(mode="json", by_alias=True), indent=2, ensure_ascii=False)


def _tested(one: Examined) -> PolicyTested:
    return PolicyTested(
        policy=one.policy.document.id,
        version=one.policy.document.version,
        sha256=one.policy.sha256,
        cases_file=one.cases.source.name,
        holds=one.holds,
        recorded=tuple(
            RecordedEvidence(file=name, model=facts.subject.name, version=facts.subject.version, sha256=digest)
            for name, (facts, digest) in one.cases.recordings.items()
        ),
        cases=tuple(
            CaseRun(
                name=ran.name,
                holds=not ran.differences,
                differences=tuple(DifferenceFound(**each._asdict()) for each in ran.differences),
            )
            for ran in one.ran
        ),
        rules={
            rule: {outcome.value: tuple(names) for outcome, names in shown.items()} for rule, shown in one.table.items()
        },
        gaps=tuple(NotShown(**gap._asdict()) for gap in one.gaps),
        mutants=one.mutants,
        noticed=None if one.mutants is None else one.mutants - one.unnoticed,
        survivors=tuple(Changed(**_changed(mutant)) for mutant in one.survivors),
        excused=tuple(
            ChangedExcused(**_changed(mutant), excuse=excuse.at, why=excuse.why) for mutant, excuse in one.excused
        ),
        minor=tuple(Changed(**_changed(mutant)) for mutant in one.minor),
    )


def _changed(mutant: Mutant) -> dict[str, Any]:
    return {"at": mutant.at, "what": mutant.what, "unwritten": mutant.unwritten}
