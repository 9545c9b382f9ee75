"""What no machine can check: the statements that a case asks for, and the form for who may sign them."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from governance.operations.desk import signing_roles
from governance.permissions import Permission
from governance.policy.attesting import asking
from governance.policy.finding import Finding, plural
from governance.policy.outcome import Outcome
from governance.policy.rules.attestation.signed import SignedParams, somebody
from governance.policy.waiving import REACH
from governance.render import wording
from governance.render.pipeline import CheckPage
from governance.render.wording import SETTLED, state_of
from governance.web.portal.addresses import anchor
from governance.web.portal.pages_case import Asks, Signing


def asks(page: CheckPage, finding: Finding) -> Asks | None:
    """The statement that a finding wants, None where it wants none, or not yet."""
    terms = _terms(page).get(finding.key)
    return None if terms is None else _asks(finding, terms)


def signing(page: CheckPage, permission: Permission, roles: tuple[str, ...], now: datetime) -> Signing | None:
    """The form, for somebody who holds these roles; None where nothing is theirs to sign."""
    mine, terms = signing_roles(roles), _terms(page)
    theirs = [one for one in page.decision.findings if one.key in terms and set(terms[one.key].roles) & set(mine)]
    if not (permission.allowed and theirs):
        return None
    told = [_asks(finding, terms[finding.key]) for finding in theirs]
    allowed = [terms[finding.key] for finding in theirs]
    reach = max(REACH.index(one.covers) for one in allowed)
    return Signing(
        open_=tuple(one for one in told if not one.settled),
        settled=tuple(one for one in told if one.settled),
        roles=tuple(role for role in mine if any(role in one.roles for one in allowed)),
        covers=tuple((one, wording.COVERS[one]) for one in REACH[: reach + 1]),
        first=_day(now, 1),
        last=_day(now, max(one.days for one in allowed)),
    )


def unsigned(page: CheckPage, findings: Sequence[Finding]) -> tuple[int, str]:
    """How many of these wait for a signature, and whose: "by an approver or an auditor"."""
    terms = _terms(page)
    waiting = [terms[one.key] for one in findings if one.key in terms and one.outcome is Outcome.INCONCLUSIVE]
    roles = {one.roles for one in waiting}
    return len(waiting), f"by {somebody(roles.pop())}" if len(roles) == 1 else "each by somebody in a role it names"


def _terms(page: CheckPage) -> dict[str, SignedParams]:
    """Of the findings that ask for a statement now."""
    there = {one.key for one in page.decision.findings if one.outcome is not Outcome.NOT_APPLICABLE}
    return {key: terms for key, terms in asking(page.policies).items() if key in there}


def _asks(finding: Finding, terms: SignedParams) -> Asks:
    covers = f", for {wording.COVERS[terms.covers]} at most" if terms.covers != "version" else ""
    return Asks(
        key=finding.key,
        anchor=anchor(finding.key),
        title=finding.title,
        text=terms.statement,
        bounds=f"To be signed by {somebody(terms.roles)}, for at most {plural(terms.days, 'day')}{covers}.",
        # The words themselves stand above it.
        why=finding.why.removeprefix(f"“{terms.statement}”: "),
        settled=state_of(finding) in SETTLED,
    )


def _day(now: datetime, days: int) -> str:
    return (now + timedelta(days=days)).date().isoformat()
