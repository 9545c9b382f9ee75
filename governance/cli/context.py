"""What every command gets: settings, clock, chance, and the terminal. Chosen here, at the edge, and passed down."""

import os
import shutil
import sys
import time
from argparse import Namespace
from collections.abc import Callable
from datetime import UTC, datetime
from getpass import getpass
from pathlib import Path
from typing import TYPE_CHECKING

from governance.cli.terminal import Steps, encodable
from governance.errors import BadInput, ExitCode
from governance.settings import Settings, load_settings

if TYPE_CHECKING:
    from governance.client.remote import Remote
    from governance.evidence.evidence import EvidenceSet
    from governance.operations.case import Case
    from governance.operations.sealing import Place
    from governance.operations.workspace import Workspace
    from governance.policy.outcome import Action
    from governance.render.sealed import Sealed
    from governance.trail.trust import Trust


class Context:
    """One invocation of the command line."""

    def __init__(self, args: Namespace) -> None:
        self.args = args
        self.settings: Settings = load_settings()
        self.quiet: bool = args.quiet
        self.verbose: bool = args.verbose
        live = sys.stderr.isatty() and not self.quiet and not self.settings.dumb
        self.progress = Steps(sys.stderr, time.monotonic, _columns, live=live, lasting=self.verbose)

    @property
    def colour(self) -> bool:
        """`--color` says more than the environment: NO_COLOR is for programs that were not asked."""
        if self.args.color != "auto":
            return bool(self.args.color == "always")
        return self.settings.colour and not self.settings.dumb and sys.stdout.isatty()

    @property
    def width(self) -> int:
        return min(_columns(), 120) if sys.stdout.isatty() else 100

    @property
    def as_json(self) -> bool:
        return getattr(self.args, "format", "text") == "json"

    @staticmethod
    def now() -> datetime:
        return datetime.now(UTC).replace(microsecond=0)

    def workspace(self, start: Path | None = None) -> "Workspace":
        """The project that --project names, or the one around `start` or here. Raises BadInput."""
        from governance.operations.workspace import Workspace

        folder = getattr(self.args, "project", None) or start or Path.cwd()
        if not folder.is_dir():
            raise BadInput("no such folder", got=str(folder), expected="the project's folder")
        return Workspace.find(folder, self.settings, self.now, os.urandom)

    def remote(self) -> "Remote | None":
        """The service that commands work against; None where this project's own trail counts."""
        if self.settings.service is None:
            return None
        from governance.client.remote import Remote
        from governance.client.transport import ServiceClient

        http = ServiceClient(self.settings.service, self.settings.token, os.urandom)
        self.tell(f"service {self.settings.service}")
        return Remote(http, self.own_trust(), self.now)

    def own_trust(self) -> "Trust | None":
        """The trust file that the caller names, or the one of the project that they are in, if any."""
        from governance.operations.files import read_whole
        from governance.trail.trust import load_trust

        path = self.trust_path()
        return None if path is None else load_trust(read_whole(path, "trust file"), str(path))

    def trust_path(self) -> "Path | None":
        """Where `own_trust` is read from."""
        path: Path | None = getattr(self.args, "trust", None)
        if path is not None:
            return path
        workspace = self.workspace()
        return workspace.trust_path if workspace.trust_path.exists() else None

    def trust(self, workspace: "Workspace | None" = None) -> "Trust | None":
        """The trust file that the caller names, or the project's own where a project answers for itself."""
        from governance.operations.files import read_whole
        from governance.trail.trust import load_trust

        path: Path | None = getattr(self.args, "trust", None)
        if path is not None:
            return load_trust(read_whole(path, "trust file"), str(path))
        return workspace.trust() if workspace is not None else None

    def password(self, name: str) -> Callable[[], str]:
        """Asks for it when it is called: from a file, or on the terminal. It raises BadInput where there is neither."""

        def ask() -> str:
            self.done()
            answer = read()
            # What follows is slow on purpose, so that passwords cannot be tried out fast.
            self.progress(f"opening the key of {name}")
            return answer

        def read() -> str:
            from governance.operations.files import read_whole

            path: Path | None = getattr(self.args, "password_file", None)
            if path is not None:
                try:
                    return read_whole(path, "password file").decode().rstrip("\r\n")
                except UnicodeDecodeError as error:
                    raise BadInput("the password file is not UTF-8 text", where=str(path)) from error
            if not sys.stdin.isatty():
                raise BadInput(
                    f"no way to ask for the password of {name}",
                    got="standard input is not a terminal",
                    fix="run it in a terminal, or give --password-file",
                )
            return getpass(f"Password of {name}: ")

        return ask

    def done(self) -> None:
        """The last step is over."""
        self.progress.end()

    def sealed(self, workspace: "Workspace", place: "Place | None") -> "Sealed | None":
        """Where a decision was sealed, for rendering."""
        return None if place is None else self.sealed_at(workspace, place.decision_sha256)

    def sealed_at(self, workspace: "Workspace", decision_sha256: str) -> "Sealed":
        from governance.operations.sealing import issuing
        from governance.render.sealed import Sealed

        with workspace.open_trail() as store, store.snapshot() as snapshot:
            stored = issuing(snapshot, decision_sha256)
            bundle: Path | None = getattr(self.args, "bundle", None)
            return Sealed(
                trail=stored.entry.origin,
                index=stored.index,
                checkpoint=snapshot.checkpoint().decode(),
                bundle=str(bundle) if bundle else None,
            )

    def tell_trail(self, workspace: "Workspace") -> None:
        self.tell(f"trail {workspace.place}" if workspace.exists else f"no trail at {workspace.root} or above")

    def tell_evidence(self, evidence: "EvidenceSet", measured_because: str) -> None:
        """With --verbose: what a check read and used, and whether it measured."""
        self.done()
        for item in evidence.inputs:
            rows = "" if item.rows is None else f", {item.rows:,} rows"
            self.tell(f"read {item.role} {item.path}: {item.size:,} bytes{rows}, sha256 {item.sha256}")
        self.tell("with " + ", ".join(f"{name} {version}" for name, version in sorted(evidence.tools.items())))
        again = f"measured on {evidence.started_at}, used again: the trail has the evidence of the same inputs and plan"
        self.tell(f"measured anew: {measured_because}" if measured_because else again)

    def say_case(self, case: "Case", sealed: "Sealed") -> None:
        """A decision of the trail, with what people said and where it was sealed."""
        from governance.render.json import decision_json
        from governance.render.text import decision_text

        if self.as_json:
            self.say(decision_json(case.decision, case.evidence, sealed))
            return
        text = decision_text(
            case.decision,
            case.evidence,
            environment=None,
            colour=self.colour,
            width=self.width,
            sealed=sealed,
            acts=case.acts,
            policies=case.policies,
        )
        self.say(text)

    def say(self, text: str) -> None:
        self.done()
        sys.stdout.write(encodable(text if text.endswith("\n") else text + "\n", sys.stdout))

    def note(self, text: str) -> None:
        """Beside the result: to standard error."""
        self.done()
        if not self.quiet:
            sys.stdout.flush()  # where both go into one log, they stand in the order in which they were said
            sys.stderr.write(encodable(text + "\n", sys.stderr))

    def hint(self, text: str) -> None:
        """A note for whoever sits there: on a terminal only."""
        if sys.stderr.isatty():
            self.note(text)

    def tell(self, text: str) -> None:
        """With --verbose: a lasting line on standard error."""
        if self.verbose:
            from governance.render.visible import visible

            self.done()
            sys.stderr.write(encodable(visible(text) + "\n", sys.stderr))


def _columns() -> int:
    return shutil.get_terminal_size((100, 24)).columns


def exit_for(action: "Action") -> ExitCode:
    """The exit code of a verdict."""
    return {"allow": ExitCode.ALLOW, "needs review": ExitCode.NEEDS_REVIEW, "deny": ExitCode.DENY}[action.value]


def model_version(text: str) -> tuple[str, str]:
    """NAME@VERSION, at the last @. Raises BadInput."""
    name, at, version = text.rpartition("@")
    surrogates = any("\ud800" <= character <= "\udfff" for character in text)  # bytes of the shell that were no text
    if surrogates or not (name and at and version):
        raise BadInput("not a model version", got=ascii(text), expected="NAME@VERSION, such as adult-income@1.10")
    return name, version


def moment(text: str, option: str) -> datetime:
    """A date of an option, which begins at 00:00Z, or a UTC time to the second. Raises BadInput, naming the option."""
    for form in ("%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"):
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    raise BadInput(
        "not a date", got=ascii(text), expected="2026-06-01, or a UTC time such as 2026-06-01T12:00:00Z", where=option
    )
