"""Of what a person signs."""

from __future__ import annotations

import argparse

from governance.cli.options import MODEL, elsewhere, path, person


def waivers(added: argparse.ArgumentParser) -> None:
    added.add_argument("--model", metavar="NAME", help="only those of this model")


def review(added: argparse.ArgumentParser, role: str = "the one that this takes") -> None:
    added.add_argument("model", metavar="NAME@VERSION", help=MODEL)
    person(added, required=True)
    added.add_argument("--role", help=f"the role you act in; default: {role}")
    added.add_argument("--reason", required=True, metavar="TEXT", help="why, for whoever reads it in years")
    added.add_argument("--decision", metavar="SHA256", help="the decision you saw; refused if it is not the latest")
    added.add_argument("--bundle", type=path, metavar="FILE", help="also write the new bundle")
    elsewhere(added)


def comment(added: argparse.ArgumentParser) -> None:
    review(added, role="your own, if you hold one")


def attest(added: argparse.ArgumentParser) -> None:
    review(added, role="your own, if you hold one that may")
    added.add_argument(
        "findings", nargs="+", metavar="POLICY#RULE", help="what you answer for: findings that ask for a statement"
    )
    added.add_argument(
        "--expires", required=True, metavar="DATE", help="2026-12-31, which begins at 00:00Z, or a UTC time"
    )
    added.add_argument("--not-so", action="store_true", help="you answer for the contrary: what is asked for is not so")
    _covers(added, "the rule")


def _covers(added: argparse.ArgumentParser, who: str) -> None:
    added.add_argument(
        "--covers", choices=("version", "patch", "minor"), default="version",
        help=f"later versions too, where {who} allows it: 1.4.x, or 1.x",
    )  # fmt: skip


def waive(added: argparse.ArgumentParser) -> None:
    review(added)
    added.add_argument("--finding", required=True, metavar="POLICY#RULE", help="the one finding to excuse")
    added.add_argument("--ticket", required=True, metavar="ID", help="where it is followed up")
    added.add_argument(
        "--expires", required=True, metavar="DATE", help="2026-12-31, which begins at 00:00Z, or a UTC time"
    )
    added.add_argument("--not-before", metavar="DATE", help="default: now")
    added.add_argument("--no-worse-than", metavar="NUMBER", help="only while the value is no worse")
    added.add_argument("--group", action="append", default=[], help="only for this group: sex=f, or sex=f,race=b")
    added.add_argument("--requester", metavar="NAME", help="who asked for it; default: who submitted the version")
    _covers(added, "the policy")
    added.add_argument("--compensating", metavar="TEXT", help="what is done instead")
    added.add_argument("--condition", metavar="CEL", help="counts only while this holds of the evidence")
