"""SARIF as Microsoft's validator reads it, with the rules of GitHub's code scanning. It exits with 0 whatever it finds,
so its own report is read."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from governance.render.sarif import decision_sarif
from governance.verification import Verified
from tests.render.pages import HOSTILE, page

pytestmark = pytest.mark.slow

# We have no page to name (SARIF2005): an address that does not answer would help nobody.
_ACCEPTED = {"SARIF2005"}
_FILES = ("package.json", "package-lock.json")


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory, require_tool: Callable[[str], str]) -> Callable[[Any], set[str]]:
    """The rules that a log breaks by an error or a warning."""
    npm, folder = require_tool("npm"), tmp_path_factory.mktemp("multitool")
    require_tool("node")
    for name in _FILES:
        shutil.copy(Path(__file__).parent / "others" / name, folder)
    installed = subprocess.run(
        [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if installed.returncode:
        pytest.skip(f"npm reaches no registry: {installed.stderr.strip()[-200:]}")
    packages = folder.glob("node_modules/@microsoft/sarif-multitool-*/*")
    (program,) = [path for path in packages if path.name in ("Sarif.Multitool", "Sarif.Multitool.exe")]
    program.chmod(0o755)

    def validate(log: Any) -> set[str]:
        (folder / "log.sarif").write_text(log if isinstance(log, str) else json.dumps(log), encoding="utf-8")
        (folder / "report.sarif").unlink(missing_ok=True)
        options = ["--output", "report.sarif", "--rule-kind", "Sarif;Ghas", "--level", "Error;Warning", "--quiet"]
        subprocess.run([program, "validate", "log.sarif", *options], cwd=folder, capture_output=True, check=True)
        (run,) = json.loads((folder / "report.sarif").read_text(encoding="utf-8-sig"))["runs"]
        return {result["ruleId"] for result in run["results"]}

    return validate


@pytest.mark.parametrize("case", ["denied", "needs_review", "approved"])
def test_no_error_and_no_warning(case: str, found: Callable[[Any], set[str]], request: pytest.FixtureRequest) -> None:
    assert found(decision_sarif(page(request.getfixturevalue(case)))) <= _ACCEPTED


def test_none_with_hostile_names(
    found: Callable[[Any], set[str]], baseline: Any, make_evidence: Any, make_verified: Any
):
    facts = make_evidence(name=HOSTILE, groups={HOSTILE: (100, 1000), "B": (500, 1000)})
    assert found(decision_sarif(page(make_verified(facts, [baseline]), uri=HOSTILE))) <= _ACCEPTED


def test_it_does_find_what_is_broken(denied: Verified, found: Callable[[Any], set[str]]) -> None:
    log = json.loads(decision_sarif(page(denied)))
    first, second, third, *_ = log["runs"][0]["results"]
    del first["locations"]
    second["locations"][0]["physicalLocation"]["region"] = {"startLine": 0}
    third["ruleIndex"] = 99
    assert found(log) >= {"GH1015", "JSON1008", "SARIF1009"}
