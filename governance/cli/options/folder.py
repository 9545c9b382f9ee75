"""Of the commands that prepare a model's folder, and of the demonstration."""

from __future__ import annotations

import argparse

from governance.cli.options import Known, path


def init(added: argparse.ArgumentParser) -> None:
    added.add_argument("folder", type=path, nargs="?", metavar="DIR", help="the model's folder; default: here")
    added.add_argument("--no-trail", action="store_true", help="write the manifest alone: no keys, no .governance/")
    added.add_argument("--no-manifest", action="store_true", help="start the trail alone, as a service needs it")
    added.add_argument("--name", help="of the model; default: the folder's name")
    added.add_argument("--version", help="of the model")
    added.add_argument("--owner", help="a team or a person")
    added.add_argument(
        "--risk-tier",
        type=Known("risk tier", "governance.evidence.manifest", "RISK_TIERS"),
        metavar="TIER",
        help="one of %(type)s; where none is given, the last of these",
    )
    added.add_argument("--objective", metavar="TEXT", help="what the model is for, in one sentence")
    added.add_argument("--rollback", metavar="VERSION", help="the version to go back to")
    added.add_argument("--contact", help="how its owner is called when it misbehaves: an address, a number, a channel")
    added.add_argument("--artifact", metavar="FILE", help="the model, where there are several")
    added.add_argument(
        "--feature", action="append", default=[], metavar="COLUMN", help="in the model's order, for each; repeatable"
    )
    added.add_argument("--evaluation", metavar="FILE", help="the table to measure on, where there are several")
    added.add_argument("--label", metavar="COLUMN", help="the column of true classes")
    added.add_argument(
        "--positive", action="append", default=[], metavar="VALUE", help="its positive values; repeatable"
    )
    added.add_argument("--prediction", metavar="COLUMN|rescore", help="the predicted classes, or run the model")
    added.add_argument(
        "--sensitive", action="append", default=[], metavar="COLUMN", help="compared for fairness; repeatable"
    )
    added.add_argument(
        "--bins", action="append", default=[], metavar="COLUMN:40,60", help="where to cut numbers; repeatable"
    )


def prepare(added: argparse.ArgumentParser) -> None:
    added.add_argument("source", type=path, nargs="?", metavar="SOURCE", help="the text table, in the project")
    added.add_argument("--out", type=path, metavar="TABLE.parquet", help="the table to write, in the project")
    added.add_argument(
        "--lineage", type=path, metavar="FILE", help="the event; default: lineage/<name of the table>.json"
    )
    added.add_argument("--columns", metavar="A,B,C", help="their names, where the file has no header")
    added.add_argument("--columns-file", type=path, metavar="FILE", help="the same, one name a line")
    added.add_argument("--delimiter", metavar="CHAR", help="between values, one character or `tab`; default: a comma")
    added.add_argument(
        "--quote", metavar="CHAR", help="around values, one character or `none`; default: a double quote"
    )
    added.add_argument("--skip-lines", type=int, metavar="N", help="lines before the header or the first row")
    added.add_argument("--comment", metavar="PREFIX", help="a line that begins so is left out")
    added.add_argument("--trim", action="store_true", help="take spaces and tabs off both ends of each value")
    added.add_argument(
        "--missing", action="append", default=[], metavar="VALUE",
        help="means that there is no value, as an empty one always does; repeatable",
    )  # fmt: skip
    added.add_argument(
        "--replace", nargs=3, action="append", default=[], metavar=("COLUMN", "VALUE", "BY"),
        help="in this column, make one value another; repeatable",
    )  # fmt: skip
    added.add_argument(
        "--type", action="append", default=[], metavar="COLUMN:TYPE",
        help="integer, decimal (64-bit float) or text; refused where a value does not fit. Default: a number where"
        " every value plainly is one (007 is text); repeatable",
    )  # fmt: skip
    added.add_argument("--drop", action="append", default=[], metavar="COLUMN", help="leave it out; repeatable")
    added.add_argument("--keep", action="append", default=[], metavar="COLUMN", help="only these; repeatable")
    added.add_argument("--force", action="store_true", help="write over the table and the event that tells of it")
    added.add_argument(
        "--repeat", type=path, metavar="EVENT",
        help="do a recorded preparation again, write nothing, and say whether the same bytes come out",
    )  # fmt: skip
    added.add_argument(
        "--project", type=path, metavar="DIR", help="the model's folder, from which paths are recorded; default: here"
    )
    added.add_argument(
        "--allow-root", type=path, action="append", default=[], metavar="DIR", help="the source may lie there too"
    )


def key(added: argparse.ArgumentParser) -> None:
    added.add_argument("action", choices=("new",), help="make a key")
    added.add_argument("person", metavar="NAME", help="whose key it is, as in local|NAME")
    added.add_argument(
        "--role",
        action="append",
        required=True,
        type=Known("role", "governance.permissions", "ROLES"),
        help="one of %(type)s; repeatable",
    )
    added.add_argument("--password-file", type=path, metavar="FILE", help="read the password from a file")


def demo(added: argparse.ArgumentParser) -> None:
    added.add_argument("--out", type=path, default="build/demo", metavar="DIR", help="default: build/demo")
