"""Evidence of one model version, from the files of a project: where a plan is executed, on whatever machine."""

import platform
from datetime import datetime

from governance import __version__
from governance.canonical import instant, sha256
from governance.collect.collected import Collected
from governance.collect.manifest import Loaded
from governance.errors import BadInput
from governance.evidence.evidence import EvidenceSet, Facts
from governance.evidence.origin import Origin, Subject
from governance.evidence.plan import Plan
from governance.evidence.stated import counted_tier, stated
from governance.progress import Progress


def subject_of(loaded: Loaded, collected: Collected) -> Subject:
    artifact = next((item.sha256 for item in collected.inputs if item.role == "artifact"), None)
    return Subject(name=loaded.manifest.model.name, version=loaded.manifest.model.version, artifact=artifact)


def why_anew(evidence: EvidenceSet, manifest: bytes, wanted: Plan) -> str:
    """Why evidence of the same inputs is not used again under this manifest and plan; empty where it may be."""
    if evidence.manifest != sha256(manifest):
        return "another manifest"
    if evidence.plan != wanted:
        return "the policies ask for other measurements"
    if evidence.tools.get("governance") != __version__:
        return f"it was measured by governance {evidence.tools.get('governance')}"
    if evidence.model is None:
        return "it does not say what the manifest says of the model"
    if failed := [absent.facts for absent in evidence.facts.absent if absent.kind == "failed"]:
        return f"measuring failed: {', '.join(failed)}"
    return ""


def measure_project(
    loaded: Loaded, wanted: Plan, collected: Collected, origin: Origin, started: datetime, progress: Progress
) -> EvidenceSet:
    """Execute the plan on the project's files. `origin` is who measures, and where; whether predictions were rescored
    is found here. Raises BadInput, at the manifest's line where one is to blame, MachineFault."""
    try:
        return _measured(loaded, wanted, collected, origin, started, progress)
    except BadInput as error:
        raise loaded.placed(error) from error


def _measured(
    loaded: Loaded, wanted: Plan, collected: Collected, origin: Origin, started: datetime, progress: Progress
) -> EvidenceSet:
    from governance.measure.run import measure

    roles = {item.role: item for item in collected.inputs}
    manifest = loaded.manifest
    paths = {}
    if manifest.artifact.path is not None:
        paths["artifact"] = loaded.project.resolve(manifest.artifact.path, "artifact")
    if evaluation := manifest.data.evaluation:
        paths["evaluation"] = loaded.project.resolve(evaluation.path, "data.evaluation")
        if evaluation.join:
            paths["join"] = loaded.project.resolve(evaluation.join.path, "data.join")
    if manifest.data.training:
        paths["training"] = loaded.project.resolve(manifest.data.training.path, "data.training")
    artifact = roles.get("artifact")
    # The seed follows from the table: it is nobody's choice, and the same bytes give the same evidence.
    table = roles.get("data.evaluation")
    seed = int(table.sha256[:12], 16) if table else 0
    measured = measure(
        manifest,
        wanted,
        paths,
        artifact.sha256 if artifact else None,
        artifact.size if artifact else 0,
        seed,
        progress,
    )
    return EvidenceSet(
        subject=subject_of(loaded, collected),
        risk_tier=counted_tier(manifest.model),
        model=stated(manifest.model),
        manifest=sha256(loaded.data),
        plan=wanted,
        origin=origin.model_copy(update={"predictions": measured.predictions}),
        tools={"governance": __version__, "python": platform.python_version(), **measured.tools},
        started_at=instant(started),
        inputs=tuple(
            item.model_copy(update={"rows": measured.rows.get(item.role.removeprefix("data."))})
            for item in collected.inputs
        ),
        facts=Facts(
            fairness=measured.fairness,
            performance=measured.performance,
            explainability=measured.explainability,
            artifact=measured.artifact,
            lineage=collected.lineage,
            access=collected.access,
            reproducibility=collected.reproducibility,
            documents=collected.documents,
            purpose=collected.purpose,
            operations=collected.operations,
            licences=collected.licences,
            bias_audit=collected.bias_audit,
            reasons=collected.reasons,
            overlap=measured.overlap,
            absent=(*collected.absent, *measured.absent),
        ),
    )
