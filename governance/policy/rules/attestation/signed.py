"""attestation.signed: what no machine can check, a named person answers for, for a time."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, get_args

from pydantic import Field

from governance.canonical import instant, parse_instant
from governance.evidence.origin import Subject
from governance.policy.attested import Attested, Given
from governance.policy.finding import Limit, Looked, Verdict, plural
from governance.policy.outcome import Outcome
from governance.policy.rule import Params, fails, inconclusive, passes, rule
from governance.policy.tightening import Tighten
from governance.policy.waiving import REACH, Covers, reaches

SIGNED = "attestation.signed@1"
Attests = Literal["reviewer", "approver", "auditor"]


class SignedParams(Params):
    """`statement`: what is signed, word for word. `roles`: who may sign it. `days`: after which it must be signed anew
    at the latest. `covers`: the `version` it was signed for, later ones that differ in their third number only
    (`patch`), or in the second and third (`minor`)."""

    statement: str = Field(min_length=10, max_length=1000)
    roles: Annotated[tuple[Attests, ...], Tighten.SUBSET] = Field(("approver",), min_length=1)
    days: Annotated[int, Tighten.DOWN] = Field(365, ge=1, le=3650)
    covers: Covers = "version"


_STATEMENT = "An impact assessment was made, and its findings were acted on."
_SUBJECT = Subject(name="m", version="1.4.0", artifact="0" * 64)
_EARLIER = Subject(name="m", version="1.3.9", artifact="2" * 64)


def _signed(**change: Any) -> Attested:
    one = Given(
        act="1" * 64, actor="local|ann", role="approver", at="2026-01-01T00:00:00Z", text=_STATEMENT, holds=True,
        basis="DPIA-7", covers="version", expires="2026-12-31T00:00:00Z", subject=_SUBJECT, independent=True,
        lapsed=False,
    )  # fmt: skip
    return Attested(_SUBJECT, (one._replace(**change),))


@rule(
    "attestation.signed",
    controls=("iso-42001/a.5.3", "nist-ai-rmf/map-5.1"),
    examples=lambda: (
        passes("signed by an approver", _signed(), statement=_STATEMENT),
        fails("signed, and it is not so", _signed(holds=False), statement=_STATEMENT),
        inconclusive("nobody has signed", Attested(_SUBJECT), statement=_STATEMENT),
        inconclusive("expired", _signed(expires="2026-01-02T00:00:00Z"), statement=_STATEMENT),
        inconclusive("for longer than the policy allows", _signed(), statement=_STATEMENT, days=90),
        inconclusive("in another role", _signed(role="reviewer"), statement=_STATEMENT),
        passes("in one of two roles", _signed(role="reviewer"), statement=_STATEMENT, roles=["auditor", "reviewer"]),
        inconclusive("by whoever submitted it", _signed(independent=False), statement=_STATEMENT),
        inconclusive("by somebody who lost the role", _signed(lapsed=True), statement=_STATEMENT),
        inconclusive("in other words", _signed(text="An impact assessment was planned."), statement=_STATEMENT),
        inconclusive("for an earlier version", _signed(subject=_EARLIER, covers="minor"), statement=_STATEMENT),
        inconclusive("for an earlier version alone", _signed(subject=_EARLIER), statement=_STATEMENT, covers="minor"),
        passes(
            "for an earlier version and those after it",
            _signed(subject=_EARLIER, covers="minor"),
            statement=_STATEMENT,
            covers="minor",
        ),
    ),
)
def signed(evidence: Attested, params: SignedParams, now: datetime) -> Verdict:
    """A named person with the required role has signed a statement, and it has not expired.

    What it checks: the last statement about this rule, word for word as the policy has it, signed by somebody in one of
    the required roles who neither submitted nor measured this version and still holds the role, for this version (or an
    earlier one, as far as it and the policy reach), not longer than the policy allows, and not expired. Whoever signs
    that it does not hold makes the rule fail.

    Why it matters: much of what a law asks no machine can see. Then a person answers for it by name, and not for ever.

    How to fix: have somebody with the role look into it, then sign with `governance attest MODEL@VERSION FINDING`, or
    on the page of the case.
    """
    limit = Limit(op="is", value=f"{_BY}{_OR.join(params.roles)}, for at most {plural(params.days, 'day')}")
    fix = f"have {somebody(params.roles)} look into it and sign: `governance attest MODEL@VERSION FINDING`"
    counted: Given | None = None
    why_not = "nobody has signed it"
    for one in evidence.given:
        if said := _of_the_giver(one, evidence.subject, params):
            why_not = said
        else:
            counted = one
    asked = f"“{params.statement}”"
    if counted is None:
        looked = tuple(_looked(one) for one in evidence.given[-1:])
        return Verdict(outcome=Outcome.INCONCLUSIVE, why=f"{asked}: {why_not}", looked_at=looked, limit=limit, fix=fix)
    signed_by = f"{counted.actor} as {counted.role} on {counted.at}"
    looked = (_looked(counted),)
    if not counted.holds:
        why = f"{asked}: does not hold, says {signed_by} ({counted.basis})"
        return Verdict(outcome=Outcome.FAIL, why=why, looked_at=looked, limit=limit)
    if said := _of_the_time(counted, params, now):
        return Verdict(outcome=Outcome.INCONCLUSIVE, why=f"{asked}: {said}", looked_at=looked, limit=limit, fix=fix)
    why = f"{asked}: signed by {signed_by}, until {counted.expires} ({counted.basis})"
    return Verdict(outcome=Outcome.PASS, why=why, looked_at=looked, limit=limit)


_BY, _OR = "signed by ", " or "


def signers(limit: str) -> tuple[str, ...]:
    """The roles that may sign, of the limit that a finding was held against."""
    named = limit.removeprefix(_BY).partition(",")[0].split(_OR)
    return tuple(role for role in get_args(Attests) if role in named)


def somebody(roles: tuple[str, ...]) -> str:
    """ "an approver or an auditor"."""
    return " or ".join(f"an {role}" if role[0] in "aeiou" else f"a {role}" for role in roles)


def _looked(one: Given) -> Looked:
    return Looked(path="acts.attest", value=f"{one.actor} as {one.role}, {one.at} to {one.expires}")


def _of_the_giver(one: Given, subject: Subject, params: SignedParams) -> str:
    """Why it does not count for this version, whenever it is; empty where it does."""
    if one.text != params.statement:
        return f"{one.actor} signed other words on {one.at}"
    if one.role not in params.roles:
        return f"{one.actor} signed as {one.role}, and it takes the role {' or '.join(params.roles)}"
    if not one.independent:
        return f"{one.actor} is not known to be somebody other than who submitted and measured this version"
    if one.lapsed:
        return f"{one.actor} signed it, and is no {one.role} now"
    if not reaches(min(one.covers, params.covers, key=REACH.index), one.subject, subject):
        return f"{one.actor} signed it for another model version ({one.subject.version})"
    return ""


def _of_the_time(one: Given, params: SignedParams, now: datetime) -> str:
    latest = parse_instant(one.at) + timedelta(days=params.days)
    ends = parse_instant(one.expires)
    if now >= ends:
        return f"what {one.actor} signed on {one.at} expired on {one.expires}"
    if ends > latest:
        return f"what {one.actor} signed ends on {one.expires}, later than the policy allows ({instant(latest)})"
    return ""
