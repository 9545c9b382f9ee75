"""reproducibility.pinned: the environment, the code and the seeds are fixed."""

from typing import Annotated

from governance.evidence.reproducibility import LockLine, ReproducibilityFacts
from governance.policy.finding import Limit, Looked, Verdict, listed, plural
from governance.policy.outcome import Outcome
from governance.policy.rule import Params, fails, inconclusive, passes, rule
from governance.policy.tightening import Tighten


class PinnedParams(Params):
    """What must be fixed besides one exact version of every requirement. `hashes`: a digest of each. `commit`: of the
    code. `seeds`: of the training run."""

    hashes: Annotated[bool, Tighten.UP] = True
    commit: Annotated[bool, Tighten.UP] = True
    seeds: Annotated[bool, Tighten.UP] = True


def _pinned(**change: object) -> ReproducibilityFacts:
    facts = ReproducibilityFacts(lock="a" * 64, requirements=3, pinned=3, hashed=3, commit="4" * 40, seeds=(0,))
    return facts.model_copy(update=change)


@rule(
    "reproducibility.pinned",
    controls=("eu-ai-act/annex-iv.2.g", "iso-42001/a.6.2.3"),
    examples=lambda: (
        passes("all fixed", _pinned()),
        fails("one requirement open", _pinned(pinned=2, unpinned=(LockLine(line=7, requirement="numpy"),))),
        fails("none has a digest", _pinned(hashed=0)),
        passes("digests are not asked for", _pinned(hashed=0), hashes="false"),
        fails("no lock file", _pinned(lock=None, requirements=0, pinned=0, hashed=0)),
        fails("no commit", _pinned(commit=None)),
        inconclusive("empty lock file", _pinned(requirements=0, pinned=0, hashed=0)),
    ),
)
def pinned(evidence: ReproducibilityFacts, params: PinnedParams) -> Verdict:
    """The model can be built again: requirements locked, commit and seeds recorded.

    What it checks: every requirement of the lock file names one exact version (and carries a digest), and the manifest
    records the commit and the random seeds.

    Why it matters: a model that cannot be rebuilt cannot be investigated, corrected or defended.

    How to fix: lock the environment with digests (for example `uv pip compile --generate-hashes`), and record the
    commit and the seeds of the training run in the manifest.
    """
    limit = Limit(op="is", value="locked, with commit and seeds")
    looked = (
        Looked(path="reproducibility.pinned", value=str(evidence.pinned), n=evidence.requirements),
        Looked(path="reproducibility.hashed", value=str(evidence.hashed), n=evidence.requirements),
        Looked(path="reproducibility.commit", value=evidence.commit),
    )
    if evidence.lock is not None and evidence.requirements == 0:
        why = "the lock file lists no requirement"
        fix = "lock the environment of the training run into it, for example by `uv pip compile --generate-hashes`"
        return Verdict(outcome=Outcome.INCONCLUSIVE, why=why, looked_at=looked, limit=limit, fix=fix)
    wrong = []
    if evidence.lock is None:
        wrong.append("no lock file is given (environment.lock)")
    every = evidence.requirements
    if bare := every - evidence.pinned:
        wrong.append(
            f"{bare} of {every} requirements are not pinned to one version"
            f"{_named(evidence.unpinned, bare, evidence.lock)}"
        )
    if params.hashes and (bare := every - evidence.hashed):
        wrong.append(f"{bare} of {every} requirements carry no digest{_named(evidence.unhashed, bare, evidence.lock)}")
    if params.commit and evidence.commit is None:
        wrong.append("no commit is recorded (environment.commit)")
    if params.seeds and not evidence.seeds:
        wrong.append("no seed is recorded (environment.seeds)")
    if wrong:
        return Verdict(outcome=Outcome.FAIL, why="; ".join(wrong), looked_at=looked, limit=limit)
    commit = f", commit {evidence.commit[:12]}" if evidence.commit else ""
    why = f"{plural(evidence.requirements, 'requirement')} locked{commit}"
    return Verdict(outcome=Outcome.PASS, why=why, looked_at=looked, limit=limit)


_MOST = 5


def _named(lines: tuple[LockLine, ...], count: int, lock: str | None) -> str:
    """The first of `count` requirements, by their lines; nothing where the evidence does not name them. Where it names
    some only, the lock file's digest stands for the rest."""
    if not lines:
        return ""
    named = [f"line {one.line} ({one.requirement})" for one in lines]
    if len(lines) < count:
        return f": {', '.join(named[:_MOST])} and {count - _MOST} more of the lock file {str(lock)[:12]}"
    return ": " + listed(named, _MOST)
