"""governance key new"""

import json
import sys
from getpass import getpass

from governance.cli.context import Context
from governance.errors import BadInput, ExitCode


def run(context: Context) -> int:
    from governance.operations.initialise import add_person

    name = context.args.person
    if context.settings.service:
        raise BadInput(
            "the service's people have accounts, with a key in each",
            got=f"GOVERNANCE_URL is {context.settings.service}",
            fix=f"have an admin of the service invite {name}; unset GOVERNANCE_URL for a key of this project's trail",
        )
    workspace = context.workspace()
    workspace.trust()
    password = context.password(name)()
    context.done()
    if context.args.password_file is None and sys.stdin.isatty() and getpass("Once more: ") != password:
        raise BadInput("the two passwords differ", fix="type them again; nothing was made")
    context.progress("wrapping the key with the password")
    person = add_person(workspace, name, tuple(context.args.role), password)
    if context.as_json:
        context.say(json.dumps(person.model_dump(mode="json"), indent=2))
    else:
        context.say(
            f"{name} may now act as {', '.join(person.roles)} in this project\n"
            f"  public key    {person.key}\n"
            f"  private key   {workspace.person_key(name)}  (wrapped with the password)\n"
            f"  named in      {workspace.trust_path}"
        )
    return ExitCode.ALLOW
