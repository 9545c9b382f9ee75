"""`governance check --format` and `--also`: what is written where, and what is refused before anything is measured."""

import io
import json
import re
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from governance.cli.__main__ import main
from governance.cli.formats import FORMATS, as_the_repository_knows
from tests.operations.project import POLICY, Project


@pytest.fixture
def project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Project:
    made = Project(tmp_path / "models" / "credit", tmp_path / "user-config", right=100)
    made.write("policy.yaml", POLICY)
    assert main(["init", "--project", str(made.root)]) == 0
    capsys.readouterr()
    return made


def _check(project: Project, *options: str, dry: bool = True) -> int:
    given = ["check", str(project.root), "--policy", str(project.root / "policy.yaml"), *options]
    return main([*given, "--dry-run"] if dry else given)


def test_every_format_in_one_run(project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "new" / "folder"
    also = [option for name in FORMATS for option in ("--also", f"{name}={out / name}")]
    assert _check(project, "--format", "json", *also) == 10
    printed = json.loads(capsys.readouterr().out)
    files = {name: (out / name).read_text(encoding="utf-8") for name in FORMATS}
    assert json.loads(files["json"]) == printed and printed["exit_code"] == 10
    digest = printed["decision_sha256"]
    sarif = json.loads(files["sarif"])["runs"][0]
    assert sarif["properties"]["decision"] == digest and sarif["results"]
    assert ElementTree.fromstring(files["junit"]).attrib["failures"] == "1"
    assert digest in files["junit"] and digest in files["markdown"] and digest in files["text"]
    assert files["github"].startswith("::warning ")
    assert sorted(path.name for path in out.iterdir()) == sorted(FORMATS)


@pytest.mark.parametrize("name", FORMATS)
def test_the_file_holds_what_is_printed(
    name: str, project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _check(project, "--format", name, "--also", f"{name}={tmp_path / 'out'}") == 10
    assert (tmp_path / "out").read_text(encoding="utf-8") == capsys.readouterr().out


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8"])
@pytest.mark.parametrize("name", FORMATS)
def test_every_format_comes_through_every_terminal(
    name: str, encoding: str, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the encoding lacks is written as an escape; what programs read stays what it says it is."""
    manifest = (project.root / "governance.yaml").read_text(encoding="utf-8")
    project.write("governance.yaml", manifest.replace("credit,", "Müller 女,"))
    terminal = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    monkeypatch.setattr(sys, "stdout", terminal)
    assert _check(project, "--format", name) == 10
    terminal.flush()
    data: bytes = terminal.buffer.getvalue()  # type: ignore[attr-defined]
    if name in ("json", "sarif"):
        assert "Müller 女" in json.dumps(json.loads(data), ensure_ascii=False)
    elif name == "junit":
        said = {item.attrib["value"] for item in ElementTree.fromstring(data).iter("property")}
        assert "Müller 女" in said
    else:
        shown = data.decode(encoding)
        assert "Müller 女".encode(encoding, "backslashreplace").decode(encoding) in shown


def test_github_prints_commands_and_nothing_else(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.table(100, 100, sex=["f\n::stop-commands::x", "f\n::stop-commands::x", "m", "m"] * 25)
    policy = (
        POLICY + "  - {id: rates, uses: fairness.disparity@1, with: {at_least: 0.8}, enforcement: {default: deny}}\n"
    )
    project.write("policy.yaml", policy)
    assert _check(project, "--format", "github") in (10, 11)
    printed = capsys.readouterr().out
    assert "f<U+000A>::stop-commands::x" in printed
    assert all(re.match(r"::(error|warning|notice) file=", line) for line in printed.splitlines())


def test_the_exit_code_is_that_of_the_environment_and_the_report_agrees(project: Project, tmp_path: Path) -> None:
    out = tmp_path / "junit.xml"
    assert _check(project, "--environment", "staging", "--also", f"junit={out}") == 0
    assert ElementTree.fromstring(out.read_text(encoding="utf-8")).attrib["failures"] == "0"


@pytest.mark.parametrize(
    "option, said",
    [
        ("html=x.html", "one of text, json, sarif, junit, markdown, github"),
        ("junit", "FORMAT=FILE"),
        ("junit=", "FORMAT=FILE"),
        ("=x.xml", "FORMAT=FILE"),
        ("junit={tmp}", "not a file"),
        ("junit=/dev/null", "not a file"),
        ("junit=/dev/null/x/y.xml", "no file can be written there"),
        ("junit={root}/governance.yaml", "used for something else"),
        ("junit={root}/../credit/governance.yaml", "used for something else"),
    ],
)
def test_refused_before_anything_is_measured(
    option: str, said: str, project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: Any
) -> None:
    monkeypatch.setattr("governance.operations.evaluate.check", lambda *_, **__: pytest.fail("it was measured"))
    before = (project.root / "governance.yaml").read_bytes()
    assert _check(project, "--also", option.format(tmp=tmp_path, root=project.root)) == 2
    captured = capsys.readouterr()
    assert said in captured.err and "--also" in captured.err and captured.out == ""
    assert (project.root / "governance.yaml").read_bytes() == before


def test_two_results_do_not_share_a_file(project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "out"
    assert _check(project, "--also", f"junit={file}", "--also", f"sarif={file}") == 2
    assert _check(project, "--bundle", str(file), "--also", f"sarif={file}", dry=False) == 2
    assert not file.exists() and capsys.readouterr().err.count("used for something else") == 2


def test_a_link_is_written_through(project: Project, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert _check(project, "--also", f"junit={tmp_path / 'link'}") == 10
    assert (tmp_path / "link").is_symlink() and (tmp_path / "real").read_text().startswith("<?xml")


def test_compared_with_what_was_allowed_there_before(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert _check(project, "--format", "markdown", dry=False) == 10
    first = capsys.readouterr().out
    assert "prod, staging: no version of this model was approved there before" in first
    assert "Sealed as entry " in first and "governance bundle credit@1.10 --out bundle.json" in first
    project.table(85, 100)
    project.write("governance.yaml", (project.root / "governance.yaml").read_text().replace("1.10", "1.11"))
    assert _check(project, "--format", "markdown") == 11
    second = capsys.readouterr().out
    assert "**Since version 1.10**, allowed in staging on " in second
    assert "prod: no version of this model was approved there before" in second
    assert "changed: data.evaluation, manifest." in second
    # Sealed, it is compared with what was before it, not with itself.
    assert _check(project, "--format", "markdown", dry=False) == 11
    assert "**Since version 1.10**, allowed in staging on " in capsys.readouterr().out


def test_without_a_trail_there_is_nothing_to_compare_with(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bare = Project(tmp_path / "bare", tmp_path / "user-config", right=100)
    assert _check(bare, "--format", "markdown", dry=False) == 10
    assert "nothing to compare with" in capsys.readouterr().out


def test_a_manifest_is_named_as_its_repository_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    manifest = tmp_path / "a" / "b" / "governance.yaml"
    manifest.parent.mkdir(parents=True)
    manifest.touch()
    monkeypatch.chdir(tmp_path / "a")
    assert as_the_repository_knows(manifest) == "b/governance.yaml"
    (tmp_path / ".git").mkdir()
    assert as_the_repository_knows(Path("b/governance.yaml")) == "a/b/governance.yaml"
    (tmp_path / ".git").rmdir()
    monkeypatch.chdir("/")
    assert as_the_repository_knows(manifest) == str(manifest).removeprefix("/")
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path / "other")
    assert as_the_repository_knows(manifest) == "governance.yaml"
