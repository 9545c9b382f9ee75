"""Judge what was recorded again by drafts of policies, and say whose decision would change and why. Nothing is sealed.

The recorded evidence, acts and moment count, so that only the policies differ. A draft stands in the place of the
recorded policy with its id; where none has its id, the drafts stand alone.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from pydantic import ValidationError

from governance import strictyaml
from governance.canonical import instant, parse_instant
from governance.evidence.evidence import EvidenceSet
from governance.evidence.manifest import Manifest
from governance.evidence.plan import Plan
from governance.operations.files import read_whole
from governance.operations.sealing import read_acts
from governance.operations.workspace import Workspace
from governance.policy.baseline import LoadedBaseline, load_baseline
from governance.policy.decision import Decision, Recorded, decide
from governance.policy.document import LoadedPolicy, load_policy
from governance.policy.finding import Finding
from governance.policy.outcome import ACTIONS, Action, Outcome, worst
from governance.policy.plan import plan
from governance.progress import Progress
from governance.render.replay import Case, Differs, Kind, Place, Side
from governance.trail.trust import Trust
from governance.verification import verify

if TYPE_CHECKING:
    from pathlib import Path

    from governance.store.snapshot import Snapshot


Kept = TypeVar("Kept", Decision, EvidenceSet)


class Judged(NamedTuple):
    """A recorded decision with all that it stands on. `manifest` is read where it is needed."""

    sha256: str
    decision: Decision
    evidence: EvidenceSet
    policies: tuple[LoadedPolicy, ...]
    acts: Sequence[Recorded]
    baseline: LoadedBaseline | None
    manifest: Callable[[], bytes]


class Asked(NamedTuple):
    """`drafts` are judged by; `against`: policies to compare with, the recorded ones where empty. `environment`: what
    alone is looked at, everything where None. `as_of`: the legal date; where None, that of each decision, or the first
    on which the drafts are in force."""

    drafts: tuple[LoadedPolicy, ...]
    against: tuple[LoadedPolicy, ...] = ()
    environment: str | None = None
    as_of: datetime | None = None


def of_trail(
    workspace: Workspace, *, name: str | None, version: str | None, everything: bool, progress: Progress
) -> Iterator[Judged]:
    """The latest decision about each model version, or each decision, oldest first; one at a time. Raises BadInput,
    MachineFault, VerificationFailed for what is not as it was stored."""
    from governance.store.browse import Wanted, decided

    policies, baselines = dict[str, LoadedPolicy](), dict[str, LoadedBaseline]()
    with workspace.open_trail() as store, store.snapshot() as snapshot:
        size = snapshot.head().size
        for index, digest in decided(snapshot, Wanted(name=name, version=version, latest=not everything)):
            progress("judging again", index, size)
            decision = _read(snapshot, digest, Decision)
            evidence = _read(snapshot, decision.evidence[0], EvidenceSet)
            for ref in decision.policies:
                if ref.sha256 not in policies:
                    data = snapshot.document(ref.sha256).data
                    policies[ref.sha256] = load_policy(data, f"policy {ref.id} {ref.version}")
            if (known := decision.baseline) is not None and known not in baselines:
                baselines[known] = load_baseline(snapshot.document(known).data, f"baseline {known[:12]}")
            yield Judged(
                digest,
                decision,
                evidence,
                tuple(policies[ref.sha256] for ref in decision.policies),
                read_acts(snapshot, decision.acts),
                baselines[known] if known else None,
                _manifest(snapshot, evidence.manifest),
            )


def _read(snapshot: "Snapshot", digest: str, kind: type[Kept]) -> Kept:
    """A document as its digest names it: that it is in canonical form was seen when it was sealed. Raises BadInput."""
    data = snapshot.document(digest).data
    try:
        return kind.model_validate_json(data, strict=True, by_alias=True, by_name=False)
    except ValidationError:
        return kind.from_bytes(data)  # which says what is wrong with it


def _manifest(snapshot: "Snapshot", digest: str) -> Callable[[], bytes]:
    return lambda: snapshot.document(digest).data


def of_bundles(files: "Iterable[Path]", trust: Trust | None, now: datetime, progress: Progress) -> Iterator[Judged]:
    """The decision of each bundle, which is verified first. Raises BadInput, VerificationFailed."""
    for file in files:
        progress(f"verifying {file}")
        found = verify(read_whole(file, "bundle"), trust, now=now)
        yield Judged(
            found.decision_sha256, found.decision, found.evidence, found.policies, found.acts, found.baseline,
            lambda data=found.manifest: data,  # type: ignore[misc]
        )  # fmt: skip


def replay(recorded: Iterable[Judged], asked: Asked) -> Iterator[Case]:
    """Each decision judged again, also those that stay as they are (which have no places)."""
    begins = max((parse_instant(draft.document.in_force.from_) for draft in asked.drafts), default=None)
    for one in recorded:
        as_of = asked.as_of or max(filter(None, (parse_instant(one.decision.as_of), begins)))
        was, now = _both(one, asked, as_of)
        yield _case(one, asked, as_of, was, now)


def ruling(asked: Asked, recorded: Sequence[LoadedPolicy]) -> tuple[LoadedPolicy, ...]:
    """Which policies judge a case now."""
    drafts = {draft.document.id: draft for draft in asked.drafts}
    ids = {policy.document.id for policy in recorded}
    if asked.against or not ids & drafts.keys():
        return asked.drafts
    kept = [drafts.pop(policy.document.id, policy) for policy in recorded]
    return (*kept, *drafts.values())


def _both(one: Judged, asked: Asked, as_of: datetime) -> tuple[Decision, Decision]:
    if not asked.against and instant(as_of) == one.decision.as_of:
        was = one.decision
    else:
        was = _decided(one, asked.against or one.policies, as_of)
    return was, _decided(one, ruling(asked, one.policies), as_of)


def _decided(one: Judged, policies: tuple[LoadedPolicy, ...], as_of: datetime) -> Decision:
    decision = one.decision
    return decide(
        one.evidence,
        decision.evidence[0],
        policies,
        one.acts,
        baseline=one.baseline,
        now=parse_instant(decision.now),
        as_of=as_of,
        identifier=decision.id,
        submitter=decision.submitter,
        previous=decision.previous,
    )


def _case(one: Judged, asked: Asked, as_of: datetime, was: Decision, now: Decision) -> Case:
    names = sorted({*was.outcomes, *now.outcomes}) if asked.environment is None else [asked.environment]
    changed = [name for name in names if was.outcomes.get(name) is not now.outcomes.get(name)]
    places, findings = list[Place](), list[Differs]()
    if changed:
        before = {finding.key: finding for finding in was.findings}
        after = {finding.key: finding for finding in now.findings}
        lacking = _lacking(one, ruling(asked, one.policies), now)
        places = [_place(name, was, now, lacking) for name in changed]
        findings = [
            Differs(
                key=key,
                title=(after.get(key) or before[key]).title,
                was=_side(before.get(key)),
                now=_side(after.get(key)),
                would_need=lacking.get(key, ()),
            )
            for key in dict.fromkeys((*after, *before))
            if _differ(before.get(key), after.get(key), changed)
        ]
    subject = one.decision.subject
    return Case(
        name=subject.name,
        version=subject.version,
        decision=one.sha256,
        as_of=instant(as_of),
        places=tuple(places),
        findings=tuple(findings),
    )


def _differ(was: Finding | None, now: Finding | None, places: list[str]) -> bool:
    """Whether it asks for something else in one of these places; what is not there asks for nothing."""

    def asks(finding: Finding | None, place: str) -> Action:
        return finding.actions.get(place, Action.ALLOW) if finding else Action.ALLOW

    return any(asks(was, place) is not asks(now, place) for place in places)


def _place(name: str, was: Decision, now: Decision, lacking: dict[str, tuple[str, ...]]) -> Place:
    before, after = was.outcomes.get(name), now.outcomes.get(name)
    return Place(place=name, was=before, now=after, kind=_kind(name, was, now, lacking))


def _kind(name: str, was: Decision, now: Decision, lacking: dict[str, tuple[str, ...]]) -> Kind:
    before, after = was.outcomes.get(name), now.outcomes.get(name)
    if before is None or after is None:
        return "newly decided" if before is None else "no longer decided"
    # What follows where nothing is wanting: then the draft itself is stricter.
    judged = [action for f in now.findings if f.key not in lacking and (action := f.actions.get(name)) is not None]
    if lacking and ACTIONS.index(worst(judged) if judged else Action.ALLOW) < ACTIONS.index(after):
        return "would need measuring"
    if ACTIONS.index(after) < ACTIONS.index(before):
        return "milder"
    reviewed, review = _to_review(was, name), _to_review(now, name)
    return "approve again" if after is Action.NEEDS_REVIEW and review and review <= reviewed else "stricter"


def _to_review(decision: Decision, name: str) -> set[tuple[str, Outcome]]:
    return {(f.key, f.outcome) for f in decision.findings if f.actions.get(name) is Action.NEEDS_REVIEW}


def _side(finding: Finding | None) -> Side | None:
    if finding is None:
        return None
    first = finding.looked_at[0] if finding.looked_at else None
    limit = finding.limit
    held = limit is not None and limit.op in ("at_least", "at_most")
    return Side(
        outcome=finding.outcome,
        value=first.value if first and held else None,
        limit=f"{limit.op.replace('_', ' ')} {limit.value}" if limit and held else None,
        why=finding.why,
    )


def _lacking(one: Judged, policies: Sequence[LoadedPolicy], now: Decision) -> dict[str, tuple[str, ...]]:
    """What would have to be measured, by finding that cannot be judged without it."""
    doubted = {f.key for f in now.findings if f.outcome in (Outcome.INCONCLUSIVE, Outcome.ERROR)}
    if not doubted:
        return {}
    manifest = strictyaml.load(one.manifest(), Manifest, "manifest")
    found = {}
    for policy in policies:
        for selected in policy.rules:
            if selected.key in doubted:
                wanted = plan([policy._replace(rules=(selected,))], manifest)
                if words := tuple(lacks(wanted, one.evidence.plan)):
                    found[selected.key] = words
    return found


def lacks(wanted: Plan, measured: Plan) -> Iterator[str]:
    """What one plan asks for and another did not, in words."""
    yield from (f"{name} evidence" for name in wanted.facts if name not in measured.facts)
    tables = {one.attributes: one for one in measured.fairness}
    for request in wanted.fairness:
        name, table = " x ".join(request.attributes), tables.get(request.attributes)
        if table is None and "fairness" in measured.facts:
            yield f"groups of {name}"
        for one in request.comparisons if table else ():
            if table and one not in table.comparisons:
                yield f"{one.metric} {one.measure} of {name} in groups of at least {one.min_rows}"
        yield from (f"{score} of {name}" for score in request.scores if table and score not in table.scores)
    yield from (metric for metric in wanted.metrics if metric not in measured.metrics)
    if wanted.champion and not measured.champion:
        yield "the champion on the same rows"
    yield from (
        f"{metric} of the champion" for metric in wanted.champion_scores if metric not in measured.champion_scores
    )
    if "explainability" in measured.facts and wanted.explain_rows > measured.explain_rows:
        yield f"explanations of {wanted.explain_rows} rows"
    if wanted.explain_repeats > measured.explain_repeats:
        yield f"{wanted.explain_repeats} further rankings of the features"
    if wanted.pickles and not measured.pickles:
        yield "a search for pickles in the artifact"
