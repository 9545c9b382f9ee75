"""governance waivers"""

import json
from typing import TYPE_CHECKING

from governance.canonical import instant
from governance.cli.context import Context
from governance.errors import BadInput, ExitCode

if TYPE_CHECKING:
    from governance.operations.waivers import Granted, Waived


def run(context: Context) -> int:
    from governance.operations.waivers import waivers

    if context.remote() is not None:
        raise BadInput(
            "a service does not list its waivers to a command line",
            fix="its page of a model shows them; `governance show NAME@VERSION` says what became of those of a version",
        )
    found = waivers(context.workspace(), context.args.model)
    context.say(json.dumps(_plain(found), indent=2) if context.as_json else "\n".join(_lines(found)))
    return ExitCode.ALLOW


def _plain(found: "Waived") -> dict[str, object]:
    return {
        "schema": "governance.waivers/v1",
        "now": instant(found.now),
        "waivers": [
            {
                "sha256": one.act_sha256,
                "subject": one.subject.model_dump(mode="json"),
                "state": one.state,
                "used_for": one.used_for,
                "why": one.why,
                "days_left": one.days_left,
                "act": one.act.model_dump(mode="json", by_alias=True),
            }
            for one in found.waivers
        ],
    }


def _lines(found: "Waived") -> list[str]:
    from governance.render.visible import visible

    if not found.waivers:
        return ["no waiver was ever given here"]
    return [visible(line) for one in found.waivers for line in _said(one)]


def _said(one: "Granted") -> list[str]:
    from governance.render import wording

    waiver = one.act.waiver
    if waiver is None:
        raise RuntimeError("a waiver is listed that is none")
    left = wording.plural(max(0, one.days_left), "day")
    ends = f"ended on {waiver.expires}" if one.state == "expired" else f"{left} left, until {waiver.expires}"
    asked = f", asked for by {waiver.requester}" if waiver.requester else ""
    lines = [
        f"{one.state.upper():<8}  {one.subject.name}@{one.subject.version}  {waiver.key}  {waiver.ticket}: {ends}",
        f"          by {one.act.actor}{asked}: {one.act.reason}",
    ]
    others = [version for version in one.used_for if version != one.subject.version]
    lines += [f"          used for {wording.listed(others)} too"] if others else []
    return [*lines, *([f"          it {one.why}"] if one.why else [])]
