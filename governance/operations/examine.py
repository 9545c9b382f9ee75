"""Examine policies: run the cases that lie beside each, and see what they show."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from governance import bundled
from governance.errors import BadInput
from governance.operations.files import read_written
from governance.operations.parents import POLICY, load_with_parents
from governance.operations.recorded import recordings
from governance.policy.cases import LoadedCases, Recordings, load_cases, nothing_recorded
from governance.policy.document import LoadedPolicy
from governance.policy.examination import Examined, examine
from governance.progress import Progress, silent

CASES = "cases.yaml"


def examine_policies(
    names: Sequence[str], *, mutate: bool, strict: bool = False, progress: Progress = silent
) -> list[Examined]:
    """Policies by name, file or folder; all that are shipped where none is named. Raises BadInput, also for a policy
    without cases."""
    found = []
    for policy, cases in _read(names or bundled.policy_names()):
        progress(f"running the cases of {policy.document.id}")
        found.append(examine(policy, cases, mutate=mutate, strict=strict, progress=progress))
    return found


def _read(names: Sequence[str]) -> list[tuple[LoadedPolicy, LoadedCases]]:
    return [_loaded(files) for files in policy_files(names)]


class PolicyFiles(NamedTuple):
    """A policy as (name to show, bytes), and the cases beside it: None where there are none. `recorded` reads evidence
    that lies in their folder."""

    shown: str
    policy: bytes
    beside: str
    cases: bytes | None
    recorded: Recordings = nothing_recorded


def policy_files(names: Sequence[str]) -> list[PolicyFiles]:
    """Policies by name, file or folder. Raises BadInput."""
    found = []
    for name in names:
        if name in bundled.policy_names():
            found.append(PolicyFiles(*bundled.policy(name), *bundled.cases(name)))
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
            cases = read_written(beside, "cases") if beside.is_file() else None
            shown = name if file is path else str(file)
            data = read_written(file, "policy")
            found.append(PolicyFiles(shown, data, str(beside), cases, recordings(file.parent)))
    return found


def _loaded(files: PolicyFiles) -> tuple[LoadedPolicy, LoadedCases]:
    policy = load_with_parents(files.shown, files.policy)
    if files.cases is None:
        raise BadInput(
            "the policy has no cases, so nothing shows what it does",
            expected=files.beside,
            fix="write them: `governance schema cases` says how, the shipped policies have some",
            where=files.shown,
        )
    return policy, load_cases(files.cases, files.beside, policy, files.recorded)
