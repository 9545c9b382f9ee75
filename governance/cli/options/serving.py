"""Of the commands for whoever runs the service."""

from __future__ import annotations

import argparse

from governance.cli.options import Known, path


def serve(added: argparse.ArgumentParser) -> None:
    added.add_argument("--host", default="127.0.0.1", metavar="ADDRESS", help="default: 127.0.0.1, this machine alone")
    added.add_argument("--port", type=int, default=8000, metavar="N", help="default: 8000; 0 takes a free one")
    added.add_argument("--database", metavar="URL", help="the trail's PostgreSQL; default: GOVERNANCE_DATABASE_URL")
    added.add_argument(
        "--reason", metavar="TEXT", help="why other policies count than at the last start, for the trail"
    )
    added.add_argument(
        "--policy", action="append", metavar="NAME|FILE", help="a shipped policy or a policy.yaml; repeatable"
    )
    added.add_argument(
        "--baseline", action="append", metavar="FILE", help="known failures of one model; repeatable, for each its own"
    )
    added.add_argument("--certificate", type=path, metavar="FILE", help="speak https, with this certificate (PEM)")
    added.add_argument("--private-key", type=path, metavar="FILE", help="of the certificate (PEM)")
    added.add_argument(
        "--behind-proxy", action="append", default=[], metavar="ADDRESS",
        help="of the proxy that speaks https for it and whose X-Forwarded headers count; repeatable",
    )  # fmt: skip


def account(added: argparse.ArgumentParser) -> None:
    added.add_argument(
        "action",
        type=Known("action", "governance.cli.account", "ACTIONS"),
        metavar="ACTION",
        help="%(type)s. invite prints a link, token a secret: each once",
    )
    added.add_argument(
        "person", metavar="NAME", nargs="?", help="whose account, as in local|NAME; revoke-token: the token's id"
    )
    added.add_argument(
        "--role",
        action="append",
        default=[],
        type=Known("role", "governance.permissions", "ACCOUNT_ROLES"),
        help="one of %(type)s; invite: repeatable, and none is a new link for who lost their password",
    )
    added.add_argument("--reason", metavar="TEXT", help="why, for the trail")
    added.add_argument("--url", metavar="URL", help="invite: where the service is; default: GOVERNANCE_PUBLIC_URL")
    added.add_argument(
        "--scope",
        action="append",
        default=[],
        type=Known("scope", "governance.permissions", "SCOPES"),
        help="token: what it may be used for, of %(type)s; repeatable",
    )
    added.add_argument(
        "--where",
        type=Known("place", "governance.operations.tokens", "PLACES"),
        help="token: where evidence that it hands in is measured, of %(type)s; default: ci",
    )
    added.add_argument("--expires", metavar="DATE", help="token: when it ends, within a year; default: in 90 days")
    added.add_argument("--label", metavar="TEXT", help="token: what it is for, as its owner finds it again")
