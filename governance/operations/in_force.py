"""Which policies count, as the trail tells it: an entry for each change, with what came, what went and why."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from governance.canonical import Sha256, schema_of
from governance.operations.accounts import log_signer, stated
from governance.operations.workspace import Workspace
from governance.policy.baseline import LoadedBaseline
from governance.policy.document import LoadedPolicy
from governance.trail.entry import EntryType
from governance.trail.policies import NamedPolicy, PolicySet
from governance.verification import BASELINE, POLICY

if TYPE_CHECKING:
    from governance.store.snapshot import Snapshot
    from governance.store.transaction import Transaction

_TELL = (EntryType.POLICIES_SERVED, EntryType.POLICIES_PINNED)
# An entry has room for some references; of more that come at once, the digests are in the set.
_MOST_TEXTS = 16


class Counting(NamedTuple):
    """A policy or a baseline that counts. `type` and `text` are those of its document, None where it is not at hand."""

    sha256: Sha256
    what: str
    type: str | None
    text: bytes | None


def of_policy(policy: LoadedPolicy) -> Counting:
    return Counting(policy.sha256, f"policy {policy.document.id} {policy.document.version}", POLICY, policy.text)


def of_baseline(baseline: LoadedBaseline) -> Counting:
    what = f"baseline of known failures of {baseline.document.model}"
    return Counting(baseline.sha256, what, BASELINE, baseline.text)


def serve(
    workspace: Workspace, policies: Sequence[LoadedPolicy], baselines: Mapping[str, LoadedBaseline], reason: str = ""
) -> str | None:
    """Tell the trail under which policies a service starts, where that is another set than the one it told last. The id
    of the entry that was made. Raises BadInput, MachineFault, VerificationFailed."""
    counting = [*map(of_policy, policies), *map(of_baseline, baselines.values())]
    said, log = stated(reason), log_signer(workspace)
    with workspace.open_trail() as store, store.transaction(log, workspace.clock()) as transaction:
        told = _newest(transaction, (EntryType.POLICIES_SERVED,))
        before = told[1].policies if told else ()
        if {one.sha256 for one in before} == {one.sha256 for one in counting} and told:
            return None
        made = _tell(transaction, EntryType.POLICIES_SERVED, counting, before, said)
    return made


def pinned(workspace: Workspace, now: Sequence[Counting], before: Sequence[Counting], reason: str = "") -> str | None:
    """Tell the trail which policies its own trust file pins from now on. The id of the entry; None on a machine that
    does not hold the log's key, which can tell nothing. Raises BadInput, MachineFault, VerificationFailed."""
    said = stated(reason)
    if (log := workspace.signer(workspace.trust().logs[0].origin, "log")) is None:
        return None
    with workspace.open_trail() as store, store.transaction(log, workspace.clock()) as transaction:
        made = _tell(transaction, EntryType.POLICIES_PINNED, now, tuple(map(_named, before)), said)
    return made


def in_force(snapshot: "Snapshot", policies: Sequence[LoadedPolicy]) -> list[str]:
    """The id of the newest entry that says which policies count, where all of these do; else nothing."""
    told = _newest(snapshot, _TELL)
    if told is None or {one.sha256 for one in policies} - {one.sha256 for one in told[1].policies}:
        return []
    return [told[0]]


def _tell(
    transaction: "Transaction",
    type: EntryType,
    counting: Sequence[Counting],
    before: tuple[NamedPolicy, ...],
    reason: str,
) -> str:
    known = {one.sha256 for one in before}
    record = PolicySet(policies=tuple(map(_named, counting)), before=before, reason=reason)
    refs = [transaction.put_document(schema_of(PolicySet), record.to_bytes())]
    came = [one for one in counting if one.sha256 not in known][:_MOST_TEXTS]
    refs += [transaction.put_document(one.type, one.text) for one in came if one.type and one.text]
    entry = transaction.compose(type, f"log|{transaction.origin}", refs=refs)
    transaction.append(entry)
    return entry.id


def _named(one: Counting) -> NamedPolicy:
    return NamedPolicy(sha256=one.sha256, what=one.what[:200])


def _newest(snapshot: "Snapshot", types: Sequence[EntryType]) -> tuple[str, PolicySet] | None:
    """The newest entry of these types, by its id, and what it says."""
    from governance.store.browse import newest

    stored = newest(snapshot, types)
    if stored is None:
        return None
    for document in snapshot.documents_of(stored.index):
        if document.type == schema_of(PolicySet):
            return stored.entry.id, PolicySet.from_bytes(document.data)
    return None
