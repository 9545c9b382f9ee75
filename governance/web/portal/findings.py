"""One finding as a case shows it: numbers, pictures, law, evidence, and what it was in earlier decisions."""

import json
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec

from governance.operations.desk import CaseFile
from governance.operations.events import Event
from governance.policy.coverage import Parts, at_stake
from governance.policy.finding import Finding
from governance.policy.outcome import ACTIONS, Action
from governance.render import wording
from governance.render.changes import stated
from governance.render.explain import Case, explain_finding
from governance.render.pipeline import CheckPage, known, waived
from governance.render.svg.strips import strips
from governance.render.wording import SETTLED, State, state_of
from governance.web.portal.addresses import anchor, case_at
from governance.web.portal.pages_case import Fold, Past, Picture, Signed, Told
from governance.web.portal.statements import asks

_SHOWN_STRIPS = 8
_SHOWN_TOLD = 30


def folds(file: CaseFile) -> tuple[tuple[Fold, ...], tuple[Fold, ...], tuple[Picture, ...]]:
    """The findings somebody has to look at, worst first and waived ones last; the others; and the pictures
    that belong to none of the first."""
    findings = file.page.decision.findings
    open_ = [finding for finding in findings if state_of(finding) not in SETTLED]
    open_.sort(key=lambda one: state_of(one) is State.WAIVED)  # which somebody answers for already
    keys = {finding.key for finding in open_}
    by: dict[str, list[Picture]] = {}
    rest: list[Picture] = []
    for about, picture in _pictures(file.page):
        # A picture stands at the first finding that it helps to read, and nowhere else.
        (by.setdefault(key, []) if (key := next((one for one in about if one in keys), "")) else rest).append(picture)
    return (
        tuple(_fold(file, finding, by.get(finding.key, ())) for finding in open_),
        tuple(_fold(file, finding, ()) for finding in findings if state_of(finding) in SETTLED),
        tuple(rest),
    )


def drawing() -> bool:
    """Whether what draws pictures and reports is installed."""
    return find_spec("reportlab") is not None


def _pictures(page: CheckPage) -> Iterator[tuple[tuple[str, ...], Picture]]:
    """What the report draws, without the comparisons that stand at their findings as strips. Nothing where what draws
    is not installed: whatever a picture shows is said in words too."""
    if not drawing():
        return
    from governance.render.pdf.charts import access, importance, lineage, rates, slices
    from governance.render.svg.picture import picture

    figures = [one for chart in (rates, slices, importance, lineage, access) for one in chart.figures(page)]
    for number, figure in enumerate(figures, 1):
        if figure.drawing is not None:
            head, rows = figure.table or ((), ())
            svg = picture(figure, f"picture-{number}")
            yield figure.about, Picture(figure.title, svg, figure.words, figure.note, head, rows)


def _fold(file: CaseFile, finding: Finding, pictures: Sequence[Picture]) -> Fold:
    page = file.page
    drawn = strips(finding)
    with_picture = tuple(strip for strip in drawn if strip.svg)
    told = tuple(Told(one.label, one.value, one.rows) for one in drawn if not one.svg)
    explanation = explain_finding(Case(page, file.decision_sha256, None), finding, ())
    found = explanation.found
    subject = page.decision.subject
    return Fold(
        anchor=anchor(finding.key),
        finding=finding,
        state=state_of(finding).value,
        style=style_of(finding),
        effect=effects(finding.actions),
        limit=wording.limit_of(finding.limit) if finding.limit else "",
        first=with_picture[:_SHOWN_STRIPS],
        rest=with_picture[_SHOWN_STRIPS:],
        told=told[:_SHOWN_TOLD],
        more=max(0, len(told) - _SHOWN_TOLD),
        pictures=tuple(pictures),
        origin=wording.origin_of(finding),
        unchecked=wording.unchecked(finding),
        waived=waived(page, finding),
        known=known(page, finding),
        announced=wording.announced(finding),
        explanation=explanation,
        past=_past(file, finding),
        waivable=bool(found and found.if_waived) and state_of(finding) not in SETTLED,
        asks=asks(page, finding),
        waive_at=f"{case_at(subject.name, subject.version, waive=finding.key)}#act",
        groups=tuple((_sent(group), wording.group_name(group)) for group in at_stake(finding) if group),
    )


def _sent(group: Parts) -> str:
    """A group in a form: each attribute with its value, null for unknown."""
    return json.dumps([[part.attribute, part.value] for part in group], ensure_ascii=False)


def style_of(finding: Finding) -> str:
    return state_of(finding).name.lower().replace("_", "-")


def effects(actions: Mapping[str, Action]) -> str:
    """What follows, the strictest first, environments of one outcome together: "deny in prod, allow in staging"."""
    by: dict[Action, list[str]] = {}
    for name, action in sorted(actions.items(), key=lambda one: (-ACTIONS.index(one[1]), one[0])):
        by.setdefault(action, []).append(name)
    return ", ".join(f"{action.value} in {wording.listed(names)}" for action, names in by.items())


def _past(file: CaseFile, finding: Finding) -> tuple[Past, ...]:
    """The same rule in earlier decisions about this model, newest first, and of some in a row that agree the newest."""
    found: list[Past] = []
    for decision in file.earlier:
        if was := next((one for one in decision.findings if one.key == finding.key), None):
            subject = decision.subject
            past = Past(
                subject.version, case_at(subject.name, subject.version), decision.now, style_of(was), stated(was)
            )
            # A comment is a decision too, and finds nothing new.
            if not (found and found[-1]._replace(decided=past.decided) == past):
                found.append(past)
    return tuple(found)


def signed(history: Sequence[Event]) -> tuple[Signed, ...]:
    """The acts of a history, in its order."""
    return tuple(_signed(event) for event in history if event.act is not None)


def _signed(event: Event) -> Signed:
    if event.act is None:
        raise RuntimeError("an event without an act was signed by nobody")
    digest, act = event.act
    bounds: list[tuple[str, str]] = []
    if (waiver := act.waiver) is not None:
        bounds = [
            ("rule", waiver.key),
            ("ticket", waiver.ticket),
            ("from", waiver.not_before),
            ("until", waiver.expires),
        ]
        bounds += [("for", ", ".join(map(wording.group_name, waiver.groups)))] * bool(waiver.groups)
        bounds += [("no worse than", waiver.no_worse_than or "")] * bool(waiver.no_worse_than)
        bounds += [("asked for by", waiver.requester or "")] * bool(waiver.requester)
        bounds += [("covers", wording.COVERS[waiver.covers])] * (waiver.covers != "version")
        bounds += [("instead", waiver.compensating or "")] * bool(waiver.compensating)
        bounds += [("only while", waiver.compensating_condition or "")] * bool(waiver.compensating_condition)
    if (given := act.attestation) is not None:
        bounds = [(one.key, f"it is {wording.SO[one.holds]}: “{one.text}”") for one in given.statements]
        bounds += [("until", given.expires), ("covers", wording.COVERS[given.covers])]
    who = "no longer known" if event.who is None else wording.principal(act.actor)
    return Signed(
        event.number, wording.ACT_WORDS[act.kind], who, act.role, act.at, act.reason, tuple(bounds), event.key, digest
    )
