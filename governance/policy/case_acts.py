"""Acts in the cases of a policy: waivers, statements and reviews, written short, as if somebody had signed them."""

from collections.abc import Callable, Iterable
from typing import Any, Literal, NamedTuple, Self

from pydantic import Field, model_validator

from governance.canonical import Document, Instant, Real, Sha256, sha256
from governance.policy.act import APPROVER, Act, Attestation, Part, Statement, Waiver
from governance.policy.attesting import asking
from governance.policy.decision import Decision, Recorded
from governance.policy.document import LoadedPolicy
from governance.policy.place import Slug
from governance.policy.waivers import Reason
from governance.policy.waiving import Covers

OFFICER = "local|officer"
"""Who signs where nobody is named: somebody other than who measured, which is local|ann in evidence that is made up."""
COUNTS: Literal["counts"] = "counts"
_OF_WAIVERS = (
    "ticket", "requester", "groups", "no_worse_than", "not_before", "compensating", "compensating_condition", "expect",
)  # fmt: skip
_OF_WHAT_LASTS = ("rules", "covers", "expires")
_LASTS = ("waive", "attest")


class CaseAct(Document):
    """What somebody signs. `kind`: a waiver, a statement, a review or a comment. `by`: who. `role`: in which role.
    `lapsed`: they do not hold that role any more. `at`: when, else when the case is judged. `reason`: why. `seen`: what
    was otherwise in the evidence that they saw, as a JSON merge patch on that of the case.

    Of a waiver and of a statement. `rules`: which are waived, or answered for. `expires`: when it ends. `covers`: as
    there. `holds`: of a statement, whether it is said to be so.

    Of a waiver. `ticket`: where it is followed up. `requester`: who asked for it. `groups`: only for these, as
    {attribute: value}, with `unknown` for what is not known. `no_worse_than`, `compensating` and
    `compensating_condition` as in a waiver. `not_before`: when it begins, else when it is signed. `expect`: that it
    counts, or why it does not."""

    kind: Literal["waive", "attest", "approve", "reject", "comment"]
    by: str = Field(OFFICER, min_length=1, max_length=200)
    role: str = APPROVER
    lapsed: bool = False
    at: Instant | None = None
    reason: str = Field("for the case", min_length=1, max_length=1000)
    seen: dict[str, Any] = {}
    rules: tuple[Slug, ...] = ()
    ticket: str = Field("CASE-1", min_length=1, max_length=200)
    requester: str | None = Field(None, min_length=1, max_length=200)
    groups: tuple[dict[str, str], ...] = ()
    no_worse_than: Real | None = None
    covers: Covers = "version"
    not_before: Instant | None = None
    expires: Instant | None = None
    holds: bool = True
    compensating: str | None = None
    compensating_condition: str | None = Field(None, min_length=1)
    expect: Literal["counts"] | Reason = COUNTS

    @model_validator(mode="after")
    def _of_its_kind(self) -> Self:
        if self.kind in _LASTS and not (self.rules and self.expires):
            what = "waiver" if self.kind == "waive" else "statement"
            raise ValueError(f"a {what} says which `rules` it is for, and when it `expires`")
        if self.kind not in _LASTS and (given := self.model_fields_set & {*_OF_WHAT_LASTS}):
            raise ValueError(f"`{min(given)}` goes with `waive` or `attest`")
        if self.kind != "waive" and (given := self.model_fields_set & {*_OF_WAIVERS}):
            raise ValueError(f"`{min(given)}` goes with `waive`")
        if self.kind != "attest" and "holds" in self.model_fields_set:
            raise ValueError("`holds` goes with `attest`")
        return self

    @property
    def reviews(self) -> bool:
        """Whether it is about the whole case, and not about single findings."""
        return self.kind in ("approve", "reject")


class Signed(NamedTuple):
    """The acts of a case as a decision takes them, in the order they were signed. `expected`: what becomes of each
    waiver, by its digest."""

    acts: tuple[Recorded, ...]
    lapsed: frozenset[Sha256]
    expected: dict[Sha256, str]


Seen = Callable[[int, CaseAct, Instant, tuple[Recorded, ...]], Decision]
"""What the giver of an act, by its place, saw at that time, with what had been signed before."""


def signed(acts: Iterable[CaseAct], policy: LoadedPolicy, now: Instant, seen: Seen) -> Signed:
    """Raises pydantic's ValidationError for what ends before it begins."""
    found: list[Recorded] = []
    lapsed, expected = set[Sha256](), dict[Sha256, str]()
    for place, act in enumerate(acts):
        at = act.at or now
        decision = seen(place, act, at, tuple(found))
        attestation = _attestation(act, policy)
        if act.kind == "attest" and attestation is None:
            continue  # none of the rules at hand asks for it
        for waiver in _waivers(act, policy.document.id, at) or (None,):
            document = Act(
                kind=act.kind,
                actor=act.by,
                role=act.role,
                decision=decision.evidence[0],
                reason=act.reason,
                at=at,
                waiver=waiver,
                attestation=attestation,
            )
            digest = sha256(document.to_bytes())
            found.append(Recorded(digest, document, decision))
            if act.lapsed:
                lapsed.add(digest)
            if waiver:
                expected[digest] = act.expect
    return Signed(tuple(found), frozenset(lapsed), expected)


def _waivers(act: CaseAct, policy: str, at: Instant) -> list[Waiver]:
    return [
        Waiver(
            key=f"{policy}#{rule}",
            groups=tuple(tuple(_part(*one) for one in group.items()) for group in act.groups),
            no_worse_than=act.no_worse_than,
            ticket=act.ticket,
            requester=act.requester,
            covers=act.covers,
            not_before=act.not_before or at,
            expires=act.expires or at,
            compensating=act.compensating,
            compensating_condition=act.compensating_condition,
        )
        for rule in act.rules
        if act.kind == "waive"
    ]


def _attestation(act: CaseAct, policy: LoadedPolicy) -> Attestation | None:
    if act.kind != "attest" or act.expires is None:
        return None
    asked = asking((policy,))
    keys = [key for rule in act.rules if (key := f"{policy.document.id}#{rule}") in asked]
    statements = tuple(Statement(key=key, text=asked[key].statement, holds=act.holds) for key in dict.fromkeys(keys))
    return Attestation(statements=statements, covers=act.covers, expires=act.expires) if statements else None


def _part(attribute: str, value: str) -> Part:
    return Part(attribute=attribute, value=None if value == "unknown" else value)
