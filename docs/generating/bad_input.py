"""Every message about bad input, from the table that tests it."""

from generating.markdown import code, sentence, table

from governance.errors import ExitCode
from tests.bad_input.table import Kind, Row, kinds

_HEAD = ("Handed in", "Exit", "It says", "So")


def pages() -> dict[str, str]:
    there = kinds()
    rows = sum(len(kind.rows) for kind in there)
    intro = [
        "# Messages about bad input",
        "",
        f"What {rows} broken or odd files lead to, as the tests hold it: search for a message here. Names and numbers",
        f"are those of the tests' files. With exit code {int(ExitCode.USAGE)} nothing was recorded. Where a finding is",
        "shown, the decision was sealed like every other.",
    ]
    return {"bad-input.md": "\n".join([*intro, *(line for kind in there for line in _kind(kind))])}


def _kind(kind: Kind) -> list[str]:
    return ["", f"## {kind.title}", "", kind.about, "", table(_HEAD, map(_row, kind.rows))]


def _row(row: Row) -> tuple[str, str, str, str]:
    return sentence(row.what), code(row.exit), *(_message(row) if row.says else _findings(row))


def _message(row: Row) -> tuple[str, str]:
    first, *details = row.says.split("\n")
    said = dict(line.strip().partition(": ")[::2] for line in details if line.startswith("  "))
    fix = said.get("fix") or (f"expected: {said['expected']}" if "expected" in said else "")
    return _span(first), sentence(fix)


def _findings(row: Row) -> tuple[str, str]:
    if not row.finds:
        return ("nothing: it passes", "") if row.exit == ExitCode.ALLOW else ("nothing was checked", "")
    rule, first = next(iter(row.finds.items()))
    outcome, _, why = first.partition(": ")
    more = f", and {len(row.finds) - 1} more" if len(row.finds) > 1 else ""
    return f"{outcome}: {_span(why)} ({code(rule)}{more})", ""


def _span(text: str) -> str:
    """A span of code, whatever stands in it (CommonMark 0.31, 6.1)."""
    return f"`` {text} ``" if "`" in text else code(text)
