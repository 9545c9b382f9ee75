"""governance waivers"""

import json
from typing import TYPE_CHECKING

from governance.cli.context import Context
from governance.errors import ExitCode

if TYPE_CHECKING:
    from governance.operations.waivers import WaiverLine, WaiverList


def run(context: Context) -> int:
    from governance.operations.waivers import waivers

    name = context.args.model
    if (remote := context.remote()) is not None:
        found = remote.waivers(name)
        context.note("as the service says; `governance show NAME@VERSION` verifies those of a version")
    else:
        found = waivers(context.workspace(), name)
    plain = found.model_dump(mode="json", by_alias=True)
    context.say(json.dumps(plain, indent=2, ensure_ascii=False) if context.as_json else "\n".join(_lines(found)))
    return ExitCode.ALLOW


def _lines(found: "WaiverList") -> list[str]:
    from governance.render.visible import visible

    if not found.waivers:
        return ["no waiver was ever given here"]
    return [visible(line) for one in found.waivers for line in _said(one)]


def _said(one: "WaiverLine") -> list[str]:
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
