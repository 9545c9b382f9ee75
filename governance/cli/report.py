"""governance report"""

from typing import TYPE_CHECKING

from governance.cli.context import Context, model_version
from governance.errors import BadInput, ExitCode

if TYPE_CHECKING:
    from governance.client.remote import Remote


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
    elif (remote := context.remote()) is not None:
        pdf = _of_service(context, remote)
    else:
        model, version = model_version(args.model)
        workspace = context.workspace()
        context.tell_trail(workspace)
        pdf = issue_report(
            workspace, latest(workspace, model=model, version=version), UNVERIFIED, context.progress, anew=True
        )
    write_whole(args.out, pdf)
    context.say(str(args.out))
    return ExitCode.ALLOW


def _of_service(context: Context, remote: "Remote") -> bytes:
    """The service draws it and records it. That its decision verifies is seen here, what the PDF says of it is not."""
    from governance.cli.places import There

    model, version = model_version(context.args.model)
    where = There(context, remote)
    digest = where.latest(model, version)
    where.shown(digest)
    context.progress("fetching the report")
    pdf = remote.report(digest)
    context.note("drawn by the service; `governance report --bundle` draws one here, from what was verified here")
    return pdf
