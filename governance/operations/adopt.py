"""Adopt a model with the failures it has: read a baseline of known failures, or write one."""

from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from governance import canonical
from governance.canonical import instant, parse_instant
from governance.errors import BadInput
from governance.operations.files import read_written, write_new
from governance.policy.baseline import MOST_REASON, LoadedBaseline, load_baseline, written_down
from governance.policy.decision import Decision
from governance.render.baseline import baseline_yaml


class Adoption(NamedTuple):
    """What is to be written: where, why the failures may stay, and until when."""

    path: Path
    reason: str
    expires: datetime


def read_baseline(path: Path) -> LoadedBaseline:
    """Raises BadInput, MachineFault."""
    return load_baseline(read_written(path, "baseline"), str(path))


def adoption(path: Path, reason: str, expires: datetime, now: datetime) -> Adoption:
    """Raises BadInput for what could not be written later: so nothing is measured in vain."""
    if path.exists() or path.is_symlink():
        raise BadInput(
            "there is a file already",
            got=str(path),
            fix="name a new file: a baseline is never overwritten",
            where="--write-baseline",
        )
    if expires <= now:
        raise BadInput("this is over", got=instant(expires), expected=f"a time after {instant(now)}", where="--expires")
    if not reason.strip() or len(reason) > MOST_REASON:
        got, expected = f"{len(reason)} characters", f"1 to {MOST_REASON}: why these failures may stay for a time"
        raise BadInput("not a reason", got=got, expected=expected, where="--reason")
    try:
        canonical.dumps(reason)
    except BadInput as error:
        raise BadInput(error.what, got=error.got, expected=error.expected, where="--reason") from error
    return Adoption(path, reason, expires)


def write_baseline(wanted: Adoption, decision: Decision) -> int:
    """Write down what fails and denies in this decision; how many entries. Nothing is written where there are none.

    Raises BadInput where the file is there by now, or would be too large to be read; MachineFault.
    """
    baseline = written_down(
        decision.findings,
        model=decision.subject.name,
        reason=wanted.reason,
        since=parse_instant(decision.now),
        expires=wanted.expires,
    )
    if not baseline.known:
        return 0
    text = baseline_yaml(baseline).encode()
    load_baseline(text, str(wanted.path))
    write_new(wanted.path, text)
    return len(baseline.known)
