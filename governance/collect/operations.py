"""What the manifest says about running the model: the way back, monitoring, who is on call. Declared."""

from governance.evidence.manifest import Manifest
from governance.evidence.operations import OnCall, OperationsFacts
from governance.evidence.origin import FactOrigin


def facts(manifest: Manifest) -> OperationsFacts | None:
    """Null where the manifest says nothing about it. An owner on call in plain words has no contact."""
    stated = manifest.operations
    if stated == type(stated)():
        return None
    on_call = stated.on_call
    return OperationsFacts(
        origin=FactOrigin(kind="declared"),
        version=manifest.model.version,
        rollback=stated.rollback,
        monitoring=stated.monitoring,
        on_call=OnCall(owner=on_call) if isinstance(on_call, str) else on_call,
    )
