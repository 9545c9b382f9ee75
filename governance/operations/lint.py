"""Lint policies: read each with the cases that lie beside it, and let the lints say what they doubt."""

from collections.abc import Callable, Sequence
from datetime import datetime

from governance import bundled
from governance.operations.examine import PolicyFiles, policy_files
from governance.operations.parents import load_with_parents, positioned_with_parents
from governance.policy.cases import load_cases
from governance.policy.document import LoadedPolicy
from governance.policy.examination import examine
from governance.policy.lint import Shown, Subject, remarks
from governance.policy.rules import ALL
from governance.render.lint import Linted


def lint_policies(
    names: Sequence[str], *, as_of: datetime, progress: Callable[[str], None] = lambda _: None
) -> list[Linted]:
    """Policies by name, file or folder; all that are shipped where none is named. Raises BadInput for what is no
    policy, and for cases that are none."""
    laws, found = known_laws(), []
    for files in policy_files(names or bundled.policy_names()):
        policy, positions = positioned_with_parents(files.shown, files.policy)
        progress(f"looking at {policy.document.id}")
        seen = None if files.cases is None else _shown(policy, files.cases, files)
        found.append(Linted(policy, files.shown, remarks(Subject(policy, positions, seen, as_of, laws))))
    return found


def known_laws() -> frozenset[str]:
    """Those that rules of the catalogue serve, and the shipped policies; and what took the place of one of these."""
    controls = {control for rule in ALL for control in rule.controls}
    for name in bundled.policy_names():
        document = load_with_parents(*bundled.policy(name)).document
        controls |= {control for section in document.rules for control in section.controls}
        if (law := document.law) is not None:
            controls |= {law.id, *([law.superseded_by] if law.superseded_by else [])}
    return frozenset(control.partition("/")[0] for control in controls)


def _shown(policy: LoadedPolicy, cases: bytes, files: PolicyFiles) -> Shown:
    loaded = load_cases(cases, files.beside, policy, files.recorded)
    return Shown(examine(policy, loaded, mutate=False).table, loaded.document.uncovered)
