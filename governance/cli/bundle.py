"""governance bundle"""

from governance.cli.context import Context, model_version
from governance.cli.places import place
from governance.errors import ExitCode


def run(context: Context) -> int:
    from governance.operations.files import write_whole

    model, version = model_version(context.args.model)
    where = place(context)
    context.progress("gathering the bundle")
    write_whole(context.args.out, where.bundle(where.latest(model, version)))
    context.say(f"{context.args.out}\nAnybody can check it: `governance verify {context.args.out} --trust trust.json`")
    return ExitCode.ALLOW
