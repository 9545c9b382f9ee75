"""docs/reference/ is what the product says now, and it is whole: each rule, command and document has its text."""

import importlib.util
import shutil
import sys
from pathlib import Path
from types import ModuleType

import pytest

from governance.cli.schema import documents
from governance.policy.document import load_policy
from governance.policy.rules import ALL
from governance.policy.rules.performance.floor import floor

ROOT = Path(__file__).resolve().parents[2]
POLICY = """\
schema: governance.policy/v1
id: one
version: 1.0.0
in_force: {from: 2026-01-01T00:00:00Z}
environments: [prod]
rules:
"""


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    found = importlib.util.spec_from_file_location("generate_docs", ROOT / "docs" / "generate.py")
    assert found and found.loader
    module = importlib.util.module_from_spec(found)
    before = list(sys.path)
    try:
        found.loader.exec_module(module)
    finally:
        sys.path[:] = before
    return module


def test_is_current(generate: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert generate.main(["--check"]) == 0, capsys.readouterr().out[:3000] + "\nrun `python docs/generate.py`"


def test_what_differs_is_said_and_written(
    generate: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(generate.REFERENCE, tmp_path / "reference")
    monkeypatch.setattr(generate, "REFERENCE", tmp_path / "reference")
    page, stale = tmp_path / "reference" / "exit-codes.md", tmp_path / "reference" / "old.md"
    page.write_text(page.read_text().replace("deny", "denial"))
    stale.write_text("what nobody generates any more")
    assert generate.main(["--check"]) == 1
    said = capsys.readouterr()
    assert "-| `11` | denial" in said.out and "+| `11` | deny" in said.out and "docs/reference/old.md" in said.out
    assert "docs/generate.py" in said.err
    assert generate.main([]) == 0
    assert generate.main(["--check"]) == 0
    assert not stale.exists()


def test_every_rule_has_its_place_and_its_examples(generate: ModuleType) -> None:
    made = generate.pages()
    whole = "".join(text for name, text in made.items() if name.startswith("rules/"))
    for rule in ALL:
        assert whole.count(f"## `{rule.name}`") == 1
        assert made["coverage.md"].count(f"`{rule.name}`") == 1
        for example in rule.examples:
            assert f"| {example.outcome.value} | " in whole
    assert floor.part("How to fix:")[10:60] in whole


def test_each_rule_can_be_taken_as_shown(generate: ModuleType) -> None:
    shown = 0
    for name, text in generate.pages().items():
        if name.startswith("rules/"):
            for block in text.split("```yaml\n")[1:]:
                rule = block.partition("```")[0]
                load_policy((POLICY + "".join(f"  {line}\n" for line in rule.splitlines())).encode(), name)
                shown += 1
    assert shown == len(ALL)


def test_nothing_lacks_its_text(generate: ModuleType) -> None:
    made = generate.pages()
    rows = [(name, line) for name, text in made.items() for line in text.splitlines() if line.startswith("| ")]
    silent = [
        f"{name}: {line}"
        for name, line in rows
        if name in ("commands.md", "settings.md", "exit-codes.md", "rules/index.md") and "|  |" in line.rstrip(" |") + "|"
    ]
    assert not silent, "\n".join(silent)
    assert {f"documents/{name}.md" for name in documents()} <= made.keys()
