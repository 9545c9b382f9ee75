"""One finding explained: the rule, how the policy asks it, what was found, what to do. Gathered here from where each of
these is said; `explain_text` and JSON show the same document."""

import json
import re
from datetime import datetime
from typing import Any, Literal, NamedTuple

from pydantic import Field

from governance.canonical import Document, Instant, Real, Sha256, parse_instant
from governance.evidence.origin import Subject
from governance.policy.coverage import Group, concerned, worst_number
from governance.policy.document import Accept, InForce, LoadedPolicy, SelectedRule
from governance.policy.enforcement import Enforced, stated_for
from governance.policy.finding import Finding
from governance.policy.outcome import WAIVABLE, Action, Severity, action_for
from governance.policy.rule import PARTS, Rule
from governance.render import wording
from governance.render.matrix import law_of
from governance.render.pipeline import CheckPage
from governance.render.wording import State


class Option(Document):
    """What may stand under a rule's `with`: what it holds, and its default in words."""

    name: str
    holds: str
    default: str


class RuleText(Document):
    """What a rule of the catalogue says of itself, whoever uses it."""

    name: str
    summary: str
    checks: str
    matters: str
    fix: str
    options: tuple[Option, ...]
    options_meaning: str
    controls: tuple[str, ...]


class Parameter(Document):
    """`stated`: by the policy, else it is the rule's default."""

    name: str
    value: str
    stated: bool


class Asked(Document):
    """How a policy asks: a rule with parameters, or a condition (`expression`) over groups of facts (`requires`).
    `reads`: the groups of facts, empty where it reads all of the evidence. `counts`: the times in which the rule
    does, empty where it does as long as the policy is `in_force`. `applies`: the condition on the models that the
    policy is for, null where it is for every one. `fix`: the policy's own words. `owner`: who mends what fails.
    `policy_owner`: who answers for the policy."""

    key: str
    policy: str
    version: str
    sha256: Sha256
    title: str
    why: str | None
    parameters: tuple[Parameter, ...]
    expression: str | None
    requires: tuple[str, ...]
    controls: tuple[str, ...]
    accept: Accept
    severity: Severity
    enforcement: dict[str, Enforced]
    owner: str | None = None
    reads: tuple[str, ...] = ()
    in_force: InForce | None = None
    counts: tuple[InForce, ...] = ()
    applies: str | None = None
    fix: str | None = None
    policy_owner: str | None = None


class Place(Document):
    """The key of the manifest that the facts come from, and where it stands: 1-based, in the manifest that was judged.
    `there` is false where that manifest lacks the key; `file` is a file here that holds that very manifest."""

    key: str
    there: bool
    line: int
    column: int
    file: str | None


class Excuse(Document):
    """An act that would excuse this finding, in words; `used` where it does, and else `because` of what it does not."""

    act: Sha256
    words: str
    used: bool
    because: str = ""


class Found(Document):
    """What one decision found. `groups` are at stake: not clear of the limit. `settle` says what evidence would
    settle an inconclusive finding; `clauses` of a law, each with where it stands; `if_waived` what a waiver would
    lead to, empty where none may be given; `remarks` are what the decision notes about this finding."""

    subject: Subject
    decision: Sha256
    decided_at: Instant
    state: State
    finding: Finding
    groups: tuple[Group, ...]
    worst: Real | None
    settle: tuple[str, ...]
    if_waived: dict[str, Action]
    excuses: tuple[Excuse, ...]
    remarks: tuple[str, ...]
    place: Place
    clauses: tuple[str, ...] = ()


class Explanation(Document):
    """`rule` is null for a condition, `asked` where no policy was looked at, `found` where no decision was. `next` are
    commands to type; words in capitals are to be filled in."""

    schema_: Literal["governance.explanation/v1"] = Field("governance.explanation/v1", alias="schema")
    rule: RuleText | None
    asked: Asked | None
    found: Found | None
    next: tuple[str, ...]

    def to_json(self) -> str:
        return json.dumps(self.model_dump(mode="json", by_alias=True), indent=2, ensure_ascii=True) + "\n"


class Case(NamedTuple):
    """A decision's page with its digest. `manifest_file` is a file here with the manifest that was judged."""

    page: CheckPage
    decision_sha256: Sha256
    manifest_file: str | None


def rule_text(rule: Rule) -> RuleText:
    """A rule's own words."""
    schema = rule.params.model_json_schema()
    checks, matters, fix = (rule.part(label) for label in PARTS)
    return RuleText(
        name=rule.name,
        summary=rule.summary,
        checks=checks,
        matters=matters,
        fix=fix,
        options=tuple(
            Option(name=name, holds=_holds(option), default=_default(option))
            for name, option in schema.get("properties", {}).items()
        ),
        options_meaning=" ".join(schema["description"].split()),
        controls=rule.controls,
    )


def explain_rule(rule: Rule) -> Explanation:
    """A rule of the catalogue, as nobody in particular asks it."""
    return Explanation(rule=rule_text(rule), asked=None, found=None, next=())


def explain_asked(policy: LoadedPolicy, selected: SelectedRule) -> Explanation:
    """A rule as a policy asks it, of nobody in particular."""
    rule = rule_text(selected.rule) if selected.rule else None
    return Explanation(rule=rule, asked=_asked(policy, selected), found=None, next=())


def explain_finding(case: Case, finding: Finding, following: tuple[str, ...]) -> Explanation:
    """A finding of a decision. `following` are the commands that come next. RuntimeError where no policy of the page
    has its rule."""
    policy, selected = next(
        (policy, selected) for policy in case.page.policies for selected in policy.rules if selected.key == finding.key
    )
    asked = explain_asked(policy, selected)
    return asked.model_copy(update={"found": _found(case, finding, selected), "next": following})


def _asked(policy: LoadedPolicy, selected: SelectedRule) -> Asked:
    section, document = selected.section, policy.document
    places = {name: stated_for(section.enforcement, name) for name in document.environments}
    given = selected.params.model_dump(mode="json") if selected.params else {}
    return Asked(
        key=selected.key,
        policy=document.id,
        version=document.version,
        sha256=policy.sha256,
        title=selected.title,
        why=section.why,
        parameters=tuple(
            Parameter(name=name, value=_value(value), stated=name in section.with_)
            for name, value in given.items()
            if name in section.with_ or value not in (None, [], {})
        ),
        expression=section.expr,
        requires=section.requires,
        controls=selected.controls,
        accept=section.accept,
        severity=section.severity,
        enforcement={name: section.enforcement[stated] for name, stated in places.items()},
        owner=section.owner,
        reads=selected.facts,
        in_force=document.in_force,
        counts=selected.times,
        applies=document.applies,
        fix=section.fix,
        policy_owner=document.owner,
    )


def _found(case: Case, finding: Finding, selected: SelectedRule) -> Found:
    page, decision = case.page, case.page.decision
    path = page.place(finding)
    at = page.source.position(path)
    waivers = [item for item in page.acts if item.act.waiver and item.act.waiver.key == finding.key]
    named = re.compile(rf"(?<![a-z0-9#-]){re.escape(finding.key)}(?![a-z0-9-])")
    return Found(
        subject=decision.subject,
        decision=case.decision_sha256,
        decided_at=decision.now,
        state=wording.state_of(finding),
        finding=finding,
        groups=tuple(dict.fromkeys(concerned(finding))),
        worst=worst_number(finding),
        settle=tuple(wording.projections(finding)),
        if_waived=_if_waived(finding, selected, parse_instant(decision.as_of)),
        excuses=tuple(
            Excuse(
                act=item.sha256,
                words=wording.act_of(item.act),
                used=item.sha256 == finding.waiver,
                because=wording.weighed(decision, item.sha256),
            )
            for item in waivers
        ),
        remarks=tuple(note for note in decision.notes if named.search(note)),
        place=Place(
            key=".".join(map(str, path)),
            there=path in page.source.keys or not path,
            line=at.line,
            column=at.column,
            file=case.manifest_file,
        ),
        clauses=tuple(law_of(decision, page.policies, finding)),
    )


def _if_waived(finding: Finding, selected: SelectedRule, as_of: datetime) -> dict[str, Action]:
    if finding.outcome not in WAIVABLE or finding.waiver or not selected.section.waivable:
        return {}
    return {
        environment: action_for(
            finding.outcome,
            selected.enforced(environment, as_of),
            waived=True,
            known=False,
            waivable_to=Action(selected.section.waivable_to),
        )
        for environment in finding.actions
    }


def _value(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_value, value)) or "none"
    return value if isinstance(value, str) else json.dumps(value)


def _holds(option: dict[str, Any]) -> str:
    """What an option of a rule may hold, from its JSON Schema."""
    if "enum" in option:
        return " or ".join(map(str, option["enum"]))
    if "prefixItems" in option:
        return f"[{', '.join(map(_holds, option['prefixItems']))}]"
    if option.get("type") == "array":
        return f"list of {_holds(option['items'])}"
    return {"string": "text", "integer": "whole number", "boolean": "true or false"}.get(
        option.get("type", ""), "number"
    )


def _default(option: dict[str, Any]) -> str:
    if "default" not in option:
        return "required"
    default = option["default"]
    return f"default {default if isinstance(default, str) else 'none' if default is None else json.dumps(default)}"
