"""lineage.versions_pinned: each source and each table is held by a digest, and runs read the version that is named."""

import re
from typing import Annotated

from governance.evidence.lineage import LineageFacts, Source, Table
from governance.policy.advice import SOURCES
from governance.policy.finding import Limit, Looked, Verdict, plural, settled
from governance.policy.outcome import Outcome
from governance.policy.rule import Params, fails, inconclusive, passes, rule
from governance.policy.tightening import Tighten

_DIGEST, _OTHER = "a" * 64, "b" * 64
_HEX = re.compile(r"(?:sha-?256[:=])?([0-9a-f]{64})")


class VersionsParams(Params):
    """`seen`: whether lineage events must have recorded a version of each source."""

    seen: Annotated[bool, Tighten.UP] = False


def _facts(*seen: str, version: str | None = None, sha256: str | None = _DIGEST) -> LineageFacts:
    source = Source(
        id="bank", sha256=sha256, owner=None, licence=None, expires=None, forbidden=(), approved_by=(),
        version=version, seen_versions=seen,
    )  # fmt: skip
    table = Table(role="data.training", sha256=_DIGEST, collected_until=None, version=None, seen_versions=())
    return LineageFacts(sources=(source,), features=(), tables=(table,), events=1)


@rule(
    "lineage.versions_pinned",
    controls=("eu-ai-act/art-10.2.b", "iso-42001/a.7.5"),
    examples=lambda: (
        passes("digests, and no event tells a version", _facts()),
        passes("the version that runs read is the one named", _facts("7", version="7")),
        passes("the version that runs read is the digest", _facts(f"sha256:{_DIGEST}")),
        fails("no digest", _facts(sha256=None)),
        fails("runs read another version", _facts("6", "7", version="7")),
        fails("runs read other bytes", _facts(_OTHER)),
        inconclusive("runs read a version and the manifest names none", _facts("7")),
        inconclusive("no event tells a version where it must", _facts(), seen="true"),
        inconclusive("no source named", LineageFacts(sources=(), features=(), events=1)),
        inconclusive("no table named", _facts().model_copy(update={"tables": ()})),
    ),
)
def versions_pinned(evidence: LineageFacts, params: VersionsParams) -> Verdict:
    """Each source and each table is held by a digest, and the recorded runs used the version that is named.

    What it checks: the manifest records a SHA-256 for every source and table; where lineage events record a version
    of one (OpenLineage DatasetVersion), it is the `version` of the manifest, to the letter, or the digest.

    Why it matters: "the customer table" is another table tomorrow; without a version nobody can say what the model was
    trained on, or train it again.

    How to fix: record `sha256` for the source or table in the manifest, and `version` where the platform numbers them;
    if a run used another version, train again on the right one or name the one that was used.
    """
    limit = Limit(op="is", value="pinned to a digest and to the version that runs used")
    if not evidence.sources or not evidence.tables:
        why = f"the manifest names no {'table' if evidence.sources else 'data source'}"
        fix = (
            "name the tables under `data.evaluation` and `data.training` in the manifest"
            if evidence.sources
            else SOURCES
        )
        return Verdict(outcome=Outcome.INCONCLUSIVE, why=why, limit=limit, fix=fix)
    named: list[tuple[str, str, Source | Table]] = [
        *((f"lineage.sources.{source.id}", source.id, source) for source in evidence.sources),
        *((table.role, table.role, table) for table in evidence.tables),
    ]
    looked, wrong, doubts, advice = [], [], [], []
    for path, name, one in named:
        looked.append(Looked(path=f"{path}.sha256", value=one.sha256))
        if one.sha256 is None:
            wrong.append(f"{name} has no recorded digest")
        for seen in one.seen_versions:
            looked.append(Looked(path=f"{path}.version", value=seen))
            digest = _HEX.fullmatch(seen.casefold())
            if seen == one.version or (digest and digest[1] == one.sha256):
                continue
            if one.version is not None:
                wrong.append(f"runs used version {seen} of {name}, the manifest names {one.version}")
            elif digest and one.sha256 is not None:
                wrong.append(f"runs used {digest[1][:12]} of {name}, the manifest records {one.sha256[:12]}")
            else:
                doubts.append(f"runs used version {seen} of {name}, and the manifest names no version of it")
                advice.append("write the version that the events record under `version` of the source or table")
        if params.seen and isinstance(one, Source) and not one.seen_versions:
            doubts.append(f"no lineage event records a version of {name}")
            advice.append(
                "have the jobs record the version that they read (OpenLineage's version facet of the dataset)"
            )
    told = sum(len(one.seen_versions) for _, _, one in named)
    matched = f"; the lineage events read {plural(told, 'version')} of them, as named" if told else ""
    why = f"{', '.join(name for _, name, _ in named)}: held by a digest{matched}"
    return settled(wrong, doubts, advice, why, tuple(looked), limit)
