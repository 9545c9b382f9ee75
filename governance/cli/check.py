"""governance check"""

from typing import TYPE_CHECKING

from governance.cli.context import Context, exit_for, moment
from governance.cli.formats import rendered, wanted
from governance.cli.judged import check_here, check_there, sealed_all_the_same
from governance.errors import BadInput, ExitCode, MachineFault

if TYPE_CHECKING:
    from governance.operations.adopt import Adoption


def run(context: Context) -> int:
    from governance.operations.adopt import write_baseline
    from governance.operations.files import write_whole
    from governance.operations.pin import unpinned
    from governance.render.addresses import case_at

    args = context.args
    manifest = args.manifest / "governance.yaml" if args.manifest.is_dir() else args.manifest
    files = wanted(args.also, [manifest, *(path for path in (args.bundle, args.write_baseline) if path)])
    adopted = _adopted(context)
    # Judged as of another day it is an answer to "what if", not a release: sealed, it would replace the real decision.
    dry_run = args.dry_run or args.as_of is not None
    if args.bundle and dry_run:
        option = "--dry-run" if args.dry_run else "--as-of"
        raise BadInput(f"{option} seals nothing, so there is no bundle", fix=f"leave out {option} or --bundle")
    remote = context.remote()
    if remote is None:
        judged = check_here(context, manifest, dry_run=dry_run)
    else:
        markdown = args.format == "markdown" or any(name == "markdown" for name, _ in files)
        judged = check_there(context, remote, manifest, dry_run=dry_run, compared=markdown)
    page = judged.page
    code = exit_for(page.verdict)
    text = rendered(args.format, page, code, colour=context.colour, width=context.width)
    also = [(path, rendered(name, page, code).encode()) for name, path in files]
    unmet = args.bundle is not None and page.sealed is None

    def write() -> None:
        try:
            if args.bundle and page.sealed:
                write_whole(args.bundle, judged.bundle())
            for path, data in also:
                write_whole(path, data)
            if adopted:
                _say_adopted(context, adopted, write_baseline(adopted, page.decision))
        except MachineFault as fault:
            raise sealed_all_the_same(fault, page.decision) if page.sealed else fault from fault

    if context.as_json:
        # One document on standard output: the verdict, or the error, which names it.
        write()
        if not unmet:
            context.say(text)
    else:
        # The verdict first: it stands, whatever becomes of the files. And the files are written even if nobody reads.
        try:
            context.say(text)
        finally:
            write()
    if unmet:
        # Said after the verdict, which is of use without a bundle.
        raise BadInput(
            "the decision is not sealed, so there is no bundle",
            got=judged.unsealed_because,
            fix="leave out --bundle, or give this machine the keys (docs/how-to/pipeline-keys.md)",
        )
    if remote and page.sealed and code != ExitCode.ALLOW and not context.as_json:
        subject = page.decision.subject
        context.note(f"the case: {remote.http.url}{case_at(subject.name, subject.version)}")
    if page.sealed is None:
        context.note(f"not sealed: {judged.unsealed_because}")
    elif judged.trust and (foreign := unpinned(judged.trust, page.decision, judged.released)):
        context.note(
            f"{context.trust_path()} does not pin {', '.join(foreign)}, so that no gate accepts this decision: have "
            "whoever answers for that file say `governance policy pin`"
        )
    return code


def _adopted(context: Context) -> "Adoption | None":
    """The baseline to be written. Raises BadInput for options that do not go together."""
    from governance.operations.adopt import adoption

    args = context.args
    if args.write_baseline is None:
        for option, given in (("--expires", args.expires), ("--reason", args.reason)):
            if given is not None:
                raise BadInput(f"{option} goes with --write-baseline", fix=f"leave out {option}")
        return None
    if args.expires is None or args.reason is None:
        raise BadInput("--write-baseline takes --expires DATE and --reason TEXT: nothing is excused for ever")
    if args.as_of is not None:
        raise BadInput("--as-of asks about another day, and a baseline holds what fails now", fix="leave out --as-of")
    return adoption(args.write_baseline, args.reason, moment(args.expires, "--expires"), context.now())


def _say_adopted(context: Context, adopted: "Adoption", entries: int) -> None:
    if not entries:
        context.note("nothing that fails denies, so there is no baseline to write")
        return
    from governance.render.wording import plural

    said = f"{adopted.path}: {plural(entries, 'known failure')}. With `governance check --baseline {adopted.path}`"
    context.note(f"{said} they need a review, and only new failures deny")
