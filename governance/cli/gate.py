"""governance gate"""

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from governance.canonical import instant
from governance.cli.context import Context, exit_for
from governance.errors import BadInput

if TYPE_CHECKING:
    from governance.progress import Progress


def run(context: Context) -> int:
    from governance.operations.ask import ask_bundle, ask_trail
    from governance.operations.files import read_whole
    from governance.render.json import gate_answer
    from governance.render.text import gate_text

    args = context.args
    artifact = _digest(args.artifact, context.progress)
    now = context.now()
    if args.bundle:
        data = read_whole(args.bundle, "bundle")
        context.progress("verifying the bundle")
        asked = ask_bundle(data, context.own_trust(), artifact, args.environment, now)
    elif (remote := context.remote()) is not None:
        context.progress("asking the service, and verifying what it says")
        asked = remote.ask(artifact, args.environment)
    else:
        workspace = context.workspace()
        own = context.trust(workspace)
        if own is None:
            raise BadInput("nobody to trust", fix="give --trust FILE")
        context.tell_trail(workspace)
        context.progress("looking for the newest decision")
        asked = ask_trail(workspace, own, artifact, args.environment)
    answer, verified = asked
    if context.as_json:
        decision, level = (verified.decision, verified.level) if verified else (None, None)
        said = gate_answer(answer, decision, level, artifact=artifact, environment=args.environment, now=instant(now))
        context.say(json.dumps(said.model_dump(mode="json", by_alias=True), indent=2))
    else:
        context.say(
            gate_text(
                answer,
                verified.decision if verified else None,
                artifact=artifact,
                environment=args.environment,
                now=instant(now),
                colour=context.colour,
                width=context.width,
            )
        )
    return exit_for(answer.action)


def _digest(text: str, progress: "Progress") -> str:
    """A digest as it is, or the digest of a file or folder. Raises BadInput."""
    from governance.collect.project import Project

    if re.fullmatch(r"(sha256:)?[0-9a-f]{64}", text):
        return text.removeprefix("sha256:")
    path = Path(text)
    if not path.exists():
        raise BadInput(
            "no such artifact", got=text, expected="a file, a folder or a SHA-256 in hex", where="--artifact"
        )
    project = Project(path.resolve().parent, progress=progress)
    return project.digest(project.resolve(path.name, "artifact"))[0]
