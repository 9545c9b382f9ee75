"""Pickles are found wherever they lie, their imports are named, and nothing in them runs."""

import bz2
import gzip
import io
import lzma
import os
import pickle
import tarfile
import zipfile
import zlib
from collections import OrderedDict
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.evidence.artifact import PickleScan
from governance.measure import packed, pickles
from governance.measure.pickles import scan

SHELL = os.system.__module__ + ".system"


class Attack:
    """Unpickling it would leave a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {self.path}",)


def found(tmp_path: Path, data: bytes) -> PickleScan:
    (tmp_path / "model").write_bytes(data)
    result = scan(tmp_path / "model")
    assert PickleScan.from_bytes(result.to_bytes()) == result
    return result


def imports(result: PickleScan) -> set[str]:
    return {name for one in result.pickles for name in one.imports}


def zipped(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("wrap", ["", "zip", "gzip", "zlib", "bz2"])
def test_an_attack_is_named_and_does_not_run(tmp_path: Path, protocol: int, wrap: str) -> None:
    data = pickle.dumps(Attack(tmp_path / "ran"), protocol=protocol)
    if wrap == "zip":
        data = zipped(**{"a/b.json": b"{}", "a/data.pkl": data})
    elif wrap:
        data = {"gzip": gzip.compress, "zlib": zlib.compress, "bz2": bz2.compress}[wrap](data)
    result = found(tmp_path, data)
    assert imports(result) == {SHELL}
    assert [one.problem for one in result.pickles] == [None] and result.problem is None
    assert sum(one.calls for one in result.pickles) == 1
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_imports_are_those_of_the_unpickler(tmp_path: Path, protocol: int) -> None:
    """Against Python's own unpickler, which is asked for each class."""
    value = [OrderedDict(a=1), Decimal("1.5"), np.arange(3), np.float64(1), {1, 2}, OrderedDict(b=2), complex(1, 2)]
    data = pickle.dumps(value, protocol=protocol)
    asked = set()

    class Watching(pickle.Unpickler):
        def find_class(self, module: str, name: str) -> Any:
            asked.add(f"{module}.{name}")
            return super().find_class(module, name)

    Watching(io.BytesIO(data)).load()
    assert imports(found(tmp_path, data)) == asked != set()


def test_object_arrays_and_members_of_any_name(tmp_path: Path) -> None:
    array = io.BytesIO()
    np.save(array, np.array([Attack(tmp_path / "ran")], dtype=object), allow_pickle=True)
    assert imports(found(tmp_path, zipped(**{"w.npy": array.getvalue()}))) >= {SHELL}
    plain = io.BytesIO()
    np.save(plain, np.arange(1000.0))
    assert found(tmp_path, zipped(**{"w.npy": plain.getvalue()})).pickles == ()
    hidden = zipped(**{"weights.bin": b"\x00" * 99 + pickle.dumps(Attack(tmp_path / "ran"), protocol=4)})
    [one] = found(tmp_path, hidden).pickles
    assert (one.member, one.at, one.imports) == ("weights.bin", 99, (SHELL,))


def test_names_from_the_memo_are_followed(tmp_path: Path) -> None:
    data = b"\x80\x04\x8c\x02os\x94\x8c\x06system\x94N0h\x00h\x01\x93."
    assert imports(found(tmp_path, data)) == {"os.system"}
    # PUT over the same place, and a memo entry that is no text.
    assert imports(found(tmp_path, b"\x80\x04\x8c\x02os\x94K\x01q\x00\x8c\x01ah\x00\x93.")) == {"?"}


@pytest.mark.parametrize(
    "data",
    [
        # The last two texts are not what lies on the stack.
        b"\x80\x04\x8c\x02os\x8c\x06system\x8c\x05numpy\x8c\x05dtype00\x93.",
        b"\x80\x04\x8c\x02os\x8c\x06system2\x93.",
        b"\x80\x04\x93.",
        b"\x80\x04\x8c\x06system\x93.",
        b"\x80\x02\x82\x01.",
    ],
)
def test_a_name_that_depends_on_what_runs_is_unknown(tmp_path: Path, data: bytes) -> None:
    assert imports(found(tmp_path, data)) == {"?"}


def test_a_dotted_attribute_cannot_pass_for_a_module(tmp_path: Path) -> None:
    data = b"\x80\x04\x8c\x0dsklearn.utils\x8c\x09os.system\x93."
    assert imports(found(tmp_path, data)) == {"sklearn.utils:os.system"}


def test_what_cannot_be_searched_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sound = pickle.dumps(list(range(100)), protocol=4)
    assert found(tmp_path, sound[:-5]).pickles[0].problem
    assert "not searched" in str(found(tmp_path, b"\x28\xb5\x2f\xfd123").problem)
    assert "archive cannot be read" in str(found(tmp_path, zipped(a=sound)[:-9]).problem)
    assert "cannot be read" in str(
        found(tmp_path, zipped(a=b"x" * 99).replace(zlib.crc32(b"x" * 99).to_bytes(4, "little"), b"AAAA")).problem
    )
    monkeypatch.setattr(pickles, "MOST_OPERATIONS", 50)
    assert "more than 50 operations" in str(found(tmp_path, sound).pickles[0].problem)
    monkeypatch.setattr(packed, "MOST_BYTES", 1000)
    assert "first 1,000 bytes of the file" in str(found(tmp_path, b"x" * 1001).problem)
    assert "of what was unpacked" in str(found(tmp_path, zlib.compress(b"x" * 100_000)).problem)
    assert "of what was unpacked" in str(found(tmp_path, zipped(a=b"x" * 100_000)).problem)
    assert found(tmp_path, b"x" * 1000).problem is None


def test_a_model_without_a_pickle_has_none(tmp_path: Path) -> None:
    import skops.io
    from sklearn.linear_model import LogisticRegression

    native = LogisticRegression().fit([[0.0], [1.0]], [0, 1])
    result = found(tmp_path, skops.io.dumps(native))
    assert (result.pickles, result.problem) == ((), None)
    assert result.bytes > 1000


def test_a_pickled_estimator_imports_nothing_but_what_the_rule_knows(tmp_path: Path) -> None:
    from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier

    from governance.policy.outcome import Outcome
    from governance.policy.rules.artifact.digest import specimen
    from governance.policy.rules.artifact.unsafe_opcodes import OpcodesParams, unsafe_opcodes

    rows = [[0.0, 1.0], [1.0, 2.0], [3.0, 1.0], [0.5, 0.1]] * 10
    for native in (RandomForestClassifier(2, random_state=0), HistGradientBoostingClassifier(max_iter=2)):
        result = found(tmp_path, pickle.dumps(native.fit(rows, [0, 1, 0, 1] * 10)))
        verdict = unsafe_opcodes.function(specimen(scan=result), OpcodesParams())
        assert verdict.outcome is Outcome.PASS, verdict.why


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200), st.sampled_from([b"", b"\x80\x04", b"(lp", b"PK\x03\x04", b"\x93NUMPY", b"\x78\x9c"]))
def test_no_bytes_break_the_search(tmp_path_factory: pytest.TempPathFactory, tail: bytes, head: bytes) -> None:
    found(tmp_path_factory.getbasetemp(), head + tail)


def tarred(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, data in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


@pytest.mark.parametrize("protocol", [0, 2, 5])
@pytest.mark.parametrize(
    "layers", [("zip", "zip"), ("zip", "gzip"), ("xz", "tar"), ("gzip", "tar", "zip", "bz2"), ("zip",) * 8]
)
def test_an_attack_is_found_under_every_layer(tmp_path: Path, layers: tuple[str, ...], protocol: int) -> None:
    data = pickle.dumps(Attack(tmp_path / "ran"), protocol=protocol)
    pack = {
        "zip": lambda data: zipped(**{"data.pkl": data}),
        "tar": lambda data: tarred(**{"data.pkl": data}),
        "gzip": gzip.compress,
        "bz2": bz2.compress,
        "xz": lzma.compress,
    }
    for layer in reversed(layers):
        data = pack[layer](data)
    result = found(tmp_path, data)
    assert imports(result) == {SHELL} and result.problem is None
    assert max(one.member.count(">") for one in result.pickles) == len(layers) - 1
    assert not any(one.problem for one in result.pickles)


def test_what_is_packed_too_deep_is_said(tmp_path: Path) -> None:
    data = pickle.dumps(Attack(tmp_path / "ran"))
    for _ in range(packed.MOST_LAYERS + 1):
        data = zipped(a=data)
    result = found(tmp_path, data)
    assert not imports(result) and "packed more than 8 times" in str(result.problem)


def test_a_folder_is_searched_file_by_file(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    (folder / "weights").mkdir(parents=True)
    (folder / "config.json").write_bytes(b"{}")
    (folder / "weights/0.bin").write_bytes(zipped(a=pickle.dumps(Attack(tmp_path / "ran"))))
    result = scan(folder)
    assert [(one.member, one.imports) for one in result.pickles] == [("weights/0.bin > a", (SHELL,))]
    assert result.problem is None
    (folder / "away").symlink_to("/etc/passwd")
    assert scan(folder).problem == "away is a link or no plain file, and was not searched"
    assert not (tmp_path / "ran").exists()


def test_every_stream_and_what_stands_before_an_archive_are_searched(tmp_path: Path) -> None:
    attack = pickle.dumps(Attack(tmp_path / "ran"))
    assert imports(found(tmp_path, gzip.compress(b"") + gzip.compress(attack))) == {SHELL}
    assert imports(found(tmp_path, attack + zipped(a=b"{}"))) == {SHELL}
    # A stream that breaks behind the pickle: whoever loads it has run it by then.
    cut = found(tmp_path, gzip.compress(attack + os.urandom(200_000))[:-1000])
    assert imports(cut) == {SHELL} and "cannot be unpacked" in str(cut.problem)


def test_bytes_that_only_begin_like_a_stream_are_no_problem_in_an_archive(tmp_path: Path) -> None:
    assert found(tmp_path, zipped(weights=b"\x78\x9c" + b"\xff" * 99)).problem is None
    assert "cannot be unpacked" in str(found(tmp_path, b"\x78\x9c" + b"\xff" * 99).problem)
