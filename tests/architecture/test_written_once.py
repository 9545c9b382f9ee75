"""Facts that many modules need stand in one line of one module; the others take them from there."""

import re
from collections import defaultdict
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "governance"
# The demo is a user of the command line: it types what a person would type. Examples of rules speak of other people.
FILES = [path for path in sorted(PACKAGE.rglob("*.py")) if not {"demo", "rules"} & {*path.parts}]
TYPE = re.compile(r"[\"']governance\.[a-z-]+/[a-z0-9]+[\"']")


def lines_with(pattern: re.Pattern[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for path in FILES:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            for written in set(pattern.findall(line)):
                found[written.strip("\"'")].append(f"{path.relative_to(PACKAGE)}:{number}")
    return found


def test_each_type_of_document_is_written_once() -> None:
    found = lines_with(TYPE)
    assert "governance.decision/v1" in found
    assert {name: places for name, places in found.items() if len(places) > 1} == {}


@pytest.mark.parametrize("word", ["approver", "submitter", "reviewer", "auditor"])
def test_each_role_is_written_once(word: str) -> None:
    # A field or key of that name is no role.
    role = re.compile(rf"(?<![\[.])\"{word}\"(?![\]:])")
    assert len(lines_with(role).get(word, [])) == 1


def test_the_risk_tiers_are_written_once() -> None:
    (places,) = lines_with(re.compile(r'"low", "medium", "high"')).values()
    assert len(places) == 1
