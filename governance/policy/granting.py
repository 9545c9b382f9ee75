"""A waiver before it is signed: completed from what its giver saw, and refused where it could never count."""

import difflib
import unicodedata
from collections.abc import Sequence

from governance.canonical import parse_instant
from governance.errors import BadInput
from governance.evidence.evidence import EvidenceSet
from governance.policy.act import Act, Named, Part, Values, Waiver
from governance.policy.attesting import assert_statements
from governance.policy.coverage import meant, named
from governance.policy.decision import Decision, Recorded
from governance.policy.document import LoadedPolicy
from governance.policy.finding import Finding
from governance.policy.waivers import Asked, Reason, Terms, why_not
from governance.policy.waiving import REACH

_NOT_SIGNED = {
    Reason.NOT_WAIVABLE: "mend it, or ask the policy's owner",
    Reason.MALFORMED: "write its dates as 2027-01-31T00:00:00Z",
    Reason.EXPIRED: "name a day that is still to come",
    Reason.BEYOND_HORIZON: "end it earlier; who still needs it then asks again",
    Reason.CONDITION: "a condition is CEL over the evidence, such as `fairness.rows >= 2000`, and holds today",
}


def drawn_up(waiver: Waiver, seen: Decision) -> Waiver:
    """As it is signed by somebody who saw this decision: each group with its attributes, and who asked for it, which is
    who submitted the version where nobody else is named. Raises BadInput for what the decision does not have."""
    finding = _finding(waiver, seen)
    groups = tuple(_the_one(group, finding) for group in waiver.groups)
    return waiver.model_copy(update={"groups": groups, "requester": waiver.requester or seen.submitter})


def assert_signable(act: Act, seen: Decision, policies: Sequence[LoadedPolicy], evidence: EvidenceSet) -> None:
    """Raises BadInput for an act without a reason, and for a waiver or a statement that does not keep the terms of its
    policy: what can never count is not signed."""
    if not act.reason.strip():
        raise BadInput("say why", got="a blank reason", expected="a reason in words", where="reason")
    assert_statements(act, policies)
    waiver = act.waiver
    if waiver is None:
        return
    if not waiver.ticket.strip():
        raise BadInput(
            "say under which ticket it is followed up", got="a blank one", expected="such as RISK-7", where="ticket"
        )
    finding = _finding(waiver, seen)
    # Who submitted may not waive at all, which is said by whoever knows the permissions.
    if waiver.requester and _names(waiver.requester, act.actor) and act.actor != seen.submitter:
        raise BadInput(
            "who asks for a waiver does not give it",
            got=f"asked for by {waiver.requester}, given by {act.actor}",
            expected="two people",
            fix="name who asked, or leave it to another approver",
            where="requester",
        )
    policy, selected = next((one, rule) for one in policies for rule in one.rules if rule.key == finding.key)
    terms = Terms(selected.section.waivable, selected.section.severity, policy.document.waivers)
    if REACH.index(waiver.covers) > REACH.index(terms.policy.covers):
        raise BadInput(
            "the waiver covers more than its policy allows",
            got=waiver.covers,
            expected=" or ".join(REACH[: REACH.index(terms.policy.covers) + 1]),
            where="covers",
        )
    # One that begins later is asked about when it begins.
    now = max(parse_instant(act.at), parse_instant(waiver.not_before))
    item = Recorded("", act, seen)
    why = why_not(item, finding, terms, Asked(evidence, (), now, seen.submitter))
    if why is not None and why.reason in _NOT_SIGNED:
        raise BadInput(f"the waiver {why.words}", fix=_NOT_SIGNED[why.reason], where=_WHERE.get(why.reason, ""))


def _names(text: str, principal: str) -> bool:
    """Whether somebody wrote a principal so, in other letters or without its issuer: nobody authenticates who asked."""
    said, whole = (unicodedata.normalize("NFKC", one).casefold().strip() for one in (text, principal))
    return said in (whole, whole.partition("|")[2])


_WHERE = {
    Reason.EXPIRED: "expires",
    Reason.BEYOND_HORIZON: "expires",
    Reason.CONDITION: "compensating_condition",
    Reason.NOT_WAIVABLE: "key",
}


def _finding(waiver: Waiver, seen: Decision) -> Finding:
    found = next((one for one in seen.findings if one.key == waiver.key), None)
    if found is None:
        keys = [one.key for one in seen.findings]
        near = difflib.get_close_matches(waiver.key, keys, n=1, cutoff=0.7)
        fix = f"did you mean {near[0]!r}?" if near else ""
        raise BadInput("the decision has no such finding", got=waiver.key, expected=", ".join(keys), fix=fix)
    return found


def _the_one(group: Named | Values, finding: Finding) -> Named:
    """The only group of the finding that can be meant; text for a part that is not known is `unknown`."""
    found = meant(group, finding) or meant(_unknown(group), finding)
    if len(found) != 1:
        there = dict.fromkeys(spelled(named(one)) for one in finding.looked_at if one.group)
        raise BadInput(
            "the group is one of several attributes" if found else "the finding is about no such group",
            got=spelled(group),
            expected=" or ".join(map(spelled, found)) or ", ".join(there) or "none: it is about no groups at all",
            where="groups",
        )
    return found[0]


_UNKNOWN = "unknown"


def _unknown(group: Named | Values) -> Named | Values:
    if any(isinstance(part, Part) for part in group):
        parts = tuple(part for part in group if isinstance(part, Part))
        return tuple(part.model_copy(update={"value": None}) if part.value == _UNKNOWN else part for part in parts)
    return tuple(None if part == _UNKNOWN else part for part in group if not isinstance(part, Part))


def spelled(group: Named | Values) -> str:
    """sex=female, or sex=female,race=unknown; the values alone where no attribute is named."""
    words = [(part.attribute, part.value) if isinstance(part, Part) else ("", part) for part in group]
    return ",".join(f"{name}={value or _UNKNOWN}" if name else value or _UNKNOWN for name, value in words)
