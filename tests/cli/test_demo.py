"""The demo tells the truth: what it prints is what a newcomer can repeat."""

import re
from pathlib import Path

import pytest

from governance.cli.__main__ import main
from tests.demonstration import demonstrate


def test_version_1_fails_in_every_family_and_version_2_only_where_it_says(demo: tuple[Path, str]) -> None:
    _, text = demo
    first, second = text[text.index("2. Version 1") :].split("3. Version 2")
    assert "prod: DENY" in first
    assert first.count("failed  ") >= 8
    assert "prod: NEEDS REVIEW" in second
    assert "refused: local|ann submitted this version" in second
    assert re.search(r"version 2: ALLOW in prod", second)
    assert re.search(r"version 1: DENY in prod", second)
    assert re.search(r"one byte changed: DENY in prod", second)


def test_what_it_leaves_behind_can_be_asked(demo: tuple[Path, str], capsys: pytest.CaptureFixture[str]) -> None:
    out, _ = demo
    trust = ["--trust", str(out / "trust.json")]
    bundle = ["--bundle", str(out / "bundle.json")]
    prod = ["--environment", "prod"]
    assert (out / "report.pdf").read_bytes().startswith(b"%PDF-")
    for version, entry in (("v1", 2), ("v2", 4)):
        assert f"\nsealed    entry {entry} of governance-" in (out / version / "check.txt").read_text()
    assert main(["verify", str(out / "bundle.json"), *trust]) == 0
    assert main(["gate", "--artifact", str(out / "v2" / "model.skops"), *prod, *bundle, *trust]) == 0
    assert main(["gate", "--artifact", str(out / "v2" / "model-changed.skops"), *prod, *bundle, *trust]) == 11
    assert main(["gate", "--artifact", str(out / "v1" / "model.skops"), *prod, "--project", str(out)]) == 11
    assert main(["trail", "verify", "--project", str(out)]) == 0
    assert "VALID at level 0" in capsys.readouterr().out


def test_a_bundle_kept_elsewhere_shows_a_trail_that_was_put_back(
    demo: tuple[Path, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, _ = demo
    verify = ["trail", "verify", "--project", str(out), "--against", str(out / "bundle.json")]
    assert main(verify) == 0
    assert "continues what was kept elsewhere" in capsys.readouterr().out
    other = tmp_path / "other"
    demonstrate(other)
    assert main(["trail", "verify", "--project", str(other), "--against", str(out / "bundle.json")]) == 12
    assert "UNTRUSTED_KEY" in capsys.readouterr().err


def test_it_never_deletes_what_it_did_not_make(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    assert main(["demo", "--out", str(tmp_path)]) == 2
    assert (tmp_path / "thesis.txt").exists()
    assert "holds something else" in capsys.readouterr().err
