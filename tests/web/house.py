"""A project with accounts on its first morning, made once and copied: keys and passwords take a while to make."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from pathlib import Path

from governance.operations.accounts import disable, invite, redeem, revoke
from governance.operations.caller import Operator
from governance.operations.sessions import sign_in
from governance.operations.tokens import LONGEST, create_token
from governance.permissions import Scope
from governance.settings import DatabaseUrl, Measuring
from tests.operations.project import PASSWORD, START, Clock, Project
from tests.postgresql import Server as Databases

PEOPLE: dict[str, tuple[str, ...]] = {
    "ann": ("submitter",),
    "bo": ("approver",),
    "cy": ("submitter", "approver"),
    "di": ("auditor",),
    "ed": ("approver", "admin"),
    "rae": ("reviewer",),
    "al": ("admin",),
    "max": ("submitter", "reviewer", "approver", "auditor", "admin"),
    "nia": ("auditor",),
    "gus": ("approver",),
}
"""All share one password. `nia` has lost her role since, and the account of `gus` was disabled."""


class House:
    """`sessions` and `tokens`, by name, are secrets from that morning; those of `gus` have ended."""

    def __init__(self, folder: Path, databases: Databases | None = None) -> None:
        self._folder, self._databases, self._now = folder, databases, START
        self._database = databases.new() if databases else None
        project = self._at(folder, self._database)
        workspace = project.start("ann").workspace  # whom the command line asks for in the trust file
        self.sessions: dict[str, str] = {}
        self.tokens: dict[str, str] = {}
        for name, roles in PEOPLE.items():
            redeem(workspace, invite(workspace, name, roles, Operator()).token, PASSWORD)
            signed = sign_in(workspace, name, PASSWORD, "192.0.2.1")
            self.sessions[name] = signed.token
            self.tokens[name] = create_token(workspace, signed.caller, tuple(Scope), "a test", START + LONGEST).secret
        revoke(workspace, "local|nia", "auditor", Operator())
        disable(workspace, "local|gus", Operator())

    def _at(self, folder: Path, database: str | None) -> Project:
        root, config = folder / "project", folder / "config"
        project = (Project.there if root.exists() else Project)(root, config, clock=Clock(self._now))
        url: DatabaseUrl | None = None
        if database is not None and self._databases is not None:
            url = self._databases.url(database)
        # What is sent to be measured is measured elsewhere: it takes seconds, and has tests of its own.
        project.settings = project.settings._replace(database=url, measuring=Measuring(at_once=0))
        project.workspace = project.at()
        return project

    def _copied(self, folder: Path) -> str | None:
        """The name of the copy's database, where it is on a server."""
        shutil.copytree(self._folder, folder, dirs_exist_ok=True)
        return self._databases.new(template=self._database) if self._databases and self._database else None

    @contextmanager
    def copy(self, folder: Path) -> Iterator[Project]:
        """The project, in a folder and a database of its own."""
        database = self._copied(folder)
        try:
            yield self._opened(self._at(folder, database))
        finally:
            if self._databases and database:
                self._databases.drop(database)

    def after(self, folder: Path, change: Callable[[Project], None]) -> "House":
        """Another one, to which this happened."""
        other = copy(self)
        other._folder, other._database = folder, self._copied(folder)
        project = other._opened(other._at(folder, other._database))
        change(project)
        other._now = project.clock.now
        return other

    @staticmethod
    def _opened(project: Project) -> Project:
        project.origin = project.workspace.trust().logs[0].origin
        return project
