"""What `governance init` says and writes in folders as people have them, whole.

After a change that is meant, write them again: python -m tests.cli.init.test_transcripts
"""

import os
import re
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from governance.cli.__main__ import main
from tests.cli.folders import (
    crowded_folder,
    empty_folder,
    messy_folder,
    onnx_folder,
    sklearn_folder,
    vendor_folder,
    xgboost_folder,
)

HERE = Path(__file__).parent / "transcripts"
FOLDERS: dict[str, tuple[Callable[[Path], Path], list[str]]] = {
    "sklearn": (sklearn_folder, []),
    "sklearn-by-flags": (
        sklearn_folder,
        [
            "--version=1.10", "--owner=team:credit", "--objective=decide about small loans", "--contact=#credit-oncall",
            "--rollback=1.9", "--risk-tier=high", "--label=repaid", "--positive=yes", "--prediction=rescore",
            "--sensitive=sex", "--sensitive=age", "--bins=age:40,60",
        ],
    ),
    "xgboost": (xgboost_folder, []),
    "onnx": (onnx_folder, []),
    "vendor": (vendor_folder, []),
    "crowded": (crowded_folder, []),
    "empty": (empty_folder, []),
    "messy": (messy_folder, []),
}  # fmt: skip


def transcript(name: str, place: Path) -> str:
    """What is printed, then what is written. Digests are left out: libraries write models and tables anew."""
    make, flags = FOLDERS[name]
    folder, out = make(place / "loans"), StringIO()
    before = Path.cwd()
    os.chdir(folder)
    try:
        with redirect_stdout(out):
            assert main(["init", "--no-trail", *flags]) == 0
    finally:
        os.chdir(before)
    said = out.getvalue().replace(str(folder), "FOLDER")
    text = said + "\n--- governance.yaml\n" + (folder / "governance.yaml").read_text()
    return re.sub(r'"[0-9a-f]{64}"', '"<sha256>"', text)


@pytest.mark.parametrize("name", FOLDERS)
def test_transcript(name: str, tmp_path: Path) -> None:
    assert transcript(name, tmp_path) == (HERE / f"{name}.txt").read_text()


def test_each_transcript_has_its_folder() -> None:
    assert {path.stem for path in HERE.iterdir()} == set(FOLDERS)


if __name__ == "__main__":
    for each in FOLDERS:
        with TemporaryDirectory() as made:
            (HERE / f"{each}.txt").write_text(transcript(each, Path(made)))
        sys.stdout.write(f"{each}\n")
