"""What the people of the demonstration wrote: manifest, grants, approvals, model card."""

from collections.abc import Mapping

from governance.cli.demo import events, training

MODEL = "diabetes-progression"

_MANIFEST = """\
# One version of a model that ranks diabetes patients for a follow-up call. Made for the demonstration.
#
# The data is scikit-learn's diabetes set: 442 patients. Its sex column is coded 1 and 2, and nobody says which code is
# which, so the groups below are called 1 and 2. scikit-learn states no licence for this data.
schema: governance.manifest/v1
model:
  name: {model}
  version: "{version}"
  owner: team:follow-up
  risk_tier: high
  purpose:
    objective: call patients first whose disease is likely to progress fast
    kpi: share of fast progressions that were called within a month
    intended: [ranking follow-up calls that a nurse reviews]
    prohibited: [diagnosis, pricing, refusing care]
artifact:
  path: {artifact}
  format: skops
  sha256: {artifact_sha256}
features: [{features}]
data:
  evaluation:
    path: {evaluation}
    sha256: {evaluation_sha256}
    label: {{column: {label}, positive: [high], negative: [low]}}
    prediction: rescore
    sensitive:
      sex: {{column: sex}}
      age_band: {{column: age, bins: [50]}}
  training:
    path: {train}
    sha256: {train_sha256}
    dataset: {train_dataset}
lineage:
  sources:
    - id: sklearn-diabetes
      path: {source}
      sha256: {source_sha256}
      dataset: {source_dataset}
      owner: team:clinical-data
{licence}      forbidden: [sex]
  events: [lineage/prepare.json, lineage/split.json]
access: {{grants: access/grants.csv, approvals: access/approvals.csv}}
{environment}
documents: {{model_card: docs/card.md}}
"""

_LICENCE = """\
      # The distributor states none, and we do not make one up: this is what the data's owner decided instead.
      licence: none stated by the distributor; internal research use approved by the data owner
"""

GRANTS = {
    "1": """\
principal,permission,resource
local|ann,train,model:diabetes-progression
local|ann,approve,model:diabetes-progression
*,deploy,model:*
local|cy,own,data:sklearn-diabetes
""",
    "2": """\
principal,permission,resource
local|ann,train,model:diabetes-progression
local|bo,approve,model:diabetes-progression
local|dee,deploy,model:diabetes-progression
local|cy,own,data:sklearn-diabetes
""",
}

APPROVALS = {
    "1": """\
item,principal,role,at
code:train,local|ann,developer,2026-03-03T10:00:00Z
""",
    "2": """\
item,principal,role,at
data:sklearn-diabetes,local|cy,data owner,2026-04-20T08:30:00Z
code:train,local|bo,code reviewer,2026-05-12T14:00:00Z
""",
}

CARDS = {
    "1": """\
# Diabetes progression, version 1

## Intended use

Decides who among our diabetes patients is called first. A patient whose disease is likely to progress faster than that
of most others in the coming year gets a call from a nurse within a month.

## Method

Logistic regression on age and on blood pressure, which is standardised among patients of the same sex. After the first
tests the penalty was made much stronger, because the weights looked large to us.
""",
    "2": """\
# Diabetes progression, version 2

## Intended use

Suggests the order in which a nurse calls diabetes patients. A person reads every suggestion before anybody is called.
It is not made for diagnosis, for prices, or for refusing care, and nobody may use it for these.

## Method

Logistic regression on body mass index and on the serum measurement that scikit-learn calls s5, with the library's usual
penalty. Sex and age are kept beside the evaluation data so that groups can be compared; the model never sees them.

## Limits

The data has 442 patients, and 177 of them are left for evaluation: too few to show that the groups by sex and by age
are treated alike, so a person has to answer for that until more patients are measured. Where and when the patients were
measured is not known to us. What the codes 1 and 2 for sex stand for is not documented. The label says whether a
patient's progression was above the median of these patients; it is no medical threshold. The distributor of the data
states no licence, so use stays within the research that the data's owner approved.
""",
}


def manifest(version: str, recipe: training.Recipe, recorded: Mapping[str, str], commit: str | None) -> str:
    """`recorded`: path -> the SHA-256 that is claimed for it. Version 1 names neither commit nor seeds."""
    environment = "environment: {lock: requirements.lock}"
    if version == "2":
        where = f"  # the one commit of the repository in code/\n  commit: {commit}\n" if commit else ""
        environment = f"environment:\n  lock: requirements.lock\n{where}  seeds: [{recipe.seed}]"
    return _MANIFEST.format(
        model=MODEL,
        version=version,
        features=", ".join(recipe.features),
        label=training.LABEL,
        artifact=training.MODEL,
        artifact_sha256=recorded[training.MODEL],
        evaluation=training.EVALUATION,
        evaluation_sha256=recorded[training.EVALUATION],
        train=training.TRAIN,
        train_sha256=recorded[training.TRAIN],
        train_dataset=events.TRAIN,
        source=training.SOURCE,
        source_sha256=recorded[training.SOURCE],
        source_dataset=events.SOURCE,
        licence=_LICENCE if version == "2" else "",
        environment=environment,
    )
