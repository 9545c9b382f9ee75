"""Rules for the whole package: one reader of the environment, names that say something, files that can be read."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "governance"
FILES = sorted(PACKAGE.rglob("*.py"))
ENVIRONMENT = frozenset({"environ", "environb", "getenv", "getenvb", "putenv", "unsetenv"})
SAY_NOTHING = frozenset({"utils", "util", "helpers", "helper", "manager", "managers", "common", "misc", "tools"})


def environment_reads(source: str) -> list[int]:
    """The lines that reach for the process environment."""
    lines: list[int] = []
    for node in ast.walk(ast.parse(source)):
        reads = isinstance(node, ast.Attribute) and node.attr in ENVIRONMENT
        imports = isinstance(node, ast.ImportFrom) and any(alias.name in ENVIRONMENT for alias in node.names)
        if reads or imports:
            lines.append(node.lineno)
    return lines


def test_only_settings_reads_the_environment() -> None:
    readers = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in FILES
        if path != PACKAGE / "settings.py"
        for line in environment_reads(path.read_text(encoding="utf-8"))
    ]
    assert not readers, f"take it from governance.settings instead: {readers}"


@pytest.mark.parametrize(
    "source",
    [
        "import os\nos.environ['CI']",
        "from os import environ",
        "import os as o\no.getenv('CI')",
        "from os import getenv as g",
    ],
)
def test_planted_read_is_found(source: str) -> None:
    assert environment_reads(source)


def test_every_module_is_named_for_what_it_owns() -> None:
    named = [
        str(path.relative_to(ROOT))
        for path in FILES
        if {*path.relative_to(PACKAGE).with_suffix("").parts} & SAY_NOTHING
    ]
    assert not named


def test_no_file_is_too_long_to_read() -> None:
    long = {str(p.relative_to(ROOT)): n for p in FILES if (n := len(p.read_text(encoding="utf-8").splitlines())) > 500}
    assert not long, f"split at 500 lines: {long}"
