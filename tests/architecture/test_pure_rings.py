"""The pure rings, by reading their syntax: which modules they import, also inside functions, and what they call.

import-linter holds the layers and keeps named packages out; here everything that is not named as allowed is refused.
"""

import ast
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONTRACTS = {contract["id"]: contract for contract in PYPROJECT["tool"]["importlinter"]["contracts"]}
PURE: list[str] = CONTRACTS["pure"]["source_modules"]

# Values in, values out. A module that reads the world or keeps time does not belong here, whatever it is for.
# fmt: off
ALLOWED_STDLIB = frozenset({
    "abc", "base64", "binascii", "bisect", "collections", "contextlib", "dataclasses", "datetime", "decimal",
    "difflib", "enum", "fractions", "functools", "graphlib", "hashlib", "heapq", "hmac", "inspect", "itertools",
    "json", "math", "operator", "re", "statistics", "string", "struct", "textwrap", "types", "typing", "unicodedata",
})
# fmt: on
ALLOWED_PACKAGES = frozenset({"governance", "pydantic", "pydantic_core", "cryptography", "yaml", "cel_expr_python"})
FORBIDDEN_CALLS = frozenset({"open", "print", "input", "eval", "exec", "__import__", "breakpoint"})
CLOCKS = frozenset(
    {"datetime.datetime.now", "datetime.datetime.utcnow", "datetime.datetime.today", "datetime.date.today"}
)


def sources(module: str) -> list[Path]:
    """The files of a module or package. Raises AssertionError when there are none."""
    path = ROOT.joinpath(*module.split("."))
    files = sorted(path.rglob("*.py")) if path.is_dir() else [path.with_suffix(".py")]
    assert files, f"{module} has no source"
    return files


def dotted(node: ast.expr, names: dict[str, str]) -> str:
    """`dt.datetime.now` with the imported names put back in full; "" for anything but a dotted name."""
    if isinstance(node, ast.Name):
        return names.get(node.id, node.id)
    if isinstance(node, ast.Attribute):
        base = dotted(node.value, names)
        return f"{base}.{node.attr}" if base else ""
    return ""


def imported_names(tree: ast.AST) -> dict[str, str]:
    """Local name -> what it stands for, for every absolute import at any depth."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {
                a.asname or a.name.split(".")[0]: a.name if a.asname else a.name.split(".")[0] for a in node.names
            }
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {a.asname or a.name: f"{node.module}.{a.name}" for a in node.names}
    return names


def imported_modules(tree: ast.AST) -> list[tuple[int, str]]:
    """(line, top-level module) of every absolute import at any depth."""
    found: list[tuple[int, str]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name.split(".")[0]) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.append((node.lineno, (node.module or "").split(".")[0]))
    return found


def impurities(source: str) -> list[str]:
    """What a pure module may not do, each with its line."""
    tree = ast.parse(source)
    names = imported_names(tree)
    allowed = ALLOWED_STDLIB | ALLOWED_PACKAGES
    faults = [f"line {line}: imports {module}" for line, module in imported_modules(tree) if module not in allowed]
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Name) and dotted(node, names) in CLOCKS:
            faults.append(f"line {node.lineno}: reads the clock")
        if isinstance(node, ast.Name) and node.id in FORBIDDEN_CALLS:
            faults.append(f"line {node.lineno}: uses {node.id}()")
    return faults


@pytest.mark.parametrize("module", PURE)
def test_pure_module(module: str) -> None:
    faults = [
        f"{path.relative_to(ROOT)} {fault}"
        for path in sources(module)
        for fault in impurities(path.read_text(encoding="utf-8"))
    ]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize(
    "source",
    [
        "import os",
        "import os.path as p",
        "from pathlib import Path",
        "def f():\n    import subprocess",
        "def f():\n    from time import time",
        "if TYPE_CHECKING:\n    import pandas",
        "import governance_extras",
        "import importlib",
        "from datetime import datetime\ndatetime.now(UTC)",
        "from datetime import datetime as D\nread = D.utcnow",
        "import datetime\ndatetime.date.today()",
        "import datetime as dt\ndt.datetime.now()",
        "def f():\n    open('x')",
        "print('x')",
        "read = __import__",
    ],
)
def test_planted_impurity_is_found(source: str) -> None:
    assert len(impurities(source)) == 1


def test_pure_code_is_left_alone() -> None:
    source = (
        "from datetime import datetime\nimport re\nre.compile('x')\ndecision.now\nself.open()\ndatetime.strptime(x)"
    )
    assert impurities(source) == []


def test_allowed_modules_are_what_their_name_says() -> None:
    assert ALLOWED_STDLIB.issubset(sys.stdlib_module_names)
    assert not ALLOWED_STDLIB & set(CONTRACTS["pure"]["forbidden_modules"])


def test_pure_contract_covers_every_pure_layer() -> None:
    layers: list[str] = CONTRACTS["layers"]["layers"]
    below = layers[layers.index("bundled") + 1 :]
    assert sorted(PURE) == sorted(f"governance.{layer}" for layer in below)


def test_no_pure_module_is_excused_from_strict_types() -> None:
    assert PYPROJECT["tool"]["mypy"]["strict"] is True
    relaxed = [module.removesuffix(".*") for o in PYPROJECT["tool"]["mypy"]["overrides"] for module in o["module"]]
    assert not set(relaxed) & set(PURE)
