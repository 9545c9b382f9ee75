"""A project's place: `.governance/` with the trail and the public keys; private keys live in the user's own folder."""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from governance.errors import BadInput
from governance.keys import KeySigner, MachineRole, machine_signer, unwrap_person_key
from governance.operations.files import read_whole, write_whole
from governance.operations.register import Register, Registry
from governance.settings import Settings
from governance.signing.keys import decode_public, encode_public
from governance.trail.trust import Person, Trust, load_trust

if TYPE_CHECKING:
    from governance.store.database import Place
    from governance.store.snapshot import Snapshot
    from governance.store.trail import TrailStore

FOLDER = ".governance"
Clock = Callable[[], datetime]
Entropy = Callable[[int], bytes]


class Workspace:
    """Paths, keys, clock and chance of one project, chosen at the edge and handed to every verb."""

    def __init__(self, root: Path, settings: Settings, clock: Clock, entropy: Entropy) -> None:
        self.root, self.settings, self.clock, self.entropy = root, settings, clock, entropy
        self._kept: TrailStore | None = None
        self._registry = Registry()

    @classmethod
    def find(cls, start: Path, settings: Settings, clock: Clock, entropy: Entropy) -> "Workspace":
        """The nearest folder from `start` upwards that has a trail; `start` itself where none has."""
        start = start.resolve()
        root = next((folder for folder in (start, *start.parents) if (folder / FOLDER).is_dir()), start)
        return cls(root, settings, clock, entropy)

    @property
    def home(self) -> Path:
        return self.root / FOLDER

    @property
    def trail_path(self) -> Path:
        return self.home / "trail.db"

    @property
    def place(self) -> "Place":
        """Where the trail is, or would be. As text it may be shown to anybody."""
        return self.settings.database or self.trail_path

    @property
    def trust_path(self) -> Path:
        return self.home / "trust.json"

    @property
    def exists(self) -> bool:
        """Whether a trail was started here. A database is not asked: the trust file was made with its trail, and who
        opens the trail will see."""
        return (self.trust_path if self.settings.database else self.trail_path).exists()

    def trust(self) -> Trust:
        """The project's own trust file. Raises BadInput."""
        if not self.exists:
            raise self._no_trail()
        return load_trust(read_whole(self.trust_path, "trust file"), str(self.trust_path))

    def _no_trail(self) -> BadInput:
        fix = "go to the project's folder or give --project DIR; `governance init` starts a trail"
        return BadInput("there is no trail here", got=str(self.root), fix=fix)

    def write_trust(self, trust: Trust) -> None:
        write_whole(self.trust_path, trust.to_json())

    @contextmanager
    def locked(self) -> Iterator[None]:
        """For whoever writes the trust file: one process after the other, where the system has file locks."""
        try:
            import fcntl
        except ImportError:
            yield
            return
        folder = os.open(self.home, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)

    def open_trail(self) -> "AbstractContextManager[TrailStore]":
        from governance.store.trail import TrailStore

        if self._kept is not None:
            return nullcontext(self._kept)
        if not self.exists:
            raise self._no_trail()
        return TrailStore.open(self.place, self.entropy)

    @contextmanager
    def keeping_trail(self) -> Iterator[None]:
        """For a server: one open trail, with its connections, for all threads that call `open_trail` meanwhile."""
        with self.open_trail() as store:
            self._kept = store
            try:
                yield
            finally:
                self._kept = None

    def register(self, at: "Snapshot") -> Register:
        """Who is who by the trail, in the state that a snapshot reads or a transaction builds on. Raises
        VerificationFailed where that is not what the log signed."""
        return self._registry.at(at, lambda: self.trust().vkeys())

    def machine_keys(self, origin: str) -> Path:
        return self.settings.config / "logs" / origin

    def signer(self, origin: str, role: MachineRole) -> KeySigner | None:
        """This machine's key for a role of this log, or None where it holds none."""
        return machine_signer(self.machine_keys(origin), role)

    def required_signer(self, origin: str, role: MachineRole) -> KeySigner:
        """The same. Raises BadInput where this machine holds none."""
        signer = self.signer(origin, role)
        if signer is None:
            raise BadInput(
                f"this machine does not hold the {role} key of {origin}",
                expected=str(self.machine_keys(origin) / f"{role}.pem"),
                fix="run it where the keys are, or bring them here from your backup; they are never made anew",
            )
        return signer

    def person_key(self, name: str) -> Path:
        return self.settings.config / "people" / f"{name}.json"

    def authenticate(self, name: str, password: Callable[[], str]) -> tuple[Person, KeySigner]:
        """A person who knows their password, as the trust file names them. Raises BadInput, Refused."""
        principal = local(name)
        person = next((person for person in self.trust().people if person.principal == principal), None)
        if person is None:
            raise BadInput(
                f"{name} is nobody this project knows",
                expected=", ".join(p.principal.removeprefix("local|") for p in self.trust().people) or "nobody yet",
                fix=f"name one of these, or have {name} make a key: `governance key new {name} --role ROLE`",
            )
        signer = unwrap_person_key(self.person_key(name), principal, password())
        if signer.public_key != decode_public(person.key):
            raise BadInput(
                f"the key of {name} on this machine is not the one that this project trusts",
                got=encode_public(signer.public_key),
                expected=person.key,
            )
        return person, signer


def local(name: str) -> str:
    """The principal of a local person."""
    return f"local|{name}"
