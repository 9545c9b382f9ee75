"""documentation.bias_audit: who made the bias audit, on which data, and where everybody can read of it."""

from typing import Annotated, Any, Literal

from pydantic import Field

from governance.evidence.bias_audit import AuditedData, BiasAuditFacts, Published
from governance.policy.finding import Limit, Looked, Verdict, settled
from governance.policy.placeholder import says_nothing
from governance.policy.rule import Params, fails, inconclusive, passes, rule
from governance.policy.tightening import Tighten

Part = Literal["auditor", "data", "published", "distributed"]


class BiasAuditParams(Params):
    """`require`: what must be said. `auditor`: by whom; `data`: on which data; `published`: where the summary is;
    `distributed`: from which day the audited tool was handed out for use."""

    require: Annotated[tuple[Part, ...], Tighten.SUPERSET] = Field(
        ("auditor", "data", "published", "distributed"), min_length=1
    )


def _audit(data: AuditedData | None = None, **change: Any) -> BiasAuditFacts:
    known = BiasAuditFacts(
        date="2026-03-02",
        auditor="Bee and Co",
        data=data or AuditedData(kind="historical", source="applications of 2025"),
        distributed="2026-01-15",
        published=Published(at="2026-03-20", where="https://example.org/audit"),
        first_use="2026-04-01",
    )
    return known.model_copy(update=change)


def _others(**change: Any) -> BiasAuditFacts:
    return _audit(AuditedData(kind="historical", of="others", source="applications to 12 houses"), **change)


def _test(why: str | None = "too few people yet", made: str | None = "a panel of 3000") -> BiasAuditFacts:
    return _audit(AuditedData(kind="test", source="a panel", why=why, made=made))


@rule(
    "documentation.bias_audit",
    controls=("nyc-ll144/5-302.a", "nyc-ll144/5-303.a"),
    examples=lambda: (
        passes("everything said", _audit()),
        passes("test data, with the reason and how it was made", _test()),
        passes("data of others, before the tool was used", _others()),
        passes("only what the policy asks for", BiasAuditFacts(auditor="Bee and Co"), require=["auditor"]),
        fails("no auditor", _audit(auditor=None)),
        fails("a placeholder", _audit(auditor="TBD")),
        fails("no data", BiasAuditFacts(auditor="Bee and Co"), require=["data"]),
        fails("data from nowhere", _audit(AuditedData(kind="historical"))),
        fails("test data without a reason", _test(why=None)),
        fails("test data that came about somehow", _test(made=None)),
        fails("data of others, with the tool in use", _others(first_use="2026-03-01")),
        fails("not published", _audit(published=None)),
        fails("published at no place", _audit(published=Published(at="2026-03-20", where="TODO"))),
        fails("nobody says when it was handed out", _audit(distributed=None)),
        inconclusive("data of others, and nobody says since when it is used", _others(first_use=None)),
    ),
)
def bias_audit(evidence: BiasAuditFacts, params: BiasAuditParams) -> Verdict:
    """It is said who made the bias audit, on which data, and where it can be read.

    What it checks: `bias_audit` in the manifest names the auditor, the source of the data and whether it is historical
    or test data (then why, and how it was made), where the summary is published, and since when the audited tool is
    distributed. Data of others alone is taken only where the tool was not yet in use on the day of the audit. Whether
    all that is true, and whether the page is there, no machine has looked.

    Why it matters: an audit is as good as its auditor and its data, and those whom the tool judges can only object to
    what they can read.

    How to fix: ask the auditor for what is missing, and write it under `bias_audit` in the manifest; have the audit
    repeated with data of your own where it rests on that of others.
    """
    wrong, doubts, seen = [], [], []
    data, published = evidence.data, evidence.published
    said: dict[Part, str | None] = {
        "auditor": evidence.auditor,
        "data": data.source if data else None,
        "published": published.where if published else None,
        "distributed": evidence.distributed,
    }
    for part in params.require:
        seen.append(Looked(path=f"bias_audit.{part}", value=said[part]))
        if says_nothing(said[part]):
            wrong.append(_MISSING[part])
    if data and "data" in params.require:
        seen.append(Looked(path="bias_audit.data.kind", value=f"{data.kind}, of {data.of}"))
        if data.kind == "test":
            if says_nothing(data.why):
                wrong.append("it is not said why test data was taken (bias_audit.data.why)")
            if says_nothing(data.made):
                wrong.append("it is not said how the test data was made (bias_audit.data.made)")
        elif data.of == "others" and evidence.date and evidence.first_use:
            if evidence.first_use < evidence.date:
                wrong.append(
                    f"it rests on the data of others alone, and on the day of the audit, {evidence.date}, the tool had "
                    f"been in use since {evidence.first_use}"
                )
        elif data.of == "others":
            doubts.append("it rests on the data of others alone: whether the tool was in use by then is not known")
    fix = "write `date` and `first_use` under `bias_audit` in the manifest: the days of the audit, and of the first use"
    limit = Limit(op="is", value=f"said: {', '.join(params.require)}")
    passed = "; ".join(f"{part}: {said[part]}" for part in params.require)
    return settled(wrong, doubts, [fix], passed, tuple(seen), limit)


_MISSING: dict[Part, str] = {
    "auditor": "nobody is named as auditor (bias_audit.auditor)",
    "data": "the source of the audited data is not said (bias_audit.data.source)",
    "published": "it is not said where the summary is published (bias_audit.published.where)",
    "distributed": "it is not said since when the audited tool is distributed (bias_audit.distributed)",
}
