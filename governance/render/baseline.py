"""The text of a baseline: what `governance check --write-baseline` writes, one line for each known failure."""

from governance.policy.baseline import Baseline
from governance.render.yaml import Comment, Pair, document

_HEADER = (
    "Failures that were there when this was written. With `governance check --baseline` they need a review and do not "
    "deny, until they expire; what is worse or new denies. Take out what is mended."
)


def baseline_yaml(baseline: Baseline) -> str:
    """`load_baseline` reads it back as it was."""
    written = baseline.model_dump(by_alias=True, exclude_defaults=True, exclude={"known"})
    known = tuple(entry.model_dump(exclude_defaults=True) for entry in baseline.known)
    return document([Comment(_HEADER), *(Pair(key, value) for key, value in written.items()), Pair("known", known)])
