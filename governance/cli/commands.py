"""The commands: what each is called, what it does, one call of it. What each takes is in `options`, by subject."""

from __future__ import annotations

import argparse

from governance import __version__
from governance.cli.formats import FORMATS
from governance.cli.options import EXITS, acts, case, folder, proof, serving, usual, writing
from governance.errors import BadInput

TYPE_CHECKING = False  # as in `options`
if TYPE_CHECKING:
    from collections.abc import Callable, Container
    from typing import Any


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> None:  # type: ignore[override]
        raise BadInput(message, fix=f"`{self.prog} --help` shows how", where=self.prog)


class _Command(_Parser):
    def parse_known_args(self, args=None, namespace=None):  # type: ignore[no-untyped-def]
        """What a command does not know is its own error: only it can name the option that was meant."""
        known, extras = super().parse_known_args(args, namespace)
        if extras:
            import difflib

            near = difflib.get_close_matches(extras[0].partition("=")[0], list(self._option_string_actions), n=1)
            means = f"did you mean {near[0]}? " if near else ""
            fix = f"{means}`{self.prog} --help` shows how"
            raise BadInput(f"unrecognized arguments: {' '.join(extras)}", fix=fix, where=self.prog)
        return known, extras


def _if_wanted(wanted: bool, **said: Any) -> Any:
    return _Command(**said) if wanted else None


def build_parser(typed: Container[str] | None = None) -> argparse.ArgumentParser:
    """The parser of all commands. With `typed`, the words of the command line, only a command that is among them gets
    a parser, the others a line of the help: to make them all takes longer than Python itself takes to start."""
    parser = _Parser(
        prog="governance",
        description="Audit machine-learning models: evidence, rules, signed decisions, a trail, a gate.",
        epilog=EXITS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"governance {__version__}")
    commands = parser.add_subparsers(  # type: ignore[call-overload] # it calls a class, or what else makes a parser
        dest="command", metavar="COMMAND", required=True, parser_class=_if_wanted
    )

    def command(
        name: str,
        text: str,
        example: str,
        own: Callable[[argparse.ArgumentParser], None] | None,
        *,
        formats: tuple[str, ...] = ("text", "json"),
        project: bool = True,
    ) -> None:
        """`example` is what follows the command's name in one real call of it, the last line of its `--help`; `own`
        adds the options that are not every command's, and is None for `policy`, whose actions have theirs."""
        wanted = typed is None or name in typed
        added = commands.add_parser(
            name,
            wanted=wanted,
            help=text,
            description=text[:1].upper() + text[1:] + ".",
            epilog=f"{EXITS}\n\nexample: governance {name} {example}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        if not wanted:
            return
        if own is None:
            writing.policy(added, typed)
            return
        usual(added, formats=formats, project=project)
        own(added)

    command(
        "init",
        "look at a model's folder, write its governance.yaml, and start a trail",
        "models/adult --sensitive sex --bins age:40,60",
        folder.init,
    )
    command(
        "prepare",
        "make a Parquet table of a text table, and record how as a lineage event",
        "raw/adult.data --out data/train.parquet --columns-file columns.txt --trim --missing '?'",
        folder.prepare,
        project=False,
    )
    command("key", "make a person's key, wrapped with their password", "new bo --role approver", folder.key)
    command(
        "serve",
        "serve the API and the portal, for people and programs elsewhere",
        "--policy credit-high-risk --port 8443 --host 0.0.0.0 --certificate cert.pem --private-key key.pem",
        serving.serve,
        formats=(),
    )
    command(
        "account",
        "invite people to the service, say what they may do, make and end their tokens",
        "invite ann --role admin",
        serving.account,
    )
    command(
        "check",
        "measure and judge one model version, and seal the decision",
        "governance.yaml --as ann --environment prod --bundle adult.bundle.json",
        case.check,
        formats=tuple(FORMATS),
    )
    command("show", "show the latest decision about a model version", "adult-income@1.10", case.show)
    command(
        "explain",
        "explain one finding: what was asked, what was found, what to do",
        "baseline#selection-four-fifths adult-income@1.10",
        case.explain,
    )
    command(
        "approve",
        "approve a case that needs review",
        "adult-income@1.10 --as bo --reason 'Read each open finding; a pilot with weekly review.'",
        acts.review,
    )
    command(
        "reject",
        "reject a case",
        "adult-income@1.10 --as bo --reason 'The label is biased: complaints of May.'",
        acts.review,
    )
    command(
        "comment",
        "comment on a case",
        "adult-income@1.10 --as bo --reason 'Measured again on 5,000 rows, see RISK-7.'",
        acts.comment,
    )
    command(
        "waive",
        "excuse one finding for a time",
        "adult-income@1.10 --as bo --reason 'Pilot with 40 users' --finding baseline#model-card --ticket RISK-7"
        " --expires 2026-12-31",
        acts.waive,
    )
    command(
        "attest",
        "answer for what no machine can check, for a time",
        "adult-income@1.10 eu-ai-act-high-risk#risk-management --as bo --reason 'Minutes of 3 November' --expires"
        " 2027-05-31",
        acts.attest,
    )
    command("waivers", "list every waiver, what became of it and when it ends", "--model adult-income", acts.waivers)
    command(
        "bundle",
        "write the bundle of the latest decision about a model version",
        "adult-income@1.10 --out adult.bundle.json",
        case.bundle,
        formats=(),
    )
    command(
        "verify",
        "verify a bundle offline and judge it again",
        "adult.bundle.json --trust trust.json",
        proof.verify,
        project=False,
    )
    command(
        "gate",
        "ask whether an artifact may run in an environment",
        "--artifact model.skops --environment prod --bundle adult.bundle.json --trust trust.json",
        proof.gate,
    )
    command(
        "report", "write the PDF report of a decision", "adult-income@1.10 --out adult.pdf", case.report, formats=()
    )
    command("trail", "show or verify the trail", "verify --against adult.bundle.json", proof.trail)
    command(
        "policy",
        "write, test, change and pin policies, and look up their rules",
        "test policies/bias-audit --mutate",
        None,
    )
    command(
        "schema",
        "print the JSON Schema of a document, by which editors complete it",
        "policy",
        writing.schema,
        formats=(),
        project=False,
    )
    command(
        "demo",
        "audit two versions of a model on real data, from denial to release",
        "--out build/demo",
        folder.demo,
        formats=(),
        project=False,
    )
    return parser
