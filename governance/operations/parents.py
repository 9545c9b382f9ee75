"""Where the policies may be that a policy extends: those that are given, those that are shipped, those that lie beside.

The child names its parent by digest, so it does not matter where the bytes are found, and nothing is fetched. The files
are read only where a policy extends another.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from governance import bundled
from governance.errors import GovernanceError
from governance.operations.files import read_written
from governance.policy.document import LoadedPolicy, load_placed
from governance.policy.positions import Positions

POLICY = "policy.yaml"
_MOST_BESIDE = 200


def load_with_parents(shown: str, data: bytes, given: Sequence[tuple[str, bytes]] = ()) -> LoadedPolicy:
    """A policy that was read from `shown`, merged with what it extends. Raises BadInput."""
    return positioned_with_parents(shown, data, given)[0]


def positioned_with_parents(
    shown: str, data: bytes, given: Sequence[tuple[str, bytes]] = ()
) -> tuple[LoadedPolicy, Positions]:
    """The same, with where each part stands."""
    return load_placed(data, shown, parents=lambda: _candidates(shown, given))


def load_placed_with_parents(name: str) -> tuple[LoadedPolicy, Positions]:
    """A policy by path or by the name of a shipped one, and where each part of it stands. Raises BadInput."""
    shown, data = read_policy(name)
    return load_placed(data, shown, parents=lambda: _candidates(shown, ()))


def read_policy(name: str, what: str = "policy") -> tuple[str, bytes]:
    """The file of a policy (or `what` it may be besides) by path, by its folder or by the name of a shipped one, as it
    is shown, and its bytes. Raises BadInput."""
    if name not in bundled.policy_names() and (Path(name) / POLICY).is_file():
        name = str(Path(name) / POLICY)
    if "/" in name or name.endswith((".yaml", ".yml", ".json")):
        return name, read_written(Path(name), what)
    return bundled.policy(name)


def _candidates(shown: str, given: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
    yield from given
    for name in bundled.policy_names():
        yield bundled.policy(name)
    here = Path(shown).parent
    found = [*here.glob("*.yaml"), *here.glob("*.yml"), *here.glob(f"../*/{POLICY}")]
    for path in sorted({Path(os.path.normpath(one)) for one in found if one.is_file()})[:_MOST_BESIDE]:
        try:
            yield str(path), read_written(path, "policy")
        except GovernanceError:
            continue  # what cannot be read is no parent; if it is the one, the error says that it is not here
