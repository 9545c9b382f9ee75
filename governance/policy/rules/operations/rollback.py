"""operations.rollback: there is a version to go back to."""

import re

from governance.evidence.operations import NoRollback, OperationsFacts
from governance.policy.finding import Limit, Looked, Verdict
from governance.policy.outcome import Outcome
from governance.policy.placeholder import says_nothing
from governance.policy.rule import Params, fails, inconclusive, passes, rule

# A number, perhaps with parts, a label in front (v, release-) or behind it (1.2-rc.1); or the digest of an artifact.
_VERSION = re.compile(r"(?:[A-Za-z][A-Za-z_-]*)?[0-9]+(?:[._+-][0-9A-Za-z]+)*|(?:sha256:)?[0-9a-f]{64}", re.ASCII)


class RollbackParams(Params):
    """No parameters."""


def _back_to(rollback: str | NoRollback | None) -> OperationsFacts:
    return OperationsFacts(version="1.10", rollback=rollback, monitoring=None, on_call=None)


@rule(
    "operations.rollback",
    controls=("nist-ai-rmf/manage-2.4", "iso-42001/a.6.2.6"),
    examples=lambda: (
        passes("the version before", _back_to("1.9")),
        passes("by its digest", _back_to("sha256:" + "a" * 64)),
        fails("not named", _back_to(None)),
        fails("no version", _back_to("the previous model")),
        fails("a placeholder", _back_to("TODO")),
        fails("itself", _back_to("1.10")),
        fails("itself in another spelling", _back_to("V1.10")),
        fails("there is none, and nobody says why", _back_to(NoRollback(none="n/a"))),
        inconclusive("there is none, and why", _back_to(NoRollback(none="first version; a clerk decides instead"))),
    ),
)
def rollback(evidence: OperationsFacts, params: RollbackParams) -> Verdict:
    """A version to go back to is named.

    What it checks: `operations.rollback` in the manifest names a version (or the digest of its artifact) that is not
    the version under audit. For a first version it may say `none` and why, which somebody has to judge. Whether that
    version can still be run is not looked at.

    Why it matters: when a model does harm, the way back must be known before, not searched for meanwhile.

    How to fix: name the last version that was allowed under `operations.rollback`, and keep its artifact and
    environment; for a first version write `rollback: {none: what happens instead}`.
    """
    limit = Limit(op="is", value=f"a version other than {evidence.version}")
    target = evidence.rollback
    path = "operations.rollback"
    if isinstance(target, NoRollback):
        looked = (Looked(path=path, value=f"none: {target.none}"),)
        if says_nothing(target.none):
            why = f"there is no version to go back to, and {target.none!r} does not say what happens instead"
            return Verdict(outcome=Outcome.FAIL, why=why, looked_at=looked, limit=limit)
        why = f"there is no version to go back to: {target.none}"
        fix = "have a reviewer judge whether that is enough for a first version; once there is another, name it"
        return Verdict(outcome=Outcome.INCONCLUSIVE, why=why, looked_at=looked, limit=limit, fix=fix)
    seen = (Looked(path=path, value=target),)
    if target is None:
        return Verdict(
            outcome=Outcome.FAIL,
            why="no version to go back to is named (operations.rollback)",
            looked_at=seen,
            limit=limit,
        )
    if not _VERSION.fullmatch(target.strip()):
        return Verdict(
            outcome=Outcome.FAIL, why=f"{target!r} is no version, such as 1.9 or a digest", looked_at=seen, limit=limit
        )
    if _bare(target) == _bare(evidence.version):
        why = f"the way back, {target}, is the version under audit itself"
        return Verdict(outcome=Outcome.FAIL, why=why, looked_at=seen, limit=limit)
    return Verdict(outcome=Outcome.PASS, why=f"the way back is {target}", looked_at=seen, limit=limit)


def _bare(version: str) -> str:
    """Without a `v` in front, without regard to case."""
    return version.strip().casefold().removeprefix("v")
