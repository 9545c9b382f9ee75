"""Of the commands that verify."""

from __future__ import annotations

import argparse

from governance.cli.options import path


def verify(added: argparse.ArgumentParser) -> None:
    added.add_argument("bundle", type=path, metavar="BUNDLE", help="the bundle's file")
    added.add_argument(
        "--trust", type=path, metavar="FILE", help="your trust file; without it only integrity is checked"
    )


def gate(added: argparse.ArgumentParser) -> None:
    added.add_argument("--artifact", required=True, metavar="FILE|SHA256", help="the very file that is to run")
    added.add_argument("--environment", required=True, metavar="ENV", help="where it is to run")
    added.add_argument("--bundle", type=path, metavar="FILE", help="answer from this bundle, offline")
    added.add_argument("--trust", type=path, metavar="FILE", help="default: the project's own")


def trail(added: argparse.ArgumentParser) -> None:
    added.add_argument("action", choices=("show", "verify"), help="its last entries, or whether it is sound")
    added.add_argument("--trust", type=path, metavar="FILE", help="default: the project's own")
    added.add_argument(
        "--against",
        type=path,
        action="append",
        default=[],
        metavar="FILE",
        help="verify: it must continue what this bundle or checkpoint, kept elsewhere, saw; repeatable",
    )
    added.add_argument("--last", type=int, default=20, metavar="N", help="show: how many entries; default: 20")
