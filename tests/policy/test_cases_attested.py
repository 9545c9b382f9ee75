"""Statements in the cases of a policy: signed in all, left out in some, and what the mutants of such a rule come to."""

import pytest

from governance.errors import BadInput
from governance.policy.bench import Bench
from governance.policy.cases import load_cases
from governance.policy.document import load_policy
from governance.policy.outcome import Outcome

POLICY = """\
schema: governance.policy/v1
id: law
version: 1.0.0
in_force: {from: 2026-01-01T00:00:00Z}
environments: [prod]
rules:
  - id: oversight
    uses: attestation.signed@1
    with: {statement: "A named person can stop the model.", days: 60}
    enforcement: {default: deny}
  - id: objective
    requires: [purpose]
    expr: has(purpose.objective)
    accept: {kind: [declared]}
    enforcement: {default: deny}
"""
CASES = """\
schema: governance.cases/v1
policy: law
now: 2026-11-21T00:00:00Z
sound:
  purpose: {objective: x}
attested:
  - {kind: attest, rules: [oversight], expires: 2027-01-20T00:00:00Z}
cases:
  - name: unsigned
    unsigned: [oversight]
    expect: {findings: {oversight: inconclusive}, outcomes: {prod: needs review}}
  - name: not so
    acts: [{kind: attest, rules: [oversight], holds: false, expires: 2027-01-20T00:00:00Z}]
    expect: {findings: {oversight: {outcome: fail, says: [does not hold]}}, outcomes: {prod: deny}}
  - name: a day too long
    acts: [{kind: attest, rules: [oversight], expires: 2027-01-21T00:00:00Z}]
    expect: {findings: {oversight: inconclusive}, outcomes: {prod: needs review}}
  - name: lapsed
    acts: [{kind: attest, rules: [oversight], lapsed: true, holds: false, expires: 2027-01-20T00:00:00Z}]
    expect: {}
  - name: signed for another version
    unsigned: [oversight]
    change: {subject: {name: loans, version: 1.0.1, artifact: model}}
    acts: [{kind: attest, rules: [oversight], seen: {subject: {version: 1.0.0}}, expires: 2027-01-20T00:00:00Z}]
    expect: {findings: {oversight: {outcome: inconclusive, says: [another model]}}, outcomes: {prod: needs review}}
  - name: expired
    now: 2027-01-20T00:00:00Z
    expect: {findings: {oversight: inconclusive}, outcomes: {prod: needs review}}
"""


def bench(cases: str = CASES) -> Bench:
    policy = load_policy(POLICY.encode(), "policy.yaml")
    return Bench(load_cases(cases.encode(), "cases.yaml", policy), policy)


def test_what_is_signed_in_every_case() -> None:
    made = bench()
    sound = {one.key: one.outcome for one in made.judged(None).decision.findings}
    assert sound == {"law#oversight": Outcome.PASS, "law#objective": Outcome.PASS}
    assert [made.ran(index).differences for index in range(6)] == [()] * 6


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"unsigned: [oversight]": "unsigned: [overnight]"}, "no rule 'overnight'"),
        ({"rules: [oversight], holds": "rules: [objective], holds"},
         "asks for no statement"),
        ({"{kind: attest, rules: [oversight], expires: 2027-01-20T00:00:00Z}\nc": "{kind: approve}\nc"},
         "statements alone"),
        ({"kind: attest, rules: [oversight], holds: false,": "kind: waive, rules: [oversight], holds: false,"},
         "goes with `attest`"),
        ({"expires: 2027-01-21T00:00:00Z": "expires: 2026-11-21T00:00:00Z"}, "a statement must end after it begins"),
        ({"rules: [oversight], holds: false,": ""}, "which `rules` it is for"),
    ],
)  # fmt: skip
def test_what_is_no_statement(change: dict[str, str], said: str) -> None:
    text = CASES
    for was, now in change.items():
        assert was in text
        text = text.replace(was, now, 1)
    with pytest.raises(BadInput, match=said):
        bench(text)
