"""An act on a case that a service keeps: looked at here, signed here, with a key that only the password opens."""

from collections.abc import Callable

from governance.canonical import Sha256, instant, sha256
from governance.client.opened import Opened
from governance.client.remote import Remote
from governance.client.transport import JSON
from governance.errors import BadInput, Broken, Stale, VerificationFailed
from governance.keys import open_person_key
from governance.operations.case import Case
from governance.operations.review import Kind, compose_act
from governance.permissions import ROLES, acting_role
from governance.policy import attesting
from governance.policy.act import Act, Waiver
from governance.policy.attesting import Stating
from governance.policy.granting import assert_signable, drawn_up
from governance.signing import dsse
from governance.signing.keys import Signer, encode_public
from governance.trail.trust import Trust
from governance.verification import ACT, payload_type


def act(
    remote: Remote,
    kind: Kind,
    *,
    model: str,
    version: str,
    name: str,
    role: str | None,
    password: Callable[[], str],
    reason: str,
    seen: Sha256 | None,
    waiver: Waiver | None,
    stating: Stating | None = None,
    show: Callable[[Case], None],
) -> Opened:
    """Sign an act on the latest decision about a model version, or on `seen` where that is given, and hand it in. What
    follows is the case after it.

    `show` gets the case before the password is asked for: what is verified here is what is signed. Raises BadInput,
    Refused, Stale where there is a later decision, which it tells about, MachineFault, VerificationFailed.
    """
    me = remote.assert_me(name)
    held = tuple(one for one in ROLES if one in me.roles)
    role = acting_role(kind, held) if role is None else role
    if role is None:
        raise BadInput("say in which role", expected=f"--role and one of: {', '.join(held)}", fix="nothing was signed")
    latest = remote.latest(model=model, version=version)
    if seen is not None and seen != latest:
        raise _newer(remote, latest, f"decision {seen}")
    before = remote.opened(latest, model=model, version=version).case
    waiver = drawn_up(waiver, before.decision) if waiver else None
    attestation = attesting.drawn_up(stating, before.policies) if stating else None

    def composed() -> Act:
        at = instant(remote.clock())
        return compose_act(kind, me.principal, role, latest, reason, at, waiver, attestation)

    signed = composed()
    assert_signable(signed, before.decision, before.policies, before.evidence)
    show(before)
    wrapped = remote.http.get("/me/key").data
    signer = open_person_key(wrapped, me.principal, password(), f"the key that {remote.http.url} keeps")
    if remote.trust is not None:
        _known(remote.trust, me.principal, signer)
    # The time of the signature is that of the password, which may have taken a while.
    signed = composed()
    envelope = dsse.seal(payload_type(ACT), signed.to_bytes(), signer)
    try:
        answer = remote.http.post(
            f"/decisions/{latest}/acts", envelope.to_bytes(), JSON, key=remote.http.new_key(), if_match=latest
        )
    except Stale as error:
        raise _newer(remote, error.latest, f"decision {latest}") from error
    after = remote.opened(sha256(answer.data), model=model, version=version)
    if sha256(signed.to_bytes()) not in after.case.decision.acts:
        raise VerificationFailed(
            Broken.INCOMPLETE, "the decision that followed does not stand on the act", got=after.case.decision_sha256
        )
    return after


def _newer(remote: Remote, latest: Sha256, got: str) -> Stale:
    """With what the case says now."""
    expected = "the latest decision"
    if latest:
        decision = remote.opened(latest).case.decision
        outcomes = ", ".join(f"{name}: {action.value}" for name, action in sorted(decision.outcomes.items()))
        expected += f", {latest} of {decision.now} ({outcomes})"
    return Stale(
        "the case has changed since you looked at it",
        latest=latest,
        got=got,
        expected=expected,
        fix="read it again (`governance show`), then act on what it says now; nothing was recorded",
    )


def _known(trust: Trust, principal: str, signer: Signer) -> None:
    """Raises BadInput where nobody with this trust file would accept what is about to be signed."""
    key = encode_public(signer.public_key)
    named = [person.key for person in trust.people if person.principal == principal]
    if key not in named:
        raise BadInput(
            f"the trust file does not name the key of {principal} that the service keeps",
            got=key,
            expected=", ".join(named) or f"a key of {principal}",
            fix="get the trust file of today from the log's operator, on a way of your own; nothing was signed",
        )
