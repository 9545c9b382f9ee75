"""`governance init` where something is there already, and where nothing may be made."""

from pathlib import Path
from typing import Any

import pytest

from governance.cli.__main__ import main
from tests.cli.folders import manifest_of, write


def test_a_trail_is_kept(loans: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(loans / "governance.yaml", "not ours\n")
    assert main(["init", str(loans)]) == 0
    said = capsys.readouterr().out
    assert "Kept" in said and "Started the trail" in said
    trust = (loans / ".governance/trust.json").read_bytes()
    (loans / "governance.yaml").unlink()
    assert main(["init", str(loans)]) == 0
    assert "Kept the trail governance-" in capsys.readouterr().out
    assert (loans / ".governance/trust.json").read_bytes() == trust
    assert manifest_of(loans).model.name == "loans"


@pytest.mark.parametrize("flags", [["--no-trail"], ["--name=x"], ["--sensitive=sex"]])
def test_a_manifest_is_never_overwritten(loans: Path, flags: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    write(loans / "governance.yaml", "not ours\n")
    assert main(["init", str(loans), *flags]) == 2
    assert "never overwritten" in capsys.readouterr().err
    assert (loans / "governance.yaml").read_text() == "not ours\n"
    assert not (loans / ".governance").exists()


def test_with_manifest_and_trail_there_is_nothing_to_do(loans: Path) -> None:
    assert main(["init", str(loans)]) == 0
    text = (loans / "governance.yaml").read_bytes()
    assert main(["init", str(loans)]) == 2
    assert (loans / "governance.yaml").read_bytes() == text


def test_a_link_that_leads_nowhere_is_not_written_through(loans: Path) -> None:
    (loans / "governance.yaml").symlink_to(loans.parent / "elsewhere")
    assert main(["init", str(loans), "--no-trail"]) == 2
    assert not (loans.parent / "elsewhere").exists()


def test_a_manifest_that_appears_meanwhile_is_kept(loans: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from governance.operations import draft

    def too_late(*arguments: Any) -> draft.Draft:
        made = original(*arguments)
        write(loans / "governance.yaml", "theirs\n")
        return made

    original = draft.draft
    monkeypatch.setattr(draft, "draft", too_late)
    assert main(["init", str(loans), "--no-trail"]) == 2
    assert (loans / "governance.yaml").read_text() == "theirs\n"


def test_on_a_ci_machine_no_key_is_made(
    loans: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("CI", "true")
    assert main(["init", str(loans)]) == 2
    assert "--no-trail" in capsys.readouterr().err
    assert not (loans / "governance.yaml").exists()
    assert main(["init", str(loans), "--no-trail"]) == 0
    assert (loans / "governance.yaml").exists()
    assert not (loans / ".governance").exists() and not (tmp_path / "user-config").exists()


def test_no_such_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", str(tmp_path / "none")]) == 2
    assert "no such folder" in capsys.readouterr().err
