"""`governance init` over names meant to do harm."""

import os
from pathlib import Path
from typing import Any

import pytest

from governance.cli.__main__ import main
from tests.cli.folders import manifest_of, parquet, write

_NAMES = (
    "x: [", "# no", "- a", '"quoted"', "'", "{", "%YAML", "&a", "*a", "!t", "yes", "1.10", "\u202eevil", "\ufeffbom",
    "née", " padded ", "a, b", "a\\n", "\u2028", "...", "---", "rescore",
)  # fmt: skip
_UNHOLDABLE = ("a\nb", "e\u0301", "x" * 300)


def test_hostile_columns_and_values_come_through_as_they_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    columns: dict[str, list[Any]] = {name: list(_NAMES) for name in (*_NAMES, *_UNHOLDABLE)}
    columns |= {"sex\n: x": ["a"] * len(_NAMES), "race # ]": ["b: c"] * len(_NAMES)}
    folder = tmp_path / "model: # {x"
    parquet(folder / "eval.parquet", columns)
    flags = ["--label=x: [", "--positive=yes", "--positive=# no", "--prediction=# no"]
    flags += [f"--sensitive={name}" for name in _NAMES[2:]] + [f"--feature={name}" for name in _NAMES[1:]]
    assert main(["init", str(folder), "--no-trail", *flags]) == 0
    manifest = manifest_of(folder)
    assert manifest.model.name == "model: # {x"
    assert manifest.features == _NAMES[1:]
    evaluation = manifest.data.evaluation
    assert evaluation is not None
    assert tuple(each.column for each in evaluation.sensitive.values()) == _NAMES[2:]
    assert tuple(evaluation.sensitive) == tuple(name.replace("*", "_") for name in _NAMES[2:])
    assert evaluation.label.positive == tuple(sorted(("yes", "# no")))
    assert set(evaluation.label.negative) == set(_NAMES) - {"yes", "# no"}
    said = capsys.readouterr().out
    assert '"race # ]" ("b: c") looks sensitive' in said
    assert all(character.isprintable() or character == "\n" for character in said)


def test_hostile_names_of_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "a"
    for name in ("eval: \n# [.csv", "\x1b[2Jtrain.csv", "card \u202e.md", "g[1]*.parquet"):
        write(folder / name, "y,p\na,a\nb,b\n")
    (folder / "away.csv").symlink_to("/etc/passwd")
    flags = ["--evaluation=eval: \n# [.csv", "--label=y", "--positive=a", "--prediction=p"]
    assert main(["init", str(folder), "--no-trail", *flags]) == 0
    manifest = manifest_of(folder)
    assert manifest.data.evaluation is not None and manifest.data.evaluation.path == "eval: \n# [.csv"
    assert manifest.documents == {"model_card": "card \u202e.md"}
    said = capsys.readouterr().out
    assert all(character.isprintable() or character == "\n" for character in said)
    assert "'away.csv' is a link" in said


def test_a_folder_whose_name_no_manifest_can_hold(tmp_path: Path) -> None:
    for name in (os.fsdecode(b"\xff"), "a\nb"):
        folder = tmp_path / name
        folder.mkdir()
        assert main(["init", str(folder), "--no-trail"]) == 0
        assert manifest_of(folder).model.name == "model"
