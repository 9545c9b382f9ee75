"""What a folder holds is told from names and bytes; whoever filled it decides nothing about us."""

import os
import pickle
import zipfile
from pathlib import Path

import pandas
import pytest
import skops.io
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from governance.collect import columns, scan
from governance.collect.columns import Column, glimpse_csv, nameable, words
from governance.collect.git import checked_out
from governance.collect.project import Project
from governance.collect.scan import Found
from governance.measure.formats import found_format
from tests.cli.folders import (
    COMMIT,
    crowded_folder,
    messy_folder,
    sklearn_folder,
    vendor_folder,
    write,
    xgboost_folder,
)

_GRANTS = "principal,permission,resource\nann,train,model:loans\n"


def found(folder: Path) -> Found:
    return scan.scan(Project(folder), found_format)


def test_a_scikit_learn_folder(tmp_path: Path) -> None:
    seen = found(sklearn_folder(tmp_path / "a"))
    assert seen.models == (scan.Model("model.skops", "skops", ("age", "income")),)
    assert seen.tables == ("data/eval.parquet", "data/train.parquet")
    assert seen.documents == {"readme": "README.md", "model_card": "docs/model-card.md"}
    assert (seen.lock, seen.checkout, seen.events, seen.odd) == ("requirements.lock", None, (), ())


def test_a_pipeline_names_the_features_of_its_first_step(tmp_path: Path) -> None:
    table = pandas.DataFrame({"a": [1.0, 2.0], "b": [2.0, 1.0]})
    inner = make_pipeline(StandardScaler(), StandardScaler())
    write(tmp_path / "m.skops", skops.io.dumps(make_pipeline(inner, LogisticRegression()).fit(table, [0, 1])))
    assert found(tmp_path).models == (scan.Model("m.skops", "skops", ("a", "b")),)


def test_a_vendor_folder(tmp_path: Path) -> None:
    seen = found(vendor_folder(tmp_path / "a"))
    assert (seen.models, seen.tables) == ((), ("scores.csv",))
    assert (seen.grants, seen.approvals) == ("access/grants.csv", "access/approvals.csv")


def test_an_xgboost_folder(tmp_path: Path) -> None:
    seen = found(xgboost_folder(tmp_path / "a"))
    assert seen.models == (scan.Model("models/booster.json", "xgboost-json", ("age", "income")),)
    assert seen.events == ("lineage/prepare.json",)
    assert seen.sources == ("bank.people",)
    assert seen.lock == "requirements.txt"
    assert seen.checkout == (COMMIT, 0)
    assert not [path for path in seen.files if path.startswith((".", "node_modules"))]


def test_links_are_not_followed(tmp_path: Path) -> None:
    outside = write(tmp_path / "outside/secret.csv", _GRANTS).parent
    folder = tmp_path / "a"
    folder.mkdir()
    (folder / "link.csv").symlink_to(outside / "secret.csv")
    (folder / "linked").symlink_to(outside)
    (folder / "round").symlink_to(folder)
    seen = found(folder)
    assert (seen.files, seen.grants) == ((), None)
    assert [text.split(" is ")[0] for text in seen.odd] == ["'link.csv'", "'linked'", "'round'"]


def test_what_is_no_file_is_left_alone(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    assert found(tmp_path).files == ()


def test_files_and_depth_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "1/2/3/4/near.csv", "a\n1\n")
    write(tmp_path / "1/2/3/4/5/far.csv", "a\n1\n")
    seen = found(tmp_path)
    assert seen.files == ("1/2/3/4/near.csv",)
    assert any("too deep" in text for text in seen.odd)
    write(tmp_path / "top.csv", "a\n1\n")
    monkeypatch.setattr(scan, "MAX_FILES", 1)
    seen = found(tmp_path)
    assert seen.files == ("top.csv",)
    assert any("first 1 files" in text for text in seen.odd)


def test_a_name_that_no_manifest_can_hold_is_left_out_and_said(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"\xff.csv")).write_text("a\n1\n")
    write(tmp_path / "re\u0301sume\u0301.csv", "a\n1\n")
    seen = found(tmp_path)
    assert seen.files == ()
    assert len([text for text in seen.odd if "rename it" in text]) == 2


def test_two_bytes_do_not_make_a_model_of_any_file(tmp_path: Path) -> None:
    write(tmp_path / "a.bin", b"\x08\x08")
    write(tmp_path / "b.onnx", b"\x08\x08")
    assert [model.path for model in found(tmp_path).models] == ["b.onnx"]


class _Harmful:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple:
        return (Path.touch, (self.path,))


def test_a_pickle_is_seen_and_never_opened(tmp_path: Path) -> None:
    write(tmp_path / "a/model.pkl", pickle.dumps(_Harmful(tmp_path / "ran")))
    write(tmp_path / "a/model.joblib", b"\x78\x9c" + bytes(40))
    assert [(model.path, model.format) for model in found(tmp_path / "a").models] == [
        ("model.joblib", "joblib"),
        ("model.pkl", "pickle"),
    ]
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "description",
    [
        b"not JSON",
        b"[" * 100_000,
        b'{"__class__": "Pipeline", "content": {"content": {"steps": {"content": []}}}}',
        b'{"__class__": "A", "content": {"content": {"feature_names_in_": {"content": [{"content": "1"}]}}}}',
        b'{"__class__": "A", "content": {"content": {"feature_names_in_": {"content": [{"content": 1}]}}}}',
    ],
)
def test_a_skops_file_that_names_no_features(tmp_path: Path, description: bytes) -> None:
    with zipfile.ZipFile(tmp_path / "m.skops", "w") as archive:
        archive.writestr("schema.json", description)
    assert found(tmp_path).models == (scan.Model("m.skops", "skops", None),)


def test_a_description_that_unpacks_for_ever_is_not_parsed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named = b'{"__class__": "A", "content": {"content": {"feature_names_in_": {"content": [{"content": "\\"a\\""}]}}}}'
    with zipfile.ZipFile(tmp_path / "m.skops", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("schema.json", named + b" " * 10_000)
    assert found(tmp_path).models[0].features == ("a",)
    monkeypatch.setattr(scan, "MAX_MODEL_JSON", 1000)
    assert found(tmp_path).models[0].features is None


def test_json_that_only_resembles_a_model_or_an_event(tmp_path: Path) -> None:
    write(tmp_path / "a.json", '{"learner": [], "version": [1, 0]}')
    write(tmp_path / "b.json", '{"version": "1.0"}')
    write(tmp_path / "c.json", '{"note": {"eventType": "START", "job": 1}}')
    write(tmp_path / "d.json", '{"eventType": "START", "job": 1}')
    seen = found(tmp_path)
    assert (seen.models, seen.events) == ((), ())
    assert [text for text in seen.odd if "'d.json' looks like lineage events" in text]


def test_a_list_that_check_would_refuse_is_not_named(tmp_path: Path) -> None:
    write(tmp_path / "broken.csv", _GRANTS + "bo,,model:loans\n")
    seen = found(tmp_path)
    assert seen.grants is None
    assert "'broken.csv' has the header of grants" in seen.odd[0]


def test_a_second_list_of_a_kind_is_said(tmp_path: Path) -> None:
    write(tmp_path / "one.csv", _GRANTS)
    write(tmp_path / "two.csv", _GRANTS)
    seen = found(tmp_path)
    assert seen.grants == "one.csv"
    assert "'two.csv'" in seen.odd[0]


def test_a_lock_in_another_format_is_said_and_not_named(tmp_path: Path) -> None:
    write(tmp_path / "uv.lock", "version = 1\n")
    write(tmp_path / "requirements.txt", "this is no requirement\n")
    seen = found(tmp_path)
    assert seen.lock is None
    assert any("'requirements.txt' looks like a lock" in text for text in seen.odd)
    assert any("uv export" in text for text in seen.odd)


def test_other_tables_and_models_are_said(tmp_path: Path) -> None:
    write(tmp_path / "adult.data", "39, Private\n")
    write(tmp_path / "net.safetensors", b"\x08\x00")
    odd = found(tmp_path).odd
    assert "'adult.data'" in odd[1] and "governance prepare" in odd[1]
    assert "'net.safetensors'" in odd[0] and "skops" in odd[0]


# git


def _repository(folder: Path, head: str, **refs: str) -> Path:
    write(folder / ".git/HEAD", head)
    for name, commit in refs.items():
        write(folder / f".git/refs/heads/{name}", commit)
    return folder


def test_the_commit_of_a_branch_and_of_a_detached_head(tmp_path: Path) -> None:
    assert checked_out(_repository(tmp_path / "a", "ref: refs/heads/main\n", main=f"{COMMIT}\n")) == (COMMIT, 0)
    assert checked_out(_repository(tmp_path / "b", f"{COMMIT}\n")) == (COMMIT, 0)
    (tmp_path / "a/models/x").mkdir(parents=True)
    assert checked_out(tmp_path / "a/models/x") == (COMMIT, 2)


@pytest.mark.parametrize(
    "head", ["", "ref: refs/heads/none\n", "ref: refs/../../secret\n", "ref: ../secret\n", "4e1d\n", "\xff" * 40]
)
def test_a_head_that_names_no_commit(tmp_path: Path, head: str) -> None:
    write(tmp_path / "a/secret", f"{COMMIT}\n")
    assert checked_out(_repository(tmp_path / "a", head)) is None


def test_a_repository_behind_a_link_is_not_read(tmp_path: Path) -> None:
    other = _repository(tmp_path / "other", f"{COMMIT}\n")
    (tmp_path / "a").mkdir()
    (tmp_path / "a/.git").symlink_to(other / ".git")
    assert checked_out(tmp_path / "a") is None
    linked = _repository(tmp_path / "b", "ref: refs/heads/main\n")
    (linked / ".git/refs/heads").mkdir(parents=True)
    (linked / ".git/refs/heads/main").symlink_to(other / ".git/HEAD")
    assert checked_out(linked) is None
    write(tmp_path / "c/.git", f"gitdir: {other / '.git'}\n")
    assert checked_out(tmp_path / "c") is None


# columns


def test_a_csv_file_is_glimpsed(tmp_path: Path) -> None:
    seen = glimpse_csv(write(tmp_path / "a.csv", '\ufeffy,p,t\nyes,1,"a\nb"\n\nno,2.5,\n'), "a.csv")
    assert (seen.rows, seen.whole, seen.unread) == (2, True, "")
    assert seen.columns == (
        Column("y", False, ("no", "yes")),
        Column("p", True, ("1", "2.5")),
        Column("t", False, ("a\nb",)),
    )


def test_many_values_or_long_ones_are_not_listed(tmp_path: Path) -> None:
    rows = "".join(f"{number},{'x' * 300}\n" for number in range(21))
    assert [column.values for column in glimpse_csv(write(tmp_path / "a.csv", "n,t\n" + rows), "a").columns] == [
        None,
        None,
    ]
    rows = "".join(f"{number},x\n" for number in range(20))
    assert [
        len(column.values or ()) for column in glimpse_csv(write(tmp_path / "b.csv", "n,t\n" + rows), "b").columns
    ] == [
        20,
        1,
    ]


@pytest.mark.parametrize(
    ("text", "why"),
    [("", "no rows"), ("a,b\n", "no rows"), ("a,b\n1\n", "1 fields"), ('a\n"1\n', "not CSV"), (b"a\n\xff\n", "UTF-8")],
)
def test_a_csv_file_that_cannot_be_read_says_why(tmp_path: Path, text: str | bytes, why: str) -> None:
    assert why in glimpse_csv(write(tmp_path / "a.csv", text), "a.csv").unread


def test_only_the_beginning_of_a_large_csv_file_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "MAX_HEAD", 10)
    seen = glimpse_csv(write(tmp_path / "a.csv", "a,b\n1,2\n3,4\n" * 5), "a.csv")
    assert (seen.rows, seen.whole, seen.unread) == (None, False, "")
    assert seen.columns[0].values == ("1",)


@pytest.mark.parametrize("name", ["", "a\nb", "x" * 201, "e\u0301", "\ud800", "\x7f"])
def test_names_that_no_manifest_can_hold(name: str) -> None:
    assert not nameable(name)


def test_the_words_of_a_name() -> None:
    assert words("ageBand") == words("age_band") == words("AGE-band2") == {"age", "band"}
    assert "age" not in words("agency") | words("wage") | words("language")
    assert words("SEX") == {"sex"}


def test_what_is_kept_elsewhere_or_is_no_file_of_ours_is_said(tmp_path: Path) -> None:
    seen = found(messy_folder(tmp_path / "a"))
    assert seen.parameters == {"seed": "3", "train.depth": "4"}
    odd = "\n".join(seen.odd)
    assert "'data/raw.csv' is kept elsewhere by DVC: `dvc pull`" in odd
    assert "'notebooks/explore.ipynb' and 1 more: notebooks are not looked into" in odd
    assert "'data/warehouse' is a link" in odd
    write(tmp_path / "a/data/raw.csv", "a\n1\n")
    assert "DVC" not in "\n".join(found(tmp_path / "a").odd)


@pytest.mark.parametrize("text", ["a: &x 1\nb: *x\n", "a: [\n", "- 1\n", ""])
def test_parameters_that_are_no_plain_mapping_are_none(tmp_path: Path, text: str) -> None:
    write(tmp_path / "params.yaml", text)
    assert found(tmp_path).parameters == {}


def test_lists_of_access_are_known_by_their_headers(tmp_path: Path) -> None:
    seen = found(crowded_folder(tmp_path / "a"))
    assert (seen.grants, seen.people, seen.approvals) == ("access/grants.csv", "access/people.csv", None)
    assert not any(path.startswith("access/") for path in seen.tables)
