"""A check by a service that also measures: the files of a manifest travel there, and nothing else does."""

from collections.abc import Mapping
from pathlib import Path

from governance.canonical import Sha256, sha256
from governance.client.remote import Remote
from governance.client.submit import Submitted, submitter
from governance.client.transport import YAML
from governance.client.upload import Part
from governance.collect.manifest import Loaded, load
from governance.collect.named_files import NamedFile, named_files, travelling
from governance.errors import BadInput, Broken, VerificationFailed
from governance.evidence.evidence import EvidenceSet
from governance.operations.evaluate import Gathered
from governance.operations.uploads import FILE, MANIFEST
from governance.policy.decision import Decision
from governance.policy.document import LoadedPolicy
from governance.policy.plan import plan
from governance.progress import Progress

PATIENCE = 3600.0
"""Seconds that a service has to measure."""


def send(remote: Remote, manifest: Path, policies: tuple[LoadedPolicy, ...], progress: Progress) -> Submitted:
    """Send what the service's policies need of this manifest's files, and have it measured, judged and sealed there.

    Each file is digested before it is sent; the evidence that comes back must be of these very bytes. Raises BadInput,
    Refused, MachineFault, VerificationFailed.
    """
    me = submitter(remote)
    loaded = load(manifest, progress=progress)
    named = travelling(named_files(loaded.manifest, plan(policies, loaded.manifest).facts), loaded.input.path)
    digests = {path: _digest(loaded, files) for path, files in named.items()}
    answer = remote.http.post_form(
        "/measurements",
        [
            Part(MANIFEST, loaded.data, YAML, loaded.input.path),
            *(Part(FILE, loaded.project.resolve(path, files[0].role), filename=path) for path, files in named.items()),
        ],
        key=remote.http.new_key(),
        patience=PATIENCE,
        progress=progress,
    )
    loaded.project.assert_unchanged()
    evidence = _evidence(remote, Decision.from_bytes(answer.data))
    came = {item.path: item.sha256 for item in evidence.inputs}
    said = (evidence.manifest, evidence.origin.by, evidence.origin.where)
    if came != {loaded.input.path: loaded.input.sha256, **digests} or said != (
        sha256(loaded.data), me.principal, "service",
    ):  # fmt: skip
        raise VerificationFailed(
            Broken.TAMPERED,
            "the service measured something else than was sent",
            got=_first_other(came, digests) or " ".join(said),
            expected=f"the files of {manifest}, measured by the service for {me.principal}",
        )
    return Submitted(Gathered(loaded, evidence, "the service was asked to"), sha256(answer.data))


def _digest(loaded: Loaded, files: tuple[NamedFile, ...]) -> Sha256:
    """Of a file as it lies here. Raises BadInput where it is a folder, or not the file that the manifest records: the
    service would take neither."""
    for file in files:
        if loaded.project.resolve(file.path, file.role).is_dir():
            raise BadInput(
                "an artifact that is a folder does not travel",
                got=file.path,
                fix="measure here: leave out --measure-on",
                where=file.role,
            )
        found = loaded.project.input(file.role, file.path).sha256
        if file.recorded not in (None, found):
            raise BadInput(
                "a file that is not the one which the manifest records",
                got=found,
                expected=str(file.recorded),
                fix="mend the manifest or the file; or measure here, and have the difference judged",
                where=f"{file.role}: {file.path}",
            )
    return found


def _evidence(remote: Remote, decision: Decision) -> EvidenceSet:
    (digest,) = decision.evidence
    data = remote.http.get(f"/evidence/{digest}").data
    if sha256(data) != digest:
        raise VerificationFailed(Broken.TAMPERED, "the evidence is not the one its digest names", got=sha256(data))
    return EvidenceSet.from_bytes(data)


def _first_other(came: Mapping[str, Sha256], sent: Mapping[str, Sha256]) -> str:
    return next((f"{path}: {digest}" for path, digest in came.items() if sent.get(path, digest) != digest), "")
