"""The pipelines that the documentation shows do what they say: their jobs run, with the keys that its page makes."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.docs import pipeline
from tests.docs.pages import play_page
from tests.docs.player import environment

pytestmark = pytest.mark.slow
HOW_TO = Path(__file__).resolve().parents[2] / "docs" / "how-to"
PASSWORD = "correct horse battery staple"


@pytest.fixture
def platform(
    tmp_path: Path, demo: tuple[Path, str], require_tool: Callable[[str], str]
) -> tuple[pipeline.Platform, str]:
    """The page about keys, played in a repository with a remote; and the secret that it makes."""
    require_tool("git")
    origin, folder, home = tmp_path / "origin.git", tmp_path / "work", tmp_path / "home"
    folder.mkdir()
    for command in (
        ["init", "-q", "--bare", origin],
        ["init", "-q", folder],
        ["-C", folder, "remote", "add", "origin", origin],
    ):
        subprocess.run(["git", *map(str, command)], check=True)
    play_page(HOW_TO / "pipeline-keys.md", tmp_path, demo, ())
    stand = pipeline.Platform(folder, origin, environment(home), tmp_path / "calls")
    stand.calls.touch()
    return stand, (home / "keys.txt").read_text()


def entries(stand: pipeline.Platform) -> int:
    """Of the trail that the remote holds."""
    shown = subprocess.run(
        ["git", "-C", stand.origin, "log", "--oneline", "governance-trail"], capture_output=True, text=True, check=True
    )
    return len(shown.stdout.splitlines())


def test_github(platform: tuple[pipeline.Platform, str], tmp_path: Path) -> None:
    stand, keys = platform
    play_page(HOW_TO / "github.md", tmp_path, None, ())
    workflow = stand.folder / ".github/workflows/audit.yml"

    asked = {"github.token": "t", "github.event.pull_request.number": "7"}
    comment = pipeline.github(workflow, "comment", stand, asked)
    assert comment.code == 10, comment.output
    assert "::warning" in comment.output
    assert comment.steps[-3:] == ["Summary", "Comment", "github/codeql-action/upload-sarif@v4"]
    assert "gh pr comment 7" in stand.calls.read_text()
    assert "NEEDS REVIEW" in (tmp_path / "runner-comment" / "summary").read_text()
    assert json.loads((stand.folder / "governance.sarif").read_text())["runs"][0]["results"]

    before = entries(stand)
    secrets = {"secrets.GOVERNANCE_KEYS": keys, "secrets.GOVERNANCE_PASSWORD": PASSWORD}
    sealed = pipeline.github(workflow, "seal", stand, secrets)
    assert sealed.code == 0, sealed.output
    assert entries(stand) == before + 1
    assert (stand.folder / "bundle.json").exists()

    (stand.folder / ".github/trust.json").write_bytes((stand.folder / ".governance/trust.json").read_bytes())
    _deployable(stand.folder)
    # bo approved this evidence on the page before, so the gate opens; for another file it does not.
    opened = pipeline.github(stand.folder / ".github/workflows/deploy.yml", "deploy", stand, {})
    assert (opened.code, opened.steps[-1]) == (0, "Deploy"), opened.output
    assert "deployed model.skops" in opened.output
    _changed(stand.folder / "model.skops")
    shut = pipeline.github(stand.folder / ".github/workflows/deploy.yml", "deploy", stand, {})
    assert (shut.code, shut.steps[-1]) == (11, "Gate"), shut.output

    denied = pipeline.github(workflow, "seal", stand, secrets)
    assert denied.code == 11, denied.output
    assert entries(stand) == before + 2, "a denial is kept as well"


def test_gitlab(platform: tuple[pipeline.Platform, str], tmp_path: Path) -> None:
    stand, keys = platform
    play_page(HOW_TO / "gitlab.md", tmp_path, None, ())
    config = stand.folder / ".gitlab-ci.yml"
    variables = {
        "CI_SERVER_HOST": "gitlab.example",
        "CI_PROJECT_PATH": "team/credit",
        "CI_API_V4_URL": "https://gitlab.example/api/v4",
        "CI_PROJECT_ID": "3",
        "CI_MERGE_REQUEST_IID": "7",
        "CI_COMMIT_SHA": "4e1d" * 10,
        "TRAIL_TOKEN": "secret",
        "COMMENT_TOKEN": "other",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{stand.origin}.insteadOf",
        "GIT_CONFIG_VALUE_0": "https://governance:secret@gitlab.example/team/credit.git",
    }
    comment = pipeline.gitlab(config, "comment", stand, variables)
    assert comment.code == 10, comment.output
    assert "merge_requests/7/notes" in stand.calls.read_text()
    assert "<failure" in (stand.folder / "governance.xml").read_text()

    before = entries(stand)
    variables |= {"GOVERNANCE_KEYS": keys, "GOVERNANCE_PASSWORD": PASSWORD}
    sealed = pipeline.gitlab(config, "seal", stand, variables)
    assert sealed.code == 0, sealed.output
    assert entries(stand) == before + 1
    assert not (Path(f"{stand.folder}.tmp") / "governance").exists()

    (stand.folder / "ci").mkdir()
    (stand.folder / "ci/trust.json").write_bytes((stand.folder / ".governance/trust.json").read_bytes())
    _deployable(stand.folder)
    opened = pipeline.gitlab(config, "deploy", stand, variables)
    assert opened.code == 0 and "deployed model.skops" in opened.output, opened.output
    _changed(stand.folder / "model.skops")
    shut = pipeline.gitlab(config, "deploy", stand, variables)
    assert shut.code == 11 and "deployed" not in shut.output, shut.output

    denied = pipeline.gitlab(config, "seal", stand, variables)
    assert denied.code == 11, denied.output
    assert entries(stand) == before + 2


def _deployable(folder: Path) -> None:
    (folder / "deploy.sh").write_text('#!/bin/sh\necho "deployed $1"\n')
    (folder / "deploy.sh").chmod(0o755)


def _changed(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
