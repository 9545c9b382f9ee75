"""Of the commands about the case of one model version."""

from __future__ import annotations

import argparse

from governance.cli.options import MODEL, elsewhere, path, person


def check(added: argparse.ArgumentParser) -> None:
    added.add_argument("manifest", type=path, nargs="?", default="governance.yaml", help="default: governance.yaml")
    added.add_argument(
        "--policy", action="append", metavar="NAME|FILE", help="a shipped policy or a policy.yaml; repeatable"
    )
    added.add_argument(
        "--baseline", metavar="FILE", help="the failures it is known for: they need a review, only new ones deny"
    )
    added.add_argument(
        "--write-baseline", type=path, metavar="FILE", help="write down what fails and denies now, as a new file"
    )
    added.add_argument("--expires", metavar="DATE", help="with --write-baseline: when it denies again (2027-03-01)")
    added.add_argument("--reason", metavar="TEXT", help="with --write-baseline: why it may stay until then")
    added.add_argument("--environment", metavar="ENV", help="whose outcome is the exit code; default: the strictest")
    added.add_argument("--as-of", metavar="DATE", help="judge by the policies of that day (2026-06-01); seals nothing")
    added.add_argument("--bundle", type=path, metavar="FILE", help="also write the bundle")
    added.add_argument(
        "--also", action="append", default=[], metavar="FORMAT=FILE", help="write this format too; repeatable"
    )
    added.add_argument(
        "--allow-root", type=path, action="append", default=[], metavar="DIR", help="files may lie there too"
    )
    added.add_argument("--dry-run", action="store_true", help="seal nothing")
    added.add_argument(
        "--measure-on",
        choices=("here", "server"),
        default="here",
        help="server: send the files to the service of GOVERNANCE_URL, which measures them; default: here",
    )
    added.add_argument("--fresh", action="store_true", help="measure again even if nothing changed")
    person(added, required=False)
    elsewhere(added)


def show(added: argparse.ArgumentParser) -> None:
    added.add_argument("model", metavar="NAME@VERSION", help=MODEL)
    elsewhere(added)


def explain(added: argparse.ArgumentParser) -> None:
    added.add_argument("finding", metavar="FINDING", help="POLICY#RULE, its id alone, or a rule's name@version")
    added.add_argument(
        "model", metavar="NAME@VERSION", nargs="?", help="default: the model version that was judged last"
    )
    added.add_argument("--bundle", type=path, metavar="FILE", help="of the decision in this bundle")
    added.add_argument(
        "--trust", type=path, metavar="FILE", help="with --bundle, or of a service; default: the project's own"
    )


def bundle(added: argparse.ArgumentParser) -> None:
    added.add_argument("model", metavar="NAME@VERSION", help=MODEL)
    added.add_argument("--out", type=path, required=True, metavar="FILE", help="the bundle to write")
    elsewhere(added)


def report(added: argparse.ArgumentParser) -> None:
    added.add_argument("model", metavar="NAME@VERSION", nargs="?", help=MODEL)
    added.add_argument("--bundle", type=path, metavar="FILE", help="of this bundle instead; nothing is recorded")
    added.add_argument("--trust", type=path, metavar="FILE", help="with --bundle, or of a service: your trust file")
    added.add_argument("--out", type=path, required=True, metavar="FILE", help="the PDF to write")
