"""The decision: every selected rule judged once, acts applied, one action per environment. Pure and repeatable."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Literal, NamedTuple

from pydantic import Field

from governance.canonical import Document, Instant, Sha256, instant, parse_instant
from governance.evidence.evidence import EvidenceSet
from governance.evidence.origin import Subject
from governance.policy.act import Act
from governance.policy.acts import apply_reviews
from governance.policy.attesting import attested
from governance.policy.baseline import LoadedBaseline, known_failure, remarks
from governance.policy.contained import contained
from governance.policy.document import LoadedPolicy, SelectedRule
from governance.policy.enforcement import action_on
from governance.policy.finding import Announced, Finding, Known
from governance.policy.lasting import Timed, lasting
from governance.policy.outcome import ACTIONS, Action, Enforcement, Outcome, Severity, worst
from governance.policy.selector import view_of_evidence
from governance.policy.timeliness import untimely
from governance.policy.verdict import verdict_of
from governance.policy.waivers import Asked, Terms, Weighed, waiver_for, without_finding
from governance.policy.waiving import Waivers
from governance.policy.which_law import which_law


class PolicyRef(Document):
    """`in_force`: whether it counts on the legal date of the decision. `applies`: whether it is for this model, and
    `because` why, null where it is for every model. Its rules were judged where both hold."""

    id: str
    version: str
    sha256: Sha256
    in_force: bool
    applies: bool = True
    because: str | None = None

    @property
    def remark(self) -> str:
        """Why its rules were not judged; empty where they were."""
        return "not in force" if not self.in_force else "" if self.applies else "does not apply"


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
    waivers: tuple[Weighed, ...] = ()
    lapsed: tuple[Sha256, ...] = ()

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
    lapsed: Collection[Sha256] = (),
) -> Decision:
    """Judge `evidence` under `policies` with `acts` in the order they were signed.

    Several policies: the strictest action counts. No policy, no rule in force or nothing applicable: deny. A failure
    that `baseline` knows needs a review where it would deny. `lapsed` are waivers whose givers do not hold the role any
    more, as the issuer says: they do not count. Raises BadInput where the baseline is another model's.
    """
    if baseline is not None:
        baseline.assert_about(evidence.subject.name)
    environments = sorted({name for policy in policies for name in policy.document.environments})
    view = view_of_evidence(evidence)
    where = [policy.applies(view, environments) for policy in policies]
    refs = tuple(
        PolicyRef(
            id=policy.document.id,
            version=policy.document.version,
            sha256=policy.sha256,
            in_force=policy.document.in_force.covers(as_of),
            applies=bool(found.places),
            because=found.why or None,
        )
        for policy, found in zip(policies, where, strict=True)
    )
    in_force = [policy for policy, ref in zip(policies, refs, strict=True) if ref.in_force]
    judged = [
        (policy, found.places)
        for policy, found, ref in zip(policies, where, refs, strict=True)
        if ref.in_force and ref.applies
    ]
    notes: list[str] = [] if policies else ["no policy was given, so nothing was checked and nothing is allowed"]
    notes += [
        f"policy {ref.id} {'applies' if ref.applies else 'does not apply'}: {ref.because}"
        for ref, found in zip(refs, where, strict=True)
        if ref.in_force and not found.plain
    ]
    notes += contained([policy for policy, _ in judged])
    waived: list[Weighed] = []
    texts = {policy.document.id: policy.sha256 for policy in policies}
    of_waivers = Asked(evidence, acts, now, submitter, frozenset(lapsed), texts)
    named = {item.act.waiver.key for item in acts if item.act.waiver}
    named |= {entry.finding for entry in baseline.document.known} if baseline else set()
    asked = _Asked(evidence, frozenset(named), of_waivers, baseline, now, as_of, notes, waived)
    rules = [(selected, policy.document.waivers, places) for policy, places in judged for selected in policy.rules]
    findings = [_finding(*rule, asked) for rule in rules]
    conditional = {one.sha256 for one in acts if one.act.waiver and one.act.waiver.compensating_condition}
    timed = [
        Timed(finding, partial(_at, rule, asked))
        for rule, finding in zip(rules, findings, strict=True)
        if rule[0].timed or finding.waiver in conditional
    ]
    nowhere = list(without_finding([finding.key for finding in findings], of_waivers))
    waived += nowhere
    digests = tuple(item.sha256 for item in acts)
    notes += [one.note for one in nowhere]
    _each_judged_once([policy for policy, _ in judged], findings)
    findings.sort(key=_reading_order)
    if baseline is not None:
        notes[:0] = remarks(baseline, policies, findings)
    outcomes = {}
    for environment in environments:
        relevant = [finding for finding in findings if environment in finding.actions]
        applicable = [finding for finding in relevant if finding.outcome is not Outcome.NOT_APPLICABLE]
        if not applicable:
            said = _unchecked(environment, in_force, judged)
            notes.append(f"{environment}: {said} on {instant(as_of)}, so nothing was checked")
        bare = [one for policy, places in judged if environment in places for one in _bare(policy, relevant)]
        notes += [f"{environment}: {said}" for said in bare]
        outcomes[environment] = worst(
            [*(finding.actions[environment] for finding in applicable), *([Action.DENY] if bare else [])]
        )
    period = timedelta(days=min((policy.document.valid_for for policy, _ in judged), default=0))
    known = baseline.sha256 if baseline else None
    since = apply_reviews(
        outcomes, findings, evidence, evidence_sha256, refs, known, acts, submitter, now - period, notes
    )
    notes += which_law(outcomes, judged, findings)
    # To look back, or ahead, is a question and no release: or one could pick the day whose law suits.
    other_policies = any(
        policy.document.in_force.covers(now) != ref.in_force for policy, ref in zip(policies, refs, strict=True)
    )
    other_law = other_policies or any(
        selected.enforced(place, now) is not selected.enforced(place, as_of)
        or selected.counts(now) is not selected.counts(as_of)
        for policy, places in judged
        for selected in policy.rules
        if selected.days
        for place in places
    )
    if other_law:
        said = "other policies are in force" if other_policies else "rules are enforced otherwise"
        notes.append(f"{said} on {instant(now)} than on {instant(as_of)}: this opens no gate")
        until = now
    else:
        until, said = lasting(timed, now, _valid_until(policies, findings, acts, now, (since or now) + period))
        notes += [said] if said else []
    return Decision(
        id=identifier,
        subject=evidence.subject,
        evidence=(evidence_sha256,),
        policies=refs,
        baseline=known,
        acts=digests,
        now=instant(now),
        as_of=instant(as_of),
        submitter=submitter,
        previous=previous,
        valid_until=instant(until),
        findings=tuple(findings),
        outcomes=outcomes,
        notes=tuple(dict.fromkeys(notes)),
        waivers=tuple(sorted(waived, key=lambda one: digests.index(one.act))),
        lapsed=tuple(digest for digest in digests if digest in lapsed),
    )


def _each_judged_once(policies: list[LoadedPolicy], findings: list[Finding]) -> None:
    selected = sorted(rule.key for policy in policies for rule in policy.rules)
    judged = sorted(finding.key for finding in findings)
    if selected != judged:
        raise RuntimeError(f"selected rules and findings differ: {sorted(set(selected) ^ set(judged))}")


def _bare(policy: LoadedPolicy, findings: list[Finding]) -> list[str]:
    """Why a policy denies because one of those that it extends would: none of that one's rules applies."""
    there = {finding.key for finding in findings if finding.outcome is not Outcome.NOT_APPLICABLE}
    return [
        f"no rule that {policy.document.id} has from {layer.policy} applies, so nothing of it was checked"
        for layer in policy.document.merged
        if not any(f"{policy.document.id}#{rule}" in there for rule in layer.rules)
    ]


def _unchecked(
    environment: str, in_force: list[LoadedPolicy], judged: list[tuple[LoadedPolicy, tuple[str, ...]]]
) -> str:
    """Why nothing was checked in an environment."""
    if not in_force:
        return "no policy is in force"
    if any(environment in places and policy.rules for policy, places in judged):
        return "no rule applies"
    if any(environment in places for _, places in judged):
        return "no rule is selected"
    here = any(policy.document.covers(environment) for policy in in_force)
    return "no policy applies" if here else "no rule is selected"


class _Asked(NamedTuple):
    """What every rule is judged with. `named`: findings that a waiver or the baseline names. `notes` and `waived` are
    added to."""

    evidence: EvidenceSet
    named: frozenset[str]
    waivers: Asked
    baseline: LoadedBaseline | None
    now: datetime
    as_of: datetime
    notes: list[str]
    waived: list[Weighed]


def _at(rule: tuple[SelectedRule, Waivers, tuple[str, ...]], asked: _Asked, moment: datetime) -> Finding:
    """The same with the clock at another moment, on the same legal date."""
    waivers = asked.waivers._replace(now=moment)
    return _finding(*rule, asked._replace(now=moment, waivers=waivers, notes=[], waived=[]))


def _finding(selected: SelectedRule, waivers: Waivers, places: tuple[str, ...], asked: _Asked) -> Finding:
    section, evidence, groups = selected.section, asked.evidence, selected.facts
    said = attested(selected.key, asked.waivers) if selected.attests else None
    judged = verdict_of(selected, evidence, asked.now, said)
    # The days are those of the clauses only where the rule has none of its own.
    timed = () if section.in_force else selected.clauses
    verdict = untimely(selected.times, timed or (f"rule {section.id}",), asked.as_of) or judged
    # What is not there comes from nobody.
    there = not selected.attests and all(getattr(evidence.facts, group) is not None for group in groups)
    made = partial(
        Finding,
        outcome=verdict.outcome,
        why=verdict.why,
        looked_at=verdict.looked_at,
        limit=verdict.limit,
        fix=verdict.fix or selected.fix,
        key=selected.key,
        uses=selected.uses,
        title=selected.title,
        origin=evidence.origin_of(*groups) if there else None,
        controls=selected.controls,
        severity=section.severity,
        owner=section.owner,
    )
    waiver, known = None, None
    if selected.key in asked.named:
        waiver, known = _excused(made(actions={}), selected, waivers, places, asked)
    asks = partial(
        action_on,
        judged.outcome,
        section.enforcement,
        waived=waiver is not None,
        known=known is not None,
        waivable_to=Action(section.waivable_to),
    )

    def action(place: str, moment: datetime) -> Action:
        return asks(place, moment) if selected.counts(moment) else Action.ALLOW

    actions = {place: action(place, asked.as_of) for place in places}
    announced, latest = [], dict(actions)
    for day in selected.days:
        for place in places:
            if (moment := parse_instant(day)) > asked.as_of and action(place, moment) is not latest[place]:
                latest[place] = action(place, moment)
                announced.append(Announced(place=place, action=latest[place], from_=day))
    return made(
        actions=actions, announced=tuple(announced), waiver=waiver.sha256 if waiver else None, known=known
    )  # fmt: skip


def _excused(
    finding: Finding, selected: SelectedRule, waivers: Waivers, places: tuple[str, ...], asked: _Asked
) -> tuple[Recorded | None, Known | None]:
    """The waiver that counts for a finding, and what the baseline knows of it."""
    section = selected.section
    waiver, weighed = waiver_for(finding, Terms(section.waivable, section.severity, waivers), asked.waivers)
    asked.waived.extend(weighed)
    asked.notes.extend(one.note for one in weighed if one.note)
    # What a person has excused, and what denies nowhere, needs no other excuse.
    denies = waiver is None and any(selected.enforced(place, asked.as_of) is Enforcement.DENY for place in places)
    return waiver, known_failure(finding, asked.baseline, asked.now, asked.notes) if denies else None


def _valid_until(
    policies: Sequence[LoadedPolicy], findings: list[Finding], acts: Sequence[Recorded], now: datetime, end: datetime
) -> datetime:
    """`end`, or the day on which a policy comes into force or lapses, or a finding asks for something else,
    or the expiry of a waiver or of an entry of the baseline that was used: whichever comes first."""
    used = {finding.waiver for finding in findings}
    ends = [item.act.waiver.expires for item in acts if item.act.waiver and item.sha256 in used]
    ends += [finding.known.until for finding in findings if finding.known]
    changes = [day for policy in policies for day in (policy.document.in_force.from_, policy.document.in_force.until)]
    changes += [step.from_ for finding in findings for step in finding.announced]
    changes += [day for policy in policies for rule in policy.rules for one in rule.times for day in one.days]
    ahead = [moment for moment in (parse_instant(day) for day in changes if day) if moment > now]
    return min([end, *ahead, *map(parse_instant, ends)])


_SEVERITIES = tuple(Severity)
_ORDER = (Outcome.FAIL, Outcome.ERROR, Outcome.INCONCLUSIVE, Outcome.PASS, Outcome.NOT_APPLICABLE)


def _reading_order(finding: Finding) -> tuple[int, int, int, str]:
    """Worst first: by action, then outcome, then severity, then key."""
    action = ACTIONS.index(worst(list(finding.actions.values())))
    return -action, _ORDER.index(finding.outcome), _SEVERITIES.index(finding.severity), finding.key
