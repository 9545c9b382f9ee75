"""lineage.sources_approved: every data source is owned, licensed, approved and unexpired."""

from datetime import datetime
from typing import Annotated, Literal

from governance.canonical import parse_instant
from governance.evidence.lineage import LineageFacts, Source
from governance.policy.advice import SOURCES
from governance.policy.finding import Limit, Looked, Verdict
from governance.policy.outcome import Outcome
from governance.policy.rule import Params, fails, inconclusive, passes, rule
from governance.policy.spdx import Standing, standing
from governance.policy.tightening import Tighten

_GOOD = Source(
    id="loans", sha256=None, owner="team:data", licence="CC-BY-4.0", expires="2999-01-01T00:00:00Z", forbidden=(),
    approved_by=("bo",),
)  # fmt: skip


class SourcesParams(Params):
    """`require`: what each source must state. `licences`: those that a source may be under, as SPDX identifiers or as
    manifests call them; any where empty."""

    require: Annotated[tuple[Literal["owner", "licence", "expires", "approval"], ...], Tighten.SUPERSET] = (
        "owner",
        "licence",
        "approval",
    )
    licences: Annotated[tuple[str, ...], Tighten.ALL_SUBSET] = ()


_WHERE = {"approval": " (an item data:<id> in the approvals file)"}


def _covered(licence: str, licences: tuple[str, ...]) -> bool:
    """As an SPDX expression, or by the very name."""
    named = licence.casefold() in {one.casefold() for one in licences}
    return named or standing(licence, licences, ()) is Standing.ALLOWED


def _sources(**change: object) -> LineageFacts:
    return LineageFacts(sources=(_GOOD.model_copy(update=change),), features=())


@rule(
    "lineage.sources_approved",
    controls=("eu-ai-act/art-10.2.b", "iso-42001/a.7.3"),
    examples=lambda: (
        passes("everything stated", _sources()),
        fails("nobody approved it", _sources(approved_by=())),
        fails("licence missing", _sources(licence=None)),
        fails("licence expired", _sources(expires="2020-01-01T00:00:00Z")),
        passes("under a licence that the policy names", _sources(), licences=["cc-by-4.0"]),
        fails("under another licence", _sources(licence="CC-BY-NC-4.0"), licences=["CC-BY-4.0"]),
        inconclusive("no source named", LineageFacts(sources=(), features=())),
    ),
)
def sources_approved(evidence: LineageFacts, params: SourcesParams, now: datetime) -> Verdict:
    """Every data source has an owner, a licence and an approval, and none has expired.

    What it checks: each source of the manifest's lineage section states what `require` asks for, an approval for
    `data:<id>` stands in the approvals file, its licence is one of the policy's where it names some, and its expiry,
    where given, lies in the future.

    Why it matters: data without an owner or a licence cannot be defended, corrected or withdrawn; its right of use can
    end while the model trained on it lives on.

    How to fix: name owner, licence and expiry of the source in the manifest; have its owner's approval recorded as
    `data:<id>` in the approvals file; renew or replace an expired source.
    """
    if not evidence.sources:
        return Verdict(outcome=Outcome.INCONCLUSIVE, why="the manifest names no data source", fix=SOURCES)
    looked, wrong = [], []
    for source in evidence.sources:
        stated = {
            "owner": source.owner,
            "licence": source.licence,
            "expires": source.expires,
            "approval": ", ".join(source.approved_by) or None,
        }
        for item in params.require:
            if stated[item] is None:
                looked.append(Looked(path=f"lineage.sources.{source.id}.{item}", value=None))
                wrong.append(f"{source.id} has no {item}{_WHERE.get(item, '')}")
        if source.licence is not None and params.licences and not _covered(source.licence, params.licences):
            looked.append(Looked(path=f"lineage.sources.{source.id}.licence", value=source.licence))
            wrong.append(f"{source.id} is under {source.licence}, not under {' or '.join(params.licences)}")
        if source.expires is not None and parse_instant(source.expires) <= now:
            looked.append(Looked(path=f"lineage.sources.{source.id}.expires", value=source.expires))
            wrong.append(f"{source.id} expired on {source.expires}")
    limit = Limit(op="is", value=", ".join(params.require) + ", not expired")
    if wrong:
        return Verdict(outcome=Outcome.FAIL, why="; ".join(wrong), looked_at=tuple(looked), limit=limit)
    names = ", ".join(source.id for source in evidence.sources)
    return Verdict(
        outcome=Outcome.PASS,
        why=f"{names}: {', '.join(params.require)} stated",
        looked_at=tuple(
            Looked(path=f"lineage.sources.{source.id}.expires", value=source.expires) for source in evidence.sources
        ),
        limit=limit,
    )
