"""Where only the base install is there, what needs more says so in one message, before anything is written."""

import json
import re
import sys
import tomllib
from importlib.metadata import packages_distributions, requires

import pytest

from governance.cli.extras import MEASURE, PDF, SERVER
from tests.cli.conftest import AS_ANN


@pytest.fixture
def base(monkeypatch):
    for name in (*MEASURE, *PDF):
        monkeypatch.setitem(sys.modules, name, None)


def test_check_names_the_extra(project, check, base):
    before = project.trail()
    ran = check(*AS_ANN)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("error: measuring is not installed")
    assert ran.err.endswith("  fix: pip install 'governance[measure]'\n")
    assert project.trail() == before
    answer = json.loads(check(*AS_ANN, "--format", "json").out)
    assert (answer["exit_code"], answer["fix"]) == (2, "pip install 'governance[measure]'")


def test_the_demo_does_not_begin(bare, run, base):
    ran = run("demo", "--out", "demo")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.endswith("  fix: pip install 'governance[measure,pdf]'\n")
    assert not (bare.root / "demo").exists()


def test_another_missing_module_is_a_fault_of_ours(project, run, monkeypatch):
    monkeypatch.setitem(sys.modules, "governance.cli.show", None)
    ran = run("show", "credit@1.10")
    assert ran.code == 1
    assert "internal error" in ran.err


def test_no_bundle_without_a_seal_but_the_verdict_is_told(bare, check):
    """As in a CI job that has no keys."""
    ran = check("--bundle", "b.json")
    assert ran.code == 2
    assert "prod: DENY" in ran.out
    assert ran.err.startswith("error: the decision is not sealed, so there is no bundle")
    assert not (bare.root / "b.json").exists()
    ran = check("--bundle", "b.json", "--format", "json")
    assert json.loads(ran.out)["exit_code"] == ran.code == 2


def test_the_modules_are_those_of_the_extras(root):
    """Each named module comes with its extra: of a named package, or of one that such a package needs."""
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    brings = packages_distributions()
    for extra, modules in (("measure", MEASURE), ("pdf", PDF), ("server", SERVER)):
        named = {re.split(r"[^A-Za-z0-9_.-]", one)[0] for one in project["optional-dependencies"][extra]}
        needed = {re.split(r"[^A-Za-z0-9_.-]", one)[0].lower() for name in named for one in requires(name) or ()}
        bringing = {distribution.lower() for module in modules for distribution in brings[module]}
        assert named <= bringing, f"{extra}: no module is named for {named - bringing}"
        assert bringing <= named | needed
