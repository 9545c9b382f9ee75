"""What a manifest names is what collect reads; and what may travel can be read in one way only."""

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from governance.collect.collected import GROUPS, collect
from governance.collect.manifest import Loaded
from governance.collect.named_files import MOST_FILES, NamedFile, named_files, travelling
from governance.errors import BadInput


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(wanted=st.sets(st.sampled_from(sorted(GROUPS))))
def test_it_is_what_is_read(loaded: Callable[..., Loaded], wanted: set[str]) -> None:
    one = loaded(("path: data/eval.csv", f"path: data/eval.csv\n    sha256: {'1' * 64}"))
    read = collect(one, frozenset(wanted)).inputs
    named = [("manifest", "governance.yaml", None), *named_files(one.manifest, wanted)]
    assert {(item.role, item.path, item.recorded) for item in read} == set(named)


def test_without_a_wish_it_is_everything(loaded: Callable[..., Loaded]) -> None:
    manifest = loaded().manifest
    assert named_files(manifest) == named_files(manifest, GROUPS)
    assert len(named_files(manifest)) == 12


def test_one_file_of_two_roles_travels_once() -> None:
    both = [NamedFile("data.evaluation", "a/b.csv"), NamedFile("data.training", "a/b.csv", "0" * 64)]
    assert travelling(both, "governance.yaml") == {"a/b.csv": tuple(both)}


@pytest.mark.parametrize(
    "path",
    [
        *("", "/", "/etc/passwd", "..", "../x", "a/../b", "a/..", ".", "./a", "a/.", "a//b", "a/", "C:\\x", "a\\b"),
        *('a"b', "a\0b", "a\nb", "a\rb", "a\x7fb", "a\u202eb", "a\u200bb", "a\u00a0b", "e\u0301", "x" * 256),
        "/".join("x" * 200 for _ in range(6)),
        "é" * 128,
    ],
)
def test_what_cannot_travel(path: str) -> None:
    with pytest.raises(BadInput) as caught:
        travelling([NamedFile("data.training", path)], "governance.yaml")
    assert caught.value.where == "data.training"
    with pytest.raises(BadInput):
        travelling([], path)


@pytest.mark.parametrize("path", ["a", "data/eval.parquet", "Données/été.csv", "a b/c d.csv", "..a/b..", "x" * 255])
def test_what_can(path: str) -> None:
    assert list(travelling([NamedFile("data.training", path)], "governance.yaml")) == [path]


@pytest.mark.parametrize(
    "one, other",
    [
        ("a.csv", "A.csv"),
        ("straße", "STRASSE"),
        ("ﬁle.csv", "file.csv"),  # the ligature
        ("２.csv", "2.csv"),  # full width
        ("a", "a/b"),
        ("A", "a/b/c"),
        ("governance.yaml", "model"),
        ("Governance.YAML", "model"),
        ("governance.yaml/x", "model"),
    ],
)
def test_what_could_be_taken_for_another(one: str, other: str) -> None:
    for pair in ((one, other), (other, one)):
        with pytest.raises(BadInput, match="taken for each other"):
            travelling([NamedFile("artifact", name) for name in pair], "governance.yaml")


def test_a_manifest_of_another_name_is_in_the_same_folder() -> None:
    assert travelling([NamedFile("artifact", "governance.yaml")], "other.yaml")
    with pytest.raises(BadInput, match="in a folder"):
        travelling([], "models/governance.yaml")


def test_not_too_many() -> None:
    files = [NamedFile("documents", f"{number}.md") for number in range(MOST_FILES + 1)]
    assert len(travelling(files[1:], "governance.yaml")) == MOST_FILES
    with pytest.raises(BadInput, match="too many files"):
        travelling(files, "governance.yaml")
