"""access.approvals_by_role: data and code are approved by somebody in the right role, who does not build the model."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from governance.canonical import parse_instant
from governance.evidence.access import AccessFacts, Approval, Grant
from governance.policy.advice import SOURCES
from governance.policy.finding import Limit, Looked, Verdict, plural, settled
from governance.policy.rule import Params, fails, inconclusive, passes, rule
from governance.policy.tightening import Tighten


class ApprovalsParams(Params):
    """`roles`: the role that must approve, by item (`data:customers`) or by kind of item (`data` is every source of the
    manifest, `code` its commit). `not_holding`: permissions that who approves must not have."""

    roles: dict[str, str] = Field({"data": "owner"}, min_length=1)
    not_holding: Annotated[tuple[str, ...], Tighten.NONE] = ("train",)


_NAMING = {"data": SOURCES, "code": "record the commit under `environment.commit` in the manifest"}


def _approved(
    *approvals: tuple[str, str, str], grants: tuple[tuple[str, str], ...] = (("ann", "train"),), at: str = "2026-01-01"
) -> AccessFacts:
    return AccessFacts(
        grants=tuple(Grant(principal=p, permission=q, resource="m", line=i + 2) for i, (p, q) in enumerate(grants)),
        approvals=tuple(
            Approval(item=item, principal=who, role=role, at=f"{at}T00:00:00Z") for item, who, role in approvals
        ),
        items=("data:bank", "data:post"),
    )


_BANK, _POST = ("data:bank", "bo", "Owner"), ("data:post", "cy", "owner")


@rule(
    "access.approvals_by_role",
    controls=("iso-42001/a.3.2", "nist-ai-rmf/govern-2.1"),
    examples=lambda: (
        passes("each source by its owner", _approved(_BANK, _POST)),
        passes("one item alone", _approved(_POST), roles={"data:post": "owner"}),
        fails("one source without approval", _approved(_BANK)),
        fails("approved in another role", _approved(_BANK, ("data:post", "cy", "analyst"))),
        fails("approved by who trains", _approved(_BANK, ("data:post", "Ann", "owner"))),
        fails("everybody may train", _approved(_BANK, _POST, grants=(("*", "train"),))),
        fails("approved in the future", _approved(_BANK, _POST, at="2999-01-01")),
        passes("approved this instant", _approved(_BANK, _POST, at="2026-11-21")),
        passes(
            "a second approval by somebody else counts",
            _approved(_BANK, ("data:post", "ann", "owner"), _POST),
        ),
        fails("no approval at all", _approved()),
        inconclusive("the manifest names no commit", _approved(_BANK, _POST), roles={"code": "reviewer"}),
        inconclusive("who trains is not known", _approved(_BANK, _POST, grants=())),
        inconclusive(
            "nobody may train, so these are other words", _approved(_BANK, _POST, grants=(("ann", "model.write"),))
        ),
        passes("who trains does not matter", _approved(_BANK, _POST, grants=()), not_holding=[]),
    ),
)
def approvals_by_role(evidence: AccessFacts, params: ApprovalsParams, now: datetime) -> Verdict:
    """Data and code are approved by somebody in the required role who does not build the model.

    What it checks: for each item that the policy names, or that the manifest names of such a kind, the approvals file
    has an approval in the required role, not dated in the future, by a principal who holds none of the permissions that
    approvers must not have. Case does not count; a `*` in a grant stands for everybody or everything. Where no grant
    names any of these permissions, the file speaks another language: inconclusive.

    Why it matters: an approval protects only if it comes from who answers for the data or the code, and not from who
    wants to use it.

    How to fix: have the item approved by somebody in that role and add the line to the approvals file
    (item,principal,role,at), or take the permission from who approved.
    """
    limit = Limit(op="is", value="; ".join(f"{item} approved by {role}" for item, role in sorted(params.roles.items())))
    barred = {word.casefold() for word in params.not_holding}
    builders = {
        "*" if "*" in grant.principal else grant.principal.casefold()
        for grant in evidence.grants
        if barred and ("*" in grant.permission or grant.permission.casefold() in barred)
    }
    looked, wrong, doubts, advice = [], [], [], []
    for asked, role in sorted(params.roles.items()):
        items = [asked] if ":" in asked else [item for item in evidence.items if item.startswith(f"{asked}:")]
        if not items:
            doubts.append(f"the manifest names no {asked} to approve")
            advice.append(_NAMING.get(asked, f"name {asked} as kind:id in `roles` of this rule in the policy"))
        for item in items:
            refused = []
            for approval in (one for one in evidence.approvals if one.item == item):
                who = approval.principal
                if approval.role.casefold() != role.casefold():
                    refused.append(f"{who} approved as {approval.role}")
                elif parse_instant(approval.at) > now:
                    refused.append(f"the approval of {who} is dated {approval.at}, in the future")
                elif "*" in builders or who.casefold() in builders:
                    refused.append(f"{who} approved and may {' or '.join(params.not_holding)}")
                else:
                    looked.append(Looked(path=f"access.approvals.{item}", value=f"{who} as {approval.role}"))
                    break
            else:
                looked.append(Looked(path=f"access.approvals.{item}", value=None))
                why = f": {', '.join(refused)}" if refused else ""
                wrong.append(f"{item} has no approval by an independent {role}{why}")
    if barred and not builders:
        doubts.append(f"no grant names {' or '.join(params.not_holding)}: who builds the model cannot be told")
        advice.append(
            "export the grants of those who build the model too (`access.grants`), or name their permission as that "
            "file calls it in `not_holding` of this rule in the policy"
        )
    why = f"{plural(len(looked), 'item')} approved in the required role"
    return settled(wrong, doubts, advice, why, tuple(looked), limit)
