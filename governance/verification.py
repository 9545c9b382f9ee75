"""Bundle bytes and the verifier's own trust file in, the verified case out. No network, no database, no key of ours.

The steps are numbered as `docs/how-to/verify-offline.md` names them; each raises VerificationFailed with a precise
verdict.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal as Number
from typing import Any, NamedTuple, TypeVar

from governance import strictyaml
from governance.canonical import Document, Sha256, other_version, parse_instant, schema_of, sha256
from governance.errors import BadInput, Broken, VerificationFailed
from governance.evidence.evidence import EvidenceSet
from governance.evidence.manifest import Manifest
from governance.policy.act import Act
from governance.policy.baseline import Baseline, LoadedBaseline, load_baseline
from governance.policy.decision import Decision, Recorded, decide
from governance.policy.document import LoadedPolicy, Policy, load_policy
from governance.policy.rule import Rule
from governance.policy.rules import CATALOGUE
from governance.signing.dsse import Envelope, open_envelope, unpack
from governance.signing.keys import decode_public, key_id
from governance.trail import checkpoint, merkle, proof
from governance.trail.bundle import Bundle, Enclosed, parse_bundle
from governance.trail.entry import Entry, EntryType, commitment
from governance.trail.trust import Trust

Kind = TypeVar("Kind", bound=Document)

DECISION, EVIDENCE, ACT = schema_of(Decision), schema_of(EvidenceSet), schema_of(Act)
POLICY, MANIFEST, ENTRY = schema_of(Policy), schema_of(Manifest), schema_of(Entry)
BASELINE = schema_of(Baseline)

ACT_ENTRIES: Mapping[str, EntryType] = {
    "approve": EntryType.REVIEW_APPROVED,
    "reject": EntryType.REVIEW_REJECTED,
    "comment": EntryType.REVIEW_COMMENTED,
    "waive": EntryType.WAIVER_GRANTED,
}
"""Which entry records which kind of act."""
# Which entry speaks for which type of document.
_ENTRY_TYPES: dict[str, frozenset[EntryType]] = {
    EVIDENCE: frozenset({EntryType.EVIDENCE_SUBMITTED}),
    MANIFEST: frozenset({EntryType.EVIDENCE_SUBMITTED}),
    DECISION: frozenset({EntryType.DECISION_ISSUED}),
    POLICY: frozenset({EntryType.DECISION_ISSUED}),
    BASELINE: frozenset({EntryType.DECISION_ISSUED}),
    ACT: frozenset(ACT_ENTRIES.values()),
}


def payload_type(document_type: str) -> str:
    """The DSSE payload type of a document: `governance.act/v1` is signed as application/vnd.governance.act.v1+json."""
    return f"application/vnd.{document_type.replace('/', '.')}+json"


class Signed(NamedTuple):
    """One signature that held. `principal` is the trust file's name for the key's owner, empty for machine keys."""

    role: str
    keyid: str
    principal: str
    document: Sha256
    type: str


class Verified(NamedTuple):
    """A decision that was verified and re-performed. `level` 0: the log vouches for itself."""

    decision: Decision
    decision_sha256: Sha256
    evidence: EvidenceSet
    evidence_sha256: Sha256
    policies: tuple[LoadedPolicy, ...]
    baseline: LoadedBaseline | None
    acts: tuple[Recorded, ...]
    manifest: bytes
    signed: tuple[Signed, ...]
    entries: tuple[tuple[int, Entry], ...]
    origin: str
    size: int
    root: str
    checkpoint_note: str
    level: int
    checked: tuple[str, ...]
    not_checked: tuple[str, ...]


def verify(data: bytes, trust: Trust | None, *, now: datetime, catalogue: Mapping[str, Rule] = CATALOGUE) -> Verified:
    """Verify a bundle and re-perform its decision.

    Raises VerificationFailed. Without `trust` digests and proofs are checked, and then NO_TRUST is raised: a bundle
    whose signers nobody vouches for proves nothing about who decided, and a stranger's policy is not run.
    """
    # 1. Canonical form and digests.
    bundle = parse_bundle(data)
    _digests(bundle)
    decision = _document(bundle, bundle.decision, DECISION, Decision)
    if len(decision.evidence) != 1:
        raise _broken(Broken.UNSUPPORTED, f"a decision over {len(decision.evidence)} evidence sets")
    evidence = _document(bundle, decision.evidence[0], EVIDENCE, EvidenceSet)
    manifest = _enclosed(bundle, evidence.manifest, MANIFEST).text.encode()
    acts = _acts(bundle, decision)
    _nothing_else(bundle, decision, evidence, acts)
    # 2. Signatures, each by a key that the trust file names for that role.
    signed = _signatures(bundle, trust) if trust else ()
    # 3. and 4. Inclusion of every entry under one signed checkpoint; every document committed to by an entry.
    entries, seen = _entries(bundle, trust)
    spoken = _commitments(bundle, entries, decision)
    _recorded_as_said(spoken, {bundle.decision: decision, **{item.act.decision: item.seen for item in acts}}, acts)
    _subject(evidence, manifest)
    if trust is None:
        raise _broken(
            Broken.NO_TRUST,
            "digests and inclusion hold together, but no signature was checked and nothing was judged again",
            expected="a trust file that names the keys you trust",
            fix="ask the log's operator for the trust file on a way of your own, then add `--trust trust.json`",
        )
    # 5. Acts: the signer is the actor and holds the role. Separation and liveness are judged again in step 7.
    _actors(acts, trust, signed)
    # 6. Policies, and the baseline of known failures: pinned by the trust file, or shown.
    _pinned(decision, trust)
    if trust.witnesses:
        raise _broken(
            Broken.UNSUPPORTED,
            "the trust file demands witnesses, and this release cannot check their signatures",
            got=f"{len(trust.witnesses)} witness(es)",
            fix="take them out of the trust file to be content with level 0",
        )
    # 7. Re-perform the decision with its recorded time. 8. Compare.
    policies = tuple(_policy(bundle, ref.sha256, evidence, catalogue) for ref in decision.policies)
    baseline = _baseline(bundle, decision.baseline, evidence) if decision.baseline else None
    _judged_again(decision, evidence, policies, baseline, acts)
    unseen = [item for item in acts if not _seen_judged_again(item.seen, decision, evidence, policies, baseline, acts)]
    # 9. Freshness, then say what was and what was not checked.
    if trust.max_age is not None and now - parse_instant(decision.now) > timedelta(days=trust.max_age):
        raise _broken(Broken.STALE, f"decided on {decision.now}, more than {trust.max_age} days ago")
    ruling, recorded = "policies", "policies"
    if baseline:
        ruling, recorded = "policies and the baseline of known failures", "policies, baseline"
    return Verified(
        decision=decision,
        decision_sha256=bundle.decision,
        evidence=evidence,
        evidence_sha256=decision.evidence[0],
        policies=policies,
        baseline=baseline,
        acts=acts,
        manifest=manifest,
        signed=signed,
        entries=entries,
        origin=seen.checkpoint.origin,
        size=seen.checkpoint.size,
        root=seen.checkpoint.root.hex(),
        checkpoint_note=seen.note,
        level=0,
        checked=(
            "canonical form and every digest",
            f"{len(signed)} signatures against the trust file",
            f"{len(entries)} entries included under the log's signed checkpoint",
            "every document committed to by an entry",
            "acts signed by their actors, in roles they hold",
            f"{ruling} pinned by the trust file" if trust.policies else f"{ruling} shown, not pinned by the trust file",
            f"the decision re-performed with the recorded {recorded}, evidence and time: equal",
            *([f"what {len(acts) - len(unseen)} of {len(acts)} acts saw, re-performed too: equal"] if acts else []),
        ),
        not_checked=(
            *(
                [f"what {len(unseen)} acts saw: it stood on other evidence, policies, baseline or acts"]
                if unseen
                else []
            ),
            "that the measured numbers follow from the data: the data is not in the bundle",
            "that the log shows everybody the same history: no witness and no time stamp (level 0)",
            "whether a later decision exists: ask the service or the log",
        ),
    )


class _Seen(NamedTuple):
    checkpoint: checkpoint.Checkpoint
    note: str


_Spoken = Mapping[Sha256, tuple[int, Entry]]
"""The entry, with its index, that speaks for a document."""


def _broken(verdict: Broken, what: str, **details: str) -> VerificationFailed:
    return VerificationFailed(verdict, what, **details)


def _digests(bundle: Bundle) -> None:
    for digest, enclosed in bundle.documents.items():
        if sha256(enclosed.text.encode()) != digest:
            raise _broken(Broken.TAMPERED, f"a {enclosed.type} is not the document its digest names", got=digest[:16])


def _enclosed(bundle: Bundle, digest: Sha256, kind: str) -> Enclosed:
    enclosed = bundle.documents.get(digest)
    if enclosed is None:
        raise _broken(Broken.INCOMPLETE, f"the bundle lacks a {kind}", got=f"nothing with digest {digest[:16]}")
    if enclosed.type != kind:
        same = enclosed.type.rpartition("/")[0] == kind.rpartition("/")[0]
        verdict = Broken.UNSUPPORTED if same else Broken.TAMPERED
        raise _broken(verdict, "a document is of another type or version", got=enclosed.type, expected=kind)
    return enclosed


def _document(bundle: Bundle, digest: Sha256, kind: str, model: type[Kind]) -> Kind:
    text = _enclosed(bundle, digest, kind).text.encode()
    try:
        if other_version(text, kind):
            raise _broken(Broken.UNSUPPORTED, f"a {kind.partition('/')[0]} of an unknown version", expected=kind)
        return model.from_bytes(text)
    except BadInput as error:
        raise _broken(Broken.MALFORMED, f"a {kind} cannot be read: {error.what}", got=error.got) from error


def _acts(bundle: Bundle, decision: Decision) -> tuple[Recorded, ...]:
    """Each document is read once: many acts that saw one large decision must not take many times its time."""
    if len(set(decision.acts)) != len(decision.acts):
        raise _broken(Broken.MALFORMED, "a decision names an act twice", got=str(len(decision.acts)))
    acts = {digest: _document(bundle, digest, ACT, Act) for digest in decision.acts}
    seen = {
        digest: _document(bundle, digest, DECISION, Decision)
        for digest in dict.fromkeys(act.decision for act in acts.values())
    }
    return tuple(Recorded(digest, act, seen[act.decision]) for digest, act in acts.items())


def _nothing_else(bundle: Bundle, decision: Decision, evidence: EvidenceSet, acts: tuple[Recorded, ...]) -> None:
    """Every document in the bundle is one that the decision stands on, or that one of its acts saw."""
    wanted = {bundle.decision, *decision.evidence, evidence.manifest, *decision.acts} | decision.ruled_by
    wanted |= {recorded.act.decision for recorded in acts}
    if extra := set(bundle.documents) - wanted:
        raise _broken(
            Broken.MALFORMED, "the bundle holds a document that the decision does not refer to", got=min(extra)
        )


def _signatures(bundle: Bundle, trust: Trust) -> tuple[Signed, ...]:
    machine = {
        EVIDENCE: ("measurer", _by_id(trust.measurers)),
        DECISION: ("issuer", _by_id(trust.issuers)),
        ACT: ("person", _by_id(person.key for person in trust.people)),
    }
    names = {key_id(decode_public(person.key)): person.principal for person in trust.people}
    signed: dict[Sha256, Signed] = {}
    last = ""
    for envelope in bundle.envelopes:
        digest, kind = _payload(bundle, envelope)
        role, keys = machine[kind]
        opened = open_envelope(envelope, keys)
        if digest <= last:
            raise _broken(Broken.MALFORMED, "envelopes are not in the order of their documents, each once", got=kind)
        last = digest
        signed[digest] = Signed(role, opened.keyid, names.get(opened.keyid, ""), digest, kind)
    for digest, enclosed in bundle.documents.items():
        if enclosed.type in machine and digest not in signed:
            raise _broken(Broken.INCOMPLETE, f"a {enclosed.type} carries no signature", got=digest[:16])
    return tuple(signed.values())


def _by_id(keys: Iterable[str]) -> dict[str, bytes]:
    return {key_id(raw): raw for raw in map(decode_public, keys)}


def _payload(bundle: Bundle, envelope: Envelope) -> tuple[Sha256, str]:
    opened = unpack(envelope)
    digest = sha256(opened.payload)
    enclosed = bundle.documents.get(digest)
    if enclosed is None or enclosed.type not in (EVIDENCE, DECISION, ACT):
        raise _broken(Broken.TAMPERED, "an envelope signs a document that is not in the bundle", got=digest[:16])
    if opened.payload_type != payload_type(enclosed.type):
        raise _broken(Broken.TAMPERED, "an envelope's type is not its document's", got=opened.payload_type)
    return digest, enclosed.type


def _entries(bundle: Bundle, trust: Trust | None) -> tuple[tuple[tuple[int, Entry], ...], _Seen]:
    """Every entry proven under one and the same checkpoint. Without trust its signature is not checked."""
    if not bundle.entries:
        raise _broken(Broken.INCOMPLETE, "the bundle proves no entry of a trail")
    entries: dict[int, Entry] = {}
    notes = set()
    last = -1
    signed: checkpoint.Checkpoint | None = None
    for proven in bundle.entries:
        raw = proven.text.encode()
        try:
            entry = Entry.from_bytes(raw)
        except BadInput as error:
            verdict = Broken.UNSUPPORTED if other_version(raw, ENTRY) else Broken.MALFORMED
            raise _broken(verdict, f"an entry cannot be read: {error.what}", got=error.got) from error
        parsed = proof.parse(proven.proof)
        notes.add(parsed.note)
        if trust:
            receipt = proof.verify(proven.proof, raw, trust.vkeys())
            signed = receipt.checkpoint
        else:
            signed = checkpoint.parse(parsed.note.decode().partition("\n\n")[0] + "\n")
            merkle.verify_inclusion(merkle.leaf_hash(raw), parsed.index, signed.size, parsed.hashes, signed.root)
        if entry.origin != signed.origin:
            raise _broken(Broken.TAMPERED, "an entry is of another log", got=entry.origin, expected=signed.origin)
        if parsed.index <= last:
            raise _broken(Broken.MALFORMED, "entries are not in the log's order, each once", got=str(parsed.index))
        last = parsed.index
        entries[last] = entry
    if len(notes) != 1 or signed is None:
        raise _broken(Broken.MALFORMED, "entries are proven under different checkpoints", got=f"{len(notes)}")
    return tuple(entries.items()), _Seen(signed, notes.pop().decode())


def _commitments(bundle: Bundle, entries: tuple[tuple[int, Entry], ...], decision: Decision) -> _Spoken:
    """Every document is referred to by an entry that may speak for it, about this model; and every entry is used."""
    open_ = {(ref.type, ref.commitment): (place, ref.size) for place in entries for ref in place[1].refs}
    spoken = {}
    for digest, enclosed in bundle.documents.items():
        data = enclosed.text.encode()
        found = open_.get((enclosed.type, commitment(bytes.fromhex(enclosed.salt), data)))
        if found is None or found[1] != len(data):
            raise _broken(Broken.TAMPERED, f"no entry of the trail commits to a {enclosed.type}", got=digest[:16])
        entry = found[0][1]
        if entry.type not in _ENTRY_TYPES.get(enclosed.type, frozenset()):
            raise _broken(Broken.TAMPERED, f"a {enclosed.type} hangs on an entry of another kind", got=entry.type.value)
        if entry.subject != decision.subject and enclosed.type != POLICY:
            raise _broken(Broken.TAMPERED, "an entry is about another model version", got=str(entry.subject))
        spoken[digest] = found[0]
    used = {index for index, _ in spoken.values()}
    if idle := [entry.id for index, entry in entries if index not in used]:
        raise _broken(Broken.MALFORMED, "an entry in the bundle has nothing to do with the decision", got=idle[0])
    return spoken


def _recorded_as_said(spoken: _Spoken, decisions: Mapping[Sha256, Decision], acts: tuple[Recorded, ...]) -> None:
    """The log tells of decisions and acts what they tell of themselves: so an issuer alone cannot date one back."""
    for digest, decision in decisions.items():
        time = spoken[digest][1].time
        if time != decision.now:
            raise _broken(
                Broken.TAMPERED, "a decision is not of the time it was recorded", got=decision.now, expected=time
            )
    for item in acts:
        if spoken[item.sha256][1].type is not ACT_ENTRIES[item.act.kind]:
            raise _broken(Broken.TAMPERED, "an act was recorded as one of another kind", got=item.act.kind)
    places = [spoken[item.sha256][0] for item in acts]
    if places != sorted(set(places)):
        raise _broken(Broken.TAMPERED, "acts are not in the order they were recorded, each once", got=str(places))


def _actors(acts: tuple[Recorded, ...], trust: Trust, signed: tuple[Signed, ...]) -> None:
    owners = {item.document: item for item in signed}
    roles = {key_id(decode_public(person.key)): person for person in trust.people}
    for recorded in acts:
        person = roles[owners[recorded.sha256].keyid]
        act = recorded.act
        if act.actor != person.principal:
            raise _broken(
                Broken.TAMPERED, "an act is signed by somebody else", got=person.principal, expected=act.actor
            )
        if act.role not in person.roles:
            raise _broken(
                Broken.UNTRUSTED_KEY,
                f"{act.actor} acted as {act.role}",
                got=", ".join(person.roles) or "no role",
                expected=act.role,
                fix="if this person holds the role, say so in your trust file",
            )


def _policy(bundle: Bundle, digest: Sha256, evidence: EvidenceSet, catalogue: Mapping[str, Rule]) -> LoadedPolicy:
    text = _enclosed(bundle, digest, POLICY).text.encode()
    try:
        return load_policy(text, f"policy {digest[:12]}", catalogue)
    except BadInput as error:
        made_by = evidence.tools.get("governance", "another version")
        raise _broken(
            Broken.NOT_REPERFORMABLE,
            "this installation cannot judge the recorded policy again, so the bundle is neither valid nor tampered",
            got=f"{error.what.splitlines()[0]} ({error.where})",
            expected=f"governance {made_by}, which recorded it",
        ) from error


def _pinned(decision: Decision, trust: Trust) -> None:
    foreign = [
        f"{ref.id} {ref.version} ({ref.sha256[:16]})" for ref in decision.policies if ref.sha256 not in trust.policies
    ]
    if trust.policies and foreign:
        what = "judged under a policy that the trust file does not pin"
        raise _broken(Broken.UNTRUSTED_POLICY, what, got=", ".join(foreign))
    if trust.policies and decision.baseline and decision.baseline not in trust.policies:
        raise _broken(
            Broken.UNTRUSTED_POLICY,
            "judged with a baseline of known failures that the trust file does not pin",
            got=decision.baseline[:16],
            expected="its digest among `policies` of the trust file",
        )


def _baseline(bundle: Bundle, digest: Sha256, evidence: EvidenceSet) -> LoadedBaseline:
    text = _enclosed(bundle, digest, BASELINE).text.encode()
    try:
        loaded = load_baseline(text, f"baseline {digest[:12]}")
        loaded.assert_about(evidence.subject.name)
    except BadInput as error:
        what = f"nothing can be judged with this baseline: {error.what.splitlines()[0]}"
        raise _broken(Broken.MALFORMED, what, got=error.got, expected=error.expected) from error
    return loaded


def _subject(evidence: EvidenceSet, manifest: bytes) -> None:
    """The evidence is about the model version that its manifest names."""
    try:
        named = strictyaml.load(manifest, Manifest, "manifest").model
    except BadInput as error:
        raise _broken(Broken.MALFORMED, f"the manifest cannot be read: {error.what.splitlines()[0]}") from error
    if (named.name, named.version) != (evidence.subject.name, evidence.subject.version):
        raise _broken(Broken.TAMPERED, "the evidence is about another model version than its manifest", got=named.name)
    read = {item.sha256 for item in evidence.inputs if item.role == "artifact"}
    if read != ({evidence.subject.artifact} - {None}):
        raise _broken(Broken.TAMPERED, "the evidence is about another artifact than was read", got=", ".join(read))


def _judged_again(
    decision: Decision,
    evidence: EvidenceSet,
    policies: tuple[LoadedPolicy, ...],
    baseline: LoadedBaseline | None,
    acts: tuple[Recorded, ...],
) -> None:
    try:
        again = decide(
            evidence,
            decision.evidence[0],
            policies,
            acts,
            baseline=baseline,
            now=parse_instant(decision.now),
            as_of=parse_instant(decision.as_of),
            identifier=decision.id,
            submitter=decision.submitter,
            previous=decision.previous,
        )
    except OverflowError as error:
        raise _broken(Broken.MALFORMED, "a decision lies beyond the end of the calendar", got=decision.now) from error
    _equal(decision.model_dump(mode="json"), again.model_dump(mode="json"), "decision")


def _seen_judged_again(
    seen: Decision,
    decision: Decision,
    evidence: EvidenceSet,
    policies: tuple[LoadedPolicy, ...],
    baseline: LoadedBaseline | None,
    acts: tuple[Recorded, ...],
) -> bool:
    """Whether the bundle holds what `seen` stands on; then it must follow, or a person was shown something else."""
    before = tuple(item for item in acts if item.sha256 in seen.acts)
    same_policies = [policy.sha256 for policy in seen.policies] == [policy.sha256 for policy in policies]
    same_rules = same_policies and seen.baseline == decision.baseline
    if seen.evidence != decision.evidence or not same_rules or tuple(item.sha256 for item in before) != seen.acts:
        return False
    _judged_again(seen, evidence, policies, baseline, before)
    return True


def _equal(recorded: Any, again: Any, path: str) -> None:
    """Equal in everything; reals to 9 significant digits, whose last may differ by one between machines."""
    if isinstance(recorded, dict) and isinstance(again, dict) and recorded.keys() == again.keys():
        for key in recorded:
            _equal(recorded[key], again[key], f"{path}.{key}")
    elif isinstance(recorded, list) and isinstance(again, list) and len(recorded) == len(again):
        for index, pair in enumerate(zip(recorded, again, strict=True)):
            _equal(*pair, f"{path}[{index}]")
    elif recorded != again and not (path.endswith((".value", ".low", ".high")) and _close(recorded, again)):
        raise _broken(
            Broken.TAMPERED,
            "re-performing the decision gives something else",
            got=f"{path} recorded as {recorded!r}"[:300],
            expected=f"{again!r}"[:300],
        )


def _close(one: Any, other: Any) -> bool:
    try:
        a, b = Number(one), Number(other)
    except (ArithmeticError, TypeError, ValueError):
        return False
    if not (a.is_finite() and b.is_finite()):  # infinity would be close to everything
        return False
    return abs(a - b) <= Number("2e-9") * max(abs(a), abs(b))
