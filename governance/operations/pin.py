"""Pin policies, and baselines of known failures, in a trust file: where anything is pinned, nothing else counts."""

import re
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import NamedTuple

from governance import bundled, strictyaml
from governance.canonical import Sha256, schema_of
from governance.errors import BadInput
from governance.operations.files import read_whole, write_whole
from governance.operations.in_force import Counting, of_baseline, of_policy, pinned
from governance.operations.parents import load_with_parents, read_policy
from governance.operations.release import naming, read_release
from governance.operations.releases import releases
from governance.operations.workspace import Workspace, local
from governance.policy.baseline import Baseline, load_baseline
from governance.policy.decision import Decision
from governance.policy.document import load_policy
from governance.policy.release import Release
from governance.signing.dsse import unpack
from governance.signing.keys import decode_public, key_id
from governance.trail.trust import Trust, load_trust
from governance.verification.releases import accept

_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)


class Pin(NamedTuple):
    """What is pinned: its digest, and what it is; empty where that is neither shipped, nor released, nor at hand."""

    sha256: Sha256
    what: str


class Pins(NamedTuple):
    """What a trust file pins now. `file`: where it is. `changed`: whether it was written."""

    file: Path
    pinned: tuple[Pin, ...]
    changed: bool


def pins(workspace: Workspace, file: Path | None) -> Pins:
    """What is pinned in `file`, or in the project's own trust file. Raises BadInput."""
    trust = _read(file) if file else workspace.trust()
    return Pins(file or workspace.trust_path, _named(trust, _released(workspace)), False)


def _released(workspace: Workspace) -> list[Counting]:
    """What this project's trail tells of, if there is one."""
    if not workspace.exists:
        return []
    with workspace.open_trail() as store, store.snapshot() as snapshot:
        found = [known.release for known in releases(snapshot)]
    return [Counting(one.sha256, f"policy {one.id} {one.version}", None, None) for one in found]


def pin(workspace: Workspace, names: Sequence[str], file: Path | None, reason: str = "") -> Pins:
    """Also pin these: shipped policies by name, policies and baselines by file. In the project's own trust file that is
    an entry of the trail, too. A release must be approved by somebody whom that file knows. Raises BadInput,
    MachineFault, VerificationFailed."""
    found = [_document(name) for name in names]
    trust = _read(file) if file else workspace.trust()
    for name in names:
        _assert_approved(name, trust)

    def with_them(old: Trust) -> Trust:
        new = dict.fromkeys([*old.policies, *(one.sha256 for one in found)])
        return old.model_copy(update={"policies": tuple(new)})

    return _changed(workspace, file, found, reason, with_them)


def pin_key(workspace: Workspace, key: str, file: Path | None, reason: str = "", *, away: bool = False) -> Pins:
    """Also count policies whose release this key has signed, or no longer (`away`): a person of the trust file by name,
    or a public key. Raises as `pin` does."""

    def change(old: Trust) -> Trust:
        named = next((one.key for one in old.people if one.principal == local(key)), key)
        decode_public(named)
        if away and named not in old.policy_keys:
            raise BadInput("not pinned", got=key, expected=", ".join(old.policy_keys) or "no key is pinned")
        left = [one for one in old.policy_keys if one != named]
        return old.model_copy(update={"policy_keys": tuple(left if away else [*left, named])})

    return _changed(workspace, file, (), reason, change)


def unpin(workspace: Workspace, names: Sequence[str], file: Path | None, reason: str = "") -> Pins:
    """Pin these no longer; a digest names what is not at hand. Raises BadInput for what is not pinned, and as `pin`
    does."""
    found = [Counting(name, "", None, None) if _DIGEST.fullmatch(name) else _document(name) for name in names]

    def without(trust: Trust) -> Trust:
        old = trust.policies
        for name, one in zip(names, found, strict=True):
            if one.sha256 not in old:
                raise BadInput(
                    "not pinned", got=f"{name} ({one.sha256})", expected=", ".join(old) or "nothing is pinned"
                )
        left = [digest for digest in old if digest not in {one.sha256 for one in found}]
        return trust.model_copy(update={"policies": tuple(left)})

    return _changed(workspace, file, found, reason, without)


def unpinned(trust: Trust, decision: Decision, released: Collection[Sha256] = ()) -> list[str]:
    """What a decision was judged by and this trust file refuses, in words; nothing where it pins nothing. `released`:
    policies that came by a release which a key of the trust file has signed."""
    names = {ref.sha256: f"{ref.id} {ref.version}" for ref in decision.policies}
    refused = decision.ruled_by - {*trust.policies, *released} if trust.pins else set()
    return sorted(names.get(digest, "the baseline of known failures") for digest in refused)


_Change = Callable[[Trust], Trust]


def _changed(workspace: Workspace, file: Path | None, known: Sequence[Counting], reason: str, change: _Change) -> Pins:
    if file is None:
        workspace.trust()  # says that there is no trail before anything is locked
        with workspace.locked():
            trust = workspace.trust()
            new = change(trust)
            if new != trust:
                # The entry comes first: what counts without one nobody could account for.
                pinned(workspace, _counting(new, known), _counting(trust, known), reason)
                workspace.write_trust(new)
    else:
        trust = _read(file)
        new = change(trust)
        if new != trust:
            write_whole(file, new.to_json())
    return Pins(file or workspace.trust_path, _named(new, known), new != trust)


def _read(file: Path) -> Trust:
    return load_trust(read_whole(file, "trust file"), str(file))


def _document(name: str) -> Counting:
    """A policy or a baseline, read whole: what cannot be judged by cannot be pinned."""
    shown, data = read_policy(name, "policy or baseline")
    if name.endswith(".json"):
        release = Release.from_bytes(unpack(read_release(data, name).release).payload)
        return of_policy(load_policy(release.text.encode(), name))
    tree = strictyaml.parse(data, shown).tree
    if isinstance(tree, dict) and tree.get("schema") == schema_of(Baseline):
        return of_baseline(load_baseline(data, shown))
    return of_policy(load_with_parents(shown, data))


def _assert_approved(name: str, trust: Trust) -> None:
    if name.endswith(".json"):
        with naming(name):
            accept(read_release(read_whole(Path(name), "release"), name), trust)


def _counting(trust: Trust, known: Sequence[Counting]) -> list[Counting]:
    """What is pinned, with all that is known of it."""
    named = {one.sha256: one for one in (*map(_document, bundled.policy_names()), *known) if one.what}
    owners = {person.key: person.principal for person in trust.people}
    keys = [
        Counting(key_id(decode_public(key)), f"releases signed by {owners.get(key, key)}", None, None)
        for key in trust.policy_keys
    ]
    return [*(named.get(digest, Counting(digest, "", None, None)) for digest in trust.policies), *keys]


def _named(trust: Trust, known: Sequence[Counting]) -> tuple[Pin, ...]:
    return tuple(Pin(one.sha256, one.what) for one in _counting(trust, known))
