"""What people attested about a rule: statements that no machine can check, each signed, for a time."""

from typing import NamedTuple

from governance.canonical import Instant, Sha256
from governance.evidence.origin import Subject
from governance.policy.waiving import Covers


class Given(NamedTuple):
    """One statement. `act`: its digest. `holds`: whether its giver says that it is so. `basis`: why they say it.
    `subject`: the model version that they looked at. `independent`: they neither submitted nor measured this one.
    `lapsed`: they do not hold the role any more."""

    act: Sha256
    actor: str
    role: str
    at: Instant
    text: str
    holds: bool
    basis: str
    covers: Covers
    expires: Instant
    subject: Subject
    independent: bool
    lapsed: bool


class Attested(NamedTuple):
    """What a rule about statements is judged on, in the order it was signed. `subject`: the model version."""

    subject: Subject
    given: tuple[Given, ...] = ()
