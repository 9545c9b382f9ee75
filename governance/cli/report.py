"""governance report"""

from governance.cli.context import Context, model_version
from governance.errors import BadInput, ExitCode


def run(context: Context) -> int:
    from governance.operations.export import latest
    from governance.operations.files import read_whole, write_whole
    from governance.operations.report import issue_report, render_bundle
    from governance.policy.act import UNVERIFIED

    args = context.args
    if (args.bundle is None) == (args.model is None):
        raise BadInput("say of what", expected="NAME@VERSION of this project's trail, or --bundle FILE")
    if args.bundle:
        pdf = render_bundle(read_whole(args.bundle, "bundle"), context.trust(), context.now(), context.progress)
    else:
        model, version = model_version(args.model)
        workspace = context.workspace()
        context.tell_trail(workspace)
        pdf = issue_report(workspace, latest(workspace, model=model, version=version), UNVERIFIED, context.progress)
    write_whole(args.out, pdf)
    context.say(str(args.out))
    return ExitCode.ALLOW
