"""Policies that are judged beside one that they are a part of."""

from collections.abc import Iterator, Sequence

from governance.policy.document import LoadedPolicy
from governance.policy.finding import plural


def contained(judged: Sequence[LoadedPolicy]) -> Iterator[str]:
    """Which of these another has taken over whole, by the digest of its file. It is judged all the same: its child may
    be for fewer models, places or days, and what decides there is the parent."""
    for child in judged:
        above = {layer.sha256 for layer in child.document.merged[1:]}
        for parent in judged:
            own = parent.document.merged[0].sha256 if parent.document.merged else parent.sha256
            if own in above:
                rules = plural(len(parent.rules), "rule")
                whose, whole = parent.document.id, child.document.id
                yield (
                    f"{whole} has taken over all of {whose}, whose {rules} are judged twice, as {whose}#... and as "
                    f"{whole}#...: {whole} alone is as strict wherever it applies"
                )
