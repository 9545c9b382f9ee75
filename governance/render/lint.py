"""What lints say of policies: as text, as JSON and as SARIF 2.1.0."""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

from governance import __version__
from governance.canonical import sha256
from governance.policy.document import LoadedPolicy
from governance.policy.lint import ALL, Level, Lint, Remark
from governance.render.sarif import SCHEMA, message_text
from governance.render.visible import visible, wrap
from governance.render.wording import plural

_LABEL = 6


class Linted(NamedTuple):
    """A policy, the file it was read from, and what was said of it."""

    policy: LoadedPolicy
    file: str
    remarks: list[Remark]


def linted_text(found: Sequence[Linted], width: int) -> str:
    """Remark by remark, each with its line; then how many there are."""
    lines: list[str] = []
    for one in found:
        for remark in one.remarks:
            lines += [*_text(remark, width), ""]
    lines += [_tally(one) for one in found]
    return "\n".join(lines) + "\n"


def _text(remark: Remark, width: int) -> list[str]:
    where = f"{remark.file}:{remark.line}:{remark.column}"
    head = f"{where}: {remark.lint.level.value} {remark.lint.name}: {remark.what}"
    lines = wrap(visible(head), width, "", "  ")
    lines += [visible(line) for line in remark.caret.splitlines() if line]
    also = [("also", remark.also)] if remark.also else []
    for label, text in (*also, ("why", remark.lint.why), ("fix", remark.fix)):
        lines += wrap(visible(text), width, f"  {label + ':':<{_LABEL}}", " " * (_LABEL + 2))
    return lines


def _tally(one: Linted) -> str:
    document = one.policy.document
    head = f"{document.id} {document.version}  ({visible(one.file)})"
    if not one.remarks:
        return f"{head}: nothing found, by {plural(len(ALL), 'lint')}"
    levels = [remark.lint.level for remark in one.remarks]
    counts = [plural(levels.count(level), level.value) for level in Level if level in levels]
    return f"{head}: {', '.join(counts)}"


def linted_json(found: Sequence[Linted]) -> str:
    """The same, for machines."""
    return json.dumps([_plain(one) for one in found], indent=2)


def _plain(one: Linted) -> dict[str, object]:
    return {
        "policy": one.policy.document.id,
        "version": one.policy.document.version,
        "sha256": one.policy.sha256,
        "file": one.file,
        "remarks": [
            {
                "lint": remark.lint.name,
                "level": remark.lint.level.value,
                "file": remark.file,
                "line": remark.line,
                "column": remark.column,
                "what": remark.what,
                "why": remark.lint.why,
                "fix": remark.fix,
                "also": remark.also or None,
            }
            for remark in one.remarks
        ],
    }


def linted_sarif(found: Sequence[Linted]) -> str:
    """One run over all policies, in ASCII. A fingerprint depends on the policy's id, the lint and what it says, and not
    on the line, so that an alert lives on when lines move."""
    rules = {one.name: number for number, one in enumerate(ALL)}
    run: dict[str, Any] = {
        "tool": {
            "driver": {
                "name": "governance policy lint",
                "semanticVersion": __version__,
                "rules": [_rule(one) for one in ALL],
            }
        },
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": True}],
        "results": [_result(one, remark, rules) for one in found for remark in one.remarks],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=True) + "\n"


def _rule(one: Lint) -> dict[str, Any]:
    return {
        "id": one.name,
        "name": "".join(part.capitalize() for part in one.name.split("-")),
        "shortDescription": {"text": message_text(one.summary)},
        "fullDescription": {"text": message_text(one.why)},
        "defaultConfiguration": {"level": one.level.value},
    }


def _result(one: Linted, remark: Remark, rules: dict[str, int]) -> dict[str, Any]:
    identity = sha256("\0".join((one.policy.document.id, remark.lint.name, remark.what)).encode())
    return {
        "ruleId": remark.lint.name,
        "ruleIndex": rules[remark.lint.name],
        "level": remark.lint.level.value,
        "message": {"text": message_text(f"{remark.what}. {remark.fix[:1].upper()}{remark.fix[1:]}")},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": quote(remark.file)},
                    "region": {"startLine": remark.line, "startColumn": remark.column},
                }
            }
        ],
        "partialFingerprints": {"primaryLocationLineHash": f"{identity[:16]}:1", "policyAndLint/v1": identity},
    }
