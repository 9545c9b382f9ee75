"""When a rule counts: in its own time where it has one, else while one of the clauses that it serves is effective."""

from collections.abc import Collection, Sequence
from datetime import datetime

from governance.canonical import instant
from governance.policy.finding import Verdict
from governance.policy.law import Law
from governance.policy.outcome import Outcome
from governance.policy.period import InForce, day

Times = tuple[InForce, ...]
"""In any of which a rule counts; none where it counts as long as its policy does."""


def times(own: InForce | None, controls: Collection[str], law: Law | None) -> Times:
    """Of a rule by its own `in_force`, and the law of its policy."""
    if own is not None:
        return (own,)
    clauses = law.served(controls) if law else ()
    if not all(clause.effective for clause in clauses):
        return ()  # one of them counts as long as the law
    return tuple(dict.fromkeys(clause.effective for clause in clauses if clause.effective))


def counts(found: Times, as_of: datetime) -> bool:
    return not found or any(one.covers(as_of) for one in found)


def as_long(now: Times, was: Times) -> bool:
    """Whether a rule counts whenever it did: a rule that counts for less time lets more through."""
    return not now or (bool(was) and all(any(one.holds(other) for one in now) for other in was))


def meet(one: Times, other: Times) -> bool:
    """Whether two rules ever count together."""
    # Two times that meet do so at the beginning of one of them.
    return not one or not other or any(a.begins_in(b) or b.begins_in(a) for a in one for b in other)


def untimely(found: Times, names: Sequence[str], as_of: datetime) -> Verdict | None:
    """That a rule does not count on a legal date, with the day and what it serves; None where it counts."""
    if counts(found, as_of):
        return None
    # Instants are spelled in one way, so that their text has their order.
    today = instant(as_of)
    ended = max((one.until for one in found if one.until and one.until <= today), default=None)
    begins = min((one.from_ for one in found if one.from_ > today), default=None)
    said = [f"ended on {day(ended)}"] if ended else []
    verb = "begin" if len(names) > 1 else "begins"
    said += [f"{verb} {'again ' if ended else ''}on {day(begins)}"] if begins else []
    fix = f"judge as of {day(begins)} to see what will follow" if begins else "nothing is asked any more"
    return Verdict(outcome=Outcome.NOT_APPLICABLE, why=f"{', '.join(names)} {' and '.join(said)}", fix=fix)
