"""What the formats for pipelines are tested with: a page, and names that would drive whatever shows them unescaped."""

from typing import Any

from governance import strictyaml
from governance.render.pipeline import CheckPage
from governance.render.sealed import Sealed
from governance.verification import Verified

SEALED = Sealed(trail="governance.example/t", index=41, checkpoint="note", bundle="build/adult bundle.json")

# Line numbers matter: tests name them.
MANIFEST = b"""\
schema: governance.manifest/v1
model: {name: adult-income, version: 1.10}
artifact:
  path: model.skops
  sha256: 00
data:
  evaluation:
    path: data/eval.parquet
    sensitive:
      race: {column: race}
lineage:
  events: [lineage/prepare.json]
access:
  grants: access/grants.csv
"""

HOSTILE = (
    "A\n::set-output name=x::y\r\n##[add-mask]z ]]> | a | <script>alert(1)</script> <!-- `code` **b** _i_ "
    "[x](javascript:alert(1)) ![i](http://evil.example/i.png) www.evil.example @octocat #12 !7 GH-3 "
    "\u202e \x07 &lt; {0} $x$ ~~s~~ %0A,: \\| "
)


def page(case: Verified, **changed: Any) -> CheckPage:
    options: dict[str, Any] = {
        "decision": case.decision,
        "evidence": case.evidence,
        "policies": case.policies,
        "baseline": case.baseline,
        "acts": case.acts,
        "precedents": {},
        "source": strictyaml.parse(MANIFEST, "governance.yaml"),
        "uri": "models/adult income/governance.yaml",
        "environment": None,
        "sealed": SEALED,
    }
    return CheckPage(**(options | changed))
