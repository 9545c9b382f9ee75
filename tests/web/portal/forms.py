"""What a person would do with a page: read it, and send the forms that are on it."""

from html.parser import HTMLParser
from typing import NamedTuple

import httpx

from tests.operations.project import PASSWORD


class Form(NamedTuple):
    action: str
    fields: dict[str, str]


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.tags: list[tuple[str, dict[str, str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags.append((tag, given))
        if tag == "form":
            self.forms.append(Form(given.get("action", ""), {}))
        elif tag in ("input", "textarea", "button") and given.get("name") and self.forms:
            if given.get("type") in ("radio", "checkbox") and "checked" not in given:
                return
            self.forms[-1].fields.setdefault(given["name"], given.get("value", ""))


def parsed(answer: httpx.Response) -> _Forms:
    parser = _Forms()
    parser.feed(answer.text)
    return parser


def form_to(answer: httpx.Response, end: str) -> Form | None:
    """The form whose address ends so."""
    return next((form for form in parsed(answer).forms if form.action.endswith(end)), None)


def send(client: httpx.Client, form: Form | None, **typed: str) -> httpx.Response:
    assert form is not None
    return client.post(form.action, data=form.fields | {"password": PASSWORD} | typed)
