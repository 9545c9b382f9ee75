"""What the cases of policies showed: as text, as JSON and as JUnit XML (the Jenkins xUnit schema, junit-10)."""

import json
from collections.abc import Sequence
from xml.etree import ElementTree

from governance.policy.cases import Difference
from governance.policy.examination import SHOWN, Examined
from governance.render.visible import clip, visible, wrap
from governance.render.wording import plural


def examined_text(found: Sequence[Examined], width: int) -> str:
    """Case by case, then which case shows what of each rule, then what is missing."""
    return "\n\n".join("\n".join(_text(one, width)) for one in found)


def _text(one: Examined, width: int) -> list[str]:
    document = one.policy.document
    lines = [f"{document.id} {document.version}  ({visible(one.cases.source.name)})"]
    whys = {case.name: case.why for case in one.cases.document.cases}
    for ran in one.ran:
        lines.append(f"  {'FAIL' if ran.differences else 'pass'}  {visible(ran.name)}")
        if ran.differences and (why := whys.get(ran.name)):
            lines += wrap(visible(why), width, "        case:  ", " " * 15)
        for difference in ran.differences:
            lines += wrap(visible(told(difference)), width, "        ", " " * 10)
    rules = max(map(len, one.table), default=0)
    column = max((width - rules - 8) // 3, 12)
    lines += ["", f"  {'rule':<{rules}}  {'  '.join(f'{outcome.value:<{column}}' for outcome in SHOWN)}".rstrip()]
    for rule, cases in one.table.items():
        cells = (_cell(cases[outcome], column) for outcome in SHOWN)
        lines.append(f"  {rule:<{rules}}  {'  '.join(f'{cell:<{column}}' for cell in cells)}".rstrip())
    lines.append("")
    for missing in missing_of(one):
        lines += wrap(visible(missing), width, "  FAIL  ", " " * 8)
    return [*lines, *(f"  {line}" for line in _tally(one))]


def _cell(names: list[str], column: int) -> str:
    more = f" +{len(names) - 1}" if len(names) > 1 else ""
    return clip(visible(names[0]), column - len(more)) + more if names else "-"


def _tally(one: Examined) -> list[str]:
    failed = f", {len(one.failed)} of them fail" if one.failed else ", all pass"
    lines = [f"{plural(len(one.ran), 'case')}{failed}; {plural(len(one.table), 'rule')}"]
    if one.mutants is not None:
        lines.append(f"{plural(one.mutants, 'mutant')}, {len(one.survivors) or 'none'} of them told by no case")
    return lines


def told(difference: Difference) -> str:
    """What was expected and what was found, with the finding's own words."""
    got = difference.got.value if difference.got else "nothing"
    why = f": {difference.why}" if difference.why else ""
    return f"{difference.of}: expected {difference.expected.value}, got {got}{why}"


def missing_of(one: Examined) -> list[str]:
    """What the cases do not show, in words."""
    rules = [f"{gap.rule}: {gap.why}" for gap in one.gaps]
    return rules + [f"{mutant.at}: no case notices {mutant.what}" for mutant in one.survivors]


def examined_json(found: Sequence[Examined]) -> str:
    """The same, for machines."""
    return json.dumps([_plain(one) for one in found], indent=2, ensure_ascii=False)


def _plain(one: Examined) -> dict[str, object]:
    return {
        "policy": one.policy.document.id,
        "version": one.policy.document.version,
        "sha256": one.policy.sha256,
        "holds": one.holds,
        "cases": [
            {
                "name": ran.name,
                "holds": not ran.differences,
                "differences": [each._asdict() for each in ran.differences],
            }
            for ran in one.ran
        ],
        "rules": one.table,
        "gaps": [gap._asdict() for gap in one.gaps],
        "mutants": one.mutants,
        "survivors": [{"at": mutant.at, "what": mutant.what} for mutant in one.survivors],
    }


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
