"""A check against a service: measured here, under the policies of there, which judges and seals what it is handed."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from governance.canonical import Sha256, sha256
from governance.client.opened import Opened
from governance.client.remote import Remote
from governance.client.transport import JSON, YAML
from governance.client.upload import Part
from governance.errors import Broken, Refused, VerificationFailed
from governance.evidence.evidence import EvidenceSet
from governance.evidence.origin import Origin, Subject
from governance.operations.browse import Me
from governance.operations.evaluate import Gathered, gather
from governance.permissions import Does, may
from governance.policy.decision import Decision
from governance.policy.document import LoadedPolicy
from governance.policy.outcome import Action
from governance.progress import Progress
from governance.render.pipeline import Precedent


class Submitted(NamedTuple):
    """`decision_sha256`: of what the service sealed about this evidence."""

    gathered: Gathered
    decision_sha256: Sha256


def submitter(remote: Remote) -> Me:
    """Who hands in. Raises Refused where they may not: said before anything is measured; the service asks again."""
    me = remote.me()
    permission = may(Does.SUBMIT, me.principal, me.roles, me.scopes)
    if not permission.allowed:
        raise Refused("this token may not submit", got=permission.reason, fix="nothing was measured")
    return me


def submit(
    remote: Remote,
    manifest: Path,
    policies: tuple[LoadedPolicy, ...],
    *,
    allow_roots: tuple[Path, ...],
    fresh: bool,
    progress: Progress,
) -> Submitted:
    """Measure what the service's policies plan, hand it in, and have it judged and sealed there.

    Evidence that the service has of the same inputs, plan and release is handed in again unless `fresh`, where it is
    the token's owner's: so approvals and waivers given for it stay in force. Raises BadInput, Refused, MachineFault,
    VerificationFailed.
    """
    me = submitter(remote)
    origin = Origin.model_validate({"kind": "measured", "by": me.principal, "where": me.place})
    gathered = gather(
        manifest,
        policies,
        origin,
        lambda subject: "it was asked for" if fresh else _recorded(remote, subject, me),
        baseline=None,
        allow_roots=allow_roots,
        clock=remote.clock,
        progress=progress,
    )
    evidence = gathered.evidence.to_bytes()
    progress("handing it in")
    answer = remote.http.post_form(
        "/evidence",
        [Part("evidence", evidence, JSON), Part("manifest", gathered.loaded.data, YAML)],
        key=remote.http.new_key(),
    )
    return Submitted(gathered, sha256(answer.data))


def sealed_here(remote: Remote, submitted: Submitted) -> Opened:
    """What the service made of it. Raises VerificationFailed, also where it is not about what was handed in."""
    opened = remote.opened(submitted.decision_sha256)
    decision = opened.case.decision
    got = (decision.evidence, decision.submitter)
    expected = ((sha256(submitted.gathered.evidence.to_bytes()),), remote.me().principal)
    if got != expected:
        raise VerificationFailed(
            Broken.TAMPERED,
            "the service sealed something else than was handed in",
            got=f"evidence {', '.join(got[0])} of {got[1]}",
            expected=f"evidence {', '.join(expected[0])} of {expected[1]}",
        )
    return opened


def precedents(
    remote: Remote, decision: Decision, before: int | None, unread: Callable[[str], None]
) -> dict[str, Precedent]:
    """For each environment of a decision that has one, the decision that last allowed a version of the same model
    there, as the service names it: before entry `before`, else the latest. `unread` is told of one that this release
    cannot judge again. Raises VerificationFailed for one that does not verify."""
    found: dict[str, Precedent] = {}
    opened: dict[Sha256, Opened | None] = {}
    for environment in decision.outcomes:
        lines = remote.lines(name=decision.subject.name, environment=environment, outcome=Action.ALLOW.value)
        line = next((line for line in lines if before is None or line.entry < before), None)
        if line is None:
            continue
        if line.decision not in opened:
            try:
                opened[line.decision] = remote.opened(line.decision, model=decision.subject.name)
            except VerificationFailed as error:
                if error.verdict not in (Broken.NOT_REPERFORMABLE, Broken.UNSUPPORTED):
                    raise
                opened[line.decision] = None
                unread(f"{line.name}@{line.version}, allowed on {line.issued_at}, is not compared with: {error}")
        earlier = opened[line.decision]
        if earlier is not None:
            found[environment] = Precedent(earlier.case.decision, earlier.case.evidence)
    return found


def _recorded(remote: Remote, subject: Subject, me: Me) -> EvidenceSet | str:
    """The evidence of the latest decision about this model version, or why none is to be used: nobody hands in what
    somebody else measured, or elsewhere."""
    line = next(remote.lines(name=subject.name, version=subject.version, latest="true"), None)
    if line is None:
        return f"no decision about {subject.name} {subject.version} is in the trail"
    try:
        evidence = remote.opened(line.decision, model=subject.name, version=subject.version).case.evidence
    except VerificationFailed as error:
        return f"what the service has does not verify here: {error.verdict}"
    if (evidence.origin.by, evidence.origin.where) != (me.principal, me.place):
        return f"it was measured by {evidence.origin.by}, {evidence.origin.where}"
    return evidence
