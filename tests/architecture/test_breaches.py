"""The import contracts bite: each breach is planted in a copy of the package, and the same linter refuses the copy."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINTER = Path(sys.executable).with_name("lint-imports")
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
NAMES = {contract["name"]: contract["id"] for contract in CONTRACTS}
FAMILIES = sorted(path.name for path in (ROOT / "governance/policy/rules").iterdir() if (path / "__init__.py").exists())


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "governance", tmp_path / "governance", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def plant(copy: Path, path: str, source: str = "") -> None:
    """Write a new module into the copy; its package too, where there is none yet."""
    target = copy / "governance" / path
    assert not target.exists(), f"{path} is real: plant elsewhere"
    target.parent.mkdir(exist_ok=True)
    (target.parent / "__init__.py").touch()
    target.write_text(source, encoding="utf-8")


def broken_contracts(copy: Path) -> list[str]:
    """The ids of the contracts that the copy breaks. Raises AssertionError when the linter did not get that far."""
    done = subprocess.run([LINTER, "--no-cache"], cwd=copy, capture_output=True, text=True, check=False)
    verdicts = re.findall(r"^(.+?) (KEPT|BROKEN)\b", done.stdout, re.MULTILINE)
    assert sorted(NAMES[name] for name, _ in verdicts) == sorted(NAMES.values()), done.stdout + done.stderr
    broken = [NAMES[name] for name, verdict in verdicts if verdict == "BROKEN"]
    assert done.returncode == (1 if broken else 0)
    return broken


def test_unbroken_copy_passes(copy: Path) -> None:
    assert broken_contracts(copy) == []


def test_new_modules_in_their_place_pass(copy: Path) -> None:
    plant(copy, "web/planted.py", "import governance.operations")
    plant(copy, "evidence/planted.py", "import governance.canonical")
    plant(copy, "policy/rules/planted/planted.py", "import governance.evidence")
    assert broken_contracts(copy) == []


@pytest.mark.parametrize(
    ("path", "source", "contract"),
    [
        pytest.param("utils.py", "", "layers", id="a new utils.py"),
        pytest.param("evidence/planted.py", "import os", "pure", id="os in evidence"),
        pytest.param("policy/planted.py", "def f():\n    import pandas", "pure", id="pandas in policy"),
        pytest.param("evidence/planted.py", "import governance.policy", "layers", id="evidence imports policy"),
        pytest.param(
            f"policy/rules/{FAMILIES[0]}/planted.py",
            f"import governance.policy.rules.{FAMILIES[1]}",
            "families",
            id="one family of rules imports another",
        ),
        pytest.param("cli/planted.py", "import governance.web.planted", "web", id="a command imports web"),
        pytest.param("web/planted.py", "import governance.cli.context", "layers", id="web imports cli"),
        pytest.param("client/planted.py", "import governance.cli.context", "layers", id="the client imports cli"),
        pytest.param("operations/planted.py", "import governance.client.remote", "layers", id="a verb calls a service"),
        pytest.param("web/planted.py", "import governance.store.tables", "tables", id="web imports store tables"),
    ],
)
def test_breach_is_refused(copy: Path, path: str, source: str, contract: str) -> None:
    if "governance.web.planted" in source:
        plant(copy, "web/planted.py")
    plant(copy, path, source)
    assert broken_contracts(copy) == [contract]
