"""Pages to HTML. Whatever comes from outside is escaped, and what cannot be seen in it is spelled out."""

from typing import NamedTuple, cast

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from governance.render.visible import visible
from governance.render.wording import number
from governance.web.portal.pages import TEMPLATES


def environment() -> Environment:
    """A name that a template uses and nobody gave is an error, never nothing."""
    made = Environment(
        loader=PackageLoader("governance.web.portal"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    made.filters |= {"drawn": Markup, "typed": _typed, "brief": number, "when": _when, "dotted": _dotted}
    return made


def _shown(value: object) -> object:
    """Text as it may be looked at; markup was made by us."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _typed(text: str) -> Markup:
    """What somebody typed, as they typed it: for fields, where it is not read as anything else."""
    # A text area swallows one line break at its beginning.
    return escape(text) if not text.startswith(("\n", "\r")) else Markup("\n") + escape(text)


def _dotted(text: str) -> Markup:
    """A path that may break behind its dots, and nowhere else if it can."""
    return Markup("<wbr>").join(escape(part) for part in visible(text).replace(".", ".\0").split("\0"))


def _when(instant: str) -> Markup:
    """A time of a document, to the minute; the whole is one hover away."""
    whole = escape(instant)
    return Markup('<time datetime="{0}" title="{0}">{1} UTC</time>').format(whole, whole[:16].replace("T", " "))


_ENVIRONMENT = environment()


def render(page: NamedTuple) -> str:
    """The HTML of one page, whose type says which template."""
    template = _ENVIRONMENT.get_template(TEMPLATES[type(page)])
    return template.render(cast("dict[str, object]", page._asdict()))
