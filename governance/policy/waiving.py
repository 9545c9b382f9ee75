"""What a policy says of waivers: until when one may last at most, and how far it may reach beyond its model version."""

import re
from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import Field

from governance.canonical import Document
from governance.evidence.origin import Subject
from governance.policy.outcome import Severity

Covers = Literal["version", "patch", "minor"]
"""The version it was given for, with that very artifact; or later ones with the same first two numbers (1.4.x), or with
the same first number (1.x)."""
REACH: tuple[Covers, ...] = ("version", "patch", "minor")
"""From the narrowest to the widest."""
_VERSION = re.compile(r"v?([0-9]{1,9})(?:\.([0-9]{1,9}))?(?:\.([0-9]{1,9}))?", re.ASCII)
Days = Annotated[int, Field(ge=1, le=3650)]


class Horizon(Document):
    """Days from its signature after which a waiver has ended at the latest, by the severity of the rule. `critical`,
    `high`, `medium` and `low`: of such rules. Where nothing is written our own working targets hold; no law sets
    them."""

    critical: Days = 14
    high: Days = 30
    medium: Days = 90
    low: Days = 180


class Waivers(Document):
    """What waivers of its findings may say. `horizon`: how long they last at most. `covers`: how far one may reach: the
    `version` it was given for, later ones that differ in their third number only (`patch`), or in the second and third
    (`minor`)."""

    horizon: Horizon = Horizon()
    covers: Covers = "version"

    def most_days(self, severity: Severity) -> int:
        """Days that a waiver of a rule of this severity may last."""
        days: int = getattr(self.horizon, severity.value)
        return days

    def latest(self, signed: datetime, severity: Severity) -> datetime:
        """The last moment at which a waiver that was signed then may end."""
        return signed + timedelta(days=self.most_days(severity))


def reaches(covers: Covers, given_for: Subject, asked: Subject) -> bool:
    """Whether a waiver for one model version counts for another: for the same artifact, and for later versions of the
    model within what it covers. Versions that are not one to three numbers are never within anything."""
    if given_for == asked:
        return True
    was, now = _numbers(given_for.version), _numbers(asked.version)
    if covers == "version" or given_for.name != asked.name or was is None or now is None or now <= was:
        return False
    kept = 2 if covers == "patch" else 1
    return was[:kept] == now[:kept]


def _numbers(version: str) -> tuple[int, int, int] | None:
    """1.4 is 1.4.0."""
    found = _VERSION.fullmatch(version)
    return (int(found[1]), int(found[2] or 0), int(found[3] or 0)) if found else None
