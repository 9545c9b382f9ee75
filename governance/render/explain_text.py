"""An explanation for the terminal, and a rule of the catalogue in its own words: one wording wherever it is asked."""

from collections.abc import Iterable, Iterator

from governance.evidence.origin import Kind
from governance.policy.enforcement import in_words
from governance.policy.finding import Finding
from governance.policy.outcome import WAIVABLE
from governance.render import wording
from governance.render.explain import Asked, Explanation, Found, RuleText
from governance.render.explain_picture import DRAWN, PLAIN, Picture, drawable
from governance.render.text import Page
from governance.render.visible import columns, visible, wrap
from governance.render.wording import SETTLED, State

_INDENT = 14
_PICTURE = 56
_ACCEPTED: dict[Kind, str] = {"measured": "measured by us", "declared": "declared by the submitter"}


def rule_lines(rule: RuleText, width: int) -> str:
    """One rule: what it checks, why, how to mend a failure, and what goes under `with:`."""
    fields = [("what it checks", rule.checks), ("why it matters", rule.matters), ("how to fix", rule.fix)]
    fields += [("with", f"{option.name}: {option.holds}; {option.default}") for option in rule.options]
    fields.append(("", rule.options_meaning))
    if rule.controls:
        fields.append(("law", ", ".join(rule.controls)))
    lines = [f"{rule.name}  {rule.summary}"]
    for label, text in fields:
        lines += wrap(text, width, f"  {label:<16}", " " * 18)
    return "\n".join(lines)


def explanation_text(explanation: Explanation, *, colour: bool, width: int, drawn: bool) -> str:
    """What `governance explain` prints; `drawn`: whether the terminal has the characters of a drawing."""
    page = Page(colour, width)
    rule, asked, found = explanation.rule, explanation.asked, explanation.found
    if asked is None:
        return rule_lines(rule, width) + "\n" if rule else ""
    if found:
        state = page.painted(found.state.value.upper(), found.state)
        page.lines.append(f"{visible(asked.title)}: {state}")
        subject = f"{found.subject.name} {found.subject.version}"
        page.add(f"{asked.key} of {subject}, judged on {found.decided_at}")
    else:
        page.add(asked.title)
        page.add(f"{asked.key}: no decision was looked at")
    if rule:
        _section(page, f"THE RULE  {rule.name}", [("checks", rule.checks), ("matters", rule.matters)])
    _section(page, f"WHAT IS ASKED  {asked.policy} {asked.version}", _asked(asked))
    if found is None:
        _section(page, "WHAT TO DO", _to_mend(asked, rule))
        return page.text()
    _section(page, "WHAT WAS FOUND", [("why", found.finding.why), ("limit", wording.limit_of(found.finding.limit))])
    _looked_at(page, found.finding, drawn)
    for label, text in _about(found):
        page.field(label, text)
    _section(page, "WHAT TO DO", _to_do(found))
    if explanation.next:
        page.blank()
        page.lines.append("NEXT")
        # Whole, to be copied: a command that is wrapped is another one.
        page.lines += [f"    {visible(command)}" for command in explanation.next]
    return page.text()


def _section(page: Page, title: str, fields: Iterable[tuple[str, str]]) -> None:
    fields = list(fields)
    if not fields:
        return
    page.blank()
    page.lines.append(visible(title))
    for label, text in fields:
        page.field(label, text)


def _asked(asked: Asked) -> Iterator[tuple[str, str]]:
    if asked.why:
        yield "because", asked.why
    if asked.expression:
        yield "holds", asked.expression
        yield "over", ", ".join(asked.requires)
    stated = [f"{one.name}: {one.value}" for one in asked.parameters if one.stated]
    default = [f"{one.name}: {one.value}" for one in asked.parameters if not one.stated]
    if stated:
        yield "with", "; ".join(stated)
    if default:
        yield "default", "; ".join(default)
    if asked.in_force and not asked.expression:
        yield "reads", ", ".join(asked.reads) or "all of the evidence"
    yield "accepts", " or ".join(_ACCEPTED[kind] for kind in asked.accept.kind)
    if "measured" in asked.accept.kind:
        yield "", f"from predictions that are {' or '.join(asked.accept.predictions)}"
    yield "severity", asked.severity.value
    yield "enforced", ", ".join(f"{name}: {in_words(how)}" for name, how in sorted(asked.enforcement.items()))
    if asked.in_force:
        until = f" until {asked.in_force.until}" if asked.in_force.until else ""
        yield "in force", f"from {asked.in_force.from_}{until}"
        if asked.counts:
            yield "counts", " and ".join(one.words for one in asked.counts)
        said = f"models for which {' '.join(asked.applies.split())}" if asked.applies else "every model"
        yield "for", said
    if asked.owner:
        yield "owner", asked.owner
    if asked.policy_owner:
        yield "policy of", asked.policy_owner
    if asked.controls:
        yield "law", ", ".join(asked.controls)


def _to_mend(asked: Asked, rule: RuleText | None) -> Iterator[tuple[str, str]]:
    """Where nothing has failed yet: what to do if it does, and who does it."""
    if fix := asked.fix or (rule.fix if rule else ""):
        yield "fix", fix
    if owner := asked.owner or asked.policy_owner:
        yield "ask", owner


def _looked_at(page: Page, finding: Finding, drawn: bool) -> None:
    shown = drawable(finding)
    picture = Picture(finding, shown, min(_PICTURE, page.width - _INDENT), DRAWN if drawn else PLAIN) if shown else None
    path = None
    for looked in finding.looked_at:
        if looked.path != path:
            page.field("" if path else "looked at", looked.path)
            path = looked.path
        rows = "" if looked.n is None else f", n={looked.n:,}"
        who = wording.who(looked)
        said = f"{who}: {wording.value_of(looked, finding.limit)}{rows}".removeprefix(": ")
        page.field("", f"  {said}" if columns(said) < page.width - _INDENT - 2 else said)
        if picture and looked in shown:
            page.lines.append(" " * _INDENT + picture.row(looked))
    if picture:
        page.lines.append(" " * _INDENT + picture.legend())


def _about(found: Found) -> Iterator[tuple[str, str]]:
    if found.groups:
        # Of nobody: what no excuse for single groups can cover.
        yield "at stake", ", ".join(wording.group_name(group) or "all groups" for group in found.groups)
    for clause in found.clauses:
        yield "clause", clause
    yield "evidence", wording.origin_of(found.finding)
    yield "means", wording.effect(found.finding.actions)
    if found.finding.known:
        yield "known", wording.known(found.finding)
    if found.finding.announced:
        yield "announced", wording.announced(found.finding)
    for excuse in found.excuses:
        yield "waiver", f"{excuse.because or ('in use' if excuse.used else 'not in use')}: {excuse.words}"
    for remark in found.remarks:
        yield "note", remark


def _to_do(found: Found) -> Iterator[tuple[str, str]]:
    if found.state in SETTLED:
        return
    for text in found.settle:
        yield "to settle", text
    if found.finding.fix:
        yield "fix", found.finding.fix
    yield "look", _place(found)
    if found.if_waived:
        yield "a waiver", f"would lead to {wording.effect(found.if_waived)}"
    elif found.finding.outcome not in WAIVABLE and found.state is not State.WAIVED:
        yield "a waiver", f"cannot excuse what is {found.state.value}"
    elif found.state is not State.WAIVED:
        yield "a waiver", "cannot excuse it: the policy says so"


def _place(found: Found) -> str:
    place = found.place
    at = f"{place.file}:{place.line}" if place.file else f"line {place.line} of the manifest that was judged"
    if not place.key:
        return f"{at}: nothing there is named"
    return f"{at}: `{place.key}`" if place.there else f"`{place.key}` is not in the manifest; nearest to it: {at}"
