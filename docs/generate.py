"""Writes docs/reference/ from the product itself. `python docs/generate.py` writes, `--check` says what differs.

Exit codes: 0 written or current, 1 something differs.
"""

import argparse
import difflib
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

from generating import api, bad_input, commands, documents, judging, law, lints, permissions, rules, running  # noqa: E402

REFERENCE = ROOT / "docs" / "reference"
_NOTE = "<!-- Written by `python docs/generate.py` from the product; what is changed here is lost. -->\n\n"


def pages() -> dict[str, str]:
    """Path below docs/reference/ -> text."""
    made = {**rules.pages(), **judging.pages(), **commands.pages(), **documents.pages(), **running.pages()}
    made |= bad_input.pages() | permissions.pages() | lints.pages() | law.pages()
    made |= api.pages()
    made["index.md"] = _index(made)
    return {path: f"{_NOTE}{text.rstrip()}\n" for path, text in sorted(made.items())}


def _index(made: dict[str, str]) -> str:
    lines = ["# Reference", "", "Everything here is generated from the code that runs, and so is what runs.", ""]
    for path in sorted(made):
        if "/" not in path or path.endswith("/index.md"):
            title, _, rest = made[path].removeprefix("# ").partition("\n\n")
            lines.append(f"- [{title}]({path}): {rest.partition(chr(10) * 2)[0].replace(chr(10), ' ')}")
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, say what differs")
    check = parser.parse_args(arguments).check
    made = pages()
    there = {path.relative_to(REFERENCE).as_posix(): path for path in REFERENCE.rglob("*.md")}
    differs = False
    for name in sorted(made.keys() | there.keys()):
        path = REFERENCE / name
        old = path.read_text(encoding="utf-8") if name in there else ""
        new = made.get(name, "")
        if old == new:
            continue
        differs = True
        if check:
            lines = difflib.unified_diff(
                old.splitlines(), new.splitlines(), f"docs/reference/{name}", "generated", lineterm=""
            )
            sys.stdout.write("\n".join(lines) + "\n")
        elif new:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(new, encoding="utf-8")
        else:
            path.unlink()
    if check and differs:
        sys.stderr.write("docs/reference/ is not what the product says: run `python docs/generate.py`\n")
    return int(check and differs)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
