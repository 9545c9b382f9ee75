"""No file outside the project is reached, no special file is opened, and no change goes unseen."""

import hashlib
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from governance import canonical
from governance.collect.project import Project
from governance.errors import BadInput

posix = pytest.mark.skipif(sys.platform == "win32", reason="links and pipes as on POSIX")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "eval.csv").write_bytes(b"a,b\n")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret.csv").write_bytes(b"secret\n")
    return folder


def refused(project: Project, relative: str, role: str = "data.evaluation") -> str:
    """The same message from each way in."""
    messages = set()
    for use in (
        lambda: project.resolve(relative, role),
        lambda: project.read(relative, role, 100),
        lambda: project.input(role, relative),
    ):
        with pytest.raises(BadInput) as caught:
            use()
        messages.add(str(caught.value))
    assert len(messages) == 1
    message = messages.pop()
    assert message.startswith(role)
    assert "secret\n" not in message
    return message


def test_a_file_is_found_read_and_digested(root: Path) -> None:
    project = Project(root)
    digest = hashlib.sha256(b"a,b\n").hexdigest()
    for relative in ("data/eval.csv", "./data/../data/eval.csv", str(root / "data" / "eval.csv")):
        assert project.resolve(relative, "x") == root / "data" / "eval.csv"
        assert project.read(relative, "x", 4) == b"a,b\n"
        found = project.input("x", relative, recorded="b" * 64, rows=1)
        assert (found.path, found.sha256, found.size, found.recorded, found.rows) == (relative, digest, 4, "b" * 64, 1)
    assert project.digest(root / "data" / "eval.csv") == (digest, 4)
    project.assert_unchanged()


@pytest.mark.parametrize("size", [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, (3 << 20) + 5])
def test_digest_of_any_size(root: Path, size: int) -> None:
    data = os.urandom(size)
    (root / "big").write_bytes(data)
    assert Project(root).digest(root / "big") == (hashlib.sha256(data).hexdigest(), size)


@posix
@pytest.mark.parametrize(
    "relative, words",
    [
        ("../outside/secret.csv", "--allow-root"),
        ("data/../../outside/secret.csv", "--allow-root"),
        ("..", "--allow-root"),
        ("/etc/passwd", "--allow-root"),
        ("/", "--allow-root"),
        ("link-out", "--allow-root"),
        ("folder-out/secret.csv", "--allow-root"),
        ("chain-out", "--allow-root"),
        ("dangling-out", "--allow-root"),
        ("loop", "points to itself"),
        ("loop/x", "points to itself"),
        ("data", "a folder"),
        (".", "a folder"),
        ("fifo", "not a regular file"),
        ("socket", "not a regular file"),
        ("link-fifo", "not a regular file"),
        ("dangling-in", "leads to nothing"),
        ("data/evl.csv", "did you mean 'eval.csv'?"),
        ("dat/eval.csv", "did you mean 'data'?"),
        ("data/test.csv", "data/ has no 'test.csv': bring it here"),  # six letters in ten alike, and another table
        ("data/eval.csv/x", "no such file"),
        ("nothing/like/it", "has no 'nothing'"),
        ("", "not a path"),
        ("a\0b", "not a path"),
        ("x" * 5000, "not a path"),
        ("e\u0301.csv", "normal form C"),
    ],
)
def test_refused(root: Path, relative: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    outside = root.parent / "outside"
    (root / "link-out").symlink_to(outside / "secret.csv")
    (root / "folder-out").symlink_to(outside)
    (root / "chain-out").symlink_to("link-out")
    (root / "dangling-out").symlink_to(outside / "nowhere")
    (root / "dangling-in").symlink_to("nowhere")
    (root / "loop").symlink_to("pool")
    (root / "pool").symlink_to("loop")
    os.mkfifo(root / "fifo")
    (root / "link-fifo").symlink_to("fifo")
    monkeypatch.chdir(root)  # the path of a socket must be short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        assert words in refused(Project(root), relative)


@posix
def test_devices_are_refused() -> None:
    assert "not a regular file" in refused(Project(Path("/dev")), "null")


@posix
def test_links_inside_and_into_allowed_roots_are_followed(root: Path) -> None:
    outside = root.parent / "outside"
    (root / "inside").symlink_to("data/eval.csv")
    (root / "out").symlink_to(outside / "secret.csv")
    project = Project(root, (outside,))
    assert project.read("inside", "x", 10) == b"a,b\n"
    for relative in ("out", "../outside/secret.csv", str(outside / "secret.csv")):
        assert project.read(relative, "x", 10) == b"secret\n"
    assert "--allow-root" in refused(project, "../other")
    # A neighbour whose name begins like an allowed root's is not below it.
    (root.parent / "outside2").mkdir()
    assert "--allow-root" in refused(project, "../outside2")


def test_a_root_reached_through_a_link_is_that_folder(root: Path) -> None:
    link = root.parent / "link"
    link.symlink_to(root, target_is_directory=True)
    assert Project(link).read("data/eval.csv", "x", 10) == b"a,b\n"


@pytest.mark.parametrize("which", ["root", "allowed"])
def test_roots_are_folders(root: Path, which: str) -> None:
    with pytest.raises(BadInput, match="not a folder"):
        Project(root / "nowhere") if which == "root" else Project(root, (root / "data" / "eval.csv",))


def test_too_large(root: Path) -> None:
    with pytest.raises(BadInput, match="too large"):
        Project(root).read("data/eval.csv", "x", 3)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_unreadable(root: Path) -> None:
    (root / "data" / "eval.csv").chmod(0)
    with pytest.raises(BadInput, match="may not be read"):
        Project(root).input("x", "data/eval.csv")


def _rewrite(path: Path) -> None:
    path.write_bytes(b"b,a\n")


def _rewrite_and_set_the_time_back(path: Path) -> None:
    before = path.stat()
    path.write_bytes(b"b,a\n")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def _append(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"c\n")


def _replace(path: Path) -> None:
    other = path.with_suffix(".new")
    other.write_bytes(b"b,a\n")
    other.replace(path)


def _link(path: Path) -> None:
    path.rename(path.with_suffix(".old"))
    path.symlink_to(path.with_suffix(".old"))


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


CHANGES = [_rewrite, _rewrite_and_set_the_time_back, _append, _replace, _link, _folder, Path.unlink]


@posix
@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("read", [True, False])
def test_a_change_is_seen(root: Path, change: Callable[[Path], None], read: bool) -> None:
    project = Project(root)
    path = root / "data" / "eval.csv"
    os.utime(path, ns=(10**18, 10**18))
    project.read("data/eval.csv", "x", 10) if read else project.input("x", "data/eval.csv")
    project.assert_unchanged()
    change(path)
    with pytest.raises(BadInput, match=r"'data/eval\.csv'"):
        project.assert_unchanged()


def test_two_readings_of_one_audit_agree(root: Path) -> None:
    project = Project(root)
    project.input("x", "data/eval.csv")
    (root / "data" / "eval.csv").write_bytes(b"other\n")
    with pytest.raises(BadInput, match="changed"):
        project.read("data/eval.csv", "x", 10)


@posix
@pytest.mark.parametrize("what", ["file", "folder", "fifo"])
def test_what_is_put_there_after_resolving_is_not_followed(root: Path, what: str) -> None:
    """The race between looking at a path and opening it, step by step."""
    project = Project(root)
    path = project.resolve("data/eval.csv", "x")
    if what == "folder":
        (root / "data").rename(root / "moved")
        (root / "data").symlink_to(root.parent / "outside")
        (root.parent / "outside" / "eval.csv").write_bytes(b"secret\n")
    else:
        path.unlink()
        os.mkfifo(path) if what == "fifo" else path.symlink_to(root.parent / "outside" / "secret.csv")
    with pytest.raises(BadInput):
        project.digest(path)


def test_paths_of_another_project_are_a_bug_of_the_caller(root: Path) -> None:
    with pytest.raises(RuntimeError):
        Project(root).digest(root.parent / "outside" / "secret.csv")


@pytest.fixture
def folder(root: Path) -> Path:
    model = root / "model"
    for name, data in (("b.txt", b"bee"), ("a/z.bin", b""), ("a.txt", b"x" * 10)):
        (model / name).parent.mkdir(parents=True, exist_ok=True)
        (model / name).write_bytes(data)
    (model / "empty").mkdir()
    return model


def test_a_folder_artifact_is_the_digest_of_its_list(root: Path, folder: Path) -> None:
    names = ["a.txt", "a/z.bin", "b.txt"]
    rows = [[n, len(d := (folder / n).read_bytes()), hashlib.sha256(d).hexdigest()] for n in names]
    found = Project(root).input("artifact", "model")
    assert found.sha256 == canonical.sha256(canonical.dumps(rows))
    assert found.size == 13


@posix
@pytest.mark.parametrize(
    "what, words",
    [
        ("link", "a link in a folder"),
        ("folder link", "a link in a folder"),
        ("fifo", "not a regular file"),
        ("nothing", "no file"),
    ],
)
def test_folder_artifacts_are_plain(root: Path, folder: Path, what: str, words: str) -> None:
    if what == "nothing":
        for path in sorted(folder.rglob("*"), reverse=True):
            path.unlink() if path.is_file() else path.rmdir()
    elif what == "fifo":
        os.mkfifo(folder / "a" / "pipe")
    else:
        (folder / "a" / "link").symlink_to(folder / ("b.txt" if what == "link" else "empty"))
    with pytest.raises(BadInput, match=f"^artifact: .*{words}"):
        Project(root).input("artifact", "model")


@pytest.mark.parametrize("what", ["changed", "added", "removed"])
def test_a_change_in_a_folder_is_seen(root: Path, folder: Path, what: str) -> None:
    project = Project(root)
    before = project.input("artifact", "model").sha256
    project.assert_unchanged()
    if what == "changed":
        (folder / "a" / "z.bin").write_bytes(b"!")
    elif what == "added":
        (folder / "new").write_bytes(b"")
    else:
        (folder / "b.txt").unlink()
    with pytest.raises(BadInput, match="changed"):
        project.assert_unchanged()
    assert Project(root).input("artifact", "model").sha256 != before
