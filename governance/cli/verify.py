"""governance verify"""

import json

from governance.cli.context import Context
from governance.errors import ExitCode


def run(context: Context) -> int:
    from governance.operations.files import read_whole
    from governance.render.text import verified_text
    from governance.verification import verify

    data, trust = read_whole(context.args.bundle, "bundle"), context.trust()
    context.progress("verifying the bundle")
    verified = verify(data, trust, now=context.now())
    if context.as_json:
        decision = verified.decision
        body = {
            "schema": "governance.verified/v1",
            "verdict": "VALID",
            "level": verified.level,
            "decision": verified.decision_sha256,
            "subject": decision.subject.model_dump(),
            "outcomes": {name: action.value for name, action in decision.outcomes.items()},
            "as_of": decision.now,
            "valid_until": decision.valid_until,
            "log": {"origin": verified.origin, "size": verified.size, "root": verified.root},
            "signed": [signed._asdict() for signed in verified.signed],
            "checked": verified.checked,
            "not_checked": verified.not_checked,
        }
        context.say(json.dumps(body, indent=2))
    else:
        context.say(verified_text(verified, colour=context.colour, width=context.width))
    return ExitCode.ALLOW
