"""`governance prepare` as people type it, and what `governance init` makes of its events."""

import json
from pathlib import Path

import pytest

from governance import strictyaml

RAW = b"# made on Monday\n1; x ;<=50K.\n2;?;>50K.\n"
STEP = (
    "prepare", "raw/t.txt", "--out", "data/train.parquet", "--columns", "a, b ,income", "--delimiter", ";", "--trim",
    "--comment", "#", "--missing", "?", "--type", "a:decimal",
    "--replace", "income", "<=50K.", "<=50K", "--replace", "income", ">50K.", ">50K",
)  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch):
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "t.txt").write_bytes(RAW)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_it_says_what_it_did_and_what_to_write_down(folder, run):
    ran = run(*STEP)
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert lines[:3] == [
        "Read     raw/t.txt: 2 rows, 3 columns; lines left out: comment 1",
        "Wrote    data/train.parquet: 2 rows, 3 columns",
        "Lineage  lineage/train.json",
    ]
    assert "  b       text     1 missing" in lines
    assert "  income  text     1 of '<=50K.' became '<=50K'; 1 of '>50K.' became '>50K'" in lines
    said = strictyaml.parse("\n".join(lines[lines.index("under lineage:") + 1 :]).encode(), "shown").tree
    event = json.loads((folder / "lineage" / "train.json").read_bytes())
    digest = event["inputs"][0]["facets"]["version"]["datasetVersion"].removeprefix("sha256:")
    assert said == {
        "sources": [{"id": "raw/t.txt", "path": "raw/t.txt", "sha256": digest}],
        "events": ["lineage/train.json"],
    }


def test_json(folder, run):
    body = json.loads(run(*STEP, "--format", "json").out)
    assert body["schema"] == "governance.prepare/v1" and body["lineage"] == "lineage/train.json"
    assert [(column["name"], column["type"], column["asked"]) for column in body["columns"]] == [
        ("a", "decimal", True),
        ("b", "text", False),
        ("income", "text", False),
    ]
    again = json.loads(run("prepare", "--repeat", "lineage/train.json", "--format", "json").out)
    assert again["same_bytes"] and again["record"] == body["record"]


def test_repeat_writes_nothing_and_says_what_came_out(folder, run):
    run(*STEP)
    before = sorted((path, path.stat().st_mtime_ns) for path in folder.rglob("*"))
    ran = run("prepare", "--repeat", "lineage/train.json")
    assert ran.code == 0 and ran.out.startswith("The same bytes come out: data/train.parquet, 2 rows, SHA-256 ")
    assert sorted((path, path.stat().st_mtime_ns) for path in folder.rglob("*")) == before
    (folder / "data" / "train.parquet").unlink()
    assert "is not here" in run("prepare", "--repeat", "lineage/train.json").out
    (folder / "raw" / "t.txt").write_bytes(RAW + b"3;y;>50K.\n")
    ran = run("prepare", "--repeat", "lineage/train.json")
    assert ran.code == 12 and ran.err.startswith("TAMPERED: ")


def test_paths_are_taken_from_where_one_stands_and_recorded_from_the_project(folder, run, monkeypatch):
    monkeypatch.chdir(folder / "raw")
    columns = folder / "raw" / "columns.txt"
    columns.write_text("a\nb\n\nincome\n")
    step = ("prepare", "t.txt", "--out", "../data/x.parquet", "--columns-file", "columns.txt", "--delimiter", ";")
    assert "leaves the project" in run(*step, "--comment", "#").err
    ran = run(*step, "--comment", "#", "--project", "..", "--lineage", str(folder / "events" / "x.json"))
    assert ran.code == 0, ran.err
    event = json.loads((folder / "events" / "x.json").read_bytes())
    assert (event["inputs"][0]["name"], event["outputs"][0]["name"]) == ("raw/t.txt", "data/x.parquet")
    assert run("prepare", "--repeat", "../events/x.json", "--project", "..").code == 0


def test_tab_and_none_are_words(folder, run):
    (folder / "raw" / "t.txt").write_bytes(b'a\tb\n1\t"x\n')
    assert run("prepare", "raw/t.txt", "--out", "t.parquet", "--delimiter", "tab", "--quote", "none").code == 0


@pytest.mark.parametrize(
    "argv, said",
    [
        (("prepare",), "say what to prepare"),
        (("prepare", "raw/t.txt"), "say what to prepare"),
        (("prepare", "--repeat", "lineage/no.json"), "no such file"),
        (("prepare", "raw/t.txt", "--repeat", "e.json"), "leave out SOURCE"),
        (("prepare", "--repeat", "e.json", "--missing", "?"), "leave out --missing"),
        ((*STEP, "--columns-file", "raw/t.txt"), "two lists of columns"),
        ((*STEP, "--type", "a"), "COLUMN:integer|decimal|text"),
        ((*STEP, "--type", "a:number"), "COLUMN:integer|decimal|text"),
        ((*STEP, "--type", ":text"), "COLUMN:integer|decimal|text"),
        ((*STEP, "--skip-lines", "-1"), "--skip-lines"),
        ((*STEP, "--skip-lines", "many"), "--skip-lines"),
        ((*STEP, "--delimiter", ", "), "--trim"),
        ((*STEP, "--comment", ""), "--comment"),
        ((*STEP, "--keep", "z"), "--keep"),
        ((*STEP, "--replace", "income", "a"), "--replace"),
        ((*STEP, "--project", "nowhere"), "a folder that exists"),
    ],
)
def test_bad_input(folder, run, argv, said):
    ran = run(*argv)
    assert ran.code == 2 and said in ran.err, ran.err
    assert [path.name for path in folder.iterdir()] == ["raw"]


def test_init_finds_what_was_prepared(folder, run):
    (folder / "raw" / "t.data").write_bytes(RAW)
    (folder / "raw" / "other.data").write_bytes(RAW)
    run("prepare", "raw/t.data", *STEP[2:])
    run("init", "--no-trail")
    text = (folder / "governance.yaml").read_text()
    tree = strictyaml.parse(text.encode(), "governance.yaml").tree
    event = json.loads((folder / "lineage" / "train.json").read_bytes())
    digest = event["inputs"][0]["facets"]["version"]["datasetVersion"].removeprefix("sha256:")
    assert tree["lineage"] == {
        "events": ["lineage/train.json"],
        "sources": [{"id": "raw/t.data", "path": "raw/t.data", "sha256": digest}],
    }
    assert tree["data"]["training"]["path"] == "data/train.parquet"
    (folder / "governance.yaml").unlink()
    said = run("init", "--no-trail").out
    assert "raw/other.data" in said and "governance prepare" in said
    assert "'raw/t.data' looks like" not in said
