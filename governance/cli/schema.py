"""governance schema"""

import json

from governance.cli.context import Context
from governance.errors import BadInput, ExitCode


def run(context: Context) -> int:
    from governance.render.schema import documents, for_editors

    if context.args.document not in documents():
        raise BadInput("no such document", got=context.args.document, expected=", ".join(documents()))
    context.say(json.dumps(for_editors(context.args.document), indent=2))
    return ExitCode.ALLOW
