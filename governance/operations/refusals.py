"""Where every refusal is written down: who was refused what, and why. In the log, not in the trail: nothing happened,
and whoever is refused often enough would fill the trail.

Never a secret: what somebody typed is not in it, save a name that an account has.
"""

import inspect
import logging
from collections.abc import Callable
from contextvars import ContextVar
from functools import wraps
from typing import ParamSpec, TypeVar

from governance.errors import GovernanceError, Refused, Stale, TooMany

LOG = logging.getLogger("governance.refusals")
request: ContextVar[str] = ContextVar("request", default="")
"""The id of the request that is being answered, where there is one."""

P = ParamSpec("P")
R = TypeVar("R")
# The arguments that say who asks, by the first of these names that a verb has.
_WHO = ("by", "caller", "principal")


def refusable(does: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """For a verb: each Refused that leaves it is written down as refused to do this, by whom its arguments say."""

    def wrap(verb: Callable[P, R]) -> Callable[P, R]:
        signature = inspect.signature(verb)
        named = next((name for name in _WHO if name in signature.parameters), None)

        @wraps(verb)
        def noting(*args: P.args, **kwargs: P.kwargs) -> R:
            try:
                return verb(*args, **kwargs)
            except Refused as error:
                who = signature.bind(*args, **kwargs).arguments.get(named) if named else None
                refused(does, _who(who), error)
                raise

        return noting

    return wrap


def refused(does: str, who: str, error: GovernanceError) -> None:
    """Write one refusal down, once, however many verbs it leaves. `who` is empty for somebody who is not known."""
    if getattr(error, "written_down", False):
        return
    error.written_down = True  # type: ignore[attr-defined]
    line = {"refused": does, "who": who, "kind": _kind(error), "reason": error.what, "got": _told(error)}
    line["request"] = request.get()
    LOG.info("refused %(refused)s", {name: value for name, value in line.items() if value})


def _kind(error: GovernanceError) -> str:
    return "throttled" if isinstance(error, TooMany) else "stale" if isinstance(error, Stale) else "refused"


def _told(error: GovernanceError) -> str:
    """Why, in the words of the error: of one line and bounded."""
    return ascii(error.got)[1:-1][:300] if error.got else ""


def _who(who: object) -> str:
    """A principal, or whoever has one. What somebody typed for a name comes in no such argument."""
    return who if isinstance(who, str) else str(getattr(who, "principal", ""))
