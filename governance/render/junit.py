"""JUnit XML in the form that Jenkins, GitLab and Azure read (the Jenkins xUnit schema, junit-10).

A suite is a policy, a case is a finding. The file is red exactly where the exit code is not 0: what denies or needs
review is a failure (an outcome `error` an error), whatever the outcome is called; what did not pass but does not block,
what is waived and what does not apply is skipped, with the reason. Where no finding explains the verdict (a rejection,
no policy in force), the verdict itself is a failing case.
"""

from collections import Counter
from xml.etree import ElementTree

from governance.canonical import sha256
from governance.policy.finding import Finding
from governance.policy.outcome import Action, Outcome
from governance.render.pipeline import CheckPage, found, told, waived
from governance.render.visible import visible
from governance.render.wording import ACTION_WORDS, State, state_of


def decision_junit(page: CheckPage) -> str:
    suites = ElementTree.Element("testsuites", name="governance")
    for policy in page.policies:
        name = policy.document.id
        findings = [finding for finding in page.decision.findings if finding.key.partition("#")[0] == name]
        suite = _suite(suites, page, name)
        titles = Counter(finding.title for finding in findings)
        for finding in findings:
            # Two cases of one name would be taken for one.
            rule = finding.key.partition("#")[2]
            title = finding.title if titles[finding.title] == 1 else f"{finding.title} ({rule})"
            _case(suite, page, finding, name, title)
        _count(suite)
    if reasons := page.unexplained():
        suite = _suite(suites, page, "decision")
        case = ElementTree.SubElement(suite, "testcase", classname="decision", name="The verdict")
        message = f"{ACTION_WORDS[page.verdict]}: {visible(reasons[0])}"
        failure = ElementTree.SubElement(case, "failure", type=page.verdict.value, message=message)
        failure.text = "\n".join(visible(reason) for reason in reasons)
        _count(suite)
    for kind in ("tests", "failures", "errors"):
        suites.set(kind, str(sum(int(suite.get(kind, "0")) for suite in suites)))
    ElementTree.indent(suites)
    # In ASCII, with references for the rest: it stays what it says it is in whichever encoding it is printed.
    return (
        "<?xml version='1.0' encoding='UTF-8'?>\n" + ElementTree.tostring(suites, encoding="us-ascii").decode() + "\n"
    )


def _suite(suites: ElementTree.Element, page: CheckPage, name: str) -> ElementTree.Element:
    decision = page.decision
    suite = ElementTree.SubElement(suites, "testsuite", name=visible(name), file=visible(page.uri))
    suite.set("timestamp", decision.now.removesuffix("Z"))
    properties = ElementTree.SubElement(suite, "properties")
    said = {
        "model": decision.subject.name,
        "version": decision.subject.version,
        "artifact": decision.subject.artifact or "none",
        "decision": sha256(decision.to_bytes()),
        "sealed": f"entry {page.sealed.index} of {page.sealed.trail}" if page.sealed else "no",
        **{f"outcome.{environment}": action.value for environment, action in decision.outcomes.items()},
    }
    for key, value in said.items():
        ElementTree.SubElement(properties, "property", name=visible(key), value=visible(value))
    return suite


def _case(suite: ElementTree.Element, page: CheckPage, finding: Finding, policy: str, title: str) -> None:
    case = ElementTree.SubElement(suite, "testcase", classname=visible(policy), name=visible(title))
    state, action = state_of(finding), page.asks(finding)
    why = visible(finding.why)
    if action is not Action.ALLOW:
        kind = "error" if finding.outcome is Outcome.ERROR else "failure"
        said = f"{ACTION_WORDS[action]}, {state.value}: {why}"
        element = ElementTree.SubElement(case, kind, type=state.value, message=said)
        element.text = "\n".join(visible(text) for text in told(page, finding))
    elif state is State.NOT_APPLICABLE:
        ElementTree.SubElement(case, "skipped", message=f"not applicable: {why}")
    elif state is State.WAIVED:
        ElementTree.SubElement(case, "skipped", message=f"waived: {visible(waived(page, finding))}. Was: {why}")
    elif state is not State.PASSED:
        reviewed = Action.NEEDS_REVIEW in [finding.actions.get(name) for name in page.environments]
        because = "a reviewer answers for it" if reviewed else "shown only"
        ElementTree.SubElement(case, "skipped", message=f"{state.value}, {because}: {why}")
    lines = [f"rule: {finding.key} ({finding.uses})", *(f"found: {one}" for one in found(finding))]
    lines += [f"control: {control}" for control in finding.controls]
    ElementTree.SubElement(case, "system-out").text = "\n".join(visible(line) for line in lines)


def _count(suite: ElementTree.Element) -> None:
    counted = {"tests": "testcase", "failures": "testcase/failure", "errors": "testcase/error"}
    for name, path in (counted | {"skipped": "testcase/skipped"}).items():
        suite.set(name, str(len(suite.findall(path))))
