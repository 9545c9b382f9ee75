"""operations.notice_before_use: people are told in time that a tool will take part in decisions about them."""

from datetime import date, datetime, timedelta
from typing import Annotated

from pydantic import Field

from governance.evidence.bias_audit import BiasAuditFacts
from governance.policy.calendar_days import business_days_before
from governance.policy.finding import Limit, Looked, Verdict, plural, settled
from governance.policy.rule import Params, fails, inconclusive, passes, rule
from governance.policy.tightening import Tighten


class NoticeParams(Params):
    """`business_days`: Mondays to Fridays, without federal holidays of the United States, from the day of the notice,
    which counts, to the first day of use, which does not."""

    business_days: Annotated[int, Tighten.UP] = Field(10, ge=1, le=250)


def _told(notice: str | None, first: str | None = "2026-12-07") -> BiasAuditFacts:
    return BiasAuditFacts(notice=notice, first_use=first)


@rule(
    "operations.notice_before_use",
    controls=("nyc-ll144/5-304",),
    examples=lambda: (
        passes("two weeks and Thanksgiving before", _told("2026-11-20")),
        passes("long before", _told("2026-01-31")),
        passes("two weeks without a holiday before", _told("2026-03-16", "2026-03-30")),
        passes("as many days as the policy asks for", _told("2026-03-23", "2026-03-30"), business_days=5),
        fails("one day too late", _told("2026-03-17", "2026-03-30")),
        fails("on a weekend, too late by one business day", _told("2026-11-21")),
        fails("after the first use", _told("2026-04-01", "2026-03-30")),
        fails("no notice", _told(None)),
        fails("a longer time is asked for", _told("2026-11-20"), business_days=11),
        inconclusive("planned, not yet given", _told("2026-12-01", "2027-01-31")),
        inconclusive("nobody says when it is first used", _told("2026-03-16", None)),
    ),
)
def notice_before_use(evidence: BiasAuditFacts, params: NoticeParams, now: datetime) -> Verdict:
    """Notice was given the required number of business days before the first use.

    What it checks: `bias_audit.notice` in the manifest lies at least so many business days before
    `bias_audit.first_use`, and not in the future. Business days are Mondays to Fridays without the federal holidays of
    the United States (5 U.S.C. 6103). What the notice says, and whom it reached, is not known here.

    Why it matters: who is told in time can ask for another process, or for what is needed to take part in this one.

    How to fix: give notice and wait for the days to pass before the tool is used; write both days under `bias_audit` in
    the manifest.
    """
    wrong, doubts, advice = [], [], []
    notice, first = (date.fromisoformat(day) if day else None for day in (evidence.notice, evidence.first_use))
    if notice is None:
        wrong.append("no notice is named (bias_audit.notice)")
    if first is None:
        doubts.append("it is not said when the tool is first used (bias_audit.first_use)")
        advice.append("write the first day of use, a planned one too, under `bias_audit.first_use` in the manifest")
    if notice and first and notice > (latest := business_days_before(first, params.business_days)):
        wrong.append(f"notice was given on {notice}; for a first use on {first} it had to be given by {latest}")
    if notice and notice > now.date() + timedelta(days=1):
        doubts.append(f"notice is planned for {notice}, and is not yet given")
        advice.append("check again when notice has been given")
    days = plural(params.business_days, "business day")
    looked = tuple(Looked(path=f"bias_audit.{name}", value=getattr(evidence, name)) for name in ("notice", "first_use"))
    limit = Limit(op="is", value=f"notice at least {days} before the first use")
    return settled(wrong, doubts, advice, f"notice on {notice}, first use on {first}", looked, limit)
