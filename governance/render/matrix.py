"""The regulation matrix of a decision: law by law and clause by clause what was found, and what nobody checked.

Only for policies that are about a law (`law:`); the bare controls of others stand with their findings.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from governance.canonical import Sha256, parse_instant
from governance.policy.clauses import Covered, Kind, LawCoverage, account, coverage
from governance.policy.decision import Decision
from governance.policy.document import LoadedPolicy
from governance.policy.finding import Finding
from governance.render import wording
from governance.render.clauses import by_whom, shares, standing
from governance.render.wording import state_of

NOT_JUDGED = "not judged"


class ClauseRow(NamedTuple):
    """A clause and one rule that serves it; a clause that none serves has one row, too. `status` on the legal date,
    with its days where it stands otherwise than its law. `outcome` is a state of a finding, `not judged` or `not
    covered`. `value` is held against `limit`; both may be empty. `evidence` is empty where nothing was judged."""

    control: str
    citation: str
    asks: str
    status: str
    outcome: str
    rests_on: str
    value: str
    limit: str
    key: str
    why: str
    evidence: Sha256 | str
    doubts: tuple[str, ...]


class LawMatrix(NamedTuple):
    """One law. `status`: on the legal date, with its days. `shares`: how much of it is covered how. `remark`: why
    nothing of it was judged; empty where it was."""

    title: str
    law: str
    policy: str
    citation: str
    status: str
    doubt: str
    shares: str
    remark: str
    rows: tuple[ClauseRow, ...]


def matrix(decision: Decision, policies: Sequence[LoadedPolicy]) -> tuple[LawMatrix, ...]:
    """Of the policies of a decision, those that are about a law, in their order."""
    as_of = parse_instant(decision.as_of)
    remarks = {ref.sha256: ref.remark for ref in decision.policies}
    found = []
    for policy in policies:
        if (law := policy.document.law) is None or policy.sha256 not in remarks:
            continue
        covered = coverage(policy, law, as_of)
        found.append(
            LawMatrix(
                title=law.title,
                law=law.id,
                policy=f"{policy.document.id} {policy.document.version}",
                citation=law.citation,
                status=standing(covered.status, covered),
                doubt=law.unconfirmed or "",
                shares=shares(covered),
                remark=remarks[policy.sha256],
                rows=tuple(_rows(decision, policy, covered, remarks[policy.sha256])),
            )
        )
    return tuple(found)


def _rows(decision: Decision, policy: LoadedPolicy, law: LawCoverage, remark: str) -> Iterator[ClauseRow]:
    findings = {finding.key: finding for finding in decision.findings}
    for clause in law.clauses:
        own = tuple(doubt for doubt in clause.doubts if doubt != law.unconfirmed)
        as_its_law = (clause.status, clause.effective) == (law.status, law.effective)
        row = ClauseRow(
            control=f"{law.law}/{clause.clause}",
            citation=clause.citation,
            asks=clause.asks,
            status=clause.status.value if as_its_law else standing(clause.status, clause),
            outcome=Kind.NOT_COVERED.value,
            rests_on=clause.kind.value,
            value="",
            limit="",
            key="",
            why=by_whom(clause) if not clause.rules else f"policy {policy.document.id}: {remark}" if remark else "",
            evidence="",
            doubts=own,
        )
        if not clause.rules:
            yield row
        for served in clause.rules:
            key = f"{policy.document.id}#{served.rule}"
            kept = row._replace(key=key, rests_on=served.kind.value, outcome=NOT_JUDGED)
            yield _judged(kept, findings[key], decision) if key in findings else kept


def _judged(row: ClauseRow, finding: Finding, decision: Decision) -> ClauseRow:
    looked = finding.looked_at[0] if finding.looked_at else None
    return row._replace(
        outcome=state_of(finding).value,
        value=wording.value_of(looked, finding.limit) if looked else "",
        limit=wording.limit_of(finding.limit) if finding.limit else "",
        why=finding.why,
        evidence=decision.evidence[0],
    )


def law_of(decision: Decision, policies: Sequence[LoadedPolicy], finding: Finding) -> Iterator[str]:
    """Of one finding each clause that it serves: what it asks, where it stands, and since or until when."""
    as_of = parse_instant(decision.as_of)
    for policy in policies:
        law = policy.document.law
        if law is not None and finding.key.startswith(f"{policy.document.id}#"):
            for clause in law.served(finding.controls):
                yield _clause(law.id, account(law, clause, (), as_of))


def _clause(law: str, clause: Covered) -> str:
    doubts = "".join(f"; in doubt: {doubt}" for doubt in clause.doubts)
    return f"{law}/{clause.clause} ({clause.citation}; {standing(clause.status, clause)}): {clause.asks}{doubts}"
