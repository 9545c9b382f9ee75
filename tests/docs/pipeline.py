"""Runs the jobs of a workflow's YAML as their platform would: shell steps for real, actions of others replaced."""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml


class Ran(NamedTuple):
    """`code` is that of the job: of the first step that failed. `steps` are the names or commands that ran."""

    code: int
    output: str
    steps: list[str]


class Platform(NamedTuple):
    """`folder` is the checkout. `calls` collects what the stand-ins of `pip`, `gh` and `curl` were called with."""

    folder: Path
    origin: Path
    environment: dict[str, str]
    calls: Path

    def stand_in(self, *names: str) -> dict[str, str]:
        """The environment, with commands that only note how they were called put before all others."""
        binaries = self.calls.parent / "stand-ins"
        binaries.mkdir(exist_ok=True)
        for name in names:
            (binaries / name).write_text(f'#!/bin/sh\necho "{name} $*" >> "{self.calls}"\n')
            (binaries / name).chmod(0o755)
        return {**self.environment, "PATH": f"{binaries}{os.pathsep}{self.environment['PATH']}"}


def github(path: Path, job: str, platform: Platform, secrets: Mapping[str, str]) -> Ran:
    """One job of a workflow. Steps run in `bash -e`, `checkout` of a branch is a clone, other actions are left out."""
    steps = yaml.safe_load(path.read_text())["jobs"][job]["steps"]
    temporary = platform.folder.parent / f"runner-{job}"
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir()
    for name in ("env", "summary"):
        (temporary / name).touch()
    environment = platform.stand_in("pip", "gh") | {
        "CI": "true",
        "RUNNER_TEMP": str(temporary),
        "GITHUB_ENV": str(temporary / "env"),
        "GITHUB_STEP_SUMMARY": str(temporary / "summary"),
        "GITHUB_SHA": "4e1d" * 10,
    }
    code, output, ran = 0, "", []
    for step in steps:
        condition = str(step.get("if", ""))
        if code and "cancelled()" not in condition:
            continue
        wanted = re.findall(r"hashFiles\('([^']+)'\)", condition)
        if not all((platform.folder / name).exists() for name in wanted):
            continue
        ran.append(step.get("name") or step.get("uses") or step["run"])
        if "uses" in step:
            _use(step, platform)
            continue
        given = dict(line.split("=", 1) for line in (temporary / "env").read_text().splitlines())
        own = {name: _filled(str(value), secrets) for name, value in step.get("env", {}).items()}
        where = platform.folder / step.get("working-directory", ".")
        answer, said = _shell(_filled(step["run"], secrets), where, {**environment, **given, **own})
        code, output = code or answer, output + said
    return Ran(code, output, ran)


def _use(step: dict[str, Any], platform: Platform) -> None:
    branch = step.get("with", {}).get("ref")
    if step["uses"].startswith("actions/checkout@") and branch:
        _clone(platform, branch, step["with"]["path"])


def _clone(platform: Platform, branch: str, path: str) -> None:
    target = platform.folder / path
    shutil.rmtree(target, ignore_errors=True)
    subprocess.run(["git", "clone", "-q", "-b", branch, platform.origin, target], check=True)


def _filled(text: str, secrets: Mapping[str, str]) -> str:
    """With `${{ secrets.NAME }}` and what else there is in place. KeyError for what there is none of."""
    return re.sub(r"\$\{\{ *([\w.]+) *\}\}", lambda found: secrets[found[1]], text)


def gitlab(path: Path, job: str, platform: Platform, variables: Mapping[str, str]) -> Ran:
    """One job: its `script` in one shell that stops at the first failure, then its `after_script`."""
    whole = yaml.safe_load(path.read_text())
    shutil.rmtree(platform.folder / ".governance", ignore_errors=True)
    folder = str(platform.folder)
    environment = platform.stand_in("pip", "curl") | {"CI": "true", "CI_PROJECT_DIR": folder, **variables}
    for name, value in {**whole.get("variables", {}), **whole[job].get("variables", {})}.items():
        environment[name] = re.sub(r"\$\{?(\w+)\}?", lambda found: environment[found[1]], value)
    script = whole[job]["script"]
    code, output = _shell("\n".join(script), platform.folder, environment)
    output += _shell("\n".join(whole[job].get("after_script", [])), platform.folder, environment)[1]
    allowed = whole[job].get("allow_failure", {}).get("exit_codes")
    return Ran(0 if code == allowed else code, output, script)


def _shell(script: str, folder: Path, environment: dict[str, str]) -> tuple[int, str]:
    done = subprocess.run(
        ["bash", "-e", "-c", script],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=120,
    )
    return done.returncode, done.stdout
