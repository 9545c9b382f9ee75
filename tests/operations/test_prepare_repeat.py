"""Doing a recorded preparation again: the same bytes, or the precise reason why not."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from governance.canonical import sha256
from governance.errors import BadInput, Broken, VerificationFailed
from tests.operations.preparing import EVENT, OUT, Place


@pytest.fixture
def place(tmp_path: Path) -> Place:
    place = Place(tmp_path / "project", b"a,b\n1, x\n2,?\n")
    place.prepare(
        {"trim": True}, missing=("?",), types={"a": "decimal"}, replace=({"column": "b", "value": "x", "by": "z"},)
    )
    return place


def broken(place: Place) -> VerificationFailed:
    before = place.files()
    with pytest.raises(VerificationFailed) as failed:
        place.repeat()
    assert place.files() == before
    return failed.value


def otherwise_written(place: Place, change: Any = lambda table: table) -> None:
    """As if another version of pyarrow had written the table, and the event told of that."""
    pq.write_table(change(pq.read_table(place.out)), place.out, compression="none", store_schema=False)
    data = place.out.read_bytes()

    def tell(event: dict[str, Any]) -> None:
        out = event["outputs"][0]
        out["facets"]["version"]["datasetVersion"] = f"sha256:{sha256(data)}"
        out["outputFacets"]["outputStatistics"]["size"] = len(data)
        event["run"]["facets"]["governance_prepare"]["tools"]["pyarrow"] = "20.0.0"

    place.change_event(tell)


def test_the_same_bytes(place: Place) -> None:
    done = place.repeat()
    assert done.same_bytes and done.there and done.surveyed.rows == 2
    assert place.files() == {"raw.csv", OUT, EVENT}


def test_the_same_bytes_without_the_table_in_another_folder(place: Place, tmp_path: Path) -> None:
    elsewhere = Place(tmp_path / "elsewhere", (place.root / "raw.csv").read_bytes())
    elsewhere.event.parent.mkdir()
    elsewhere.event.write_bytes(place.event.read_bytes())
    done = elsewhere.repeat()
    assert done.same_bytes and not done.there
    assert elsewhere.files() == {"raw.csv", EVENT}


def test_another_source(place: Place) -> None:
    (place.root / "raw.csv").write_bytes(b"a,b\n1, x\n3,?\n")
    failed = broken(place)
    assert failed.verdict is Broken.TAMPERED and "the source is not the file" in str(failed)


def test_another_table(place: Place) -> None:
    place.out.write_bytes(place.out.read_bytes() + b"\0")
    failed = broken(place)
    assert failed.verdict is Broken.TAMPERED and "the table is not the one" in str(failed)


@pytest.mark.parametrize("there", [True, False])
def test_a_table_that_this_step_never_gave(place: Place, there: bool) -> None:
    otherwise_written(place)
    place.change_event(lambda e: e["run"]["facets"]["governance_prepare"].update(tools=_installed(place)))
    if not there:
        place.out.unlink()
    failed = broken(place)
    assert failed.verdict is Broken.TAMPERED and "other bytes come out" in str(failed)


def _installed(place: Place) -> dict[str, str]:
    from governance.collect.preparation_event import tools

    return tools().model_dump()


def test_other_options_give_other_bytes(place: Place) -> None:
    def drop(event: dict[str, Any]) -> None:
        event["run"]["facets"]["governance_prepare"]["preparation"]["replace"] = []

    place.change_event(drop)
    assert broken(place).verdict is Broken.TAMPERED


def _lie_about_columns(event: dict[str, Any]) -> None:
    del event["outputs"][0]["facets"]["columnLineage"]["fields"]["b"]


def _lie_about_origin(event: dict[str, Any]) -> None:
    event["outputs"][0]["facets"]["columnLineage"]["fields"]["b"]["inputFields"][0]["field"] = "a"


def _lie_about_rows(event: dict[str, Any]) -> None:
    event["inputs"][0]["inputFacets"]["inputStatistics"]["rowCount"] = 3


def _lie_about_names(event: dict[str, Any]) -> None:
    event["outputs"][0]["name"] = "data/other.parquet"


def _add_an_input(event: dict[str, Any]) -> None:
    event["inputs"].append({"namespace": "file", "name": "other.csv"})


@pytest.mark.parametrize(
    "lie", [_lie_about_columns, _lie_about_origin, _lie_about_rows, _lie_about_names, _add_an_input]
)
def test_an_event_that_tells_something_else_than_was_done(place: Place, lie: Any) -> None:
    place.change_event(lie)
    failed = broken(place)
    assert failed.verdict is Broken.TAMPERED and "tells something else" in str(failed)


class TestOtherVersions:
    def test_the_same_rows_in_other_bytes(self, place: Place) -> None:
        otherwise_written(place)
        done = place.repeat()
        assert not done.same_bytes and done.there

    def test_other_rows(self, place: Place) -> None:
        otherwise_written(place, lambda table: table.slice(1))
        assert broken(place).verdict is Broken.NOT_REPERFORMABLE

    def test_a_table_that_is_not_here_to_be_compared(self, place: Place) -> None:
        otherwise_written(place)
        place.out.unlink()
        failed = broken(place)
        assert failed.verdict is Broken.NOT_REPERFORMABLE and "pyarrow 20.0.0" in str(failed)


class TestNotOurEvent:
    def test_another_producer(self, place: Place) -> None:
        place.change_event(lambda event: event["run"].pop("facets"))
        with pytest.raises(BadInput, match="not the event of a preparation"):
            place.repeat()

    def test_no_json(self, place: Place) -> None:
        place.event.write_text("{")
        with pytest.raises(BadInput, match="not JSON"):
            place.repeat()

    def test_options_of_a_later_version(self, place: Place) -> None:
        place.change_event(lambda event: event["run"]["facets"]["governance_prepare"].update(version="2"))
        with pytest.raises(BadInput, match="not the event of a preparation"):
            place.repeat()

    @pytest.mark.parametrize("field", ["source", "out"])
    def test_paths_that_leave_the_project(self, place: Place, field: str) -> None:
        (place.root.parent / "x.parquet").write_bytes(b"a,b\n")
        place.change_event(
            lambda event: event["run"]["facets"]["governance_prepare"]["preparation"].update({field: "../x.parquet"})
        )
        with pytest.raises(BadInput, match="leaves the project"):
            place.repeat()

    def test_it_is_an_event_and_no_list(self, place: Place) -> None:
        place.event.write_text(json.dumps([json.loads(place.event.read_bytes())]))
        with pytest.raises(BadInput, match="not the event of a preparation"):
            place.repeat()

    @pytest.mark.parametrize("out", ["/etc/passwd", "../../x.parquet", "link.parquet", "raw.csv", "lineage"])
    def test_a_forged_place_of_the_table_is_only_compared(self, place: Place, out: str) -> None:
        outside = place.root.parent / "outside.parquet"
        outside.write_bytes(b"kept")
        (place.root / "link.parquet").symlink_to(outside)
        place.change_event(
            lambda event: event["run"]["facets"]["governance_prepare"]["preparation"].update({"out": out})
        )
        before = {path: path.lstat().st_mtime_ns for path in place.root.rglob("*")}
        with pytest.raises((BadInput, VerificationFailed)):
            place.repeat()
        assert {path: path.lstat().st_mtime_ns for path in place.root.rglob("*")} == before
        assert outside.read_bytes() == b"kept"

    def test_many_names_of_columns_take_no_time(self, place: Place) -> None:
        names = [f"c{number}" for number in range(200_000)]
        place.change_event(
            lambda event: event["run"]["facets"]["governance_prepare"]["preparation"]["dialect"].update(columns=names)
        )
        with pytest.raises(BadInput, match="no such column"):
            place.repeat()
