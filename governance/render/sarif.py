"""SARIF 2.1.0 (OASIS), for GitHub code scanning and whatever else reads static analysis results.

What is a result follows from what GitHub does with the file: it opens an alert for every result, whatever its `kind`.
So only what did not pass is a result (kind `fail`; SARIF allows a level on no other kind), with the level that its
action deserves: deny is `error`, needs review `warning`, shown only `note`. The exact outcome is in the message and in
`properties`. What passed or does not apply is not a result: it is counted in the run's properties, and its rule is
among the rules. Waivers are suppressions, and so are known failures of a baseline, under review until somebody has
approved. A verdict that no finding explains is a notification of the invocation.

GitHub ranks alerts by `security-severity` where a rule is tagged as one of security: a score of how a vulnerability can
be exploited, which our rules have not, so none is made up.
"""

import json
from typing import Any
from urllib.parse import quote

from governance import __version__
from governance.canonical import sha256
from governance.policy.document import SelectedRule
from governance.policy.finding import Finding
from governance.policy.outcome import Action
from governance.render.pipeline import CheckPage, found, known, told, waived
from governance.render.visible import clip, visible
from governance.render.wording import ACTION_WORDS, SETTLED, by_state, state_of

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {Action.DENY: "error", Action.NEEDS_REVIEW: "warning", Action.ALLOW: "note"}
_ROOT = "%SRCROOT%"
# GitHub refuses a run of more results, and descriptions and names of more characters.
MOST_RESULTS = 25_000
_LONGEST_DESCRIPTION, _LONGEST_NAME = 1_024, 255
# Beyond that the JSON holds them.
_LONGEST, _MOST_FOUND = 4_000, 100


def decision_sarif(page: CheckPage) -> str:
    """One run, in ASCII. Fingerprints depend on the model's name and the rule alone, so an alert lives on from check to
    check; the run's category is the model's name, so two models do not close each other's alerts."""
    decision, manifest = page.decision, {"uri": quote(page.uri), "uriBaseId": _ROOT}
    selected = page.selected
    rules = {key: number for number, key in enumerate(sorted(selected))}
    failing = [finding for finding in decision.findings if state_of(finding) not in SETTLED]
    run: dict[str, Any] = {
        "tool": {
            "driver": {
                "name": "governance",
                "semanticVersion": __version__,
                "rules": [_rule(selected[key]) for key in rules],
            }
        },
        "automationDetails": {"id": f"governance/{quote(decision.subject.name, safe='')}/{decision.id}"},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The root of the repository."}}},
        "artifacts": [{"location": manifest, "hashes": {"sha-256": page.evidence.manifest}}],
        "invocations": [_invocation(page, len(failing))],
        "results": [_result(page, finding, rules, manifest) for finding in failing[:MOST_RESULTS]],
        "properties": {
            "model": visible(decision.subject.name),
            "version": visible(decision.subject.version),
            "artifact": decision.subject.artifact,
            "decision": sha256(decision.to_bytes()),
            "outcomes": {name: action.value for name, action in decision.outcomes.items()},
            "findings": {state.value: len(group) for state, group in by_state(decision.findings).items()},
            "sealed": page.sealed is not None,
        },
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=True) + "\n"


def _rule(selected: SelectedRule) -> dict[str, Any]:
    section, rule = selected.section, selected.rule
    title = section.title or (rule.summary if rule else section.id.replace("-", " "))
    if rule:
        what = f"{rule.part('What it checks:')} {section.why or rule.part('Why it matters:')}"
    else:
        what = f"{section.why or title.rstrip('.') + '.'} Condition: {section.expr}"
    fix = section.fix or (rule.part("How to fix:") if rule else "see the policy that states the condition.")
    return {
        "id": selected.key,
        "name": "".join(part.capitalize() for part in section.id.split("-"))[:_LONGEST_NAME],
        "shortDescription": {"text": message_text(title.rstrip(".") + ".", _LONGEST_DESCRIPTION)},
        "fullDescription": {"text": message_text(what, _LONGEST_DESCRIPTION)},
        "help": {"text": message_text(fix[:1].upper() + fix[1:])},
        "properties": {
            "uses": selected.uses,
            "severity": section.severity.value,
            "controls": list(section.controls or (rule.controls if rule else ())),
            "tags": sorted({selected.uses.partition(".")[0].partition("@")[0], "governance"}),
        },
    }


def _result(page: CheckPage, finding: Finding, rules: dict[str, int], manifest: dict[str, str]) -> dict[str, Any]:
    line, column = page.position(finding)
    looked = [clip(visible(one), _LONGEST) for one in found(finding)]
    more = [f"and {len(looked) - _MOST_FOUND} more"] if len(looked) > _MOST_FOUND else []
    identity = sha256(f"{page.decision.subject.name}\0{finding.key}".encode())
    result: dict[str, Any] = {
        "ruleId": finding.key,
        "ruleIndex": rules[finding.key],
        "kind": "fail",
        "level": _LEVELS[page.asks(finding)],
        "message": {"text": "\n".join(message_text(text) for text in told(page, finding))},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": manifest | {"index": 0},
                    "region": {"startLine": line, "startColumn": column},
                }
            }
        ],
        # GitHub reads the first name only, other viewers none that they do not know.
        "partialFingerprints": {"primaryLocationLineHash": f"{identity[:16]}:1", "modelAndRule/v1": identity},
        # Present on all results or on none, says the standard.
        "suppressions": [],
        "properties": {
            "outcome": finding.outcome.value,
            "actions": {name: action.value for name, action in finding.actions.items()},
            "origin": finding.origin.kind if finding.origin else None,
            "found": [*looked[:_MOST_FOUND], *more],
        },
    }
    if finding.waiver:
        accepted = {"kind": "external", "status": "accepted", "justification": visible(waived(page, finding))}
        result["suppressions"] = [accepted]
    if finding.known:
        # What is under review is shown and blocks; only a person's approval makes it suppressed (section 3.27.23).
        asked = [name for name, action in finding.actions.items() if action is Action.NEEDS_REVIEW]
        answered = all(page.decision.outcomes[name] is Action.ALLOW for name in asked)
        status = "accepted" if answered else "underReview"
        justification = visible(f"known {known(page, finding)}")
        result["suppressions"] = [{"kind": "external", "status": status, "justification": justification}]
    return result


def _invocation(page: CheckPage, failing: int) -> dict[str, Any]:
    """The audit ran, whatever it found: `executionSuccessful` says so. What explains the verdict beside the findings,
    and how many of them there is no room for, is a notification."""
    said = [f"{ACTION_WORDS[page.verdict]}: {reason}" for reason in page.unexplained()]
    if failing > MOST_RESULTS:
        said.append(f"and {failing - MOST_RESULTS} more results, which are in the JSON")
    return {
        "executionSuccessful": True,
        "startTimeUtc": page.evidence.started_at,
        "endTimeUtc": page.decision.now,
        "toolExecutionNotifications": [
            {"level": _LEVELS[page.verdict], "message": {"text": message_text(text)}} for text in said
        ],
    }


def message_text(text: str, most: int = _LONGEST) -> str:
    """Text of a message, at most so many characters: braces are doubled (a single one opens a placeholder), and no `](`
    makes a link of a name."""
    shown = visible(text)
    room = most - shown.count("{") - shown.count("}") - shown.count("](")
    kept = clip(shown, max(room, most // 2))
    return kept.replace("{", "{{").replace("}", "}}").replace("](", "] (")
