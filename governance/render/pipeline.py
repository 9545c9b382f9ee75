"""What every format for a pipeline starts from: one check, what each finding asks for there, where it belongs in the
manifest, and its number in words."""

from collections.abc import Iterator
from typing import NamedTuple

from governance import strictyaml
from governance.evidence.evidence import EvidenceSet
from governance.policy.baseline import LoadedBaseline
from governance.policy.decision import Decision, Recorded
from governance.policy.document import LoadedPolicy, SelectedRule
from governance.policy.finding import Finding
from governance.policy.outcome import ACTIONS, Action, worst
from governance.render import wording
from governance.render.sealed import Sealed

# Where the facts of each group come from. A group that is not named here belongs to the manifest as a whole.
_SECTIONS: dict[str, strictyaml.Path] = {
    "fairness": ("data", "evaluation", "sensitive"),
    "performance": ("data", "evaluation"),
    "explainability": ("features",),
    "lineage": ("lineage",),
    "access": ("access",),
    "reproducibility": ("environment",),
    "artifact": ("artifact",),
    "documents": ("documents",),
    "purpose": ("model", "purpose"),
    "operations": ("operations",),
    "licences": ("licences",),
    "bias_audit": ("bias_audit",),
    "reasons": ("reasons",),
    "overlap": ("data", "training"),
}


class Precedent(NamedTuple):
    """The decision that last allowed a version of the same model in an environment, and what it was judged on."""

    decision: Decision
    evidence: EvidenceSet


class CheckPage(NamedTuple):
    """One check. `acts` are those the decision stands on; `precedents` has an entry for each environment in which a
    version of this model was allowed before; `source` is the manifest and `uri` its path as the repository knows it;
    `environment` is the one asked about, all where None."""

    decision: Decision
    evidence: EvidenceSet
    policies: tuple[LoadedPolicy, ...]
    baseline: LoadedBaseline | None
    acts: tuple[Recorded, ...]
    precedents: dict[str, Precedent]
    source: strictyaml.Source
    uri: str
    environment: str | None
    sealed: Sealed | None

    @property
    def environments(self) -> list[str]:
        """Those asked about."""
        return [self.environment] if self.environment else wording.strictest(self.decision)

    @property
    def verdict(self) -> Action:
        """What the exit code says."""
        return worst([self.decision.outcomes[name] for name in self.environments])

    @property
    def selected(self) -> dict[str, SelectedRule]:
        """The rules of the policies by key."""
        return {rule.key: rule for policy in self.policies for rule in policy.rules}

    def asks(self, finding: Finding) -> Action:
        """The strictest that a finding asks for where it was asked. An approved review has answered `needs review`."""
        asked = [Action.ALLOW]
        for name in self.environments:
            action = finding.actions.get(name, Action.ALLOW)
            answered = action is Action.NEEDS_REVIEW and self.decision.outcomes[name] is Action.ALLOW
            asked.append(Action.ALLOW if answered else action)
        return worst(asked)

    def unexplained(self) -> list[str]:
        """Why the verdict is stricter than any finding asks for (a rejection, no policy in force); else nothing."""
        asked = worst([Action.ALLOW, *(self.asks(finding) for finding in self.decision.findings)])
        if ACTIONS.index(self.verdict) <= ACTIONS.index(asked):
            return []
        return list(self.decision.notes) or ["nothing was checked"]

    def waiver(self, finding: Finding) -> Recorded | None:
        return next((item for item in self.acts if item.sha256 == finding.waiver), None)

    def position(self, finding: Finding) -> strictyaml.Position:
        """Where that key of the manifest stands, or the nearest above it."""
        return self.source.position(self.place(finding))

    def place(self, finding: Finding) -> strictyaml.Path:
        """The deepest key of the manifest that what was looked at names, else the section its facts come from."""
        named: strictyaml.Path = ()
        for part in finding.looked_at[0].path.split(".") if finding.looked_at else ():
            if (*named, part) not in self.source.keys:
                break
            named = (*named, part)
        rule = self.selected.get(finding.key)
        groups = rule.facts if rule and rule.facts else (finding.uses.partition(".")[0],)
        section = next((_SECTIONS[group] for group in groups if group in _SECTIONS), ())
        return named or section


def found(finding: Finding) -> Iterator[str]:
    """What was looked at: "Black to White 0.4533 [0.3952, 0.551], n=1,400". What was held against the limit, with an
    interval, comes first."""
    there = [one for one in finding.looked_at if one.value is not None or one.group]
    for looked in sorted(there, key=lambda one: one.low is one.high is None):
        rows = "" if looked.n is None else f", n={looked.n:,}"
        yield f"{wording.what(looked)} {wording.value_of(looked, finding.limit)}{rows}"


def told(page: CheckPage, finding: Finding) -> list[str]:
    """A finding in sentences, most important first: why, the number that decided and its limit, waiver, fix."""
    state = wording.state_of(finding)
    said = [f"{finding.title}: {state.value}. {finding.why.rstrip('.')}."]
    limit = f"limit: {wording.limit_of(finding.limit).rstrip('.')}."
    if first := next((one for one in finding.looked_at if one.low is not None or one.high is not None), None):
        said.append(f"Found: {wording.what(first)} {wording.value_of(first, finding.limit)}; {limit}")
    elif finding.limit:
        said.append(limit[:1].upper() + limit[1:])
    if excuse := waived(page, finding):
        said.append(f"Waived: {excuse}.")
    if finding.known:
        said.append(f"Known {known(page, finding)}.")
    if finding.announced:
        said.append(f"Announced: {wording.announced(finding)}.")
    if finding.fix:
        said.append(f"How to fix: {finding.fix.rstrip('.')}.")
    if finding.owner:
        said.append(f"Who fixes it: {finding.owner}.")
    return said


def waived(page: CheckPage, finding: Finding) -> str:
    """`wording.waived` of a finding of this check."""
    return wording.waived(finding, page.acts)


def known(page: CheckPage, finding: Finding) -> str:
    """`wording.known` of a finding of this check, with the reason that the baseline gives."""
    reason = page.baseline.document.reason.rstrip(".") if page.baseline else "no reason is at hand"
    return f"{wording.known(finding)}: {reason}" if finding.known else ""
