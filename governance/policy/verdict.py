"""One rule judged: its verdict over the evidence, or why it cannot give one."""

from datetime import datetime

from governance.canonical import instant
from governance.evidence.evidence import EvidenceSet
from governance.evidence.origin import Origin
from governance.policy.attested import Attested
from governance.policy.document import SelectedRule
from governance.policy.expression import evaluate
from governance.policy.finding import Verdict
from governance.policy.outcome import Outcome


def verdict_of(
    selected: SelectedRule, evidence: EvidenceSet, now: datetime, statements: Attested | None = None
) -> Verdict:
    """What a rule says of evidence, or of the `statements` that people signed, where it asks for those. Missing or
    unaccepted evidence is inconclusive; what breaks is an error."""
    for group in selected.facts:
        if getattr(evidence.facts, group) is None:
            return _absent(group, evidence)
        unaccepted = _unaccepted(selected, evidence.origin_of(group))
        if unaccepted:
            return Verdict(outcome=Outcome.INCONCLUSIVE, why=f"{group} evidence is {unaccepted}", fix=_ACCEPTED)
    if not (selected.facts or selected.attests) and (unaccepted := _unaccepted(selected, evidence.origin_of())):
        return Verdict(outcome=Outcome.INCONCLUSIVE, why=f"the evidence is {unaccepted}", fix=_ACCEPTED)
    # Whatever breaks while judging is a finding of its own, never a pass and never a crash of the audit.
    try:
        if selected.condition:
            return evaluate(selected.condition, evidence, instant(now))
        rule, params = selected.rule, selected.params
        if rule is None or params is None:
            raise RuntimeError(f"{selected.key} has neither a rule nor a condition")
        if rule.attests:
            return rule.judge(statements or Attested(evidence.subject), params, now)
        verdict = rule.judge(getattr(evidence.facts, rule.facts) if rule.facts else evidence, params, now)
        if not isinstance(verdict, Verdict):
            raise TypeError(f"{rule.name} gave {type(verdict).__name__} and not a Verdict")
        return verdict
    except MemoryError:
        # That says something about this machine, and nothing about the model: elsewhere it would be judged.
        raise
    except Exception as error:
        # Our own words, or only the kind: a library's text differs between machines, and everybody must find the same.
        said = str(error)[:300] if type(error) is RuntimeError else type(error).__name__
        return Verdict(outcome=Outcome.ERROR, why=f"judging failed: {said}")


_ACCEPTED = (
    "let the audit measure it (`prediction: rescore` for what a model predicts), or have the policy's owner name this "
    "kind of evidence under `accept` of the rule"
)
# Where in the manifest a group of facts is taken from.
_SECTIONS = {
    "fairness": "`data.evaluation` with `sensitive`",
    "performance": "`data.evaluation`",
    "explainability": "an `artifact` that can be opened, and `features`",
    "artifact": "`artifact`",
    "lineage": "`lineage` with `sources` and `events`",
    "access": "`access` with `grants` and `approvals`",
    "reproducibility": "`environment` with `lock`, `commit` and `seeds`",
    "documents": "`documents`",
    "purpose": "`model.purpose` with `objective`, `kpi`, `intended` and `prohibited`",
    "operations": "`operations` with `rollback`, `monitoring` and `on_call`",
    "licences": "`licences` with `model` and `components`, and `environment.lock`",
    "bias_audit": "`bias_audit` with `date`, `auditor`, `data`, `published`, `notice` and `first_use`",
    "reasons": "`reasons` with `catalogue`, `most` and `compared_with`, and `features`",
    "overlap": "`data.training` beside `data.evaluation`, and `features`",
}


def _absent(group: str, evidence: EvidenceSet) -> Verdict:
    outcome, why = Outcome.INCONCLUSIVE, f"no {group} evidence"
    for absent in evidence.facts.absent:
        if absent.facts == group:
            outcome = Outcome.ERROR if absent.kind == "failed" else Outcome.INCONCLUSIVE
            why = f"no {group} evidence: {absent.why}"
    return Verdict(outcome=outcome, why=why, fix=f"give the manifest {_SECTIONS[group]}")


def _unaccepted(selected: SelectedRule, origin: Origin) -> str:
    accept = selected.section.accept
    if origin.kind not in accept.kind:
        return f"{origin.kind}; the policy accepts {' or '.join(accept.kind)}"
    if origin.predictions is not None and origin.predictions not in accept.predictions:
        return f"from {origin.predictions} predictions; the policy accepts {' or '.join(accept.predictions)}"
    return ""
