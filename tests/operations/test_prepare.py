"""What a preparation makes of a text table: values, types, counts, bytes, and the lineage that is recorded."""

import csv
import io
import json
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from governance.canonical import sha256
from governance.collect import lineage, openlineage, prepared
from governance.errors import BadInput, MachineFault
from governance.evidence.manifest import Manifest
from governance.operations import prepare as verb
from tests.operations.preparing import EVENT, OUT, Place

ADULT = b'|1x3 Cross validator\n25, Private, ?, <=50K.\n\n38, ?, Black, >50K.\r\n44, "Self, emp", White, >50K.\n   \n'
HOW_ADULT: dict[str, Any] = {
    "dialect": {"columns": ("age", "work", "race", "income"), "comment": "|", "trim": True},
    "missing": ("?",),
    "replace": (
        {"column": "income", "value": ">50K.", "by": ">50K"},
        {"column": "income", "value": "<=50K.", "by": "<=50K"},
    ),
}


def test_a_dialect_like_adult(tmp_path: Path) -> None:
    place = Place(tmp_path, ADULT)
    done = place.prepare(**HOW_ADULT)
    assert place.table() == {
        "age": [25, 38, 44],
        "work": ["Private", None, "Self, emp"],
        "race": [None, "Black", "White"],
        "income": ["<=50K", ">50K", ">50K"],
    }
    assert (done.surveyed.rows, done.surveyed.comments, done.surveyed.blank) == (3, 1, 2)
    assert [column.missing for column in done.surveyed.columns] == [0, 1, 1, 0]
    assert done.surveyed.columns[3].replaced == (2, 1)
    assert place.files() == {"raw.csv", OUT, EVENT}


TEXTS = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=8)


@settings(deadline=None, max_examples=60)
@given(
    rows=st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=6),
    delimiter=st.sampled_from(",;\t|"),
    quote=st.sampled_from("\"'"),
    end=st.sampled_from(["\n", "\r\n"]),
    comment=st.sampled_from([None, "#"]),
)
@example(rows=[("a\n#b", "")], delimiter=",", quote='"', end="\n", comment="#")
@example(rows=[("a\r", "b\r\nc")], delimiter=",", quote='"', end="\n", comment=None)
def test_what_is_written_in_a_dialect_is_read_from_it(
    rows: list[tuple[str, str]], delimiter: str, quote: str, end: str, comment: str | None
) -> None:
    text = io.StringIO(newline="")
    # Python's writer before 3.13 leaves a carriage return without quotes, and we refuse it so.
    quoting = csv.QUOTE_ALL if any("\r" in cell for row in rows for cell in row) else csv.QUOTE_MINIMAL
    writer = csv.writer(text, delimiter=delimiter, quotechar=quote, lineterminator=end, quoting=quoting)
    writer.writerow(["key", "one", "two"])
    writer.writerows([("k", *row) for row in rows])
    with TemporaryDirectory() as folder:
        place = Place(Path(folder), text.getvalue().encode())
        place.prepare(
            {"delimiter": delimiter, "quote": quote, "comment": comment}, types={"one": "text", "two": "text"}
        )
        table = place.table()
    assert list(zip(table["one"], table["two"], strict=True)) == [tuple(cell or None for cell in row) for row in rows]


def kind_of(tmp_path: Path, *values: str, **options: Any) -> tuple[str, list[Any]]:
    place = Place(tmp_path, "".join(["k;v\n", *(f"k;{value}\n" for value in values)]).encode())
    done = place.prepare({"delimiter": ";"}, force=True, **options)
    return done.surveyed.columns[1].kind, place.table()["v"]


@pytest.mark.parametrize(
    "values, kind",
    [
        (["0", "-12", "999999999999999999"], "integer"),
        (["1", "", "3"], "integer"),
        (["1", "2.50", "-0", "1e3"], "decimal"),
        (["0.30000000000000004"], "decimal"),
        (["007"], "text"),
        (["+5"], "text"),
        (["1,5"], "text"),
        (["1000000000000000000"], "text"),  # 19 digits
        (["1e999"], "text"),
        (["99999999999999999", "0.5"], "text"),  # 17 digits: as a float another number
        (["999999999999999", "0.5"], "decimal"),
        (["0.123456789012345678"], "text"),  # 18 digits, more than a double tells apart
        (["NaN", "1"], "text"),
        (["0x10"], "text"),
        (["1", "2 "], "text"),
        (["", ""], "text"),
    ],
)
def test_a_number_is_what_plainly_is_one(tmp_path: Path, values: list[str], kind: str) -> None:
    found, written = kind_of(tmp_path, *values)
    assert found == kind
    for text, value in zip(values, written, strict=True):
        if kind == "text" or not text:
            assert value == (text or None)
        else:
            assert value == (int(text) if kind == "integer" else float(text))


@settings(deadline=None, max_examples=60)
@given(values=st.lists(st.text("0123456789.-+eE", min_size=1, max_size=22), min_size=1, max_size=3))
def test_typing_loses_nothing(values: list[str]) -> None:
    with TemporaryDirectory() as folder:
        kind, written = kind_of(Path(folder), *values)
    for text, value in zip(values, written, strict=True):
        if kind == "integer":
            assert str(value) == text
        elif kind == "decimal":
            assert float(Decimal(text)) == value
            assert not text.removeprefix("-").isdigit() or int(text) == value
        else:
            assert value == text


def test_types_as_asked(tmp_path: Path) -> None:
    assert kind_of(tmp_path, "007", "+5", types={"v": "integer"}) == ("integer", [7, 5])
    assert kind_of(tmp_path, ".5", "5.", "+1e2", types={"v": "decimal"}) == ("decimal", [0.5, 5.0, 100.0])
    assert kind_of(tmp_path, "1", "2", types={"v": "text"}) == ("text", ["1", "2"])
    assert kind_of(tmp_path, "", types={"v": "integer"}) == ("integer", [None])
    assert kind_of(tmp_path, "-00999999999999999999", types={"v": "integer"}) == ("integer", [1 - 10**18])


def test_trimmed_then_replaced_then_missing_and_once_each(tmp_path: Path) -> None:
    place = Place(tmp_path, b"a,b\n x ,1\ny,1\n - ,1\n")
    swaps = ({"column": "a", "value": "x", "by": "y"}, {"column": "a", "value": "y", "by": "-"})
    place.prepare({"trim": True}, missing=("-",), replace=swaps)
    assert place.table()["a"] == ["y", None, None]


def test_without_trim_blanks_are_values(tmp_path: Path) -> None:
    place = Place(tmp_path, b"a,b\n x,1\n")
    place.prepare()
    assert place.table()["a"] == [" x"]


def test_columns_kept_and_dropped(tmp_path: Path) -> None:
    place = Place(tmp_path, b"a,b,c\n1,2,3\n")
    place.prepare(keep=("c", "a"))
    assert place.table() == {"a": [1], "c": [3]}
    place.prepare(drop=("b",), force=True)
    assert place.table() == {"a": [1], "c": [3]}


def test_lines_to_skip_and_a_byte_order_mark(tmp_path: Path) -> None:
    place = Place(tmp_path, b"\xef\xbb\xbfexported today\na,b\n1,2")
    place.prepare({"skip_lines": 1})
    assert place.table() == {"a": [1], "b": [2]}
    (tmp_path / "raw.csv").write_bytes(b"\xef\xbb\xbfa,b\n1,2\n")
    place.prepare(force=True)
    assert place.table() == {"a": [1], "b": [2]}


def test_no_quotes(tmp_path: Path) -> None:
    place = Place(tmp_path, b'a,b\n"x,y"\n')
    place.prepare({"quote": None})
    assert place.table() == {"a": ['"x'], "b": ['y"']}


def test_the_same_file_gives_the_same_bytes_wherever_and_whenever(tmp_path: Path) -> None:
    digests = set()
    for name in ("one", "two"):
        place = Place(tmp_path / name, ADULT)
        done = place.prepare(**HOW_ADULT)
        digests.add(done.record.out.sha256)
        assert done.record.out.sha256 == sha256(place.out.read_bytes())
    assert len(digests) == 1


def test_many_batches_are_one_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = b"a,b\n" + b"".join(b"%d,%s\n" % (n, b"?" if n % 3 else b"x") for n in range(100))
    place = Place(tmp_path, data)
    whole = place.prepare(missing=("?",)).surveyed
    table = place.table()
    monkeypatch.setattr(prepared, "MOST_CELLS", 7)
    assert place.prepare(missing=("?",), force=True).surveyed == whole
    assert place.table() == table
    assert pq.ParquetFile(place.out).num_row_groups == 34
    monkeypatch.setattr(prepared, "MOST_BYTES", 1)
    place.prepare(missing=("?",), force=True)
    assert place.table() == table
    assert pq.ParquetFile(place.out).num_row_groups == 100


class TestLineage:
    def test_our_own_collector_follows_every_column_to_the_source(self, tmp_path: Path) -> None:
        place = Place(tmp_path, ADULT)
        done = place.prepare(**HOW_ADULT)
        events = openlineage.parse(place.event.read_bytes(), EVENT)
        manifest = Manifest.model_validate(
            {
                "schema": "governance.manifest/v1",
                "model": {"name": "m", "version": "1"},
                "artifact": {"none": "a test"},
                "features": ["age", "race"],
                "data": {"training": {"path": OUT, "sha256": done.record.out.sha256}},
                "lineage": {
                    "sources": [{"id": "raw.csv", "sha256": done.record.source.sha256, "forbidden": ["race"]}],
                    "events": [EVENT],
                },
            }
        )
        facts = lineage.facts(manifest, events, ())
        assert [(one.feature, one.gap) for one in facts.features] == [("age", None), ("race", None)]
        assert [(a.dataset, a.column, a.influence) for a in facts.features[1].ancestors] == [
            ("raw.csv", "race", "direct")
        ]
        assert facts.sources[0].seen_versions == (f"sha256:{sha256(ADULT)}",)
        assert facts.tables[0].seen_versions == (f"sha256:{done.record.out.sha256}",)

    def test_it_says_rows_digests_types_and_what_became_of_values(self, tmp_path: Path) -> None:
        place = Place(tmp_path, ADULT)
        place.prepare(**HOW_ADULT)
        event = json.loads(place.event.read_bytes())
        source, out = event["inputs"][0], event["outputs"][0]
        assert event["eventType"] == "COMPLETE" and event["eventTime"] == "2026-03-01T12:00:00Z"
        assert (source["name"], out["name"]) == ("raw.csv", OUT)
        assert source["inputFacets"]["inputStatistics"]["rowCount"] == 3
        assert out["outputFacets"]["outputStatistics"] | {"_producer": "", "_schemaURL": ""} == {
            "_producer": "", "_schemaURL": "", "rowCount": 3, "size": place.out.stat().st_size, "fileCount": 1,
        }  # fmt: skip
        assert [(f["name"], f["type"]) for f in out["facets"]["schema"]["fields"]] == [
            ("age", "integer"), ("work", "text"), ("race", "text"), ("income", "text"),
        ]  # fmt: skip
        done = {
            name: field["inputFields"][0]["transformations"][0]
            for name, field in out["facets"]["columnLineage"]["fields"].items()
        }
        assert (done["age"]["subtype"], done["age"]["description"]) == ("IDENTITY", "read as integer")
        assert done["race"]["subtype"] == "TRANSFORMATION" and "'?'" in done["race"]["description"]
        assert "'>50K.' became '>50K'" in done["income"]["description"]

    def test_an_event_too_large_to_be_read_again_is_not_written(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        place = Place(tmp_path)
        monkeypatch.setattr(openlineage, "MAX_BYTES", 2000)
        with pytest.raises(BadInput, match="too many columns to record"):
            place.prepare()
        assert place.files() == {"raw.csv"}

    def test_it_is_put_where_it_is_asked(self, tmp_path: Path) -> None:
        place = Place(tmp_path)
        assert place.prepare(lineage="events/step.json").lineage == "events/step.json"
        assert place.files() == {"raw.csv", OUT, "events/step.json"}


class TestWholeOrNotAtAll:
    def test_a_full_disk(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        place = Place(tmp_path)
        place.prepare()
        before = place.out.read_bytes(), place.event.read_bytes()

        def full(*_: Any, **__: Any) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(pa, "record_batch", full)
        with pytest.raises(MachineFault, match="No space left"):
            place.prepare(force=True)
        assert (place.out.read_bytes(), place.event.read_bytes()) == before
        assert place.files() == {"raw.csv", OUT, EVENT}

    def test_a_file_that_changes_between_the_passes(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        place, survey = Place(tmp_path), verb.survey

        def meanwhile(*arguments: Any) -> Any:
            surveyed = survey(*arguments)
            (tmp_path / "raw.csv").write_bytes(b"a,b\n1,x\n2,z\n")
            return surveyed

        monkeypatch.setattr(verb, "survey", meanwhile)
        with pytest.raises(BadInput, match="changed while it was prepared"):
            place.prepare()
        assert place.files() == {"raw.csv"}

    def test_an_interrupt(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        place = Place(tmp_path)

        def interrupted(*_: Any, **__: Any) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(pa, "record_batch", interrupted)
        with pytest.raises(KeyboardInterrupt):
            place.prepare()
        assert place.files() == {"raw.csv"}

    def test_a_table_that_appears_meanwhile_is_not_written_over(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        place, write = Place(tmp_path), verb.write

        def meanwhile(*arguments: Any) -> None:
            write(*arguments)
            place.out.write_bytes(b"somebody else's")

        monkeypatch.setattr(verb, "write", meanwhile)
        with pytest.raises(BadInput, match="already"):
            place.prepare()
        assert place.out.read_bytes() == b"somebody else's"
        assert place.files() == {"raw.csv", OUT}


def test_progress_says_how_far_it_is(tmp_path: Path) -> None:
    place, said = Place(tmp_path), list[tuple[Any, ...]]()
    place.prepare(progress=lambda *step: said.append(step))
    assert said[-1] == (f"writing {OUT}", 12, 12)
