"""A policy about a law, with a clause of each kind: for whatever shows clauses."""

from governance.policy.document import LoadedPolicy, load_policy

LAW = """\
schema: governance.policy/v1
id: house-law
version: 1.0.0
law:
  id: house-law
  title: What the house asks of models
  citation: House rules of 2026
  jurisdictions: [international]
  status: in-force
  effective: {from: 2026-01-01T00:00:00Z, until: 2028-01-01T00:00:00Z}
  superseded_by: house-law-2
  sources: ["https://example.org/rules"]
  unconfirmed: The committee has not signed <b>them</b>.
  clauses:
    - {id: sec-1, asks: A model is right often enough., citation: section 1}
    - {id: sec-2, asks: Groups fare alike., citation: section 2}
    - id: sec-3
      asks: A model is right nearly always.
      citation: section 3
      effective: {from: 2027-01-01T00:00:00Z, until: 2028-01-01T00:00:00Z}
      unconfirmed: The day may be put off.
    - {id: sec-4, asks: A card is written., citation: section 4}
    - {id: sec-5, asks: The board is told., citation: section 5, not_covered: a duty of the management}
in_force: {from: 2026-01-01T00:00:00Z, until: 2028-01-01T00:00:00Z}
environments: [staging, prod]
rules:
  - id: right-enough
    uses: performance.floor@1
    with: {metric: accuracy, at_least: 0.5}
    controls: [house-law/sec-1]
    enforcement: {default: deny}
  - id: alike
    uses: fairness.disparity@1
    with: {at_least: 0.8}
    controls: [house-law/sec-2]
    enforcement: {default: deny}
  - id: right-always
    uses: performance.floor@1
    with: {metric: accuracy, at_least: 0.999}
    controls: [house-law/sec-3]
    enforcement: {default: deny}
  - id: card
    uses: documentation.present@1
    controls: [house-law/sec-4]
    enforcement: {default: review}
    accept: {kind: [declared]}
"""


def law(text: str = LAW) -> LoadedPolicy:
    return load_policy(text.encode(), "law.yaml")
