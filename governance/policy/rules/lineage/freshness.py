"""lineage.freshness: the data is not too old."""

from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import Field

from governance.canonical import instant, parse_instant
from governance.evidence.lineage import LineageFacts, Source, Table
from governance.policy.advice import SOURCES
from governance.policy.finding import Limit, Looked, Verdict, settled
from governance.policy.outcome import Outcome
from governance.policy.rule import Params, fails, inconclusive, passes, rule
from governance.policy.tightening import Tighten

_FIX = "record when the last row was collected under `collected_until` of each, such as 2026-01-31T00:00:00Z"


class FreshnessParams(Params):
    """`days`: how old data may be when it is judged. `of`: whose age counts."""

    days: Annotated[int, Tighten.DOWN] = Field(365, ge=1, le=36500)
    of: Annotated[tuple[Literal["sources", "tables"], ...], Tighten.NONE] = Field(("sources", "tables"), min_length=1)


def _collected(source: str | None, table: str | None = "2026-10-01T00:00:00Z") -> LineageFacts:
    one = Source(
        id="bank", sha256=None, owner=None, licence=None, expires=None, forbidden=(), approved_by=(),
        collected_until=source,
    )  # fmt: skip
    other = Table(role="data.training", sha256=None, collected_until=table, version=None, seen_versions=())
    return LineageFacts(sources=(one,), features=(), tables=(other,))


@rule(
    "lineage.freshness",
    controls=("us-ecoa-reg-b/1002.2.p", "eu-ai-act/art-10.2.e"),
    examples=lambda: (
        passes("collected this year", _collected("2026-06-30T00:00:00Z")),
        fails("collected long ago", _collected("2020-01-01T00:00:00Z")),
        fails("collected a season ago where a month is the limit", _collected("2026-08-01T00:00:00Z"), days=60),
        fails("collected in the future", _collected("2999-01-01T00:00:00Z")),
        fails("one is too old and one does not say", _collected(None, "2020-01-01T00:00:00Z")),
        inconclusive("a source does not say", _collected(None)),
        passes("only tables count", _collected(None), of=["tables"]),
        inconclusive("nothing named", LineageFacts(sources=(), features=())),
    ),
)
def freshness(evidence: LineageFacts, params: FreshnessParams, now: datetime) -> Verdict:
    """The data that the model was made from and judged on is not too old.

    What it checks: each source and table of the manifest says until when it was collected (`collected_until`), and that
    is neither longer ago than the policy's number of days nor in the future.

    Why it matters: people, prices and behaviour change; a model of the day before yesterday decides about people of
    today.

    How to fix: collect recent data, train and evaluate on it; a date in the future is a slip in the manifest.
    """
    oldest = now - timedelta(days=params.days)
    limit = Limit(op="is", value=f"collected since {instant(oldest)}")
    named: list[tuple[str, str, Source | Table]] = []
    if "sources" in params.of:
        named += [(f"lineage.sources.{source.id}", source.id, source) for source in evidence.sources]
    if "tables" in params.of:
        named += [(table.role, table.role, table) for table in evidence.tables]
    if not named:
        why = f"the manifest names no {' and no '.join(params.of)}"
        return Verdict(outcome=Outcome.INCONCLUSIVE, why=why, limit=limit, fix=SOURCES)
    looked, wrong, doubts = [], [], []
    for path, name, one in named:
        until = one.collected_until
        looked.append(Looked(path=f"{path}.collected_until", value=until))
        if until is None:
            doubts.append(f"{name} does not say until when it was collected")
        elif parse_instant(until) > now:
            wrong.append(f"{name} was collected until {until}, which is in the future")
        elif parse_instant(until) < oldest:
            wrong.append(f"{name} was collected until {until}, longer than {params.days} days ago")
    why = f"{', '.join(name for _, name, _ in named)}: collected within {params.days} days"
    return settled(wrong, doubts, [_FIX], why, tuple(looked), limit)
