"""What the service says went wrong, as errors of ours: whoever typed the command reads what they would read locally."""

import json
import re
from collections.abc import Mapping
from typing import Any

from governance.errors import (
    BadInput,
    Broken,
    GovernanceError,
    MachineFault,
    NotThere,
    Refused,
    Stale,
    TooMany,
    VerificationFailed,
)

MEDIA_TYPE = "application/problem+json"
_MOST = 2000
"""Characters of one thing that a service says."""
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)


def error_of(status: int, headers: Mapping[str, str], data: bytes, url: str) -> GovernanceError:
    """The error that an answer is about.

    BadInput for 4xx: NotThere for 404, Stale for 409 and 412, TooMany for 429, Refused for 401 and 403. MachineFault
    for 5xx, but VerificationFailed where the service says that its own trail does not verify. What is no problem detail
    of ours comes from something before the service, and is named as that.
    """
    if 300 <= status < 400:
        return BadInput(
            "the service answers that it is somewhere else",
            got=f"{status}, to {ascii(headers.get('location', 'nowhere'))[:200]}",
            expected="the service itself: a token does not follow a redirect",
            fix="give GOVERNANCE_URL the address where it answers",
            where=url,
        )
    problem = _problem(headers, data)
    if problem is None:
        return foreign(status, headers, url)
    what = _said(problem, "detail") or _said(problem, "title") or f"the service answered {status}"
    details = {name: _said(problem, name) for name in ("got", "expected", "fix", "where")}
    if status >= 500:
        verdict = next((one for one in Broken if one.value == problem.get("verdict")), None)
        if verdict is not None:
            return VerificationFailed(verdict, what, **(details | {"where": url}))
        asked = _said(problem, "request_id")
        fix = f"whoever runs it finds more in its log, under {asked}" if asked else "see to the service's log"
        return MachineFault(what, got=f"{status} from the service", fix=fix, where=url)
    if status in (409, 412):
        latest = problem.get("latest")
        known = latest if isinstance(latest, str) and _DIGEST.fullmatch(latest) else ""
        del details["where"]
        return Stale(what, latest=known, **details)
    if status == 429:
        after = headers.get("retry-after", "")
        return TooMany(what, wait=int(after) if after.isdecimal() and len(after) < 6 else 60, fix=details["fix"])
    if status == 401 and not details["fix"]:
        details["fix"] = f"make a new token on {url}/account, and give it as GOVERNANCE_TOKEN"
    kind = {401: Refused, 403: Refused, 404: NotThere}.get(status, BadInput)
    return kind(what, **details)


def foreign(status: int, headers: Mapping[str, str], url: str, expected: str = "") -> GovernanceError:
    """An answer that no governance service gives: of a proxy, a login page, another program."""
    kind = headers.get("content-type", "") or "of no type"
    encoding = headers.get("content-encoding", "")
    got = ascii(f"{status}, {kind}{f', encoded as {encoding}' if encoding else ''}")[1:-1][:200]
    fix = "see that GOVERNANCE_URL names the service, and to what stands between: a proxy, a login page"
    error = BadInput if 400 <= status < 500 else MachineFault
    return error("this is no answer of a governance service", got=got, expected=expected, fix=fix, where=url)


def _problem(headers: Mapping[str, str], data: bytes) -> dict[str, Any] | None:
    if headers.get("content-type", "").partition(";")[0].strip().lower() != MEDIA_TYPE:
        return None
    try:
        problem = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return problem if isinstance(problem, dict) else None


def _said(problem: dict[str, Any], name: str) -> str:
    text = problem.get(name)
    return text[:_MOST] if isinstance(text, str) else ""
