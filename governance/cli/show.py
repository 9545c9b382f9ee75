"""governance show"""

from governance.cli.context import Context, model_version
from governance.cli.places import place
from governance.errors import ExitCode


def run(context: Context) -> int:
    model, version = model_version(context.args.model)
    where = place(context)
    context.say_case(*where.shown(where.latest(model, version)))
    return ExitCode.ALLOW
