"""How model versions stand: kept beside the log so that the urgent ones are found without opening a document.

All of it follows from the documents. It is believed by lists alone; `verify_trail` holds each row against them, and
`rebuild` makes all of them again.
"""

import json
import unicodedata
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, bindparam, case, exists, or_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, delete, func, select

from governance.canonical import instant
from governance.evidence.origin import Subject
from governance.policy.act import UNVERIFIED
from governance.policy.outcome import Action, Outcome, Severity
from governance.policy.rules.attestation.signed import SIGNED, signers
from governance.policy.urgency import KEPT, SOON, Asks, Standing, due, tier_of
from governance.store.listing import Listed, listed
from governance.store.snapshot import Snapshot
from governance.store.tables import DocumentRow, EntryRow, OutcomeRow, ReferenceRow, StandingRow
from governance.trail.entry import EntryType
from governance.verification import DECISION

Columns = dict[str, Any]
"""Of a `StandingRow`, by name."""


class Whose(NamedTuple):
    """Who looks. `answers`: they may approve and waive, where they are somebody else; `submits`: they may put up
    another version in place of their own; `signs`: the roles in which they may sign statements."""

    principal: str
    answers: bool
    submits: bool
    signs: tuple[str, ...] = ()


class Sought(NamedTuple):
    """Cases that are all of this. `mine`: those that wait for `whose`, where it is False those that wait for others,
    where None both; `words`: a part of name and version, in whatever case."""

    whose: Whose
    mine: bool | None = None
    asks: Asks | None = None
    tier: str | None = None
    environment: str | None = None
    words: str = ""


class Waiting(NamedTuple):
    """A model version that waits. `overtaken`: a version of the same model that came later has been decided."""

    listed: Listed
    standing: Standing
    submitter: str
    measured_by: str
    mine: bool
    overtaken: bool


def stand(session: Session, index: int, subject: Subject, data: bytes) -> None:
    """Write down what a decision leads to, in the transaction of its entry. The rows of its outcomes are there."""
    key = (subject.name, subject.version)
    before = session.get(StandingRow, key)
    row = _row(session, index, key, json.loads(data), before.model_dump() if before else None)
    if before is None:
        session.add(StandingRow(**row))
    else:
        before.sqlmodel_update(row)
    session.flush()


def rebuild(session: Session) -> None:
    """Make every row again, from the entries in their order."""
    session.exec(delete(StandingRow))
    session.add_all(StandingRow(**row) for row in expected(session).values())
    session.flush()


def expected(session: Session) -> dict[tuple[str, str], Columns]:
    """What the rows should be, by name and version, from the documents alone."""
    query = (
        select(EntryRow.idx, EntryRow.name, EntryRow.version, DocumentRow.data)
        .join(ReferenceRow, col(ReferenceRow.idx) == col(EntryRow.idx))
        .join(DocumentRow, col(DocumentRow.sha256) == col(ReferenceRow.document))
        .where(
            col(EntryRow.type) == str(EntryType.DECISION_ISSUED),
            col(DocumentRow.type) == DECISION,
            col(EntryRow.name).is_not(None),
        )
        .order_by(col(EntryRow.idx))
    )
    found: dict[tuple[str, str], Columns] = {}
    for index, name, version, data in session.exec(query.execution_options(yield_per=100)):
        key = (str(name), str(version))
        found[key] = _row(session, index, key, json.loads(data), found.get(key))
    return found


def differing(snapshot: Snapshot) -> list[str]:
    """The model versions whose row is not what the documents say."""
    wanted = expected(snapshot._session)
    there = {(row.name, row.version): row.model_dump() for row in snapshot.rows(select(StandingRow))}
    return sorted(" ".join(key) for key in {*wanted, *there} if wanted.get(key) != there.get(key))


def waiting(snapshot: Snapshot, sought: Sought, now: datetime, start: int, most: int) -> list[Waiting]:
    """The most urgent first: of those that no later version has overtaken, what is not allowed any more, then by when
    an answer is due."""
    overtaken, mine = _overtaken(), _mine(sought.whose)
    found = (
        select(StandingRow, case((overtaken, 1), else_=0), case((mine, 1), else_=0))
        .where(*_conditions(sought, now))
        .order_by(
            case((overtaken, 1), else_=0),
            case((col(StandingRow.fell) != "", 0), else_=1),
            *(col(StandingRow.due), col(StandingRow.name), col(StandingRow.version)),
        )
        .offset(start)
        .limit(most)
    )
    rows = list(snapshot.rows(found))
    shown = {one.issued.index: one for one in listed(snapshot, [row.idx for row, _, _ in rows])}
    made = []
    for row, later, own in rows:
        standing = _standing(row, shown[row.idx].outcomes)
        made.append(Waiting(shown[row.idx], standing, row.submitted_by, row.measured_by, bool(own), bool(later)))
    return made


class Counts(NamedTuple):
    """Cases: in all, of which for whoever looks, and of which denied everywhere that they are not allowed in."""

    all: int
    mine: int
    denied: int


def count(snapshot: Snapshot, sought: Sought, now: datetime) -> Counts:
    """In one pass, whatever `mine` and `asks` say."""
    every = _conditions(sought._replace(mine=None, asks=None), now)
    parts = (_mine(sought.whose), col(StandingRow.asks) == Asks.DENIED.value)
    sums = [func.coalesce(func.sum(case((part, 1), else_=0)), 0) for part in parts]
    return Counts(*map(int, next(snapshot.rows(select(func.count(), *sums).select_from(StandingRow).where(*every)))))


def environments(snapshot: Snapshot) -> list[str]:
    """Of the latest decisions, by name."""
    latest = select(OutcomeRow.environment).join(StandingRow, col(StandingRow.idx) == col(OutcomeRow.idx))
    return sorted(snapshot.rows(latest.distinct()))


def folded(text: str) -> str:
    """As names are compared when they are looked for."""
    return unicodedata.normalize("NFKC", text).casefold()


def _conditions(sought: Sought, now: datetime) -> Iterator[ColumnElement[bool]]:
    """What is allowed waits only around the time when it lapses."""
    # Not BETWEEN: PostgreSQL reads no collation inside of it.
    lapses = (col(StandingRow.due) >= instant(now - KEPT)) & (col(StandingRow.due) <= instant(now + SOON))
    yield or_(col(StandingRow.asks) != Asks.ALLOWED.value, lapses)
    if sought.mine is not None:
        yield _mine(sought.whose) if sought.mine else ~_mine(sought.whose)
    if sought.asks is not None:
        yield col(StandingRow.asks) == sought.asks.value
    if sought.tier is not None:
        yield col(StandingRow.tier) == sought.tier
    if sought.environment is not None:
        # Where nothing asks, it lapses everywhere.
        asking = [col(OutcomeRow.idx) == col(StandingRow.idx), col(OutcomeRow.environment) == sought.environment]
        refused = or_(col(OutcomeRow.outcome) != Action.ALLOW.value, col(StandingRow.asks) == Asks.ALLOWED.value)
        yield exists().where(*asking, refused)
    for word in folded(sought.words).split():
        yield col(StandingRow.sought).contains(word, autoescape=True)


def _mine(whose: Whose) -> ColumnElement[bool]:
    """What this person can act on and nobody before them must: as an approver what others put up and measured, in
    another role what they may sign of it, as the submitter their own. It is the separation of `permissions.may_act` in
    the database's words; that one decides."""
    asks, submitter = col(StandingRow.asks), col(StandingRow.submitted_by)
    never: ColumnElement[bool] = col(StandingRow.idx) < 0
    separate = and_(submitter.not_in([whose.principal, UNVERIFIED]), col(StandingRow.measured_by) != whose.principal)
    answered = and_(or_(asks != Asks.DENIED.value, col(StandingRow.fell) != ""), separate)
    theirs = or_(never, *(col(StandingRow.signers).contains(f" {role} ", autoescape=True) for role in whose.signs))
    signed = and_(asks == Asks.REVIEW.value, theirs, separate)
    own = and_(submitter == whose.principal, asks != Asks.REVIEW.value)
    return or_(answered if whose.answers else never, signed, own if whose.submits else never)


def _overtaken() -> ColumnElement[bool]:
    later = aliased(StandingRow)
    return exists().where(col(later.name) == col(StandingRow.name), col(later.first) > col(StandingRow.first))


def _standing(row: StandingRow, outcomes: dict[str, Action]) -> Standing:
    severity = Severity(row.severity) if row.severity else None
    told = (tuple(row.fell.split()), row.tier, severity, row.findings, row.since, row.valid_until, row.waiver)
    return Standing(outcomes, *told, row.statements, tuple(row.signers.split()))


def _row(session: Session, index: int, key: tuple[str, str], document: Any, before: Columns | None) -> Columns:
    """From documents as they are stored, which here may be of any release: what is not there counts as nothing."""
    decision = _NOTHING | (document if isinstance(document, dict) else {})
    outcomes = _actions(decision["outcomes"])
    evidence = _document(session, next(iter(decision["evidence"]), ""))
    asking = [
        one for one in decision["findings"] if any(action != Action.ALLOW.value for action in one["actions"].values())
    ]
    statements = [one for one in asking if one.get("uses") == SIGNED and one.get("outcome") == _MISSING]
    limits = [(one.get("limit") or {}).get("value", "") for one in statements]
    severities = [severity for severity in Severity if severity.value in {one["severity"] for one in asking}]
    earlier = set[str]()
    if before is not None:
        same = select(OutcomeRow.environment).where(col(OutcomeRow.idx) == before["idx"])
        allowed = session.exec(same.where(col(OutcomeRow.outcome) == Action.ALLOW.value))
        earlier = {*allowed, *before["fell"].split()}
    now = decision["now"]
    fell = tuple(name for name in sorted(outcomes) if name in earlier and outcomes[name] is not Action.ALLOW)
    standing = Standing(
        outcomes=outcomes,
        fell=fell,
        tier=tier_of(evidence.get("risk_tier")),
        severity=severities[0] if severities else None,
        findings=len(asking),
        since=now,
        valid_until=decision["valid_until"] or now,
        waiver=_ending(session, decision),
        statements=len(statements),
        signers=tuple(sorted({role for limit in limits for role in signers(limit)})),
    )
    if before is not None and before["asks"] == standing.asks.value and (before["fell"] != "") == (fell != ()):
        standing = standing._replace(since=before["since"])
    return Columns(
        name=key[0],
        version=key[1],
        idx=index,
        first=index if before is None else before["first"],
        asks=standing.asks.value,
        due=due(standing) if now else "",
        since=standing.since,
        valid_until=standing.valid_until,
        tier=standing.tier,
        severity=standing.severity.value if standing.severity else "",
        findings=standing.findings,
        waiver=standing.waiver,
        fell=" ".join(fell),
        statements=standing.statements,
        signers=f" {' '.join(standing.signers)} " if standing.signers else "",
        submitted_by=decision["submitter"],
        measured_by=(evidence.get("origin") or {}).get("by") or "",
        sought=folded(" ".join(key)),
    )


_MISSING = Outcome.INCONCLUSIVE.value
_NOTHING: dict[str, Any] = {
    "submitter": "",
    "now": "",
    "valid_until": "",
    "evidence": (),
    "findings": (),
    "outcomes": {},
}


def _actions(outcomes: Any) -> dict[str, Action]:
    """An outcome that is none of ours allows nothing."""
    known = {action.value: action for action in Action}
    return {name: known.get(said, Action.DENY) for name, said in outcomes.items()} if isinstance(outcomes, dict) else {}


def _ending(session: Session, decision: dict[str, Any]) -> str:
    """The title of the finding whose waiver ends with the decision, empty where it ends for another reason."""
    for finding in decision["findings"]:
        if finding.get("waiver"):
            waiver = _document(session, finding["waiver"]).get("waiver") or {}
            if waiver.get("expires") == decision["valid_until"]:
                return str(finding["title"])
    return ""


_DOCUMENT = select(DocumentRow.data).where(col(DocumentRow.sha256) == bindparam("digest"))


def _document(session: Session, digest: str) -> dict[str, Any]:
    data = session.connection().execute(_DOCUMENT, {"digest": digest}).scalar()
    found = json.loads(data) if data is not None else {}
    return found if isinstance(found, dict) else {}
