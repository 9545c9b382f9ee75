"""One real case, made through the verbs: judged, a finding waived, approved. And its keys, for forgers."""

from typing import NamedTuple

import pytest

from governance import keys
from governance.canonical import sha256
from governance.trail.trust import Trust
from governance.verification import Verified, verify
from tests.operations.project import CHEAP_SCRYPT, Project
from tests.verification.forge import ACT, DECISION, EVIDENCE, Hand


class Case(NamedTuple):
    """`plain` is the bundle before anybody acted, `full` the one after a waiver and an approval."""

    project: Project
    plain: bytes
    full: bytes
    trust: Trust
    hand: Hand
    people: dict[str, keys.KeySigner]

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
