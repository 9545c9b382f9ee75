"""Release a policy: its author signs, somebody else approves, the trail tells of it. And judge by what was released."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from governance.canonical import Sha256, instant, parse_instant
from governance.errors import BadInput, Refused, Stale, VerificationFailed
from governance.operations.accounts import log_signer, stated
from governance.operations.evaluate import load_policies
from governance.operations.files import read_whole, write_whole
from governance.operations.releases import assert_newest, digest_of, last_release, record
from governance.operations.workspace import Workspace, local
from governance.permissions import may_release
from governance.policy.act import APPROVER
from governance.policy.difference import difference
from governance.policy.document import LoadedPolicy, load_policy
from governance.policy.release import APPROVAL, MAX_BYTES, RELEASE, Release, ReleaseApproval, ReleasedPolicy, numbers
from governance.signing import dsse
from governance.trail.trust import Trust
from governance.verification import payload_type
from governance.verification.releases import Released, accept, assert_effective, author_of, by_key

if TYPE_CHECKING:
    from governance.store.snapshot import Snapshot

Password = Callable[[], str]
Show = Callable[[Release], None]
"""Told what is about to be signed, before the password is asked for."""


def _show_nobody(release: Release) -> None:
    """For callers who show it themselves."""


class Signed(NamedTuple):
    """A release after a signature. `entry` is the id of the trail's entry; empty until it is approved."""

    file: ReleasedPolicy
    release: Release
    entry: str


def read_release(data: bytes, name: str) -> ReleasedPolicy:
    """Not verified. Raises BadInput."""
    if len(data) > MAX_BYTES:
        raise BadInput("not a release", got=f"{len(data)} bytes", expected=f"at most {MAX_BYTES}", where=name)
    try:
        return ReleasedPolicy.from_bytes(data)
    except BadInput as error:
        raise BadInput(
            f"not a release: {error.what}", got=error.got,
            expected="a file as `governance policy release` writes it", where=name,
        ) from error  # fmt: skip


def author(
    workspace: Workspace,
    name: str,
    *,
    person: str,
    password: Password,
    reason: str,
    effective: datetime | None,
    show: Show = _show_nobody,
) -> Signed:
    """Sign a policy as its author. Raises BadInput; VerificationFailed where its version is not above the last one that
    was released."""
    (policy,) = load_policies([name])
    with workspace.open_trail() as store, store.snapshot() as snapshot:
        last = last_release(snapshot, policy.document.id)
    changes = None
    if last is not None:
        if numbers(policy.document.version) <= numbers(last.release.version):
            raise BadInput(
                f"{policy.document.id} {last.release.version} was released already", got=policy.document.version,
                expected=f"a version above {last.release.version}", fix="give the change a version of its own",
            )  # fmt: skip
        changes = difference(_loaded(last.release), policy)
    in_force = policy.document.in_force
    begins = effective or parse_instant(in_force.from_)
    if in_force.until and begins >= parse_instant(in_force.until):
        raise BadInput("it would never be effective", got=instant(begins), expected=f"before {in_force.until}")
    release = Release(
        id=policy.document.id,
        version=policy.document.version,
        sha256=policy.sha256,
        text=policy.text.decode(),
        author=local(person),
        reason=stated(reason),
        at=instant(workspace.clock()),
        effective=instant(begins),
        expires=in_force.until,
        previous=last.release_sha256 if last else None,
        changes=changes,
    )
    show(release)
    _, signer = workspace.authenticate(person, password)
    envelope = dsse.seal(payload_type(RELEASE), release.to_bytes(), signer)
    return Signed(ReleasedPolicy(release=envelope, approval=None), release, "")


def approve(
    workspace: Workspace,
    file: ReleasedPolicy,
    *,
    person: str,
    password: Password,
    reason: str,
    show: Show = _show_nobody,
) -> Signed:
    """Approve somebody else's release, and tell the trail of it. What it says that it changes is worked out anew before
    it is shown. Raises BadInput, Refused (Stale where another release
    was recorded meanwhile), MachineFault, VerificationFailed."""
    log, trust = log_signer(workspace), workspace.trust()
    release = author_of(file, trust)
    with workspace.open_trail() as store, store.snapshot() as snapshot:
        _assert_follows(snapshot, release)
    show(release)
    known, signer = workspace.authenticate(person, password)
    permission = may_release(known.principal, known.roles, release.author)
    if not permission.allowed:
        raise Refused(f"{person} may not approve this release", got=permission.reason, fix="nothing was signed")
    digest = digest_of(release)
    approval = ReleaseApproval(
        release=digest, approver=known.principal, role=APPROVER, reason=stated(reason), at=instant(workspace.clock())
    )
    envelope = dsse.seal(payload_type(APPROVAL), approval.to_bytes(), signer)
    whole = ReleasedPolicy(release=file.release, approval=envelope)
    released = accept(whole, trust)
    with workspace.open_trail() as store, store.transaction(log, workspace.clock()) as transaction:
        _assert_follows(transaction, release)  # others may have signed meanwhile
        entry = record(transaction, whole, released)
    return Signed(whole, release, entry)


def _assert_follows(snapshot: "Snapshot", release: Release) -> None:
    """That a release is the next one, and changes what it says. Raises as `approve` does."""
    last = assert_newest(snapshot, release)
    if last is not None and last.release == release:
        raise BadInput("this release was approved already", got=f"entry {last.stored.entry.id}")
    if (last.release_sha256 if last else None) != release.previous:
        raise Stale(
            "another release was recorded since this one was signed", latest=last.release_sha256 if last else "",
            got=release.previous or "the first", fix="sign it as its author once more; nothing was recorded",
        )  # fmt: skip
    if (difference(_loaded(last.release), _loaded(release)) if last else None) != release.changes:
        raise Refused("the release does not say what it changes", fix="sign it as its author once more")


def write(file: ReleasedPolicy, path: Path) -> None:
    """Raises MachineFault."""
    write_whole(path, file.to_bytes())


def _loaded(release: Release) -> LoadedPolicy:
    return load_policy(release.text.encode(), f"policy {release.id} {release.version}")


@contextmanager
def naming(file: str) -> Iterator[None]:
    """What does not hold says in which file, of several perhaps."""
    try:
        yield
    except VerificationFailed as error:
        where = error.where or file
        raise VerificationFailed(
            error.verdict, error.what, got=error.got, expected=error.expected, fix=error.fix, where=where
        ) from error


class Ruling(NamedTuple):
    """Policies to judge by, and the releases that some of them came in."""

    policies: tuple[LoadedPolicy, ...]
    released: tuple[tuple[ReleasedPolicy, Released], ...]


def ruling(workspace: Workspace, names: Sequence[str]) -> Ruling:
    """Policies by path, by the name of a shipped one, or in a release file, which is verified under the project's own
    trust file, must be effective now and no older than the newest that the trail knows. Raises BadInput,
    VerificationFailed."""
    texts, released = {}, []
    for name in names:
        if not name.endswith(".json"):
            continue
        file = read_release(read_whole(Path(name), "release"), name)
        with naming(name), workspace.open_trail() as store, store.snapshot() as snapshot:
            one = accept(file, workspace.trust())
            assert_effective(one.release, workspace.clock())
            assert_newest(snapshot, one.release)
        texts[name] = one.release.text.encode()
        released.append((file, one))
    return Ruling(load_policies(names, texts), tuple(released))


def adopt(workspace: Workspace, released: Sequence[tuple[ReleasedPolicy, Released]]) -> None:
    """Tell the trail of releases that it does not know yet: from then on no older one counts here, and bundles carry
    them. A machine without the log's key can tell nothing, and seals nothing. Raises MachineFault,
    VerificationFailed."""
    if released and (log := workspace.signer(workspace.trust().logs[0].origin, "log")) is not None:
        with workspace.open_trail() as store, store.transaction(log, workspace.clock()) as transaction:
            for file, one in released:
                record(transaction, file, one)


def counted(released: Sequence[tuple[ReleasedPolicy, Released]], trust: Trust) -> frozenset[Sha256]:
    """Policies that count because a key which the trust file names for policies has signed their release."""
    return frozenset(one.release.sha256 for _, one in released if by_key(one, trust))
