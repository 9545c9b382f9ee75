"""Files as they come: taken whole, each once, under the names that the manifest gives them; else nothing stays."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.canonical import sha256
from governance.errors import BadInput, MachineFault
from governance.operations.uploads import (
    FILES,
    Incoming,
    Limits,
    TooLarge,
    Upload,
    assert_complete,
    digest_of,
    fresh_folder,
    upload_folder,
)
from governance.strictyaml import MAX_BYTES

fcntl = pytest.importorskip("fcntl")
LIMITS = Limits(whole=1000, file=600)
MANIFEST = b"""\
schema: governance.manifest/v1
model: {name: credit, version: 1.10}
artifact: {path: models/model.onnx, format: onnx}
access: {grants: access/grants.csv}
"""
ARTIFACT, GRANTS = "models/model.onnx", "access/grants.csv"


@pytest.fixture
def folder(tmp_path: Path):
    with upload_folder(tmp_path / "uploads") as own, fresh_folder(own) as made:
        yield made


def send(folder: Path, *parts: tuple[str, str | None, bytes], limits: Limits = LIMITS) -> Upload:
    incoming = Incoming(folder, limits)
    for part, name, data in parts:
        incoming.begin(part, name)
        for start in range(0, len(data), 100):
            incoming.write(data[start : start + 100])
        incoming.end()
    return incoming.whole()


def manifest(data: bytes = MANIFEST, name: str | None = None) -> tuple[str, str | None, bytes]:
    return "manifest", name, data


def test_what_came_is_there_for_nobody_else(folder: Path) -> None:
    upload = send(folder, manifest(), ("file", GRANTS, b"x" * 600), ("file", ARTIFACT, b"y" * 400))
    assert upload.files == {GRANTS: sha256(b"x" * 600), ARTIFACT: sha256(b"y" * 400)}
    assert (upload.data, upload.manifest_name) == (MANIFEST, "governance.yaml")
    assert (folder / FILES / GRANTS).read_bytes() == b"x" * 600
    for path in (folder.parent.parent, folder.parent, folder, *folder.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


@pytest.mark.parametrize(
    "parts, says",
    [
        ([("file", ARTIFACT, b"")], "the manifest comes first"),
        ([], "the upload breaks off"),
        ([manifest(), manifest()], "a part that is no file"),
        ([manifest(), ("other", ARTIFACT, b"")], "a part that is no file"),
        ([manifest(), ("file", None, b"")], "a part that is no file"),
        ([manifest(), ("file", "", b"")], "a part that is no file"),
        ([manifest(), ("file", ARTIFACT, b""), ("file", ARTIFACT, b"")], "came already"),
        ([manifest(name="../governance.yaml")], "a path that cannot travel"),
        ([manifest(name="a/governance.yaml")], "the manifest is in a folder"),
        ([manifest(b"model: [")], "governance.yaml"),
        ([manifest(MANIFEST.replace(b"models/", b"../"))], "a path that cannot travel"),
        ([manifest(MANIFEST.replace(b"models/", b"/etc/"))], "a path that cannot travel"),
        ([manifest(MANIFEST.replace(b"models/model.onnx", b"Governance.yaml"))], "taken for each other"),
        *(
            ([manifest(), ("file", name, b"")], "names no such file")
            for name in (
                *("governance.yaml", "models", "models/", "/models/model.onnx", "./models/model.onnx"),
                *("models//model.onnx", "models/../models/model.onnx", "MODELS/model.onnx", "models/model.onnx\0"),
                *("models\\model.onnx", "models/model.onnx ", "models/modеl.onnx", "../x", "models/model.onnx/x"),
            )
        ),
    ],
)
def test_what_is_refused(folder: Path, parts: list[tuple[str, str | None, bytes]], says: str) -> None:
    with pytest.raises(BadInput) as caught:
        send(folder, *parts)
    assert says in str(caught.value)


def test_an_artifact_that_is_a_folder_is_told_of(folder: Path) -> None:
    with pytest.raises(BadInput, match="an artifact that is a folder does not travel"):
        send(folder, manifest(), ("file", f"{ARTIFACT}/weights", b""))


@pytest.mark.parametrize("size, taken", [(600, True), (601, False)])
def test_one_file_has_a_limit(folder: Path, size: int, taken: bool) -> None:
    if taken:
        assert send(folder, manifest(), ("file", ARTIFACT, bytes(size)))
        return
    with pytest.raises(TooLarge, match="more than 600 bytes"):
        send(folder, manifest(), ("file", ARTIFACT, bytes(size)))


@pytest.mark.parametrize("size, taken", [(400, True), (401, False)])
def test_all_together_have_one(folder: Path, size: int, taken: bool) -> None:
    parts = manifest(), ("file", ARTIFACT, bytes(600)), ("file", GRANTS, bytes(size))
    if taken:
        assert send(folder, *parts)
        return
    with pytest.raises(TooLarge, match="more than 400 bytes"):
        send(folder, *parts)


def test_so_has_a_manifest(folder: Path) -> None:
    with pytest.raises(TooLarge, match=f"more than {MAX_BYTES} bytes"):
        send(folder, manifest(MANIFEST + b"#" * MAX_BYTES))


def test_a_digest_that_the_manifest_states_is_compared(folder: Path) -> None:
    stated = MANIFEST.replace(b"format: onnx", b"format: onnx, sha256: " + sha256(b"model").encode())
    with pytest.raises(BadInput) as caught:
        send(folder, manifest(stated), ("file", ARTIFACT, b"mode"))
    assert (caught.value.where, caught.value.expected) == (f"artifact: {ARTIFACT}", sha256(b"model"))
    assert sha256(b"mode") in caught.value.got


def test_what_is_read_must_be_there(folder: Path) -> None:
    upload = send(folder, manifest(), ("file", ARTIFACT, b"model"))
    assert_complete(upload, ("artifact",))
    with pytest.raises(BadInput, match="files are missing") as caught:
        assert_complete(upload, ("artifact", "access"))
    assert (caught.value.where, GRANTS in caught.value.expected) == ("access.grants", True)


def test_a_file_in_the_middle_is_no_upload(folder: Path) -> None:
    incoming = Incoming(folder, LIMITS)
    incoming.begin("manifest", None)
    incoming.write(MANIFEST)
    with pytest.raises(BadInput, match="breaks off"):
        incoming.whole()
    incoming.end()
    incoming.begin("file", ARTIFACT)
    with pytest.raises(BadInput, match="breaks off"):
        incoming.whole()
    incoming.abandon()


_PARTS = {"artifact": ("file", ARTIFACT, b"model"), "grants": ("file", GRANTS, b"who"), "manifest": manifest()}


@given(order=st.lists(st.sampled_from(sorted(_PARTS)), max_size=4))
def test_any_order_after_the_manifest_each_once(tmp_path_factory: pytest.TempPathFactory, order: list[str]) -> None:
    fine = order[:1] == ["manifest"] and len(set(order)) == len(order)
    with upload_folder(tmp_path_factory.getbasetemp() / "given") as own:
        with fresh_folder(own) as folder:
            try:
                upload = send(folder, *(_PARTS[name] for name in order))
            except BadInput:
                assert not fine
            else:
                assert fine
                assert upload.files == {_PARTS[name][1]: sha256(_PARTS[name][2]) for name in order[1:]}
                there = {str(path.relative_to(folder / FILES)) for path in folder.rglob("*") if path.is_file()}
                assert there == {"governance.yaml", *upload.files}
        assert not list(own.iterdir())


def test_uploads_are_told_apart_by_all_that_came(folder: Path) -> None:
    one = Upload(folder, "governance.yaml", MANIFEST, None, {"a": "1" * 64, "b": "2" * 64})  # type: ignore[arg-type]
    others = [
        one._replace(manifest_name="other.yaml"),
        one._replace(data=MANIFEST + b"\n"),
        one._replace(files={"a": "2" * 64, "b": "1" * 64}),
        one._replace(files={"a": "1" * 64}),
        one._replace(files={"a": "1" * 64, "c": "2" * 64}),
    ]
    assert len({digest_of(each) for each in (one, *others)}) == 6
    assert digest_of(one) == digest_of(one._replace(files={"b": "2" * 64, "a": "1" * 64}))


class TestFolders:
    def test_what_a_crash_left_is_swept_and_what_runs_is_not(self, tmp_path: Path) -> None:
        place = tmp_path / "uploads"
        crash = f"""
import os, signal
from pathlib import Path
from governance.operations.uploads import fresh_folder, upload_folder
with upload_folder(Path({str(place)!r})) as own, fresh_folder(own) as folder:
    (folder / "files" / "half").write_bytes(b"x")
    os.symlink("/", folder / "work" / "root")
    os.kill(os.getpid(), signal.SIGKILL)
"""
        assert subprocess.run([sys.executable, "-c", crash], check=False).returncode == -9
        (left,) = place.iterdir()
        assert list(left.rglob("half"))
        with upload_folder(place) as first:
            assert list(place.iterdir()) == [first]
            with fresh_folder(first) as folder, upload_folder(place) as second:
                assert set(place.iterdir()) == {first, second}
                assert folder.is_dir()
        assert not list(place.iterdir())
        assert Path("/").is_dir()

    def test_what_is_nobodys_is_left(self, tmp_path: Path) -> None:
        place, other = tmp_path / "uploads", tmp_path / "other"
        place.mkdir()
        other.mkdir()
        (place / "link").symlink_to(other)
        with upload_folder(place):
            assert other.is_dir()

    def test_where_there_can_be_none(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_bytes(b"")
        with pytest.raises(MachineFault, match="cannot be used"), upload_folder(tmp_path / "file"):
            pass

    def test_a_full_disk_is_said(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        incoming = Incoming(folder, LIMITS)
        incoming.begin("manifest", None)
        with open("/dev/full", "wb", buffering=0) as full:
            assert incoming._open is not None
            os.dup2(full.fileno(), incoming._open._file.fileno())
        with pytest.raises(MachineFault, match="No space left"):
            incoming.write(MANIFEST)
        incoming.abandon()
