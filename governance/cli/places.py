"""Where decisions are looked up: in this project's trail, or at a service. What is said of them is the same."""

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from governance.cli.context import Context
from governance.errors import BadInput

if TYPE_CHECKING:
    from governance.client.opened import Opened
    from governance.client.remote import Remote
    from governance.operations.case import Case
    from governance.policy.document import LoadedPolicy
    from governance.render.sealed import Sealed

_NOT_VERIFIED = "only integrity was checked, no signature: give --trust FILE, got on a way of your own"


class Shown(NamedTuple):
    """A decision with what it stands on, and its place in the log."""

    case: "Case"
    sealed: "Sealed"


class Place(Protocol):
    """Each verb raises BadInput where there is no such decision, VerificationFailed where it does not hold."""

    def latest(self, model: str, version: str) -> str:
        """The digest of the latest decision about a model version."""

    def newest(self) -> str | None:
        """The digest of the last decision of all, if there is any."""

    def shown(self, digest: str) -> Shown: ...

    def bundle(self, digest: str) -> bytes: ...

    def asked(self) -> "tuple[LoadedPolicy, ...]":
        """The policies that count where there is no decision yet."""


def place(context: Context) -> Place:
    remote = context.remote()
    return Here(context) if remote is None else There(context, remote)


class Here:
    """This project's trail, which answers for itself."""

    def __init__(self, context: Context) -> None:
        if getattr(context.args, "trust", None):
            raise BadInput(
                "--trust is for what comes from elsewhere: a trail answers for itself", fix="leave out --trust"
            )
        self._context, self._workspace = context, context.workspace()

    def latest(self, model: str, version: str) -> str:
        from governance.operations.export import latest

        return latest(self._workspace, model=model, version=version)

    def newest(self) -> str | None:
        from governance.operations.case import newest

        return newest(self._workspace) if self._workspace.exists else None

    def shown(self, digest: str) -> Shown:
        from governance.operations.case import read_case

        return Shown(read_case(self._workspace, digest), self._context.sealed_at(self._workspace, digest))

    def bundle(self, digest: str) -> bytes:
        from governance.operations.export import export_bundle

        return export_bundle(self._workspace, digest)

    def asked(self) -> "tuple[LoadedPolicy, ...]":
        from governance import bundled
        from governance.operations.evaluate import load_policies

        policy = self._context.settings.policy
        return load_policies([policy] if policy else bundled.policy_names())


class There:
    """A service. What it gives is verified under the caller's trust file; where there is none, that is said."""

    def __init__(self, context: Context, remote: "Remote") -> None:
        self._context, self._remote = context, remote
        self._opened: dict[str, Opened] = {}
        self._about: dict[str, tuple[str, str]] = {}

    def latest(self, model: str, version: str) -> str:
        digest = self._remote.latest(model=model, version=version)
        self._about[digest] = model, version
        return digest

    def newest(self) -> str | None:
        return self._remote.newest()

    def shown(self, digest: str) -> Shown:
        opened = self._open(digest)
        return Shown(opened.case, with_bundle(self._context, opened.sealed))

    def bundle(self, digest: str) -> bytes:
        return self._open(digest).data

    def asked(self) -> "tuple[LoadedPolicy, ...]":
        return self._remote.ruling().policies

    def _open(self, digest: str) -> "Opened":
        if digest not in self._opened:
            self._context.progress("fetching the bundle and verifying it")
            model, version = self._about.get(digest, (None, None))
            self._opened[digest] = self._remote.opened(digest, model=model, version=version)
            say_trusted(self._context, self._remote)
        return self._opened[digest]


def say_trusted(context: Context, remote: "Remote") -> None:
    """How far what comes from a service was checked, where that is not far."""
    if remote.trust is None:
        context.note(_NOT_VERIFIED)


def with_bundle(context: Context, sealed: "Sealed") -> "Sealed":
    """With the file that the bundle is written to, if one is."""
    file: Path | None = getattr(context.args, "bundle", None)
    return sealed.model_copy(update={"bundle": str(file) if file else None})
