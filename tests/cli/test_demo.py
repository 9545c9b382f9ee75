"""The demo tells the truth: what it prints is what a newcomer can repeat, and what the README shows."""

import re
from pathlib import Path

import pytest

from governance.cli.__main__ import main

_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")
_DIGEST = re.compile(r"\b[0-9a-f]{12,64}\b")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    out = tmp_path_factory.mktemp("demo") / "out"
    with pytest.MonkeyPatch.context() as patch:
        printed: list[str] = []
        patch.setenv("CI", "true")  # throw-away keys: the demo makes them on a CI machine too
        patch.setattr("governance.cli.context.Context.say", lambda _self, text: printed.append(text))
        assert main(["demo", "--out", str(out)]) == 0
    return out, "\n".join(printed)


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
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("governance.cli.context.Context.say", lambda _self, text: None)
        assert main(["demo", "--out", str(other)]) == 0
    assert main(["trail", "verify", "--project", str(other), "--against", str(out / "bundle.json")]) == 12
    assert "UNTRUSTED_KEY" in capsys.readouterr().err


def test_the_readme_shows_this(demo: tuple[Path, str], root: Path) -> None:
    out, text = demo

    def plain(shown: str) -> str:
        shown = _DIGEST.sub("DIGEST", _TIME.sub("TIME", shown))
        return re.sub(r"(?<!\S)(\.venv/bin/)?governance ", "governance ", shown).strip()

    block = (root / "README.md").read_text().split("```text\n")[1].split("```")[0]
    told = text[text.index("4. A person") :].replace(str(out), "build/demo")
    assert plain(block) == plain(told)


def test_it_never_deletes_what_it_did_not_make(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    assert main(["demo", "--out", str(tmp_path)]) == 2
    assert (tmp_path / "thesis.txt").exists()
    assert "holds something else" in capsys.readouterr().err
