import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from governance.canonical import dumps
from governance.evidence.origin import Subject
from governance.store.database import Place
from governance.store.trail import TrailStore
from governance.trail import note
from governance.trail.entry import EntryType
from tests.signer import MemorySigner

ORIGIN = "log.example/store"
START = datetime(2026, 3, 1, 12, tzinfo=UTC)
on_a_file = pytest.mark.parametrize("place", ["sqlite"], indirect=True)
on_a_server = pytest.mark.parametrize("place", ["postgresql"], indirect=True)


@pytest.fixture(scope="session")
def signer() -> MemorySigner:
    return MemorySigner(1)


@pytest.fixture(scope="session")
def stranger() -> MemorySigner:
    return MemorySigner(2)


@pytest.fixture(scope="session")
def vkey(signer: MemorySigner) -> str:
    return note.encode_vkey(ORIGIN, signer.public_key)


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Where a trail may be made, on each database."""
    return tmp_path / "trail.db" if request.param == "sqlite" else request.getfixturevalue("database")


@pytest.fixture
def path(place: Place) -> Path:
    """For what only a file has: `@on_a_file`."""
    assert isinstance(place, Path)
    return place


@pytest.fixture
def store(place: Place, signer: MemorySigner) -> Iterator[TrailStore]:
    with TrailStore.create(place, ORIGIN, signer, START) as made:
        yield made


@pytest.fixture(scope="session")
def decide(signer: MemorySigner) -> Callable[..., list[int]]:
    """Append decisions about versions `numbers` of model "credit", in one transaction; returns their indexes."""

    def append(store: TrailStore, numbers: range, outcome: str = "allow", now: datetime | None = None) -> list[int]:
        indexes = []
        with store.transaction(signer, now or START + timedelta(seconds=1)) as tx:
            for number in numbers:
                document = dumps({"id": str(number), "outcomes": {"prod": outcome, "staging": "allow"}, "by": "Ann"})
                ref = tx.put_document("governance.decision/v1", document)
                subject = Subject(name="credit", version=str(number), artifact=f"{number:064x}")
                entry = tx.compose(EntryType.DECISION_ISSUED, "local|ann", subject=subject, refs=[ref])
                indexes.append(tx.append(entry))
        return indexes

    return append


@pytest.fixture
def start_writer(root: Path) -> Callable[..., subprocess.Popen[str]]:
    """Another process that appends to a trail and prints each entry's id and index after its commit."""

    def start(place: Place, writer: int, count: int) -> subprocess.Popen[str]:
        script = Path(__file__).with_name("writer.py")
        where = str(place) if isinstance(place, Path) else place.secret
        return subprocess.Popen(
            [sys.executable, str(script), where, str(writer), str(count)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={"PYTHONPATH": str(root), "PATH": ""},
        )

    return start
