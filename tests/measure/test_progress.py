"""Long work says what it does and how far it is; what is known of a share is a share."""

from collections.abc import Callable
from pathlib import Path

import pytest

from governance.collect.project import Project
from governance.evidence.fairness import Cell
from governance.evidence.plan import Comparison
from governance.measure.child import ask
from governance.measure.critical import critical_values
from governance.measure.messages import EXPLAIN, FEATURES, Limits
from governance.measure.table import connection, open_table
from governance.progress import silent
from tests.measure.test_child import OPENED, PREDICTED, task

pa = pytest.importorskip("pyarrow")
Told = list[tuple[str, int, int]]


@pytest.fixture
def told() -> Told:
    return []


@pytest.fixture
def tell(told: Told) -> Callable[..., None]:
    def listen(step: str, done: int = 0, of: int = 0, /) -> None:
        told.append((step, done, of))

    return listen


def assert_grows(told: Told, step: str, of: int) -> None:
    shares = [(done, whole) for name, done, whole in told if name == step]
    assert len(shares) > 1 and shares[0][0] == 0
    assert {whole for _, whole in shares} == {of}
    assert [done for done, _ in shares] == sorted({done for done, _ in shares})
    assert shares[-1][0] <= of


def test_hashing_a_file(tmp_path: Path, told: Told, tell: Callable[..., None]) -> None:
    (tmp_path / "big.bin").write_bytes(bytes(3 << 20))
    Project(tmp_path, progress=tell).input("data.training", "big.bin")
    assert_grows(told, "reading big.bin", 3 << 20)


def test_hashing_a_folder_counts_its_files(tmp_path: Path, told: Told, tell: Callable[..., None]) -> None:
    for number in range(5):
        (tmp_path / "model").mkdir(exist_ok=True)
        (tmp_path / "model" / f"{number}.bin").write_bytes(bytes(10))
    Project(tmp_path, progress=tell).input("artifact", "model")
    assert_grows(told, "reading model/", 5)
    assert {step for step, _, _ in told} == {"reading model/"}


def test_checking_a_csv_file(tmp_path: Path, told: Told, tell: Callable[..., None]) -> None:
    path = tmp_path / "e.csv"
    path.write_text("a,b\n" + "1,some more text\n" * 100_000)
    with connection([path]) as connected:
        assert open_table(connected, path, tell).rows == 100_000
    shares = [(done, of) for _, done, of in told]
    assert {step for step, _, _ in told} == {"checking each record of e.csv"} and len(shares) == 4
    assert shares == sorted(shares) and {of for _, of in shares} == {path.stat().st_size}
    assert 0 < shares[0][0] < shares[-1][0] <= path.stat().st_size


def test_drawing_tables(told: Told, tell: Callable[..., None]) -> None:
    cells = tuple(Cell(group=(str(number),), tn=50, fp=0, fn=0, tp=50) for number in range(40))
    asked = (Comparison(metric="selection_rate", measure="ratio", min_rows=30),)
    assert critical_values(cells, asked, 1, 10_000, tell) == critical_values(cells, asked, 1, 10_000, silent)
    assert_grows(told, "drawing 10,000 tables of 40 groups", 10_000)


@pytest.mark.parametrize(
    ("code", "last"),
    [
        ("", "opening model in a limited process"),
        (OPENED, "running the model on 3 rows"),
        (PREDICTED, "explaining 2 rows"),
    ],
)
def test_the_child_is_where_its_answers_say(code: str, last: str, told: Told, tell: Callable[..., None]) -> None:
    """It hangs after each stage; the limit on its time holds however often it is looked after."""
    tables = {FEATURES: pa.table({"a": [1.0, 2.0, 3.0]}), EXPLAIN: pa.table({"a": [1.0, 2.0]})}
    limits = Limits(wall=2, cpu=5, memory=2**31, file=2**20)
    answers = ask(task(limits, explain=True), tables, f"{code}\nimport time; time.sleep(60)", tell)
    assert answers.died == "the child process did not end within 2 s and was stopped"
    assert told[0][0] == "opening model in a limited process"
    assert told[-1][0] == last
    assert len(told) == 10
