"""access.orphans: every grant belongs to somebody who is known and still there."""

from typing import Annotated

from governance.evidence.access import AccessFacts, Grant, Person
from governance.policy.advice import GRANTS
from governance.policy.finding import Limit, Looked, Verdict, plural
from governance.policy.outcome import Outcome
from governance.policy.rule import Params, fails, inconclusive, passes, rule
from governance.policy.tightening import Tighten


class OrphansParams(Params):
    """`services`: principals that are no people, such as a pipeline's account, and may hold grants all the same."""

    services: Annotated[tuple[str, ...], Tighten.SUBSET] = ()


def _granted(*principals: str, people: tuple[Person, ...] | None = ()) -> AccessFacts:
    grants = [Grant(principal=one, permission="train", resource="m", line=i + 2) for i, one in enumerate(principals)]
    return AccessFacts(grants=tuple(grants), approvals=(), people=people)


_PEOPLE = (
    Person(principal="ann", status="active", team="credit", line=2),
    Person(principal="bo", status="left", team="credit", line=3),
)


@rule(
    "access.orphans",
    controls=("gdpr/art-32", "iso-42001/a.3.2"),
    examples=lambda: (
        passes("everybody is known", _granted("ann", "Ann", people=_PEOPLE)),
        fails("somebody left", _granted("ann", "bo", people=_PEOPLE)),
        fails("nobody knows who it is", _granted("ann", "dan", people=_PEOPLE)),
        fails("a grant to everybody", _granted("*", people=_PEOPLE)),
        passes("a service that the policy knows", _granted("ann", "ci-bot", people=_PEOPLE), services=["ci-bot"]),
        fails("a service does not outweigh that somebody left", _granted("bo", people=_PEOPLE), services=["bo"]),
        inconclusive("no people file", _granted("ann", people=None)),
        inconclusive("the people file lists nobody", _granted("ann", people=())),
        inconclusive("no grants", _granted(people=_PEOPLE)),
    ),
)
def orphans(evidence: AccessFacts, params: OrphansParams) -> Verdict:
    """No grant belongs to somebody who left or whom nobody knows.

    What it checks: the principal of each grant is on the people file as active, or among the services that the policy
    names. Names are compared whole, without regard to case.

    Why it matters: an account without a person behind it is used by whoever finds it, and nobody misses it.

    How to fix: take the grant away (its line in the grants file is named), or enter the person in the people file
    (principal,status,team).
    """
    limit = Limit(op="is", value="an active person" + (f" or {', '.join(params.services)}" if params.services else ""))
    if not evidence.people or not evidence.grants:
        why, fix = "the grants file lists no grant", GRANTS
        if not evidence.people:
            fix = "export the directory as a CSV file principal,status,team, and name it under `access.people`"
        if evidence.people is None:
            why = "the manifest names no people file (access.people), so whose grants these are is not known"
        elif not evidence.people:
            why = "the people file lists nobody"
        return Verdict(outcome=Outcome.INCONCLUSIVE, why=why, limit=limit, fix=fix)
    known = {person.principal.casefold(): person for person in evidence.people}
    services = {service.casefold() for service in params.services}
    looked, wrong = [], []
    for grant in evidence.grants:
        person = known.get(grant.principal.casefold())
        where, may = f"grants line {grant.line}: {grant.principal}", f"may {grant.permission} on {grant.resource}"
        if person is not None and person.status == "left":
            wrong.append(f"{where}, who left (people line {person.line}), {may}")
            looked.append(Looked(path=f"access.grants.{grant.line}", value=f"{grant.principal}: left"))
        elif person is None and grant.principal.casefold() not in services:
            wrong.append(f"{where}, who is not on the people file, {may}")
            looked.append(Looked(path=f"access.grants.{grant.line}", value=f"{grant.principal}: not known"))
    if wrong:
        return Verdict(outcome=Outcome.FAIL, why="; ".join(wrong), looked_at=tuple(looked), limit=limit)
    why = f"{plural(len(evidence.grants), 'grant')}, each to an active person" + (" or a service" if services else "")
    seen = Looked(path="access.grants", value="known", n=len(evidence.grants))
    return Verdict(outcome=Outcome.PASS, why=why, looked_at=(seen,), limit=limit)
