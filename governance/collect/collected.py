"""Everything that is read rather than measured, in one call."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from governance.collect import (
    access,
    bias_audit,
    documentation,
    licences,
    lineage,
    openlineage,
    operations,
    purpose,
    reasons,
    reproducibility,
    tabular,
)
from governance.collect.manifest import Loaded
from governance.collect.named_files import digested
from governance.collect.reproducibility import Requirement
from governance.errors import BadInput
from governance.evidence.access import AccessFacts, Approval, Grant, Person
from governance.evidence.bias_audit import BiasAuditFacts
from governance.evidence.documentation import DocumentationFacts
from governance.evidence.evidence import Absent
from governance.evidence.licences import LicenceFacts
from governance.evidence.lineage import LineageFacts
from governance.evidence.operations import OperationsFacts
from governance.evidence.origin import FactOrigin, Input
from governance.evidence.purpose import PurposeFacts
from governance.evidence.reasons import ReasonFacts
from governance.evidence.reproducibility import ReproducibilityFacts

GROUPS = frozenset(
    {"lineage", "access", "reproducibility", "documents", "purpose", "operations", "licences", "bias_audit", "reasons"}
)


class Collected(NamedTuple):
    """Facts are null where they were not wanted, or where `absent` says why. `inputs`: all that was read, in order."""

    lineage: LineageFacts | None
    access: AccessFacts | None
    reproducibility: ReproducibilityFacts | None
    documents: DocumentationFacts | None
    purpose: PurposeFacts | None
    operations: OperationsFacts | None
    licences: LicenceFacts | None
    bias_audit: BiasAuditFacts | None
    reasons: ReasonFacts | None
    absent: tuple[Absent, ...]
    inputs: tuple[Input, ...]


def collect(loaded: Loaded, wanted: frozenset[str]) -> Collected:
    """Reads what the wanted groups of facts need (other groups than `GROUPS` are somebody else's), and digests the
    artifact and every table and source of the manifest, wanted or not. Raises BadInput for whatever cannot be read."""
    reader = _Reader(loaded)
    reader.digest_all()
    loaded.project.progress("reading what is declared")
    approved = reader.approvals() if wanted & {"access", "lineage"} else ()
    return Collected(
        lineage=reader.lineage(approved) if "lineage" in wanted else None,
        access=reader.access(approved) if "access" in wanted else None,
        reproducibility=reader.reproducibility() if "reproducibility" in wanted else None,
        documents=reader.documents() if "documents" in wanted else None,
        purpose=reader.purpose() if "purpose" in wanted else None,
        operations=reader.operations() if "operations" in wanted else None,
        licences=reader.licences() if "licences" in wanted else None,
        bias_audit=reader.bias_audit() if "bias_audit" in wanted else None,
        reasons=reader.reasons() if "reasons" in wanted else None,
        absent=tuple(reader.absent),
        inputs=tuple(reader.inputs),
    )


class _Reader:
    """One pass over a manifest. `inputs` and `absent` grow as it reads."""

    def __init__(self, loaded: Loaded) -> None:
        self.manifest, self.project, self.source = loaded.manifest, loaded.project, loaded.source
        self.inputs: list[Input] = [loaded.input]
        self.absent: list[Absent] = []
        self._locked: tuple[str, tuple[Requirement, ...]] | None = None

    def digest_all(self) -> None:
        for file in digested(self.manifest):
            with self._named(file.role, file.path):
                self.inputs.append(self.project.input(file.role, file.path, file.recorded))

    def approvals(self) -> tuple[Approval, ...]:
        path = self.manifest.access.approvals
        return access.approvals(self._read("access.approvals", path, tabular.MAX_BYTES), path) if path else ()

    def lineage(self, approved: tuple[Approval, ...]) -> LineageFacts | None:
        section = self.manifest.lineage
        if not section.sources and not section.events:
            self._missing("lineage", "the manifest names no data source and no lineage event")
            return None
        events, size = [], 0
        for path in section.events:
            data = self._read("lineage.event", path, openlineage.MAX_BYTES)
            if (size := size + len(data)) > openlineage.MAX_BYTES_IN_ALL:
                expected = f"at most {openlineage.MAX_BYTES_IN_ALL} bytes in all"
                raise BadInput("too many lineage events", expected=expected, where="lineage.event")
            events += openlineage.parse(data, path)
        return lineage.facts(self.manifest, events, approved)

    def access(self, approved: tuple[Approval, ...]) -> AccessFacts | None:
        section = self.manifest.access
        if section.grants is None and section.approvals is None:
            self._missing("access", "the manifest names no access grants and no approvals")
            return None
        granted: tuple[Grant, ...] = ()
        if (path := section.grants) is not None:
            granted = access.grants(self._read("access.grants", path, tabular.MAX_BYTES), path)
        people: tuple[Person, ...] | None = None
        if (path := section.people) is not None:
            people = access.people(self._read("access.people", path, tabular.MAX_BYTES), path)
        return access.facts(self.manifest, granted, approved, people)

    def reproducibility(self) -> ReproducibilityFacts | None:
        environment = self.manifest.environment
        if environment.lock is None:
            if environment.commit is None and not environment.seeds and not environment.parameters:
                self._missing(
                    "reproducibility", "the manifest names no lock file, no commit, no seeds and no parameters"
                )
                return None
            return reproducibility.facts(environment, None, ())
        digest, locked = self._lock(environment.lock)
        return reproducibility.facts(environment, digest, locked)

    def licences(self) -> LicenceFacts | None:
        path = self.manifest.environment.lock
        found = licences.facts(self.manifest.licences, self._lock(path)[1] if path else None)
        if found is None:
            self._missing("licences", "the manifest names no licence and no lock file")
        return found

    def _lock(self, path: str) -> tuple[str, tuple[Requirement, ...]]:
        """(SHA-256, requirements) of the lock file, which is read once."""
        if self._locked is None:
            data = self._read("environment.lock", path, reproducibility.MAX_BYTES)
            self._locked = self.inputs[-1].sha256, reproducibility.lock(data, path)
        return self._locked

    def documents(self) -> DocumentationFacts | None:
        if not self.manifest.documents:
            self._missing("documents", "the manifest names no document")
            return None
        found = tuple(
            documentation.document(kind, path, self._read(f"documents.{kind}", path, documentation.MAX_BYTES))
            for kind, path in self.manifest.documents.items()
        )
        trained_at = self.manifest.model.trained_at
        return DocumentationFacts(origin=FactOrigin(kind="declared"), documents=found, trained_at=trained_at)

    def purpose(self) -> PurposeFacts | None:
        if (found := purpose.facts(self.manifest.model)) is None:
            self._missing("purpose", "the manifest does not say what the model is for")
        return found

    def operations(self) -> OperationsFacts | None:
        if (found := operations.facts(self.manifest)) is None:
            self._missing("operations", "the manifest does not say how the model is run")
        return found

    def bias_audit(self) -> BiasAuditFacts | None:
        if (found := bias_audit.facts(self.manifest)) is None:
            self._missing("bias_audit", "the manifest says nothing about a bias audit")
        return found

    def reasons(self) -> ReasonFacts | None:
        if (section := self.manifest.reasons) is None:
            self._missing("reasons", "the manifest names no catalogue of reasons")
            return None
        data = self._read("reasons.catalogue", section.catalogue, reasons.MAX_BYTES)
        return reasons.facts(self.manifest, section, reasons.catalogue(data, section.catalogue))

    def _read(self, role: str, path: str, limit: int) -> bytes:
        with self._named(role, path):
            data, record = self.project.read_input(role, path, limit)
        self.inputs.append(record)
        return data

    @contextmanager
    def _named(self, role: str, path: str) -> Iterator[None]:
        """A file that cannot be had is told of where the manifest names it."""
        try:
            yield
        except BadInput as error:
            if not error.where.startswith(role):
                raise
            at = self.source.beside(self.source.nearest(path, tuple(role.split("."))))
            details = dict(error.details())
            raise self.source.error(at, f"{role}: {error.what}", **details) from error

    def _missing(self, group: str, why: str) -> None:
        self.absent.append(Absent(facts=group, kind="missing", why=why))
