"""What the manifest says the model is for. Declared."""

from governance.evidence.manifest import ModelSection
from governance.evidence.origin import FactOrigin
from governance.evidence.purpose import Kpi, PurposeFacts


def facts(model: ModelSection) -> PurposeFacts | None:
    """Null where the manifest says nothing about it. A KPI in plain words has neither target nor value."""
    stated = model.purpose
    if stated == type(stated)():
        return None
    kpi = stated.kpi
    if isinstance(kpi, str):
        kpi = Kpi(name=kpi) if kpi.strip() else None
    return PurposeFacts(
        origin=FactOrigin(kind="declared"),
        objective=stated.objective,
        category=stated.category,
        kpi=kpi,
        intended=stated.intended,
        prohibited=stated.prohibited,
    )
