"""Nothing committed says where packages came from or on whose machine it was written."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

# Put together here, so that this file does not find itself.
HOSTS = ("pypi" + ".org", "python" + "hosted.org", "registry.npm" + "js.org", "registry.yarn" + "pkg.com")
OPTIONS = ("--index" + "-url", "--extra-index" + "-url", "--find" + "-links", "file" + ":///")
HOMES = ("work", "root", "home", "Users")

ADDRESS = re.compile("|".join(re.escape(text) for text in HOSTS + OPTIONS).encode())
MACHINE_PATH = re.compile(rb"(?<![\w.~}\])-])/(?:" + "|".join(HOMES).encode() + rb")/\w")


def told(data: bytes) -> list[str]:
    """Each address or machine path in a file's bytes, with its line."""
    found = [match for pattern in (ADDRESS, MACHINE_PATH) for match in pattern.finditer(data)]
    lines = [data[: match.start()].count(b"\n") + 1 for match in found]
    return [f"line {line}: {match.group().decode()}" for line, match in zip(lines, found, strict=True)]


def test_no_address_and_no_machine_path(root: Path, require_tool: Callable[[str], str]) -> None:
    listed = subprocess.run([require_tool("git"), "ls-files", "-z"], cwd=root, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("not a checkout: there is no list of committed files")
    paths = [root / name for name in listed.stdout.decode().split("\0") if name]
    assert root / "requirements.lock" in paths
    faults = [
        f"{path.relative_to(root)} {fault}" for path in paths if path.is_file() for fault in told(path.read_bytes())
    ]
    assert not faults, "\n".join(faults)


def test_locks_carry_a_hash_for_every_package(root: Path) -> None:
    for name in ("requirements.lock", "requirements-base.lock"):
        packages = re.split(r"\n(?=\S)", (root / name).read_text(encoding="utf-8").strip())
        unhashed = [
            package
            for package in packages
            if not re.fullmatch(r"\S+==\S+(?s:.*?)( \\\n +--hash=sha256:[0-9a-f]{64})+", package)
        ]
        assert len(packages) > 10
        assert not unhashed


def test_base_lock_pins_what_the_full_lock_pins(root: Path) -> None:
    def pins(name: str) -> set[str]:
        return set(re.findall(r"^(\S+==\S+)", (root / name).read_text(encoding="utf-8"), re.MULTILINE))

    assert pins("requirements-base.lock") <= pins("requirements.lock")


@pytest.mark.parametrize(
    "text",
    [
        f"https://{HOSTS[0]}/simple",
        f'"resolved": "https://{HOSTS[2]}/x/-/x-1.0.0.tgz"',
        f"{OPTIONS[0]} somewhere",
        f"{OPTIONS[3]}opt/wheels",
        f"open('/{HOMES[2]}/ann/x')",
        f" /{HOMES[0]}/main",
    ],
)
def test_planted_text_is_found(text: str) -> None:
    assert told(f"fine\n{text}\n".encode()) != []


def test_other_paths_are_left_alone() -> None:
    assert told(b"https://example.org/home/page {base}/work/x docs/root/x /srv/data file://relative") == []
