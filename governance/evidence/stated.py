"""What a manifest says of the model itself: what policies choose the models by that they are for."""

from governance.canonical import Document
from governance.evidence.manifest import RISK_TIERS, ModelSection, Tag
from governance.evidence.purpose import PurposeId


class Stated(Document):
    """`owner`: the team or person that answers for it. `purpose`: the id of its purpose. `tags`: words of the house's
    own. Each is null where the manifest says nothing."""

    owner: str | None
    purpose: PurposeId | None
    tags: tuple[Tag, ...] | None


def stated(model: ModelSection) -> Stated:
    return Stated(owner=model.owner, purpose=model.purpose.category, tags=model.tags)


def counted_tier(model: ModelSection) -> str:
    """The risk tier that counts: an unknown one, or none, is the highest."""
    return model.risk_tier if model.risk_tier in RISK_TIERS else RISK_TIERS[-1]
