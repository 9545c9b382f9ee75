"""`governance`: the commands and their options, in one place. Each command's module is imported when it runs."""

from __future__ import annotations

import argparse
import sys

from governance import __version__
from governance.cli.formats import FORMATS
from governance.cli.options import Known, change_options, path, service_commands
from governance.errors import BadInput, Broken, ExitCode, GovernanceError, VerificationFailed

TYPE_CHECKING = False  # as in typing, which costs a third of the start-up of `--help`
if TYPE_CHECKING:
    pass

_CODES = [f"{code:d} {code.means}" for code in ExitCode]
_EXITS = f"exit codes: {', '.join(_CODES[:-1])},\n{_CODES[-1]}"

_MODEL = "a model version"


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> None:  # type: ignore[override]
        raise BadInput(message, fix=f"`{self.prog} --help` shows how", where=self.prog)


class _Command(_Parser):
    def parse_known_args(self, args=None, namespace=None):  # type: ignore[no-untyped-def]
        """What a command does not know is its own error: only it can name the option that was meant."""
        known, extras = super().parse_known_args(args, namespace)
        if getattr(known, "name", None) == [] and not any(extra.startswith("-") for extra in extras):
            known.name, extras = extras, []  # argparse gives names nothing where an option stands before them
        if extras:
            import difflib

            near = difflib.get_close_matches(extras[0].partition("=")[0], list(self._option_string_actions), n=1)
            means = f"did you mean {near[0]}? " if near else ""
            fix = f"{means}`{self.prog} --help` shows how"
            raise BadInput(f"unrecognized arguments: {' '.join(extras)}", fix=fix, where=self.prog)
        return known, extras


def build_parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="governance",
        description="Audit machine-learning models: evidence, rules, signed decisions, a trail, a gate.",
        epilog=_EXITS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"governance {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, parser_class=_Command)

    def command(
        name: str, text: str, example: str = "", *, formats: tuple[str, ...] = ("text", "json"), project: bool = True
    ) -> argparse.ArgumentParser:
        """`example` is what follows the command's name in one real call of it, the last line of its `--help`."""
        added = commands.add_parser(
            name,
            help=text,
            description=text[:1].upper() + text[1:] + ".",
            epilog=f"{_EXITS}\n\nexample: governance {name} {example}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        loudness = added.add_mutually_exclusive_group()
        loudness.add_argument("--quiet", action="store_true", help="say nothing beside the result")
        loudness.add_argument("--verbose", action="store_true", help="say what is read and done, on standard error")
        added.add_argument(
            "--color", choices=("auto", "always", "never"), default="auto", help="default: auto, on a terminal"
        )
        added.add_argument("--traceback", action="store_true", help=argparse.SUPPRESS)
        if formats:
            added.add_argument("--format", choices=formats, default="text", help="default: text")
        if project:
            added.add_argument(
                "--project", type=path, metavar="DIR", help="folder with the trail; default: found from here upwards"
            )
        return added

    def elsewhere(added: argparse.ArgumentParser) -> None:
        added.add_argument(
            "--trust", type=path, metavar="FILE", help="of a service (GOVERNANCE_URL); default: the project's own"
        )

    def person(added: argparse.ArgumentParser, required: bool) -> None:
        added.add_argument(
            "--as", dest="name", metavar="NAME", required=required, help="who you are; asks your password"
        )
        added.add_argument("--password-file", type=path, metavar="FILE", help="read the password from a file")

    init = command(
        "init",
        "look at a model's folder, write its governance.yaml, and start a trail",
        "models/adult --sensitive sex --bins age:40,60",
    )
    init.add_argument("folder", type=path, nargs="?", metavar="DIR", help="the model's folder; default: here")
    init.add_argument("--no-trail", action="store_true", help="write the manifest alone: no keys, no .governance/")
    init.add_argument("--no-manifest", action="store_true", help="start the trail alone, as a service needs it")
    init.add_argument("--name", help="of the model; default: the folder's name")
    init.add_argument("--version", help="of the model")
    init.add_argument("--owner", help="a team or a person")
    init.add_argument(
        "--risk-tier",
        type=Known("risk tier", "governance.evidence.manifest", "RISK_TIERS"),
        metavar="TIER",
        help="one of %(type)s; where none is given, the last of these",
    )
    init.add_argument("--objective", metavar="TEXT", help="what the model is for, in one sentence")
    init.add_argument("--rollback", metavar="VERSION", help="the version to go back to")
    init.add_argument("--contact", help="how its owner is called when it misbehaves: an address, a number, a channel")
    init.add_argument("--artifact", metavar="FILE", help="the model, where there are several")
    init.add_argument(
        "--feature", action="append", default=[], metavar="COLUMN", help="in the model's order, for each; repeatable"
    )
    init.add_argument("--evaluation", metavar="FILE", help="the table to measure on, where there are several")
    init.add_argument("--label", metavar="COLUMN", help="the column of true classes")
    init.add_argument(
        "--positive", action="append", default=[], metavar="VALUE", help="its positive values; repeatable"
    )
    init.add_argument("--prediction", metavar="COLUMN|rescore", help="the predicted classes, or run the model")
    init.add_argument(
        "--sensitive", action="append", default=[], metavar="COLUMN", help="compared for fairness; repeatable"
    )
    init.add_argument(
        "--bins", action="append", default=[], metavar="COLUMN:40,60", help="where to cut numbers; repeatable"
    )

    prepare = command(
        "prepare",
        "make a Parquet table of a text table, and record how as a lineage event",
        "raw/adult.data --out data/train.parquet --columns-file columns.txt --trim --missing '?'",
        project=False,
    )
    prepare.add_argument("source", type=path, nargs="?", metavar="SOURCE", help="the text table, in the project")
    prepare.add_argument("--out", type=path, metavar="TABLE.parquet", help="the table to write, in the project")
    prepare.add_argument(
        "--lineage", type=path, metavar="FILE", help="the event; default: lineage/<name of the table>.json"
    )
    prepare.add_argument("--columns", metavar="A,B,C", help="their names, where the file has no header")
    prepare.add_argument("--columns-file", type=path, metavar="FILE", help="the same, one name a line")
    prepare.add_argument("--delimiter", metavar="CHAR", help="between values, one character or `tab`; default: a comma")
    prepare.add_argument(
        "--quote", metavar="CHAR", help="around values, one character or `none`; default: a double quote"
    )
    prepare.add_argument("--skip-lines", type=int, metavar="N", help="lines before the header or the first row")
    prepare.add_argument("--comment", metavar="PREFIX", help="a line that begins so is left out")
    prepare.add_argument("--trim", action="store_true", help="take spaces and tabs off both ends of each value")
    prepare.add_argument(
        "--missing", action="append", default=[], metavar="VALUE",
        help="means that there is no value, as an empty one always does; repeatable",
    )  # fmt: skip
    prepare.add_argument(
        "--replace", nargs=3, action="append", default=[], metavar=("COLUMN", "VALUE", "BY"),
        help="in this column, make one value another; repeatable",
    )  # fmt: skip
    prepare.add_argument(
        "--type", action="append", default=[], metavar="COLUMN:TYPE",
        help="integer, decimal (64-bit float) or text; refused where a value does not fit. Default: a number where"
        " every value plainly is one (007 is text); repeatable",
    )  # fmt: skip
    prepare.add_argument("--drop", action="append", default=[], metavar="COLUMN", help="leave it out; repeatable")
    prepare.add_argument("--keep", action="append", default=[], metavar="COLUMN", help="only these; repeatable")
    prepare.add_argument("--force", action="store_true", help="write over the table and the event that tells of it")
    prepare.add_argument(
        "--repeat", type=path, metavar="EVENT",
        help="do a recorded preparation again, write nothing, and say whether the same bytes come out",
    )  # fmt: skip
    prepare.add_argument(
        "--project", type=path, metavar="DIR", help="the model's folder, from which paths are recorded; default: here"
    )
    prepare.add_argument(
        "--allow-root", type=path, action="append", default=[], metavar="DIR", help="the source may lie there too"
    )

    key = command("key", "make a person's key, wrapped with their password", "new bo --role approver")
    key.add_argument("action", choices=("new",), help="make a key")
    key.add_argument("person", metavar="NAME", help="whose key it is, as in local|NAME")
    key.add_argument(
        "--role",
        action="append",
        required=True,
        type=Known("role", "governance.permissions", "ROLES"),
        help="one of %(type)s; repeatable",
    )
    key.add_argument("--password-file", type=path, metavar="FILE", help="read the password from a file")

    service_commands(command)

    check = command(
        "check",
        "measure and judge one model version, and seal the decision",
        "governance.yaml --as ann --environment prod --bundle adult.bundle.json",
        formats=tuple(FORMATS),
    )
    check.add_argument("manifest", type=path, nargs="?", default="governance.yaml", help="default: governance.yaml")
    check.add_argument(
        "--policy", action="append", metavar="NAME|FILE", help="a shipped policy or a policy.yaml; repeatable"
    )
    check.add_argument(
        "--baseline", metavar="FILE", help="the failures it is known for: they need a review, only new ones deny"
    )
    check.add_argument(
        "--write-baseline", type=path, metavar="FILE", help="write down what fails and denies now, as a new file"
    )
    check.add_argument("--expires", metavar="DATE", help="with --write-baseline: when it denies again (2027-03-01)")
    check.add_argument("--reason", metavar="TEXT", help="with --write-baseline: why it may stay until then")
    check.add_argument("--environment", metavar="ENV", help="whose outcome is the exit code; default: the strictest")
    check.add_argument("--as-of", metavar="DATE", help="judge by the policies of that day (2026-06-01); seals nothing")
    check.add_argument("--bundle", type=path, metavar="FILE", help="also write the bundle")
    check.add_argument(
        "--also", action="append", default=[], metavar="FORMAT=FILE", help="write this format too; repeatable"
    )
    check.add_argument(
        "--allow-root", type=path, action="append", default=[], metavar="DIR", help="files may lie there too"
    )
    check.add_argument("--dry-run", action="store_true", help="seal nothing")
    check.add_argument(
        "--measure-on",
        choices=("here", "server"),
        default="here",
        help="server: send the files to the service of GOVERNANCE_URL, which measures them; default: here",
    )
    check.add_argument("--fresh", action="store_true", help="measure again even if nothing changed")
    person(check, required=False)
    elsewhere(check)

    show = command("show", "show the latest decision about a model version", "adult-income@1.10")
    show.add_argument("model", metavar="NAME@VERSION", help=_MODEL)
    elsewhere(show)

    explain = command(
        "explain",
        "explain one finding: what was asked, what was found, what to do",
        "baseline#selection-four-fifths adult-income@1.10",
    )
    explain.add_argument("finding", metavar="FINDING", help="POLICY#RULE, its id alone, or a rule's name@version")
    explain.add_argument(
        "model", metavar="NAME@VERSION", nargs="?", help="default: the model version that was judged last"
    )
    explain.add_argument("--bundle", type=path, metavar="FILE", help="of the decision in this bundle")
    explain.add_argument(
        "--trust", type=path, metavar="FILE", help="with --bundle, or of a service; default: the project's own"
    )

    for kind, text, example in (
        ("approve", "approve a case that needs review", "'Read each open finding; a pilot with weekly review.'"),
        ("reject", "reject a case", "'The label is biased: complaints of May.'"),
        ("comment", "comment on a case", "'Measured again on 5,000 rows, see RISK-7.'"),
        (
            "waive",
            "excuse one finding for a time",
            "'Pilot with 40 users' --finding baseline#model-card --ticket RISK-7 --expires 2026-12-31",
        ),
    ):
        act = command(kind, text, f"adult-income@1.10 --as bo --reason {example}")
        act.add_argument("model", metavar="NAME@VERSION", help=_MODEL)
        person(act, required=True)
        own = "your own, if you hold one" if kind == "comment" else "the one that this takes"
        act.add_argument("--role", help=f"the role you act in; default: {own}")
        act.add_argument("--reason", required=True, metavar="TEXT", help="why, for whoever reads it in years")
        act.add_argument("--decision", metavar="SHA256", help="the decision you saw; refused if it is not the latest")
        act.add_argument("--bundle", type=path, metavar="FILE", help="also write the new bundle")
        elsewhere(act)
        if kind == "waive":
            act.add_argument("--finding", required=True, metavar="POLICY#RULE", help="the one finding to excuse")
            act.add_argument("--ticket", required=True, metavar="ID", help="where it is followed up")
            act.add_argument(
                "--expires", required=True, metavar="DATE", help="2026-12-31, which begins at 00:00Z, or a UTC time"
            )
            act.add_argument("--not-before", metavar="DATE", help="default: now")
            act.add_argument("--no-worse-than", metavar="NUMBER", help="only while the value is no worse")
            act.add_argument("--group", action="append", default=[], help="only for this group: sex=f, or sex=f,race=b")
            act.add_argument("--requester", metavar="NAME", help="who asked for it; default: who submitted the version")
            act.add_argument(
                "--covers", choices=("version", "patch", "minor"), default="version",
                help="later versions too, where the policy allows it: 1.4.x, or 1.x",
            )  # fmt: skip
            act.add_argument("--compensating", metavar="TEXT", help="what is done instead")
            act.add_argument("--condition", metavar="CEL", help="counts only while this holds of the evidence")

    waivers = command("waivers", "list every waiver, what became of it and when it ends", "--model adult-income")
    waivers.add_argument("--model", metavar="NAME", help="only those of this model")

    bundle = command(
        "bundle",
        "write the bundle of the latest decision about a model version",
        "adult-income@1.10 --out adult.bundle.json",
        formats=(),
    )
    bundle.add_argument("model", metavar="NAME@VERSION", help=_MODEL)
    bundle.add_argument("--out", type=path, required=True, metavar="FILE", help="the bundle to write")
    elsewhere(bundle)

    verify = command(
        "verify",
        "verify a bundle offline and judge it again",
        "adult.bundle.json --trust trust.json",
        project=False,
    )
    verify.add_argument("bundle", type=path, metavar="BUNDLE", help="the bundle's file")
    verify.add_argument(
        "--trust", type=path, metavar="FILE", help="your trust file; without it only integrity is checked"
    )

    gate = command(
        "gate",
        "ask whether an artifact may run in an environment",
        "--artifact model.skops --environment prod --bundle adult.bundle.json --trust trust.json",
    )
    gate.add_argument("--artifact", required=True, metavar="FILE|SHA256", help="the very file that is to run")
    gate.add_argument("--environment", required=True, metavar="ENV", help="where it is to run")
    gate.add_argument("--bundle", type=path, metavar="FILE", help="answer from this bundle, offline")
    gate.add_argument("--trust", type=path, metavar="FILE", help="default: the project's own")

    report = command("report", "write the PDF report of a decision", "adult-income@1.10 --out adult.pdf", formats=())
    report.add_argument("model", metavar="NAME@VERSION", nargs="?", help=_MODEL)
    report.add_argument("--bundle", type=path, metavar="FILE", help="of this bundle instead; nothing is recorded")
    report.add_argument("--trust", type=path, metavar="FILE", help="with --bundle, or of a service: your trust file")
    report.add_argument("--out", type=path, required=True, metavar="FILE", help="the PDF to write")

    trail = command("trail", "show or verify the trail", "verify --against adult.bundle.json")
    trail.add_argument("action", choices=("show", "verify"), help="its last entries, or whether it is sound")
    trail.add_argument("--trust", type=path, metavar="FILE", help="default: the project's own")
    trail.add_argument(
        "--against",
        type=path,
        action="append",
        default=[],
        metavar="FILE",
        help="verify: it must continue what this bundle or checkpoint, kept elsewhere, saw; repeatable",
    )
    trail.add_argument("--last", type=int, default=20, metavar="N", help="show: how many entries; default: 20")

    policy = command(
        "policy",
        "list shipped policies, list the rules, check a policy file, run its cases, or pin what counts",
        "test ./policy.yaml --mutate",
        formats=("text", "json", "junit", "markdown", "sarif"),
    )
    policy.add_argument(
        "action",
        type=Known("action", "governance.cli.policy", "ACTIONS"),
        metavar="ACTION",
        help="%(type)s",
    )
    policy.add_argument(
        "name",
        nargs="*",
        metavar="NAME|FILE|DIR",
        help="check: the policy; rules: one rule, with its options; lint, test: policies, with the cases.yaml beside "
        "them, else all that are shipped; fmt: files; explain: a rule, as POLICY#RULE or FILE#RULE, or a finding; "
        "diff: OLD and NEW; replay: drafts; release: the policy, or the release to approve; pin, unpin: policies and "
        "baselines that count",
    )
    policy.add_argument(
        "--trust", type=path, metavar="FILE", help="pin, unpin, pins: in this trust file; default: the project's own"
    )
    policy.add_argument("--reason", metavar="TEXT", help="pin, unpin, release: why, for the trail")
    policy.add_argument("--strict", action="store_true", help="lint: warnings fail, too; test --mutate: defaults, too")
    policy.add_argument("--check", action="store_true", help="fmt: write nothing, show what differs and fail")
    change_options(policy)
    policy.add_argument(
        "--mutate",
        action="store_true",
        help="test: also see that the cases notice when something that the policy says is changed",
    )

    schema = command("schema", "print the JSON Schema of a document", "manifest", formats=(), project=False)
    published = Known("document", "governance.render.schema", "documents")
    schema.add_argument("document", type=published, help="one of %(type)s")

    demo = command(
        "demo",
        "audit two versions of a model on real data, from denial to release",
        "--out build/demo",
        formats=(),
        project=False,
    )
    demo.add_argument("--out", type=path, default="build/demo", metavar="DIR", help="default: build/demo")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run one command; every failure becomes one message and the exit code that the contract gives it."""
    arguments = sys.argv[1:] if argv is None else argv
    as_json = "json" in arguments
    try:
        args = build_parser().parse_args(arguments)
        from importlib import import_module

        from governance.cli.context import Context

        as_json = getattr(args, "format", "text") == "json"
        module = {"approve": "act", "reject": "act", "comment": "act", "waive": "act"}.get(args.command, args.command)
        context = Context(args)
        try:
            code: int = import_module(f"governance.cli.{module}").run(context)
        finally:
            context.done()  # an error is said on a line of its own
        sys.stdout.flush()
        return code
    except GovernanceError as error:
        _report(error, as_json)
        return int(error.exit_code)
    except BrokenPipeError:
        # Whoever read is gone (`| head`); what is still buffered goes nowhere, or Python would complain at its end.
        import os

        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return int(ExitCode.INTERNAL)
    except KeyboardInterrupt:
        sys.stderr.write("\ninterrupted: what was sealed is sealed, nothing is half-written\n")
        return int(ExitCode.INTERNAL)
    except OSError as error:
        _report(GovernanceError(f"the machine refused: {error}", fix="see to the disk or the permissions"), as_json)
        return int(ExitCode.INTERNAL)
    except MemoryError:
        _report(GovernanceError("out of memory", fix="give it more memory or a smaller table"), as_json)
        return int(ExitCode.INTERNAL)
    except Exception as error:
        if "--traceback" in arguments:
            raise
        failure = _not_installed(error) or GovernanceError(
            f"internal error: {type(error).__name__}: {error}",
            fix="run it again with --traceback and report what it says",
        )
        _report(failure, as_json)
        return int(failure.exit_code)


def _not_installed(error: Exception) -> BadInput | None:
    """In the base install, `check` is a request for what is not there, not a fault."""
    from governance.cli.extras import MEASURE

    name = (error.name or "").partition(".")[0] if isinstance(error, ModuleNotFoundError) else ""
    if name not in MEASURE:
        return None
    return BadInput(
        "measuring is not installed: the base install verifies, gates and reads the trail",
        got=f"no module {name}",
        fix="pip install 'governance[measure]'",
    )


def _report(error: GovernanceError, as_json: bool) -> None:
    import json

    from governance.render.visible import lines

    if as_json:
        verdict: Broken | None = error.verdict if isinstance(error, VerificationFailed) else None
        body = {
            "schema": "governance.error/v1",
            "error": error.what,
            "where": error.where,
            **{label: text for label, text in error.details() if text},
            "exit_code": int(error.exit_code),
        }
        sys.stdout.write(json.dumps(body | ({"verdict": verdict.value} if verdict else {}), indent=2) + "\n")
    text = "\n".join(lines(str(error)))
    sys.stderr.write(f"error: {text}\n" if not isinstance(error, VerificationFailed) else f"{text}\n")


if __name__ == "__main__":
    raise SystemExit(main())
