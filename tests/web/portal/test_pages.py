"""Pages without a server: what templates use, what is vendored, how numbers are drawn."""

import hashlib
from pathlib import Path
from typing import get_type_hints

import pytest
from jinja2 import meta, nodes

from governance.web.portal import STATIC, pages
from governance.web.portal.pages import TEMPLATES
from governance.web.portal.rendering import environment

AXE = Path(__file__).parent / "axe"


def used(template):
    """Names that a template takes from its context, with those of what it extends."""
    made = environment()
    tree = made.parse(made.loader.get_source(made, template)[0])
    names = set(meta.find_undeclared_variables(tree))
    names -= {one.target for one in tree.find_all(nodes.Import)} | {one.name for one in tree.find_all(nodes.Macro)}
    for parent in tree.find_all(nodes.Extends):
        names |= used(parent.template.value)
    return names


@pytest.mark.parametrize("page", TEMPLATES, ids=lambda page: page.__name__)
def test_a_page_has_what_its_template_uses_and_nothing_else(page):
    assert used(TEMPLATES[page]) == set(page._fields)


def test_each_template_belongs_to_a_page_or_to_others():
    templates = set(environment().list_templates())
    assert templates == {*TEMPLATES.values(), "base.html", "parts.html"}


def test_each_page_is_typed():
    every = [kind for kind in vars(pages).values() if isinstance(kind, type) and kind.__name__.endswith("Page")]
    assert set(TEMPLATES) == set(every)
    hints = [str(hint) for page in TEMPLATES for hint in get_type_hints(page).values()]
    assert not [hint for hint in hints if "Any" in hint or "object" in hint]


@pytest.mark.parametrize("folder", [STATIC / "vendor", AXE], ids=["portal", "axe"])
def test_what_is_vendored_is_what_was_published(folder):
    listed = dict(reversed(line.split()) for line in (folder / "SHA256SUMS").read_text().splitlines())
    found = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.iterdir()}
    del found["SHA256SUMS"]
    assert found == listed
    assert any("LICENSE" in name for name in listed)
