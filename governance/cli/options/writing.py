"""Of the commands for whoever writes policies and other documents."""

from __future__ import annotations

import argparse

from governance.cli.options import Known, path


def policy(added: argparse.ArgumentParser) -> None:
    added.add_argument(
        "action",
        type=Known("action", "governance.cli.policy", "ACTIONS"),
        metavar="ACTION",
        help="%(type)s",
    )
    added.add_argument(
        "name",
        nargs="*",
        metavar="NAME|FILE|DIR",
        help="check: the policy; rules: one rule, with its options; lint, test: policies, with the cases.yaml beside "
        "them, else all that are shipped; fmt: files; explain: a rule, as POLICY#RULE or FILE#RULE, or a finding; "
        "diff: OLD and NEW; replay: drafts; release: the policy, or the release to approve; pin, unpin: policies and "
        "baselines that count",
    )
    added.add_argument(
        "--trust", type=path, metavar="FILE", help="pin, unpin, pins: in this trust file; default: the project's own"
    )
    added.add_argument("--reason", metavar="TEXT", help="pin, unpin, release: why, for the trail")
    added.add_argument("--strict", action="store_true", help="lint: warnings fail, too; test --mutate: defaults, too")
    added.add_argument("--check", action="store_true", help="fmt: write nothing, show what differs and fail")
    _change(added)
    added.add_argument(
        "--mutate",
        action="store_true",
        help="test: also see that the cases notice when something that the policy says is changed",
    )


def schema(added: argparse.ArgumentParser) -> None:
    published = Known("document", "governance.render.schema", "documents")
    added.add_argument("document", type=published, help="one of %(type)s")


def _change(added: argparse.ArgumentParser) -> None:
    """Of `policy replay` and `policy release`."""
    added.add_argument(
        "--against", nargs="+", metavar="trail|FILE",
        help="replay: bundles instead of this project's trail, or a policy instead of those that were recorded",
    )  # fmt: skip
    added.add_argument(
        "--all", action="store_true", help="replay: every decision; default: the latest of each model version"
    )
    added.add_argument("--environment", metavar="ENV", help="replay: what follows there; default: everywhere")
    added.add_argument("--as-of", metavar="DATE", help="replay: by the law of this day; default: of each decision")
    added.add_argument("--model", metavar="NAME[@VERSION]", help="replay: this model alone, or this version")
    added.add_argument(
        "--key", metavar="NAME|KEY", help="pin, unpin: policies whose release this person, or public key, has signed"
    )
    added.add_argument("--as", dest="signer", metavar="NAME", help="release: who signs; asks your password")
    added.add_argument("--password-file", type=path, metavar="FILE", help="read the password from a file")
    added.add_argument("--out", type=path, metavar="FILE", help="release: the file to write; default: release.json")
    added.add_argument(
        "--effective", metavar="DATE", help="release: from when it may be judged by; default: its first day in force"
    )
