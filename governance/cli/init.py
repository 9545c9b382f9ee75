"""governance init"""

import json

from governance.cli.context import Context
from governance.errors import ExitCode


def run(context: Context) -> int:
    from governance.operations.initialise import start_trail

    workspace = context.workspace()
    origin = start_trail(workspace)
    if context.as_json:
        body = {"origin": origin, "trail": str(workspace.trail_path), "trust": str(workspace.trust_path)}
        context.say(json.dumps(body, indent=2))
    else:
        context.say(
            f"Started the trail {origin}\n"
            f"  trail         {workspace.trail_path}\n"
            f"  public keys   {workspace.trust_path}  (give this to whoever verifies)\n"
            f"  private keys  {workspace.machine_keys(origin)}  (back them up; they are never made anew)\n"
            "Next: `governance key new NAME --role submitter`, then `governance check`"
        )
    return ExitCode.ALLOW
