"""Whether a waiver counts for a finding, and if not, why: asked by everybody who judges, signs or shows one.

A waiver excuses and never mends: what is waived stays failed or inconclusive, and is shown as waived.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from governance.canonical import Document, Instant, Sha256, instant, parse_instant
from governance.errors import BadInput
from governance.evidence.evidence import EvidenceSet
from governance.policy.act import APPROVER, Act, Waiver, separate
from governance.policy.coverage import Parts, asks_the_same, covers_groups, meant, no_worse, worst_number
from governance.policy.expression import GROUPS, compile_condition, evaluate, members
from governance.policy.finding import Finding, plural
from governance.policy.outcome import WAIVABLE, Outcome, Severity
from governance.policy.urgency import SOON
from governance.policy.waiving import REACH, Waivers, reaches

if TYPE_CHECKING:
    from governance.policy.decision import Recorded


class Reason(StrEnum):
    """Why a waiver does not count."""

    NO_FINDING = "no such finding"
    NOT_NEEDED = "not needed"
    NOT_WAIVABLE = "not waivable"
    NOT_APPROVER = "not an approver"
    NOT_SEPARATE = "not somebody else"
    ROLE_LOST = "role lost"
    OTHER_VERSION = "other version"
    UNSEEN = "unseen"
    UNFORESEEN = "unforeseen failure"
    REWRITTEN = "rewritten"
    MALFORMED = "malformed"
    NOT_YET = "not yet"
    EXPIRED = "expired"
    BEYOND_HORIZON = "beyond horizon"
    OTHER_GROUP = "other group"
    WORSE = "worse"
    CONDITION = "condition"
    REPLACED = "replaced"
    SPARE = "spare"


class Why(NamedTuple):
    """A reason, and a sentence that goes on after "the waiver"."""

    reason: Reason
    words: str


class Weighed(Document):
    """A waiver that a decision stands on. `act`: its digest. `key`: of the finding. `ticket`: where it is followed up.
    `expires`: when it ends. `counts`: whether it excuses the finding. `reason`: in one word why not, null where it
    does. `words`: the same in a sentence, or that it ends soon; empty where there is nothing to say."""

    act: Sha256
    key: str
    ticket: str
    expires: Instant
    counts: bool
    reason: Reason | None
    words: str

    @property
    def note(self) -> str:
        """For whoever reads the decision; empty where it counts for long, or is merely not the last that would."""
        if not self.words or self.reason is Reason.SPARE:
            return ""
        return f"waiver {self.ticket} for {self.key} {self.words}"


class Asked(NamedTuple):
    """What waivers are weighed with. `lapsed`: those whose giver does not hold the role any more. `policies`: digests
    of their texts by id."""

    evidence: EvidenceSet
    acts: "Sequence[Recorded]"
    now: datetime
    submitter: str
    lapsed: frozenset[Sha256] = frozenset()
    policies: Mapping[str, Sha256] = MappingProxyType({})


class Terms(NamedTuple):
    """What the policy says of waivers of one rule."""

    waivable: bool
    severity: Severity
    policy: Waivers


def waiver_for(finding: Finding, terms: Terms, asked: Asked) -> "tuple[Recorded | None, list[Weighed]]":
    """The last waiver that counts for this finding, if any, and what became of each that names it."""
    used, weighed = None, []
    for item in reversed(asked.acts):
        waiver = item.act.waiver
        if waiver is None or waiver.key != finding.key:
            continue
        why = why_not(item, finding, terms, asked)
        if why is None and used is not None:
            why = Why(Reason.SPARE, "would count, and a later one does")
        elif why is None:
            used = item
        weighed.append(_weighed(item, waiver, why, asked.now))
    return used, weighed[::-1]


def without_finding(keys: Sequence[str], asked: Asked) -> Iterator[Weighed]:
    """The waivers for findings that there are none of."""
    for item in asked.acts:
        waiver = item.act.waiver
        if waiver is not None and waiver.key not in keys:
            why = Why(Reason.NO_FINDING, "is not used: no rule here that is judged has this key")
            yield _weighed(item, waiver, why, asked.now)


def _weighed(item: "Recorded", waiver: Waiver, why: Why | None, now: datetime) -> Weighed:
    return Weighed(
        act=item.sha256,
        key=waiver.key,
        ticket=waiver.ticket,
        expires=waiver.expires,
        counts=why is None,
        reason=why and why.reason,
        words=why.words if why else _ending(waiver, now),
    )


def _ending(waiver: Waiver, now: datetime) -> str:
    left = parse_instant(waiver.expires) - now
    if left > SOON:
        return ""
    return f"ends in {plural(left.days, 'day') if left.days else 'less than a day'}, on {waiver.expires}"


def why_not(item: "Recorded", finding: Finding, terms: Terms, asked: Asked) -> Why | None:
    """Why a waiver does not count for a finding; None where it does.

    The order is from what could never count to what counts at another time, so that the first reason says what to do.
    """
    waiver = item.act.waiver
    if waiver is None or waiver.key != finding.key:
        return Why(Reason.NO_FINDING, "is for another finding")
    return (
        _of_the_finding(finding, terms)
        or _of_the_giver(item, waiver, asked)
        or _of_the_sight(item, waiver, finding, terms, asked.evidence)
        or _of_the_rule(item, finding, asked.policies)
        or _of_the_time(item.act, waiver, terms, asked.now)
        or _of_the_extent(item, waiver, finding)
        or _of_the_condition(waiver, asked.evidence, asked.now)
        or _of_a_later_one(item, waiver, asked)
    )


def _of_the_finding(finding: Finding, terms: Terms) -> Why | None:
    if finding.outcome not in WAIVABLE:
        said = "cannot be excused" if finding.outcome is Outcome.ERROR else "needs no excuse"
        return Why(Reason.NOT_NEEDED, f"is not used: the finding is {finding.outcome.value}, and {said}")
    if not terms.waivable:
        return Why(Reason.NOT_WAIVABLE, "does not count: the policy lets nobody waive this rule")
    return None


def _of_the_giver(item: "Recorded", waiver: Waiver, asked: Asked) -> Why | None:
    actor = item.act.actor
    if item.act.role != APPROVER:
        return Why(Reason.NOT_APPROVER, "is not by an approver")
    if not independent(actor, asked.submitter, asked.evidence):
        return Why(Reason.NOT_SEPARATE, "is not by an approver who is somebody other than the submitter")
    if waiver.requester == actor:
        return Why(Reason.NOT_SEPARATE, "was given by the very person who asked for it")
    if item.sha256 in asked.lapsed:
        return Why(Reason.ROLE_LOST, f"does not count any more: {actor} is no approver now")
    return None


def _of_the_sight(
    item: "Recorded", waiver: Waiver, finding: Finding, terms: Terms, evidence: EvidenceSet
) -> Why | None:
    seen = finding_seen(item)
    covers = min(waiver.covers, terms.policy.covers, key=REACH.index)
    if not reaches(covers, item.seen.subject, evidence.subject):
        return Why(Reason.OTHER_VERSION, f"was given for another model version ({item.seen.subject.version})")
    if seen is None or seen.outcome not in WAIVABLE:
        return Why(Reason.UNSEEN, "was given without sight of such a finding")
    if finding.outcome is Outcome.FAIL and seen.outcome is not Outcome.FAIL and not waiver.no_worse_than:
        said = f"was given when it was {seen.outcome.value}; it does not say what failure it would excuse"
        return Why(Reason.UNFORESEEN, said)
    return None


def _of_the_rule(item: "Recorded", finding: Finding, policies: Mapping[str, Sha256]) -> Why | None:
    """Under the same id a later text of the policy may ask something else, which nobody has excused."""
    seen, policy = finding_seen(item), finding.key.partition("#")[0]
    then = next((ref.sha256 for ref in item.seen.policies if ref.id == policy), None)
    if seen is None or policies.get(policy, then) == then or asks_the_same(finding, seen):
        return None
    said = "was given under another text of the policy, in which this rule asked something else"
    return Why(Reason.REWRITTEN, f"{said} ({seen.uses})" if seen.uses != finding.uses else said)


def _of_the_time(act: Act, waiver: Waiver, terms: Terms, now: datetime) -> Why | None:
    begins, ends, signed = _moment(waiver.not_before), _moment(waiver.expires), _moment(act.at)
    if begins is None or ends is None or signed is None:
        return Why(Reason.MALFORMED, "counts as expired: one of its dates cannot be read")
    if has_ended(waiver.expires, now):
        return Why(Reason.EXPIRED, f"is live from {waiver.not_before} to {waiver.expires} only: it has expired")
    if now < begins:
        return Why(Reason.NOT_YET, f"is live from {waiver.not_before} to {waiver.expires} only: it has not begun")
    if (latest := terms.policy.latest(signed, terms.severity)) < ends:
        most = plural(terms.policy.most_days(terms.severity), "day")
        said = f"ends on {waiver.expires}, beyond the {most} that the policy gives a {terms.severity.value} finding"
        return Why(Reason.BEYOND_HORIZON, f"{said} ({instant(latest)})")
    return None


def has_ended(expires: str, now: datetime) -> bool:
    """Whether a waiver has ended: at that very second it has, and a date that cannot be read has passed."""
    ends = _moment(expires)
    return ends is None or now >= ends


def _moment(text: str) -> datetime | None:
    try:
        return parse_instant(text)
    except (BadInput, TypeError):
        return None


def _of_the_extent(item: "Recorded", waiver: Waiver, finding: Finding) -> Why | None:
    seen = finding_seen(item)
    groups: list[Parts] = []
    for group in waiver.groups:
        found = meant(group, seen) if seen else ()
        if len(found) > 1:
            names = " and of ".join("*".join(part.attribute for part in parts) for parts in found)
            value = " x ".join("unknown" if part is None else str(part) for part in group)
            return Why(Reason.OTHER_GROUP, f"does not say which group it means: {value} is one of {names}")
        groups += found
    if waiver.groups and not (groups and covers_groups(finding, tuple(groups))):
        return Why(Reason.OTHER_GROUP, "does not cover every group concerned")
    if not no_worse(finding, waiver.no_worse_than):
        worst = worst_number(finding)
        found_now = f": it is {worst}" if worst else ", and there is no number now"
        return Why(Reason.WORSE, f"covers nothing worse than {waiver.no_worse_than}{found_now}")
    return None


def _of_the_condition(waiver: Waiver, evidence: EvidenceSet, now: datetime) -> Why | None:
    text = waiver.compensating_condition
    if text is None:
        return None
    # The groups of evidence that it names are what it requires; what is not there holds nothing.
    requires = tuple(name for name in GROUPS if members(text, name))
    try:
        verdict = evaluate(compile_condition(text, requires, "compensating_condition"), evidence, instant(now))
    except BadInput as error:
        return Why(Reason.CONDITION, f"has a condition that cannot be read: {error.what}")
    except Exception as error:  # whatever breaks, it does not count
        return Why(Reason.CONDITION, f"has a condition that broke: {type(error).__name__}")
    if verdict.outcome is Outcome.PASS:
        return None
    return Why(Reason.CONDITION, f"counts only while its condition holds: {verdict.why}")


def _of_a_later_one(item: "Recorded", waiver: Waiver, asked: Asked) -> Why | None:
    """Undoing is a new act: whoever may waive narrows or ends a waiver by signing another under its ticket."""
    digests = [one.sha256 for one in asked.acts]
    after = asked.acts[digests.index(item.sha256) + 1 :] if item.sha256 in digests else ()
    for other in after:
        later = other.act.waiver
        if later is None or (later.key, later.ticket) != (waiver.key, waiver.ticket):
            continue
        if _of_the_giver(other, later, asked) is None:
            return Why(Reason.REPLACED, f"was replaced by the one of {other.act.at} under the same ticket")
    return None


def finding_seen(item: "Recorded") -> Finding | None:
    """The finding as whoever waived it saw it."""
    key = item.act.waiver.key if item.act.waiver else None
    return next((known for known in item.seen.findings if known.key == key), None)


def independent(actor: str, submitter: str, evidence: EvidenceSet) -> bool:
    """Neither submitted nor measured it: who measured stays known when somebody else submits the same evidence."""
    return separate(actor, submitter) and actor != evidence.origin.by
