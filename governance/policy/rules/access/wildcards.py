"""access.wildcards: no grant says "everybody", "anything" or "everything"."""

from typing import Annotated

from governance.evidence.access import AccessFacts, Grant
from governance.policy.advice import GRANTS
from governance.policy.finding import Limit, Looked, Verdict, plural
from governance.policy.outcome import Outcome
from governance.policy.rule import Params, fails, inconclusive, passes, rule
from governance.policy.tightening import Tighten


class WildcardParams(Params):
    """`allowed_permissions`: permissions that may be granted by wildcard, such as read."""

    allowed_permissions: Annotated[tuple[str, ...], Tighten.SUBSET] = ()


def _grant(principal: str, permission: str, resource: str) -> AccessFacts:
    return AccessFacts(
        grants=(Grant(principal=principal, permission=permission, resource=resource, line=2),), approvals=()
    )


@rule(
    "access.wildcards",
    controls=("gdpr/art-32", "iso-42001/a.3.2"),
    examples=lambda: (
        passes("named", _grant("ann", "train", "model:m")),
        fails("everybody", _grant("*", "deploy", "model:m")),
        fails("part of a name", _grant("ann", "train", "model:*")),
        passes("a permission the policy allows", _grant("*", "read", "model:m"), allowed_permissions=["read"]),
        inconclusive("no grants", AccessFacts(grants=(), approvals=())),
    ),
)
def wildcards(evidence: AccessFacts, params: WildcardParams) -> Verdict:
    """No grant uses a wildcard.

    What it checks: principal, permission and resource of each grant contain no `*`, save for permissions that the
    policy lists as harmless.

    Why it matters: a wildcard grants to people and things that do not exist yet; nobody can review it.

    How to fix: name the principals and resources on the line of the grants file that is named here.
    """
    limit = Limit(op="none", value="*")
    if not evidence.grants:
        return Verdict(outcome=Outcome.INCONCLUSIVE, why="the grants file lists no grant", limit=limit, fix=GRANTS)
    wrong = [
        grant
        for grant in evidence.grants
        if "*" in grant.principal + grant.permission + grant.resource
        and grant.permission not in params.allowed_permissions
    ]
    if wrong:
        said = [f"grants line {g.line}: {g.principal} may {g.permission} on {g.resource}" for g in wrong]
        looked = tuple(
            Looked(path=f"access.grants.{g.line}", value=f"{g.principal} {g.permission} {g.resource}") for g in wrong
        )
        return Verdict(outcome=Outcome.FAIL, why="; ".join(said), looked_at=looked, limit=limit)
    why = f"{plural(len(evidence.grants), 'grant')}, each to a named principal on a named resource"
    return Verdict(
        outcome=Outcome.PASS,
        why=why,
        limit=limit,
        looked_at=(Looked(path="access.grants", value="named", n=len(evidence.grants)),),
    )
