"""The decision: every selected rule judged once, acts applied, one action per environment. Pure and repeatable."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from pydantic import Field

from governance.canonical import Document, Instant, Sha256, instant, parse_instant
from governance.evidence.evidence import EvidenceSet
from governance.evidence.origin import Origin, Subject
from governance.policy.act import Act
from governance.policy.acts import apply_reviews, waiver_for
from governance.policy.baseline import LoadedBaseline, known_failure, remarks
from governance.policy.document import LoadedPolicy, SelectedRule
from governance.policy.expression import evaluate
from governance.policy.finding import Finding, Verdict
from governance.policy.outcome import Action, Enforcement, Outcome, action_for, worst


class PolicyRef(Document):
    """`in_force`: whether its rules were judged on the legal date of the decision."""

    id: str
    version: str
    sha256: Sha256
    in_force: bool


class Decision(Document):
    """What follows for one model version in each environment, and all it rests on. `schema`: the type of this document.
    `id`: a UUID. `evidence`: its digest. `policies`: which it was judged under. `baseline` is the digest of the known
    failures that do not deny. `acts`: digests, in the order they were signed. `now` is when it was judged. `as_of` is
    the legal date. `submitter`: who put it up. `previous` is the decision it follows for the same subject.
    `valid_until`: until when it may be relied on. `findings`: one for each rule, as they are read. `outcomes`: by
    environment. `notes` say in words what the outcomes alone do not."""

    schema_: Literal["governance.decision/v1"] = Field("governance.decision/v1", alias="schema")
    id: str
    subject: Subject
    evidence: tuple[Sha256, ...]
    policies: tuple[PolicyRef, ...]
    baseline: Sha256 | None
    acts: tuple[Sha256, ...]
    now: Instant
    as_of: Instant
    submitter: str
    previous: Sha256 | None
    valid_until: Instant
    findings: tuple[Finding, ...]
    outcomes: dict[str, Action]
    notes: tuple[str, ...]

    @property
    def ruled_by(self) -> set[Sha256]:
        """Digests of what the operator picked to judge by: the policies, and the baseline if there is one."""
        return {*(policy.sha256 for policy in self.policies), *([self.baseline] if self.baseline else [])}


class Recorded(NamedTuple):
    """An act whose signature, role and actor have been checked, with its digest and the decision its actor saw."""

    sha256: Sha256
    act: Act
    seen: Decision


def decide(
    evidence: EvidenceSet,
    evidence_sha256: Sha256,
    policies: Sequence[LoadedPolicy],
    acts: Sequence[Recorded],
    *,
    baseline: LoadedBaseline | None,
    now: datetime,
    as_of: datetime,
    identifier: str,
    submitter: str,
    previous: Sha256 | None,
) -> Decision:
    """Judge `evidence` under `policies` with `acts` in the order they were signed.

    Several policies: the strictest action counts. No policy, no rule in force or nothing applicable: deny. A failure
    that `baseline` knows needs a review where it would deny. Raises BadInput where that is another model's.
    """
    if baseline is not None:
        baseline.assert_about(evidence.subject.name)
    refs = tuple(
        PolicyRef(
            id=policy.document.id,
            version=policy.document.version,
            sha256=policy.sha256,
            in_force=policy.document.in_force.covers(as_of),
        )
        for policy in policies
    )
    in_force = [policy for policy, ref in zip(policies, refs, strict=True) if ref.in_force]
    environments = sorted({name for policy in policies for name in policy.document.environments})
    notes: list[str] = [] if policies else ["no policy was given, so nothing was checked and nothing is allowed"]
    findings = [
        _finding(policy, selected, evidence, acts, baseline, now, submitter, notes)
        for policy in in_force
        for selected in policy.rules
    ]
    _each_judged_once(in_force, findings)
    findings.sort(key=_reading_order)
    if baseline is not None:
        notes[:0] = remarks(baseline, policies, findings)
    outcomes = {}
    for environment in environments:
        relevant = [finding for finding in findings if environment in finding.actions]
        applicable = [finding for finding in relevant if finding.outcome is not Outcome.NOT_APPLICABLE]
        if not applicable:
            said = "no policy is in force" if not in_force else "no rule applies" if relevant else "no rule is selected"
            notes.append(f"{environment}: {said} on {instant(as_of)}, so nothing was checked")
        outcomes[environment] = worst([finding.actions[environment] for finding in applicable])
    period = timedelta(days=min((policy.document.valid_for for policy in in_force), default=0))
    known = baseline.sha256 if baseline else None
    since = apply_reviews(
        outcomes, findings, evidence, evidence_sha256, refs, known, acts, submitter, now - period, notes
    )
    # To look back, or ahead, is a question and no release: or one could pick the day whose law suits.
    other_law = any(
        policy.document.in_force.covers(now) != ref.in_force for policy, ref in zip(policies, refs, strict=True)
    )
    if other_law:
        notes.append(f"other policies are in force on {instant(now)} than on {instant(as_of)}: this opens no gate")
    return Decision(
        id=identifier,
        subject=evidence.subject,
        evidence=(evidence_sha256,),
        policies=refs,
        baseline=known,
        acts=tuple(item.sha256 for item in acts),
        now=instant(now),
        as_of=instant(as_of),
        submitter=submitter,
        previous=previous,
        valid_until=instant(now) if other_law else _valid_until(policies, findings, acts, now, (since or now) + period),
        findings=tuple(findings),
        outcomes=outcomes,
        notes=tuple(dict.fromkeys(notes)),
    )


def _each_judged_once(policies: list[LoadedPolicy], findings: list[Finding]) -> None:
    selected = sorted(rule.key for policy in policies for rule in policy.rules)
    judged = sorted(finding.key for finding in findings)
    if selected != judged:
        raise RuntimeError(f"selected rules and findings differ: {sorted(set(selected) ^ set(judged))}")


def _finding(
    policy: LoadedPolicy,
    selected: SelectedRule,
    evidence: EvidenceSet,
    acts: Sequence[Recorded],
    baseline: LoadedBaseline | None,
    now: datetime,
    submitter: str,
    notes: list[str],
) -> Finding:
    section = selected.section
    # What is not there comes from nobody.
    there = all(getattr(evidence.facts, group) is not None for group in selected.facts)
    origin = evidence.origin_of(*selected.facts)
    verdict = _judge(selected, evidence, origin, now)
    rule = selected.rule
    finding = Finding(
        **verdict.model_dump(exclude={"fix"}),
        fix=verdict.fix or section.fix or (rule.part("How to fix:") if rule else ""),
        key=selected.key,
        uses=selected.uses,
        title=selected.title,
        origin=origin if there else None,
        controls=selected.controls,
        severity=section.severity,
        actions={},
    )
    waiver = waiver_for(finding, evidence, acts, now, submitter, notes)
    enforced = {environment: selected.enforced(environment) for environment in policy.document.environments}
    # What a person has excused, and what denies nowhere, needs no other excuse.
    denies = waiver is None and Enforcement.DENY in enforced.values()
    known = known_failure(finding, baseline, now, notes) if denies else None
    actions = {
        environment: action_for(
            finding.outcome,
            enforcement,
            waived=waiver is not None,
            known=known is not None,
            waivable_to=Action(section.waivable_to),
        )
        for environment, enforcement in enforced.items()
    }
    excused = {"waiver": waiver.sha256 if waiver else None, "known": known}
    return finding.model_copy(update={"actions": actions, **excused})


def _judge(selected: SelectedRule, evidence: EvidenceSet, origin: Origin, now: datetime) -> Verdict:
    for group in selected.facts:
        if getattr(evidence.facts, group) is None:
            return _absent(group, evidence)
        unaccepted = _unaccepted(selected, evidence.origin_of(group))
        if unaccepted:
            return Verdict(outcome=Outcome.INCONCLUSIVE, why=f"{group} evidence is {unaccepted}", fix=_ACCEPTED)
    if not selected.facts and (unaccepted := _unaccepted(selected, origin)):
        return Verdict(outcome=Outcome.INCONCLUSIVE, why=f"the evidence is {unaccepted}", fix=_ACCEPTED)
    # Whatever breaks while judging is a finding of its own, never a pass and never a crash of the audit.
    try:
        if selected.condition:
            return evaluate(selected.condition, evidence, instant(now))
        rule, params = selected.rule, selected.params
        if rule is None or params is None:
            raise RuntimeError(f"{selected.key} has neither a rule nor a condition")
        verdict = rule.judge(getattr(evidence.facts, rule.facts) if rule.facts else evidence, params, now)
        if not isinstance(verdict, Verdict):
            raise TypeError(f"{rule.name} gave {type(verdict).__name__} and not a Verdict")
        return verdict
    except Exception as error:
        # Our own words, or only the kind: a library's text differs between machines, and everybody must find the same.
        said = str(error)[:300] if type(error) is RuntimeError else type(error).__name__
        return Verdict(outcome=Outcome.ERROR, why=f"judging failed: {said}")


_ACCEPTED = (
    "let the audit measure it (`prediction: rescore` for what a model predicts), or have the policy's owner name this "
    "kind of evidence under `accept` of the rule"
)
# Where in the manifest a group of facts is taken from.
_SECTIONS = {
    "fairness": "`data.evaluation` with `sensitive`",
    "performance": "`data.evaluation`",
    "explainability": "an `artifact` that can be opened, and `features`",
    "artifact": "`artifact`",
    "lineage": "`lineage` with `sources` and `events`",
    "access": "`access` with `grants` and `approvals`",
    "reproducibility": "`environment` with `lock`, `commit` and `seeds`",
    "documents": "`documents`",
    "purpose": "`model.purpose` with `objective`, `kpi`, `intended` and `prohibited`",
    "operations": "`operations` with `rollback`, `monitoring` and `on_call`",
    "licences": "`licences` with `model` and `components`, and `environment.lock`",
    "overlap": "`data.training` beside `data.evaluation`, and `features`",
}


def _absent(group: str, evidence: EvidenceSet) -> Verdict:
    outcome, why = Outcome.INCONCLUSIVE, f"no {group} evidence"
    for absent in evidence.facts.absent:
        if absent.facts == group:
            outcome = Outcome.ERROR if absent.kind == "failed" else Outcome.INCONCLUSIVE
            why = f"no {group} evidence: {absent.why}"
    return Verdict(outcome=outcome, why=why, fix=f"give the manifest {_SECTIONS[group]}")


def _unaccepted(selected: SelectedRule, origin: Origin) -> str:
    accept = selected.section.accept
    if origin.kind not in accept.kind:
        return f"{origin.kind}; the policy accepts {' or '.join(accept.kind)}"
    if origin.predictions is not None and origin.predictions not in accept.predictions:
        return f"from {origin.predictions} predictions; the policy accepts {' or '.join(accept.predictions)}"
    return ""


def _valid_until(
    policies: Sequence[LoadedPolicy], findings: list[Finding], acts: Sequence[Recorded], now: datetime, end: datetime
) -> Instant:
    """`end`, or the day on which a policy comes into force or lapses, or the expiry of a waiver or of an entry of the
    baseline that was used: whichever comes first."""
    used = {finding.waiver for finding in findings}
    ends = [item.act.waiver.expires for item in acts if item.act.waiver and item.sha256 in used]
    ends += [finding.known.until for finding in findings if finding.known]
    changes = [day for policy in policies for day in (policy.document.in_force.from_, policy.document.in_force.until)]
    ahead = [moment for moment in (parse_instant(day) for day in changes if day) if moment > now]
    return instant(min([end, *ahead, *map(parse_instant, ends)]))


_ORDER = (Outcome.FAIL, Outcome.ERROR, Outcome.INCONCLUSIVE, Outcome.PASS, Outcome.NOT_APPLICABLE)


def _reading_order(finding: Finding) -> tuple[int, int, int, str]:
    """Worst first: by action, then outcome, then severity, then key."""
    action = list(Action).index(worst(list(finding.actions.values())))
    return -action, _ORDER.index(finding.outcome), list(type(finding.severity)).index(finding.severity), finding.key
