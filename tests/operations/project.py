"""A small project on the disk, with keys, people and a clock that a test holds in its hand."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import pyarrow
import pyarrow.parquet

from governance import keys
from governance.canonical import instant, sha256
from governance.operations.evaluate import Checked, check, load_policies
from governance.operations.export import export_bundle
from governance.operations.initialise import add_person, start_trail
from governance.operations.review import Reviewed, act
from governance.operations.workspace import Workspace, local
from governance.policy.act import Waiver
from governance.settings import Settings
from governance.store.trail import TrailStore
from governance.store.verify import VerifiedTrail, verify_trail

NAME, VERSION = "credit", "1.10"
PASSWORD = "correct horse battery"
START = datetime(2027, 1, 1, 9, tzinfo=UTC)
CHEAP_SCRYPT = 2**14
"""The least that a wrapped key may say; the real cost is tested once, in tests/test_keys.py."""
FLOOR, RECORDED = "small#floor", "small#recorded"

MANIFEST = f"""\
schema: governance.manifest/v1
model: {{name: {NAME}, version: {VERSION}, owner: "team:credit"}}
artifact: {{path: model.onnx, format: onnx}}
data:
  evaluation:
    path: eval.parquet
    label: {{column: y, positive: [yes], negative: [no]}}
    prediction: {{column: p, positive: [yes], negative: [no]}}
    sensitive: {{sex: {{column: sex}}}}
"""

# The floor fails and is to be waived; the artifact's digest is not recorded, which wants a review.
POLICY = """\
schema: governance.policy/v1
id: small
version: 1.0.0
in_force: {from: 2026-01-01T00:00:00Z}
environments: [prod, staging]
valid_for: 30
rules:
  - id: floor
    uses: performance.floor@1
    with: {at_least: 0.9}
    enforcement: {default: deny, staging: warn}
    waivable_to: allow
  - id: recorded
    uses: artifact.digest@1
    enforcement: {default: review, staging: warn}
"""


class Clock:
    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def tick(self, **step: float) -> None:
        self.now += timedelta(**(step or {"minutes": 1}))


class Project:
    """`ann` submits, `bo` approves, `cy` does both, `di` only looks. All share one password."""

    PEOPLE = {"ann": ("submitter",), "bo": ("approver",), "cy": ("submitter", "approver"), "di": ("auditor",)}

    def __init__(self, root: Path, config: Path, *, clock: Any = None, right: int = 80, of: int = 100) -> None:
        self._open(root, config, clock or Clock())
        root.mkdir(parents=True, exist_ok=True)
        self.write("governance.yaml", MANIFEST)
        self.write("policy.yaml", POLICY)
        self.write("model.onnx", bytes(range(64)))
        self.table(right, of)

    def _open(self, root: Path, config: Path, clock: Any) -> None:
        self.root, self.clock = root, clock
        self.settings = Settings(config=config, ci=False, colour=False, policy=None)
        self.workspace = Workspace(root, self.settings, clock, os.urandom)

    @classmethod
    def there(cls, root: Path, config: Path, *, clock: Any) -> "Project":
        """One that another process made."""
        project = cls.__new__(cls)
        project._open(root, config, clock)
        return project

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.root / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def table(self, right: int, of: int, **columns: list[Any]) -> None:
        """An evaluation table in which `right` of `of` predictions are."""
        y = ["yes", "no"] * (of // 2)
        p = [value if index < right else {"yes": "no", "no": "yes"}[value] for index, value in enumerate(y)]
        data = {"y": y, "p": p, "sex": ["f", "f", "m", "m"] * (of // 4)} | columns
        pyarrow.parquet.write_table(pyarrow.table(data), self.root / "eval.parquet")

    def start(self, *names: str) -> "Project":
        """A trail, and a key for each of these people."""
        self.origin = start_trail(self.workspace)
        for name in names:
            add_person(self.workspace, name, self.PEOPLE[name], PASSWORD)
        return self

    def at(self, **settings: Any) -> Workspace:
        """The same place under other settings."""
        return Workspace(self.root, self.settings._replace(**settings), self.clock, os.urandom)

    def check(self, submitter: str = "local|ann", **options: Any) -> Checked:
        policies = load_policies([str(self.root / "policy.yaml")])
        workspace = options.pop("workspace", self.workspace)
        return check(workspace, self.root / "governance.yaml", policies, submitter=submitter, **options)

    def act(
        self,
        kind: Literal["approve", "reject", "comment", "waive", "attest"],
        name: str = "bo",
        role: str = "approver",
        **options: Any,
    ) -> Reviewed:
        settings = {"model": NAME, "version": VERSION, "reason": "looked at it", "password": lambda: PASSWORD} | options
        return act(self.workspace, kind, principal=local(name), role=role, **settings)

    def waive(self, key: str = FLOOR, days: float = 10, name: str = "bo", role: str = "approver", **options: Any):
        moment = self.clock()
        waiver = Waiver(
            key=key,
            ticket="RISK-7",
            not_before=instant(moment),
            expires=instant(moment + timedelta(days=days)),
            **options.pop("waiver", {}),
        )
        return self.act("waive", name, role, waiver=waiver, **options)

    def bundle(self, made: Checked | Reviewed) -> bytes:
        assert made.sealed is not None
        return export_bundle(self.workspace, made.sealed.decision_sha256)

    def signer(self, role: Literal["log", "issuer", "measurer"]) -> keys.KeySigner:
        return self.workspace.required_signer(self.origin, role)

    def person(self, name: str) -> keys.KeySigner:
        return self.workspace.authenticate(name, lambda: PASSWORD)[1]

    def trail(self) -> VerifiedTrail:
        """The whole trail, verified."""
        with TrailStore.open(self.workspace.trail_path) as store:
            return verify_trail(store, self.workspace.trust().logs[0].key)

    def artifact(self) -> str:
        return sha256((self.root / "model.onnx").read_bytes())
