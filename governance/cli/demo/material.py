"""Makes the projects that the demonstration audits. Models are trained and digests computed when it runs.

Version 1 has a fault of each kind, and each is a property of its files. Version 2 mends what can be mended.
"""

import json
import os
import re
import shutil
import subprocess
from importlib import metadata
from pathlib import Path
from typing import Literal

import pandas

from governance.canonical import sha256
from governance.cli.demo import events, texts, training
from governance.errors import BadInput

_RECIPES = {
    "1": training.Recipe(features=("age", "bp_by_sex"), c=1.0, seed=0, held_out=0.4),
    "2": training.Recipe(features=("bmi", "s5"), c=1.0, seed=0, held_out=0.4),
}
# Age counts in years and blood pressure in standard deviations: under so strong a penalty only age is left.
_TOO_STRONG = 0.0003
_DAYS = {"1": "2026-03-02", "2": "2026-05-11"}
_REQUIREMENTS = ("pandas", "pyarrow", "scikit-learn", "skops")
_RECORDED = (training.SOURCE, training.TRAIN, training.EVALUATION, training.MODEL)


def build(folder: Path, version: Literal["1", "2"], lock: str = "") -> Path:
    """A complete project below `folder`; returns its manifest. Same libraries, same bytes; where there is no git,
    version 2 has no commit to name, and the audit says so.

    `lock`: a lock file in pip's format, from which version 2 takes the digests of the packages it was trained with;
    what is not in there is pinned without one, and the audit says so. Raises BadInput where `folder` holds something.
    """
    if folder.exists() and any(folder.iterdir()):
        raise BadInput("the folder is not empty", got=str(folder), expected="a new or an empty folder")
    recipe = _RECIPES[version]
    training.run(folder, recipe)
    recorded = {name: sha256((folder / name).read_bytes()) for name in _RECORDED}
    if version == "1":
        # Two things were done after the digests were written down, and the manifest was left as it was.
        recipe = recipe._replace(c=_TOO_STRONG)
        training.run(folder, recipe)
        train = folder / training.TRAIN
        training.write_table(pandas.read_parquet(train).sort_values("age", kind="stable"), train)
    _write(folder / "code" / "train.py", Path(training.__file__).read_bytes())
    _write(folder / "code" / "recipe.json", json.dumps(recipe._asdict(), indent=2).encode() + b"\n")
    for name, event in events.events(recipe, _DAYS[version]).items():
        _write(folder / "lineage" / name, event)
    _write(folder / "access" / "grants.csv", texts.GRANTS[version].encode())
    _write(folder / "access" / "approvals.csv", texts.APPROVALS[version].encode())
    _write(folder / "docs" / "card.md", texts.CARDS[version].encode())
    wanted = "\n".join(_REQUIREMENTS) + "\n" if version == "1" else pinned(_REQUIREMENTS, lock)
    _write(folder / "requirements.lock", wanted.encode())
    commit = _commit(folder / "code", f"{_DAYS[version]}T08:00:00Z") if version == "2" else None
    manifest = folder / "governance.yaml"
    _write(manifest, texts.manifest(version, recipe, recorded, commit).encode())
    return manifest


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def pinned(names: tuple[str, ...], lock: str) -> str:
    """The packages `names` and all they need, in the versions that are installed here, in pip's lock format. Each has
    the digests that `lock` gives for that version, or none."""
    known: dict[str, str] = {}
    for block in re.split(r"\n(?=\S)", lock.strip()):
        if found := re.match(r"\S+==\S+", block):
            known[found[0]] = "".join(f" \\\n    {digest}" for digest in re.findall(r"--hash=\S+", block))
    installed: dict[str, str] = {}
    waiting = list(names)
    while waiting:
        name = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        if name in installed:
            continue
        try:
            distribution = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue  # needed on other systems or other versions of Python only
        installed[name] = f"{name}=={distribution.version}"
        needs = [need for need in distribution.requires or () if "extra ==" not in need]
        waiting += [re.split(r"[^\w.-]", need, maxsplit=1)[0] for need in needs]
    return "".join(f"{pin}{known.get(pin, '')}\n" for _, pin in sorted(installed.items()))


def _commit(code: Path, at: str) -> str | None:
    """Commit what lies in `code` to a new repository there; the commit's id, or null where there is no git."""
    git = shutil.which("git")
    if git is None:
        return None
    # Nobody's own configuration takes part, so the same files always give the same commit.
    environment = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}
    for role in ("AUTHOR", "COMMITTER"):
        environment |= {f"GIT_{role}_NAME": "ann", f"GIT_{role}_EMAIL": "ann@example.org", f"GIT_{role}_DATE": at}
    said = ""
    for arguments in (
        ("init", "--quiet", "--template=", "--initial-branch=main"),
        ("add", "train.py", "recipe.json"),
        ("commit", "--quiet", "--message=Train on body mass index and s5"),
        ("rev-parse", "HEAD"),
    ):
        done = subprocess.run([git, *arguments], cwd=code, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            return None
        said = done.stdout.strip()
    return said
