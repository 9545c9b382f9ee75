"""The formats of a check: which one goes to standard output, which ones into files."""

from __future__ import annotations

import os

from governance.errors import BadInput

TYPE_CHECKING = False  # as in __main__, which needs the names of the formats for `--help`
if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from governance.render.pipeline import CheckPage

FORMATS = {
    "text": "For a terminal: the verdict, then what stands against it, worst first.",
    "json": "For programs: evidence, decision and its place in the trail, as the documents are.",
    "sarif": "For code scanning, SARIF 2.1.0: what did not pass, on the line of the manifest its facts come from; "
    "waivers as suppressions; every rule with what it checks and how to fix it.",
    "junit": "For Jenkins, GitLab and Azure: one case for each finding.",
    "markdown": "For a comment or a job summary: the verdict of each environment, what stands against it, what changed "
    "since the version that was last allowed there, what was taken on somebody's word.",
    "github": "For the log of a GitHub Actions job: annotations on the lines of the manifest.",
}
"""Each format of a check, and what it is for."""


def wanted(options: Sequence[str], taken: Sequence[Path]) -> list[tuple[str, Path]]:
    """`FORMAT=FILE` options as formats and files. Raises BadInput, before anything is measured, for what could not be
    written later and for a file that something else is written to or read from (`taken`)."""
    from pathlib import Path

    files: list[tuple[str, Path]] = []
    known = [path.resolve() for path in taken]
    for option in options:
        name, equals, file = option.partition("=")
        if not equals or not file or name not in FORMATS:
            raise BadInput(
                "not a format and a file",
                got=repr(option),
                expected=f"FORMAT=FILE, where FORMAT is one of {', '.join(FORMATS)}",
                where="--also",
            )
        path = Path(file).resolve()
        if path in known:
            raise BadInput("this file is used for something else", got=file, fix="name another file", where="--also")
        _assert_writable(path, file)
        known.append(path)
        files.append((name, path))
    return files


def _assert_writable(path: Path, shown: str) -> None:
    if path.exists() and not path.is_file():
        raise BadInput("not a file", got=shown, expected="a file to write, new or old", where="--also")
    folder = next(parent for parent in path.parents if parent.exists())
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        raise BadInput(
            "no file can be written there", got=shown, expected="a folder that may be written", where="--also"
        )


def rendered(name: str, page: CheckPage, exit_code: int, *, colour: bool = False, width: int = 100) -> str:
    """A check in one of FORMATS."""
    if name == "text":
        from governance.render.text import decision_text

        return decision_text(
            page.decision,
            page.evidence,
            environment=page.environment,
            colour=colour,
            width=width,
            sealed=page.sealed,
            acts=page.acts,
            policies=page.policies,
        )
    if name == "json":
        from governance.render.json import decision_json

        return decision_json(page.decision, page.evidence, page.sealed, exit_code)
    if name == "sarif":
        from governance.render.sarif import decision_sarif

        return decision_sarif(page)
    if name == "junit":
        from governance.render.junit import decision_junit

        return decision_junit(page)
    if name == "markdown":
        from governance.render.markdown import decision_markdown

        return decision_markdown(page)
    if name == "github":
        from governance.render.github import decision_github

        return decision_github(page)
    raise RuntimeError(f"no format is called {name}")


def as_the_repository_knows(manifest: Path) -> str:
    """The manifest's path from the root of its repository; from here where it is in none; else its name."""
    from pathlib import Path

    real = manifest.resolve()
    roots = [folder for folder in real.parents if (folder / ".git").exists()][:1] or [Path.cwd()]
    return real.relative_to(roots[0]).as_posix() if real.is_relative_to(roots[0]) else real.name
