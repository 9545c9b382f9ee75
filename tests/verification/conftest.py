"""One real case, made through the verbs: judged, a finding waived, approved. And its keys, for forgers."""

import os
from typing import NamedTuple

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from governance import keys
from governance.canonical import sha256
from governance.errors import Broken, VerificationFailed
from governance.trail.trust import Trust
from governance.verification import Verified, verify
from tests.operations.project import CHEAP_SCRYPT, Project
from tests.verification.forge import ACT, DECISION, EVIDENCE, Hand, load


class Case(NamedTuple):
    """`plain` is the bundle before anybody acted, `full` the one after a waiver and an approval."""

    project: Project
    plain: bytes
    full: bytes
    trust: Trust
    hand: Hand
    people: dict[str, keys.KeySigner]

    def refused(self, data: bytes, *verdicts: Broken, trust: Trust | None = None) -> str:
        """What is said where the bundle is refused with one of these verdicts."""
        with pytest.raises(VerificationFailed) as caught:
            self.verify(data, trust)
        assert caught.value.verdict in verdicts, str(caught.value)
        return str(caught.value)

    def verify(self, data: bytes, trust: Trust | None = None) -> Verified:
        return verify(data, trust or self.trust, now=self.project.clock.now)


@pytest.fixture(scope="session")
def case(tmp_path_factory):
    folder = tmp_path_factory.mktemp("case")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keys, "_SCRYPT_N", CHEAP_SCRYPT)
        project = Project(folder / "project", folder / "config").start("ann", "bo", "cy", "di")
        people = {name: project.person(name) for name in project.PEOPLE}
        plain = project.bundle(project.check())
        project.clock.tick()
        project.waive()
        project.clock.tick()
        full = project.bundle(project.act("approve"))
        project.clock.tick()
    signers = {EVIDENCE: project.signer("measurer"), DECISION: project.signer("issuer"), ACT: people["bo"]}
    hand = Hand(project.signer("log"), project.origin, signers)
    return Case(project, plain, full, project.workspace.trust(), hand, people)


@pytest.fixture(scope="session")
def artifact(case):
    return sha256((case.project.root / "model.onnx").read_bytes())


@pytest.fixture
def stranger():
    return keys.KeySigner(Ed25519PrivateKey.from_private_bytes(os.urandom(32)))


@pytest.fixture
def full(case):
    return load(case.full)
