"""operations.published_while_used: the summary of the bias audit is there before the use, and for a time after it."""

from datetime import date, datetime, timedelta
from typing import Annotated, Any

from pydantic import Field

from governance.evidence.bias_audit import BiasAuditFacts, Published
from governance.policy.calendar_days import day_of_use, months_after
from governance.policy.finding import Limit, Looked, Verdict, plural, settled
from governance.policy.rule import Params, fails, inconclusive, passes, rule
from governance.policy.tightening import Tighten


class PublishedParams(Params):
    """`keep_months`: how long after the last use the summary stays, at least."""

    keep_months: Annotated[int, Tighten.UP] = Field(6, ge=0, le=600)


def _shown(at: str | None, until: str | None = None, **change: Any) -> BiasAuditFacts:
    published = Published(at=at, where="https://example.org/audit", until=until) if at else None
    known = BiasAuditFacts(date="2026-03-02", first_use="2026-04-01", published=published)
    return known.model_copy(update=change)


@rule(
    "operations.published_while_used",
    controls=("nyc-ll144/5-303.a", "nyc-ll144/5-303.c"),
    examples=lambda: (
        passes("before the first use, without an end", _shown("2026-03-20")),
        passes("on the day of the first use", _shown("2026-04-01")),
        passes("of a later audit, with the tool in use", _shown("2026-03-20", first_use="2020-01-01")),
        passes("until half a year after the last use", _shown("2026-03-20", "2026-11-30", last_use="2026-05-31")),
        passes("until half a year from today", _shown("2026-03-20", "2027-05-21")),
        fails("after the first use", _shown("2026-04-02")),
        fails("before it was audited", _shown("2026-03-01")),
        fails("taken away too early", _shown("2026-03-20", "2026-11-29", last_use="2026-05-31")),
        fails("to be taken away while it is in use", _shown("2026-03-20", "2027-05-20")),
        fails("not published", _shown(None)),
        fails("to stay for longer", _shown("2026-03-20", "2026-11-30", last_use="2026-05-31"), keep_months=7),
        inconclusive("nobody says when it is first used", _shown("2026-03-20", first_use=None)),
        inconclusive("nobody says when it was audited", _shown("2026-03-20", date=None)),
        inconclusive("planned, not yet there", _shown("2026-12-01", first_use="2026-12-31")),
    ),
)
def published_while_used(evidence: BiasAuditFacts, params: PublishedParams, now: datetime) -> Verdict:
    """The summary of the bias audit is published before the use, and for long enough after it.

    What it checks: `bias_audit.published.at` in the manifest lies not before the audit and not after the first use (of
    a later audit, with the tool in use: not after today), and `until`, where an end is planned, at least so many
    months after the last use; while no last use is named, it is counted from today. Nobody fetches the page.

    Why it matters: people who are judged by the tool, and those who watch over it, must find the results while they
    count and for as long as one can still object.

    How to fix: publish the summary, leave it there, and write the days under `bias_audit.published` in the manifest.
    """
    today = now.date()
    wrong, doubts, advice = [], [], []
    audited, first, last = (
        date.fromisoformat(day) if day else None for day in (evidence.date, evidence.first_use, evidence.last_use)
    )
    published = evidence.published
    if audited is None:
        doubts.append("the day of the bias audit is not said (bias_audit.date)")
        advice.append("write the day of the audit under `bias_audit.date` in the manifest")
    if first is None:
        doubts.append("it is not said when the tool is first used (bias_audit.first_use)")
        advice.append("write the first day of use, a planned one too, under `bias_audit.first_use` in the manifest")
    if published is None:
        wrong.append("the summary is not published (bias_audit.published)")
    else:
        at, until = date.fromisoformat(published.at), published.until and date.fromisoformat(published.until)
        if audited and at < audited:
            wrong.append(f"published on {at}, before the audit of {audited}")
        if audited and first:
            due = first if audited <= first else day_of_use(first, last, today)
            if at > due:
                wrong.append(f"published on {at}, and used on {due} already")
            elif at > today + timedelta(days=1):
                doubts.append(f"to be published on {at}, and not yet there")
                advice.append("check again when it is published")
        if until and first:
            end = last or max(first, today)
            least = months_after(end, params.keep_months)
            if until < least:
                wrong.append(f"published until {until}; after a use on {end} it stays until {least} at least")
    looked = (
        Looked(path="bias_audit.published.at", value=published.at if published else None),
        Looked(path="bias_audit.published.until", value=published.until if published else None),
        *(
            Looked(path=f"bias_audit.{name}", value=getattr(evidence, name))
            for name in ("date", "first_use", "last_use")
        ),
    )
    limit = Limit(op="is", value=f"published before the use, and {plural(params.keep_months, 'month')} after it")
    why = f"published on {published and published.at}, first used on {first}"
    return settled(wrong, doubts, advice, why, looked, limit)
