"""What the entries about policies refer to: which of them count from then on, and which did before."""

from typing import Annotated, Literal

from pydantic import Field

from governance.canonical import Document, Sha256
from governance.trail.person import Reason

Name = Annotated[str, Field(max_length=200)]


class NamedPolicy(Document):
    """`sha256`: of its bytes. `what`: what it is, as `policy baseline 1.0.0`; empty where nobody had it at hand."""

    sha256: Sha256
    what: Name


class PolicySet(Document):
    """Which policies, and baselines of known failures, count from an entry of the trail on. `schema`: the type of this
    document. `policies`: all that count now; where they are pinned, none means that any does. `before`: all that did
    until then, as the entry before this one says. `reason`: why, in the words of whoever did it; empty where they gave
    none."""

    schema_: Literal["governance.policies/v1"] = Field("governance.policies/v1", alias="schema")
    policies: tuple[NamedPolicy, ...]
    before: tuple[NamedPolicy, ...]
    reason: Reason = ""

    def in_words(self) -> str:
        """What came, what went, and how many count."""
        was, now = {one.sha256 for one in self.before}, {one.sha256 for one in self.policies}
        came = [f"+ {_called(one)}" for one in self.policies if one.sha256 not in was]
        went = [f"- {_called(one)}" for one in self.before if one.sha256 not in now]
        changes = ", ".join([*came, *went]) or "the same"
        return f"{changes}; {len(now)} now{f': {self.reason}' if self.reason else ''}"


def _called(one: NamedPolicy) -> str:
    return f"{one.what or 'unnamed'} ({one.sha256[:12]})"
