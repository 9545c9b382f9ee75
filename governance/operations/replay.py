"""Judge what was recorded again by drafts of policies, and say whose decision would change and why. Nothing is sealed.

The recorded evidence, acts and moment count, so that only the policies differ. A draft stands in the place of the
recorded policy with its id, else of one that it extends, and what was judged by no such policy is left out. Drafts that
have nothing to do with anything recorded stand alone.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from governance import strictyaml
from governance.canonical import instant, parse_instant
from governance.errors import BadInput
from governance.evidence.manifest import Manifest
from governance.operations.past import Judged, Unread
from governance.policy.decision import Decision, decide
from governance.policy.difference import named
from governance.policy.document import LoadedPolicy
from governance.policy.finding import Finding
from governance.policy.gate import decided_at
from governance.policy.lacking import lacks, may_lack
from governance.policy.outcome import ACTIONS, Action, Enforcement, Outcome, worst
from governance.policy.plan import plan
from governance.render.replayed import Case, Differs, Kind, Place, Side


class Asked(NamedTuple):
    """`drafts` are judged by; `against`: policies to compare with, the recorded ones where empty. `environment`: what
    alone is looked at, everything where None. `as_of`: the legal date; where None, that of each decision, or the first
    on which the drafts are in force. `alone`: whether the drafts stand in the place of all that was recorded. `then`:
    compared with what was decided, as the law stood then; without drafts by the very policies that were recorded."""

    drafts: tuple[LoadedPolicy, ...]
    against: tuple[LoadedPolicy, ...] = ()
    environment: str | None = None
    as_of: datetime | None = None
    alone: bool = False
    then: bool = False


def replay(recorded: Iterable[Judged | Unread], asked: Asked) -> Iterator[Case]:
    """Each decision judged again, also those that stay as they are (which have no places), that are left out, and that
    cannot be judged (which have a problem)."""
    begins = max((parse_instant(draft.document.in_force.from_) for draft in asked.drafts), default=None)
    for one in recorded:
        if isinstance(one, Unread):
            yield Case(name=one.name, version=one.version, decision=one.sha256, problem=one.why)
            continue
        as_of = asked.as_of or max(filter(None, (parse_instant(one.decision.as_of), begins)))
        rules = ruling(asked, one.policies)
        if rules is None:
            yield _bare(one, as_of).model_copy(update={"left_out": True})
            continue
        try:
            yield _case(one, asked, rules, as_of)
        except BadInput as error:
            yield _bare(one, as_of).model_copy(update={"problem": str(error)})


def stands_for(draft: LoadedPolicy) -> set[str]:
    """Ids of policies in whose place a draft may stand: its own, and those that it extends."""
    return {draft.document.id, *(one.policy for one in draft.document.merged)}


class Ruling(NamedTuple):
    """Which policies judge a case now. `heirs`: the ids of those that stand for others, by the id that was recorded."""

    policies: tuple[LoadedPolicy, ...]
    heirs: dict[str, str]

    def key(self, finding: Finding) -> str:
        """Of a recorded finding, as it is called now."""
        policy, mark, rule = finding.key.partition("#")
        return f"{self.heirs.get(policy, policy)}{mark}{rule}"


def ruling(asked: Asked, recorded: Sequence[LoadedPolicy]) -> Ruling | None:
    """None where the drafts have nothing to do with the case."""
    if asked.against or asked.alone:
        return Ruling(asked.drafts, {})
    if asked.then and not asked.drafts:
        return Ruling(tuple(recorded), {})
    drafts = {draft.document.id: draft for draft in asked.drafts}
    ids = [policy.document.id for policy in recorded]
    # A draft whose own policy is recorded too stands for that one alone.
    heirs = {old: new for new in drafts if new not in ids for old in ids if old in stands_for(drafts[new])}
    heirs |= {same: same for same in drafts if same in ids}
    if not heirs:
        return None
    kept = [policy for policy in recorded if policy.document.id not in heirs]
    return Ruling((*kept, *asked.drafts), heirs)


def _decided(one: Judged, policies: tuple[LoadedPolicy, ...], as_of: datetime) -> Decision:
    decision = one.decision
    return decide(
        one.evidence,
        decision.evidence[0],
        policies,
        one.acts,
        baseline=one.baseline,
        now=parse_instant(decision.now),
        as_of=as_of,
        identifier=decision.id,
        submitter=decision.submitter,
        previous=decision.previous,
        lapsed=decision.lapsed,
    )


def _bare(one: Judged, as_of: datetime) -> Case:
    subject = one.decision.subject
    return Case(
        name=subject.name,
        version=subject.version,
        decision=one.sha256,
        judged_by=tuple(map(named, one.policies)),
        as_of=instant(as_of),
    )


def _case(one: Judged, asked: Asked, rules: Ruling, as_of: datetime) -> Case:
    case = _bare(one, as_of)
    if asked.then or (not asked.against and case.as_of == one.decision.as_of):
        was = one.decision
    else:
        was = _decided(one, asked.against or one.policies, as_of)
    if asked.against:
        case = case.model_copy(update={"judged_by": tuple(map(named, asked.against))})
    now = _decided(one, rules.policies, as_of)
    names = sorted({*was.outcomes, *now.outcomes}) if asked.environment is None else [asked.environment]
    was, now = (_answering(side, names) for side in (was, now))
    moved = [name for name in names if was.outcomes.get(name) is not now.outcomes.get(name)]
    doubts = {name: found for name in names if (found := _in_doubt(name, was, now, rules, as_of))}
    if not moved and not doubts:
        return case
    # Where nothing moved only the doubts could: what else is not known was not known before.
    lacking = _lacking(
        one, rules.policies, _undecided(now) if moved else {key for keys in doubts.values() for key in keys}
    )
    doubts = {name: open_ for name, found in doubts.items() if (open_ := [key for key in found if key in lacking])}
    changed = [name for name in names if name in moved or name in doubts]
    if not changed:
        return case
    places = tuple(_place(name, was, now, rules, lacking, doubts.get(name, [])) for name in changed)
    before = {rules.key(finding): finding for finding in was.findings}
    after = {finding.key: finding for finding in now.findings}
    decisive = {key for place in places for key in place.because}
    findings = tuple(
        Differs(
            key=key,
            title=(after.get(key) or before[key]).title,
            was=_side(before.get(key), changed),
            now=_side(after.get(key), changed),
            would_need=lacking.get(key, ()),
        )
        for key in dict.fromkeys((*after, *before))
        if key in decisive or _differ(before.get(key), after.get(key), changed)
    )
    return case.model_copy(update={"places": places, "findings": findings})


def _answering(decision: Decision, places: Sequence[str]) -> Decision:
    """With an answer for each of these places, as the gate gives one for a point about which nothing is decided."""
    missing = {place: decided_at(decision, place) for place in places if place not in decision.outcomes}
    known = {place: at for place, at in missing.items() if at in decision.outcomes}
    if not known:
        return decision
    findings = tuple(
        one.model_copy(
            update={"actions": one.actions | {to: one.actions[at] for to, at in known.items() if at in one.actions}}
        )
        for one in decision.findings
    )
    outcomes = decision.outcomes | {place: decision.outcomes[at] for place, at in known.items()}
    return decision.model_copy(update={"outcomes": outcomes, "findings": findings})


def _in_doubt(name: str, was: Decision, now: Decision, rules: Ruling, as_of: datetime) -> list[str]:
    """Findings that need a review for a doubt that was not there, where a failure would deny: what becomes of it shows
    only once it is measured."""
    if now.outcomes.get(name) is not Action.NEEDS_REVIEW:
        return []
    before = {rules.key(finding): finding.why for finding in was.findings}
    doubted = [one for one in _to_review(now, name) if one.outcome is Outcome.INCONCLUSIVE]
    new = {one.key for one in doubted if before.get(one.key) != one.why}
    asking = (rule for policy in rules.policies for rule in policy.rules if rule.key in new)
    return [rule.key for rule in asking if rule.enforced(name, as_of) is Enforcement.DENY]


def _asks(finding: Finding | None, place: str) -> Action:
    """What is not there asks for nothing."""
    return finding.actions.get(place, Action.ALLOW) if finding else Action.ALLOW


def _differ(was: Finding | None, now: Finding | None, places: list[str]) -> bool:
    """Whether it asks for something else in one of these places."""
    return any(_asks(was, place) is not _asks(now, place) for place in places)


def _place(
    name: str, was: Decision, now: Decision, rules: Ruling, lacking: dict[str, tuple[str, ...]], doubts: list[str]
) -> Place:
    """`doubts`: findings that may deny once they are measured."""
    before, after = was.outcomes.get(name), now.outcomes.get(name)
    if doubts:
        return Place(place=name, was=before, now=after, kind="would need measuring", because=tuple(doubts))
    if before is not None and after is not None and _rank(after) < _rank(before):
        because = tuple(rules.key(f) for f in was.findings if _rank(_asks(f, name)) > _rank(after))
    elif after in (None, Action.ALLOW):
        because = ()
    else:
        because = tuple(f.key for f in now.findings if _asks(f, name) is after)
    said = () if because else tuple(n.removeprefix(f"{name}: ") for n in now.notes if n.startswith(f"{name}: "))
    return Place(
        place=name, was=before, now=after, kind=_kind(name, was, now, rules, lacking), because=because, notes=said
    )


def _rank(action: Action) -> int:
    return ACTIONS.index(action)


def _kind(name: str, was: Decision, now: Decision, rules: Ruling, lacking: dict[str, tuple[str, ...]]) -> Kind:
    before, after = was.outcomes.get(name), now.outcomes.get(name)
    if before is None or after is None:
        return "newly decided" if before is None else "no longer decided"
    # What follows where nothing is wanting: then the draft itself is stricter.
    judged = [action for f in now.findings if f.key not in lacking and (action := f.actions.get(name)) is not None]
    if lacking and _rank(worst(judged) if judged else Action.ALLOW) < _rank(after):
        return "would need measuring"
    if _rank(after) < _rank(before):
        return "milder"
    reviewed, review = ({(rules.key(f), f.outcome) for f in _to_review(one, name)} for one in (was, now))
    return "approve again" if after is Action.NEEDS_REVIEW and review and review <= reviewed else "stricter"


def _to_review(decision: Decision, name: str) -> list[Finding]:
    return [f for f in decision.findings if f.actions.get(name) is Action.NEEDS_REVIEW]


def _side(finding: Finding | None, places: list[str]) -> Side | None:
    if finding is None:
        return None
    return Side(
        outcome=finding.outcome,
        waived=finding.waiver is not None,
        actions={place: finding.actions[place] for place in places if place in finding.actions},
        looked_at=finding.looked_at[0] if finding.looked_at else None,
        limit=finding.limit,
        why=finding.why,
    )


def _undecided(decision: Decision) -> set[str]:
    return {f.key for f in decision.findings if f.outcome in (Outcome.INCONCLUSIVE, Outcome.ERROR)}


def _lacking(one: Judged, policies: Sequence[LoadedPolicy], keys: set[str]) -> dict[str, tuple[str, ...]]:
    """What would have to be measured, by those of these findings that cannot be judged without it."""
    measured = one.evidence.plan
    asking = [
        (policy, rule) for policy in policies for rule in policy.rules if rule.key in keys and may_lack(rule, measured)
    ]
    if not asking:
        return {}
    manifest = strictyaml.load(one.manifest(), Manifest, "manifest")
    wanted = {rule.key: plan([policy._replace(rules=(rule,))], manifest) for policy, rule in asking}
    return {key: words for key, one_plan in wanted.items() if (words := tuple(lacks(one_plan, measured)))}
