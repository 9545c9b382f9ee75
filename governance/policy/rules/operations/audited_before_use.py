"""operations.audited_before_use: no day of use without a bias audit of the months before it."""

from datetime import date, datetime, timedelta
from typing import Annotated

from pydantic import Field

from governance.evidence.bias_audit import BiasAuditFacts
from governance.policy.calendar_days import day_of_use, months_after
from governance.policy.finding import Limit, Looked, Verdict, plural, settled
from governance.policy.rule import Params, fails, inconclusive, passes, rule
from governance.policy.tightening import Tighten


class AuditedParams(Params):
    """`months`: how long an audit covers the use, counted from its day to the same day of a later month."""

    months: Annotated[int, Tighten.DOWN] = Field(12, ge=1, le=60)


def _used(audited: str | None, first: str | None = "2026-04-01", last: str | None = None) -> BiasAuditFacts:
    return BiasAuditFacts(date=audited, first_use=first, last_use=last)


@rule(
    "operations.audited_before_use",
    controls=("nyc-ll144/5-301.a",),
    examples=lambda: (
        passes("audited this year", _used("2026-03-02")),
        passes("audited a year ago, to the day", _used("2025-11-21")),
        passes("audited again, long after the first use", _used("2026-11-20", "2020-01-01")),
        passes("to be used for the first time in a year", _used("2026-11-01", "2027-11-01")),
        passes("out of use before the year was over", _used("2020-03-02", "2020-04-01", "2021-03-02")),
        fails("audited a year and a day ago", _used("2025-11-20")),
        fails("to be used for the first time when the audit is too old", _used("2026-11-01", "2027-11-02")),
        fails("used a day longer than the audit covers", _used("2020-03-02", "2020-04-01", "2021-03-03")),
        fails("out of use before it was audited", _used("2026-03-02", "2025-04-01", "2026-03-01")),
        fails("too old for a stricter policy", _used("2026-05-20"), months=6),
        fails("to be audited", _used("2026-11-23", "2026-12-01")),
        fails("no audit", _used(None)),
        fails("too old, whenever it is used", _used("2025-11-20", None)),
        fails("the last use before the first", _used("2026-03-02", "2026-04-01", "2026-03-31")),
        inconclusive("nobody says when it is first used", _used("2026-03-02", None)),
    ),
)
def audited_before_use(evidence: BiasAuditFacts, params: AuditedParams, now: datetime) -> Verdict:
    """A bias audit lies before the use, and not longer before it than the policy allows.

    What it checks: `bias_audit.date` in the manifest lies not after the day of use and at most so many months before
    it. That day is today; or the first day of use where that is still to come; or the last where that has passed. Days
    are counted in UTC. That the audit took place is somebody's word.

    Why it matters: people, jobs and the tool's inputs change; an audit of long ago tells of other decisions.

    How to fix: have the tool audited anew by somebody independent, and use it no more until that is done; write the
    day of the audit under `bias_audit.date` in the manifest.
    """
    today = now.date()
    wrong, doubts = [], []
    audited, first, last = (
        date.fromisoformat(day) if day else None for day in (evidence.date, evidence.first_use, evidence.last_use)
    )
    day = day_of_use(first, last, today) if first else today
    if first is None:
        doubts.append("it is not said when the tool is first used (bias_audit.first_use)")
    elif last and last < first:
        wrong.append(f"the last use, {last}, lies before the first, {first}")
    if audited is None:
        wrong.append("the day of the bias audit is not said (bias_audit.date)")
    # The auditor's day may have begun when it has not in UTC.
    elif audited > today + timedelta(days=1):
        wrong.append(f"the bias audit is dated {audited}, which is in the future")
    elif day < audited and day != today:
        wrong.append(f"the bias audit of {audited} came after the last use, {day}")
    elif day > months_after(audited, params.months):
        wrong.append(f"the bias audit of {audited} lies more than {plural(params.months, 'month')} before {day}")
    names = ("date", "first_use", "last_use")
    looked = tuple(Looked(path=f"bias_audit.{name}", value=getattr(evidence, name)) for name in names)
    fix = "write the first day of use, a planned one too, under `bias_audit.first_use` in the manifest"
    limit = Limit(op="is", value=f"audited at most {plural(params.months, 'month')} before it is used")
    return settled(wrong, doubts, [fix], f"audited on {audited}, used on {day}", looked, limit)
