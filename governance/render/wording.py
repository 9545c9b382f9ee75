"""Outcomes, numbers, limits and origins in words: the same ones in every format."""

import re
from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise

from governance.canonical import Sha256
from governance.evidence.evidence import EvidenceSet
from governance.policy.act import Act, Attestation, Named, Part, Values
from governance.policy.decision import Decision, PolicyRef, Recorded
from governance.policy.finding import Finding, Limit, Looked
from governance.policy.finding import plural as plural
from governance.policy.outcome import ACTIONS, Action, Outcome
from governance.policy.rules.attestation.signed import SIGNED
from governance.render.visible import clip

_REAL = re.compile(r"-?[0-9]+(?:\.[0-9]+(?:e[+-][0-9]{2,3})?|e[+-][0-9]{2,3})", re.ASCII)
_WHOLE = re.compile(r"-?[0-9]{1,18}", re.ASCII)
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
DIGEST_SHOWN = 16
NOTHING, ATTESTED = "none", "attested"
_PROJECTION = "a projection: "
"""How the contract calls an n that would settle a question (section 2), and so how a reason begins that tells one."""


class State(StrEnum):
    """How a finding is read: its outcome, or that a baseline knows it, or that somebody answers for it. Worst first."""

    FAILED = "failed"
    ERROR = "error"
    KNOWN = "known to fail"
    INCONCLUSIVE = "inconclusive"
    WAIVED = "waived"
    PASSED = "passed"
    NOT_APPLICABLE = "not applicable"


_STATES = {
    Outcome.FAIL: State.FAILED,
    Outcome.ERROR: State.ERROR,
    Outcome.INCONCLUSIVE: State.INCONCLUSIVE,
    Outcome.PASS: State.PASSED,
    Outcome.NOT_APPLICABLE: State.NOT_APPLICABLE,
}
SETTLED = frozenset({State.PASSED, State.NOT_APPLICABLE})

ACTION_WORDS = {Action.ALLOW: "ALLOW", Action.NEEDS_REVIEW: "NEEDS REVIEW", Action.DENY: "DENY"}

LEVELS = {
    0: "self-signed: the log vouches for itself, nobody else has seen it",
    1: "time-stamped: an independent authority saw the log at a stated time",
    2: "witnessed: independent witnesses saw the same log",
}

FACTS = {
    "fairness": "outcomes by group",
    "explainability": "attributions of the model's output to its features",
    "lineage": "data sources, and the columns that reach the features",
    "access": "grants and upstream approvals",
    "performance": "how often the model is right",
    "reproducibility": "lock file, commit and seeds",
    "artifact": "the model file",
    "documents": "the documents beside the model",
    "purpose": "what the model is for, and its measure of success",
    "operations": "rollback target, monitoring plan and who is on call",
    "licences": "licences of the model, of what it was built from and of its packages",
    "bias_audit": "the bias audit: its day, auditor, data and summary, and the notice given",
    "reasons": "reasons that people are given: which feature is told in which words",
    "overlap": "rows of the evaluation that the model was trained on",
}


def state_of(finding: Finding) -> State:
    return State.WAIVED if finding.waiver else State.KNOWN if finding.known else _STATES[finding.outcome]


def found(finding: Finding) -> State:
    """Its outcome by itself, whoever knows of it or answers for it."""
    return _STATES[finding.outcome]


def by_state(findings: Sequence[Finding]) -> dict[State, list[Finding]]:
    """Every state, worst first; within one the decision's order, which is worst first too."""
    return {state: [finding for finding in findings if state_of(finding) is state] for state in State}


def tally(findings: Sequence[Finding]) -> str:
    """How many findings there are of each kind: "2 failed, 1 inconclusive, 9 passed"."""
    counted = [f"{len(group)} {state.value}" for state, group in by_state(findings).items() if group]
    return ", ".join(counted) or "no finding"


def strictest(decision: Decision, first: str | None = None) -> list[str]:
    """Environments: the one that was asked for first, then by outcome, strictest first."""
    return sorted(decision.outcomes, key=lambda name: (name != first, -ACTIONS.index(decision.outcomes[name]), name))


def blocking(decision: Decision, environment: str) -> list[Finding]:
    """What asks for more than allow in this environment, worst first."""
    asked = [f for f in decision.findings if f.actions.get(environment, Action.ALLOW) is not Action.ALLOW]
    return sorted(asked, key=lambda f: (-ACTIONS.index(f.actions[environment]), list(State).index(state_of(f))))


def allowed(decision: Decision, environment: str) -> str:
    """What an allow in this environment rests on."""
    if blocking(decision, environment):
        return "allowed after review: the approver answers for what is listed below"
    if [f for f in decision.findings if environment in f.actions and state_of(f) not in SETTLED]:
        return "allowed: what is listed below is shown there and does not block"
    return "allowed: nothing stands against it"


def is_real(text: str) -> bool:
    """Whether a value of a document is a number, and no name or digest."""
    return bool(_REAL.fullmatch(text) or _WHOLE.fullmatch(text))


def number(text: str, limit: Limit | None = None) -> str:
    """A real with 4 significant digits, or with all it has where fewer would hide on which side of the limit it lies.
    Digests are shortened, everything else stays as it is."""
    if _DIGEST.fullmatch(text):
        return text[:DIGEST_SHOWN] + "..."
    if not _REAL.fullmatch(text):
        return text
    value = Decimal(text)
    plain = abs(value) >= 10_000
    short = format(value, ",.0f") if plain else format(float(value), ".4g")
    if limit and limit.op in ("at_least", "at_most"):
        bound, rounded = Decimal(limit.value), Decimal(short.replace(",", ""))
        if (value >= bound) != (rounded >= bound) or (value <= bound) != (rounded <= bound):
            return text
    return short


def value_of(looked: Looked, limit: Limit | None) -> str:
    """ "0.61 [0.55, 0.7]"; an end that is not known is "open", a value that is not there says so."""
    nothing = "undefined" if looked.n is not None or looked.group else "not given"
    said = nothing if looked.value is None else number(looked.value, limit)
    if looked.low is None and looked.high is None:
        return said
    low, high = ("open" if end is None else number(end, limit) for end in (looked.low, looked.high))
    return f"{said} [{low}, {high}]"


def group_name(group: Named | Values) -> str:
    parts = ((f"{part.attribute} ", part.value) if isinstance(part, Part) else ("", part) for part in group)
    return " x ".join(f"{attribute}{'unknown' if value is None else value}" for attribute, value in parts)


def who(looked: Looked) -> str:
    """The group, or the two that are compared; empty where there is none."""
    if looked.group is None:
        return ""
    said = group_name(looked.group)
    return said if looked.reference is None else f"{said} to {group_name(looked.reference)}"


def about(looked: Looked) -> tuple[str, str]:
    """The attribute (or the intersection) whose groups a number is about, and what was counted of them; empty where it
    is about no group."""
    parts = looked.path.removesuffix(".ratio").removesuffix(".difference").split(".")
    if looked.group is None or len(parts) < 3:
        return "", ""
    return ".".join(parts[1:-1]), parts[-1]


def what(looked: Looked) -> str:
    """Whom a number is about; for what is no number, which fact it is."""
    return who(looked) or looked.path


def projections(finding: Finding) -> list[str]:
    """What rules project would settle an inconclusive finding: "sex: a projection: about 900 rows ...". They say it in
    their reason, after what it is about and a semicolon."""
    parts = finding.why.split("; ") if finding.outcome is Outcome.INCONCLUSIVE else []
    return [f"{before.partition(': ')[0]}: {part}" for before, part in pairwise(parts) if part.startswith(_PROJECTION)]


def gist(finding: Finding) -> str:
    """The title, with the number that decided where there is one: "Selection rates (B to A 0.45, at least 0.8)"."""
    if finding.uses == SIGNED and finding.outcome is Outcome.INCONCLUSIVE:
        return f"{finding.title} (to be signed)"
    first = finding.looked_at[0] if finding.looked_at else None
    if first is None or finding.limit is None or first.low is first.high is None:
        return finding.title
    said = f"{who(first)} {value_of(first, finding.limit).split(' [')[0]}".strip()
    return f"{finding.title} ({said}, limit {limit_of(finding.limit)})"


def limit_of(limit: Limit | None) -> str:
    if limit is None:
        return "none stated"
    words = {"at_least": "at least ", "at_most": "at most ", "is": "", "none": "must not occur: "}
    return words[limit.op] + number(limit.value)


def kind_of(finding: Finding) -> str:
    """ "measured", "declared", "attested", or nothing where a finding could not be reached for want of evidence."""
    if finding.uses == SIGNED:
        return ATTESTED if finding.looked_at and finding.outcome in (Outcome.PASS, Outcome.FAIL) else NOTHING
    unreached = not finding.looked_at and finding.outcome in (Outcome.INCONCLUSIVE, Outcome.ERROR)
    if finding.origin is None or (unreached and finding.origin.kind == "measured"):
        return NOTHING
    return finding.origin.kind


def origin_of(finding: Finding) -> str:
    """ "declared by ann (not measured)": who says so, and whether we computed it."""
    if finding.uses == SIGNED and finding.outcome is Outcome.INCONCLUSIVE:
        return "nobody's word counts yet"
    if kind_of(finding) == ATTESTED:
        return f"attested by {finding.looked_at[0].value}, not checked by us"
    origin = finding.origin
    if origin is None or kind_of(finding) == NOTHING:
        return "nothing was looked at"
    if origin.kind == "declared":
        return f"declared by {origin.by}, not measured"
    supplied = ", from predictions that were supplied" if origin.predictions == "supplied" else ""
    return f"measured ({origin.where}, by {origin.by}){supplied}"


def declared(evidence: EvidenceSet) -> list[tuple[str, str]]:
    """What this evidence takes on somebody's word, as (group of facts, in words). The manifest comes first."""
    said = [("manifest", f"name, version, purpose and risk tier ({evidence.risk_tier})")]
    for name, words in FACTS.items():
        if getattr(evidence.facts, name) is None:
            continue
        origin = evidence.origin_of(name)
        if origin.kind == "declared":
            said.append((name, words))
        elif origin.predictions == "supplied":
            said.append((name, f"{words}: the predictions were supplied, we did not run the model"))
    return said


def attested(findings: Sequence[Finding]) -> list[tuple[str, list[Finding]]]:
    """What passed on a statement alone that somebody signed, by who answers for it, in which role and for how long."""
    by: dict[str, list[Finding]] = {}
    for finding in findings:
        if kind_of(finding) == ATTESTED and finding.outcome is Outcome.PASS:
            by.setdefault(str(finding.looked_at[0].value), []).append(finding)
    return list(by.items())


def unchecked(finding: Finding) -> str:
    """ "declared", or "attested, not checked by us", where it rests on somebody's word; else empty."""
    return {"declared": "declared", ATTESTED: "attested, not checked by us"}.get(kind_of(finding), "")


def waived(finding: Finding, acts: Sequence[Recorded]) -> str:
    """Reason, ticket, expiry and person of the waiver of a finding; empty where there is none."""
    act = next((item.act for item in acts if item.sha256 == finding.waiver), None)
    if act is None or act.waiver is None:
        return f"act {finding.waiver}" if finding.waiver else ""
    waiver = act.waiver
    asked = f", asked for by {waiver.requester}" if waiver.requester else ""
    until = f"ticket {waiver.ticket}, until {waiver.expires}, by {act.actor}{asked}"
    instead = f"; instead: {waiver.compensating.rstrip('.')}" if waiver.compensating else ""
    return f"{act.reason.rstrip('.')} ({until}){instead}"


def known(finding: Finding) -> str:
    """Since when and until when a baseline knows of a failure; empty where none does."""
    return f"since {finding.known.since}, in a baseline until {finding.known.until}" if finding.known else ""


def announced(finding: Finding) -> str:
    """What will follow from some day on, where that is something else than now; empty where nothing is announced."""
    steps = [f"{step.place}: {step.action.value} from {step.from_}" for step in finding.announced]
    return ", ".join(steps)


def whom_for(ref: PolicyRef) -> str:
    """Whether the rules of a policy were judged, and why; empty where it is for every model and they were."""
    if not ref.in_force:
        return ref.remark
    return f"{ref.remark or 'applies'}: {ref.because}" if ref.because else ref.remark


def act_of(act: Act) -> str:
    """Who did what, in which role, when and why; of a waiver also what it excuses, of statements which, and until
    when."""
    said = f"{act.kind} by {act.actor} ({act.role}) at {act.at}: {clip(act.reason, 400)}"
    if (given := act.attestation) is not None:
        ends = [f"until {given.expires}"] + [f"for {COVERS[given.covers]}"] * (given.covers != "version")
        return f"{said} [{'; '.join([*stated(given), *ends])}]"
    if (waiver := act.waiver) is None:
        return said
    bounds = [f"ticket {waiver.ticket}", f"from {waiver.not_before} until {waiver.expires}"]
    bounds += [f"for {', '.join(map(group_name, waiver.groups))} only"] * bool(waiver.groups)
    bounds += [f"no worse than {waiver.no_worse_than}"] * bool(waiver.no_worse_than)
    bounds += [f"asked for by {waiver.requester}"] * bool(waiver.requester)
    bounds += [f"for {COVERS[waiver.covers]}"] * (waiver.covers != "version")
    bounds += [f"instead: {waiver.compensating}"] * bool(waiver.compensating)
    bounds += [f"only while {waiver.compensating_condition}"] * bool(waiver.compensating_condition)
    return f"{said} [{waiver.key}: {'; '.join(bounds)}]"


def stated(given: Attestation) -> list[str]:
    """What is answered for, and whether it is so: "so: law#oversight, law#told", "NOT so: law#assessed"."""
    by = {words: [one.key for one in given.statements if one.holds is holds] for holds, words in SO.items()}
    return [f"{words}: {', '.join(keys)}" for words, keys in by.items() if keys]


SO = {True: "so", False: "NOT so"}
ACT_WORDS = {
    "approve": "approved",
    "reject": "rejected",
    "comment": "commented",
    "waive": "waived",
    "attest": "attested",
}
"""What somebody did, by the kind of the act."""
COVERS = {
    "version": "this model version and this artifact",
    "patch": "this version, and later ones that differ in the third number",
    "minor": "this version, and later ones of the same first number",
}


def weighed(decision: Decision, act: Sha256) -> str:
    """What became of a waiver in a decision: "in use", or "not in use, it ..."; empty where the decision does not
    say."""
    found = next((one for one in decision.waivers if one.act == act), None)
    if found is None:
        return ""
    return ("in use" if found.counts else "not in use") + (f", it {found.words}" if found.words else "")


def listed(names: Sequence[str]) -> str:
    """ "prod, staging and test"."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def effect(actions: dict[str, Action]) -> str:
    """What follows in each environment: "prod: deny, staging: allow"."""
    return ", ".join(f"{name}: {action.value}" for name, action in sorted(actions.items()))


def principal(text: str) -> str:
    """A principal as people read it; nobody is taken for somebody."""
    return "unverified (nobody authenticated this person)" if text == "unverified" else text
