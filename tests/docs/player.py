"""Plays a page as a reader would: writes its files, runs its commands, and holds what they say against the page."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from fnmatch import fnmatch
from pathlib import Path

import yaml

from tests.docs import page as pages
from tests.docs.page import Block, Command, Malformed
from tests.docs.shell import Ran, Shell, ShellEnded

SECONDS = 300
# Titles by pattern -> the schema that check-jsonschema ships for them.
_WORKFLOWS = {
    ".github/workflows/*.yml": "vendor.github-workflows",
    "*action.yml": "vendor.github-actions",
    "*.gitlab-ci.yml": "vendor.gitlab-ci",
}
_ECHO = "echo $?"


class Untrue(Exception):
    """What the page says is not so. The message: page:line, command, expected, got."""


def play(
    source: Path,
    name: str,
    folder: Path,
    home: Path,
    recorded: Mapping[str, str],
    server: Mapping[str, str] | None = None,
) -> None:
    """Run a page in `folder`, which holds what the page starts from. `recorded`: output of commands that are not run
    again. `server`: how its commands find the page's server. Raises Untrue."""
    home.mkdir(exist_ok=True)
    try:
        page = pages.read(source)
        with Shell(folder, home.parent, _with(environment(home), server or {})) as shell:
            for block in page.blocks:
                _one(block, name, folder, shell, recorded)
    except Malformed as error:
        raise Untrue(f"{name}:{error}") from error


def environment(home: Path) -> dict[str, str]:
    """What a fresh account would have. Not `CI`: a reader sits at a terminal."""
    binaries = Path(sys.executable).parent
    return {
        "PATH": f"{binaries}{os.pathsep}{os.environ.get('PATH', '/usr/bin:/bin')}",
        "HOME": str(home),
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "NO_COLOR": "1",
        "GIT_CONFIG_NOSYSTEM": "1",
        **{f"GIT_{role}_NAME": "reader" for role in ("AUTHOR", "COMMITTER")},
        **{f"GIT_{role}_EMAIL": "reader@example.org" for role in ("AUTHOR", "COMMITTER")},
        **{name: os.environ.get(name, "1") for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")},
    }


def _with(environment: dict[str, str], server: Mapping[str, str]) -> dict[str, str]:
    """The commands of the server come after ours."""
    path = os.pathsep.join(part for part in (environment["PATH"], server.get("PATH")) if part)
    return {**environment, **server, "PATH": path}


def _one(block: Block, name: str, folder: Path, shell: Shell, recorded: Mapping[str, str]) -> None:
    if block.language == "console":
        _console(pages.commands(block), name, shell, recorded)
    elif block.title is not None:
        _file(block, name, folder)
    elif block.language in ("json", "yaml"):
        try:
            (json.loads if block.language == "json" else yaml.safe_load)(block.text)
        except (ValueError, yaml.YAMLError) as error:
            raise Untrue(f"{name}:{block.line}: this is no {block.language}: {error}") from error
    elif block.language != "text":
        raise Untrue(
            f"{name}:{block.line}: nothing tests a block of {block.language or 'no language'!r}; give it a title to"
            " write it to a file, or make it console, json, yaml or text"
        )


def _file(block: Block, name: str, folder: Path) -> None:
    path = (folder / (block.title or "")).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise Untrue(f"{name}:{block.line}: {block.title} lies outside the page's folder")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(block.text, encoding="utf-8")
    schema = next((schema for glob, schema in _WORKFLOWS.items() if fnmatch(block.title or "", glob)), None)
    if schema is None:
        return
    done = subprocess.run(
        [str(Path(sys.executable).parent / "check-jsonschema"), "--builtin-schema", schema, str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = done.stdout + done.stderr
        raise Untrue(f"{name}:{block.line}: {block.title} is not what its platform reads:\n{said}")


def _console(found: list[Command], name: str, shell: Shell, recorded: Mapping[str, str]) -> None:
    for command, following in zip(found, [*found[1:], None], strict=True):
        ran = _ran(command, name, shell, recorded)
        if ran.code and (following is None or following.text != _ECHO):
            raise Untrue(_told(name, command, "exit code 0", f"exit code {ran.code}, and:\n{ran.output}"))
        absent = pages.missing(command.shown, ran.output)
        if absent:
            line, text = absent
            raise Untrue(_told(name, command._replace(line=line), text, ran.output))


def _ran(command: Command, name: str, shell: Shell, recorded: Mapping[str, str]) -> Ran:
    plain = re.sub(r"\s+#.*", "", command.text)
    if plain in recorded:
        return Ran(0, recorded[plain])
    try:
        return shell.run(command.text, SECONDS)
    except ShellEnded as error:
        raise Untrue(_told(name, command, "a command that comes back", str(error))) from error


def _told(name: str, command: Command, expected: str, got: str) -> str:
    return f"{name}:{command.line}\n  command   {command.text}\n  expected  {expected}\n  got\n{_indented(got)}"


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines()) or "    nothing"
