"""lineage.region_allowed: data comes from regions that the policy allows."""

from typing import Annotated

from pydantic import Field

from governance.evidence.lineage import LineageFacts, Source
from governance.policy.advice import SOURCES
from governance.policy.finding import Limit, Looked, Verdict, plural, settled
from governance.policy.outcome import Outcome
from governance.policy.rule import Params, fails, inconclusive, passes, rule
from governance.policy.tightening import Tighten

_FIX = "write where the data was collected under `region` of each source in the manifest, as the policy spells it"


class RegionParams(Params):
    """`regions`: where data may come from, by the names that manifests use."""

    regions: Annotated[tuple[str, ...], Tighten.SUBSET] = Field(min_length=1)


def _from(*regions: str | None) -> LineageFacts:
    bare = Source(id="s", sha256=None, owner=None, licence=None, expires=None, forbidden=(), approved_by=())
    sources = [bare.model_copy(update={"id": f"s{i}", "region": region}) for i, region in enumerate(regions)]
    return LineageFacts(sources=tuple(sources), features=())


@rule(
    "lineage.region_allowed",
    controls=("eu-ai-act/art-10.4", "gdpr/art-30.1.e"),
    examples=lambda: (
        passes("an allowed region", _from("eu-west"), regions=["EU-West", "EU-North"]),
        fails("another region", _from("eu-west", "us-east"), regions=["eu-west"]),
        fails("part of a name is no match", _from("eu-west"), regions=["eu"]),
        fails("one is elsewhere and one does not say", _from("us-east", None), regions=["eu-west"]),
        inconclusive("a source does not say", _from("eu-west", None), regions=["eu-west"]),
        inconclusive("no source named", _from(), regions=["eu-west"]),
    ),
)
def region_allowed(evidence: LineageFacts, params: RegionParams) -> Verdict:
    """Every data source comes from a region that the policy allows.

    What it checks: each source of the manifest names a `region`, and it is one of the policy's, whole and without
    regard to case.

    Why it matters: data about people elsewhere may not represent the people whom the model is used on, and moving it
    across borders may need a ground of its own.

    How to fix: replace the source by one from an allowed region and train again, or have the policy's owner allow its
    region.
    """
    limit = Limit(op="is", value=", ".join(params.regions))
    if not evidence.sources:
        return Verdict(outcome=Outcome.INCONCLUSIVE, why="the manifest names no data source", limit=limit, fix=SOURCES)
    allowed = {region.casefold() for region in params.regions}
    looked = tuple(Looked(path=f"lineage.sources.{one.id}.region", value=one.region) for one in evidence.sources)
    doubts = [f"{one.id} names no region" for one in evidence.sources if one.region is None]
    wrong = [
        f"{one.id} comes from {one.region}"
        for one in evidence.sources
        if one.region is not None and one.region.casefold() not in allowed
    ]
    why = f"{plural(len(evidence.sources), 'source')}, each from an allowed region"
    return settled(wrong, doubts, [_FIX], why, looked, limit)
