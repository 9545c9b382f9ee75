"""What the manifest says of a bias audit by somebody from outside. Declared."""

from governance.evidence.bias_audit import BiasAuditFacts
from governance.evidence.manifest import Manifest
from governance.evidence.origin import FactOrigin


def facts(manifest: Manifest) -> BiasAuditFacts | None:
    """Null where the manifest says nothing about one."""
    if (stated := manifest.bias_audit) == type(stated)():
        return None
    said = {name: getattr(stated, name) for name in type(stated).model_fields}
    return BiasAuditFacts(origin=FactOrigin(kind="declared"), **said)
