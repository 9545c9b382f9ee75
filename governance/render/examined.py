"""What the cases of policies showed: as text, and as JUnit XML (the Jenkins xUnit schema, junit-10)."""

from collections import Counter
from collections.abc import Sequence
from xml.etree import ElementTree

from governance.canonical import Sha256
from governance.policy.bench import Difference
from governance.policy.cases import LoadedCases
from governance.policy.examination import SHOWN, Examined, Gap
from governance.render.visible import visible, wrap
from governance.render.wording import plural


def examined_text(found: Sequence[Examined], width: int) -> str:
    """Case by case, then which case shows what of each rule, then what is missing and what to do about it."""
    return "\n\n".join("\n".join(_text(one, width)) for one in found)


def _text(one: Examined, width: int) -> list[str]:
    document = one.policy.document
    lines = [f"{document.id} {document.version}  ({visible(one.cases.source.name)})"]
    for name, facts, digest in _recorded(one.cases):
        said = f"{name} is evidence of {facts}, sha256 {digest}"
        lines += wrap(visible(said), width, "  recorded  ", " " * 12)
    whys = {case.name: case.why for case in one.cases.document.cases}
    number = {ran.name: str(place) for place, ran in enumerate(one.ran)}
    for ran in one.ran:
        state = "FAIL" if ran.differences else "pass"
        lines += wrap(visible(ran.name), width, f"{number[ran.name]:>5}  {state}  ", " " * 13)
        if ran.differences and (why := whys.get(ran.name)):
            lines += wrap(visible(why), width, " " * 13)
        for difference in ran.differences:
            lines += wrap(visible(told(difference)), width, " " * 13, " " * 15)
    table = [("rule", *(outcome.value for outcome in SHOWN))]
    table += [
        (rule, *(_cell([number[name] for name in cases[outcome]]) for outcome in SHOWN))
        for rule, cases in one.table.items()
    ]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines.append("")
    for row in table:
        lines.append("  " + "  ".join(f"{cell:<{wide}}" for cell, wide in zip(row, widths, strict=True)).rstrip())
    lines.append("")
    for missing in missing_of(one):
        lines += wrap(visible(missing), width, "  FAIL  ", " " * 8)
    for advice in _advice(one):
        lines += wrap(visible(advice), width, "  fix:  ", " " * 8)
    if one.minor:
        parts = ", ".join(dict.fromkeys(mutant.at for mutant in one.minor))
        said = f"no case notices a change of {parts}; `--strict` asks for it"
        lines += wrap(visible(said), width, "  note  ", " " * 8)
    for excuse in _excuses(one):
        lines += wrap(visible(excuse), width, " " * 8, " " * 10)
    return [*lines, *(f"  {line}" for line in _tally(one))]


def _cell(numbers: list[str], most: int = 4) -> str:
    """The first cases by their numbers."""
    more = f" +{len(numbers) - most}" if len(numbers) > most else ""
    return ", ".join(numbers[:most]) + more or "none"


def _recorded(cases: LoadedCases) -> list[tuple[str, str, Sha256]]:
    """File, model version and digest of evidence that was recorded."""
    return [
        (name, f"{facts.subject.name} {facts.subject.version}", digest)
        for name, (facts, digest) in cases.recordings.items()
    ]


def _advice(one: Examined) -> list[str]:
    """What mends each kind of failure that there is."""
    found = []
    if one.failed:
        found.append("where the policy does not say what a case expects, mend whichever of the two is wrong")
    if any(gap.lacks for gap in one.gaps):
        found.append(
            "write a case with evidence that the rule judges so, and name the outcome under its `expect.findings`; or "
            "say under `uncovered` why there can be none"
        )
    if any(not gap.lacks for gap in one.gaps):
        found.append("take away the excuse under `uncovered` that excuses nothing")
    if one.survivors:
        found.append(
            "write a case that comes out otherwise after the change: with evidence between the two values, with what "
            "the list names, on the day between; or say under `uncovered` why none can"
        )
    return found


def _excuses(one: Examined) -> list[str]:
    """Each reason under `uncovered`, with what it excuses."""
    used = Counter((excuse.at, excuse.what) for _, excuse in one.excused)
    found = []
    for at, reasons in one.cases.document.uncovered.items():
        for what, why in {"": reasons}.items() if isinstance(reasons, str) else reasons.items():
            count = used[at, what]
            excused = f" ({plural(count, 'mutant')})" if count else ""
            found.append(f"{at}{f', {what}' if what else ''}: not covered{excused}, because {why}")
    return found


def _tally(one: Examined) -> list[str]:
    lines = [
        f"{plural(len(one.table), 'rule')}, {plural(len(one.ran), 'case')}, {len(one.failed) or 'none'} of which fail"
    ]
    if one.mutants is not None:
        left = one.unnoticed
        said = f"{left} of which no case notices" if left else "each noticed by some case"
        score = f"; mutation score {(one.mutants - left) / one.mutants:.0%}" if one.mutants else ""
        apart = [f"{len(some)} {what}" for some, what in ((one.excused, "excused"), (one.minor, "minor")) if some]
        excused = f" ({', '.join(apart)})" if apart else ""
        lines.append(f"{plural(one.mutants, 'mutant')}, {said}{excused}{score}")
    return lines


def told(difference: Difference) -> str:
    """What was expected and what was found, with the finding's own words."""
    why = f": {difference.why}" if difference.why else ""
    return f"{difference.of}: expected {difference.expected}, got {difference.got or 'nothing'}{why}"


def missing_of(one: Examined) -> list[str]:
    """What the cases do not show, in words."""
    rules = [f"{gap.rule}: {gap.why}" for gap in one.gaps]
    return rules + [f"{mutant.at}: no case notices {mutant.what}" for mutant in one.survivors]


def examined_junit(found: Sequence[Examined]) -> str:
    """A suite is a policy; a case is a case, a rule that has to be shown, or the mutants together."""
    suites = ElementTree.Element("testsuites", name="governance policy test")
    for one in found:
        suite = ElementTree.SubElement(suites, "testsuite", name=one.policy.document.id)
        suite.set("file", visible(one.cases.source.name))
        for ran in one.ran:
            _case(suite, "cases", ran.name, [told(difference) for difference in ran.differences])
        for rule in one.table:
            _case(suite, "coverage", rule, [gap.why for gap in one.gaps if gap.rule == rule])
        if one.mutants is not None:
            _case(suite, "mutants", "every mutant is told", [f"{mutant.at}: {mutant.what}" for mutant in one.survivors])
        idle: list[Gap] = [gap for gap in one.gaps if gap.rule not in one.table]
        if idle:
            _case(suite, "coverage", "uncovered", [f"{gap.rule}: {gap.why}" for gap in idle])
        for kind, path in (("tests", "testcase"), ("failures", "testcase/failure")):
            suite.set(kind, str(len(suite.findall(path))))
        suite.set("errors", "0")
    for kind in ("tests", "failures", "errors"):
        suites.set(kind, str(sum(int(suite.get(kind, "0")) for suite in suites)))
    ElementTree.indent(suites)
    return "<?xml version='1.0' encoding='UTF-8'?>\n" + ElementTree.tostring(suites, encoding="unicode") + "\n"


def _case(suite: ElementTree.Element, of: str, name: str, wrong: list[str]) -> None:
    case = ElementTree.SubElement(suite, "testcase", classname=f"{suite.get('name')}.{of}", name=visible(name))
    if wrong:
        failure = ElementTree.SubElement(case, "failure", type=of, message=visible(wrong[0]))
        failure.text = "\n".join(map(visible, wrong))
