"""Options that commands share the making of, and those of the commands for whoever runs the service."""

from __future__ import annotations

import argparse

TYPE_CHECKING = False  # as in typing, which costs a third of the start-up of `--help`
if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class Known:
    """A word from a list that some module states. The module is imported when the list is needed, not for `--help` of
    all commands."""

    def __init__(self, noun: str, module: str, name: str) -> None:
        self.noun, self.module, self.name = noun, module, name

    def _words(self) -> tuple[str, ...]:
        from importlib import import_module

        stated = getattr(import_module(self.module), self.name)
        return tuple(stated() if callable(stated) else stated)

    def __str__(self) -> str:
        return ", ".join(self._words())

    def __call__(self, text: str) -> str:
        if text not in self._words():
            raise argparse.ArgumentTypeError(f"unknown {self.noun} {text!a}; expected one of {self}")
        return text


def path(text: str) -> Path:
    # Imported here, as everything that `--help` can do without.
    from pathlib import Path

    return Path(text)


def change_options(policy: argparse.ArgumentParser) -> None:
    """Of `policy replay` and `policy release`."""
    policy.add_argument(
        "--against", nargs="+", metavar="trail|FILE",
        help="replay: bundles instead of this project's trail, or a policy instead of those that were recorded",
    )  # fmt: skip
    policy.add_argument(
        "--all", action="store_true", help="replay: every decision; default: the latest of each model version"
    )
    policy.add_argument("--environment", metavar="ENV", help="replay: what follows there; default: everywhere")
    policy.add_argument("--as-of", metavar="DATE", help="replay: by the law of this day; default: of each decision")
    policy.add_argument("--model", metavar="NAME[@VERSION]", help="replay: this model alone, or this version")
    policy.add_argument(
        "--key", metavar="NAME|KEY", help="pin, unpin: policies whose release this person, or public key, has signed"
    )
    policy.add_argument("--as", dest="signer", metavar="NAME", help="release: who signs; asks your password")
    policy.add_argument("--password-file", type=path, metavar="FILE", help="read the password from a file")
    policy.add_argument("--out", type=path, metavar="FILE", help="release: the file to write; default: release.json")
    policy.add_argument(
        "--effective", metavar="DATE", help="release: from when it may be judged by; default: its first day in force"
    )


def service_commands(command: Callable[..., argparse.ArgumentParser]) -> None:
    """serve and account."""
    serve = command(
        "serve",
        "serve the API and the portal, for people and programs elsewhere",
        "--policy credit-high-risk --port 8443 --host 0.0.0.0 --certificate cert.pem --private-key key.pem",
        formats=(),
    )
    serve.add_argument("--host", default="127.0.0.1", metavar="ADDRESS", help="default: 127.0.0.1, this machine alone")
    serve.add_argument("--port", type=int, default=8000, metavar="N", help="default: 8000; 0 takes a free one")
    serve.add_argument("--database", metavar="URL", help="the trail's PostgreSQL; default: GOVERNANCE_DATABASE_URL")
    serve.add_argument(
        "--reason", metavar="TEXT", help="why other policies count than at the last start, for the trail"
    )
    serve.add_argument(
        "--policy", action="append", metavar="NAME|FILE", help="a shipped policy or a policy.yaml; repeatable"
    )
    serve.add_argument(
        "--baseline", action="append", metavar="FILE", help="known failures of one model; repeatable, for each its own"
    )
    serve.add_argument("--certificate", type=path, metavar="FILE", help="speak https, with this certificate (PEM)")
    serve.add_argument("--private-key", type=path, metavar="FILE", help="of the certificate (PEM)")
    serve.add_argument(
        "--behind-proxy", action="append", default=[], metavar="ADDRESS",
        help="of the proxy that speaks https for it and whose X-Forwarded headers count; repeatable",
    )  # fmt: skip

    account = command(
        "account",
        "invite people to the service, say what they may do, make and end their tokens",
        "invite ann --role admin",
    )
    account.add_argument(
        "action",
        type=Known("action", "governance.cli.account", "ACTIONS"),
        metavar="ACTION",
        help="%(type)s. invite prints a link, token a secret: each once",
    )
    account.add_argument(
        "person", metavar="NAME", nargs="?", help="whose account, as in local|NAME; revoke-token: the token's id"
    )
    account.add_argument(
        "--role",
        action="append",
        default=[],
        type=Known("role", "governance.permissions", "ACCOUNT_ROLES"),
        help="one of %(type)s; invite: repeatable, and none is a new link for who lost their password",
    )
    account.add_argument("--reason", metavar="TEXT", help="why, for the trail")
    account.add_argument("--url", metavar="URL", help="invite: where the service is; default: GOVERNANCE_PUBLIC_URL")
    account.add_argument(
        "--scope",
        action="append",
        default=[],
        type=Known("scope", "governance.permissions", "SCOPES"),
        help="token: what it may be used for, of %(type)s; repeatable",
    )
    account.add_argument(
        "--where",
        type=Known("place", "governance.operations.tokens", "PLACES"),
        help="token: where evidence that it hands in is measured, of %(type)s; default: ci",
    )
    account.add_argument("--expires", metavar="DATE", help="token: when it ends, within a year; default: in 90 days")
    account.add_argument("--label", metavar="TEXT", help="token: what it is for, as its owner finds it again")
