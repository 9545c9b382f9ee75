"""A real service on a port of this machine, and projects beside it whose commands work against it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from governance import keys
from governance.permissions import Scope
from tests.cli.conftest import Ran, now
from tests.operations.project import CHEAP_SCRYPT, MANIFEST, PASSWORD, VERSION, Project
from tests.web.api.serving import ALL, Serving

sqlite = pytest.mark.parametrize("serving", ["sqlite"], indirect=True, scope="session")
"""For what is not about where the service keeps its trail."""


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def serving(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    database = None
    if request.param == "postgresql":
        server = request.getfixturevalue("postgresql")
        database = server.url(server.new())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keys, "_SCRYPT_N", CHEAP_SCRYPT)
        made = Serving(tmp_path_factory.mktemp("serving"), database, now)
        yield made
        made.close()


class There:
    """A project without a trail. `model` is a version of its own, so that one service does for all tests."""

    numbers = iter(range(1, 10_000))

    def __init__(self, folder: Path, serving: Serving, patch: pytest.MonkeyPatch, run: Callable[..., Ran]) -> None:
        self.project, self.serving, self._patch, self._run = (
            Project(folder, folder / "c", clock=now),
            serving,
            patch,
            run,
        )
        self.root = self.project.root
        self.version = f"7.{next(self.numbers)}"
        self.model = f"credit@{self.version}"
        self.project.write("governance.yaml", MANIFEST.replace(f"version: {VERSION}", f"version: {self.version}"))
        self.project.write("pw", PASSWORD + "\n")
        # An artifact of its own too: the gate goes by that alone.
        self.project.write("model.onnx", bytes(range(64)) + self.version.encode())
        self.trust = self.root / ".governance" / "trust.json"
        self.trust.parent.mkdir()
        self.trust.write_bytes(serving.people.trust().to_json())
        patch.chdir(self.root)
        patch.setenv("GOVERNANCE_URL", serving.url)
        self.speak("ann")

    def speak(self, name: str, scopes: tuple[Scope, ...] = ALL, place: str = "local") -> None:
        """Whose token it is from now on."""
        self._patch.setenv("GOVERNANCE_TOKEN", self.serving.token(name, scopes, place))

    def __call__(self, code: int, *argv: object) -> Ran:
        """A command, its exit code checked."""
        ran = self._run(*argv)
        assert ran.code == code, ran
        return ran


@pytest.fixture
def there(serving: Serving, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Callable[..., Ran]) -> There:
    return There(tmp_path / "there", serving, monkeypatch, run)
