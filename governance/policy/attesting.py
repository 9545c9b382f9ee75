"""Statements before and after they are signed: what a rule is judged on, and what is not signed at all."""

import difflib
from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from governance.canonical import Instant, instant, parse_instant
from governance.errors import BadInput
from governance.policy.act import Act, Attestation, Statement
from governance.policy.attested import Attested, Given
from governance.policy.document import LoadedPolicy
from governance.policy.rules.attestation.signed import SignedParams
from governance.policy.waivers import Asked, independent
from governance.policy.waiving import REACH, Covers


def attested(key: str, asked: Asked) -> Attested:
    """What was stated about one rule, by its key."""
    return Attested(
        asked.evidence.subject,
        tuple(
            Given(
                act=item.sha256,
                actor=item.act.actor,
                role=item.act.role,
                at=item.act.at,
                text=said.text,
                holds=said.holds,
                basis=item.act.reason,
                covers=item.act.attestation.covers,
                expires=item.act.attestation.expires,
                subject=item.seen.subject,
                independent=independent(item.act.actor, asked.submitter, asked.evidence),
                lapsed=item.sha256 in asked.lapsed,
            )
            for item in asked.acts
            if item.act.attestation is not None
            for said in item.act.attestation.statements
            if said.key == key
        ),
    )


class Stating(NamedTuple):
    """What somebody means to sign: the findings it is about, whether it is so, until when, and for which versions."""

    keys: tuple[str, ...]
    holds: bool
    expires: Instant
    covers: Covers = "version"


def drawn_up(asked: Stating, policies: Sequence[LoadedPolicy]) -> Attestation:
    """With the words of the policies by which the case was judged. Raises BadInput for a finding that asks for none."""
    if not asked.keys:
        raise BadInput("say which statements", expected=", ".join(asking(policies)) or "no policy here asks for any")
    keys = dict.fromkeys(asked.keys)
    statements = tuple(Statement(key=key, text=_terms(key, policies).statement, holds=asked.holds) for key in keys)
    return Attestation(statements=statements, covers=asked.covers, expires=asked.expires)


def asking(policies: Sequence[LoadedPolicy]) -> dict[str, SignedParams]:
    """The rules that ask for a statement, by key."""
    return {
        selected.key: selected.params
        for policy in policies
        for selected in policy.rules
        if isinstance(selected.params, SignedParams)
    }


def assert_statements(act: Act, policies: Sequence[LoadedPolicy]) -> None:
    """Raises BadInput for a statement that could never count: what is signed for nothing misleads whoever reads it."""
    given = act.attestation
    if given is None:
        return
    for one in given.statements:
        terms = _terms(one.key, policies)
        if one.text != terms.statement:
            raise BadInput(
                f"{one.key} asks for other words", got=one.text, expected=terms.statement, where="statements.text"
            )
        if act.role not in terms.roles:
            raise BadInput(
                f"{one.key} is not for this role to sign",
                got=act.role,
                expected=" or ".join(terms.roles),
                fix="leave it to somebody who holds the role; nothing was signed",
                where="role",
            )
        latest = parse_instant(act.at) + timedelta(days=terms.days)
        if parse_instant(given.expires) > latest:
            raise BadInput(
                f"{one.key} must be signed anew earlier",
                got=given.expires,
                expected=f"at most {terms.days} days: {instant(latest)}",
                where="expires",
            )
        if REACH.index(given.covers) > REACH.index(terms.covers):
            raise BadInput(
                f"{one.key} covers less than that",
                got=given.covers,
                expected=" or ".join(REACH[: REACH.index(terms.covers) + 1]),
                where="covers",
            )


def _terms(key: str, policies: Sequence[LoadedPolicy]) -> SignedParams:
    found = asking(policies)
    if key not in found:
        near = difflib.get_close_matches(key, found, n=1, cutoff=0.6)
        raise BadInput(
            "this finding asks for no statement",
            got=key,
            expected=", ".join(found) or "no policy here asks for any",
            fix=f"did you mean {near[0]!r}?" if near else "",
            where="finding",
        )
    return found[key]
