"""Who may do what. Every answer comes with its reason; the decision checks separation again by itself, and
there more strictly: whoever measured the evidence does not count as somebody else either."""

from typing import NamedTuple

from governance.policy.act import APPROVER, UNVERIFIED, Act, separate
from governance.policy.decision import Decision


class Permission(NamedTuple):
    allowed: bool
    reason: str


SUBMITTER = "submitter"
ROLES = (SUBMITTER, "reviewer", APPROVER, "auditor")
"""What a person may hold. A reviewer and an auditor may look and comment."""


def acting_role(kind: str, roles: tuple[str, ...]) -> str | None:
    """The role that somebody who holds `roles` and names none acts in; None where they must say. Only an approver may
    do more than comment; a comment is made in one's own role, where that is one."""
    if kind != "comment":
        return APPROVER
    return roles[0] if len(roles) == 1 else None


def may_submit(principal: str, roles: tuple[str, ...]) -> Permission:
    """Whether somebody who holds `roles` may put a version before the approvers. Whoever is unverified may: that
    case can never be approved."""
    if principal == UNVERIFIED or SUBMITTER in roles:
        return Permission(True, f"{principal} may submit")
    return Permission(False, f"to submit takes the role {SUBMITTER}; {principal} holds: {', '.join(roles) or 'none'}")


def may_act(act: Act, roles: tuple[str, ...], seen: Decision, measured_by: str | None = None) -> Permission:
    """Whether the signer of `act`, who holds `roles`, may do this to the case they saw. `measured_by` is the principal
    whose evidence it rests on: whoever measured answers for nothing either."""
    if act.actor == UNVERIFIED:
        return Permission(False, "nobody has authenticated this person; sign with a key of your own")
    if act.role not in roles:
        held = ", ".join(roles) or "none"
        return Permission(False, f"{act.actor} acts as {act.role} but holds the roles: {held}")
    if act.kind == "comment":
        return Permission(True, "anybody known may comment")
    if act.role != APPROVER:
        return Permission(False, f"to {act.kind} takes the role {APPROVER}")
    if act.kind == "reject":
        return Permission(True, f"{act.actor} is an {APPROVER}")
    if seen.submitter == UNVERIFIED:
        return Permission(
            False,
            f"the submitter is {UNVERIFIED}, so nobody is known to be somebody else; check again with `--as NAME`",
        )
    if not separate(act.actor, seen.submitter):
        return Permission(False, f"{act.actor} submitted this version; somebody else must {act.kind}")
    if act.actor == measured_by:
        return Permission(False, f"{act.actor} measured the evidence; somebody else must {act.kind}")
    return Permission(True, f"{act.actor} is an {APPROVER} and not the submitter {seen.submitter}")
