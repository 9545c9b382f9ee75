"""Policy releases: whose signatures make one, and which policies a trust file accepts by them."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple, TypeVar

from governance import strictyaml
from governance.canonical import Document, Sha256, parse_instant, sha256
from governance.errors import BadInput, Broken, VerificationFailed
from governance.policy.act import APPROVER, separate
from governance.policy.decision import Decision
from governance.policy.release import APPROVAL, RELEASE, Release, ReleaseApproval, ReleasedPolicy
from governance.policy.sections import Policy
from governance.signing.dsse import Envelope, open_envelope
from governance.signing.keys import decode_public, key_id
from governance.trail.bundle import Bundle
from governance.trail.trust import Trust
from governance.verification.documents import document, payload_type
from governance.verification.inclusion import Spoken
from governance.verification.signatures import Signed

Kind = TypeVar("Kind", bound=Document)


class Released(NamedTuple):
    """A release that holds: signed by its author and by somebody else who may approve. `keys`: the ids of both."""

    release: Release
    sha256: Sha256
    approval: ReleaseApproval
    approval_sha256: Sha256
    keys: frozenset[str]

    @property
    def named(self) -> str:
        return f"{self.release.id} {self.release.version}"


def accept(file: ReleasedPolicy, trust: Trust) -> Released:
    """A release file, under a trust file. Raises VerificationFailed: UNTRUSTED_KEY, TAMPERED, MALFORMED, or
    UNTRUSTED_POLICY where nobody else has approved it. Its dates are for `assert_effective`."""
    release, release_key = _opened(file.release, RELEASE, Release, trust)
    if file.approval is None:
        raise VerificationFailed(
            Broken.UNTRUSTED_POLICY,
            f"nobody has approved the release of {release.id} {release.version}",
            expected=f"a signature of somebody with the role {APPROVER}, and not of {release.author}",
            fix="`governance policy release FILE --as NAME`, by such a person",
        )
    approval, approval_key = _opened(file.approval, APPROVAL, ReleaseApproval, trust)
    return held(release, release_key, approval, approval_key, trust)


def author_of(file: ReleasedPolicy, trust: Trust) -> Release:
    """What the author signed, whether or not it is approved. Raises VerificationFailed."""
    release, key = _opened(file.release, RELEASE, Release, trust)
    _its_own(release)
    _by(key, release.author, trust)
    return release


def _opened(envelope: Envelope, kind: str, model: type[Kind], trust: Trust) -> tuple[Kind, str]:
    opened = open_envelope(envelope, signers(trust))
    if opened.payload_type != payload_type(kind):
        raise VerificationFailed(
            Broken.TAMPERED, "an envelope of a release signs something else", got=opened.payload_type, expected=kind
        )
    try:
        return model.from_bytes(opened.payload), opened.keyid
    except BadInput as error:
        raise VerificationFailed(Broken.MALFORMED, f"a {kind} cannot be read: {error.what}", got=error.got) from error


def signers(trust: Trust) -> dict[str, bytes]:
    """Keys that may sign a release: of people, and those named for policies."""
    keys = [*(person.key for person in trust.people), *trust.policy_keys]
    return {key_id(raw): raw for raw in map(decode_public, keys)}


def held(release: Release, release_key: str, approval: ReleaseApproval, approval_key: str, trust: Trust) -> Released:
    """Both documents, whose signatures hold, make a release. Raises VerificationFailed."""
    digest = sha256(release.to_bytes())
    _its_own(release)
    if approval.release != digest:
        raise VerificationFailed(
            Broken.TAMPERED, "the approval is for another release", got=approval.release[:16], expected=digest[:16]
        )
    _by(release_key, release.author, trust)
    _by(approval_key, approval.approver, trust)
    if release_key == approval_key or not separate(approval.approver, release.author):
        raise VerificationFailed(
            Broken.UNTRUSTED_POLICY, "the author approved their own release", got=approval.approver,
            expected="somebody else",
        )  # fmt: skip
    roles = [person.roles for person in trust.people if key_id(decode_public(person.key)) == approval_key]
    # A key that is named for policies, and for no person, is trusted by being named there.
    if approval.role != APPROVER or (roles and not any(APPROVER in held for held in roles)):
        raise VerificationFailed(
            Broken.UNTRUSTED_KEY, f"{approval.approver} approved a release as {approval.role}",
            got=", ".join(roles[0]) if roles else "no role", expected=APPROVER,
        )  # fmt: skip
    return Released(release, digest, approval, sha256(approval.to_bytes()), frozenset({release_key, approval_key}))


def _its_own(release: Release) -> None:
    """The text is the policy that the release says it is, and needs no other file."""
    if sha256(release.text.encode()) != release.sha256:
        raise VerificationFailed(
            Broken.TAMPERED, "the text of a release is not the one it names", expected=release.sha256[:16]
        )
    try:
        policy = strictyaml.load(release.text.encode(), Policy, f"policy {release.id} {release.version}")
    except BadInput as error:
        raise VerificationFailed(
            Broken.MALFORMED, f"a release holds no policy: {error.what.splitlines()[0]}", got=error.got
        ) from error
    if (policy.id, policy.version) != (release.id, release.version) or policy.extends is not None:
        raise VerificationFailed(
            Broken.TAMPERED, "a release holds another policy than it names, or not the whole of it",
            got=f"{policy.id} {policy.version}", expected=f"{release.id} {release.version}",
        )  # fmt: skip


def _by(key: str, principal: str, trust: Trust) -> None:
    """A person's key signs in their name alone, and in their name nobody else's does, also one that is named for
    policies."""
    owners = [(key_id(decode_public(person.key)), person.principal) for person in trust.people]
    theirs = {owned for owned, owner in owners if owner == principal}
    signer = next((owner for owned, owner in owners if owned == key), None)
    if signer not in (None, principal) or (theirs and key not in theirs):
        raise VerificationFailed(
            Broken.TAMPERED,
            "a release is signed by somebody else",
            got=signer or f"key {key[:16]}",
            expected=principal,
            fix="where it was their key once, the trust file names them with that one too" if signer is None else "",
        )


def assert_effective(release: Release, at: datetime) -> None:
    """Raises VerificationFailed (UNTRUSTED_POLICY) before its first and after its last day."""
    begins, ends = parse_instant(release.effective), release.expires and parse_instant(release.expires)
    if at < begins or (ends and at >= ends):
        until = f" until {release.expires}" if release.expires else ""
        raise VerificationFailed(
            Broken.UNTRUSTED_POLICY,
            f"the release of {release.id} {release.version} is not effective",
            got=f"{at.date()}",
            expected=f"from {release.effective}{until}",
        )


def pair(bundle: Bundle, decision: Decision) -> dict[Sha256, tuple[Sha256, Sha256]]:
    """The releases in a bundle, with their approvals, by the policy that each is of: of policies of the decision alone,
    each once. Raises VerificationFailed."""
    releases = {
        digest: document(bundle, digest, RELEASE, Release)
        for digest, enclosed in bundle.documents.items()
        if enclosed.type == RELEASE
    }
    approvals = {
        document(bundle, digest, APPROVAL, ReleaseApproval).release: digest
        for digest, enclosed in bundle.documents.items()
        if enclosed.type == APPROVAL
    }
    wanted = {ref.sha256 for ref in decision.policies}
    found = {
        release.sha256: (digest, approvals[digest])
        for digest, release in releases.items()
        if release.sha256 in wanted and digest in approvals
    }
    return found


def accepted(
    bundle: Bundle, decision: Decision, pairs: Mapping[Sha256, tuple[Sha256, Sha256]], signed: tuple[Signed, ...],
    spoken: Spoken, trust: Trust,
) -> dict[Sha256, Released]:  # fmt: skip
    """The releases of a bundle by the policy that each is of: held, effective when the decision was made, and in the
    log before it. Raises VerificationFailed."""
    keys = {item.document: item.keyid for item in signed}
    found = {}
    for policy, (release_sha256, approval_sha256) in pairs.items():
        release = document(bundle, release_sha256, RELEASE, Release)
        approval = document(bundle, approval_sha256, APPROVAL, ReleaseApproval)
        one = held(release, keys[release_sha256], approval, keys[approval_sha256], trust)
        assert_effective(release, parse_instant(decision.now))
        recorded = spoken[release_sha256][0]
        if recorded != spoken[approval_sha256][0] or recorded > spoken[bundle.decision][0]:
            raise VerificationFailed(
                Broken.UNTRUSTED_POLICY, f"{one.named} was released after the decision, or its approval elsewhere"
            )
        found[policy] = one
    return found


def by_key(released: Released, trust: Trust) -> bool:
    """Whether one of its signatures is by a key that the trust file names for policies."""
    named = {key_id(decode_public(key)) for key in trust.policy_keys}
    return bool(released.keys & named)
