"""governance show"""

from governance.cli.context import Context, model_version
from governance.errors import ExitCode


def run(context: Context) -> int:
    from governance.operations.case import read_case
    from governance.operations.export import latest

    model, version = model_version(context.args.model)
    workspace = context.workspace()
    context.say_case(workspace, read_case(workspace, latest(workspace, model=model, version=version)))
    return ExitCode.ALLOW
