"""A body takes a while to come, and a measurement longer: who was shut out meanwhile is out when it is sealed, too."""

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from governance.errors import Refused
from governance.evidence.manifest import Manifest
from governance.operations import measure_here
from governance.operations.accounts import disable, invite, redeem, revoke
from governance.operations.caller import Caller, Operator
from governance.operations.submit import evaluate_again, submit
from governance.operations.tokens import LONGEST, create_token, revoke_token, token
from governance.operations.uploads import Upload
from governance.permissions import Scope
from governance.strictyaml import load
from tests.operations.project import NAME, PASSWORD
from tests.web.api.serving import Serving

_numbers = itertools.count()
OUT: dict[str, Callable[[Any, Caller], object]] = {
    "disabled": lambda workspace, who: disable(workspace, who.principal, Operator()),
    "without the role": lambda workspace, who: revoke(workspace, who.principal, "submitter", Operator()),
    "without the token": lambda workspace, who: revoke_token(workspace, Operator(), who.via),
}


@pytest.fixture
def caller(serving: Serving) -> Caller:
    """A submitter, as their request found them when it began."""
    workspace = serving.workspace
    name = f"new{next(_numbers)}-{'pg' if workspace.settings.database else 'file'}"
    redeem(workspace, invite(workspace, name, ["submitter"], Operator()).token, PASSWORD)
    expires = workspace.clock() + LONGEST
    made = create_token(workspace, Operator(), tuple(Scope), "a test", expires, "ci", of=f"local|{name}")
    found = token(workspace, made.secret)
    assert found is not None
    return found


def submitted(serving: Serving, caller: Caller) -> None:
    ours = serving.submission(caller.principal.removeprefix("local|"))
    submit(
        serving.workspace, serving.policies, evidence=ours.evidence.to_bytes(), manifest=ours.manifest, caller=caller
    )


def measured(serving: Serving, caller: Caller) -> None:
    """As if it had just been measured."""
    ours = serving.submission(caller.principal.removeprefix("local|"), "service")
    manifest = load(ours.manifest, Manifest, "governance.yaml")
    files = {item.path: item.sha256 for item in ours.evidence.inputs}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(measure_here, "_measured", lambda *_: ours.evidence)
        upload = Upload(Path(), "governance.yaml", ours.manifest, manifest, files)
        measure_here.measure_here(
            serving.workspace, serving.policies, upload, caller=caller, gone=lambda: False, also=None
        )


def judged_again(serving: Serving, caller: Caller) -> None:
    version = serving.submitted().version
    evaluate_again(serving.workspace, serving.policies, name=NAME, version=version, caller=caller)


@pytest.mark.parametrize("how", OUT)
@pytest.mark.parametrize("do", [submitted, measured, judged_again])
def test_who_is_out_hands_in_nothing_any_more(
    serving: Serving, caller: Caller, do: Callable[[Serving, Caller], None], how: str
) -> None:
    """Before: what was permitted when the first byte came was sealed, hours later if need be."""
    do(serving, caller)
    OUT[how](serving.workspace, caller)
    before = decisions(serving)
    with pytest.raises(Refused, match=r"may not|revoked"):
        do(serving, caller)
    assert decisions(serving) - before <= (do is judged_again)  # whose case is handed in by somebody else


def decisions(serving: Serving) -> int:
    with serving.workspace.open_trail() as store, store.snapshot() as snapshot:
        return len(snapshot.decisions())
