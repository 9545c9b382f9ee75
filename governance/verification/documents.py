"""Documents of a bundle: each is what its digest names, of the type that is wanted, and wanted at all."""

from typing import TypeVar

from governance import strictyaml
from governance.canonical import Document, Sha256, other_version, schema_of, sha256
from governance.errors import BadInput, Broken, VerificationFailed
from governance.evidence.evidence import EvidenceSet
from governance.evidence.manifest import Manifest
from governance.evidence.stated import counted_tier, stated
from governance.policy.act import Act
from governance.policy.baseline import Baseline
from governance.policy.decision import Decision, Recorded
from governance.policy.document import Policy
from governance.trail.bundle import Bundle, Enclosed
from governance.trail.entry import Entry

Kind = TypeVar("Kind", bound=Document)

DECISION, EVIDENCE, ACT = schema_of(Decision), schema_of(EvidenceSet), schema_of(Act)
POLICY, MANIFEST, ENTRY = schema_of(Policy), schema_of(Manifest), schema_of(Entry)
BASELINE = schema_of(Baseline)


def payload_type(document_type: str) -> str:
    """The DSSE payload type of a document: `governance.act/v1` is signed as application/vnd.governance.act.v1+json."""
    return f"application/vnd.{document_type.replace('/', '.')}+json"


def check_digests(bundle: Bundle) -> None:
    """Each document has the SHA-256 that it is filed under. Raises VerificationFailed (TAMPERED)."""
    for digest, enclosed in bundle.documents.items():
        if sha256(enclosed.text.encode()) != digest:
            raise VerificationFailed(
                Broken.TAMPERED, f"a {enclosed.type} is not the document its digest names", got=digest[:16]
            )


def enclosed(bundle: Bundle, digest: Sha256, kind: str) -> Enclosed:
    """The document of this digest and type, unread. Raises VerificationFailed: INCOMPLETE where it is not enclosed,
    UNSUPPORTED for another version of the type, TAMPERED for another type."""
    enclosed = bundle.documents.get(digest)
    if enclosed is None:
        raise VerificationFailed(
            Broken.INCOMPLETE, f"the bundle lacks a {kind}", got=f"nothing with digest {digest[:16]}"
        )
    if enclosed.type != kind:
        same = enclosed.type.rpartition("/")[0] == kind.rpartition("/")[0]
        verdict = Broken.UNSUPPORTED if same else Broken.TAMPERED
        raise VerificationFailed(verdict, "a document is of another type or version", got=enclosed.type, expected=kind)
    return enclosed


def document(bundle: Bundle, digest: Sha256, kind: str, model: type[Kind]) -> Kind:
    """The same, read. Raises VerificationFailed, also MALFORMED."""
    text = enclosed(bundle, digest, kind).text.encode()
    try:
        if other_version(text, kind):
            raise VerificationFailed(
                Broken.UNSUPPORTED, f"a {kind.partition('/')[0]} of an unknown version", expected=kind
            )
        return model.from_bytes(text)
    except BadInput as error:
        raise VerificationFailed(Broken.MALFORMED, f"a {kind} cannot be read: {error.what}", got=error.got) from error


def acts_of(bundle: Bundle, decision: Decision) -> tuple[Recorded, ...]:
    """The decision's acts, each with the decision that it saw. Raises VerificationFailed."""
    if len(set(decision.acts)) != len(decision.acts):
        raise VerificationFailed(Broken.MALFORMED, "a decision names an act twice", got=str(len(decision.acts)))
    # Each document is read once: many acts that saw one large decision must not take many times its time.
    acts = {digest: document(bundle, digest, ACT, Act) for digest in decision.acts}
    seen = {
        digest: document(bundle, digest, DECISION, Decision)
        for digest in dict.fromkeys(act.decision for act in acts.values())
    }
    return tuple(Recorded(digest, act, seen[act.decision]) for digest, act in acts.items())


def nothing_else(
    bundle: Bundle, decision: Decision, evidence: EvidenceSet, acts: tuple[Recorded, ...], released: set[Sha256]
) -> None:
    """Every document in the bundle is one that the decision stands on, that one of its acts saw, or that released a
    policy of it. Raises VerificationFailed (MALFORMED)."""
    wanted = {bundle.decision, *decision.evidence, evidence.manifest, *decision.acts} | decision.ruled_by
    wanted |= {recorded.act.decision for recorded in acts} | released
    if extra := set(bundle.documents) - wanted:
        raise VerificationFailed(
            Broken.MALFORMED, "the bundle holds a document that the decision does not refer to", got=min(extra)
        )


def check_subject(evidence: EvidenceSet, manifest: bytes) -> None:
    """The evidence is about the model version that its manifest names, and says of it what the manifest says. Raises
    VerificationFailed."""
    try:
        named = strictyaml.load(manifest, Manifest, "manifest").model
    except BadInput as error:
        raise VerificationFailed(
            Broken.MALFORMED, f"the manifest cannot be read: {error.what.splitlines()[0]}"
        ) from error
    if (named.name, named.version) != (evidence.subject.name, evidence.subject.version):
        raise VerificationFailed(
            Broken.TAMPERED, "the evidence is about another model version than its manifest", got=named.name
        )
    read = {item.sha256 for item in evidence.inputs if item.role == "artifact"}
    if read != ({evidence.subject.artifact} - {None}):
        raise VerificationFailed(
            Broken.TAMPERED, "the evidence is about another artifact than was read", got=", ".join(read)
        )
    # Policies choose by these. Evidence from before they were recorded says nothing, so that every policy applies.
    if evidence.risk_tier != counted_tier(named):
        raise VerificationFailed(
            Broken.TAMPERED, "the evidence has another risk tier than its manifest", got=evidence.risk_tier
        )
    if evidence.model is not None and evidence.model != stated(named):
        raise VerificationFailed(
            Broken.TAMPERED,
            "the evidence says something else of the model than its manifest",
            got=str(evidence.model),
            expected=str(stated(named)),
        )
