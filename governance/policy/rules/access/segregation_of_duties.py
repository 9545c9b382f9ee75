"""access.segregation_of_duties: nobody holds two permissions that must be in different hands."""

from typing import Annotated

from governance.evidence.access import AccessFacts, Approval, Grant
from governance.policy.advice import GRANTS
from governance.policy.finding import Limit, Looked, Verdict, plural
from governance.policy.outcome import Outcome
from governance.policy.rule import Params, fails, inconclusive, passes, rule
from governance.policy.tightening import Tighten


class SegregationParams(Params):
    """`conflicts`: pairs of permissions. `approvers_lack`: permissions that whoever approved data or code must not
    hold."""

    conflicts: Annotated[tuple[tuple[str, str], ...], Tighten.NONE] = (("train", "approve"), ("train", "deploy"))
    approvers_lack: Annotated[tuple[str, ...], Tighten.NONE] = ("train",)


def _access(*grants: tuple[str, str], approver: str = "cy") -> AccessFacts:
    return AccessFacts(
        grants=tuple(Grant(principal=p, permission=q, resource="m", line=i + 2) for i, (p, q) in enumerate(grants)),
        approvals=(Approval(item="data:loans", principal=approver, role="owner", at="2026-01-01T00:00:00Z"),),
    )


def _word(text: str) -> str:
    """How names are compared: directories do not tell Ann from ann, and what a `*` leaves open may be anything."""
    return "*" if "*" in text else text.casefold()


@rule(
    "access.segregation_of_duties",
    controls=("iso-42001/a.3.2", "nist-ai-rmf/govern-2.1"),
    examples=lambda: (
        passes("different hands", _access(("ann", "train"), ("bo", "approve"))),
        fails("one hand", _access(("ann", "train"), ("ann", "approve"))),
        fails("a wildcard permission holds both", _access(("ann", "*"))),
        fails("who trains approved the data", _access(("ann", "train"), approver="ann")),
        fails("one hand in two spellings", _access(("local|ann", "train"), ("Local|Ann", "Approve"))),
        fails("a wildcard over people covers both", _access(("local|*", "train"), ("local|ann", "approve"))),
        inconclusive("nobody may train, so these are other words", _access(("ann", "model.write"), ("bo", "promote"))),
        inconclusive("no grants", AccessFacts(grants=(), approvals=())),
    ),
)
def segregation_of_duties(evidence: AccessFacts, params: SegregationParams) -> Verdict:
    """Nobody both builds the model and approves or deploys it.

    What it checks: no principal of the grants file holds both permissions of a conflicting pair, and nobody who
    approved data or code holds a permission that approvers must not have. Case does not count, and a name with a
    `*` in it stands for everybody or everything. Where no grant names any of these permissions, the file speaks another
    language: inconclusive.

    Why it matters: a control that the controlled person can operate is no control.

    How to fix: take one of the two permissions away (the line of the grants file is named), or have somebody else
    approve.
    """
    held: dict[str, dict[str, int]] = {}
    spelt: dict[str, str] = {}
    for grant in evidence.grants:
        spelt.setdefault(_word(grant.principal), grant.principal)
        held.setdefault(_word(grant.principal), {}).setdefault(_word(grant.permission), grant.line)
    limit = Limit(op="none", value="; ".join(f"{one} with {other}" for one, other in params.conflicts))
    if not held:
        return Verdict(outcome=Outcome.INCONCLUSIVE, why="the grants file lists no grant", limit=limit, fix=GRANTS)
    everyone = held.get("*", {})

    def line(principal: str, permission: str) -> int | None:
        own = {**everyone, **held.get(_word(principal), {})}
        return own.get(_word(permission), own.get("*"))

    asked = {_word(name) for name in (*(name for pair in params.conflicts for name in pair), *params.approvers_lack)}
    if not any(asked & {*permissions} or "*" in permissions for permissions in held.values()):
        why = f"no grant names any of {', '.join(sorted(asked))}: whether somebody holds two of them cannot be told"
        fix = "name permissions as the grants file calls them in `conflicts` and `approvers_lack` of this rule"
        return Verdict(outcome=Outcome.INCONCLUSIVE, why=why, limit=limit, fix=fix)
    looked, wrong = [], []
    for principal in (spelt[word] for word in sorted(held)):
        for one, other in params.conflicts:
            lines = line(principal, one), line(principal, other)
            if None not in lines:
                where = f"grants line{'' if lines[0] == lines[1] else f's {lines[0]} and'} {lines[1]}"
                looked.append(Looked(path=f"access.grants.{principal}", value=f"{one}, {other} ({where})"))
                wrong.append(f"{principal} may {one} and {other} ({where})")
    for approval in evidence.approvals:
        for permission in params.approvers_lack:
            if (at := line(approval.principal, permission)) is not None:
                looked.append(Looked(path=f"access.approvals.{approval.item}", value=approval.principal))
                wrong.append(f"{approval.principal} approved {approval.item} and may {permission} (grants line {at})")
    if wrong:
        return Verdict(outcome=Outcome.FAIL, why="; ".join(wrong), looked_at=tuple(looked), limit=limit)
    return Verdict(
        outcome=Outcome.PASS,
        why=f"{plural(len(held), 'principal')}, {plural(len(evidence.approvals), 'approval')}: no conflict",
        looked_at=tuple(
            Looked(path=f"access.grants.{spelt[word]}", value=", ".join(sorted(permissions)))
            for word, permissions in held.items()
        ),
        limit=limit,
    )
