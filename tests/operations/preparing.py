"""A project with one text table, and the step that prepares it."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from governance.collect.dialect import Dialect
from governance.collect.prepared import Preparation
from governance.collect.project import Project
from governance.operations.prepare import Prepared, Repeated, prepare, repeat
from governance.progress import Progress, silent

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
OUT, EVENT = "data/t.parquet", "lineage/t.json"


class Place:
    """`source` is the table's name in `root`."""

    def __init__(self, root: Path, data: bytes = b"a,b\n1,x\n2,y\n", source: str = "raw.csv") -> None:
        self.root, self.source = root, source
        root.mkdir(parents=True, exist_ok=True)
        (root / source).write_bytes(data)

    def step(self, dialect: dict[str, Any] | None = None, **options: Any) -> Preparation:
        return Preparation(**{"source": self.source, "out": OUT, "dialect": Dialect(**(dialect or {}))} | options)

    def prepare(
        self,
        dialect: dict[str, Any] | None = None,
        *,
        force: bool = False,
        lineage: str | None = None,
        allow: tuple[Path, ...] = (),
        progress: Progress = silent,
        **options: Any,
    ) -> Prepared:
        step = self.step(dialect, **options)
        project = Project(self.root, allow)
        return prepare(project, step, lineage, force=force, now=NOW, entropy=os.urandom, progress=progress)

    def repeat(self, event: str = EVENT) -> Repeated:
        return repeat(Project(self.root), event, silent)

    @property
    def out(self) -> Path:
        return self.root / OUT

    @property
    def event(self) -> Path:
        return self.root / EVENT

    def table(self) -> dict[str, list[Any]]:
        found: dict[str, list[Any]] = pq.read_table(self.out).to_pydict()
        return found

    def change_event(self, change: Any) -> None:
        """`change` mends the parsed event in place."""
        event = json.loads(self.event.read_bytes())
        change(event)
        self.event.write_text(json.dumps(event, indent=2))

    def files(self) -> set[str]:
        return {path.relative_to(self.root).as_posix() for path in self.root.rglob("*") if path.is_file()}
