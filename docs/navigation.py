"""A hook of mkdocs: an entry of `nav` that ends in a slash becomes the pages of that folder, index first."""

from pathlib import Path
from typing import Any


def on_config(config: Any) -> Any:
    docs = Path(config["docs_dir"])
    config["nav"] = [{title: _pages(docs, target)} for entry in config["nav"] for title, target in entry.items()]
    return config


def _pages(docs: Path, target: str) -> Any:
    if not target.endswith("/"):
        return target
    folder = docs / target
    pages = sorted((path for path in folder.iterdir() if path.suffix == ".md"), key=lambda path: _order(path.name))
    nested = [path for path in sorted(folder.iterdir()) if path.is_dir()]
    inner = [{path.name.capitalize(): _pages(docs, f"{target}{path.name}/")} for path in nested]
    return [{_title(path): path.relative_to(docs).as_posix()} for path in pages] + inner


def _title(path: Path) -> str:
    """Of its first heading, wherever comments above it end; an index has the name of its section."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return next((line[2:] for line in lines if line.startswith("# ")), path.stem)


def _order(name: str) -> tuple[bool, str]:
    return name != "index.md", name
