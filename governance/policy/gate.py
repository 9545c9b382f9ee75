"""The gate: may this artifact run in this environment, now? Answered from one decision; anything unclear is a no."""

from datetime import datetime
from typing import NamedTuple

from governance.canonical import Sha256, instant, parse_instant
from governance.policy.baseline import in_words
from governance.policy.decision import Decision
from governance.policy.outcome import Action
from governance.policy.place import environment_of
from governance.policy.waivers import has_ended


class Answer(NamedTuple):
    """`why` says it in words, most important first."""

    action: Action
    why: tuple[str, ...]


def expired(decision: Decision, environment: str, now: datetime) -> list[str]:
    """The waivers on which an environment's outcome rests and that have ended by now, or whose date cannot be read."""
    used = {one.waiver for one in decision.findings if one.waiver and environment in one.actions}
    return [
        f"waiver {one.ticket} for {one.key} ended on {one.expires}; it is {instant(now)}"
        for one in decision.waivers
        if one.act in used and has_ended(one.expires, now)
    ]


def decided_at(decision: Decision, place: str) -> str:
    """Under which name a decision answers for a place: what no policy says about a point of an environment is what they
    say about the environment."""
    return place if place in decision.outcomes else environment_of(place)


def gate(decision: Decision, artifact: Sha256, environment: str, now: datetime) -> Answer:
    """Time is checked at the moment of the question: a decision that has run out allows nothing."""
    if decision.subject.artifact is None:
        return Answer(Action.DENY, ("the decision is about a model without an artifact: it allows none",))
    if decision.subject.artifact != artifact:
        return Answer(
            Action.DENY,
            (f"the decision is about artifact {decision.subject.artifact[:16]}, the question about {artifact[:16]}",),
        )
    asked = decided_at(decision, environment)
    if asked not in decision.outcomes:
        known = ", ".join(sorted(decision.outcomes)) or "none"
        return Answer(Action.DENY, (f"the decision says nothing about {environment!r}; it knows: {known}",))
    environment = asked
    action = decision.outcomes[environment]
    if action is not Action.DENY and (ended := expired(decision, environment, now)):
        return Answer(Action.DENY, (*ended, "audit again, or have it waived again"))
    if action is Action.ALLOW and now >= parse_instant(decision.valid_until):
        return Answer(
            Action.DENY, (f"the decision was valid until {decision.valid_until}; it is {instant(now)}: audit again",)
        )
    if action is Action.ALLOW and now < parse_instant(decision.now):
        return Answer(Action.DENY, (f"the decision is from {decision.now}, which lies ahead of {instant(now)}",))
    if action is Action.ALLOW:
        said = f"decided on {decision.now}, valid until {decision.valid_until}"
        return Answer(action, (said, *in_words(decision.findings)))
    # What makes it this answer comes first; what alone would only ask for a review says so.
    against = [f for f in decision.findings if f.actions.get(environment) not in (None, Action.ALLOW)]
    decisive = [f"{f.title}: {f.why}" for f in against if f.actions[environment] is action]
    lesser = [f"to be reviewed: {f.title}: {f.why}" for f in against if f.actions[environment] is not action]
    return Answer(action, (*decisive, *decision.notes, *lesser))
