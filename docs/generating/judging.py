"""What follows from an outcome, and the policies that are shipped."""

from generating.markdown import code, sentence, table
from generating.rules import _given, _link

from governance import bundled
from governance.canonical import parse_instant
from governance.operations.evaluate import load_policies
from governance.policy.document import LoadedPolicy
from governance.policy.enforcement import Steps, action_on, in_words
from governance.policy.outcome import WAIVABLE, Action, Enforcement, Outcome, action_for


def pages() -> dict[str, str]:
    return {"decision-table.md": _decisions(), "policies.md": _policies()}


def _action(outcome: Outcome, enforcement: Enforcement, **how: bool) -> str:
    said = {"waived": False, "known": False, **how}
    asked = action_for(outcome, enforcement, waivable_to=Action.NEEDS_REVIEW, **said)
    return f"**{asked.value}**" if asked is not Action.ALLOW else asked.value


_DATED = {
    "default": Enforcement.WARN,
    "prod": Steps(warn="now", deny="2027-01-01T00:00:00Z"),
    "prod@ci": Enforcement.DENY,
}


def _dated(outcome: Outcome, place: str, day: str) -> str:
    how = {"waived": False, "known": False, "waivable_to": Action.NEEDS_REVIEW}
    asked = action_on(outcome, _DATED, place, parse_instant(day), **how)
    return f"**{asked.value}**" if asked is not Action.ALLOW else asked.value


def _decisions() -> str:
    head = ("Outcome", *(f"enforced as {code(enforcement.value)}" for enforcement in Enforcement))
    rows = [(outcome.value, *(_action(outcome, how) for how in Enforcement)) for outcome in Outcome]
    waived = " or ".join(outcome.value for outcome in Outcome if outcome in WAIVABLE)
    rows.append((f"waived (was {waived})", *(_action(Outcome.FAIL, how, waived=True) for how in Enforcement)))
    rows.append(("fail, known to a baseline", *(_action(Outcome.FAIL, how, known=True) for how in Enforcement)))
    days = ("2026-12-31T23:59:59Z", "2027-01-01T00:00:00Z")
    dated = [
        (outcome.value, code(place), *(_dated(outcome, place, day) for day in days))
        for outcome in (Outcome.FAIL, Outcome.INCONCLUSIVE)
        for place in ("prod", "prod@ci", "staging")
    ]
    return "\n".join(
        [
            "# Decision table",
            "",
            "What a finding asks for, by its outcome and by how the policy enforces its rule in an environment.",
            "",
            table(head, rows),
            "",
            "An environment gets the strictest action of all findings, over all policies in force. Nothing to judge",
            "(no policy in force, no rule selected, none that applies) is a deny. A waived finding leads to allow",
            "under `deny` where the rule of the policy says `waivable_to: allow`. What a person may change about it:",
            "[Outcomes and decisions](../explanation/decisions.md).",
            "",
            "Which column counts follows from the place that is asked about and from the legal date. Under",
            "`{default: warn, prod: {warn: now, deny: 2027-01-01T00:00:00Z}, prod@ci: deny}`:",
            "",
            table(("Outcome", "asked about", *(f"on {day}" for day in days)), dated),
        ]
    )


def _policies() -> str:
    policies = load_policies(bundled.policy_names())
    lines = ["# Policies shipped", "", "What comes with the product, each rule with its limits and how it is enforced."]
    for policy in policies:
        lines += ["", *_policy(policy)]
    return "\n".join(lines)


def _policy(policy: LoadedPolicy) -> list[str]:
    document = policy.document
    until = document.in_force.until or "further notice"
    rows = [
        (
            f"{code(selected.section.id)}<br>{sentence(selected.section.title or '')}",
            " ".join([_link(selected.rule), _given(selected.section.with_)])
            if selected.rule
            else code(selected.section.expr),
            ", ".join(f"{name}: {in_words(how)}" for name, how in selected.section.enforcement.items()),
            selected.section.severity.value,
        )
        for selected in policy.rules
    ]
    return [
        f"## {document.title or document.id} {{ #{document.id} }}",
        "",
        f"{code(document.id)} {document.version}, SHA-256 {code(policy.sha256)}. In force from"
        f" {document.in_force.from_} until {until}, for {', '.join(map(code, document.environments))}; a decision may"
        f" be relied on for {document.valid_for} days.",
        "",
        table(("Rule", "Checks", "Enforced", "Severity"), rows),
    ]
