"""Examine policies: run the cases that lie beside each, and see what they show."""

from collections.abc import Callable, Sequence
from pathlib import Path

from governance import bundled
from governance.errors import BadInput
from governance.operations.files import read_whole
from governance.operations.parents import POLICY, load_with_parents
from governance.policy.cases import LoadedCases, load_cases
from governance.policy.document import LoadedPolicy
from governance.policy.examination import Examined, examine

CASES = "cases.yaml"


def examine_policies(
    names: Sequence[str], *, mutate: bool, strict: bool = False, progress: Callable[[str], None] = lambda _: None
) -> list[Examined]:
    """Policies by name, file or folder; all that are shipped where none is named. Raises BadInput, also for a policy
    without cases."""
    found = []
    for policy, cases in _read(names or bundled.policy_names()):
        progress(f"running the cases of {policy.document.id}")
        found.append(examine(policy, cases, mutate=mutate, strict=strict))
    return found


def _read(names: Sequence[str]) -> list[tuple[LoadedPolicy, LoadedCases]]:
    return [_loaded(*files) for files in policy_files(names)]


def policy_files(names: Sequence[str]) -> list[tuple[str, bytes, str, bytes | None]]:
    """(name to show, bytes) of policies by name, file or folder, then the same of the cases beside each: None where
    there are none. Raises BadInput."""
    found = []
    for name in names:
        if name in bundled.policy_names():
            found.append((*bundled.policy(name), *bundled.cases(name)))
            continue
        path = Path(name)
        files = [path] if not path.is_dir() else [path / POLICY] if (path / POLICY).exists() else []
        files = files or sorted(path.glob(f"*/{POLICY}"))
        if not path.exists() and "/" not in name and path.suffix not in (".yaml", ".yml"):
            bundled.policy(name)  # which says what there is
        if not files:
            raise BadInput("no policy there", got=name, expected=f"a {POLICY}, or a folder with one")
        for file in files:
            beside = file.parent / CASES
            cases = read_whole(beside, "cases") if beside.is_file() else None
            shown = name if file is path else str(file)
            found.append((shown, read_whole(file, "policy"), str(beside), cases))
    return found


def _loaded(shown_as: str, data: bytes, where: str, cases: bytes | None) -> tuple[LoadedPolicy, LoadedCases]:
    policy = load_with_parents(shown_as, data)
    if cases is None:
        raise BadInput(
            "the policy has no cases, so nothing shows what it does",
            expected=where,
            fix="write them: `governance schema cases` says how, the shipped policies have some",
            where=shown_as,
        )
    return policy, load_cases(cases, where, policy)
