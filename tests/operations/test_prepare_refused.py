"""What a preparation refuses, with the place and without leaving anything behind."""

from pathlib import Path
from typing import Any

import pytest

from governance.collect import dialect
from governance.errors import BadInput, MachineFault
from tests.operations.preparing import Place

NAMED = {"columns": ("a", "b")}


@pytest.mark.parametrize(
    "data, how, said",
    [
        (b"a,b\n1,2\n3\n", {}, ["line 3", "a record of 1 values", "expected: 2"]),
        (b"a,b\n1,2,9\n", {}, ["line 2", "a record of 3 values", "'1,2,9'"]),
        (b'a,b\n"1\n2",3\n4\n', {}, ["line 4", "a record of 1 values"]),
        (b'a,b\n1,2\n"3,4\n5,6\n', {}, ["line 3", "a quote is not closed", "line 4"]),
        (b'a,b\n"x"y,1\n', {}, ["line 2", "not in this dialect"]),
        (b'a,b\n1,"', {}, ["line 2", "a quote is not closed"]),
        # What a delimiter parts would be three values here, and is two in the file.
        (b'a,b,c\n1, "x,y"\n', {}, ["line 2", "a quote within a value", "--trim"]),
        (b'a,b,c\n1,\t"x,y"\n', {"trim": True}, ["line 2", "a quote within a value"]),
        (b'a,b,c\n1,x"y,z"\n', {}, ["line 2", "a quote within a value", "--quote none"]),
        (b'a,b\n"1\n2",5"\n', {}, ["line 2", "a quote within a value"]),
        (b'a,"b"\n1,2\n3,5" nail\n', {}, ["line 3", "a quote within a value"]),
        (b'a, "b"\n1,2\n', {}, ["line 1", "a quote within a value"]),
        (b"a b\n1 2'3'\n", {"delimiter": " ", "quote": "'"}, ["line 2", "a quote within a value"]),
        (b"\xef\xbb\xbf\xef\xbb\xbfa,b\n1,2\n", {}, ["line 1", "byte order mark"]),
        (b"note\n\xef\xbb\xbfa,b\n1,2\n", {"skip_lines": 1}, ["line 2", "byte order mark"]),
        (b"a,b\n1,\x002\n", {}, ["line 2", "a NUL"]),
        (b"a,b\n1,caf\xe9\n", {}, ["line 2", "not UTF-8", "0xe9 at byte 6"]),
        (b"a,b\r1,2\r", {}, ["line 1", "carriage return"]),
        (b"a\0,b\n1,2\n", {}, ["line 1", "a NUL"]),
        (b"", {}, ["the file is empty"]),
        (b"\xef\xbb\xbf", {}, ["the file is empty"]),
        (b"\n\n", {}, ["the file is empty"]),
        (b"a,b\n", {}, ["the table has no rows"]),
        (b"a,b\n1,2\n", {"skip_lines": 3}, ["ends before its first record"]),
        (b"a,b\n1,2\n", {"skip_lines": 2}, ["the file is empty"]),
        (b"# 1\n# 2\n", {"comment": "#"}, ["the file is empty"]),
        (b"a,a\n1,2\n", {}, ["two columns of one name", "'a'"]),
        (b"a,\n1,2\n", {}, ["does not look like a header"]),
        (b"39,Private\n40,Private\n", {}, ["does not look like a header", "'39'", "--columns"]),
        (b"a,b\x07\n1,2\n", {}, ["not a name for a column"]),
        (b"a,b\n1,2\n", NAMED, ["the first line is a header"]),
        (b"a, b\n1,2\n", NAMED | {"trim": True}, ["the first line is a header"]),
        (b"1,2,3\n", NAMED, ["line 1", "a record of 3 values"]),
        (b"1,2\n", {"columns": ("a", "a")}, ["--columns", "two columns of one name"]),
        (b"a,b\n1,2\n", {"delimiter": ", "}, ["--delimiter", "not one character", "--trim"]),
        (b"a,b\n1,2\n", {"delimiter": ""}, ["--delimiter", "not one character"]),
        (b"a,b\n1,2\n", {"delimiter": "\n"}, ["--delimiter", "not one character"]),
        (b"a,b\n1,2\n", {"quote": "''"}, ["--quote", "not one character"]),
        (b"a,b\n1,2\n", {"quote": ","}, ["--delimiter", "end alike"]),
        (b"a b\n1 2\n", {"delimiter": " ", "trim": True}, ["--trim"]),
    ],
)
def test_a_file_that_is_not_in_the_dialect(tmp_path: Path, data: bytes, how: dict[str, Any], said: list[str]) -> None:
    place = Place(tmp_path, data)
    with pytest.raises(BadInput) as refused:
        place.prepare(how)
    for part in said:
        assert part in str(refused.value)
    assert place.files() == {"raw.csv"}


@pytest.mark.parametrize(
    "options, said",
    [
        ({"types": {"b": "integer"}}, ["line 3", "no integer", "'2.5'"]),
        ({"types": {"c": "decimal"}}, ["line 2", "no decimal", "'NaN'"]),
        ({"types": {"d": "integer"}}, ["line 3", "18 digits"]),
        ({"types": {"e": "decimal"}}, ["line 2", "no decimal", "'1e999'"]),
        ({"types": {"x": "text"}}, ["--type", "no such column", "'x'"]),
        ({"drop": ("x",)}, ["--drop", "no such column"]),
        ({"keep": ("A",)}, ["--keep", "no such column", "'a'"]),
        ({"keep": ("a",), "drop": ("b",)}, ["both"]),
        ({"drop": ("a", "b", "c", "d", "e")}, ["no column is left"]),
        ({"drop": ("a",), "types": {"a": "text"}}, ["--type", "left out"]),
        ({"keep": ("a",), "replace": ({"column": "b", "value": "1", "by": "2"},)}, ["--replace", "left out"]),
        ({"replace": ({"column": "z", "value": "1", "by": "2"},)}, ["--replace", "no such column"]),
        ({"replace": ({"column": "a", "value": "1", "by": "1"},)}, ["replaced by itself"]),
        ({"replace": tuple({"column": "a", "value": "1", "by": by} for by in "23")}, ["replaced twice"]),
        ({"missing": ("\udcff",)}, ["not text"]),
    ],
)
def test_options_that_do_not_fit(tmp_path: Path, options: dict[str, Any], said: list[str]) -> None:
    place = Place(tmp_path, b"a,b,c,d,e\n1,2,NaN,7,1e999\n1,2.5,2,9999999999999999999,1\n")
    with pytest.raises(BadInput) as refused:
        place.prepare(**options)
    for part in said:
        assert part in str(refused.value)
    assert place.files() == {"raw.csv"}


def test_the_line_is_the_one_on_which_the_record_begins(tmp_path: Path) -> None:
    place = Place(tmp_path, b'# note\na,b\n\n"1\n1",2\n# note\n"3\n3",x\n')
    with pytest.raises(BadInput, match="line 7: a value of 'b' that is no integer"):
        place.prepare({"comment": "#"}, types={"b": "integer"})


def test_lines_and_values_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialect, "MAX_LINE", 50)
    with pytest.raises(BadInput, match="line 2: a line too long"):
        Place(tmp_path, b"a,b\n" + b"x" * 60 + b",1\n").prepare()
    monkeypatch.undo()
    # A quote that never closes takes no more memory than one value may have.
    with pytest.raises(BadInput, match="line 2: a quote is not closed"):
        Place(tmp_path, b'a,b\n"' + b"x\n" * 200_000).prepare()
    # Nor do many values on many lines, each within its bound.
    monkeypatch.setattr(dialect, "MAX_RECORD", 1000)
    with pytest.raises(BadInput, match="line 2: a record too long") as refused:
        Place(tmp_path, b'a,b\n"' + b'x","x\n' * 1000).prepare()
    assert "still open on line 168" in str(refused.value)
    monkeypatch.undo()
    monkeypatch.setattr(dialect, "MAX_COLUMNS", 3)
    with pytest.raises(BadInput, match="line 1: too many values"):
        Place(tmp_path, b"a,b,c,d\n").prepare()


class TestPlaces:
    def test_what_is_there_stays(self, tmp_path: Path) -> None:
        place = Place(tmp_path)
        place.prepare()
        table, event = place.out.read_bytes(), place.event.read_bytes()
        with pytest.raises(BadInput, match="--out: there is such a file already"):
            place.prepare()
        place.out.unlink()
        with pytest.raises(BadInput, match="--lineage: there is such a file already"):
            place.prepare()
        assert not place.out.exists() and place.event.read_bytes() == event
        place.prepare(force=True)
        assert place.out.read_bytes() == table and place.event.read_bytes() != event

    @pytest.mark.parametrize("out", ["../t.parquet", "/tmp/t.parquet", "data/../../t.parquet"])
    def test_out_of_the_project(self, tmp_path: Path, out: str) -> None:
        place = Place(tmp_path / "inner")
        with pytest.raises(BadInput, match="leaves the project"):
            place.prepare(out=out)
        with pytest.raises(BadInput, match="--lineage: the path leaves the project"):
            place.prepare(lineage=out.replace("parquet", "json"))
        assert [path.name for path in tmp_path.iterdir()] == ["inner"]

    def test_a_folder_that_leads_out_of_the_project(self, tmp_path: Path) -> None:
        place = Place(tmp_path / "inner")
        (tmp_path / "outer").mkdir()
        (place.root / "data").symlink_to(tmp_path / "outer")
        with pytest.raises(BadInput, match="leaves the project"):
            place.prepare()
        assert not any((tmp_path / "outer").iterdir())

    def test_a_link_in_the_place_of_the_table(self, tmp_path: Path) -> None:
        place = Place(tmp_path)
        (tmp_path / "data").mkdir()
        (tmp_path / "precious").write_bytes(b"kept")
        place.out.symlink_to(tmp_path / "precious")
        with pytest.raises(BadInput, match="a link or a folder in its place"):
            place.prepare(force=True)
        assert (tmp_path / "precious").read_bytes() == b"kept"

    def test_a_source_that_leads_out_of_the_project(self, tmp_path: Path) -> None:
        store = tmp_path / "store"
        Place(store)
        place = Place(tmp_path / "inner")
        (place.root / "raw.csv").unlink()
        (place.root / "raw.csv").symlink_to(store / "raw.csv")
        with pytest.raises(BadInput, match="SOURCE: the path leaves the project"):
            place.prepare()
        assert place.prepare(allow=(store,)).surveyed.rows == 2

    @pytest.mark.parametrize(
        "source, said", [("no.csv", "no such file"), ("folder", "a folder"), ("a\0b", "not a path")]
    )
    def test_a_source_that_is_none(self, tmp_path: Path, source: str, said: str) -> None:
        place = Place(tmp_path)
        (tmp_path / "folder").mkdir()
        with pytest.raises(BadInput, match=said):
            place.prepare(source=source)

    def test_the_source_itself(self, tmp_path: Path) -> None:
        place = Place(tmp_path, source="t.parquet")
        with pytest.raises(BadInput, match="the place of its source"):
            place.prepare(out="t.parquet", force=True)
        assert (tmp_path / "t.parquet").read_bytes() == b"a,b\n1,x\n2,y\n"

    @pytest.mark.parametrize("data", [b'{"name": "web"}', b"a,b\n1,2\n", b"", b"PAR1"])
    def test_force_writes_over_nothing_but_an_event(self, tmp_path: Path, data: bytes) -> None:
        place = Place(tmp_path)
        (tmp_path / "package.json").write_bytes(data)
        with pytest.raises(BadInput, match="--lineage: what stands there was not written"):
            place.prepare(lineage="package.json", force=True)
        assert (tmp_path / "package.json").read_bytes() == data
        assert not place.out.exists()

    def test_force_keeps_the_event_of_another_table(self, tmp_path: Path) -> None:
        place = Place(tmp_path)
        place.prepare()
        event = place.event.read_bytes()
        with pytest.raises(BadInput, match="--lineage: the event of another table"):
            place.prepare(out="other/t.parquet", force=True)
        assert place.event.read_bytes() == event
        assert place.prepare(out="other/t.parquet", lineage="other/t.json", force=True).lineage == "other/t.json"

    def test_force_keeps_a_table_that_nobody_prepared(self, tmp_path: Path) -> None:
        place = Place(tmp_path)
        (tmp_path / "data").mkdir()
        place.out.write_bytes(b"PAR1 by hand")
        with pytest.raises(BadInput, match="--out: no event tells"):
            place.prepare(force=True)
        assert place.out.read_bytes() == b"PAR1 by hand"

    @pytest.mark.parametrize("options", [{"out": "data/t.csv"}, {"lineage": "lineage/t.parquet"}, {"out": "data/t"}])
    def test_names_say_what_a_file_is(self, tmp_path: Path, options: dict[str, str]) -> None:
        with pytest.raises(BadInput, match="not a name for this file"):
            Place(tmp_path).prepare(**options)  # type: ignore[arg-type]

    def test_a_folder_that_cannot_be_made(self, tmp_path: Path) -> None:
        place = Place(tmp_path)
        (tmp_path / "data").write_bytes(b"in the way")
        with pytest.raises(MachineFault):
            place.prepare()
        assert place.files() == {"raw.csv", "data"}
