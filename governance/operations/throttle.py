"""Guessing is slowed down: an attempt is counted before it is made, so that a hundred at once are not free."""

import ipaddress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from governance.canonical import instant, parse_instant, sha256
from governance.errors import TooMany

if TYPE_CHECKING:
    from governance.store.credentials import Credentials

FORGOTTEN = timedelta(days=1)
"""How long after the last of them failures count."""


class Slow(NamedTuple):
    """What is slowed: `free` failures cost nothing; each one more doubles the wait, from 1 second up to `longest`."""

    key: str
    free: int
    longest: int

    def wait(self, failures: int) -> int:
        """Seconds from one failure to the next attempt."""
        beyond = failures - self.free
        return 0 if beyond <= 0 else min(2 ** min(beyond - 1, 30), self.longest)


def account(principal: str) -> Slow:
    """Sign-in of one account, whether there is one or not. Short, or a stranger could lock somebody out for long. What
    is typed for a name may be a password: its digest is kept."""
    return Slow(f"account {sha256(principal.encode(errors='replace'))}", 5, 60)


def address(text: str) -> Slow:
    """Sign-in from one address, or from one IPv6 network of 64 bits, which one household has. Many may share it."""
    try:
        parsed = ipaddress.ip_address(text)
    except ValueError:
        network = text
    else:
        mapped = parsed.ipv4_mapped if parsed.version == 6 else parsed
        network = str(mapped or ipaddress.ip_network((parsed, 64), strict=False))
    return Slow(f"address {sha256(network.encode(errors='replace'))}", 20, 900)


def step_up(principal: str) -> Slow:
    """The password of somebody who is signed in: whoever took over a session guesses it no faster."""
    return Slow(f"step-up {principal}", 5, 900)


def attempt(credentials: "Credentials", now: datetime, *slowed: Slow) -> None:
    """Count an attempt as failed. Raises TooMany, and counts nothing, where one of these has to wait."""
    known = [credentials.throttle(slow.key) for slow in slowed]
    until = max(until for _, until in known)
    if until > instant(now):
        wait = max(1, int((parse_instant(until) - now).total_seconds()))
        raise TooMany("too many attempts that failed", wait=wait, fix="wait, then try again")
    for slow, (failures, _) in zip(slowed, known, strict=True):
        _keep(credentials, slow, failures + 1, now)


def succeeded(credentials: "Credentials", now: datetime, own: Slow, *shared: Slow) -> None:
    """Take the attempt back: what is one's own is forgotten, what others share only loses this one."""
    credentials.set_throttle(own.key, 0, "")
    for slow in shared:
        failures, until = credentials.throttle(slow.key)
        credentials.set_throttle(slow.key, max(0, failures - 1), min(until, instant(now)))


def _keep(credentials: "Credentials", slow: Slow, failures: int, now: datetime) -> None:
    wait = slow.wait(failures)
    # Times are kept to the second: one more, so that no wait is shorter than it says.
    until = instant(now + timedelta(seconds=wait + 1)) if wait else instant(now)
    credentials.set_throttle(slow.key, failures, until)
