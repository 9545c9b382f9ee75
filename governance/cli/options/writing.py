"""Of the commands for whoever writes policies and other documents. Each action of `policy` has its own options."""

from __future__ import annotations

import argparse

from governance.cli.options import EXITS, Known, path, usual

TYPE_CHECKING = False  # as in `options`
if TYPE_CHECKING:
    from collections.abc import Callable, Container

    Own = Callable[[argparse.ArgumentParser], None]


def policy(added: argparse.ArgumentParser, typed: Container[str] | None) -> None:
    """With `typed` as in `build_parser`, only an action that is among it gets its options."""
    actions = added.add_subparsers(dest="action", metavar="ACTION", required=True)

    def action(name: str, text: str, example: str, own: Own, *formats: str) -> None:
        made = actions.add_parser(
            name,
            help=text,
            description=text[:1].upper() + text[1:] + ".",
            epilog=f"{EXITS}\n\nexample: governance policy {name} {example}".rstrip(),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        if typed is None or name in typed:
            usual(made, formats=("text", "json", *formats), project=True)
            own(made)

    action("init", "begin a policy: policies/NAME/policy.yaml and its cases", "bias-audit --owner team:risk", _init)
    action("list", "list the shipped policies, or those that are named", "policies", _list)
    action("rules", "list the rules of the catalogue, or say one in full", "fairness.disparity@1", _rules)
    action("check", "read a policy and say what it is", "policies/bias-audit/policy.yaml", _one)
    action("lint", "doubt what a valid policy says", "policies/bias-audit --strict", _lint, "sarif")
    action("fmt", "give policies the one layout", "policies/bias-audit --check", _fmt)
    action("explain", "say one rule in plain words", "policies/bias-audit/policy.yaml#enough-rows", _explain)
    action("test", "run the cases that lie beside a policy", "policies/bias-audit --mutate", _test, "junit")
    action("diff", "say what a change of a policy means", "old.yaml new.yaml", _diff, "markdown")
    action("replay", "judge again by a draft what was recorded", "draft.yaml --environment prod", _replay, "markdown")
    action(
        "coverage",
        "say clause by clause what is checked",
        "us-sr-11-7 --as-of 2026-01-01",
        _coverage,
        "markdown",
        "oscal-catalog",
        "oscal-profile",
    )
    action("soa", "state which controls apply, why, and what answers for them", "iso-42001 --format csv", _soa, "csv")
    action("calendar", "say what of laws and policies changes when", "--from 2026-01-01 --until 2028-01-01", _calendar)
    action(
        "portfolio",
        "judge all that is recorded as the law stands on a day",
        "--as-of 2027-01-01",
        _portfolio,
        "markdown",
    )
    action("release", "sign a policy, or approve its release", "draft.yaml --as ann --reason 'A new clause'", _release)
    action("pin", "let no other policy count", "release.json --reason 'Released in May'", _pin)
    action("unpin", "take a pin away", "baseline --reason 'Replaced in May'", _pin)
    action("pins", "list what counts", "--trust trust.json", _trust)


def schema(added: argparse.ArgumentParser) -> None:
    published = Known("document", "governance.render.schema", "documents")
    added.add_argument(
        "document",
        type=published,
        help="one of %(type)s. A policy whose first line is "
        "`# yaml-language-server: $schema=FILE` is completed and checked by editors such as VS Code",
    )


def _init(added: argparse.ArgumentParser) -> None:
    added.add_argument("name", metavar="NAME", help="its id, in small letters, digits and hyphens")
    added.add_argument(
        "--rule", action="append", default=[], metavar="RULE",
        help="a rule of the catalogue to begin with (`policy rules` lists them); repeatable. Default: one of fairness",
    )  # fmt: skip
    added.add_argument("--owner", default="team:name", help="who answers for it; default: team:name, to be filled in")


def _list(added: argparse.ArgumentParser) -> None:
    _some(added, "policies, or folders of policies; default: those that are shipped, or that a service goes by")


def _rules(added: argparse.ArgumentParser) -> None:
    added.add_argument(
        "name", nargs="?", metavar="RULE|FAMILY|LAW", help="a rule; or those of a family, or that serve a law or clause"
    )


def _one(added: argparse.ArgumentParser) -> None:
    added.add_argument("name", metavar="POLICY", help="the name of a shipped policy, a file, or a folder with one")


def _lint(added: argparse.ArgumentParser) -> None:
    _some(added, "policies, with the cases.yaml beside them; default: all that are shipped")
    added.add_argument("--strict", action="store_true", help="warnings fail, too")


def _fmt(added: argparse.ArgumentParser) -> None:
    added.add_argument("name", nargs="+", metavar="POLICY", help="files, or folders with a policy.yaml")
    added.add_argument("--check", action="store_true", help="write nothing, show what differs and fail")


def _explain(added: argparse.ArgumentParser) -> None:
    added.add_argument(
        "name", metavar="RULE", help="FILE#RULE, POLICY#RULE, a rule of the catalogue, or a finding of what was decided"
    )
    added.add_argument("--trust", type=path, metavar="FILE", help="of a service; default: the project's own")


def _test(added: argparse.ArgumentParser) -> None:
    _some(added, "policies, with the cases.yaml beside them; default: all that are shipped")
    added.add_argument(
        "--mutate", action="store_true", help="also see that the cases notice when something in the policy is changed"
    )
    added.add_argument("--strict", action="store_true", help="with --mutate: what the rules bring along counts, too")


def _diff(added: argparse.ArgumentParser) -> None:
    added.add_argument("old", metavar="OLD", help="the name of a shipped policy, a file, or a folder with one")
    added.add_argument("new", metavar="NEW", help="the same")


def _replay(added: argparse.ArgumentParser) -> None:
    added.add_argument("name", nargs="+", metavar="DRAFT", help="policies that would take the place of those recorded")
    added.add_argument(
        "--against", nargs="+", metavar="trail|FILE",
        help="bundles instead of this project's trail, or a policy instead of those that were recorded",
    )  # fmt: skip
    added.add_argument("--all", action="store_true", help="every decision; default: the latest of each model version")
    added.add_argument("--environment", metavar="ENV", help="what follows there; default: everywhere")
    added.add_argument("--as-of", metavar="DATE", help="by the law of this day; default: of each decision")
    added.add_argument("--model", metavar="NAME[@VERSION]", help="this model alone, or this version")
    added.add_argument("--trust", type=path, metavar="FILE", help="whose bundles count; default: the project's own")


def _coverage(added: argparse.ArgumentParser) -> None:
    _some(added, "policies about a law, or folders of them; default: all that are shipped")
    added.add_argument("--as-of", metavar="DATE", help="as the law stands on this day; default: now")


def _soa(added: argparse.ArgumentParser) -> None:
    added.add_argument("name", metavar="POLICY", help="a policy about a law or standard, such as iso-42001")
    added.add_argument(
        "--applicability", type=path, metavar="FILE", help="what the house says applies, and why; default: all controls"
    )
    added.add_argument(
        "--model", metavar="NAME@VERSION", help="also what was found of this version, in its latest decision"
    )
    added.add_argument("--as-of", metavar="DATE", help="as the law stands on this day; default: now, or as decided")
    added.add_argument("--trust", type=path, metavar="FILE", help="of a service; default: the project's own")


def _calendar(added: argparse.ArgumentParser) -> None:
    _some(added, "policies, or folders of them; default: all that are shipped")
    added.add_argument("--from", dest="from_", metavar="DATE", help="from this day on; default: from now on")
    added.add_argument("--until", metavar="DATE", help="before this day; default: whatever is known")


def _portfolio(added: argparse.ArgumentParser) -> None:
    added.add_argument(
        "name", nargs="*", metavar="POLICY", help="instead of the policies that each version was judged by"
    )
    added.add_argument("--as-of", metavar="DATE", required=True, help="as the law stands on this day")
    added.add_argument("--environment", metavar="ENV", help="what follows there; default: everywhere")
    added.add_argument("--model", metavar="NAME[@VERSION]", help="this model alone, or this version")
    added.add_argument("--trust", type=path, metavar="FILE", help="whose bundles count; default: the project's own")


def _release(added: argparse.ArgumentParser) -> None:
    added.add_argument("name", metavar="FILE", help="the policy; or the release that somebody else signed, to approve")
    added.add_argument("--as", dest="signer", metavar="NAME", required=True, help="who signs; asks your password")
    added.add_argument("--password-file", type=path, metavar="FILE", help="read the password from a file")
    added.add_argument("--reason", metavar="TEXT", help="why, for the trail")
    added.add_argument("--out", type=path, metavar="FILE", help="the file to write; default: release.json")
    added.add_argument(
        "--effective", metavar="DATE", help="from when it may be judged by; default: its first day in force"
    )


def _pin(added: argparse.ArgumentParser) -> None:
    added.add_argument("name", nargs="*", metavar="POLICY", help="policies, releases and baselines that count")
    added.add_argument(
        "--key", metavar="NAME|KEY", help="instead: policies whose release this person, or public key, has signed"
    )
    added.add_argument("--reason", metavar="TEXT", help="why, for the trail")
    _trust(added)


def _trust(added: argparse.ArgumentParser) -> None:
    added.add_argument("--trust", type=path, metavar="FILE", help="in this trust file; default: the project's own")


def _some(added: argparse.ArgumentParser, what: str) -> None:
    added.add_argument("name", nargs="*", metavar="POLICY", help=what)
