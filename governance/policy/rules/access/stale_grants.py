"""access.stale_grants: no grant lies unused."""

from datetime import datetime, timedelta
from typing import Annotated

from pydantic import Field

from governance.canonical import instant, parse_instant
from governance.evidence.access import AccessFacts, Grant
from governance.policy.advice import GRANTS
from governance.policy.finding import Limit, Looked, Verdict, plural
from governance.policy.outcome import Outcome
from governance.policy.rule import Params, fails, inconclusive, passes, rule
from governance.policy.tightening import Tighten

_MOST = 10
_FIX = "export the grants with the column `last_used` or `granted_at`, in UTC such as 2026-01-31T00:00:00Z"


class StaleParams(Params):
    """`days`: how long ago a grant may have been used last or, where that is not known, given."""

    days: Annotated[int, Tighten.DOWN] = Field(90, ge=1, le=36500)


def _grants(*times: tuple[str | None, str | None]) -> AccessFacts:
    """Grants as (granted_at, last_used)."""
    return AccessFacts(
        grants=tuple(
            Grant(principal="ann", permission="train", resource="m", line=i + 2, granted_at=given, last_used=used)
            for i, (given, used) in enumerate(times)
        ),
        approvals=(),
    )


_LONG_AGO, _LATELY = "2024-01-01T00:00:00Z", "2026-11-01T00:00:00Z"


@rule(
    "access.stale_grants",
    controls=("gdpr/art-32", "iso-42001/a.3.2"),
    examples=lambda: (
        passes("used lately", _grants((None, _LATELY))),
        passes("given long ago and used lately", _grants((_LONG_AGO, _LATELY))),
        passes("given lately, not used yet", _grants((_LATELY, None))),
        fails("not used for long", _grants((None, _LATELY), (None, _LONG_AGO))),
        fails("given long ago and never used", _grants((_LONG_AGO, None))),
        fails("used in the future", _grants((None, "2999-01-01T00:00:00Z"))),
        fails("used three weeks ago where a week is the limit", _grants((None, _LATELY)), days=7),
        inconclusive("the file does not tell", _grants((None, None))),
        inconclusive("it tells of one only", _grants((None, _LATELY), (None, None))),
        inconclusive("no grants", _grants()),
    ),
)
def stale_grants(evidence: AccessFacts, params: StaleParams, now: datetime) -> Verdict:
    """No grant lies unused for longer than the policy allows.

    What it checks: the last use of each grant (the column `last_used` of the grants file) or, where there is none, the
    day it was given (`granted_at`) is at most the policy's number of days ago, and not in the future.

    Why it matters: rights that nobody uses are missed by nobody when they are abused.

    How to fix: take the grant away (its line in the grants file is named), and let who needs it again ask for it.
    """
    oldest = now - timedelta(days=params.days)
    limit = Limit(op="is", value=f"used or given since {instant(oldest)}")
    if not evidence.grants:
        return Verdict(outcome=Outcome.INCONCLUSIVE, why="the grants file lists no grant", limit=limit, fix=GRANTS)
    looked, wrong, silent = [], [], []
    for grant in evidence.grants:
        where = f"grants line {grant.line}: {grant.principal} may {grant.permission} on {grant.resource}"
        at, what = (grant.last_used, "last used") if grant.last_used else (grant.granted_at, "given")
        if at is None:
            silent.append(str(grant.line))
            continue
        moment = parse_instant(at)
        if moment > now:
            wrong.append(f"{where}, {what} on {at}, in the future")
        elif moment < oldest:
            wrong.append(f"{where}, {what} on {at}, longer than {params.days} days ago")
        else:
            continue
        looked.append(Looked(path=f"access.grants.{grant.line}", value=at))
    more = f" and {len(silent) - _MOST} more" if len(silent) > _MOST else ""
    lines = f"line{'s' * (len(silent) > 1)} {', '.join(silent[:_MOST])}{more}"
    doubts = [f"the grants file does not tell when the grants of {lines} were used or given"]
    if wrong:
        said = wrong + (doubts if silent else [])
        return Verdict(outcome=Outcome.FAIL, why="; ".join(said), looked_at=tuple(looked), limit=limit)
    seen = Looked(path="access.grants", value="in use", n=len(evidence.grants) - len(silent))
    if silent:
        return Verdict(outcome=Outcome.INCONCLUSIVE, why=doubts[0], looked_at=(seen,), limit=limit, fix=_FIX)
    why = f"{plural(len(evidence.grants), 'grant')}, each used or given within {params.days} days"
    return Verdict(outcome=Outcome.PASS, why=why, looked_at=(seen,), limit=limit)
