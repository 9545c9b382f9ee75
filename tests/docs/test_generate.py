"""docs/reference/ is what the product says now, and it is whole: each rule, command and document has its text."""

import importlib.util
import re
import shutil
import sys
from pathlib import Path
from types import ModuleType

import pytest

from governance.policy.document import load_policy
from governance.policy.rules import ALL
from governance.policy.rules.performance.floor import floor
from governance.render.schema import documents

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


WRITTEN_BY_PEOPLE = {f"documents/{name}.md" for name in ("manifest", "policy", "baseline", "trust", "act")}


def test_nothing_lacks_its_text(generate: ModuleType) -> None:
    """Options, settings, parameters of rules, and the fields of what people write or sign."""
    made = generate.pages()
    wanted = {"commands.md": 1, "settings.md": 1, "exit-codes.md": 1} | dict.fromkeys(WRITTEN_BY_PEOPLE, 3)
    wanted |= {name: 3 for name in made if name.startswith("rules/") and name != "rules/index.md"}
    silent = []
    for name, column in wanted.items():
        head = ""
        for line in made[name].splitlines():
            if not line.startswith("| "):
                head = ""
            elif not head:
                head = line
            elif "| Meaning |" in head or "| Means |" in head:
                cells = re.split(r"(?<!\\) \| ?", line.removeprefix("| "))
                if not cells[column].strip():
                    silent.append(f"{name}: {line}")
    assert not silent, "\n".join(silent)
    assert {f"documents/{name}.md" for name in documents()} <= made.keys()


@pytest.mark.parametrize(
    "text, whole, found",
    [
        ("Both. `a` is one; `b`: two `a`. And more.", "Both.", {"a": "One.", "b": "Two `a`. And more."}),
        ("`a` and `b` map.", "", {"a": "`a` and `b` map.", "b": "`a` and `b` map."}),
        ("Of `a` something. `c` is none.", "Of `a` something. `c` is none.", {}),
        ("", "", {}),
    ],
)
def test_a_docstring_is_taken_apart(generate: ModuleType, text: str, whole: str, found: dict[str, str]) -> None:
    assert sys.modules["generating.meanings"].meanings(text, ("a", "b")) == (whole, found)
