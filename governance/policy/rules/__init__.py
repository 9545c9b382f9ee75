"""The catalogue: every built-in rule, by name. A rule that is not listed here does not exist."""

from governance.policy.rule import Rule
from governance.policy.rules.access.approvals_by_role import approvals_by_role
from governance.policy.rules.access.orphans import orphans
from governance.policy.rules.access.segregation_of_duties import segregation_of_duties
from governance.policy.rules.access.stale_grants import stale_grants
from governance.policy.rules.access.wildcards import wildcards
from governance.policy.rules.artifact.digest import digest
from governance.policy.rules.artifact.format import format_
from governance.policy.rules.artifact.licences import licences
from governance.policy.rules.artifact.size import size
from governance.policy.rules.artifact.unsafe_opcodes import unsafe_opcodes
from governance.policy.rules.attestation.signed import signed
from governance.policy.rules.documentation.bias_audit import bias_audit as documentation_bias_audit
from governance.policy.rules.documentation.current import current
from governance.policy.rules.documentation.present import present
from governance.policy.rules.documentation.sections import sections
from governance.policy.rules.explainability.additivity import additivity
from governance.policy.rules.explainability.concentration import concentration
from governance.policy.rules.explainability.forbidden_features import forbidden_features
from governance.policy.rules.explainability.reasons_mapped import reasons_mapped
from governance.policy.rules.explainability.reasons_specific import reasons_specific
from governance.policy.rules.explainability.share import share
from governance.policy.rules.explainability.stability import stability
from governance.policy.rules.fairness.adverse_impact import adverse_impact
from governance.policy.rules.fairness.bias_audit import bias_audit as fairness_bias_audit
from governance.policy.rules.fairness.disparity import disparity
from governance.policy.rules.fairness.minimum_sizes import minimum_sizes
from governance.policy.rules.fairness.reference import reference
from governance.policy.rules.lineage.ancestry_complete import ancestry_complete
from governance.policy.rules.lineage.digests_match import digests_match
from governance.policy.rules.lineage.forbidden_columns import forbidden_columns
from governance.policy.rules.lineage.freshness import freshness
from governance.policy.rules.lineage.no_overlap import no_overlap
from governance.policy.rules.lineage.purpose_allowed import purpose_allowed
from governance.policy.rules.lineage.region_allowed import region_allowed
from governance.policy.rules.lineage.sources_approved import sources_approved
from governance.policy.rules.lineage.versions_pinned import versions_pinned
from governance.policy.rules.operations.audited_before_use import audited_before_use
from governance.policy.rules.operations.monitoring import monitoring
from governance.policy.rules.operations.notice_before_use import notice_before_use
from governance.policy.rules.operations.on_call import on_call
from governance.policy.rules.operations.published_while_used import published_while_used
from governance.policy.rules.operations.rollback import rollback
from governance.policy.rules.performance.floor import floor
from governance.policy.rules.performance.metric_floor import metric_floor
from governance.policy.rules.performance.no_worse_than_champion import no_worse_than_champion
from governance.policy.rules.performance.slice_floor import slice_floor
from governance.policy.rules.purpose.kpi_measured import kpi_measured
from governance.policy.rules.purpose.stated import stated
from governance.policy.rules.reproducibility.inputs_recorded import inputs_recorded
from governance.policy.rules.reproducibility.parameters import parameters
from governance.policy.rules.reproducibility.pinned import pinned

ALL: tuple[Rule, ...] = (
    approvals_by_role,
    orphans,
    segregation_of_duties,
    stale_grants,
    wildcards,
    digest,
    format_,
    licences,
    size,
    unsafe_opcodes,
    signed,
    documentation_bias_audit,
    current,
    present,
    sections,
    additivity,
    concentration,
    forbidden_features,
    reasons_mapped,
    reasons_specific,
    share,
    stability,
    adverse_impact,
    fairness_bias_audit,
    disparity,
    minimum_sizes,
    reference,
    ancestry_complete,
    digests_match,
    forbidden_columns,
    freshness,
    no_overlap,
    purpose_allowed,
    region_allowed,
    sources_approved,
    versions_pinned,
    audited_before_use,
    monitoring,
    notice_before_use,
    on_call,
    published_while_used,
    rollback,
    floor,
    metric_floor,
    no_worse_than_champion,
    slice_floor,
    kpi_measured,
    stated,
    inputs_recorded,
    parameters,
    pinned,
)
CATALOGUE: dict[str, Rule] = {item.name: item for item in ALL}
