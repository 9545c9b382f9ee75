"""operations.on_call: somebody can be reached when the model misbehaves."""

import re

from governance.evidence.operations import OnCall, OperationsFacts
from governance.policy.finding import Limit, Looked, Verdict
from governance.policy.outcome import Outcome
from governance.policy.placeholder import says_nothing
from governance.policy.rule import Params, fails, inconclusive, passes, rule

# A mail address, a web address, a telephone number (ITU-T E.164, with blanks or hyphens), or a channel such as #oncall.
_REACHABLE = re.compile(
    r"(?:mailto:)?[^@\s:/]+@[^@\s]+\.[^@\s.]+|https://[^\s/]+\.[^\s/]+(?:/\S*)?"
    r"|\+[1-9](?:[ ()-]{0,2}[0-9]){6,14}|#[\w-]{2,}"
)


_FIX = (
    "write how to reach them under `operations.on_call.contact`: a mail address, https://..., a telephone number such "
    "as +49 30 123456, or a channel such as #oncall"
)


class OnCallParams(Params):
    """No parameters."""


def _owner(owner: str | None, contact: str | None = None) -> OperationsFacts:
    told = OnCall(owner=owner, contact=contact) if owner is not None else None
    return OperationsFacts(version="1.10", rollback=None, monitoring=None, on_call=told)


@rule(
    "operations.on_call",
    controls=("nist-ai-rmf/manage-4.3", "nist-ai-rmf/govern-2.1", "eu-ai-act/art-73"),
    examples=lambda: (
        passes("a team and its address", _owner("team:credit", "credit-oncall@example.com")),
        passes("a team and its number", _owner("team:credit", "+49 30 123456-78")),
        passes("a team and its channel", _owner("team:credit", "#credit-oncall")),
        fails("nobody", _owner(None)),
        fails("a placeholder for an owner", _owner("TBD", "credit-oncall@example.com")),
        fails("a placeholder for a contact", _owner("team:credit", "todo")),
        inconclusive("an owner without a contact", _owner("team:credit")),
        inconclusive("a contact in words", _owner("team:credit", "ask Ann")),
    ),
)
def on_call(evidence: OperationsFacts, params: OnCallParams) -> Verdict:
    """Somebody is on call for the model, and can be reached.

    What it checks: `operations.on_call` in the manifest names an owner and a contact that looks like a mail address, a
    web address (https), a telephone number with its country code, or a channel. Whether anybody answers is not known
    here.

    Why it matters: harm goes on for as long as nobody knows whom to call; reports of serious incidents are due within
    days.

    How to fix: write `on_call: {owner: "team:...", contact: "..."}` under `operations` in the manifest, with a contact
    that is answered outside office hours if the model runs then.
    """
    limit = Limit(op="is", value="an owner with a contact")
    told = evidence.on_call
    if told is None:
        nobody = Looked(path="operations.on_call", value=None)
        why = "nobody is on call (operations.on_call)"
        return Verdict(outcome=Outcome.FAIL, why=why, looked_at=(nobody,), limit=limit)
    looked = (
        Looked(path="operations.on_call.owner", value=told.owner),
        Looked(path="operations.on_call.contact", value=told.contact),
    )
    if says_nothing(told.owner):
        why = f"the owner on call, {told.owner!r}, is nobody"
        return Verdict(outcome=Outcome.FAIL, why=why, looked_at=looked, limit=limit)
    if told.contact is None:
        why = f"{told.owner} is on call, and no contact is given"
        return Verdict(outcome=Outcome.INCONCLUSIVE, why=why, looked_at=looked, limit=limit, fix=_FIX)
    if says_nothing(told.contact):
        why = f"{told.owner} is on call, and the contact {told.contact!r} reaches nobody"
        return Verdict(outcome=Outcome.FAIL, why=why, looked_at=looked, limit=limit)
    if not _REACHABLE.fullmatch(told.contact.strip()):
        why = f"{told.contact!r} does not look like an address, a telephone number or a channel"
        return Verdict(outcome=Outcome.INCONCLUSIVE, why=why, looked_at=looked, limit=limit, fix=_FIX)
    why = f"{told.owner} is on call: {told.contact}"
    return Verdict(outcome=Outcome.PASS, why=why, looked_at=looked, limit=limit)
