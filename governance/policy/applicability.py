"""A statement of applicability: each control of a law or standard, whether it applies to the house and why, how it
stands on a day, and what answers for it (ISO/IEC 42001, clause 6.1.3).

Whether a control applies is the house's word, in a document of its own. It changes nothing that is judged: a policy
does not check less because somebody has written that a control is not for them. `not_covered` is another thing: such a
control applies, and no rule serves it.
"""

import difflib
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Literal, NamedTuple, get_args

from pydantic import AfterValidator, Field

from governance import strictyaml
from governance.canonical import Count, Document, Instant, Sha256, sha256
from governance.evidence.origin import Subject
from governance.policy.clauses import Covered, Kind, Served, coverage
from governance.policy.decision import Decision
from governance.policy.difference import Named
from governance.policy.document import LoadedPolicy
from governance.policy.finding import Finding
from governance.policy.law import MOST_CLAUSES, ClauseId, Law, Status
from governance.policy.outcome import Outcome
from governance.policy.place import Slug
from governance.policy.placeholder import still_to_write

UNSAID = "nobody has said that it does not apply"
"""Why a control applies of which the house says nothing."""


def _reason(text: str) -> str:
    if still_to_write(text):
        raise ValueError(f"got {text!r}, expected a reason that an auditor can follow")
    return text


class Word(Document):
    """What the house says of one control. `control`: its id without the law. `applicable`: whether it applies. `why`:
    the reason, either way."""

    control: ClauseId
    applicable: bool
    why: Annotated[str, Field(min_length=10, max_length=1000), AfterValidator(_reason)]


class Applicability(Document):
    """Which controls apply to the house. `schema`: the type of this document. `law`: whose. `owner`: who answers for
    it. `controls`: those of which there is something to say; all others apply."""

    schema_: Literal["governance.applicability/v1"] = Field(alias="schema")
    law: Slug
    owner: str = Field(min_length=1, max_length=200)
    controls: tuple[Word, ...] = Field((), max_length=MOST_CLAUSES)


class LoadedApplicability(NamedTuple):
    """With the digest of its file."""

    document: Applicability
    sha256: Sha256


def load_applicability(data: bytes, name: str, law: Law) -> LoadedApplicability:
    """Parse and validate for this law. Raises BadInput at file, line and column, also for another law, for what is no
    control of it, and for a control that is there twice."""
    source = strictyaml.parse(data, name)
    document = strictyaml.validate(source, Applicability)
    if document.law != law.id:
        raise source.error(source.values[("law",)], "it is about another law", got=document.law, expected=law.id)
    known, seen = [clause.id for clause in law.clauses], set[str]()
    for index, word in enumerate(document.controls):
        at = source.values[("controls", index, "control")]
        if word.control not in known:
            near = difflib.get_close_matches(word.control, known, n=1, cutoff=0.0)
            raise source.error(at, f"no control of {law.id}", got=word.control, fix=f"did you mean {near[0]!r}?")
        if word.control in seen:
            raise source.error(at, "a second word about one control", got=word.control, fix="keep the one that is true")
        seen.add(word.control)
    return LoadedApplicability(document, sha256(data))


Met = Literal["met", "not met", "open"]
_PART = re.compile(r"([A-Za-z]+)[-.].*")


class Answered(Served):
    """A rule that serves a control. `outcome`: what it found, null where it was not judged. `why`: in words. `waived`:
    whether somebody answers for the finding for a time."""

    outcome: Outcome | None
    why: str | None
    waived: bool


class Control(Document):
    """A line of the statement. `control`, `asks`, `citation`, `status`, `doubts`, `kind`: as of a clause. `applicable`:
    whether it applies to the house, and `because`, why. `rules`: which serve it, and what each found. `not_covered`:
    where none does, why. `met`: `met` where every rule that counts passed, `not met` where one failed, waived or not,
    else `open`; null where it does not apply, or no decision was asked for."""

    control: str
    asks: str
    citation: str
    status: Status
    doubts: tuple[str, ...]
    applicable: bool
    because: str
    kind: Kind
    rules: tuple[Answered, ...]
    not_covered: str | None
    met: Met | None


class Decided(Document):
    """Where outcomes are from. `subject`: which model version. `decision` and `evidence`: digests."""

    subject: Subject
    decision: Sha256
    evidence: tuple[Sha256, ...]


class Part(Document):
    """A part of the law, as its controls are numbered: `govern`, of `govern-1.6`; NIST's framework calls it a function.
    `part`: its name. `controls`: how many it has, `applicable`: how many of them apply. `met`: of these how many are
    met, not met and open; null where no decision was asked for."""

    part: str
    controls: Count
    applicable: Count
    met: dict[Met, Count] | None


class StatementOfApplicability(Document):
    """Each control of a law or standard (ISO/IEC 42001, clause 6.1.3). `schema`: the type of this document. `policy`:
    which serves it. `law`, `title`, `citation`, `status`, `unconfirmed`: the law, on the legal date, `as_of`. `owner`:
    who says what applies, and `applicability` the digest of where; both null where nobody does. `decided`: where
    outcomes are from. `controls`: in the order of the law. `parts`: of the law; none where its numbers name none."""

    schema_: Literal["governance.soa/v1"] = Field("governance.soa/v1", alias="schema")
    policy: Named
    law: str
    title: str
    citation: str
    status: Status
    unconfirmed: str | None
    as_of: Instant
    owner: str | None
    applicability: Sha256 | None
    decided: Decided | None
    controls: tuple[Control, ...]
    parts: tuple[Part, ...]


class Case(NamedTuple):
    """A decision under the policy, with its digest."""

    decision: Decision
    sha256: Sha256


def statement(
    policy: LoadedPolicy, law: Law, as_of: datetime, said: LoadedApplicability | None = None, case: Case | None = None
) -> StatementOfApplicability:
    """Of each control as it stands on a legal date. `law`: that of the policy. `case`: whose findings answer for it,
    which must have been made under this very policy, on that date."""
    if case is not None and policy.sha256 not in {ref.sha256 for ref in case.decision.policies}:
        raise RuntimeError(f"{case.sha256} was not decided under {policy.sha256}")
    covered = coverage(policy, law, as_of)
    controls = tuple(_controls(covered.clauses, policy.document.id, said, case))
    return StatementOfApplicability(
        policy=covered.policy,
        law=law.id,
        title=law.title,
        citation=law.citation,
        status=covered.status,
        unconfirmed=law.unconfirmed,
        as_of=covered.as_of,
        owner=said.document.owner if said else None,
        applicability=said.sha256 if said else None,
        decided=case and Decided(subject=case.decision.subject, decision=case.sha256, evidence=case.decision.evidence),
        controls=controls,
        parts=tuple(_parts(controls, case is not None)),
    )


def _controls(
    clauses: tuple[Covered, ...], policy: str, said: LoadedApplicability | None, case: Case | None
) -> Iterator[Control]:
    words = {word.control: word for word in said.document.controls} if said else {}
    findings = {finding.key: finding for finding in case.decision.findings} if case else {}
    for clause in clauses:
        word = words.get(clause.clause)
        applicable = word is None or word.applicable
        rules = tuple(_answered(one, findings.get(f"{policy}#{one.rule}")) for one in clause.rules)
        yield Control(
            control=clause.clause,
            asks=clause.asks,
            citation=clause.citation,
            status=clause.status,
            doubts=clause.doubts,
            applicable=applicable,
            because=word.why if word else UNSAID,
            kind=clause.kind,
            rules=rules,
            not_covered=clause.why,
            met=_met(rules) if case and applicable else None,
        )


def _answered(served: Served, finding: Finding | None) -> Answered:
    return Answered(
        **dict(served),
        outcome=finding.outcome if finding else None,
        why=finding.why if finding else None,
        waived=finding is not None and finding.waiver is not None,
    )


def _met(rules: tuple[Answered, ...]) -> Met:
    counted = {one.outcome for one in rules} - {Outcome.NOT_APPLICABLE}
    if Outcome.FAIL in counted:
        return "not met"
    return "met" if counted == {Outcome.PASS} else "open"


def _parts(controls: tuple[Control, ...], decided: bool) -> Iterator[Part]:
    named = [_PART.fullmatch(one.control) for one in controls]
    parts = [match[1] for match in named if match]
    if len(parts) < len(controls) or len({*parts}) == 1:
        return
    for part in dict.fromkeys(parts):
        members = [one for one, of in zip(controls, parts, strict=True) if of == part]
        applicable = [one.met for one in members if one.applicable]
        met = {word: applicable.count(word) for word in get_args(Met)} if decided else None
        yield Part(part=part, controls=len(members), applicable=len(applicable), met=met)
