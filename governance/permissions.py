"""Who may do what. Every answer comes with its reason; the decision checks separation again by itself, and
there more strictly: whoever measured the evidence does not count as somebody else either."""

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import NamedTuple

from governance.policy.act import APPROVER, UNVERIFIED, Act, separate
from governance.policy.decision import Decision


class Permission(NamedTuple):
    allowed: bool
    reason: str


SUBMITTER, REVIEWER, AUDITOR, ADMIN = "submitter", "reviewer", "auditor", "admin"
ROLES = (SUBMITTER, REVIEWER, APPROVER, AUDITOR)
"""In which a person may act on a case. A reviewer and an auditor may look, comment and attest."""
ACCOUNT_ROLES = (*ROLES, ADMIN)
"""What an account of the service may hold. An admin sees to accounts, and by that alone acts on no case."""


class Scope(StrEnum):
    """What a token may be used for, of what its owner may do. `means` says it. No scope reaches what an admin does."""

    means: str

    def __new__(cls, name: str, means: str) -> "Scope":
        member = str.__new__(cls, name)
        member._value_, member.means = name, means
        return member

    SUBMIT = "submit", "hand in evidence and have it judged"
    READ = "read", "read models, decisions, policies and the trail"
    ACT = "act", "hand in acts that their owner signed"


SCOPES = tuple(Scope)


class Does(StrEnum):
    """What somebody may want to do. The values that are kinds of an act are spelled as there."""

    READ = "read"
    SUBMIT = "submit"
    EVALUATE = "evaluate"
    COMMENT = "comment"
    APPROVE = "approve"
    REJECT = "reject"
    WAIVE = "waive"
    ATTEST = "attest"
    MAKE_TOKEN = "make_token"
    REVOKE_TOKEN = "revoke_token"
    LIST_ACCOUNTS = "list_accounts"
    INVITE = "invite"
    GRANT = "grant"
    DISABLE = "disable"
    PIN = "pin"
    TRY_POLICY = "try_policy"


class Row(NamedTuple):
    """What it is in words, who may, and the scope that a token needs for it; None where no token may."""

    means: str
    roles: tuple[str, ...]
    scope: Scope | None


TABLE: Mapping[Does, Row] = {
    Does.READ: Row("read models, decisions, policies and the trail", ACCOUNT_ROLES, Scope.READ),
    Does.SUBMIT: Row("submit the evidence of a version", (SUBMITTER,), Scope.SUBMIT),
    Does.EVALUATE: Row("have recorded evidence judged again", (SUBMITTER, REVIEWER, APPROVER), Scope.SUBMIT),
    Does.COMMENT: Row("comment on a case", ROLES, Scope.ACT),
    Does.APPROVE: Row("approve a case that somebody else submitted", (APPROVER,), Scope.ACT),
    Does.REJECT: Row("reject a case", (APPROVER,), Scope.ACT),
    Does.WAIVE: Row("excuse one finding of a case that somebody else submitted", (APPROVER,), Scope.ACT),
    Does.ATTEST: Row(
        "answer for what no machine can check, of a case that somebody else submitted",
        (REVIEWER, APPROVER, AUDITOR),
        Scope.ACT,
    ),
    Does.MAKE_TOKEN: Row("make a token of one's own", ACCOUNT_ROLES, None),
    Does.REVOKE_TOKEN: Row("revoke somebody else's token; one's own, everybody may", (ADMIN,), None),
    Does.LIST_ACCOUNTS: Row("see who has an account, and which roles", (ADMIN,), None),
    Does.INVITE: Row("invite somebody, or give a new link to who lost their password", (ADMIN,), None),
    Does.GRANT: Row("grant a role to somebody else, or revoke it", (ADMIN,), None),
    Does.DISABLE: Row("disable somebody else's account", (ADMIN,), None),
    Does.PIN: Row("pin the policies that count", (ADMIN,), None),
    Does.TRY_POLICY: Row("have a draft of a policy tried, which records nothing", ACCOUNT_ROLES, Scope.READ),
}


def may(
    does: Does, principal: str, roles: Collection[str], scopes: Collection[str] | None = None, *, to: str | None = None
) -> Permission:
    """Whether `principal`, who holds `roles`, may do this. `scopes` are those of the token they use, None where they
    signed in themselves; `to` is whom it is done to, where that is a person.

    It says nothing about the case at hand: that do `may_submit` and `may_act`.
    """
    row = TABLE[does]
    if scopes is not None and row.scope is None:
        return Permission(False, f"no token may {does}; sign in for it")
    if scopes is not None and row.scope not in scopes:
        held = ", ".join(sorted(scopes)) or "none"
        return Permission(False, f"to {does} takes a token with the scope {row.scope}; this one has: {held}")
    held_in = [role for role in row.roles if role in roles]
    if not held_in:
        held = ", ".join(roles) or "none"
        return Permission(False, f"to {does} takes the role {' or '.join(row.roles)}; {principal} holds: {held}")
    if to == principal and does in _TO_OTHERS:
        return Permission(False, f"{does} is not for one's own account; ask another {ADMIN}")
    return Permission(True, f"{principal} may {does} as {held_in[0]}")


# Else one admin could make themselves an approver, or leave nobody behind, unseen by a second person.
_TO_OTHERS = frozenset({Does.GRANT, Does.INVITE, Does.DISABLE})


def acting_role(kind: str, roles: tuple[str, ...]) -> str | None:
    """The role that somebody who holds `roles` and names none acts in; None where they must say. What only an approver
    may do is done as one; else one acts in one's own role, where that is one."""
    allowed = TABLE[Does(kind)].roles
    if len(allowed) == 1:
        return allowed[0]
    held = [role for role in roles if role in allowed]
    return None if len(held) > 1 else (held or allowed)[0]


def may_submit(principal: str, roles: tuple[str, ...]) -> Permission:
    """Whether somebody who holds `roles` may put a version before the approvers. Whoever is unverified may: that
    case can never be approved."""
    if principal == UNVERIFIED:
        return Permission(True, f"{principal} may submit")
    return may(Does.SUBMIT, principal, roles)


def may_release(principal: str, roles: Collection[str], author: str) -> Permission:
    """Whether somebody who holds `roles` may approve a release of a policy that `author` signed."""
    if APPROVER not in roles:
        held = ", ".join(roles) or "none"
        return Permission(False, f"to approve a release takes the role {APPROVER}; {principal} holds: {held}")
    if not separate(principal, author):
        return Permission(False, f"{author} is its author; somebody else must approve it")
    return Permission(True, f"{principal} is an {APPROVER} and not the author {author}")


def may_act_as(kind: str, actor: str, role: str, roles: tuple[str, ...]) -> Permission:
    """Whether somebody who holds `roles` may do such a thing to some case, in this role."""
    if actor == UNVERIFIED:
        return Permission(False, "nobody has authenticated this person; sign with a key of your own")
    if role not in roles:
        return Permission(False, f"{actor} acts as {role} but holds the roles: {', '.join(roles) or 'none'}")
    return may(Does(kind), actor, (role,))


def may_act(act: Act, roles: tuple[str, ...], seen: Decision, measured_by: str | None = None) -> Permission:
    """Whether the signer of `act`, who holds `roles`, may do this to the case they saw. `measured_by` is the principal
    whose evidence it rests on: whoever measured answers for nothing either."""
    by_role = may_act_as(act.kind, act.actor, act.role, roles)
    if act.kind in (Does.COMMENT, Does.REJECT) or not by_role.allowed:
        return by_role
    if seen.submitter == UNVERIFIED:
        return Permission(
            False,
            f"the submitter is {UNVERIFIED}, so nobody is known to be somebody else; check again with `--as NAME`",
        )
    if not separate(act.actor, seen.submitter):
        return Permission(False, f"{act.actor} submitted this version; somebody else must {act.kind}")
    if act.actor == measured_by:
        return Permission(False, f"{act.actor} measured the evidence; somebody else must {act.kind}")
    return Permission(True, f"{act.actor} acts as {act.role} and is not the submitter {seen.submitter}")
