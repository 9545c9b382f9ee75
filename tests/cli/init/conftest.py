"""A folder with a model and tables, and somebody who answers questions."""

import builtins
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.folders import sklearn_folder

LOANS = (
    "--version=1.10", "--owner=team:credit", "--label=repaid", "--positive=yes", "--prediction=rescore",
    "--sensitive=sex", "--sensitive=age", "--bins=age:40,60", "--risk-tier=high", "--objective=decide about loans",
    "--rollback=1.9", "--contact=#credit-oncall",
)  # fmt: skip


@pytest.fixture(scope="session")
def _sklearn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sklearn_folder(tmp_path_factory.mktemp("made") / "loans")


@pytest.fixture
def loans(_sklearn: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(_sklearn, tmp_path / "loans"))


@pytest.fixture
def person(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Somebody at a terminal, who gives these answers; the list that comes back holds those not given yet."""

    def sit_down(*answers: str) -> list[str]:
        left = list(answers)

        def read(*_: object) -> str:
            if not left:
                raise EOFError
            return left.pop(0)

        monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
        monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
        monkeypatch.setattr(builtins, "input", read)
        return left

    return sit_down
