"""Finding a manifest, and saying what to do where there is none."""

from collections.abc import Callable
from pathlib import Path

import pytest

from governance import canonical
from governance.collect.manifest import Loaded, load
from governance.errors import BadInput


def test_a_manifest_is_named_by_itself_or_by_its_folder(project: Path) -> None:
    by_folder, by_file = load(project), load(project / "governance.yaml")
    assert by_folder.manifest == by_file.manifest
    assert by_folder.manifest.model.version == "1.10"
    assert by_folder.data == (project / "governance.yaml").read_bytes()
    assert (by_folder.input.role, by_folder.input.sha256) == ("manifest", canonical.sha256(by_folder.data))
    assert by_folder.project.root == project.resolve()
    assert by_folder.source.position(("artifact", "path")).line == 3


def test_another_name_will_do(project: Path) -> None:
    (project / "governance.yaml").rename(project / "other.yml")
    assert load(project / "other.yml").input.path == "other.yml"


@pytest.mark.parametrize("name", ["", "nowhere", "nowhere/governance.yaml"])
def test_no_manifest(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadInput, match="governance check PATH") as caught:
        load(tmp_path / name)
    assert str(tmp_path / name) in str(caught.value)


def test_a_manifest_that_is_a_link_out_of_its_folder(project: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "governance.yaml").symlink_to(project / "governance.yaml")
    with pytest.raises(BadInput, match="--allow-root"):
        load(tmp_path / "elsewhere")
    assert load(tmp_path / "elsewhere", (project,)).manifest == load(project).manifest


@pytest.mark.parametrize(
    "old, new, line, words",
    [
        ("name: loans", "nam: loans", 2, "did you mean 'name'?"),
        ("{column: p, positive:", "{column: p, positiv:", 9, "did you mean 'positive'?"),
        ("seeds: [0, 7]", "seeds: [0, x]", 16, "a whole number"),
    ],
)
def test_a_fault_has_its_place_in_the_file(
    loaded: Callable[..., Loaded], project: Path, old: str, new: str, line: int, words: str
) -> None:
    with pytest.raises(BadInput) as caught:
        loaded((old, new))
    assert str(caught.value).startswith(f"{project / 'governance.yaml'}:{line}:")
    assert words in str(caught.value)


def test_too_large(project: Path) -> None:
    with (project / "governance.yaml").open("ab") as file:
        file.write(b"#" * (1 << 20))
    with pytest.raises(BadInput, match="too large"):
        load(project)
