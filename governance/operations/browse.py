"""What programs look up page by page: models, decisions, policies; and documents by their digest."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from governance.canonical import Count, Document, Instant, Sha256
from governance.errors import BadInput
from governance.operations.caller import Caller
from governance.operations.workspace import Workspace
from governance.policy.baseline import LoadedBaseline
from governance.policy.document import LoadedPolicy
from governance.policy.outcome import Action
from governance.trail.checkpoint import decimal
from governance.verification import POLICY

if TYPE_CHECKING:
    from governance.store.browse import Wanted

MOST = 100
"""Lines of a page."""


class DecisionLine(Document):
    """A decision in a list. `decision`: its digest. `entry` is the index of the entry that issued it. `latest`: whether
    none about the same model version came after it."""

    decision: Sha256
    entry: Count
    name: str
    version: str
    artifact: Sha256 | None
    outcomes: dict[str, Action]
    issued_at: Instant
    latest: bool


class DecisionPage(Document):
    """Decisions, newest first. `next` is the cursor of the next page, null where this is the last."""

    decisions: tuple[DecisionLine, ...]
    next: str | None


class ModelLine(Document):
    """A model in a list. `versions`: how many were judged. `decision`: the digest of the newest about any of them.
    `version` and `outcomes` are those of this decision."""

    name: str
    versions: Count
    decision: Sha256
    version: str
    outcomes: dict[str, Action]


class ModelPage(Document):
    """Models by name. `next` is the cursor of the next page, null where this is the last."""

    models: tuple[ModelLine, ...]
    next: str | None


class PolicyLine(Document):
    """A policy in a list. `sha256`: of its text."""

    id: str
    version: str
    sha256: Sha256
    environments: tuple[str, ...]


class PolicyList(Document):
    """What the service judges by. `policies`: which count now. `baselines`: digests of known failures by the model that
    has them."""

    policies: tuple[PolicyLine, ...]
    baselines: dict[str, Sha256]


class Me(Document):
    """Who is asking. `principal`: as acts and evidence name them. `roles`: which they hold now. `scopes`: what their
    token is for. `place`: where evidence that it hands in must have been measured."""

    principal: str
    roles: tuple[str, ...]
    scopes: tuple[str, ...]
    place: str


def list_decisions(workspace: Workspace, wanted: "Wanted", cursor: str | None, limit: int) -> DecisionPage:
    """Raises BadInput for a cursor that is none."""
    from governance.store.browse import decisions

    before = None if cursor is None else decimal(cursor)
    if cursor is not None and before is None:
        raise BadInput("not a cursor", got=ascii(cursor)[:50], expected="`next` of the page before", where="cursor")
    with workspace.open_trail() as store, store.snapshot() as snapshot:
        found = decisions(snapshot, wanted, before=before, limit=limit + 1)
    lines = tuple(
        DecisionLine(
            decision=one.listed.issued.sha256,
            entry=one.listed.issued.index,
            name=one.listed.issued.name,
            version=one.listed.issued.version,
            artifact=one.listed.issued.artifact,
            outcomes=one.listed.outcomes,
            issued_at=one.time,
            latest=one.latest,
        )
        for one in found[:limit]
    )
    return DecisionPage(decisions=lines, next=str(lines[-1].entry) if len(found) > limit else None)


def list_models(workspace: Workspace, cursor: str | None, limit: int) -> ModelPage:
    """The cursor is the last name of the page before."""
    from governance.store.browse import models

    with workspace.open_trail() as store, store.snapshot() as snapshot:
        found = models(snapshot, after=cursor or "", limit=limit + 1)
    lines = tuple(
        ModelLine(
            name=one.name,
            versions=one.versions,
            decision=one.latest.issued.sha256,
            version=one.latest.issued.version,
            outcomes=one.latest.outcomes,
        )
        for one in found[:limit]
    )
    return ModelPage(models=lines, next=lines[-1].name if len(found) > limit else None)


def me(caller: Caller) -> Me:
    return Me(
        principal=caller.principal,
        roles=tuple(caller.roles),
        scopes=tuple(sorted(caller.scopes or ())),
        place=caller.place,
    )


def list_policies(policies: tuple[LoadedPolicy, ...], baselines: Mapping[str, LoadedBaseline]) -> PolicyList:
    return PolicyList(
        policies=tuple(
            PolicyLine(
                id=one.document.id,
                version=one.document.version,
                sha256=one.sha256,
                environments=tuple(one.document.environments),
            )
            for one in policies
        ),
        baselines={name: one.sha256 for name, one in sorted(baselines.items())},
    )


def policy_text(workspace: Workspace, policies: tuple[LoadedPolicy, ...], digest: Sha256) -> bytes:
    """Of a policy that counts now, or that a decision of the trail was made under. Raises NotThere."""
    known = next((one.text for one in policies if one.sha256 == digest), None)
    return known if known is not None else document(workspace, digest, POLICY)


def document(workspace: Workspace, digest: Sha256, kind: str) -> bytes:
    """A document that the log vouches for, byte for byte. Raises NotThere where the trail holds none of this kind by
    that digest, VerificationFailed where only its tables say so."""
    with workspace.open_trail() as store, store.confirmed(workspace.trust().vkeys()) as snapshot:
        return snapshot.recorded(digest, kind)[1]
