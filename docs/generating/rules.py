"""The catalogue of rules: one page for each family, and who covers what."""

import inspect
import json
import re
from itertools import groupby
from typing import Any

from generating.markdown import code, prose, sentence, table
from generating.meanings import meanings
from generating.schema import default, kind, limits

from governance.policy.outcome import Outcome
from governance.policy.rule import PARTS, Params, Rule
from governance.policy.rules import ALL
from governance.policy.tightening import direction
from governance.policy.written import DECLARED

_SHOWN = (Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE)


def pages() -> dict[str, str]:
    families = {name: tuple(rules) for name, rules in groupby(sorted(ALL, key=lambda rule: rule.id), _family)}
    made = {f"rules/{name}.md": _family_page(name, rules) for name, rules in families.items()}
    made["rules/index.md"] = _overview(families)
    made["coverage.md"] = _coverage(families)
    return made


def _family(rule: Rule) -> str:
    return rule.id.partition(".")[0]


def _anchor(rule: Rule) -> str:
    return re.sub(r"[^a-z0-9_]", "", rule.name.lower())


def _link(rule: Rule, here: str = "rules/") -> str:
    return f"[{code(rule.name)}]({here}{_family(rule)}.md#{_anchor(rule)})"


def _overview(families: dict[str, tuple[Rule, ...]]) -> str:
    lines = [
        "# Rules",
        "",
        f"{len(ALL)} built-in rules in {len(families)} families: what each checks, its parameters, its examples.",
        "",
        "A rule of a policy names one with `uses:` and gives it parameters with `with:`. The number after the @ is the",
        "rule's version: a rule whose verdict could change gets a new one. What no rule says, a condition in CEL can",
        "(`expr:`). `governance policy rules NAME` shows one rule in a terminal.",
    ]
    for name, rules in families.items():
        rows = [(_link(rule, ""), sentence(rule.summary)) for rule in rules]
        lines += ["", f"## {name.capitalize()}", "", table(("Rule", "In one line"), rows)]
    return "\n".join(lines)


def _family_page(name: str, rules: tuple[Rule, ...]) -> str:
    lines = [f"# {name.capitalize()}", ""]
    lines += [f"- [{code(rule.name)}](#{_anchor(rule)}): {sentence(rule.summary)}" for rule in rules]
    return "\n".join([*lines, *(line for rule in rules for line in ("", *_rule(rule)))])


def _tighter(rule: Rule, key: str) -> str:
    """In which direction a narrower policy may set it."""
    return next(
        direction(field).words for name, field in rule.params.model_fields.items() if key in (name, field.alias)
    )


def _rule(rule: Rule) -> list[str]:
    schema = rule.params.model_json_schema()
    options = schema.get("properties", {})
    lines = [f"## {code(rule.name)} {{ #{_anchor(rule)} }}", "", f"**{sentence(rule.summary)}**", ""]
    for label in PARTS:
        lines += [f"*{label.removesuffix(':')}*: {sentence(rule.part(label))}", ""]
    whole, own = meanings(_about(schema.get("description", "")), options)
    said = {**meanings(inspect.getdoc(Params) or "", options)[1], **own}
    if options:
        rows = [
            (code(key), kind(one, link=False), default(one), _tighter(rule, key), _meaning(said.get(key, ""), one))
            for key, one in options.items()
        ]
        lines += [table(("Parameter", "Type", "Default", "Tighter", "Meaning"), rows), ""]
    else:
        lines += ["It takes no parameters.", ""]
    if whole:
        lines += [sentence(whole), ""]
    reads = f"Reads the facts {code(rule.facts)}" if rule.facts else "Reads the whole evidence set"
    held = ", which are always declared: a policy says `accept: {kind: [declared]}`" if rule.facts in DECLARED else ""
    law = f" Serves {', '.join(map(code, rule.controls))}." if rule.controls else ""
    lines += [f"{reads}{held}.{law}", "", *_in_a_policy(rule), ""]
    rows = [(example.outcome.value, prose(example.name), _given(example.params)) for example in rule.examples]
    return [*lines, "Examples, which are its tests:", "", table(("Outcome", "Case", "Parameters"), rows)]


def _meaning(said: str, option: dict[str, Any]) -> str:
    return " ".join(filter(None, (said, sentence(limits(option)))))


def _about(text: str) -> str:
    return "" if text == inspect.getdoc(Params) else " ".join(text.split())


def _given(params: dict[str, object]) -> str:
    return ", ".join(f"`{key}: {_flow(value)}`" for key, value in params.items())


def _flow(value: object) -> str:
    """A value as YAML writes it on one line."""
    return value if isinstance(value, str) and re.fullmatch(r"[\w.-]+", value) else json.dumps(value)


def _in_a_policy(rule: Rule) -> list[str]:
    params = next((example.params for example in rule.examples if example.outcome is Outcome.PASS), {})
    lines = [f"- id: {rule.id.replace('.', '-').replace('_', '-')}", f"  uses: {rule.name}"]
    if params:
        lines.append(f"  with: {{{', '.join(f'{key}: {_flow(value)}' for key, value in params.items())}}}")
    lines.append("  enforcement: {default: deny}")
    if rule.facts in DECLARED:
        lines.append("  accept: {kind: [declared]}")
    return ["```yaml", *lines, "```"]


def _coverage(families: dict[str, tuple[Rule, ...]]) -> str:
    lines = [
        "# Coverage",
        "",
        "Each rule with an example that passes, one that fails and one that is inconclusive; all of them are tests.",
    ]
    for name, rules in families.items():
        rows = [(_link(rule), *(_named(rule, outcome) for outcome in _SHOWN)) for rule in rules]
        lines += ["", f"## {name.capitalize()}", "", table(("Rule", *(o.value.capitalize() for o in _SHOWN)), rows)]
    return "\n".join(lines)


def _named(rule: Rule, outcome: Outcome) -> str:
    names = [prose(example.name) for example in rule.examples if example.outcome is outcome]
    more = f" (and {len(names) - 1} more)" if len(names) > 1 else ""
    return names[0] + more if names else "none"
