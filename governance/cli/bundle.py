"""governance bundle"""

from governance.cli.context import Context, model_version
from governance.errors import ExitCode


def run(context: Context) -> int:
    from governance.operations.export import export_bundle, latest
    from governance.operations.files import write_whole

    model, version = model_version(context.args.model)
    workspace = context.workspace()
    context.progress("gathering the bundle")
    write_whole(context.args.out, export_bundle(workspace, latest(workspace, model=model, version=version)))
    context.say(f"{context.args.out}\nAnybody can check it: `governance verify {context.args.out} --trust trust.json`")
    return ExitCode.ALLOW
